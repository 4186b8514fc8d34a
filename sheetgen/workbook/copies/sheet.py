"""The sheet 冲突: what copies changed differently, for people to settle. A later merge writes it anew."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sheetgen.i18n import LANGS, text
from sheetgen.workbook.patch.newsheet import Like, Line, NewSheet, free_name
from sheetgen.workbook.regrade.grids import grid_of, text_of
from sheetgen.workbook.style import text_width

if TYPE_CHECKING:
    from sheetgen.i18n import Lang
    from sheetgen.workbook.copies.found import Conflict
    from sheetgen.workbook.copies.read import Copy
    from sheetgen.workbook.patch.package import Package

HEADS: Final = ("sheet", "customer", "column", "was")
WIDTHS: Final = (14.0, 16.0, 16.0, 22.0)
HEADER_ROW: Final = 2
TAB: Final = "8C1D13"
LINE: Final = 14.0
HIGHEST: Final = 400.0


def conflicts_sheet(
    first: Copy, copies: Sequence[Copy], conflicts: Sequence[Conflict], name: str
) -> NewSheet:
    """A row a conflict: where, what was written, what each book says and in which cell, what stands there."""
    lang, books = first.source.lang, book_names([copy.path for copy in copies])
    heads = [text(f"conflict_{head}", lang) for head in HEADS]
    for book in books:
        heads += [text("conflict_value", lang, book=book), text("conflict_cell", lang, book=book)]
    heads.append(text("conflict_kept", lang))
    widths = (*WIDTHS, *(w for _ in books for w in (24.0, 18.0)), 24.0)
    lines = [
        Line((text("conflicts_title", lang),), "title", 28),
        Line((text("conflicts_hint", lang),), "hint", 20),
        Line(tuple(heads), "header", 32),
    ]
    for conflict in conflicts:
        cells = [conflict.sheet, conflict.customer, conflict.column, conflict.was]
        for k in range(len(books)):
            said = next((s for s in conflict.said if s.book == k), None)
            cells += [said.words, said.place] if said else ["", ""]
        texts = (*cells, conflict.kept)
        lines.append(Line(texts, "body", _height(texts, widths)))
    grid, block = first.leaves["customers"].grid.name, first.blocks["customers"]
    looks = {
        "title": Like(grid, 0, 0),
        "hint": Like(grid, 1, 0),
        "header": Like(grid, block.header, block.columns["customer_id"]),
        "body": Like(grid, block.first, block.columns["customer_name"], wrap=True),
    }
    return NewSheet(name, lines, looks, widths, HEADER_ROW + 1, TAB)


def _height(texts: Sequence[str], widths: Sequence[float]) -> float:
    """Room for the longest text, in points: no program makes it when the file is opened."""
    folded = [
        sum(ceil(max(text_width(line), 1) / (width - 2)) for line in words.split("\n"))
        for words, width in zip(texts, widths, strict=True)
    ]
    return min(LINE * max(folded) + 4, HIGHEST)


def book_names(paths: Sequence[Path]) -> list[str]:
    """What the books are called in its headers; with their folders where two files have one name."""
    names = [path.name for path in paths]
    return [str(path) if names.count(path.name) > 1 else path.name for path in paths]


def sheet_name(package: Package, lang: Lang) -> str:
    """The name for the sheet: that of an older one of ours, or a free one."""
    for sheet in package.worksheets:
        if is_ours(package, sheet):
            return sheet
    return free_name(package, text("conflicts_title", lang))


def is_ours(package: Package, name: str) -> bool:
    """Whether a sheet is one of these, not staff's own of the same name."""
    if (
        not any(name.startswith(text("conflicts_title", lang)) for lang in LANGS)
        or name not in package.worksheets
    ):
        return False
    grid = grid_of(package, name)
    found = [text_of(grid.at(HEADER_ROW, col)) for col in range(len(HEADS))]
    return any(found == [text(f"conflict_{head}", lang) for head in HEADS] for lang in LANGS)
