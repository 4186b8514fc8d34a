"""Dropdowns, limits, notes and conditional formats of columns that are back: those that a build declares,
drawn by the same writer, where the columns stand now.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sheetgen.workbook.book import Book, Highlight, Sheet, Validation
from sheetgen.workbook.celltext import letters
from sheetgen.workbook.patch.edits import Rules
from sheetgen.workbook.patch.refs import column
from sheetgen.workbook.patch.ruled import drawn_rules, ruled_areas

if TYPE_CHECKING:
    from datetime import date

    from sheetgen.workbook.patch.refs import Area
    from sheetgen.workbook.regrade.blocks import Block
    from sheetgen.workbook.regrade.source import Source

_OWN: Final = re.compile(r"\$([A-Z]{1,3})(\d+)")
"""a cell of the sheet's own row, as formulas of formats name it"""
Drawn = tuple[Mapping[str, Rules], tuple[bytes, ...]]
NO_RULES: Final[Drawn] = ({}, ())


def rules_of(
    source: Source,
    composed: Book,
    blocks: Mapping[str, Block],
    back: Mapping[str, Collection[int]],
    day: date,
) -> Drawn:
    """What comes to each sheet, and the looks of its formats. ``back``: sheet -> columns that are back."""
    sheets = []
    for sheet_id, block in blocks.items():
        name = block.grid.name
        if name in back:
            taken = ruled_areas(source.package.read(source.package.worksheets[name]))
            sheets.append(_rules(composed.sheet(sheet_id), block, frozenset(back[name]), taken))
    sheets = [sheet for sheet in sheets if sheet.validations or sheet.highlights]
    if not sheets:
        return NO_RULES
    from sheetgen.workbook.write import book_bytes

    return drawn_rules(book_bytes(Book(tuple(sheets), {}, "", "", day)), [sheet.name for sheet in sheets])


def _rules(made: Sheet, block: Block, back: frozenset[int], taken: Iterable[Area]) -> Sheet:
    """The rules of ``made`` for the columns ``back`` of the sheet that stands in the book."""
    table = made.table
    if table is None:
        return Sheet(made.id, block.grid.name)
    columns = [(at, c) for at, c in enumerate(table.columns, table.first_col) if c.id in block.columns]
    here, down = {at: block.columns[c.id] for at, c in columns}, block.header - table.header_row
    notes = [
        Validation((block.header, here[at], block.header, here[at]), "any", prompt=c.note)
        for at, c in columns
        if c.note and here[at] in back
    ]
    inputs = [
        replace(rule, where=(rule.where[0] + down, col, rule.where[2] + down, col))
        for rule in made.validations
        for col in (here.get(at, -1) for at in range(rule.where[1], rule.where[3] + 1))
        if col in back
    ]
    free = [rule for rule in (*inputs, *notes) if not any(_meets(rule, area) for area in taken)]
    highlights = (
        found
        for highlight in made.highlights
        if highlight.where[0] >= table.first_row
        for found in _moved(highlight, here, down, back)
    )
    return Sheet(made.id, block.grid.name, validations=tuple(free), highlights=tuple(highlights))


def _meets(rule: Validation, area: Area) -> bool:
    first, left, last, right = rule.where
    return (
        area.first_row <= last
        and first <= area.last_row
        and area.first_col <= right
        and left <= area.last_col
    )


def _moved(
    highlight: Highlight, here: Mapping[int, int], down: int, back: frozenset[int]
) -> Iterator[Highlight]:
    """A format on those of its columns that are back; on all where it looks at one that is."""
    first, left, last, right = highlight.where
    seen = {column(found[1]) for found in _OWN.finditer(highlight.rule)}
    if not seen <= here.keys():
        return
    cols = sorted(here[at] for at in range(left, right + 1) if at in here)
    if not any(here[at] in back for at in seen):
        cols = [col for col in cols if col in back]
    rule = _OWN.sub(lambda m: f"${letters(here[column(m[1])])}{int(m[2]) + down}", highlight.rule)
    for start, stop in _runs(cols):
        yield replace(highlight, where=(first + down, start, last + down, stop), rule=rule)


def _runs(cols: list[int]) -> Iterator[tuple[int, int]]:
    """Columns side by side, the first and the last of each run."""
    start = 0
    for i, col in enumerate(cols):
        if i + 1 == len(cols) or cols[i + 1] != col + 1:
            yield cols[start], col
            start = i + 1
