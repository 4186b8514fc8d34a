"""The sheet 参数设置 while it is laid out, top to bottom: cells, workbook names, limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sheetgen.workbook.book import Cell, Validation, Value
from sheetgen.workbook.layout import letter
from sheetgen.workbook.sheets.parts import STYLES

if TYPE_CHECKING:
    from sheetgen.scheme.schema import Format
    from sheetgen.workbook.content import Content


@dataclass
class ParameterPage:
    """The sheet while it is being laid out, top to bottom."""

    content: Content
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    validations: list[Validation] = field(default_factory=list)
    row: int = 3

    def name(self, name: str, row: int, col: int, last: int | None = None) -> None:
        """Give a cell, or the cells down to row ``last``, a workbook name."""
        place = f"${letter(col)}${row + 1}" + (f":${letter(col)}${last + 1}" if last is not None else "")
        self.names[name] = f"{self.content.layout.sheet('parameters')}!{place}"

    def section(self, key: str, **facts: object) -> None:
        """A bar with the section's title."""
        for col in range(9):
            self.cells[self.row, col] = Cell(self.content.say(key, **facts) if col == 0 else None, "section")
        self.row += 1

    def heads(self, *texts: str, inputs: tuple[int, ...] = ()) -> None:
        """A row of headers; ``inputs`` are the columns that staff fill."""
        for col, words in enumerate(texts):
            self.cells[self.row, col] = Cell(words, "header_input" if col in inputs else "header")
        self.row += 1

    def number(
        self,
        name: str,
        row: int,
        col: int,
        value: Value,
        format_: Format,
        low: float | None,
        high: float | None,
    ) -> None:
        """A number that staff may change, under a workbook name and within limits."""
        self.cells[row, col] = Cell(value, f"input.{STYLES[format_]}")
        self.name(name, row, col)
        low, high = -1e12 if low is None else low, 1e12 if high is None else high
        error = self.content.say("error_number", low=f"{low:g}", high=f"{high:g}")
        self.validations.append(Validation((row, col, row, col), "decimal", low=low, high=high, error=error))
