"""Columns of ours that staff deleted: put back right of all others, with what was written in them.

A customer's cells are found by the number, a record's by what is left of its row. Formulas come with the
results, those that pointed at the column too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sheetgen.grading.coding import EPOCH, column_of
from sheetgen.model import Issue
from sheetgen.scheme.tables import data_tables, with_inputs
from sheetgen.workbook.blank.filled import is_blank
from sheetgen.workbook.celltext import letters
from sheetgen.workbook.derived import row_formula
from sheetgen.workbook.layout import LINKS, RECORDS
from sheetgen.workbook.patch.edits import Constant, Edit, Edits, Formula, NewColumn
from sheetgen.workbook.regrade.blocks import Block
from sheetgen.workbook.regrade.compared import compared, value_of
from sheetgen.workbook.regrade.dressed import SHOWN, dressed
from sheetgen.workbook.regrade.grids import place, text_of
from sheetgen.workbook.regrade.headed import Heads, heads_of, plan_of
from sheetgen.workbook.regrade.listed import base_in
from sheetgen.workbook.sheets.base import WRITTEN, staff_fields
from sheetgen.workbook.written import PLACE, STATE_KEY, read_written

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.workbook.regrade.source import Source

KEPT: Final = ("customers", "preferences", "scores", "tiers", *RECORDS)
Row = dict[int, Edit]


Back = Mapping[str, Mapping[int, NewColumn]]
"""sheet -> the columns that are back"""


def with_columns(
    source: Source, look: Callable[[str, bytes], object]
) -> tuple[Source, tuple[Issue, ...], Back]:
    """The book with its columns, proved to be the same else, and a warning for each that is back (SG556).

    Raises ReconcileError (SG533).
    """
    if is_blank(source.state):
        return source, (), {}
    every = {sheet_id: heads for sheet_id, heads in heads_of(source).items() if heads.table in KEPT}
    cells: dict[str, dict[int, Row]] = {}
    looks: dict[str, dict[int, NewColumn]] = {}
    issues = []
    for heads in every.values():
        met = _met(source, heads) if heads.missing and heads.table in RECORDS else None
        for key in heads.missing:
            new = dressed(source, every, heads, key)
            columns = looks.setdefault(heads.grid.name, {})
            col = heads.grid.columns + len(columns)
            values = _values(source, heads, key) if met is None else _record(source, met, key, new)
            if values is None:
                continue
            columns[col] = new
            sheet = cells.setdefault(heads.grid.name, {})
            for row, edit in {**values, heads.row: Constant(heads.wanted[key])}.items():
                sheet.setdefault(row, {})[col] = edit
            if met is not None:
                met = replace(met, columns={**met.columns, key: col})
            facts = (("sheet", heads.grid.name), ("cell", place(heads.row, col)))
            issues.append(
                Issue("SG556", "warning", f"#{heads.grid.name}", value=heads.wanted[key], facts=facts)
            )
    back = {sheet: columns for sheet, columns in looks.items() if columns}
    return source.patched(Edits(cells, columns=looks), look), tuple(issues), back


@dataclass(frozen=True)
class _Met:
    """The rows of a detail sheet and what was written there: ``base``, of each of the sheet's ``rows`` that
    was met; ``columns``: where ours stand."""

    table: str
    base: pd.DataFrame
    rows: list[int]
    columns: Mapping[str, int]


def _met(source: Source, heads: Heads) -> _Met | None:
    base = _written(source, heads.table)
    if base is None:
        return None
    one = compared([Block(heads.sheet_id, heads.grid, heads.row, heads.columns)], base)
    pairs = one.met.pairs
    return _Met(heads.table, base.iloc[pairs[:, 0]], one.rows[pairs[:, 1]].tolist(), heads.columns)


def _record(source: Source, met: _Met, key: str, new: NewColumn) -> dict[int, Edit] | None:
    """The cells of a column of a detail sheet; a derived one's formula also stands in prepared rows."""
    if key == PLACE:
        return dict(zip(met.rows, map(Constant, met.base[PLACE].astype("float64").tolist()), strict=True))
    field = data_tables()[met.table].columns[key]
    if field.value:
        plan = plan_of(source)
        at = {name: letters(col) for name, col in met.columns.items()}
        vars(plan)["columns"] = {met.table: at}
        if not {"date", *with_inputs(met.table, [key])} - {key} <= at.keys():
            return None
        formula = row_formula(plan, met.table, field)
        rows = range(new.header + 1, new.last + 1)
        return {row: Formula(formula.replace("{r}", str(row + 1))) for row in rows}
    if column_of(key) not in met.base:
        return {}
    values = [value_of(field, value, source.lang) for value in met.base[column_of(key)].tolist()]
    told = zip(met.rows, values, strict=True)
    return {row: Constant(value) for row, value in told if value not in (None, "")}


