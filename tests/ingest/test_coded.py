"""Coded columns: what is asked of the few different cells is what a look at every cell finds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetgen.ingest import coded
from sheetgen.ingest.cells import bare, digest, filled, holding, kept, numbered
from sheetgen.ingest.clean import clean
from sheetgen.ingest.coded import all_in_full, compact, in_full, is_coded, joined, of_codes, parts_of
from sheetgen.ingest.dates import parse_dates
from sheetgen.ingest.rules import ReadRules
from sheetgen.ingest.sources import read_inputs
from sheetgen.ingest.stack import repeated_records
from sheetgen.ingest.text import distinct, map_text
from sheetgen.ingest.types import nothing_typed, typed
from sheetgen.model import Clean
from sheetgen.scheme.tables import FieldType
from tests.ingest.exports import EXAMPLES, Example

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
KINDS: tuple[FieldType, ...] = (
    *("id", "text", "date", "money", "price", "number", "phone", "flag", "rating", "status"),
)
CELL = st.sampled_from(
    [
        *("", " ", "-", "甲", " 甲", "甲 ", "a*b", "2024-01-05", "5/6/2024", "13/6/2024", "12.50"),
        *("1e5", "95%", "交易成功", "已退款", "是", "五星", "13800138000", "€5", "1,5", "_x000D_"),
        *("\t1", "00123", "无"),
    ]
)
COLUMN = st.lists(CELL, max_size=20)


def text(cells: list[str]) -> pd.Series:
    return pd.Series(cells, dtype="str")


def code(cells: list[str], unused: tuple[str, ...] = ("合计", "1.234,5")) -> pd.Series:
    """Coded, with cells on its list that no record has."""
    known = [*unused, *dict.fromkeys(cells)]
    return of_codes(np.array([known.index(cell) for cell in cells], dtype=np.int64), text(known))


@given(COLUMN)
def test_coded_and_in_full_are_the_same_cells(cells: list[str]) -> None:
    column = code(cells)
    assert is_coded(column) and "" in column.cat.categories
    assert column.tolist() == in_full(column).tolist() == cells
    assert in_full(column).dtype == "str"
    codes, few = parts_of(column)
    assert [few.iloc[c] for c in codes.tolist()] == cells
    assert set(few.tolist()) == set(cells)
    assert distinct(column)[1] == few.tolist()


@given(COLUMN)
@settings(max_examples=200, deadline=None)
def test_a_coded_column_is_typed_as_its_text(cells: list[str]) -> None:
    for kind in KINDS:
        want, found = typed(text(cells), kind), typed(code(cells), kind)
        pd.testing.assert_series_equal(in_full(found.values), want.values, check_names=False)
        assert found.problem.tolist() == want.problem.tolist()
        assert found.found == want.found == set(want.problem.tolist())
        for problem in (*want.found, "SG000"):
            assert found.has(problem).tolist() == want.has(problem).tolist()
    assert parse_dates(code(cells)).days.tolist() == parse_dates(text(cells)).days.tolist()


@given(COLUMN)
def test_bytes_of_a_coded_column_are_those_of_its_text(cells: list[str]) -> None:
    one, other = code(cells), text(cells)
    assert holding(one, "*-").tolist() == holding(other, "*-").tolist()
    assert filled(one).tolist() == filled(other).tolist() == [cell != "" for cell in cells]
    assert digest(one).tolist() == digest(other).tolist()
    assert bare(one).tolist() == bare(other).tolist()
    assert map_text(one, str.upper).tolist() == map_text(other, str.upper).tolist()
    assert numbered(one).tolist() == numbered(other).tolist()
    mask = np.arange(len(cells)) % 3 > 0
    assert kept(pd.DataFrame({"a": one, "b": other}), mask)["a"].tolist() == other[mask].tolist()


@given(st.lists(st.tuples(CELL, CELL), max_size=20))
def test_repeated_records_are_those_of_the_text(rows: list[tuple[str, str]]) -> None:
    full = pd.DataFrame({"a": text([a for a, _ in rows]), "b": text([b for _, b in rows])})
    mixed = pd.DataFrame({"a": code([a for a, _ in rows]), "b": full["b"]})
    assert repeated_records(mixed)[0].tolist() == repeated_records(full)[0].tolist()
    pd.testing.assert_frame_equal(all_in_full(mixed), full)


@given(st.lists(st.tuples(COLUMN, st.booleans()), max_size=4))
def test_columns_below_each_other(pieces: list[tuple[list[str], bool]]) -> None:
    column = joined([code(cells) if as_code else text(cells) for cells, as_code in pieces])
    assert column.tolist() == [cell for cells, _ in pieces for cell in cells]
    if pieces:
        assert is_coded(column) == all(as_code for _, as_code in pieces)


@given(st.lists(st.tuples(st.lists(CELL, max_size=8), st.booleans()), max_size=4))
def test_what_is_read_is_coded_where_it_repeats(blocks: list[tuple[list[str], bool]]) -> None:
    """Blocks of text and of dictionaries of text, as a file is read."""
    from sheetgen.ingest.records import Piece, column_of

    pieces = [
        Piece(pa.table([column.dictionary_encode() if listed else column], ["0"]), [], 0, [], 0, [], [])
        for cells, listed in blocks
        for column in [pa.array(cells, pa.large_string())]
    ]
    cells = [cell for block, _ in blocks for cell in block]
    column = compact(column_of(pieces, 0))
    assert column.tolist() == cells
    assert is_coded(column) == (8 * len(set(cells)) <= len(cells)) or not cells


@pytest.mark.parametrize("kind", KINDS)
def test_empty_cells_typed_at_once(kind: FieldType) -> None:
    want, found = typed(text([""] * 3), kind), nothing_typed(kind, 3)
    pd.testing.assert_series_equal(found.values, want.values)
    assert found.problem.tolist() == want.problem.tolist()
    assert len(nothing_typed(kind, 0).values) == 0


def facts(found: Clean) -> dict[str, object]:
    frames = {**found.tables, "left_out": found.ledger.left_out}
    tables = {name: all_in_full(frame).to_dict("list") for name, frame in frames.items()}
    ledger = (found.ledger.rows, found.ledger.cents, found.ledger.read_rows, found.ledger.read_cents)
    return {"tables": repr(tables), "ledger": ledger, "issues": found.issues, "merges": found.merges}


def both_ways(paths: list[str], monkeypatch: pytest.MonkeyPatch) -> tuple[Clean, Clean]:
    """Cleaned with every column coded, and with none."""
    found = []
    for few, answer in ((0, True), (1 << 60, False)):
        monkeypatch.setattr(coded, "FEW", few)
        monkeypatch.setattr(coded, "repeats", lambda column, answer=answer: answer)
        raw = read_inputs(paths, {}, ReadRules())
        assert any(is_coded(raw.tables[0].frame[name]) for name in raw.tables[0].frame) == answer
        found.append(clean(raw))
    return found[0], found[1]


def test_sample_data_come_out_the_same_coded_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = both_ways([str(path) for path in sorted(SAMPLE.glob("*.csv"))], monkeypatch)
    assert facts(one) == facts(other)
    assert {n: str(t) for n, t in one.tables["transactions"].dtypes.items() if n != "file"} == {
        n: str(t) for n, t in other.tables["transactions"].dtypes.items() if n != "file"
    }


@pytest.mark.parametrize("one", [e for e in EXAMPLES if e.name.endswith("csv")], ids=lambda one: one.id)
def test_exports_come_out_the_same_coded_or_not(
    one: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / one.name).write_bytes(one.data)
    first, second = both_ways([str(tmp_path / one.name)], monkeypatch)
    assert facts(first) == facts(second)


def test_several_files_of_which_some_have_a_column(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heads = ("客户编号,日期,金额,品类,仓库", "客户编号,日期,金额,渠道", "客户编号,日期,金额,品类")
    for i, head in enumerate(heads):
        rows = [
            ",".join(("K1", "2024-01-05", f"{n}", *"甲*"[: head.count(",") - 2].ljust(1))) for n in (1, 2, 2)
        ]
        (tmp_path / f"{i}.csv").write_text("\n".join((head, *rows)), "utf-8")
    one, other = both_ways([str(tmp_path)], monkeypatch)
    assert facts(one) == facts(other)
    assert "".join(one.tables["transactions"]["category"]) == "甲甲甲———甲甲甲"
