"""The table of a worksheet: merged cells filled, structure told from records, gaps and unseen rows noted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sheetgen.ingest import reading
from sheetgen.ingest.opening import Opening
from sheetgen.ingest.sheets import Sheet
from sheetgen.ingest.structure import is_total, structural
from sheetgen.model import Issue
from sheetgen.scheme.tables import data_tables

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

GAP: Final = 50
"""blank rows between two records that are worth a word"""
_COUNTED: Final = ("money", "price", "number", "integer")


def body(sheet: Sheet, opening: Opening) -> reading.Body:
    """Everything below the header of a sheet, like ``reading.body``."""
    import numpy as np
    import pyarrow as pa

    start = opening.row + 1
    names = [str(i) for i in range(len(sheet.columns))]
    cells = pa.Table.from_arrays([column.slice(start) for column in sheet.columns], names)
    mask = structural(cells, reading.layout_of(opening))
    kept = np.flatnonzero(~mask)
    footers = _footers(cells, mask, start + 1) if mask.any() else []
    if mask.any():
        cells = cells.take(pa.array(kept))
    line = kept.astype(np.int64) + start + 1
    return reading.whole_body(opening, cells.columns, line, start + int(mask.sum()), (), start, footers)


def _footers(cells: pa.Table, structure: npt.NDArray[np.bool_], first: int) -> list[tuple[int, list[str]]]:
    """(line, its cells) of the totals among the rows of ``structure``; row 0 is line ``first``."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    blank = np.ones(len(cells), dtype=bool)
    for column in cells.columns:
        blank &= pc.equal(column, "").to_numpy()
    places = np.flatnonzero(structure & ~blank)
    rows = zip(*(column.to_pylist() for column in cells.take(pa.array(places)).columns), strict=True)
    return [
        (first + place, list(row)) for place, row in zip(places.tolist(), rows, strict=True) if is_total(row)
    ]


def _holds_something(column: pa.ChunkedArray) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(pc.not_equal(pc.utf8_trim_whitespace(column), "")).as_py())


def has_rows(sheet: Sheet, opening: Opening) -> bool:
    """Whether anything stands below the header."""
    return any(_holds_something(column.slice(opening.row + 1)) for column in sheet.columns)


def filled_down(sheet: Sheet, opening: Opening) -> tuple[Sheet, list[tuple[int, int]]]:
    """The sheet with each merged cell's value in every row it spans, and where: (row, column) of each region.

    Only below the header, only downwards, and never numbers: a sum that stands once for three rows would
    count three times.
    """
    import numpy as np
    import pyarrow as pa

    fields = data_tables()[opening.match.kind].fields
    counted = {
        i for name, i in opening.match.fields.items() if name in fields and fields[name].type in _COUNTED
    }
    regions = [
        (top, left, min(bottom, sheet.height - 1))
        for top, left, bottom, _ in sheet.merged
        if top > opening.row and bottom > top and top < sheet.height and left < len(sheet.columns)
    ]
    columns = list(sheet.columns)
    filled = []
    for at in sorted({left for _, left, _ in regions} - counted):
        source = np.arange(sheet.height)
        mine = [(top, bottom) for top, left, bottom in regions if left == at]
        for top, bottom in mine:
            source[top : bottom + 1] = top
        columns[at] = columns[at].take(pa.array(source))
        filled += [(top, at) for top, _ in mine]
    return replace(sheet, columns=tuple(columns)), filled


def notes(sheet: Sheet, opening: Opening, found: reading.Body, label: str) -> list[Issue]:
    """What people should know of a sheet: gaps of blank rows, rows they do not see."""
    import numpy as np

    issues = []
    line = found.line.to_numpy()
    gaps = np.flatnonzero(np.diff(line) > GAP)
    if len(gaps):
        blank = int((np.diff(line)[gaps] - 1).sum())
        issues.append(Issue("SG113", "warning", label, int(line[gaps[0]]) + 1, count=blank))
    unseen = np.intersect1d(np.array(sheet.hidden_rows, dtype=np.int64) + 1, line)
    if len(unseen):
        issues.append(Issue("SG123", "warning", label, int(unseen[0]), count=len(unseen)))
    return issues
