"""The derived columns of a detail sheet as formulas in each row: the twin of grading/derive.py.

On the hidden list of rows outside the sorted part they are worked out once more, from the cells that people
type into: an inserted row counts though it has no formula of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sheetgen.grading.derive import PLAIN
from sheetgen.scheme.expr import parse, render
from sheetgen.scheme.tables import Field, data_tables
from sheetgen.workbook.formulas import MISSING

if TYPE_CHECKING:
    from sheetgen.workbook.layout import Layout


def row_formula(layout: Layout, table: str, field: Field) -> str:
    """The formula of ``field`` on the detail sheet, row ``{r}``: empty while the row has no date."""
    declared = data_tables()[table].columns

    def name(key: str) -> str:
        if key == "as_of":
            return "p_as_of"
        cell = layout.own(table, key)
        return cell if declared[key].value else f'IF(ISNUMBER({cell}),{cell},"")'

    return f'IF(ISNUMBER({layout.own(table, "date")}),IFERROR({_core(field, name)},""),"")'


def tail_formula(layout: Layout, table: str, field: Field) -> str:
    """The formula of ``field`` on the tail sheet: 0 (days) or MISSING (numbers) where it is unknown."""
    declared, tail = data_tables()[table].columns, f"tail_{table}"

    def name(key: str) -> str:
        if key == "as_of":
            return "p_as_of"
        cell = layout.own(tail, key)
        there = f"{cell}>0" if declared[key].type == "date" else f"{cell}>-1E+300"
        return f'IF({there},{cell},"")'

    none, core = "0" if field.type == "date" else MISSING, _core(field, name)
    nobody = f"OR({layout.own(tail, 'who')}=0,{layout.own(tail, 'date')}=0)"
    return f"IF({nobody},{none},IF(ISNUMBER({core}),{core},{none}))"


def _core(field: Field, name: Callable[[str], str]) -> str:
    return render(parse(field.value), name, {}, PLAIN)
