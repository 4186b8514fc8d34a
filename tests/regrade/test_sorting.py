"""More new rows than a book can look up one by one: its rows are put in order, and all that is staff's goes
along."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from openpyxl import load_workbook

from sheetgen.errors import InputError
from sheetgen.pipeline import BuildRequest, Built, build
from sheetgen.regrade import Regraded, RegradeRequest, regrade
from sheetgen.workbook.patch.drawn import drawn_parts
from sheetgen.workbook.regrade.grids import Grid
from sheetgen.workbook.regrade.sorting import Standing
from tests.office.office import Office
from tests.parity.data import Row
from tests.parity.desk import Desk

from ..workbook.patch.books import opened
from .books import grids, proved
from .feeds import ORDER, sale
from .test_data import brought, tiers
from .test_data_room import SALES, START, exported, rows_of

NUMBER = "序号"
OWN = "两倍"


def more_rows() -> list[Row]:
    """The ten sales that the book has, then 600 of one customer among 200 of two others."""
    late = [sale("客1", START + timedelta(days=i % 30), 40.0 + i, f"多{i}", i) for i in range(600)]
    return [*rows_of(110), *late, *rows_of(90, 110)]


def heads_of(grid: Grid) -> dict[object, int]:
    """Header -> column."""
    return {cell.value: col for col, cell in grid.cells[2].items()}


def orders_of(grid: Grid) -> dict[object, int]:
    """Order -> row (from 0)."""
    col = heads_of(grid)[ORDER]
    return {grid.at(row, col).value: row for row in range(3, grid.height) if grid.at(row, col).value}


@pytest.fixture(scope="module")
def edited(office: Office, tmp_path_factory: pytest.TempPathFactory) -> tuple[Built, Path]:
    """A book with room for 510 rows out of order: typed and inserted rows, a column of staff's own, notes."""
    folder = tmp_path_factory.mktemp("sorting")
    built = build(BuildRequest(folder / "book.xlsx", kinds=exported(folder, "old", rows_of(10))))
    office.open(built.request.out)
    desk = Desk(office, built, folder)
    own = len(desk.layout.columns["transactions"])
    letter = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[own]
    office.set(SALES, f"{letter}3", OWN)
    office.set_many(SALES, {f"{letter}{row}": f"=C{row}*2" for row in range(4, 14)})
    desk.put("transactions", 14, customer_id="客2", date=START, amount=77.0, order_id="手写")
    office.insert_row(SALES, 8)
    desk.put("transactions", 8, customer_id="客0", date=START, amount=55.0, order_id="插入")
    office.comment(SALES, "A13", "最后一行的批注")
    office.hide(SALES, [12])
    office.paint(SALES, "A11:B11", 0x12AB34)
    office.add_chart(SALES, "走势", "B3:C514")
    office.recalc()
    return built, office.save_as(folder / "edited.xlsx")


