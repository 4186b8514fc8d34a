"""Raw data brought into a book that staff edited: new rows live and right, corrections told, nothing lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from sheetgen.pipeline import BuildRequest, Built, build
from sheetgen.regrade import Regraded, RegradeRequest, regrade
from tests.office.office import Office
from tests.parity import edits as staff
from tests.parity.data import AS_OF
from tests.parity.desk import Desk

from .books import grids, proved, typed
from .feeds import LATER, MONEY, ORDER, PERSON, Feed, feed, write

HIDDEN = {"_calc", "_transactions", "_service"}


@dataclass(frozen=True)
class Weeks:
    """A book, the export of the week after, and the book that is built from it at once."""

    feed: Feed
    old: Built
    kinds: dict[str, list[str]]
    fresh: Built


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Weeks:
    folder, found = tmp_path_factory.mktemp("weeks"), feed()
    old = BuildRequest(folder / "book.xlsx", kinds=write(found.old, folder / "old"), as_of=AS_OF)
    kinds = write(found.new, folder / "new")
    return Weeks(found, build(old), kinds, build(BuildRequest(folder / "fresh.xlsx", kinds=kinds)))


def brought(book: Path, out: Path, kinds: dict[str, list[str]], **more: Any) -> Regraded:
    """Bring the data in; twice changes nothing the second time."""
    found = regrade(RegradeRequest(book, out, kinds=kinds, **more))
    again = out.with_name("again.xlsx")
    second = regrade(RegradeRequest(out, again, kinds=kinds, **more))
    assert not second.changed
    assert again.read_bytes() == out.read_bytes()
    assert {e.kind for e in second.edits if e.cause == "data"} <= {"conflict"}
    return found


def by_data(found: Regraded) -> Counter[tuple[str, str]]:
    """How many edits of each kind the data did to the customers of each sheet."""
    return Counter((e.sheet, e.kind) for e in found.edits if e.cause == "data" and e.customer)


def tiers(path: Path) -> dict[object, object]:
    """Customer -> final tier, as the book shows them."""
    sheet = grids(path)["客户级别"]
    heads = {cell.value: col for col, cell in sheet.cells[2].items()}
    rows = [sheet.cells[r] for r in sheet.cells if r > 2]
    return {
        r[heads["客户编号"]].value: r[heads["最终级别"]].value for r in rows if r[heads["客户编号"]].value
    }


def test_an_untouched_book_becomes_the_one_built_from_all(
    weeks: Weeks, office: Office, tmp_path: Path
) -> None:
    out = tmp_path / "out.xlsx"
    found = brought(weeks.old.request.out, out, weeks.kinds)
    assert (found.as_of, found.tiers) == (LATER, weeks.fresh.tiers)
    assert tiers(out) == tiers(weeks.fresh.request.out)
    assert by_data(found) == {("客户信息", "added"): 2, ("历史交易", "added"): 30, ("服务记录", "added"): 2}
    assert found.ledger == replace(weeks.fresh.clean.ledger, left_out=found.ledger.left_out)
    assert {change.cause for change in found.changes} == {"data"}
    assert typed(out).items() >= typed_but_refreshed(weeks.old.request.out).items()
    assert by_header(out, "客户偏好") == by_header(weeks.fresh.request.out, "客户偏好")
    assert account(out) == account(weeks.fresh.request.out)
    proof = proved(office, out, tmp_path)
    assert proof.wrong == []
    assert {sheet for sheet, _ in proof.unsaid} <= HIDDEN


def by_header(path: Path, sheet: str) -> dict[Any, dict[Any, Any]]:
    """Customer -> header -> what stands there."""
    grid = grids(path)[sheet]
    heads = {col: cell.value for col, cell in grid.cells[2].items()}
    rows = (
        {heads[col]: cell.value for col, cell in grid.cells[r].items() if col in heads}
        for r in grid.cells
        if r > 2
    )
    return {row["客户编号"]: row for row in rows}


def account(path: Path) -> dict[object, tuple[object, object]]:
    """The reconciliation, by its words."""
    grid = grids(path)["数据质量"]
    return {grid.at(row, 0).value: (grid.at(row, 1).value, grid.at(row, 2).value) for row in range(5, 12)}


def typed_but_refreshed(path: Path) -> dict[tuple[str, int, int], object]:
    """All that stands in a book but what the program itself writes anew."""
    own = ("客户偏好", "数据质量", "参数设置", "_sheetgen")
    return {place: value for place, value in typed(path).items() if place[0] not in own}


def test_beside_what_staff_did(weeks: Weeks, office: Office, tmp_path: Path) -> None:
    """Rows typed and inserted, a cell corrected, a customer of their own: all stay, and the data come."""
    office.open(weeks.old.request.out)
    desk = Desk(office, weeks.old, tmp_path)
    staff.add(desk, "平6", 7_000.0, 2, "周12", "手记")  # an order that the export holds too
    staff.add(desk, "平7", 123.0, 2, "手写单", "手记")
    staff.insert(desk, desk.row_of("transactions", staff.BIG, 3), staff.BIG, 55.0)
    staff.new_customer(desk, "柜台客", registered_on=AS_OF)
    staff.override(desk, "平5", "VIP级")
    desk.put("customers", desk.row_of("customers", "平8"), phone="13900000000")
    book, out = office.save_as(tmp_path / "edited.xlsx"), tmp_path / "out.xlsx"
    found = brought(book, out, weeks.kinds)
    assert typed(out).items() >= typed_but_refreshed(book).items()
    told = {(e.kind, e.customer, e.cause) for e in found.edits}
    assert {("added", "平6", "staff"), ("added", "平7", "staff"), ("added", "柜台客", "staff")} <= told
    assert ("correction", "平8", "staff") in told
    assert ("conflict", "平6", "data") in told, "the same order, typed with another amount"
    shown = [e.data for e in found.edits if e.kind == "conflict" and e.data == "61024.00"]
    assert shown == ["61024.00"]
    proof = proved(office, out, tmp_path)
    assert proof.wrong == []
    assert tiers(out)["平5"] == "VIP级"


def changed(weeks: Weeks, folder: Path, edit: Any) -> dict[str, list[str]]:
    """The old data with some of it told otherwise."""
    part = feed().old
    edit(part)
    return write(part, folder / "changed")


def test_the_data_correct_what_staff_left_alone(weeks: Weeks, office: Office, tmp_path: Path) -> None:
    """A changed amount and phone go in; a cell that both changed stays as staff have it."""
    office.open(weeks.old.request.out)
    desk = Desk(office, weeks.old, tmp_path)
    sales = [
        r for r in weeks.feed.old.transactions if r[PERSON] == staff.BIG and r[ORDER] and float(r[MONEY]) > 0
    ]
    rows = {desk_order(desk, row): row for row in range(4, 600) if desk_order(desk, row)}
    mine, theirs = sales[0], sales[1]
    desk.put("transactions", rows[mine[ORDER]], amount=1.25)
    desk.put("customers", desk.row_of("customers", "平8"), region="人工")
    book, out = office.save_as(tmp_path / "edited.xlsx"), tmp_path / "out.xlsx"

    def edit(part: Any) -> None:
        for row in part.transactions:
            if row[ORDER] in (mine[ORDER], theirs[ORDER]):
                row[MONEY] = "777.00"
        for row in part.customers:
            if row[PERSON] == "平9":
                row["登记日期"] = "2020-02-02"

    kinds = changed(weeks, tmp_path, edit)
    found = brought(book, out, kinds)
    told = {(e.kind, e.customer, e.was, e.now, e.data) for e in found.edits if e.cause == "data"}
    before = [f"{float(row[MONEY]):.2f}" for row in (mine, theirs)]
    assert ("conflict", staff.BIG, before[0], "1.25", "777.00") in told
    assert ("correction", staff.BIG, before[1], "777.00", "") in told
    assert {(kind, who) for kind, who, *_ in told} == {
        ("conflict", staff.BIG), ("correction", staff.BIG), ("correction", "平9")
    }  # fmt: skip
    assert {i.code for i in found.issues} >= {"SG547"}
    assert ("correction", "平8", "人工") in {(e.kind, e.customer, e.now) for e in found.edits}
    assert proved(office, out, tmp_path).wrong == []


def desk_order(desk: Desk, row: int) -> str:
    return str(
        CELLS.setdefault(
            row, desk.office.cell(desk.sheet("transactions"), desk.at("transactions", "order_id", row))
        )
        or ""
    )


CELLS: dict[int, Any] = {}


def test_rows_that_staff_deleted_stay_deleted_and_customers_come_back(
    weeks: Weeks, office: Office, tmp_path: Path
) -> None:
    office.open(weeks.old.request.out)
    desk = Desk(office, weeks.old, tmp_path)
    office.delete_row(desk.sheet("transactions"), desk.row_of("transactions", staff.BIG, 3))
    office.delete_row(desk.sheet("customers"), desk.row_of("customers", "平6"))
    book, out = office.save_as(tmp_path / "edited.xlsx"), tmp_path / "out.xlsx"
    found = brought(book, out, weeks.kinds)
    assert {("deleted", "平6"), ("deleted", staff.BIG)} <= {(e.kind, e.customer) for e in found.edits}
    assert [i.value for i in found.issues if i.code == "SG551"] == ["平6"]
    assert tiers(out)["平6"]
    assert found.ledger.balances
    assert found.ledger.rows["held_back"] == weeks.fresh.clean.ledger.rows["held_back"]
    assert proved(office, out, tmp_path).wrong == []
