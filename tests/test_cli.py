"""The command line as contract and habit want it: exit codes, JSON, one plain line for what goes wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "sample_data"


def run(*arguments: str | Path, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sheetgen.cli", *map(str, arguments)]
    where = {**os.environ, "PYTHONUTF8": "1", **env}
    encoding = env.get("PYTHONIOENCODING", "utf-8").partition(":")[0]
    return subprocess.run(
        command,
        cwd=cwd,
        env=where,
        check=False,
        capture_output=True,
        text=True,
        encoding=encoding,
        errors="replace",
    )


def small(folder: Path, rows: str = "K1,2025-01-02,100.00,O1\nK2,2025-03-04,60000,O2\n") -> Path:
    path = folder / "sales.csv"
    path.write_text("客户编号,日期,金额,订单号\n" + rows, "utf-8")
    return path


def test_demo_says_what_it_made_and_what_comes_next(tmp_path):
    done = run("demo", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "客户级别管理表格.xlsx").stat().st_size > 100_000
    assert "已写出 客户级别管理表格.xlsx" in done.stdout
    assert "sheetgen build" in done.stdout.splitlines()[-1]
    assert "█" not in done.stderr and "\x1b" not in done.stderr, "no animation off a terminal"


def test_json_has_the_keys_of_the_contract(tmp_path):
    done = run("build", SAMPLE, "--json", "-o", "a.xlsx", cwd=tmp_path)
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert found["schema"] == 1 and found["command"] == "build" and found["scheme"] == "vip-abc"
    assert found["as_of"] == "2025-12-31" and found["customers"] == 336
    assert found["tiers"] == {"vip": 14, "a": 28, "b": 70, "c": 224}
    rows, amount = found["rows"], found["amount"]
    assert rows["read"] == sum(v for k, v in rows.items() if k != "read")
    assert set(rows) == {"read", "used", "held_back", "duplicate", "status", "structure"}
    cents = {k: round(float(v) * 100) for k, v in amount.items()}
    assert cents["read"] == sum(v for k, v in cents.items() if k != "read")
    assert {"out", "run_id", "digest", "changes", "edits", "issues"} <= set(found)
    assert {f["kind"] for f in found["files"]} == {"customers", "transactions", "service", "preferences"}
    assert all(len(f["sha256"]) == 64 for f in found["files"])


def test_english_book_and_words(tmp_path):
    done = run("demo", "--lang", "en", cwd=tmp_path)
    assert done.returncode == 0
    assert "Written: customer-tiers.xlsx" in done.stdout
    assert not any("\u4e00" <= c <= "\u9fff" for c in done.stdout)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("build", "nowhere", "-o", "a.xlsx"), 4, "SG101"),
        (("build", "sales.csv", "-o", "a.csv"), 2, "SG601"),
        (("build", "sales.csv", "-o", "no/such/a.xlsx"), 2, "SG602"),
        (("build", "sales.csv", "-o", "a.xlsx", "--scheme", "vip-abd"), 2, "vip-abc"),
        (("build", "sales.csv", "-o", "a.xlsx", "--as-of", "gestern"), 2, "2025-12-31"),
        (("build", "sales.csv", "-o", "a.xlsx", "--map", "amount"), 2, "--map"),
        (("build", "sales.csv", "-o", "a.xlsx", "--lang", "fr"), 2, "zh"),
        (("build", "sales.csv", "-o", "a.xlsx", "--engine", "sparc"), 2, "duckdb"),
        (("build", "other.csv", "-o", "a.xlsx"), 5, "SG301"),
        (("build", "-o", "a.xlsx"), 2, "SG601"),
        (("schemes", "show", "rmf"), 2, "rfm"),
    ],
)
def test_what_goes_wrong_is_one_plain_line(tmp_path, arguments, code, words):
    small(tmp_path)
    (tmp_path / "other.csv").write_text("颜色,重量\n红,1\n", "utf-8")
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert words in done.stderr and "Traceback" not in done.stderr
    assert not list(tmp_path.glob("*.xlsx"))
    if arguments[0] == "build":
        found = json.loads(run(*arguments, "--json", cwd=tmp_path).stdout)
        assert found["exit"] == code and found["error"] and found["issues"][0]["level"] == "error"


def test_rows_held_back_are_exit_3_and_strict_writes_nothing(tmp_path):
    small(tmp_path, "K1,2025-01-02,100.00,O1\nK1,2025-01-03,一百二,O2\n")
    done = run("build", "sales.csv", "-o", "a.xlsx", "--json", cwd=tmp_path)
    assert done.returncode == 3
    found = json.loads(done.stdout)
    assert found["rows"]["held_back"] == 1 and found["issues"][0]["code"] == "SG412"
    assert (tmp_path / "a.xlsx").exists()
    strict = run("build", "sales.csv", "-o", "b.xlsx", "--strict", cwd=tmp_path)
    assert strict.returncode == 3 and not (tmp_path / "b.xlsx").exists()


def test_dry_run_writes_nothing(tmp_path):
    small(tmp_path)
    done = run("build", "sales.csv", "-o", "a.xlsx", "--dry-run", "--json", cwd=tmp_path)
    assert done.returncode == 0 and json.loads(done.stdout)["out"] is None
    assert [p.name for p in tmp_path.iterdir()] == ["sales.csv"]


def test_an_input_is_never_the_output_nor_changed(tmp_path):
    small(tmp_path)
    assert run("build", "sales.csv", "-o", "a.xlsx", cwd=tmp_path).returncode == 0
    before = (tmp_path / "a.xlsx").read_bytes()
    again = run("build", "sales.csv", "a.xlsx", "-o", "a.xlsx", cwd=tmp_path)
    assert again.returncode == 2 and (tmp_path / "a.xlsx").read_bytes() == before


def test_an_open_output_is_exit_10_and_kept(tmp_path):
    small(tmp_path)
    assert run("build", "sales.csv", "-o", "a.xlsx", cwd=tmp_path).returncode == 0
    before = (tmp_path / "a.xlsx").read_bytes()
    (tmp_path / ".~lock.a.xlsx#").write_text(",user,host,;", "utf-8")
    done = run("build", "sales.csv", "-o", "a.xlsx", "--as-of", "2025-06-30", cwd=tmp_path)
    assert done.returncode == 10 and (tmp_path / "a.xlsx").read_bytes() == before
    assert (tmp_path / "a(新 2025-06-30).xlsx").exists()


@pytest.mark.parametrize("encoding", ["gbk", "ascii"])
def test_a_narrow_console_is_no_error(tmp_path, encoding):
    small(tmp_path, "龘𠮷公司,2025-01-02,100.00,O1\n")
    done = run("build", "sales.csv", "-o", "a.xlsx", cwd=tmp_path, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr
    assert "a.xlsx" in done.stdout


def test_schemes_list_show_copy(tmp_path):
    listed = json.loads(run("schemes", "list", "--json").stdout)
    assert listed["schemes"][0]["id"] == "vip-abc"
    assert {"retail-diamond", "rfm", "weighted-score"} <= {s["id"] for s in listed["schemes"]}
    assert all(s["source"] for s in listed["schemes"])
    shown = run("schemes", "show", "vip-abc").stdout
    assert "500,000.00" in shown and "200,000.00" in shown
    assert run("schemes", "copy", "vip-abc", tmp_path / "mine").returncode == 0
    text = (
        (tmp_path / "mine" / "scheme.yml").read_text("utf-8").replace("at_least: 200000", "at_least: 150000")
    )
    (tmp_path / "mine" / "scheme.yml").write_text(text, "utf-8")
    built = run("build", SAMPLE, "--scheme", tmp_path / "mine", "--json", "-o", tmp_path / "a.xlsx")
    assert json.loads(built.stdout)["tiers"]["a"] > 28


def test_the_readme_shows_what_the_command_prints(tmp_path):
    printed = run("demo", cwd=tmp_path).stdout.strip()
    assert printed in (ROOT / "README.md").read_text("utf-8")