def _values(source: Source, heads: Heads, key: str) -> dict[int, Edit] | None:
    """Sheet row -> what was written there; nothing of a formula; None where the column cannot be had."""
    if heads.sheet_id in ("scores", "tiers"):
        if key in WRITTEN and heads.sheet_id == "tiers":
            return _inputs(source, heads, key)
        return {} if key in _results(source) else None
    if key in {f"to_{link}" for link in LINKS}:
        return {}
    if heads.sheet_id == "customers":
        return _data(source, heads, key)
    return _recorded(source, heads, key)


def _results(source: Source) -> set[str]:
    """The columns of 价值评分 and 客户级别 that formulas fill."""
    scheme = source.scheme
    return {*scheme.metrics, *(c.id for c in scheme.computed), *SHOWN}


def _inputs(source: Source, heads: Heads, key: str) -> dict[int, Edit] | None:
    """What staff had written on 客户级别 as the book was, by the customer's number."""
    customers = _written(source)
    if PLACE not in heads.columns or customers is None:
        return None
    base, ids = base_in(source), customers["customer_id"].tolist()
    owner = dict(zip(customers[PLACE].astype("float64").tolist(), ids, strict=True))
    said = {number: base.rows.get(who, {}).get(f"tiers.{key}") for number, who in owner.items()}
    if key.endswith("_until"):
        days = {number: day for number, day in said.items() if isinstance(day, float)}
        return _by_row(heads, PLACE, {number: EPOCH + timedelta(days=int(n)) for number, n in days.items()})
    return _by_row(heads, PLACE, {number: str(words or "") for number, words in said.items()})


def _recorded(source: Source, heads: Heads, key: str) -> dict[int, Edit] | None:
    """What staff had recorded on 客户偏好, by the customer's id; nothing of what is worked out."""
    if "customer_id" not in heads.columns:
        return None
    if ("preferences", key) not in staff_fields():
        return {}  # worked out from the sales, and written with the results
    base = base_in(source)
    return _by_row(heads, "customer_id", {who: base.text(who, f"preferences.{key}") for who in base.rows})


def _data(source: Source, heads: Heads, key: str) -> dict[int, Edit] | None:
    """What was written of the customers, by their number."""
    customers, field = _written(source), data_tables()["customers"].fields.get(key)
    if customers is None or field is None or PLACE not in heads.columns:
        return None
    if key == "customer_id" or column_of(key) not in customers:
        return None
    numbers = customers[PLACE].astype("float64").tolist()
    values = [value_of(field, value, source.lang) for value in customers[column_of(key)].tolist()]
    return _by_row(heads, PLACE, dict(zip(numbers, values, strict=True)))


def _written(source: Source, table: str = "customers") -> pd.DataFrame | None:
    """A table as it was written; None where the book does not say."""
    key = f"{STATE_KEY}{table}"
    return read_written({key: source.state[key]} if key in source.state else {}).get(table)


def _by_row(heads: Heads, by: str, values: Mapping[Any, Any]) -> dict[int, Edit]:
    """``values`` (number or id of a customer -> value) by the rows of the sheet."""
    grid, col, first = heads.grid, heads.columns[by], heads.row + 1
    told = grid.numbers(col) if by == PLACE else [text_of(grid.at(r, col)) for r in range(grid.height)]
    keys = {row: float(told[row]) if by == PLACE else told[row] for row in range(first, grid.height)}
    rows = {row: values.get(key) for row, key in keys.items()}
    return {row: Constant(value) for row, value in rows.items() if value not in (None, "")}
