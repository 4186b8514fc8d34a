"""Formulas that staff wrote themselves: what they show may hang on results of ours that change."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from sheetgen.workbook.patch.edits import Cached, Edit
from sheetgen.workbook.regrade.grids import Grid, formulas_in, grid_of

if TYPE_CHECKING:
    from sheetgen.workbook.regrade.source import Source

KEPT: Final = re.compile(r"\[\d+\]|DISPIMG|\bIMAGE\(", re.IGNORECASE)
"""other books and pictures in cells: no program but the one that wrote them can tell what they show"""
Cells = Mapping[str, Mapping[int, Mapping[int, Edit]]]


def unsettled(
    source: Source, ours: Cells, taken: Mapping[str, Collection[int]]
) -> dict[str, dict[int, dict[int, Edit]]]:
    """``ours`` and, without a result, the formulas of staff's own that can see our sheets.

    They are computed as the book is opened, instead of showing what was right before. ``taken``: sheet ->
    columns for data, whose results were believed and graded by: they stay.
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
            if col in taken.get(grid.name, ()):
                continue
            if col not in done.get(row, {}) and grid.at(row, col).kind and not KEPT.search(formula):
                found.setdefault(grid.name, {}).setdefault(row, {})[col] = Cached(None)
    return found


def _formulas(grid: Grid) -> Iterator[tuple[int, int, str]]:
    """The formulas that are not ours: row, column and text."""
    for row, col in formulas_in(grid):
        if grid.at(row, col).grouping[0] in ("", "shared"):
            yield row, col, grid.formula(row, col) or ""


def _sees(grid: Grid, names: set[str]) -> bool:
    words = re.compile("|".join(sorted(map(re.escape, names), key=len, reverse=True)), re.IGNORECASE)
    return any(words.search(formula) for _, _, formula in _formulas(grid))