@pytest.fixture(scope="module")
def sorted_book(
    edited: tuple[Built, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Regraded, dict[str, list[str]]]:
    folder = tmp_path_factory.mktemp("sorted")
    kinds = exported(folder, "new", more_rows())
    return folder / "out.xlsx", brought(edited[1], folder / "out.xlsx", kinds), kinds


def test_in_order_and_right(
    sorted_book: tuple[Path, Regraded, dict[str, list[str]]], office: Office, tmp_path: Path
) -> None:
    out, found, kinds = sorted_book
    grid = grids(out)[SALES]
    numbers = grid.numbers(heads_of(grid)[NUMBER])[3:]
    told = numbers[~np.isnan(numbers)]
    assert len(told) == 800 and (np.diff(told) >= 0).all() and np.isnan(numbers[800:]).all()
    assert sum(edit.kind == "added" and edit.cause == "data" for edit in found.edits) == 790
    rows = {
        int(edit.cell[1:]): edit.now for edit in found.edits if edit.cause == "data" and edit.sheet == SALES
    }
    places = orders_of(grid)
    assert all(places[o] + 1 in rows and o in rows[places[o] + 1] for o in ("多7", "多599", "D150"))
    fresh = build(BuildRequest(tmp_path / "fresh.xlsx", kinds=kinds))
    assert tiers(out) == tiers(fresh.request.out)
    proof = proved(office, out, tmp_path)
    assert proof.wrong == []


def test_what_is_staffs_goes_with_its_row(
    edited: tuple[Built, Path], sorted_book: tuple[Path, Regraded, dict[str, list[str]]]
) -> None:
    was, now = grids(edited[1])[SALES], grids(sorted_book[0])[SALES]
    old, new = orders_of(was), orders_of(now)
    own = heads_of(was)[OWN]
    for order in ("D1", "D2", "D9"):
        formula = now.formula(new[order], own)
        assert formula == f"C{new[order] + 1}*2"
    assert {now.at(new[o], heads_of(now)[NUMBER]).kind for o in ("手写", "插入")} == {""}
    assert new["插入"] == 803 and new["手写"] == 804, "below the others, as they stood"
    before, after = (load_workbook(path)[SALES] for path in (edited[1], sorted_book[0]))
    back = {row: order for order, row in old.items()}
    notes = {str(c.value) or c.row: c.comment.text for line in after.iter_rows() for c in line if c.comment}
    assert len(notes) == 1 and before["A13"].comment.text == next(iter(notes.values()))
    (note,) = [c for line in after.iter_rows() for c in line if c.comment]
    assert note.row - 1 == new[back[12]]
    assert after.row_dimensions[new[back[11]] + 1].hidden
    assert after.cell(new[back[10]] + 1, 1).fill.fgColor.rgb == before["A11"].fill.fgColor.rgb != "00000000"


def test_staffs_chart_down_to_the_last_row_grows(
    edited: tuple[Built, Path], sorted_book: tuple[Path, Regraded, dict[str, list[str]]]
) -> None:
    was, now = (opened(path.read_bytes()) for path in (edited[1], sorted_book[0]))
    charts = [name for name in drawn_parts(was) if "$C$514" in was.read(name).decode()]
    assert len(charts) == 1 and "$C$805" in now.read(charts[0]).decode()


def test_typed_rows_are_still_staffs_in_the_next_book(
    sorted_book: tuple[Path, Regraded, dict[str, list[str]]], tmp_path: Path
) -> None:
    out, _, kinds = sorted_book
    after = build(BuildRequest(tmp_path / "next.xlsx", kinds=kinds, previous=out))
    sales = after.clean.tables["transactions"]
    assert len(sales) == 802 and set(sales["order_id"]) >= {"手写", "插入"}


def test_a_later_week_comes_on_top(
    sorted_book: tuple[Path, Regraded, dict[str, list[str]]], tmp_path: Path
) -> None:
    """Below typed rows new ones have no number; once they do not fit any more they get theirs."""
    book, _, _ = sorted_book
    for week, count in (("a", 300), ("b", 600)):
        out = tmp_path / f"{week}.xlsx"
        regrade(RegradeRequest(book, out, kinds=exported(tmp_path, week, rows_of(count, 200))))
        book = out
    grid = grids(book)[SALES]
    numbers = grid.numbers(heads_of(grid)[NUMBER])[3:]
    assert int((~np.isnan(numbers)).sum()) == 1_400 and grid.height == 3 + 1_402


def test_merged_rows_are_in_the_way(edited: tuple[Built, Path], office: Office, tmp_path: Path) -> None:
    office.open(edited[0].request.out)
    office.merge(SALES, "N4:N5")
    book, out = office.save_as(tmp_path / "merged.xlsx"), tmp_path / "out.xlsx"
    kinds = exported(tmp_path, "new", more_rows())
    with pytest.raises(InputError) as caught:
        regrade(RegradeRequest(book, out, kinds=kinds))
    assert (caught.value.code, caught.value.facts["cells"]) == ("SG574", "N4:N5")
    assert not out.exists()


def test_below_the_limit_rows_stay_where_staff_put_them(edited: tuple[Built, Path], tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    brought(edited[1], out, exported(tmp_path, "new", rows_of(100)))
    was, now = orders_of(grids(edited[1])[SALES]), orders_of(grids(out)[SALES])
    assert {order: now[order] for order in was} == was


@pytest.mark.parametrize(
    ("numbers", "outside", "loose"),
    [
        ((1, 1, 2), 0, 0),
        ((1, 3, 2, 2), 2, 0),
        ((1, None, 2), 1, 1),
        ((None, None), 2, 0),
        ((2, 2, 1, None), 2, 0),
    ],
)
def test_rows_outside_the_order(numbers: tuple[float | None, ...], outside: int, loose: int) -> None:
    standing = Standing(3, np.asarray(numbers, dtype=float), np.ones(len(numbers), dtype=bool))
    assert (standing.outside, standing.loose) == (outside, loose)
