"""Columns of ours whose header staff changed: told by their formulas, by what was written in them, and by
their neighbours, and given their header back, for people and programs look for it.

A column that nothing tells for certain stays as it is, and what needs it says that it is missing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sheetgen.grading.coding import column_of
from sheetgen.grading.grade import context_of
from sheetgen.model import Issue
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.blank.filled import is_blank, room_of
from sheetgen.workbook.formulas import column_formula, metric_formula
from sheetgen.workbook.layout import RECORDS, Layout, table_of
from sheetgen.workbook.patch.edits import Constant, Edit, Edits
from sheetgen.workbook.regrade.blocks import LOOK_AT, Block, graded_headers, headers_of, optional_of
from sheetgen.workbook.regrade.columns import NO_FORMULA, NOTHING
from sheetgen.workbook.regrade.compared import blank, unlike
from sheetgen.workbook.regrade.grids import Grid, place, shape_of, text_of
from sheetgen.workbook.regrade.listed import base_in
from sheetgen.workbook.regrade.source import parts_of
from sheetgen.workbook.regrade.taken import column_at
from sheetgen.workbook.sheets.base import WRITTEN, staff_fields
from sheetgen.workbook.written import EXTRA, PLACE, STATE_KEY, columns_written, read_written

if TYPE_CHECKING:
    from sheetgen.workbook.regrade.source import Source

ENOUGH: Final = 0.5
"""the part of a sheet's headers that tells its header row, and of a column's cells that tells the column"""
KEYED: Final = "customers"


@dataclass(frozen=True)
class Heads:
    """A sheet's header row as it stands: ``columns`` of ours by id, ``missing`` ids, ``free`` columns."""

    sheet_id: str
    grid: Grid
    row: int
    wanted: Mapping[str, str]
    columns: Mapping[str, int]
    missing: tuple[str, ...]
    free: tuple[int, ...]

    @property
    def table(self) -> str:
        """The table that stands here."""
        return table_of(self.sheet_id)


def with_headers(source: Source, look: Callable[[str, bytes], object]) -> tuple[Source, tuple[Issue, ...]]:
    """The book with its headers, proved to be the same else, and a warning for each that is back (SG553).

    Raises ReconcileError (SG533).
    """
    cells: dict[str, dict[int, dict[int, Edit]]] = {}
    issues = []
    for heads in all_heads(source):
        for key, col in recognised(source, heads).items():
            was, at = text_of(heads.grid.at(heads.row, col)), place(heads.row, col)
            cells.setdefault(heads.grid.name, {}).setdefault(heads.row, {})[col] = Constant(heads.wanted[key])
            facts = (("sheet", heads.grid.name), ("cell", at), ("was", was))
            issues.append(
                Issue("SG553", "warning", f"#{heads.grid.name}", heads.row + 1, value=heads.wanted[key],
                      facts=facts)
            )  # fmt: skip
    return source.patched(Edits(cells), look), tuple(issues)


def headers(source: Source) -> dict[str, dict[str, str]]:
    """Sheet id -> column id -> header, of the sheets that have a row of them."""
    scheme, lang = source.scheme, source.lang
    tables = ("customers", "preferences", *RECORDS, "changes")
    sheets = [sheet for table in tables for sheet in source.sheets(table)]
    wanted = {s: headers_of(s, scheme, lang) for s in sheets if source.names.get(s)}
    plan = plan_of(source)
    return wanted | {s: graded_headers(plan, s, scheme) for s in ("scores", "tiers") if source.names.get(s)}


def all_heads(source: Source) -> list[Heads]:
    """The sheets of whose headers one is missing."""
    return [heads for heads in heads_of(source).values() if heads.missing]


def heads_of(source: Source) -> dict[str, Heads]:
    """The sheets by id."""
    every = headers(source)
    source.read(every)
    found = {sheet_id: _heads(source, sheet_id, wanted) for sheet_id, wanted in every.items()}
    return {sheet_id: heads for sheet_id, heads in found.items() if heads is not None}


