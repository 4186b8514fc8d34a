"""Cells of a book that do not show what they should: results that were flipped, or that nobody computed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sheetgen.grading.coding import EPOCH
from sheetgen.workbook.patch.edits import Cached, Edit, Formula, Value
from sheetgen.workbook.regrade.columns import NOTHING
from sheetgen.workbook.regrade.grids import place

if TYPE_CHECKING:
    from sheetgen.workbook.patch.view import Cell
    from sheetgen.workbook.regrade.grids import Grid
    from sheetgen.workbook.regrade.source import Source

CLOSE: Final = 1e-9
"""relative; spreadsheets add up in another order"""
Cells = Mapping[str, Mapping[int, Mapping[int, Edit]]]


@dataclass(frozen=True, slots=True)
class Stale:
    """A computed cell. ``shows`` is empty where it shows nothing."""

    sheet: str
    cell: str
    column: int
    """from 0"""
    shows: str
    should: str


def stale_cells(source: Source, cells: Cells) -> Iterator[Stale]:
    """The cells that keep their formula under ``cells`` and show another result, sheet by sheet.

    A result that nobody knows (Cached(None)) is nobody's fault; a cell without any result is stale only
    where the book has results at all, see without_results.
    """
    grids = {grid.name: grid for grid in source.grids.values()}
    for sheet, rows in cells.items():
        for row, edits in sorted(rows.items()):
            for col, edit in sorted(edits.items()):
                if not isinstance(edit, Cached) or edit.value is None:
                    continue
                cell = grids[sheet].at(row, col)
                if not _shows(cell, edit.value):
                    yield Stale(sheet, place(row, col), col, str(cell.value), _said(edit.value))


def without_results(source: Source, cells: Cells) -> bool:
    """Whether no formula of the book shows anything: a program saved it that does not calculate."""
    grids = {grid.name: grid for grid in source.grids.values()}
    if any((grid.kinds(col)[at] != NOTHING).any() for grid in grids.values() for col, at in _met(grid)):
        return False
    edits = [edit for rows in cells.values() for found in rows.values() for edit in found.values()]
    return any(isinstance(edit, Cached | Formula) and edit.value not in (None, "") for edit in edits)


def _met(grid: Grid) -> Iterator[tuple[int, Any]]:
    """Columns, and rows of formulas of ours in them."""
    return ((col, rows) for col, arrays in grid.ours.items() for rows in arrays)


def _shows(cell: Cell, value: Value) -> bool:
    if isinstance(value, bool):
        return cell.kind == "b" and cell.value == str(int(value))
    if isinstance(value, date):
        value = float((value - EPOCH).days)
    if isinstance(value, int | float):
        found = cell.value
        return (
            cell.kind == "n"
            and isinstance(found, float)
            and math.isclose(found, value, rel_tol=CLOSE, abs_tol=CLOSE)
        )
    return str(cell.value) == value and cell.kind in ("", "str", "e")


def _said(value: Value) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:.15g}" if isinstance(value, float) else str(value)
