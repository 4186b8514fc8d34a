"""How a column that staff deleted looks once it is back: as another one of the same role still does.

Styles are those of the whole book, so days of one sheet lend theirs to those of another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.patch.edits import NewColumn
from sheetgen.workbook.regrade.headed import Heads, plan_of
from sheetgen.workbook.sheets import scores, tiers
from sheetgen.workbook.sheets.parts import STYLES

if TYPE_CHECKING:
    from sheetgen.scheme.tables import Field
    from sheetgen.workbook.layout import Layout
    from sheetgen.workbook.regrade.grids import Grid
    from sheetgen.workbook.regrade.source import Source

PLAIN: Final = "0"
DAYS: Final = ("p_as_of", ".date")
"""a cell that holds a day in every book, and the end of the roles that have need of it"""
LINK_WIDTH: Final = 8
KEY_WIDTH: Final = 6


@dataclass(frozen=True)
class Role:
    """What a build gives a column: ``cells`` and ``header`` are roles of style.py; width 0: hidden."""

    cells: str
    header: str
    width: float


def dressed(source: Source, all_of: Mapping[str, Heads], heads: Heads, key: str) -> NewColumn:
    """The look of a column of ``heads``. ``all_of``: the data sheets, by id."""
    plan = plan_of(source)
    wanted, first = _role(plan, heads.sheet_id, key), {heads.sheet_id: heads}
    cells = header = ""
    for one in {**first, **all_of}.values():
        for other, col in one.columns.items():
            role = _role(plan, one.sheet_id, other)
            if not cells and role.cells == wanted.cells:
                cells = _commonest(one.grid, one.row, col)
            if not header and role.header == wanted.header:
                header = one.grid.at(one.row, col).style
    if not cells and wanted.cells.endswith(DAYS[1]):
        sheet, row, col, _ = source.named()[DAYS[0]]
        cells = source.grid("parameters").at(row, col).style
    beside = next(iter(heads.columns.values()))
    styles = header or heads.grid.at(heads.row, beside).style, cells or _commonest(heads.grid, heads.row, beside)
    return NewColumn(heads.row, _last(plan, heads, beside), styles, wanted.width)


def _last(plan: Layout, heads: Heads, col: int) -> int:
    """The last row that has a cell in the column ``col``, as far as rows were prepared or are filled."""
    rows, table = heads.grid.table.columns[col].rows, heads.sheet_id
    size = plan.customers if table in ("scores", "tiers") else plan.rows[table] + plan.spare.get(table, 0)
    end = max(heads.row + size, heads.grid.height - 1)
    return max(int(rows[rows <= end].max(initial=heads.row)), heads.grid.height - 1)


def _commonest(grid: Grid, header: int, col: int) -> str:
    """The style that most cells below the header have."""
    import numpy as np

    column = grid.table.columns[col]
    looks = column.looks[column.rows > header]
    return grid.table.pools.look(int(np.bincount(looks).argmax()))[0] if len(looks) else PLAIN


def _role(plan: Layout, sheet_id: str, key: str) -> Role:
    tables = data_tables()
    if sheet_id == "scores" and key not in ("customer_id", "customer_name"):
        return _of_scores(plan, key)
    if sheet_id == "tiers" and key not in ("customer_id", "customer_name", "owner"):
        return _of_tiers(plan, key)
    if key.startswith("to_"):
        return Role("body.link", "header", LINK_WIDTH)
    if key == "key":
        return Role("key.text", "header", KEY_WIDTH)
    own = tables[sheet_id].columns if sheet_id in tables else {}
    field = own.get(key) or tables["customers"].fields.get(key)
    if field is None:
        return Role(f"{sheet_id}.{key}", "header", 12)
    if sheet_id in ("scores", "tiers"):
        return Role(f"calc.{STYLES[field.type]}", "header_calc", field.width)
    return _of_field(field)


def _of_field(field: Field) -> Role:
    kind = STYLES[field.type]
    if field.value:
        return Role(f"calc.{kind}", "header_calc", field.width)
    staff = field.owner == "staff"
    return Role(f"{'input' if staff else 'body'}.{kind}", "header_input" if staff else "header", field.width)


def _of_scores(plan: Layout, key: str) -> Role:
    if key not in plan.scheme.metrics and key not in {c.id for c in plan.scheme.computed}:
        return Role("key.text", "header_calc", 0)
    kind = plan.scheme.format(key)
    width = scores.WIDTHS.get(kind, 10.0) if key in plan.shown_scores else 0
    return Role(f"calc.{STYLES[kind]}", "header_calc", width)


def _of_tiers(plan: Layout, key: str) -> Role:
    inputs = {i.id: i for i in plan.scheme.inputs}
    shown = key in plan.scheme.tiers_sheet
    width = tiers.WIDTHS.get(key, 11.0) if shown else 0
    if key in inputs and not inputs[key].hidden:
        kind = "date" if inputs[key].type == "date" else "center" if key in tiers.CENTERED else "text"
        surface, header = ("body", "header") if key == "previous" else ("input", "header_input")
        return Role(f"{surface}.{kind}", header, width)
    if key in {c.id for c in plan.scheme.computed}:
        cells = tiers.CELLS.get(key) or f"calc.{STYLES[plan.scheme.format(key)]}"
        return Role(cells, "header_calc", width)
    return Role("key.text", "header", 0)

