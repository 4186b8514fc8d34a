"""The mark in 已删除 as staff mean it: yes or no by any of their words; other words mark nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetgen.grading.removed import FIELD, meant
from sheetgen.i18n import text
from sheetgen.workbook.regrade.grids import text_of

if TYPE_CHECKING:
    from sheetgen.i18n import Lang
    from sheetgen.workbook.regrade.blocks import Block
    from sheetgen.workbook.regrade.meant import Meant


def marks_meant(found: Meant, block: Block, lang: Lang) -> None:
    """Write yes and no of 客户信息 in the book's language (SG540); tell of other words (SG558)."""
    col = block.columns.get(FIELD)
    if col is None:
        return
    grid = block.grid
    for row in grid.typed(col).nonzero()[0].tolist():
        words = text_of(grid.at(row, col))
        if row < block.first or not words.strip():
            continue
        flag = meant(words)
        if not flag:
            found.tell("SG558", block, row, FIELD, was=words)
        elif words != text(f"flag_{flag}", lang):
            found.put(block, row, FIELD, text(f"flag_{flag}", lang))
            found.tell("SG540", block, row, FIELD, was=words, now=text(f"flag_{flag}", lang))
