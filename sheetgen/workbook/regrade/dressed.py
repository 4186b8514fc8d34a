"""How a column that staff deleted looks once it is back: as another one of the same role still does.

Styles are those of the whole book, so days of one sheet lend theirs to those of another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.patch.edits import NewColumn
from sheetgen.workbook.regrade.headed import Heads, plan_of
from sheetgen.workbook.sheets import scores, tiers
from sheetgen.workbook.sheets.parts import STYLES
from sheetgen.workbook.sheets.preferences import DERIVED

if TYPE_CHECKING:
    from sheetgen.workbook.layout import Layout
    from sheetgen.workbook.regrade.source import Source

PLAIN: Final = "0"
DAY: Final = ("p_as_of", "input.date")
"""a cell that holds a day in every book, and its role"""
LINK_WIDTH: Final = 8
KEY_WIDTH: Final = 6
SHOWN: Final = ("customer_id", "customer_name", "owner")
"""what 价值评分 and 客户级别 show of 客户信息"""


@dataclass(frozen=True)
class Role:
    """What a build gives a column: ``cells`` and ``header`` are roles of style.py; width 0: hidden."""

    cells: str
    header: str
    width: float


def dressed(source: Source, all_of: Mapping[str, Heads], heads: Heads, key: str) -> NewColumn:
    """The look of a column of ``heads``. ``all_of``: the data sheets, by id."""
    plan, beside = plan_of(source), next(iter(heads.columns.values()))
    wanted = _role(plan, heads.table, key)
    there = [
        (_role(plan, one.table, other), one, col)
        for one in {heads.sheet_id: heads, **all_of}.values()
        for other, col in one.columns.items()
    ]
    cells = [(one, col) for role, one, col in there if role.cells == wanted.cells]
    if not cells and wanted.cells == DAY[1]:
        _, row, col, _ = source.named()[DAY[0]]
        style = source.grid("parameters").at(row, col).style
    else:
        style = _commonest(*(cells or _of_kind(there, wanted) or [(heads, beside)])[0])
    header = [(one, col) for role, one, col in there if role.header == wanted.header] or [(heads, beside)]
    one, col = header[0]
    styles = (one.grid.at(one.row, col).style, style)
    return NewColumn(heads.row, _last(plan, heads, beside), styles, wanted.width)


def _of_kind(there: Iterable[tuple[Role, Heads, int]], wanted: Role) -> list[tuple[Heads, int]]:
    """The columns with the format of ``wanted``, whatever their fill."""
    kind = wanted.cells.rpartition(".")[2]
    return [(one, col) for role, one, col in there if role.cells.rpartition(".")[2] == kind]


def _last(plan: Layout, heads: Heads, col: int) -> int:
    """The last row that has a cell in the column ``col``, as far as rows were prepared or are filled."""
    rows, sheet = heads.grid.table.columns[col].rows, heads.sheet_id
    prepared = plan.spare.get(heads.table, 0)
    size = plan.customers if sheet in ("scores", "tiers") else plan.rows_on(sheet) + prepared
    end = max(heads.row + size, heads.grid.height - 1)
    return max(int(rows[rows <= end].max(initial=heads.row)), heads.grid.height - 1)


def _commonest(heads: Heads, col: int) -> str:
    """The style that most cells below the header have."""
    import numpy as np

    table = heads.grid.table
    looks = table.columns[col].looks[table.columns[col].rows > heads.row]
    return table.pools.look(int(np.bincount(looks).argmax()))[0] if len(looks) else PLAIN


def _role(plan: Layout, sheet_id: str, key: str) -> Role:
    if sheet_id == "scores" and key not in SHOWN:
        return _of_scores(plan, key)
    if sheet_id == "tiers" and key not in SHOWN:
        return _of_tiers(plan, key)
    if key.startswith("to_"):
        return Role("body.link", "header", LINK_WIDTH)
    if key == "key":
        return Role("key.text", "header", KEY_WIDTH)
    if sheet_id == "preferences" and key in DERIVED:
        return Role(DERIVED[key][0], "header", DERIVED[key][1])
    return _of_field(sheet_id, key)


def _of_field(sheet_id: str, key: str) -> Role:
    tables = data_tables()
    own = tables[sheet_id].columns if sheet_id in tables else {}
    field = own.get(key) or tables["customers"].fields[key]
    kind = STYLES[field.type]
    if field.value or not own:
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
        if inputs[key].type == "date":
            return Role(DAY[1], "header_input", 12)
        kind = "center" if key in tiers.CENTERED else "text"
        surface, header = ("body", "header") if key == "previous" else ("input", "header_input")
        return Role(f"{surface}.{kind}", header, width)
    if key in {c.id for c in plan.scheme.computed}:
        cells = tiers.CELLS.get(key) or f"calc.{STYLES[plan.scheme.format(key)]}"
        return Role(cells, "header_calc", width)
    return Role("key.text", "header", 0)
