"""Formulas that staff wrote themselves: what they show may hang on results of ours that change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from sheetgen.workbook.patch.edits import Cached, Edit
from sheetgen.workbook.regrade.grids import Grid, grid_of

if TYPE_CHECKING:
    from sheetgen.workbook.regrade.source import Source

KEPT: Final = re.compile(r"\[\d+\]|DISPIMG|\bIMAGE\(", re.IGNORECASE)
"""other books and pictures in cells: no program but the one that wrote them can tell what they show"""
Cells = Mapping[str, Mapping[int, Mapping[int, Edit]]]


def unsettled(source: Source, ours: Cells) -> dict[str, dict[int, dict[int, Edit]]]:
    """``ours`` and, without a result, the formulas of staff's own that can see our sheets.

    They are computed as the book is opened, instead of showing what was right before.
    """
    found = {sheet: {row: dict(cells) for row, cells in rows.items()} for sheet, rows in ours.items()}
    own = {name for name in source.names.values() if name}
    others = {n: grid_of(source.package, n) for n in source.package.worksheets if n not in own}
    seeing = set(own) | set(source.named())
    while more := {n for n, grid in others.items() if n not in seeing and _sees(grid, seeing)}:
        seeing |= more
    grids = [*source.grids.values(), *(grid for n, grid in others.items() if n in seeing)]
    for grid in grids:
        done = ours.get(grid.name, {})
        for row, col, formula in _formulas(grid):
            if col not in done.get(row, {}) and not KEPT.search(formula):
                found.setdefault(grid.name, {}).setdefault(row, {})[col] = Cached(None)
    return found


def _formulas(grid: Grid) -> Iterator[tuple[int, int, str]]:
    for row, cells in grid.cells.items():
        for col, cell in cells.items():
            if cell.formula is not None and cell.grouping[0] in ("", "shared"):
                yield row, col, grid.formula(row, col) or ""


def _sees(grid: Grid, names: set[str]) -> bool:
    words = re.compile("|".join(sorted(map(re.escape, names), key=len, reverse=True)), re.IGNORECASE)
    return any(words.search(formula) for _, _, formula in _formulas(grid))
