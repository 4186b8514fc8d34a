"""Details on several sheets: each of them is read, met with what was written and patched as one table."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from sheetgen.check_book import check_book
from sheetgen.errors import InputError
from sheetgen.grading.coding import EPOCH
from sheetgen.ingest.package import look_through
from sheetgen.pipeline import Built
from sheetgen.regrade import Regraded, RegradeRequest, regrade
from sheetgen.workbook.layout import FIRST
from sheetgen.workbook.opened import open_book
from sheetgen.workbook.patch.apply import apply
from sheetgen.workbook.patch.edits import Cached, Edit, Edits
from sheetgen.workbook.patch.package import open_package
from sheetgen.workbook.regrade.grids import place
from tests.office.office import Office
from tests.office.values import position
from tests.parity.data import AS_OF, Company
from tests.parity.desk import Desk, names_of
from tests.parity.test_several_sheets import EDITS, T2, T3, T, built_from, crowded

from .apart import Place, col, free, new_row, read
from .apart import edited as changed
from .books import grids, kinds, proved, regraded, shown
from .feeds import DAY, PERSON, sale
from .test_data import brought, tiers

SALES, SALES2, SALES3, CALLS2 = "历史交易", "历史交易2", "历史交易3", "服务记录2"
RENAMED = "交易续"
"""what staff call the second sheet of sales"""


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Sales on three sheets, the service log on two."""
    return built_from(crowded("vip-abc"), tmp_path_factory.mktemp("several"))


