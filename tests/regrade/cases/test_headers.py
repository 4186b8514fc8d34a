"""Columns of ours that staff renamed, moved or deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheetgen.diff import diff
from sheetgen.errors import InputError
from sheetgen.explain import explain
from sheetgen.pipeline import Built
from sheetgen.rebuild import rebuild
from sheetgen.regrade import RegradeRequest, regrade
from sheetgen.workbook.patch.edits import Constant, Edit
from tests.office.office import Office
from tests.parity.desk import Desk
from tests.regrade.books import proved, regraded

from .firm import CUSTOMERS, SALES, SERVICE, TIERS, Handled, Seen, edited, next_book, plain, told

SCORES, TASTES, LEDGER = "价值评分", "客户偏好", "级别变动"
RENAMED = (
    *((TIERS, header) for header in ("人工调整", "系统级别", "备注")),
    *((SALES, header) for header in ("金额", "客户编号")),
    *((CUSTOMERS, header) for header in ("备注", "客户编号")),
    *((SCORES, header) for header in ("总分", "年消费额")),
    (TASTES, "偏好渠道"),
    (LEDGER, "原因"),
    (SERVICE, "满意度"),
)
DELETED = ((TIERS, "最终级别"), (TIERS, "人工调整"), (CUSTOMERS, "备注"), (CUSTOMERS, "联系方式"))
"""from right to left"""
Cells = dict[tuple[str, int, int], Edit]


def handled(office: Office, left: Path) -> Handled:
    """What comes of a book."""
    out = left.with_name("out.xlsx")
    found = regraded(left, out)
    return Handled(left, out, found, proved(office, out, left.parent))


def renamed(firm: Built, path: Path) -> Path:
    """All these headers changed, and an override under one of them."""
    seen = Seen(firm.request.out)
    cells: Cells = {(s, 2, seen.column(s, h)): Constant(f"我的{i}") for i, (s, h) in enumerate(RENAMED)}
    cells[seen.place(TIERS, "KH04", "人工调整")] = Constant("VIP级")
    return edited(firm.request.out, path, cells)


def test_w04_headers_renamed(firm: Built, tmp_path: Path) -> None:
    """Each is told and back; what staff wrote in the column counts."""
    out = tmp_path / "out.xlsx"
    found = regraded(renamed(firm, tmp_path / "book.xlsx"), out)
    made = Seen(out)
    assert all(made.column(sheet, header) >= 0 for sheet, header in RENAMED)
    assert made.says("KH04", "最终级别") == "VIP级"
    assert [(e.kind, e.customer) for e in found.edits] == [("override", "KH04")]
    back = [i for i in found.issues if i.code == "SG553"]
    assert {(dict(i.facts)["sheet"], i.value) for i in back} == set(RENAMED)
    assert len(found.issues) == len(back) and all(map(plain, back))


def test_w04_the_next_book_reads_them_too(firm: Built, tmp_path: Path) -> None:
    book = renamed(firm, tmp_path / "book.xlsx")
    later = next_book(firm, book, tmp_path / "later.xlsx")
    assert Seen(later.request.out).says("KH04", "最终级别") == "VIP级"
    assert len([i for i in later.issues if i.code == "SG553"]) == len(RENAMED)
    assert explain(book, "KH04").values["computed_tier"]
    assert diff(firm.request.out, book).changed == (), "nothing was graded anew yet"


def test_w04_a_fresh_book_knows_them_too(firm: Built, tmp_path: Path) -> None:
    book = renamed(firm, tmp_path / "book.xlsx")
    found = rebuild(RegradeRequest(book, tmp_path / "fresh.xlsx", rebuild=True))
    assert Seen(tmp_path / "fresh.xlsx").says("KH04", "最终级别") == "VIP级"
    assert not {"SG803"} & {i.code for i in found.issues}
    assert found.ledger.cents["used"] == firm.clean.ledger.cents["used"]


def test_w04_columns_moved(firm: Built, office: Office, tmp_path: Path) -> None:
    office.open(firm.request.out)
    desk, seen = Desk(office, firm, tmp_path), Seen(firm.request.out)
    desk.put("tiers", desk.row_of("tiers", "KH04"), override="VIP级")
    for sheet, header, before in ((TIERS, "人工调整", 1), (CUSTOMERS, "负责人", 2), (SALES, "金额", 6),
                                  (SERVICE, "满意度", 1)):  # fmt: skip
        office.move_column(sheet, seen.column(sheet, header), before)
    found = handled(office, office.save_as(tmp_path / "left.xlsx"))
    assert (found.proof.wrong, found.proof.unsaid, found.found.issues) == ([], [], ())
    assert Seen(found.out).says("KH04", "最终级别") == "VIP级"
    assert Seen(found.out).column(TIERS, "人工调整") == 1
    assert [(e.kind, e.customer) for e in found.found.edits] == [("override", "KH04")]


def test_w04_columns_deleted(firm: Built, office: Office, tmp_path: Path) -> None:
    """Of staff, of the data, of results that others hang on: back at the right, as far as the book knows."""
    office.open(firm.request.out)
    seen = Seen(firm.request.out)
    for sheet, header in (*DELETED, (TASTES, "偏好渠道")):
        office.delete_column(sheet, seen.column(sheet, header))
    found = handled(office, office.save_as(tmp_path / "left.xlsx"))
    made, first = Seen(found.out), Seen(firm.request.out)
    assert (found.proof.wrong, found.proof.unsaid) == ([], [])
    assert len(told(found.found, "SG556")) == 5 == len(found.found.issues)
    assert all(map(plain, found.found.issues)) and found.found.edits == ()
    for who in ("KH00", "KH03"):
        for header in ("备注", "联系方式"):
            assert made.says(who, header, CUSTOMERS) == first.says(who, header, CUSTOMERS)
        assert made.says(who, "最终级别") == first.says(who, "最终级别")
    assert found.found.tiers == firm.tiers


def test_w04_what_cannot_be_put_back_is_named_and_rebuilt(
    firm: Built, office: Office, tmp_path: Path
) -> None:
    office.open(firm.request.out)
    office.delete_column(CUSTOMERS, Seen(firm.request.out).column(CUSTOMERS, "序号"))
    left = office.save_as(tmp_path / "left.xlsx")
    with pytest.raises(InputError) as stop:
        regrade(RegradeRequest(left))
    assert (stop.value.code, stop.value.facts["column"]) == ("SG523", "序号")
    found = rebuild(RegradeRequest(left, tmp_path / "fresh.xlsx", rebuild=True))
    assert (found.tiers, found.changes) == (firm.tiers, ())
    assert found.ledger.cents["used"] == firm.clean.ledger.cents["used"]


def test_w04_another_column_in_its_place_is_not_taken_for_it(firm: Built, tmp_path: Path) -> None:
    """The amounts' header is there no more, and what stands in the place are words."""
    seen = Seen(firm.request.out)
    col = seen.column(CUSTOMERS, "联系方式")
    cells: Cells = {(CUSTOMERS, 2, col): Constant("心情")}
    for n in range(10):
        cells[seen.place(CUSTOMERS, f"KH{n:02d}", "联系方式")] = Constant("好")
    out = tmp_path / "out.xlsx"
    found = regraded(edited(firm.request.out, tmp_path / "book.xlsx", cells), out)
    made = Seen(out)
    assert [i.code for i in found.issues] == ["SG556"]
    assert made.says("KH03", "心情", CUSTOMERS) == "好"
    assert made.says("KH03", "联系方式", CUSTOMERS) == "13800000003"
