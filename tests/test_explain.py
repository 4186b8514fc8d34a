"""explain and diff: what a book says of one customer, and two books side by side, from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from sheetgen.diff import diff, diff_lines
from sheetgen.errors import InputError, UsageError
from sheetgen.explain import explain, explain_lines
from sheetgen.pipeline import Built

from .books import make, sheet, write_csv

PEOPLE = [("01", "甲公司"), ("02", "乙公司"), ("03", "同名"), ("04", "同名")]
FIRST = [("01", "2025-05-01", "600000"), ("02", "2025-05-01", "250000"), ("03", "2025-05-01", "100")]
SECOND = [("01", "2025-05-01", "600000"), ("02", "2025-05-01", "60000.5"), ("05", "2025-06-01", "100")]
WEEK1, WEEK2 = date(2025, 5, 31), date(2025, 6, 7)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> tuple[Built, Built]:
    """Two weeks: 02 falls, 03 and 04 go, 05 comes."""
    folder = tmp_path_factory.mktemp("explain")
    people = write_csv(folder / "c.csv", ["客户编号", "客户名称"], PEOPLE)
    head = ["客户编号", "日期", "金额"]
    one = make(folder / "1.xlsx", [people, write_csv(folder / "1.csv", head, FIRST)], as_of=WEEK1)
    two = make(
        folder / "2.xlsx", [write_csv(folder / "2.csv", head, SECOND)], as_of=WEEK2, previous=one.request.out
    )
    return one, two


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sheetgen.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_explain_says_what_the_book_says(books: tuple[Built, Built]) -> None:
    one, two = books
    found = explain(two.request.out, "02")
    row = two.graded.frame.set_index("customer_id").loc["02"]
    assert found.values["why"] == row["why"]
    assert (found.tier, found.values["final_tier"], found.values["previous"]) == ("b", "B级", "A级")
    assert found.values["gap"] == "139,999.50"
    assert found.values["keep"] == "10,000.50"
    assert [(c["week"], c["was"], c["now"], c["cause"]) for c in found.changes] == [
        ("2025-06-07", "A级", "B级", "数据变化")
    ]
    lines = list(explain_lines(found, "zh"))
    assert lines[0].startswith("02")
    assert any(line.strip().startswith("说明：年消费额 60,000.50，符合B级") for line in lines)
    assert explain(one.request.out, "甲公司").customer == "01"


def test_whom_explain_does_not_know(books: tuple[Built, Built]) -> None:
    with pytest.raises(UsageError) as unknown:
        explain(books[0].request.out, "乙公")
    assert "乙公司" in str(unknown.value.facts["near"])
    with pytest.raises(UsageError) as twice:
        explain(books[0].request.out, "同名")
    assert twice.value.facts["ids"] == "03, 04"


def test_a_book_without_results_says_so(books: tuple[Built, Built], tmp_path: Path) -> None:
    book = openpyxl.load_workbook(books[0].request.out)
    book.save(tmp_path / "bare.xlsx")
    for look in (lambda p: explain(p, "01"), lambda p: diff(p, p)):
        with pytest.raises(InputError) as error:
            look(tmp_path / "bare.xlsx")
        assert error.value.code == "SG521"


def test_the_next_book_does_not_lean_on_results(books: tuple[Built, Built], tmp_path: Path) -> None:
    """Saved by a library that drops them, last week's book still hands on tiers and what staff wrote."""
    one, two = books
    bare = openpyxl.load_workbook(one.request.out)
    tiers = bare["客户级别"]
    heads = {cell.value: cell.column for cell in tiers[3]}
    tiers.cell(4, heads["备注"], "面谈过")
    bare.save(tmp_path / "bare.xlsx")
    again = make(
        tmp_path / "2.xlsx", [one.request.out.parent / "2.csv"], as_of=WEEK2, previous=tmp_path / "bare.xlsx"
    )
    assert again.graded.changes == two.graded.changes != ()
    assert sheet(again.request.out, "tiers").of("01")["备注"] == "面谈过"
    assert again.graded.frame["held_last"].tolist() == two.graded.frame["held_last"].tolist()


def test_diff(books: tuple[Built, Built]) -> None:
    one, two = (b.request.out for b in books)
    found = diff(one, two)
    assert [(m.customer, m.was, m.now) for m in found.changed] == [("02", "a", "b")]
    assert {m.customer for m in found.came} == {"05"}
    assert {m.customer for m in found.went} == {"03", "04"}
    assert found.matrix == {("vip", "vip"): 1, ("a", "b"): 1}
    assert next(diff_lines(found, "zh")) == "不变 1 位，升级 0 位，降级 1 位，新增 1 位，不再出现 2 位"
    assert diff(one, one).moves == ()


def test_explain_tells_of_the_schemes_beside(tmp_path: Path) -> None:
    people = write_csv(tmp_path / "c.csv", ["客户编号", "客户名称"], PEOPLE)
    sales = write_csv(tmp_path / "s.csv", ["客户编号", "日期", "金额"], FIRST)
    book = make(tmp_path / "b.xlsx", [people, sales], as_of=WEEK1, beside=("retail-diamond",)).request.out
    found = explain(book, "02")
    assert (found.tier, found.beside[0][0], found.beside[0][2]) == ("a", "retail-diamond", "钻石级")
    assert any(line.endswith("：钻石级") for line in explain_lines(found, "zh"))


def test_both_commands(books: tuple[Built, Built]) -> None:
    one, two = (b.request.out for b in books)
    said = json.loads(run("explain", two, "02", "--json").stdout)
    assert (said["command"], said["customer"], said["tier"]) == ("explain", "02", "b")
    assert said["why"].endswith("；较上期（A级）▼降级：数据变化")
    said = json.loads(run("diff", one, two, "--json").stdout)
    assert said["matrix"]["a"]["b"] == 1
    assert {"customer": "05", "name": "05", "from": None, "to": "c"} in said["changes"]
    assert "migration" in run("diff", one, two, "--lang", "en").stdout.lower()
    wrong = run("explain", two, "99")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "99" in wrong.stderr
