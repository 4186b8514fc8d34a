"""Rows that staff put out of order, more than the book can look up: they are put in order again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sheetgen.check_book import check_book
from sheetgen.errors import InputError
from sheetgen.pipeline import BuildRequest, Built, build
from sheetgen.regrade import Regraded, RegradeRequest, regrade
from sheetgen.workbook.patch.order import Order
from sheetgen.workbook.patch.pointed import points_inside
from tests.office.office import Office
from tests.parity.desk import Desk

from .books import grids, proved
from .test_data_room import SALES, START, exported, rows_of
from .test_sorting import NUMBER, OWN, heads_of, orders_of

ROWS = 120
LAST = 3 + ROWS


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A book with room for 40 rows out of order, and 120 rows in order."""
    folder = tmp_path_factory.mktemp("ordered")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sheetgen.workbook.layout.TAIL_ROWS", 40)
        patch.setattr("sheetgen.workbook.layout.SMALL_BOOK_ROWS", 0)
        return build(BuildRequest(folder / "book.xlsx", kinds=exported(folder, "old", rows_of(ROWS))))


def by_amount(desk: Desk) -> None:
    """Staff sort all rows by what was paid, the highest first."""
    sheet = desk.layout.columns["transactions"]
    width, at = len(sheet), list(sheet).index("amount")
    desk.office.sort(SALES, f"A4:{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[width]}{LAST + 1}", at, False)


@pytest.fixture(scope="module")
def left(office: Office, built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sorted by amount, a row typed below, a column and a sheet of theirs with a sum of all rows."""
    office.open(built.request.out)
    folder = tmp_path_factory.mktemp("left")
    desk = Desk(office, built, folder)
    desk.put("transactions", LAST + 1, customer_id="客2", date=START, amount=77.0, order_id="手写")
    own = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[len(desk.layout.columns["transactions"])]
    office.set(SALES, f"{own}3", OWN)
    office.set_many(SALES, {f"{own}{row}": f"=C{row}*2" for row in range(4, LAST + 2)})
    office.add_sheet("我的", 3)
    office.set("我的", "A1", f"=SUM({SALES}!C4:C{LAST + 1})")
    by_amount(desk)
    office.recalc()
    return office.save_as(folder / "left.xlsx")


@pytest.fixture(scope="module")
def ordered(left: Path) -> tuple[Path, Regraded]:
    out = left.with_name("out.xlsx")
    return out, regrade(RegradeRequest(left, out))


def test_sorted_by_another_column(left: Path, ordered: tuple[Path, Regraded], built: Built) -> None:
    out, found = ordered
    (told,) = (issue for issue in found.issues if issue.code == "SG576")
    assert dict(told.facts)["sheet"] == SALES
    was, now = grids(left)[SALES], grids(out)[SALES]
    before, numbers = (grid.numbers(heads_of(grid)[NUMBER])[3:] for grid in (was, now))
    assert (np.diff(before[~np.isnan(before)]) < 0).sum() > 40
    assert (np.diff(numbers[:ROWS]) >= 0).all() and np.isnan(numbers[ROWS:]).all()
    assert orders_of(now)["手写"] == LAST and [edit.kind for edit in found.edits] == ["added"]
    own = heads_of(now)[OWN]
    assert all(now.formula(row, own) == f"C{row + 1}*2" for row in orders_of(now).values())
    assert not regrade(RegradeRequest(out, out.with_name("again.xlsx"))).changed
    assert out.with_name("again.xlsx").read_bytes() == out.read_bytes()


def test_no_cell_differs(ordered: tuple[Path, Regraded], office: Office, tmp_path: Path) -> None:
    assert proved(office, ordered[0], tmp_path).wrong == []
    assert check_book(ordered[0]).intact


def test_a_check_moves_nothing(left: Path) -> None:
    with pytest.raises(InputError) as caught:
        check_book(left)
    assert caught.value.code == "SG530"


@pytest.mark.parametrize("edit", ["a formula at one row", "merged cells"])
def test_what_cannot_go_along_is_refused(
    edit: str, built: Built, left: Path, office: Office, tmp_path: Path
) -> None:
    office.open(left)
    if edit == "merged cells":
        office.merge(SALES, "A9:A10")
    else:
        office.set("我的", "A2", f"={SALES}!C9")
    book, out = office.save_as(tmp_path / "stuck.xlsx"), tmp_path / "out.xlsx"
    with pytest.raises(InputError) as caught:
        regrade(RegradeRequest(book, out))
    assert caught.value.code == "SG530" and not out.exists()


def test_typed_rows_beyond_the_room_are_refused(built: Built, office: Office, tmp_path: Path) -> None:
    """No order finds them: they have no number, which alone tells that they are staff's."""
    office.open(built.request.out)
    desk = Desk(office, built, tmp_path)
    for n in range(41):
        desk.put("transactions", LAST + 1 + n, customer_id="客2", date=START, amount=7.0, order_id=f"手{n}")
    office.recalc()
    with pytest.raises(InputError) as caught:
        regrade(RegradeRequest(office.save_as(tmp_path / "typed.xlsx"), dry_run=True))
    assert caught.value.code == "SG530"


@pytest.mark.parametrize(
    ("formula", "here", "row", "inside"),
    [
        ("C9*2", "S", 8, False),
        ("C8*2", "S", 8, True),
        ("C$9*2", "S", 8, True),
        ("SUM(B4:D4)", "S", 3, False),
        ("SUM(C$4:C4)", "S", 3, True),
        ("SUM(S!C4:C13)", "X", 0, False),
        ("SUM($A$1:$C$99)", "S", 20, False),
        ("SUM('S'!C4:C12)", "X", 0, True),
        ("s!C3+S!C14", "X", 0, False),
        ("S!C5", "X", 4, True),
        ("SUM(S!5:6)", "X", 0, True),
        ("SUM(S!C:C)", "X", 0, False),
        ("S!C5:INDEX(S!C:C,9)", "X", 0, True),
        ('"S!C5"&X!C5&LOG10(2)', "X", 0, False),
        ("SUM('S:T'!C5)", "X", 0, True),
        ("[1]S!C5", "X", 0, False),
    ],
)
def test_what_points_at_single_rows(formula: str, here: str, row: int, inside: bool) -> None:
    order = Order("S", 3, np.arange(3, 13))
    assert points_inside(formula, here, row, order) is inside
