"""The cells of their own, outside of tables: met by the shape of their formula, wherever they stand now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sheetgen.workbook.celltext import clean_text
from sheetgen.workbook.patch.edits import Cached, Formula
from sheetgen.workbook.patch.told import holds
from sheetgen.workbook.regrade.columns import NO_FORMULA
from sheetgen.workbook.regrade.grids import Grid, formulas_in, place, shape_of, text_of
from sheetgen.workbook.regrade.noted import BROKEN, UNKNOWN, Place, Results, TypedOver, moved, plain, said

if TYPE_CHECKING:
    from sheetgen.workbook.book import Sheet


def single_cells(
    found: Results, grid: Grid, sheet: Sheet, live: Mapping[tuple[str, int, int], Any], unknown: bool
) -> None:
    """Cells of their own: by place and shape, else by shape in reading order."""
    import numpy as np

    ours = {at: cell for at, cell in sheet.cells.items() if cell.formula is not None}
    below = sheet.table.header_row + 1 if sheet.table else grid.height
    there = {(row, col): grid.shape(row, col) for row, col in formulas_in(grid, below)}
    shapes = {at: shape_of(cell.formula or "") for at, cell in ours.items()}
    met = met_places(shapes, there)
    steady = all(a == b for a, b in met.items())
    for at, cell in ours.items():
        lost = met.get(at, at)[1] == at[1] and at in met and moved(grid, met[at], cell.formula or "")
        if lost:
            found.strange.append((grid.name, place(*met[at])))
        told: Any = UNKNOWN if unknown or lost else plain(live.get((sheet.id, *at), cell.value))
        value: Any = None if told is UNKNOWN else told
        if at in met:
            row, col = met[at]
            grid.ours.setdefault(col, []).append(np.asarray([row]))
            if not holds(grid.at(row, col), Cached(value), found.date1904):
                found.put(grid.name, row, col, Cached(value))
        elif steady and BROKEN in (there.get(at) or ""):
            found.put(grid.name, *at, Formula(cell.formula or "", value, bool(cell.array)))
            for row in range(at[0] + 1, at[0] + cell.array):
                result = Cached(None if value is None else live.get((sheet.id, row, at[1]), 0.0))
                if (row, at[1]) not in there and not holds(grid.at(row, at[1]), result, found.date1904):
                    found.put(grid.name, row, at[1], result)
        elif steady and at not in there and not cell.array and (found.same or text_of(grid.at(*at))):
            found.put(grid.name, *at, Formula(cell.formula or "", value))
            found.typed_over.append(TypedOver(grid.name, place(*at), "", text_of(grid.at(*at)), said(value)))
        else:
            found.strange.append((grid.name, place(*at)))


def met_places(ours: Mapping[Place, str], there: Mapping[Place, str | None]) -> dict[Place, Place]:
    """Where each cell of ours stands: of one shape as many as declared are met in reading order.

    Others only at their own place, and only where nothing of the sheet has moved.
    """
    mine, theirs = _by_shape(ours), _by_shape(there)
    met: dict[Place, Place] = {}
    for shape, places in mine.items():
        if len(theirs.get(shape, ())) == len(places):
            met |= dict(zip(places, theirs[shape], strict=True))
    if all(a == b for a, b in met.items()):
        met |= {at: at for at, shape in ours.items() if there.get(at) == shape}
    return met


def _by_shape(shapes: Mapping[Place, str | None]) -> dict[str | None, list[Place]]:
    found: dict[str | None, list[Place]] = {}
    for at in sorted(shapes):
        found.setdefault(shapes[at], []).append(at)
    return found


def renamed(grid: Grid, sheet: Sheet) -> bool:
    """Whether rows of the sheet are for others than they would be now, as the account managers are."""
    told = [cell.value for (_, col), cell in sorted(sheet.cells.items()) if col == 0 and cell.formula is None]
    there = iter(grid.words(0)[grid.formulas(0) == NO_FORMULA].tolist())
    return not all(clean_text(words) in there for words in told if isinstance(words, str))  # in this order