def plan_of(source: Source) -> Layout:
    """Where everything stood as the book was written."""
    rows = {t: int(n) for t, n in json.loads(source.state["rows"]).items()}
    blank_book = is_blank(source.state)
    parts = parts_of(source)
    return Layout(
        source.scheme, source.lang, rows, room_of(source.state, rows), {}, frozenset(), blank_book, parts
    )


def _heads(source: Source, sheet_id: str, wanted: Mapping[str, str]) -> Heads | None:
    """The row that has most of the headers; None where no row has half of them."""
    grid, best = source.grid(sheet_id), (0, -1)
    texts = set(wanted.values())
    for row in range(LOOK_AT + 1):
        words = {text_of(cell).strip() for cell in grid.cells.get(row, {}).values()}
        best = max(best, (len(words & texts), -row))
    row = -best[1]
    if best[0] < ENOUGH * len(texts):
        return None
    heads = {col: text_of(cell).strip() for col, cell in sorted(grid.cells.get(row, {}).items())}
    columns: dict[str, int] = {}
    for key, header in wanted.items():
        same = [col for col, words in heads.items() if words == header and col not in columns.values()]
        if same:
            columns[key] = same[0]
    gone = [key for key in wanted if key not in columns]
    may = set(optional_of(sheet_id)).intersection(gone)
    if may:
        may -= _were_there(source, sheet_id)
    missing = tuple(key for key in gone if key not in may)
    free = tuple(col for col in range(grid.columns) if col not in columns.values())
    return Heads(sheet_id, grid, row, wanted, columns, missing, free)


def _were_there(source: Source, sheet_id: str) -> set[str]:
    """The columns that a data sheet was written with, as far as it may do without them."""
    table = table_of(sheet_id)
    written, columns = columns_written(source.state, table), data_tables()[table].columns
    used = plan_of(source).tail_fields(table) if table in source.scheme.detail_tables else []
    return {key for key in columns if column_of(key) in written or key in used}


def recognised(source: Source, heads: Heads) -> dict[str, int]:
    """Column id -> where it stands, of those missing that are there under another header.

    What stands between its old neighbours must not look like another column; elsewhere it must look like this
    one alone.
    """
    shapes, written = _shapes(source, heads), _written(source, heads)
    beside, found = _beside(heads, _further(source, heads.sheet_id)), dict[str, int]()
    for key in heads.missing:
        free = [col for col in heads.free if col not in found.values()]
        alike = [col for col in free if _alike(heads, key, col, shapes, written)]
        telling = [k for k in heads.missing if shapes.get(k) == shapes[key]] == [key] if key in shapes else (
            _tells(written, key)
        )  # fmt: skip
        if beside.get(key, -1) in alike:
            found[key] = beside[key]
        elif telling and len(alike) == 1:
            found[key] = alike[0]
    return found


def _beside(heads: Heads, others: Collection[str]) -> dict[str, int]:
    """Column id -> the column between its neighbours, where as many are unknown there as are missing.
    ``others``: headers of what is known beside ours."""
    order = [key for key in heads.wanted if key in heads.columns or key in heads.missing]
    filled = [col for col in heads.free if _head(heads, col) not in others and _holds_any(heads, col)]
    found: dict[str, int] = {}
    run: list[str] = []
    before = -1
    for key in [*order, ""]:
        if key and key not in heads.columns:
            run.append(key)
            continue
        after = heads.columns[key] if key else heads.grid.columns
        gap = [col for col in filled if before < col < after]
        if run and len(gap) == len(run):
            found |= dict(zip(run, gap, strict=True))
        run, before = [], after
    return found


def _head(heads: Heads, col: int) -> str:
    return text_of(heads.grid.at(heads.row, col)).strip()


def _holds_any(heads: Heads, col: int) -> bool:
    return bool(_head(heads, col) or (heads.grid.kinds(col)[heads.row + 1 :] != NOTHING).any())


def _alike(heads: Heads, key: str, col: int, shapes: Mapping[str, str], written: Mapping[str, Any]) -> bool:
    """Whether a column may be ``key``: by its formula, or by what was written there."""
    if key in shapes:
        return _shape(heads, col) == shapes[key]
    if heads.sheet_id in ("scores", "tiers") and key not in written:
        return True
    return _shape(heads, col) is None and _as_written(heads, key, col, written)


