"""A book too large to look every row up: it stays right, or it withholds every number and says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheetgen.pipeline import BuildRequest, Built, build
from sheetgen.workbook.layout import FIRST, SMALL_BOOK_ROWS
from tests.office.office import Office

from .data import AS_OF, large_company
from .desk import Desk, by_customer, differences, look
from .edits import C, T, add, insert, new_customer


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("large")
    kinds = large_company().write(folder)
    return build(BuildRequest(folder / "book.xlsx", kinds=kinds, as_of=AS_OF))


@pytest.fixture
def desk(office: Office, large: Built, tmp_path: Path) -> Desk:
    office.open(large.request.out)
    found = Desk(office, large, tmp_path)
    assert found.layout.rows[T] > SMALL_BOOK_ROWS
    return found


def check_withheld(desk: Desk) -> None:
    """No cell of a customer shows a number, and 总览 names the remedy."""
    assert desk.named("x_gate") == 1
    seen = look(desk)
    for sheet, rows in (("scores", seen.scores), ("tiers", seen.tiers)):
        for customer, row in by_customer(desk, sheet, rows).items():
            shown = {v for c, v in row.items() if not c.startswith("customer_")}
            assert shown <= {"待排序", "", None}, (sheet, customer, shown)
            assert "待排序" in shown
    assert "排序" in str(seen.overview[2][0])
    # counts of customers and rows by month are no figures of a customer; all others are 0 or empty
    first_month = next(i for i, row in enumerate(seen.overview) if row[0] == "月份")
    for row in seen.overview[9:first_month]:
        assert [v for v in row[1:6] if isinstance(v, float) and v > 1] == []


def test_edits_of_a_large_book(desk: Desk) -> None:
    desk.put(T, desk.row_of(T, "KH0100", 5), amount=999_999.99)
    add(desk, "KH0007", 12_345.67)
    add(desk, "KH0007", 1.0, order="新单")
    new_customer(desk, "新客")
    add(desk, "新客", 250_000.0)
    insert(desk, desk.row_of(T, "KH0150", 3), "KH0002")
    desk.office.delete_row(desk.sheet(T), desk.row_of(T, "KH0200", 0), 3)
    desk.office.delete_row(desk.sheet(T), FIRST)
    desk.set_named("p_tier_a", 180_000)
    assert differences(desk) == []
    assert desk.named("x_gate") == 0
    assert desk.named("transactions_all") == 0
    desk.sort(T, "key")
    assert differences(desk) == []


def test_a_sort_by_date_withholds_and_a_sort_by_number_heals(desk: Desk) -> None:
    first = look(desk)
    desk.sort(T, "date")
    check_withheld(desk)
    desk.sort(T, "key")
    assert desk.named("x_gate") == 0
    again = look(desk)
    for sheet in ("scores", "tiers"):
        assert by_customer(desk, sheet, getattr(again, sheet)) == by_customer(
            desk, sheet, getattr(first, sheet)
        )
    assert differences(desk, again) == []


def test_a_wrong_id_in_the_middle(desk: Desk) -> None:
    """Sorting does not help here; the id put back does, or the row's number cleared."""
    row = desk.row_of(T, "KH0150", 3)
    desk.put(T, row, customer_id="KH0002")
    check_withheld(desk)
    desk.put(T, row, key=None)
    assert differences(desk) == []
    desk.put(T, row, customer_id="KH0150", key=151)
    assert differences(desk) == []
    desk.put(T, row, customer_id="没有这人")
    check_withheld(desk)


def test_a_deleted_customer_holds_up_nobody_else(desk: Desk) -> None:
    desk.office.delete_row(desk.sheet(C), desk.row_of(C, "KH0100"))
    assert desk.named("x_gate") == 0
    assert desk.named("transactions_open") == 45
    assert [d for d in differences(desk, months=False) if d[0] != "overview"] == []
