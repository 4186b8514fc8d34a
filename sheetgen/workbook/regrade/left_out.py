"""The list of rows left out on 数据质量 with those of raw data that were brought in: below the others, once.

A record that an earlier export had too is known by what it says, whatever the file and the line.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sheetgen.workbook.patch.edits import Append, Constant, Edit
from sheetgen.workbook.patch.refs import Area
from sheetgen.workbook.regrade.grids import text_of, words_of
from sheetgen.workbook.sheets.quality import MOST_ROWS, quality_sheet

if TYPE_CHECKING:
    from sheetgen.model import Ledger
    from sheetgen.workbook.regrade.grids import Grid
    from sheetgen.workbook.regrade.work import Worked

WHERE: Final = ("file", "line", "reason")
"""the columns that do not say what record it is"""
Rows = dict[int, dict[int, Edit]]


def listed_anew(worked: Worked, ledger: Ledger) -> tuple[Rows, Append | None]:
    """The rows to list: as cells where the list is empty so far, else as rows below it."""
    content, grid = worked.content, worked.source.grid("quality")
    told = quality_sheet(replace(content, clean=replace(content.clean, ledger=ledger))).table
    if told is None or not told.rows:
        return {}, None
    heads = {column.header: column for column in told.columns}
    header, places = header_of(grid, list(heads))
    if header < 0:
        return {}, None
    whose = [col for words, col in places.items() if heads[words].id not in WHERE]
    codes = grid.words(next(col for words, col in places.items() if heads[words].id == "code"))
    last = max([header, *(row for row in range(header + 1, grid.height) if codes[row])])
    known = Counter(tuple(text_of(grid.at(row, col)) for col in whose) for row in range(header + 1, last + 1))
    values = {col: _values(heads[words].values) for words, col in places.items()}
    rows: list[dict[int, Edit]] = []
    for at in range(told.rows):
        line = {col: found[at] for col, found in values.items()}
        words = tuple(_said(line[col]) for col in whose)
        if known[words] > 0:
            known[words] -= 1
        else:
            rows.append({col: Constant(value) for col, value in line.items() if value is not None})
    rows = rows[: max(0, MOST_ROWS - last)]
    if not rows:
        return {}, None
    if last == header:
        return dict(enumerate(rows, header + 1)), None
    cols = places.values()
    return {}, Append(grid.name, Area(header + 1, min(cols), last, max(cols)), rows)


def header_of(grid: Grid, wanted: list[str]) -> tuple[int, dict[str, int]]:
    """The row that has all these texts (-1: none), and where each of them stands."""
    for row in range(grid.height):
        heads = {text_of(cell): col for col, cell in sorted(grid.cells.get(row, {}).items(), reverse=True)}
        if all(words in heads for words in wanted):
            return row, {words: heads[words] for words in wanted}
    return -1, {}


def _values(values: Any) -> list[Any]:
    found = values.tolist() if hasattr(values, "tolist") else list(values)
    return [None if isinstance(v, float) and v != v else v for v in found]  # noqa: PLR0124  NaN


def _said(value: Any) -> str:
    return "" if value is None else words_of(value) if isinstance(value, float) else str(value)
