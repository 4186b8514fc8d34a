"""Columns of ours that staff deleted: put back right of all others, with what was written in them.

Formulas come with the results, those that pointed at the column too. A column of days is left to `--rebuild`:
cells that were not there have no look, and a day would show as a number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from sheetgen.grading.coding import column_of
from sheetgen.model import Issue
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.blank.filled import is_blank
from sheetgen.workbook.layout import LINKS
from sheetgen.workbook.patch.edits import Constant, Edit, Edits
from sheetgen.workbook.regrade.compared import value_of
from sheetgen.workbook.regrade.grids import place, text_of
from sheetgen.workbook.regrade.headed import Heads, all_heads
from sheetgen.workbook.regrade.listed import base_in
from sheetgen.workbook.sheets.base import WRITTEN, staff_fields
from sheetgen.workbook.written import PLACE, STATE_KEY, read_written

if TYPE_CHECKING:
    from sheetgen.workbook.regrade.source import Source

KEPT: Final = ("customers", "preferences", "scores", "tiers")
SHOWN: Final = ("customer_id", "customer_name", "owner")
"""what formulas of 价值评分 and 客户级别 show of 客户信息"""
Row = dict[int, Edit]


def with_columns(source: Source, look: Callable[[str, bytes], object]) -> tuple[Source, tuple[Issue, ...]]:
    """The book with its columns, proved to be the same else, and a warning for each that is back (SG556).

    Raises ReconcileError (SG533).
    """
    if is_blank(source.state):
        return source, ()
    cells: dict[str, dict[int, Row]] = {}
    issues = []
    for heads in all_heads(source):
        if heads.sheet_id not in KEPT:
            continue
        col = heads.grid.columns
        for key in heads.missing:
            values = _values(source, heads, key)
            if values is None:
                continue
            sheet = cells.setdefault(heads.grid.name, {})
            for row, edit in {**values, heads.row: Constant(heads.wanted[key])}.items():
                sheet.setdefault(row, {})[col] = edit
            facts = (("sheet", heads.grid.name), ("cell", place(heads.row, col)))
            issues.append(
                Issue("SG556", "warning", f"#{heads.grid.name}", value=heads.wanted[key], facts=facts)
            )
            col += 1
    return source.patched(Edits(cells), look), tuple(issues)


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
    return _recorded(source, heads, key) if ("preferences", key) in staff_fields() else None


def _results(source: Source) -> set[str]:
    """The columns of 价值评分 and 客户级别 that formulas fill, but for days."""
    scheme = source.scheme
    columns = [*scheme.metrics, *(c.id for c in scheme.computed)]
    return {key for key in columns if scheme.format(key) != "date"} | set(SHOWN)


def _inputs(source: Source, heads: Heads, key: str) -> dict[int, Edit] | None:
    """What staff had written on 客户级别 as the book was, by the customer's number."""
    customers = _written(source)
    if PLACE not in heads.columns or customers is None:
        return None
    base, ids = base_in(source), customers["customer_id"].tolist()
    owner = dict(zip(customers[PLACE].astype("float64").tolist(), ids, strict=True))
    said = {who: base.text(who, f"tiers.{key}") for who in ids}
    if key.endswith("_until") and any(said.values()):
        return None
    return _by_row(heads, PLACE, {number: said[who] for number, who in owner.items()})


def _recorded(source: Source, heads: Heads, key: str) -> dict[int, Edit] | None:
    """What staff had recorded on 客户偏好, by the customer's id."""
    if "customer_id" not in heads.columns:
        return None
    base = base_in(source)
    return _by_row(heads, "customer_id", {who: base.text(who, f"preferences.{key}") for who in base.rows})


def _data(source: Source, heads: Heads, key: str) -> dict[int, Edit] | None:
    """What was written of the customers, by their number."""
    customers, field = _written(source), data_tables()["customers"].fields.get(key)
    if customers is None or field is None or PLACE not in heads.columns:
        return None
    if key == "customer_id" or field.type == "date" or column_of(key) not in customers:
        return None
    numbers = customers[PLACE].astype("float64").tolist()
    values = [value_of(field, value, source.lang) for value in customers[column_of(key)].tolist()]
    return _by_row(heads, PLACE, dict(zip(numbers, values, strict=True)))


def _written(source: Source) -> Any:
    """The customers as they were written; None where the book does not say."""
    key = f"{STATE_KEY}customers"
    return read_written({key: source.state[key]} if key in source.state else {}).get("customers")


def _by_row(heads: Heads, by: str, values: Mapping[Any, Any]) -> dict[int, Edit]:
    """``values`` (number or id of a customer -> value) by the rows of the sheet."""
    grid, col, first = heads.grid, heads.columns[by], heads.row + 1
    told = grid.numbers(col) if by == PLACE else [text_of(grid.at(r, col)) for r in range(grid.height)]
    keys = {row: float(told[row]) if by == PLACE else told[row] for row in range(first, grid.height)}
    rows = {row: values.get(key) for row, key in keys.items()}
    return {row: Constant(value) for row, value in rows.items() if value not in (None, "")}
