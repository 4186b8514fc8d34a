"""The same copy merged again: a row that came once is known, whatever became of it here or there."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetgen.regrade import RegradeRequest, regrade
from sheetgen.workbook.copies.adopted import (
    STATE_KEY,
    Adopted,
    Taken,
    packed,
    read_adopted,
    same_record,
)
from sheetgen.workbook.opened import open_book

from .apart import C, Place, R, S, cleared, col, edited, free, merged, new_row, read, small

SALE = {"客户编号": "K3", "日期": date(2026, 6, 20), "金额": 300.5, "订单号": "新1", "产品或服务": "新品"}
CALL = {"客户编号": "K2", "日期": date(2026, 6, 21), "渠道": "上门", "咨询问题": "量尺", "满意度": 5.0}


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """The book, a copy with two typed rows, and the book with them in it."""
    folder = tmp_path_factory.mktemp("adopted")
    path = small(folder).request.out
    copy = edited(path, folder / "b.xlsx", {**new_row(path, R, SALE), **new_row(path, S, CALL)})
    merged(folder / "out.xlsx", path, copy)
    return path, copy, folder / "out.xlsx"


def cell(path: Path, sheet: str, header: str) -> Place:
    """A cell of the last row."""
    return sheet, free(path, sheet) - 1, col(path, sheet, header)


def amounts(path: Path) -> list[object]:
    grid, amount = read(path)[R], col(path, R, "金额")
    return [grid.at(row, amount).value for row in range(3, free(path, R))]


def test_a_row_corrected_here_stays_so(books: tuple[Path, Path, Path], tmp_path: Path) -> None:
    _, copy, out = books
    mended = edited(out, tmp_path / "mended.xlsx", {cell(out, R, "金额"): 77.0, cell(out, S, "满意度"): 1.0})
    found = merged(tmp_path / "again.xlsx", mended, copy)
    again = tmp_path / "again.xlsx"
    assert found.merged is not None and found.merged.taken == () and found.merged.conflicts == ()
    assert amounts(again) == amounts(mended) and amounts(again)[-1] == 77.0
    assert free(again, S) == free(mended, S)
    assert not {i.code for i in found.issues} & {"SG583", "SG584", "SG585"}


def test_a_row_deleted_here_stays_deleted(books: tuple[Path, Path, Path], tmp_path: Path) -> None:
    _, copy, out = books
    less = edited(out, tmp_path / "less.xlsx", cleared(out, R, "K3", 2))
    found = merged(tmp_path / "again.xlsx", less, copy)
    assert found.merged is not None and found.merged.taken == ()
    assert amounts(tmp_path / "again.xlsx") == amounts(less)


def test_a_row_corrected_in_the_copy_is_a_correction(books: tuple[Path, Path, Path], tmp_path: Path) -> None:
    _, copy, out = books
    newer = edited(copy, tmp_path / "b.xlsx", {cell(copy, R, "金额"): 400.0, cell(copy, S, "满意度"): 2.0})
    found = merged(tmp_path / "again.xlsx", out, newer)
    assert found.merged is not None
    assert {(t.kind, t.was, t.now) for t in found.merged.taken} == {
        ("cell", "300.5", "400"),
        ("cell", "5", "2"),
    }
    again = tmp_path / "again.xlsx"
    assert amounts(again) == [*amounts(out)[:-1], 400.0]
    third = regrade(RegradeRequest(again, tmp_path / "third.xlsx", copies=(newer,)))
    assert third.merged is not None and not third.changed


def test_a_row_corrected_in_both_is_a_conflict(books: tuple[Path, Path, Path], tmp_path: Path) -> None:
    _, copy, out = books
    here = edited(out, tmp_path / "here.xlsx", {cell(out, R, "金额"): 77.0})
    there = edited(
        copy, tmp_path / "b.xlsx", {cell(copy, R, "金额"): 400.0, cell(copy, R, "产品或服务"): "别"}
    )
    found = merged(tmp_path / "again.xlsx", here, there)
    assert found.merged is not None
    assert [(c.was, [s.words for s in c.said], c.kept) for c in found.merged.conflicts] == [
        ("300.5", ["77", "400"], "77")
    ]
    assert [(t.column, t.now) for t in found.merged.taken] == [("产品或服务", "别")]
    assert amounts(tmp_path / "again.xlsx") == amounts(here)


def test_another_row_of_the_same_order_is_one_more(books: tuple[Path, Path, Path], tmp_path: Path) -> None:
    _, copy, out = books
    second = {**SALE, "金额": 12.0, "产品或服务": "配件"}
    newer = edited(copy, tmp_path / "b.xlsx", new_row(copy, R, second))
    found = merged(tmp_path / "again.xlsx", out, newer)
    assert found.merged is not None and [t.kind for t in found.merged.taken] == ["row"]
    assert amounts(tmp_path / "again.xlsx") == [*amounts(out), 12.0]
    assert "SG585" in {i.code for i in found.issues}


def test_the_book_keeps_what_came(books: tuple[Path, Path, Path]) -> None:
    state = open_book(books[2]).state
    rows = read_adopted(state).rows
    assert {(row.table, row.copy, row.words["customer_id"]) for row in rows} == {
        ("transactions", "b.xlsx", "K3"), ("service", "b.xlsx", "K2")
    }  # fmt: skip
    assert STATE_KEY not in open_book(books[0]).state
    assert col(books[2], C, "客户编号") == 0


TEXTS = st.text(max_size=8)
ROWS = st.builds(Taken, TEXTS, TEXTS, st.dictionaries(TEXTS, TEXTS, max_size=4))


@given(st.lists(ROWS, max_size=5))
def test_it_reads_back(rows: list[Taken]) -> None:
    assert read_adopted({STATE_KEY: packed(Adopted(rows))}).rows == rows


@given(st.text(max_size=40))
def test_anything_else_is_nothing(words: str) -> None:
    assert isinstance(read_adopted({STATE_KEY: words}), Adopted)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [({"order_id": "1", "date": "9"}, {"order_id": "1"}, True), ({"order_id": "1"}, {"order_id": "2"}, False),
     ({"date": "9"}, {"date": "9", "product": "x"}, True), ({"date": "9"}, {"date": "8"}, False),
     ({}, {}, False)],
)  # fmt: skip
def test_one_record(one: dict[str, str], other: dict[str, str], same: bool) -> None:
    who = {"customer_id": "K1"}
    assert same_record("transactions", {**one, **who}, {**other, **who}) is same
    assert not same_record("transactions", {**one, **who}, {**other, "customer_id": "K2"})