@pytest.fixture(scope="module")
def edited(office: Office, several: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that formulas follow, one after the other; the second sheet sorted by day and renamed."""
    folder = tmp_path_factory.mktemp("edited")
    office.open(several.request.out)
    desk = Desk(office, several, folder)
    for edit in EDITS.values():
        edit(desk)
    office.rename_sheet(SALES2, RENAMED)
    office.recalc()
    left = office.save_as(folder / "edited.xlsx")
    office.delete_sheet(RENAMED)
    office.save_as(folder / "gone.xlsx")
    return left


@pytest.fixture(scope="module")
def graded(edited: Path) -> tuple[Path, Regraded]:
    out = edited.with_name("out.xlsx")
    return out, regraded(edited, out)


def test_a_book_as_built_stays_as_it_is(several: Built, tmp_path: Path) -> None:
    found = regrade(RegradeRequest(several.request.out, tmp_path / "out.xlsx"))
    assert (found.changed, found.edits, found.issues) == (False, (), ())
    assert (tmp_path / "out.xlsx").read_bytes() == several.request.out.read_bytes()
    assert check_book(several.request.out).intact


def test_every_edit_on_any_sheet_is_told(graded: tuple[Path, Regraded]) -> None:
    found = graded[1]
    assert kinds(found) == {"added": 9, "deleted": 3, "correction": 2, "parameter": 1}
    told = {(edit.sheet, edit.kind) for edit in found.edits}
    assert told >= {(sheet, "added") for sheet in (SALES, RENAMED, SALES3, CALLS2)}
    assert told >= {(SALES3, "deleted"), (SALES3, "correction"), (RENAMED, "correction")}


def test_a_renamed_sheet_is_known_and_a_deleted_one_is_missed(
    edited: Path, graded: tuple[Path, Regraded]
) -> None:
    assert open_book(edited).sheets(T) == [SALES, RENAMED, SALES3]
    told = {issue.code: (issue.value, dict(issue.facts)["sheet"]) for issue in graded[1].issues}
    assert told["SG550"] == (RENAMED, SALES2) and told.keys() == {"SG550", "SG571"}
    with pytest.raises(InputError) as caught:
        regrade(RegradeRequest(edited.with_name("gone.xlsx"), dry_run=True))
    assert (caught.value.code, caught.value.facts["sheet"]) == ("SG523", SALES2)


def test_no_cell_differs(graded: tuple[Path, Regraded], office: Office, tmp_path: Path) -> None:
    proof = proved(office, graded[0], tmp_path)
    assert proof.wrong == []
    assert {sheet for sheet, _ in proof.unsaid} <= {"_transactions", "_service"}


def test_what_staff_edit_is_no_fault_and_flipped_cells_are(
    graded: tuple[Path, Regraded], several: Built, tmp_path: Path
) -> None:
    assert check_book(graded[0]).intact
    book, flipped = several.request.out, tmp_path / "flipped.xlsx"
    _, control = names_of(book)["transactions_2_end"]
    row, at = position(control)
    part = col(book, "价值评分", "transactions_part")
    wrong: dict[str, dict[int, dict[int, Edit]]] = {
        "_calc": {row: {at: Cached(7.0)}},
        "价值评分": {FIRST: {part: Cached(3.0)}},
    }
    package = open_package(book.read_bytes(), look_through, "")
    flipped.write_bytes(apply(package, Edits(wrong)))
    found = check_book(flipped)
    assert {(one.sheet, one.cell) for one in found.wrong} == {
        ("_calc", control),
        ("价值评分", place(FIRST, part)),
    }


def test_a_column_and_a_header_of_one_sheet_come_back(office: Office, several: Built, tmp_path: Path) -> None:
    office.open(several.request.out)
    desk = Desk(office, several, tmp_path)
    places = list(desk.layout.columns[T2])
    office.delete_column(SALES2, places.index("amount"))
    office.set(SALES3, desk.at(T3, "date", 3), "哪天")
    left, out = office.save_as(tmp_path / "left.xlsx"), tmp_path / "out.xlsx"
    found = regrade(RegradeRequest(left, out))
    told = {(issue.code, dict(issue.facts)["sheet"]) for issue in found.issues}
    assert told == {("SG556", SALES2), ("SG553", SALES3)}
    assert found.tiers == regrade(RegradeRequest(several.request.out, dry_run=True)).tiers
    assert not [edit for edit in found.edits if edit.kind != "typed_over"]
    assert not regrade(RegradeRequest(out, tmp_path / "again.xlsx")).changed
    assert proved(office, out, tmp_path).wrong == []


def test_a_row_under_a_number_of_another_sheet_is_refused(several: Built, tmp_path: Path) -> None:
    """The book itself withholds its tiers then, and says what to do."""
    book = several.request.out
    key = col(book, SALES2, "序号")
    stray = changed(book, tmp_path / "stray.xlsx", {(SALES2, FIRST - 1, key): 1.0})
    with pytest.raises(InputError) as caught:
        regrade(RegradeRequest(stray, dry_run=True))
    assert (caught.value.code, caught.value.facts["sheet"]) == ("SG530", SALES)


def test_rows_moved_to_another_sheet_are_the_same_ones(several: Built, tmp_path: Path) -> None:
    """Cut from the third sheet and pasted below the first, with or without their number."""
    book, out = several.request.out, tmp_path / "out.xlsx"
    cells = {
        c: shown(cell) for c, cell in read(book)[SALES3].cells[FIRST + 9].items() if cell.formula is None
    }
    target, key = free(book, SALES), col(book, SALES, "序号")
    for numbered in (True, False):
        told = {c: value for c, value in cells.items() if numbered or c != key}
        moved: dict[Place, object] = {(SALES3, FIRST + 9, c): None for c in cells}
        moved |= {(SALES, target, c): value for c, value in told.items()}
        found = regrade(RegradeRequest(changed(book, tmp_path / "moved.xlsx", moved), out))
        assert (found.edits, found.changes, found.issues) == ((), (), ())
        assert grids(out)[SALES].at(target, 0).value == cells[0]


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Built, Built]:
    """A book with room for 40 rows out of order, and the one that is built of the data of a week later: 90
    sales more of old and new customers, one corrected, and some calls."""
    folder = tmp_path_factory.mktemp("weeks")
    new = crowded("vip-abc")
    old = Company(list(new.customers), list(new.transactions), list(new.service))
    people = [row[PERSON] for row in old.customers[::3]]
    new.customers = [*old.customers, *({**old.customers[5], PERSON: f"新{n}"} for n in range(3))]
    buyers = [*people, "新0", "新2"]
    sales = [
        sale(buyers[n % len(buyers)], AS_OF - timedelta(days=n % 5), 70_000.0 + n, f"周{n}", n)
        for n in range(90)
    ]
    new.transactions = [*old.transactions, *sales]
    new.transactions[40] = {**old.transactions[40], "数量": "77"}
    new.service = [
        *old.service,
        *({**old.service[0], PERSON: who, DAY: AS_OF.isoformat()} for who in (*people[:5], *people[-4:])),
    ]
    (folder / "old").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sheetgen.workbook.layout.TAIL_ROWS", 40)
        first = built_from(old, folder / "old")
    (folder / "new").mkdir()
    return first, built_from(new, folder / "new")


@pytest.fixture(scope="module")
def fed(weeks: tuple[Built, Built], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Regraded]:
    """The data in a book into whose first two sheets staff had typed."""
    book, out = weeks[0].request.out, tmp_path_factory.mktemp("fed") / "out.xlsx"
    typed: dict[Place, object] = {}
    for sheet in (SALES, SALES2):
        cells = {
            "客户编号": "平1",
            "日期": float((AS_OF - EPOCH).days),
            "金额": 5.0,
            "订单号": f"手写{sheet}",
        }
        typed |= new_row(book, sheet, cells)
    left = changed(book, out.with_name("typed.xlsx"), typed)
    return out, brought(left, out, dict(weeks[1].request.kinds), as_of=AS_OF)


def test_new_rows_go_to_the_sheet_of_their_customer(
    weeks: tuple[Built, Built], fed: tuple[Path, Regraded]
) -> None:
    out, found = fed
    data = [edit for edit in found.edits if edit.cause == "data"]
    sheets = Counter(edit.sheet for edit in data if edit.kind == "added")
    assert sheets["客户信息"] == 3 and sum(sheets[s] for s in (SALES, SALES2, SALES3)) == 90
    assert min(sheets[s] for s in (SALES, SALES2, SALES3)) > 5 and sheets[CALLS2] > 0
    assert {e.customer for e in data if e.sheet == SALES3 and e.kind == "added"} >= {"新0", "新2"}
    assert [e.now for e in data if e.kind == "correction" and e.sheet.startswith(SALES)] == ["77"]
    for sheet in (SALES, SALES2, SALES3):
        grid = grids(out)[sheet]
        numbers = grid.numbers(col(out, sheet, "序号"))[FIRST - 1 :]
        told = numbers[~np.isnan(numbers)]
        assert (np.diff(told) >= 0).all(), "in order again, for they were too many"
        for edit in (e for e in data if e.sheet == sheet and e.kind == "added"):
            row = int(edit.cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) - 1
            assert grid.at(row, 0).value == edit.customer
    assert {e.sheet for e in found.edits if e.kind == "added" and e.cause == "staff"} == {SALES, SALES2}


def test_data_in_several_sheets_are_right(
    weeks: tuple[Built, Built], fed: tuple[Path, Regraded], office: Office, tmp_path: Path
) -> None:
    assert {**tiers(fed[0]), "平1": ""} == {**tiers(weeks[1].request.out), "平1": ""}
    proof = proved(office, fed[0], tmp_path)
    assert proof.wrong == []