def _tells(written: Mapping[str, Any], key: str) -> bool:
    """Whether anything was written there that could tell the column."""
    if key not in written:
        return False
    values = written[key].values() if isinstance(written[key], dict) else written[key].dropna().tolist()
    return len({str(value) for value in values if str(value)}) > 1


def _shapes(source: Source, heads: Heads) -> dict[str, str]:
    """Column id -> the shape of its formula, of metrics and computed columns."""
    if heads.sheet_id not in ("scores", "tiers"):
        return {}
    scheme, plan = source.scheme, plan_of(source)
    context = context_of(scheme, source.lang)
    told = {c.id: column_formula(plan, c, context) for c in scheme.computed if c.sheet == heads.sheet_id}
    if heads.sheet_id == "scores":
        told |= {key: metric_formula(plan, key) for key in scheme.metrics}
    return {
        key: shape_of(formula.replace("{r}", "4")) for key, formula in told.items() if key in heads.missing
    }


def _shape(heads: Heads, col: int) -> str | None:
    """The shape of the first formula of a column below the header."""
    codes = heads.grid.formulas(col)[heads.row + 1 :]
    rows = (codes != NO_FORMULA).nonzero()[0]
    return heads.grid.shape(heads.row + 1 + int(rows[0]), col) if len(rows) else None


def _written(source: Source, heads: Heads) -> dict[str, Any]:
    """Column id -> customer's number -> what was written there, of what is kept in the book."""
    import pandas as pd

    if heads.sheet_id == KEYED:
        key = STATE_KEY + KEYED
        base = read_written({key: source.state[key]} if key in source.state else {}).get(KEYED)
        if base is None:
            return {}
        numbers = base[PLACE].astype("float64")
        fields = data_tables()[KEYED].fields
        names = {f: column_of(f) for f in fields if column_of(f) in base}
        names |= {str(c): str(c) for c in base if str(c).startswith(EXTRA)}
        return {key: pd.Series(base[name].to_numpy(), index=numbers) for key, name in names.items()}
    if heads.sheet_id in ("tiers", "preferences"):
        base_rows = base_in(source)
        staff = WRITTEN if heads.sheet_id == "tiers" else [k for t, k in staff_fields() if t == "preferences"]
        return {
            key: {who: base_rows.text(who, f"{heads.sheet_id}.{key}") for who in base_rows.rows}
            for key in staff
        }
    return {}


def _further(source: Source, sheet_id: str) -> set[str]:
    """The headers of the further columns that a data sheet was written with."""
    names = columns_written(source.state, table_of(sheet_id))
    return {name.removeprefix(EXTRA) for name in names if name.startswith(EXTRA)}


def _as_written(heads: Heads, key: str, col: int, written: Mapping[str, Any]) -> bool:
    """Whether what stands in a column is what was written in ``key``, as far as that is known."""
    import numpy as np
    import pandas as pd

    if key not in written:
        return True
    grid, first = heads.grid, heads.row + 1
    if heads.sheet_id != KEYED:
        said = {words for words in written[key].values() if words}
        there = [str(w) for w in grid.words(col)[first:].tolist() if w]
        return not said or not there or sum(w in said for w in there) >= ENOUGH * len(there)
    if PLACE not in heads.columns:
        return True
    numbers = pd.Series(grid.numbers(heads.columns[PLACE])[first:])
    rows = np.flatnonzero(numbers.isin(written[key].index).to_numpy()) + first
    block = Block(heads.sheet_id, grid, heads.row, {key: col})
    now = column_at(block, data_tables()[KEYED].fields[key], rows)
    base = written[key].reindex(numbers.iloc[rows - first]).reset_index(drop=True)
    known = ~blank(base)
    if not known.any():
        return True
    same = ~unlike(base[known].reset_index(drop=True), now[known].reset_index(drop=True))
    return bool(same.mean() >= ENOUGH)
