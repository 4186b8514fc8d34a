"""Rows and columns that were doubled, renamed or turned into something else; hidden sheets edited."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sheetgen.errors import InputError
from sheetgen.pipeline import Built
from sheetgen.regrade import RegradeRequest, regrade
from sheetgen.workbook.patch.edits import Constant, Edit
from tests.regrade.books import kinds, regraded

from .firm import CUSTOMERS, SALES, SERVICE, TIERS, Seen, edited, plain, told
from .surgery import changed, parts_of, sheets

Cells = dict[tuple[str, int, int], Edit]


def copy_of(seen: Seen, customer: str, **other: str) -> Cells:
    """The row of a customer, number and all, pasted onto the first prepared one."""
    grid, source = seen.grid(CUSTOMERS), seen.row(CUSTOMERS, customer)
    target = seen.row(CUSTOMERS, "KH09") + 1
    cells: Cells = {}
    for col in range(grid.columns):
        cell = grid.at(source, col)
        if cell.formula is None and cell.kind:
            value = float(cell.value) if cell.kind == "n" else str(cell.value)
            header = str(grid.at(2, col).value)
            cells[CUSTOMERS, target, col] = Constant(other.get(header, value))
    return cells


def test_w06_a_score_typed_over(firm: Built, tmp_path: Path) -> None:
    seen = Seen(firm.request.out)
    cells: Cells = {seen.place("价值评分", "KH03", "总分"): Constant(99.0)}
    out = tmp_path / "out.xlsx"
    found = regraded(edited(firm.request.out, tmp_path / "book.xlsx", cells), out)
    (edit,) = found.edits
    was = seen.cell("价值评分", "KH03", "总分")
    assert (edit.kind, edit.customer, edit.now) == ("typed_over", "KH03", "99")
    assert Seen(out).cell("价值评分", "KH03", "总分")[:4] == was[:4]


def test_w09_a_customer_pasted_twice(firm: Built, tmp_path: Path) -> None:
    seen = Seen(firm.request.out)
    book, out = edited(firm.request.out, tmp_path / "book.xlsx", copy_of(seen, "KH03")), tmp_path / "out.xlsx"
    found = regraded(book, out)
    (facts,) = told(found, "SG508").values()
    row = seen.row(CUSTOMERS, "KH03")
    assert facts["first"] == f"A{row + 1}"
    made, first = Seen(out).grid(CUSTOMERS), seen.grid(CUSTOMERS)
    spare = seen.row(CUSTOMERS, "KH09") + 1
    for col in range(first.columns):
        assert (made.at(spare, col).kind, made.at(spare, col).value) == (
            first.at(spare, col).kind,
            first.at(spare, col).value,
        )
    assert found.customers == 10 and found.changes == ()
    assert all(map(plain, found.issues))


def test_w09_a_copy_that_differs_is_never_guessed(firm: Built, tmp_path: Path) -> None:
    """Nothing is written and both cells are named: which row counts only people know."""
    cells = copy_of(Seen(firm.request.out), "KH03", 备注="另一个说法")
    book = edited(firm.request.out, tmp_path / "book.xlsx", cells)
    with pytest.raises(InputError) as stop:
        regrade(RegradeRequest(book))
    assert (stop.value.key, stop.value.facts["cells"]) == ("regrade_doubled", "A7, A14")


def test_w10_an_id_and_a_phone_edited(firm: Built, tmp_path: Path) -> None:
    """The phone is theirs; an id that is another now is told with both, and its sales wait for an answer."""
    seen = Seen(firm.request.out)
    cells = {
        seen.place(CUSTOMERS, "KH03", "客户编号"): Constant("KH03A"),
        seen.place(CUSTOMERS, "KH02", "联系方式"): Constant("13900000000"),
    }
    book, out = edited(firm.request.out, tmp_path / "book.xlsx", cells), tmp_path / "out.xlsx"
    found = regrade(RegradeRequest(book, out))
    assert Seen(out).says("KH02", "联系方式", CUSTOMERS) == "13900000000"
    phone = [(e.kind, e.was, e.now) for e in found.edits if e.customer == "KH02"]
    assert phone == [("correction", "13800000002", "13900000000")]
    about = " ".join(plain(issue) for issue in found.issues)
    assert "KH03A" in about and found.held_back
    waiting = [facts["sheet"] for facts in told(found, "SG528").values()]
    assert sorted(waiting) == sorted([SERVICE, *[SALES] * 4]), "each row of the old id waits"
    assert Seen(out).says("KH03A", "联系方式", CUSTOMERS) == "13800000003"


def test_w16_two_copies(firm: Built, tmp_path: Path) -> None:
    """Both edits are in the one book; where both said something else, both are listed."""
    seen = Seen(firm.request.out)
    remark, override = seen.place(TIERS, "KH03", "备注"), seen.place(TIERS, "KH04", "人工调整")
    one = edited(firm.request.out, tmp_path / "one.xlsx", {remark: Constant("甲说")})
    both: Cells = {remark: Constant("乙说"), override: Constant("VIP级")}
    two = edited(firm.request.out, tmp_path / "two.xlsx", both)
    found = regrade(RegradeRequest(one, tmp_path / "out.xlsx", copies=(two,)))
    made = Seen(tmp_path / "out.xlsx")
    assert (made.says("KH03", "备注"), made.says("KH04", "最终级别")) == ("甲说", "VIP级")
    conflicts = [e for e in found.edits if e.kind == "conflict"]
    assert [e.customer for e in conflicts] == ["KH03"]


def test_w19_sheets_unprotected_and_unhidden(firm: Built, tmp_path: Path) -> None:
    def open_up(parts: dict[str, bytes]) -> None:
        import re

        parts["xl/workbook.xml"] = re.sub(rb' state="\w+"', b"", parts["xl/workbook.xml"])
        for part in sheets(parts).values():
            parts[part] = re.sub(rb"<sheetProtection[^>]*/>", b"", parts[part])

    book = changed(firm.request.out, tmp_path / "book.xlsx", open_up)
    found = regrade(RegradeRequest(book))
    assert (found.changed, found.issues, found.edits) == (False, (), ())


def state_cell(path: Path, key: str) -> tuple[str, int, int]:
    grid = Seen(path).grid("_sheetgen")
    return "_sheetgen", next(r for r in range(grid.height) if grid.at(r, 0).value == key), 1


def test_w19_hidden_entries_edited(firm: Built, tmp_path: Path) -> None:
    """What was changed is named; the scheme comes from those that ship, and nobody's tier moves."""
    out = firm.request.out
    text = str(Seen(out).grid("_sheetgen").at(*state_cell(out, "scheme_text")[1:]).value)
    assert "500000" in text
    cells: Cells = {
        state_cell(out, "scheme_text"): Constant(text.replace("500000", "1")),
        state_cell(out, "written.customers"): Constant("eJwD"),
        state_cell(out, "run_id"): Constant("other"),
    }
    book = edited(out, tmp_path / "book.xlsx", cells)
    found = regrade(RegradeRequest(book, dry_run=True))
    (issue,) = [i for i in found.issues if i.code == "SG513"]
    assert dict(issue.facts)["keys"] == "run_id, scheme_text, written.customers"
    assert plain(issue)
    assert (dict(found.tiers), found.changes, kinds(found)["typed_over"]) == (dict(firm.tiers), (), 0)


