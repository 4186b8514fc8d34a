"""Rows met with the rows that were written."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from sheetgen.workbook.opened import open_book
from sheetgen.workbook.regrade.met import meet, meet_table
from sheetgen.workbook.written import read_written

KEYS = ["key", "order_id", "date"]


def _rows(*rows: tuple[float | None, str, str, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["key", "order_id", "product", "cents"])
    return frame.astype({"key": "float64", "order_id": "str", "product": "str", "cents": "int64"})


BASE = _rows(
    (1, "A", "tea", 10), (1, "A", "cup", 20), (1, "B", "tea", 10), (2, "C", "tea", 5), (2, "C", "tea", 5)
)


def _met(now: pd.DataFrame) -> tuple[dict[int, int], list[int], list[int]]:
    met = meet(BASE, now, KEYS)
    return dict(met.pairs.tolist()), met.added.tolist(), met.gone.tolist()


def test_an_edited_row_is_the_row_it_was() -> None:
    now = BASE.assign(cents=[10, 99, 10, 5, 5])
    assert _met(now) == ({0: 0, 1: 1, 2: 2, 3: 3, 4: 4}, [], [])


def test_sorted_rows_meet() -> None:
    now = BASE.iloc[[4, 2, 0, 3, 1]].reset_index(drop=True)
    pairs, added, gone = _met(now)
    assert not added
    assert not gone
    assert all(BASE.iloc[a].equals(now.iloc[b].rename(a)) for a, b in pairs.items())


def test_edited_while_sorted() -> None:
    now = BASE.iloc[[4, 2, 0, 3, 1]].reset_index(drop=True)
    now.loc[4, "cents"] = 77
    assert _met(now)[0][1] == 4


def test_one_of_two_equal_rows_deleted() -> None:
    assert _met(BASE.iloc[:4]) == ({0: 0, 1: 1, 2: 2, 3: 3}, [], [4])


def test_another_order_number_in_place() -> None:
    now = BASE.assign(order_id=["A", "A", "X", "C", "C"])
    assert _met(now) == ({i: i for i in range(5)}, [], [])


def test_a_typed_row_is_new_even_where_one_went() -> None:
    now = pd.concat([BASE.iloc[[0, 1]], _rows((None, "B", "tea", 10)), BASE.iloc[[3, 4]]], ignore_index=True)
    assert _met(now) == ({0: 0, 1: 1, 3: 3, 4: 4}, [2], [2])


def test_a_missing_column_is_no_edit() -> None:
    assert _met(BASE.drop(columns="product"))[0] == {i: i for i in range(5)}


_row = st.tuples(
    st.sampled_from([1.0, 2.0, None]), st.sampled_from("AB"), st.sampled_from("xy"), st.integers(0, 2)
)


@given(st.lists(_row), st.lists(_row))
def test_every_row_is_met_or_told(base: list[tuple[float | None, str, str, int]],
                                  now: list[tuple[float | None, str, str, int]]) -> None:  # fmt: skip
    written = [(key or 1.0, *rest) for key, *rest in base]
    a, b = _rows(*written), _rows(*now)  # type: ignore[arg-type]
    met = meet(a, b, KEYS)
    assert sorted([*met.pairs[:, 0].tolist(), *met.gone.tolist()]) == list(range(len(a)))
    assert sorted([*met.pairs[:, 1].tolist(), *met.added.tolist()]) == list(range(len(b)))
    assert all(a["key"][i] == b["key"][j] for i, j in met.pairs.tolist())
    equal = pd.merge(a.assign(n=a.groupby(list(a)).cumcount()), b.assign(n=b.groupby(list(b)).cumcount()))
    assert sum(a.iloc[i].equals(b.iloc[j].rename(i)) for i, j in met.pairs.tolist()) == len(equal)


def test_the_built_book_meets_itself(built) -> None:  # type: ignore[no-untyped-def]
    from sheetgen.explain import scheme_of
    from sheetgen.ingest.package import look_through
    from sheetgen.workbook.patch.package import open_package
    from sheetgen.workbook.regrade.blocks import block_of, headers_of, optional_of
    from sheetgen.workbook.regrade.met import standing
    from sheetgen.workbook.regrade.source import Source

    book = open_book(built.request.out)
    source = Source(open_package(book.data, look_through, "book"), book.names, book.state, scheme_of(book))
    for table, base in read_written(book.state).items():
        block = block_of(
            source.grid(table), table, headers_of(table, source.scheme, "zh"), optional_of(table)
        )
        rows, now = standing(block)
        met = meet_table(table, base, now)
        assert len(rows) == len(met.pairs) == len(base)
        for name in base:
            pd.testing.assert_series_equal(base[name], now[name], check_dtype=False)
