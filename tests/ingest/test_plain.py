"""Cells that are passed over as plain: never one that cleaning would have changed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetgen.ingest.cells import chunks, digest, holding, kept, numbered
from sheetgen.ingest.coded import all_blank, in_full
from sheetgen.ingest.plain import plain_ids, plain_text
from sheetgen.ingest.stack import repeated_records
from sheetgen.ingest.text import LONGEST_CELL, distinct
from sheetgen.ingest.types import _text, typed
from sheetgen.ingest.words import BLANK

LETTERS = (
    "abcxXeE019-_./ '\"`=#:*?~\t\n\r\0\x7f\x85\u00a0\u00b7é\u0301\u200b\u2014\u2028\u202e\u2066\u3000、々〪"
    "\u302a\u3099，Ａ１￥ｶﾞ\uf900\u2126\u2000\u00ad\ufeff\ufffe\U00020000😀張伟無"
)
CELL = (
    st.text(LETTERS, max_size=6)
    | st.text(max_size=5)
    | st.sampled_from(sorted(BLANK))
    | st.sampled_from(["1e5", "1E123", "2e9x", "12.0", "_x000D_", "a_x000d_", "NaN", "none ", "00123", "D-1"])
)
COLUMN = st.lists(CELL, max_size=12).map(lambda cells: pd.Series(cells, dtype="str"))


@given(COLUMN)
@settings(max_examples=500, deadline=None)
def test_texts_and_ids_are_those_of_each_cell_alone(column: pd.Series) -> None:
    for kind in ("text", "id"):
        found = typed(column, kind)
        each = [_text(cell, kind) for cell in column.tolist()]
        assert list(zip(found.values.tolist(), found.problem.tolist(), strict=True)) == each


@given(st.characters(exclude_categories=["Cs"]))
@settings(max_examples=3000, deadline=None)
def test_a_plain_character_is_one_that_nothing_changes(ch: str) -> None:
    for cell in (f"a{ch}1", f"{ch}1", f"1{ch}", f"1{ch}\u0301"):
        column = pd.Series([cell], dtype="str")
        if plain_text(column)[0]:
            assert _text(cell, "text") == (cell, "")
        if plain_ids(column)[0]:
            assert _text(cell, "id") == (cell, "")


def test_every_character_of_the_first_plane() -> None:
    """Where the bytes say plain, cleaning says so too: all 63,488 of them."""
    signs = [chr(i) for i in range(0x10000) if not 0xD800 <= i < 0xE000]
    for kind, plain in (("text", plain_text), ("id", plain_ids)):
        column = pd.Series([f"1{ch}1" for ch in signs], dtype="str")
        fit = np.flatnonzero(plain(column)).tolist()
        assert all(_text(f"1{signs[i]}1", kind) == (f"1{signs[i]}1", "") for i in fit)
        assert len(fit) > 20_000


def test_what_exports_are_full_of_is_plain() -> None:
    texts = pd.Series(
        ["灯，大（红）", "A x b", "备注12", "“引”——…", "a,b;c|d", "2024/1/5 12:00", ""], dtype="str"
    )
    ids = pd.Series(["00123", "DD2024-1", "C_9", "张伟1", "深圳市某某科技有限公司", "abcdefg"], dtype="str")
    assert plain_text(texts).all()
    assert plain_ids(ids).all()


def test_words_for_nothing_are_not_plain_ids() -> None:
    words = pd.Series(
        sorted({f(word) for word in BLANK for f in (str.upper, str.title, str.lower)}), dtype="str"
    )
    assert not plain_ids(words).any()


def test_a_very_long_cell_is_not_plain() -> None:
    assert plain_text(pd.Series(["x" * LONGEST_CELL, "x" * (LONGEST_CELL + 1)], dtype="str")).tolist() == [
        True,
        False,
    ]


@given(COLUMN, COLUMN)
def test_a_column_of_several_chunks(one: pd.Series, other: pd.Series) -> None:
    both = pd.concat([one, other.iloc[1:], other], ignore_index=True)
    cells = both.tolist()
    seen = [
        bytes(c.data[a:b]).decode()
        for c in chunks(both)
        for a, b in zip(c.starts.tolist(), c.stops.tolist(), strict=True)
    ]
    assert seen == cells
    assert holding(both, "ax1").tolist() == [any(ch in cell for ch in "ax1") for cell in cells]
    assert typed(both, "id").values.tolist() == [_text(cell, "id")[0] for cell in cells]
    codes, words = distinct(both)
    assert [words[i] for i in codes] == cells


def test_all_blank() -> None:
    assert all_blank(3).tolist() == ["", "", ""]
    assert in_full(all_blank(0)).dtype == "str"


@given(
    st.lists(st.sampled_from(["", "A1", "A2", "A10", "B1", "é"]), max_size=8),
    st.sampled_from([None, False, True]),
)
def test_equal_cells_have_equal_numbers(cells: list[str], falling: bool | None) -> None:
    if falling is not None:
        cells = sorted(cells, key=lambda cell: (len(cell.encode()), cell.encode()), reverse=falling)
    found = numbered(pd.Series(cells, dtype="str")).tolist()
    assert [found[i] == found[j] for i in range(len(cells)) for j in range(i)] == [
        cells[i] == cells[j] for i in range(len(cells)) for j in range(i)
    ]
    assert not found or 0 <= min(found) <= max(found) < len(found)


@given(COLUMN)
def test_has_is_the_same_as_to_compare(column: pd.Series) -> None:
    for kind in ("id", "text"):
        found = typed(column, kind)
        for code in ("", "blank", "SG403"):
            assert found.has(code).tolist() == (found.problem == code).tolist()


@given(st.lists(st.text("ab ", max_size=20), max_size=10))
def test_digests_of_equal_cells_are_equal_and_of_others_hardly_ever(cells: list[str]) -> None:
    both = pd.concat([pd.Series(cells, dtype="str"), pd.Series(cells, dtype="str")], ignore_index=True)
    found = digest(both).tolist()
    assert found[: len(cells)] == found[len(cells) :]
    short = {cell for cell in cells if len(cell) <= 16}
    assert len({found[cells.index(cell)] for cell in short}) == len(short)


@given(st.data())
def test_kept_is_a_boolean_index(data: st.DataObject) -> None:
    n = data.draw(st.integers(0, 6))
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)), dtype=bool)
    days = pd.date_range("2024-01-01", periods=n).to_numpy()
    frame = pd.DataFrame(
        {"a": pd.Series([f"é{i}" for i in range(n)], dtype="str"), "b": np.arange(n), "c": days}
    )
    pd.testing.assert_frame_equal(kept(frame, mask), frame[mask].reset_index(drop=True))


RECORD = st.tuples(
    st.sampled_from(["1", " 1", "2"]), st.sampled_from(["a", "a ", "b"]), st.sampled_from(["", "x" * 20])
)


@given(st.lists(RECORD, max_size=10), st.booleans())
@settings(max_examples=300)
def test_repeated_records_are_those_that_a_look_at_every_pair_finds(
    records: list[tuple[str, ...]], keyed: bool
) -> None:
    cells = pd.DataFrame(records, columns=["id", "name", "note"]).astype("str")
    bare = [tuple(cell.strip() for cell in record) for record in records]
    key = numbered(cells["id"].str.strip()) if keyed else None
    rows, number = repeated_records(cells, key)
    assert rows.tolist() == [i for i, record in enumerate(bare) if bare.count(record) > 1]
    groups = dict(zip(rows.tolist(), number.tolist(), strict=True))
    assert all((groups[i] == groups[j]) == (bare[i] == bare[j]) for i in groups for j in groups)
