"""What is to be put into the cells of a book, and what of it must be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sheetgen.workbook.celltext import clean_text
from sheetgen.workbook.patch.edits import Edit
from sheetgen.workbook.regrade.grids import Grid, shape_of

UNKNOWN: Final = object()
"""in place of a value that only a spreadsheet can tell"""
BROKEN: Final = "#REF!"
"""in a formula that points at a column that is no more"""
Place = tuple[int, int]


@dataclass(frozen=True)
class TypedOver:
    """A formula that somebody typed over. ``cell`` is B3, ``typed`` what they typed, ``value`` what it shows
    again."""

    sheet: str
    cell: str
    customer: str
    typed: str
    value: str


@dataclass
class Results:
    """``cells``: sheet -> row -> column -> edit; ``strange``: cells whose formula is not found any more."""

    cells: dict[str, dict[int, dict[int, Edit]]] = field(default_factory=dict)
    same: bool = True
    typed_over: list[TypedOver] = field(default_factory=list)
    strange: list[tuple[str, str]] = field(default_factory=list)
    date1904: bool = False
    lost: bool = False
    """whether formulas of a table are not those declared: what hangs on them is not known either"""

    def put(self, sheet: str, row: int, col: int, edit: Edit) -> None:
        """Note an edit."""
        self.cells.setdefault(sheet, {}).setdefault(row, {})[col] = edit


def moved(grid: Grid, at: tuple[int, int], text: str) -> bool:
    """Whether a formula points at other columns than ``text``: some were moved away under it."""
    return shape_of(grid.formula(*at) or "", True) != shape_of(text, True)


def plain(value: Any) -> Any:
    """A value as the patcher writes it; "" for an empty result."""
    if type(value) is str:
        return clean_text(value)
    import numpy as np

    if value is UNKNOWN:
        return value
    if isinstance(value, np.datetime64):
        value = None if np.isnat(value) else value.astype("datetime64[D]").item()
    if hasattr(value, "item"):
        value = value.item()
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return ""
    if isinstance(value, str):
        return clean_text(value)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def said(value: Any) -> str:
    """A value as a report tells it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.15g}"
    return "" if value is None else str(value)
