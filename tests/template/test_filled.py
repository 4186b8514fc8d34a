"""Blank books filled in LibreOffice show what Python makes of the same rows; so do re-grade and build."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sheetgen.grading.coding import EPOCH
from sheetgen.pipeline import BuildRequest, Built, build
from sheetgen.regrade import RegradeRequest, regrade
from sheetgen.workbook.layout import FIRST
from tests.office.engine import recalc_cellrune
from tests.office.office import Office, OfficeError
from tests.parity.data import AS_OF, Company
from tests.regrade.books import proved

from .filling import Blank, blank, built_of, company_of, differences, fill, read_rows, tables_of

ROWS = 130
HANDED_BACK = ("vip-abc", "credit", "phone-pareto")
"""schemes whose filled book is handed back too: one with derived columns, one with an edge by data"""


@pytest.mark.parametrize(
    "scheme",
    [
        "vip-abc", "retail-diamond", "rfm", "weighted-score", "hotel", "credit", "points", "telecom",
        "electronics-share", "electronics-rank", "phone-pareto",
    ],
)  # fmt: skip
def test_it_grades_as_python_does(office: Office, scheme: str, tmp_path: Path) -> None:
    company = company_of(scheme)
    book = blank(tmp_path / "blank.xlsx", scheme, ROWS)
    office.open(book.path)
    fill(office, book, tables_of(company))
    office.set(*book.named("as_of_typed"), AS_OF)
    office.recalc()
    built = built_of(company, tmp_path, scheme)
    assert differences(office, book, built) == []
    assert office.cell(book.sheet("overview"), "A3") == "数据齐全：全部交易均已计入"
    if scheme in HANDED_BACK:
        handed_back(office, built, company, tmp_path)


def handed_back(office: Office, built: Built, company: Company, folder: Path) -> None:
    """Saved by LibreOffice: re-grade and build of the open book come to the same; every cell is proved."""
    filled, scheme = office.save_as(folder / "filled.xlsx"), built.scheme.id
    found = regrade(RegradeRequest(filled, folder / "regraded.xlsx"))
    assert (found.tiers, found.as_of, found.issues) == (built.tiers, AS_OF, ())
    assert {e.kind for e in found.edits} == {"added"}
    request = BuildRequest(folder / "again.xlsx", [str(filled)], scheme=scheme, as_of=AS_OF, dry_run=True)
    again = build(request)
    assert again.tiers == built.tiers
    assert {f.kind for f in again.clean.files} == {
        table for table, rows in tables_of(company).items() if rows
    }
    assert not any(again.clean.extras.values()), "no link or number of the book is taken for data"
    proof = proved(office, folder / "regraded.xlsx", folder)
    assert proof.wrong == []
    hidden = {"_transactions", "_payments"}  # what is worked out in a row is left to the spreadsheet
    assert {sheet for sheet, _ in proof.unsaid} <= hidden


@pytest.fixture
def small(office: Office, tmp_path: Path) -> Blank:
    """A little book, open."""
    book = blank(tmp_path / "blank.xlsx", "vip-abc", 8)
    office.open(book.path)
    return book


def people(office: Office, book: Blank, *ids: str) -> None:
    office.fill(book.sheet("customers"), book.at("customers", "customer_id"), [[i, f"公司{i}"] for i in ids])


def sales(office: Office, book: Blank, *rows: tuple[str | float | None, ...]) -> None:
    office.fill(book.sheet("transactions"), book.at("transactions", "customer_id"), rows)


def test_it_grades_at_once_on_every_edge(office: Office, small: Blank) -> None:
    """No button, no recalculation asked for; rows in any order, some of them empty."""
    people(office, small, "甲", "乙", "丙", "丁")
    day = 46_000.0
    sales(
        office, small, ("乙", day, 500_000.01), ("甲", day, 100_000.0), (None, None, None),
        ("丙", day, 49_999.99), ("甲", day - 364, 400_000.0), ("丁", day, 50_000.0), ("甲", day - 365, 9.0),
    )  # fmt: skip
    tiers = {customer: row["final_tier"] for customer, row in read_rows(office, small, "tiers").items()}
    assert tiers == {"甲": "A级", "乙": "VIP级", "丙": "C级", "丁": "B级"}
    assert office.cell(small.sheet("overview"), "A3") == "数据齐全：全部交易均已计入"


def test_the_day_follows_the_newest_sale_until_one_is_typed(office: Office, small: Blank) -> None:
    assert "填了第一笔交易才有" in str(office.cell(small.sheet("overview"), "A2"))
    people(office, small, "甲")
    sales(office, small, ("甲", 46_000.0, 5.0), ("甲", 46_003.0, 5.0))
    assert office.cell(*small.named("p_as_of")) == 46_003.0
    office.set(*small.named("as_of_typed"), AS_OF - timedelta(days=400))
    assert read_rows(office, small, "scores")["甲"]["spend"] == 0.0
    office.set(*small.named("as_of_typed"), None)
    assert read_rows(office, small, "scores")["甲"]["spend"] == 10.0


def test_more_rows_than_prepared_withhold_the_tiers(office: Office, small: Blank) -> None:
    """Cells below the prepared rows are locked; who gets past that sees no tier, and never a wrong one."""
    people(office, small, "甲")
    prepared = small.content.layout.spare["transactions"]
    sales(office, small, *[("甲", 46_000.0, 1.0)] * prepared)
    assert read_rows(office, small, "scores")["甲"]["spend"] == float(prepared)
    with pytest.raises(OfficeError):
        sales(office, small, *[("甲", 46_000.0, 1.0)] * (prepared + 1))
    room = small.content.layout.tail_rows("transactions")
    rows = [("甲", 46_000, 2)] * (room + 1)
    office.open(written(small, rows, small.path.with_name("more.xlsx")))
    office.recalc()
    assert read_rows(office, small, "tiers")["甲"]["final_tier"] == "超出预留行"
    assert str(office.cell(small.sheet("overview"), "A3")).startswith("级别暂停显示")


def written(book: Blank, rows: Sequence[tuple[str | int, int, int]], path: Path) -> Path:
    """The book filled by another program, which saves formulas without their results."""
    import openpyxl

    there = openpyxl.load_workbook(book.path)
    for customer in dict.fromkeys(customer for customer, *_ in rows):
        at = there[book.sheet("customers")]
        at.cell(FIRST + len(known(at)), 1, customer)
    for i, (customer, day, amount) in enumerate(rows, FIRST):
        for col, value in enumerate((customer, day, amount), 1):
            there[book.sheet("transactions")].cell(i, col, value)
    there.save(path)
    return path


def known(sheet: Any) -> list[str]:
    """The ids that stand on 客户信息."""
    column = (sheet.cell(row, 1).value for row in range(FIRST, sheet.max_row + 1))
    return [str(value) for value in column if value]


def test_a_book_filled_by_another_program_is_regraded(office: Office, small: Blank, tmp_path: Path) -> None:
    """Without one result of a formula: the day and the cuts come from the rows."""
    rows = [("甲", 46_000, 60_000), ("乙", 45_990, 300_000), ("乙", 45_000, 1)]
    filled = written(small, rows, tmp_path / "filled.xlsx")
    found = regrade(RegradeRequest(filled, tmp_path / "out.xlsx"))
    assert found.as_of == EPOCH + timedelta(days=46_000)
    assert found.tiers == {"vip": 0, "a": 1, "b": 1, "c": 0}
    assert proved(office, tmp_path / "out.xlsx", tmp_path).wrong == []


def test_what_was_pasted_wrong_is_told_with_its_cell(office: Office, small: Blank, tmp_path: Path) -> None:
    people(office, small, "甲", "乙")
    sales(
        office, small, ("甲", 46_000.0, 60_000.0), ("甲", "上周", 5.0), ("乙", 46_000.0, "三千"),
        ("没有", 46_000.0, 7.0),
    )  # fmt: skip
    assert read_rows(office, small, "tiers")["甲"]["final_tier"] == "B级"
    assert str(office.cell(small.sheet("overview"), "A3")).startswith("1 行记录未计入")
    filled = office.save_as(tmp_path / "filled.xlsx")
    found = regrade(RegradeRequest(filled, tmp_path / "out.xlsx"))
    told = {(issue.code, dict(issue.facts)["cell"]) for issue in found.issues if issue.facts}
    assert told == {("SG527", "B5"), ("SG527", "C6"), ("SG528", "A7")}
    assert proved(office, tmp_path / "out.xlsx", tmp_path).wrong == []
    office.open(filled)
    office.set(small.sheet("transactions"), "A7", "乙")
    assert str(office.cell(small.sheet("overview"), "A3")).startswith("2 处日期或金额没填")
    mended = office.save_as(tmp_path / "mended.xlsx")
    regrade(RegradeRequest(mended, tmp_path / "again.xlsx"))
    assert proved(office, tmp_path / "again.xlsx", tmp_path).wrong == []
    assert found.held_back and found.tiers == {"vip": 0, "a": 0, "b": 1, "c": 1}


def test_locked_cells_refuse_and_sheets_can_be_sorted(office: Office, small: Blank) -> None:
    people(office, small, "丙", "甲", "乙")
    day = 46_000.0
    sales(office, small, ("乙", day, 60_000.0), ("甲", day, 300_000.0), ("丙", day, 9.0))
    tier = small.at("tiers", "override")
    office.set(small.sheet("tiers"), tier, "VIP级")
    before = read_rows(office, small, "tiers")
    assert before["丙"]["final_tier"] == "VIP级"
    for sheet, columns in (("customers", "key"), ("transactions", "paid_on")):
        rows = small.content.layout.spare[sheet]
        where = f"A4:{small.at(sheet, columns, 3 + rows)}"
        office.sort(small.sheet(sheet), where, 0, True)
    assert list(read_rows(office, small, "scores")) == sorted(before), "sorted"
    after = read_rows(office, small, "tiers")
    assert {c: r["final_tier"] for c, r in after.items()} == {c: r["final_tier"] for c, r in before.items()}
    for sheet, column in (("tiers", "final_tier"), ("scores", "spend"), ("customers", "to_tiers")):
        was = office.cell(small.sheet(sheet), small.at(sheet, column))
        with pytest.raises(OfficeError):
            office.fill(small.sheet(sheet), small.at(sheet, column), [["手填"]])
        assert office.cell(small.sheet(sheet), small.at(sheet, column)) == was, sheet


def test_ids_pasted_as_numbers_count(office: Office, small: Blank, tmp_path: Path) -> None:
    """In LibreOffice, and in an engine that, as Excel does, never takes a number for its digits."""
    rows = [(1001, 46_000, 60_000), (1002, 46_000, 9), (1001, 46_000, 300_000)]
    path = written(small, rows, tmp_path / "numbers.xlsx")
    office.open(path)
    office.recalc()
    tiers = {customer: row["final_tier"] for customer, row in read_rows(office, small, "tiers").items()}
    assert tiers == {"1001": "A级", "1002": "C级"}
    shown = recalc_cellrune(path)[small.sheet("tiers")]
    assert [shown[small.at("tiers", "final_tier", FIRST + i)] for i in range(2)] == ["A级", "C级"]
    assert regrade(RegradeRequest(path, tmp_path / "out.xlsx")).tiers["a"] == 1
