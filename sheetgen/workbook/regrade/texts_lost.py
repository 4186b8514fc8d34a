"""Texts that a spreadsheet turned into numbers and days by itself: 3-1, MAR1, 1E5, told for they are lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from sheetgen.model import Issue
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.patch.refs import area_of
from sheetgen.workbook.regrade.grids import number_of

if TYPE_CHECKING:
    from sheetgen.workbook.regrade.edited import Edited
    from sheetgen.workbook.regrade.work import Worked

TEXTS: Final = ("id", "text", "phone", "flag", "status")


def texts_lost(worked: Worked, edits: Iterable[Edited]) -> Iterator[Issue]:
    """The corrections in columns of texts that left a number: staff may not know of them."""
    blocks = {b.grid.name: b for b in worked.blocks.values() if b.table in data_tables()}
    for edit in edits:
        block, at = blocks.get(edit.sheet), area_of(edit.cell)
        if edit.kind != "correction" or block is None or at is None or not edit.was:
            continue
        types = {
            block.columns[key]: field.type
            for key, field in data_tables()[block.table].fields.items()
            if key in block.columns
        }
        cell = block.grid.at(at.first_row, at.first_col)
        if types.get(at.first_col) in TEXTS and number_of(cell) is not None:
            facts = (("sheet", edit.sheet), ("cell", edit.cell), ("was", edit.was), ("now", edit.now))
            yield Issue("SG515", "warning", f"#{edit.sheet}", at.first_row + 1, facts=facts)
