"""Where new rows go in a data sheet: into its prepared rows, and below them where these are used up.

A row below the sorted ones is found by the hidden tail sheet, one by one; one that has its customer's number
falls into place as soon as the sheet is sorted by it. After a row that somebody typed, which has none, a
number would be read as the order being kept, so there new rows have none either.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sheetgen.workbook.patch.edits import Append, Edit
from sheetgen.workbook.patch.markup import attribute, tag
from sheetgen.workbook.patch.refs import Area, area_of
from sheetgen.workbook.patch.sheetpart import sheet_of

if TYPE_CHECKING:
    from sheetgen.workbook.regrade.blocks import Block
    from sheetgen.workbook.regrade.compared import Compared
    from sheetgen.workbook.regrade.source import Source

RANGES: Final = ("conditionalFormatting", "dataValidation", "autoFilter")


@dataclass(frozen=True)
class Room:
    """``start``: the first free row (from 0); ``end``: the last prepared one; ``numbered``: whether new rows
    get their customer's number."""

    start: int
    end: int
    numbered: bool


def room_of(source: Source, sheet: Compared, number: int = 0) -> Room:
    """The room below the rows of a data sheet, the one of that number (from 0) if the table has several."""
    import numpy as np

    block, rows = sheet.blocks[number], sheet.rows[sheet.homes == number]
    known = np.flatnonzero(~np.isnan(block.grid.numbers(block.columns["key"])))
    last = max([block.header, *rows[-1:].tolist(), *known[-1:].tolist()])
    numbered = last == block.header or last in known[-1:]
    return Room(last + 1, max(prepared_end(source, block), last), numbered)


def prepared_end(source: Source, block: Block) -> int:
    """The last row that validations, formats and the filter of the sheet cover."""
    package = source.package
    xml = sheet_of(block.grid.name, package.read(package.worksheets[block.grid.name]))
    last, own = block.header, block.columns["customer_id"]
    for name in RANGES:
        for found in tag(name).finditer(xml.xml, xml.stop):
            words = (attribute(found[3], "sqref") or attribute(found[3], "ref") or "").split()
            for area in filter(None, map(area_of, words)):
                if area.first_row <= block.first and area.holds(area.first_row, own):
                    last = max(last, area.last_row)
    return last


def placed_below(
    block: Block, room: tuple[int, int], columns: Iterable[int], rows: Sequence[dict[int, Edit]]
) -> tuple[dict[int, dict[int, Edit]], tuple[Append, ...]]:
    """``rows`` as edits of the free rows ``room``, first to last, and as rows added below."""
    start, end = room
    free = end - start + 1
    cells = dict(enumerate(rows[:free], start))
    if len(rows) <= free:
        return cells, ()
    wide = list(columns)
    area = Area(block.first, min(wide), max(end, block.first), max(wide))
    return cells, (Append(block.grid.name, area, rows[free:]),)