def test_w19_what_nothing_else_knows(firm: Built, tmp_path: Path) -> None:
    cells: Cells = {state_cell(firm.request.out, "settings"): Constant("{")}
    book = edited(firm.request.out, tmp_path / "book.xlsx", cells)
    with pytest.raises(InputError) as stop:
        regrade(RegradeRequest(book))
    assert (stop.value.code, stop.value.facts["keys"]) == ("SG513", "settings")


def test_w23_what_a_spreadsheet_made_of_texts(firm: Built, tmp_path: Path) -> None:
    """3-1, MAR1 and 00123 were order ids; a number that staff typed in a new row is none of that."""
    seen = Seen(firm.request.out)
    day = float((date(2026, 3, 1) - date(1899, 12, 30)).days)
    row = max(r for r in range(3, seen.grid(SALES).height) if seen.grid(SALES).at(r, 0).value) + 1
    order = seen.column(SALES, "订单号")
    cells: Cells = {
        seen.place(SALES, "KH00", "订单号"): Constant(day),
        seen.place(SALES, "KH01", "订单号", 1): Constant(day),
        seen.place(SALES, "KH03", "订单号", 3): Constant(123.0),
        seen.place(CUSTOMERS, "KH04", "联系方式"): Constant(13_800_000_004.0),
        (SALES, row, 0): Constant("KH05"),
        (SALES, row, 1): Constant(date(2026, 6, 1)),
        (SALES, row, 2): Constant(5.0),
        (SALES, row, order): Constant(4_711.0),
    }
    book, out = edited(firm.request.out, tmp_path / "book.xlsx", cells), tmp_path / "out.xlsx"
    found = regraded(book, out)
    facts = told(found, "SG515")
    assert sorted(f["was"] for f in facts.values()) == ["00123", "3-1", "MAR1"]
    assert all(map(plain, found.issues))
    assert Seen(out).cell(SALES, "KH03", "订单号", 3).value == 123.0, "kept as it stands"
    assert len(parts_of(out)) == len(parts_of(book))
