"""A page laid out block by block, top to bottom: what the blocks of 总览 share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from sheetgen.grading.coding import EPOCH
from sheetgen.workbook.book import Cell, Chart, Highlight, Range, Series, Value
from sheetgen.workbook.layout import letter
from sheetgen.workbook.style import text_width

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content

WIDTH = 12
"""columns of the page"""
LABEL_WIDTH, COLUMN_WIDTH = 20.0, 13.0


@dataclass
class Canvas:
    """What has been drawn so far. ``names``: workbook names of single cells."""

    content: Content
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    charts: list[Chart] = field(default_factory=list)
    highlights: list[Highlight] = field(default_factory=list)
    heights: dict[int, float] = field(default_factory=dict)
    merges: list[Range] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def ref(self, row: int, col: int, last: int | None = None) -> str:
        """A cell, or the part of its column down to ``last``, with the sheet's name."""
        place = f"${letter(col)}${row + 1}" + (f":${letter(col)}${last + 1}" if last is not None else "")
        return f"{self.content.layout.sheet('overview')}!{place}"

    def section(self, row: int, words: str) -> None:
        """A heading across the page."""
        for col in range(WIDTH):
            self.cells[row, col] = Cell(words if col == 0 else None, "section")

    def heads(self, row: int, col: int, *words: str) -> None:
        """Column headings from ``col`` on."""
        if any(text_width(word) > COLUMN_WIDTH - 1 for word in words):
            self.heights[row] = 32
        for i, word in enumerate(words):
            self.cells[row, col + i] = Cell(word, "header")

    def span(self, row: int, first: int, last: int, cell: Cell) -> None:
        """A cell over one or several columns of a row."""
        for col in range(first, last + 1):
            self.cells[row, col] = cell if col == first else Cell(None, cell.style)
        if last > first:
            self.merges.append((row, first, row, last))

    def data(self, row: int, col: int, last: int) -> tuple[Value, ...]:
        """The values of a part of a column."""
        return tuple(self.cells[r, col].value for r in range(row, last + 1))

    def series(
        self,
        name: str,
        first: int,
        last: int,
        categories: int,
        values: int,
        points: tuple[str, ...] = (),
        color: str = "",
    ) -> Series:
        """The rows from ``first`` to ``last`` as a series of a chart."""
        data = tuple(float(v) if isinstance(v, int | float) else 0.0 for v in self.data(first, values, last))
        words = tuple(
            (v - EPOCH).days if isinstance(v, date) else v for v in self.data(first, categories, last)
        )
        places = (self.ref(first, categories, last), self.ref(first, values, last))
        return Series(name, *places, words, data, color, points)
