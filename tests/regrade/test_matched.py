"""Rows of raw data met with those of a book: what is the same, what is told anew, what is new."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetgen.workbook.regrade.compared import unlike
from sheetgen.workbook.regrade.grids import EMPTY, Grid
from sheetgen.workbook.regrade.matched import Matched, match
from sheetgen.workbook.regrade.stored import longer, packed_text, stored
from sheetgen.workbook.written import STATE_KEY, read_written

COLUMNS = ["customer_id", "date", "order_id", "product", "cents"]
Line = tuple[str, str, str, str, int]


def sales(*lines: Line) -> pd.DataFrame:
    frame = pd.DataFrame(lines, columns=COLUMNS)
    frame = frame.astype({c: "str" for c in COLUMNS if c not in ("date", "cents")})
    return frame.astype({"cents": "int64"}).assign(
        date=pd.to_datetime(frame["date"]).astype("datetime64[ns]")
    )


BOOK = sales(
    ("A", "2026-01-01", "1", "tea", 10),
    ("A", "2026-01-01", "1", "cup", 20),
    ("A", "2026-01-02", "#1-7", "tea", 5),
    ("B", "2026-01-02", "#1-8", "tea", 5),
    ("B", "2026-01-02", "#1-9", "tea", 5),
)


def met(raw: pd.DataFrame, book: pd.DataFrame = BOOK) -> tuple[list[list[int]], list[list[int]], list[int]]:
    found: Matched = match("transactions", raw, book, COLUMNS)
    assert not len(found.unclear)
    return sorted(found.same.tolist()), found.anew.tolist(), found.new.tolist()


def test_the_same_rows_in_any_order_are_no_news() -> None:
    raw = BOOK.iloc[::-1].reset_index(drop=True)
    same, anew, new = met(raw.assign(order_id=raw["order_id"].str.replace("#1-", "#2-")))
    assert sorted(k for _, k in same) == [0, 1, 2, 3, 4]
    assert (anew, new) == ([], [])


def test_a_line_of_an_order_is_told_anew_by_its_product() -> None:
    raw = sales(("A", "2026-01-01", "1", "cup", 99), ("A", "2026-01-05", "2", "tea", 1))
    assert met(raw) == ([], [[0, 1]], [1])


def test_an_order_with_other_products_is_not_guessed_about() -> None:
    raw = sales(*(("A", "2026-01-01", "1", product, 7) for product in ("tea", "jug", "mug")))
    found = match("transactions", raw, BOOK, COLUMNS)
    assert (found.anew.tolist(), found.new.tolist()) == ([[0, 0]], [])
    assert found.unclear.tolist() == [[1, 1], [2, 1]]
    typed = match("transactions", raw, BOOK, COLUMNS, typed=True)
    assert (typed.anew.tolist(), typed.new.tolist()) == ([[0, 0], [1, 1]], [2])


def test_a_refund_is_no_sale_told_anew() -> None:
    assert met(sales(("A", "2026-01-01", "1", "tea", -10))) == ([], [], [0])


def test_without_a_number_only_one_of_a_day_is_known_again() -> None:
    one, several = ("A", "2026-01-02", "", "tea", 6), ("B", "2026-01-02", "", "tea", 6)
    assert met(sales(one)) == ([], [[0, 2]], [])
    assert met(sales(several)) == ([], [], [0]), "which of two it would be is not known"


def test_a_number_is_never_met_with_none() -> None:
    raw = sales(("A", "2026-01-02", "9", "tea", 6))
    assert met(raw) == ([], [], [0])


DAYS = st.sampled_from(["2026-01-01", "2026-01-02"])
ORDERS = st.sampled_from(["1", "2", "", "#1-1"])
PRODUCTS = st.sampled_from(["tea", "cup"])
LINES = st.lists(st.tuples(st.sampled_from("AB"), DAYS, ORDERS, PRODUCTS, st.integers(1, 3)), max_size=12)


@settings(deadline=None, max_examples=20)
@given(LINES, LINES)
def test_every_row_has_one_fate(raw: list[Line], book: list[Line]) -> None:
    found = match("transactions", sales(*raw), sales(*book), COLUMNS)
    fates = [*found.same[:, 0], *found.anew[:, 0], *found.new, *found.unclear[:, 0]]
    assert sorted(fates) == list(range(len(raw)))
    known = [*found.same[:, 1].tolist(), *found.anew[:, 1].tolist()]
    assert len(known) == len(set(known))
    again = match("transactions", sales(*raw), sales(*raw), COLUMNS)
    assert (len(again.anew), len(again.new)) == (0, 0)


def test_missing_is_like_missing() -> None:
    nan, nat = float("nan"), np.datetime64("NaT", "ns")
    assert unlike(pd.Series([1.0, nan, nan]), pd.Series([1.0, nan, 2.0])).tolist() == [False, False, True]
    days = pd.Series([np.datetime64("2026-01-01", "ns"), nat, nat])
    assert unlike(days, days[::-1].reset_index(drop=True)).tolist() == [True, False, True]
    assert unlike(pd.Series(["a", ""], dtype="str"), pd.Series(["b", ""], dtype="str")).tolist() == [
        True,
        False,
    ]


def test_the_base_grows_and_is_read_back() -> None:
    base = BOOK.assign(key=[1, 1, 1, 2, 2])
    more = sales(("C", "2026-02-01", "9", "pot", 3)).assign(key=float("nan"), other="x")
    text = packed_text(longer(base, more))
    found = read_written({f"{STATE_KEY}transactions": text})["transactions"]
    assert found["customer_id"].tolist() == ["A", "A", "A", "B", "B", "C"]
    assert found["cents"].tolist() == [10, 20, 5, 5, 5, 3]
    assert np.isnan(found["key"].iloc[-1]) and "other" not in found


def test_a_long_text_takes_more_rows_and_gives_them_back() -> None:
    def said(text: str) -> object:
        return EMPTY._replace(kind="str", value=text)

    grid = Grid("_sheetgen", {0: {0: said("a"), 1: said("1")}, 1: {0: said("b"), 1: said("2")}}, {})  # type: ignore[dict-item]
    long = "x" * 70_000
    cells = stored(grid, {"a": long})
    assert sorted(cells) == [0, 2, 3]
    assert "".join(str(cells[row][1].value) for row in sorted(cells)) == long
    assert stored(grid, {"a": "1"}) == {}
