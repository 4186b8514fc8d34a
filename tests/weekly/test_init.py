"""``sheetgen init``: what it finds, what it writes, what it leaves alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sheetgen.cli import main
from sheetgen.config import Weekly, read_config
from sheetgen.errors import UsageError
from sheetgen.i18n import LANGS, Lang
from sheetgen.init import OUTPUT, SUGGESTED, init
from sheetgen.scheme.library import load_scheme

from ..books import make, write_csv


def sales(path: Path) -> Path:
    return write_csv(path, ["客户编号", "日期", "金额", "订单号"], [("K1", "2025-06-01", "5", "o1")])


@pytest.mark.parametrize("lang", LANGS)
def test_the_config_names_the_files_and_runs(tmp_path: Path, lang: Lang) -> None:
    (tmp_path / "导出").mkdir()
    sales(tmp_path / "导出" / "订单.csv")
    (tmp_path / "导出" / "读我.txt").write_text("随便写写\n", "utf-8")
    made = init(tmp_path, lang)
    words = made.path.read_text("utf-8")
    assert made.sources == ("导出",) and "导出/订单.csv" in words and "导出/读我.txt" in words
    weekly = read_config(words).weekly
    assert weekly is not None
    assert (weekly.sources, weekly.folder, weekly.lang, weekly.scheme) == (
        ("导出",),
        OUTPUT[lang],
        lang,
        ("vip-abc",),
    )
    with pytest.raises(SystemExit) as done:
        main("weekly", "--config", str(made.path), "-q")
    assert done.value.code == 0
    assert len(list((tmp_path / OUTPUT[lang]).glob("*2025-06-01.xlsx"))) == 1


@pytest.mark.parametrize("lang", LANGS)
def test_every_key_stands_in_it_set_or_as_a_comment(tmp_path: Path, lang: Lang) -> None:
    words = init(tmp_path, lang).path.read_text("utf-8")
    keys = {line.strip().removeprefix("# ").partition(":")[0] for line in words.splitlines()}
    assert set(Weekly.model_fields) - {"kinds", "engine"} <= keys
    assert all(len(line) <= 120 for line in words.splitlines())


def test_one_that_is_there_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "sheetgen.yml").write_text("# mine\n", "utf-8")
    with pytest.raises(UsageError, match="init_exists"):
        init(tmp_path, "zh")
    assert (tmp_path / "sheetgen.yml").read_text("utf-8") == "# mine\n"


def test_our_own_books_and_hidden_files_are_no_data(tmp_path: Path) -> None:
    data = sales(tmp_path / "t.csv")
    make(tmp_path / "book.xlsx", [data])
    shutil.copy(data, tmp_path / ".t.csv")
    (tmp_path / OUTPUT["zh"]).mkdir()
    shutil.copy(data, tmp_path / OUTPUT["zh"] / "t.csv")
    made = init(tmp_path, "zh")
    assert [one.path for one in made.seen] == ["t.csv"] and made.sources == (".",)


@pytest.mark.parametrize(("kind", "scheme"), SUGGESTED.items())
def test_the_scheme_that_is_suggested_reads_that_kind_of_table(kind: str, scheme: str) -> None:
    assert kind in load_scheme(scheme).detail_tables


def test_a_file_name_cannot_break_the_config(tmp_path: Path) -> None:
    odd = tmp_path / "a: 'b' # {x}"
    odd.mkdir()
    sales(odd / "t\n- x.csv")
    made = init(tmp_path, "zh")
    weekly = read_config(made.path.read_text("utf-8")).weekly
    assert weekly is not None and weekly.sources == ("a: 'b' # {x}",)


def test_json_is_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sales(tmp_path / "t.csv")
    with pytest.raises(SystemExit):
        main("init", str(tmp_path), "--json")
    found = json.loads(capsys.readouterr().out)
    assert (found["command"], found["scheme"], found["files"][0]["kinds"]) == (
        "init",
        "vip-abc",
        ["transactions"],
    )


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("weekly:\n  sources: a.csv\n  nmae: x\n", 3),
        ("weekly:\n  sources: [a.csv]\n  name: book.xlsx\n", 3),
        ("weekly:\n  sources: [a.csv]\n  name: '{date}/{x}.xlsx'\n", 3),
        ("weekly:\n  kinds: {sales: a.csv}\n", 2),
        ("weekly:\n  as_of: 31.12.2025\n", 2),
        ("weekly:\n  lang: de\n", 2),
    ],
)
def test_mistakes_are_told_with_their_line(words: str, line: int) -> None:
    with pytest.raises(UsageError) as told:
        read_config(words)
    assert told.value.exit_code == 2 and told.value.facts["line"] == line


def test_a_day_may_stand_with_quotes_or_without() -> None:
    for day in ("2025-12-31", '"2025-12-31"'):
        weekly = read_config(f"weekly:\n  sources: a.csv\n  as_of: {day}\n").weekly
        assert weekly is not None and str(weekly.as_of) == "2025-12-31" and weekly.sources == ("a.csv",)


def test_without_a_weekly_section_there_is_nothing_to_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sheetgen.yml").write_text("reading: {currency: CNY}\n", "utf-8")
    with pytest.raises(SystemExit) as done:
        main("weekly", "--config", str(tmp_path / "sheetgen.yml"), "--json")
    assert done.value.code == 2
    assert json.loads(capsys.readouterr().out)["exit"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["sheetgen.yml"]
