"""Cells, areas and the references in formulas: read, written, moved, grown. Rows and columns count from 0."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from sheetgen.workbook.celltext import letters

ROWS: Final = 1_048_576
COLUMNS: Final = 16_384
_END: Final = r"\$?([A-Za-z]{1,3})\$?(\d{1,7})"
_AREA: Final = re.compile(rf"{_END}(?::{_END})?")
_QUOTED: Final = re.compile(r"""("(?:[^"]|"")*"|'(?:[^']|'')*'(?!')|\[[^\[\]]*(?:\[[^\]]*\][^\[\]]*)*\])""")
_CELL: Final = re.compile(
    r"(?<![\w.\\?$])(\$?)([A-Za-z]{1,3})(\$?)(\d{1,7})(?![\w.(!\\?])"
    r"|(?<![\w.\\?$:])(\$?)([A-Za-z]{1,3}):(\$?)([A-Za-z]{1,3})(?![\w.(!\\?:])"
    r"|(?<![\w.\\?$:])(\$?)(\d{1,7}):(\$?)(\d{1,7})(?![\w.(!\\?:])"
)
_SHEET: Final = r"('(?:[^']|'')*'!|(?:(?<![\w.\])])[^\W\d][\w.]*!))?"
_RANGE: Final = re.compile(
    rf'("(?:[^"]|"")*")|(?<![\w.\\\'\]:$!]){_SHEET}'
    r"(?<![\w.\\\]:$])(\$?[A-Za-z]{1,3}\$?)(\d{1,7})(?::(\$?[A-Za-z]{1,3})(\$?)(\d{1,7}))?(?![\w.(!:\\])"
)


@dataclass(frozen=True, slots=True, order=True)
class Area:
    """A rectangle of cells, both ends in it."""

    first_row: int
    first_col: int
    last_row: int
    last_col: int

    @property
    def text(self) -> str:
        """``B3:D9``, or ``B3`` for one cell."""
        first = f"{letters(self.first_col)}{self.first_row + 1}"
        last = f"{letters(self.last_col)}{self.last_row + 1}"
        return first if first == last else f"{first}:{last}"

    def holds(self, row: int, col: int) -> bool:
        """Whether the cell lies in it."""
        return self.first_row <= row <= self.last_row and self.first_col <= col <= self.last_col

    def meets(self, other: Area) -> bool:
        """Whether both have a cell in common."""
        rows = self.first_row <= other.last_row and other.first_row <= self.last_row
        return rows and self.first_col <= other.last_col and other.first_col <= self.last_col


@dataclass(frozen=True, slots=True)
class Growth:
    """``rows`` more rows below the data rows ``area`` of ``sheet``."""

    sheet: str
    area: Area
    rows: int

    @property
    def added(self) -> Area:
        """The new rows."""
        last = self.area.last_row
        return replace(self.area, first_row=last + 1, last_row=last + self.rows)


@cache
def column(name: str) -> int:
    """The column of ``AA``: 26."""
    at = 0
    for letter in name.upper():
        at = at * 26 + ord(letter) - 64
    return at - 1


def area_of(text: str) -> Area | None:
    """The area ``B3:D9`` or ``$B$3``; None for anything else, whole columns too."""
    found = _AREA.fullmatch(text)
    if found is None:
        return None
    col, row = column(found[1]), int(found[2]) - 1
    last_col, last_row = (column(found[3]), int(found[4]) - 1) if found[3] else (col, row)
    area = Area(min(row, last_row), min(col, last_col), max(row, last_row), max(col, last_col))
    return area if area.first_row >= 0 and area.last_row < ROWS and area.last_col < COLUMNS else None


def shifted(formula: str, rows: int, cols: int, fixed: bool = True) -> str:
    """``formula`` as it reads when copied so many rows down and columns to the right.

    References that leave the sheet become ``#REF!``. Without ``fixed`` the ones with $ move too.
    """

    def moved(found: re.Match[str]) -> str:
        if found[4]:
            name = _moved_col(found[1], found[2], cols, fixed) + _moved_row(found[3], found[4], rows, fixed)
            return found[0] if not _is_cell(found[2], found[4]) else "#REF!" if "#" in name else name
        if found[6]:
            if max(column(found[6]), column(found[8])) >= COLUMNS:
                return found[0]
            ends = [_moved_col(found[i], found[i + 1], cols, fixed) for i in (5, 7)]
        else:
            ends = [_moved_row(found[i], found[i + 1], rows, fixed) for i in (9, 11)]
        return "#REF!" if "#" in "".join(ends) else ":".join(ends)

    pieces = _QUOTED.split(formula)
    return "".join(piece if i % 2 else _CELL.sub(moved, piece) for i, piece in enumerate(pieces))


def _is_cell(name: str, row: str) -> bool:
    return column(name) < COLUMNS and 0 < int(row) <= ROWS


def _moved_col(mark: str, name: str, cols: int, fixed: bool) -> str:
    at = column(name) + (0 if mark and fixed else cols)
    return mark + letters(at) if 0 <= at < COLUMNS else "#"


def _moved_row(mark: str, number: str, rows: int, fixed: bool) -> str:
    at = int(number) + (0 if mark and fixed else rows)
    return f"{mark}{at}" if 0 < at <= ROWS else "#"


def grown(area: Area, growth: Growth) -> Area:
    """``area``, longer if it ends on the last data row and one has all of the other's columns.

    A single row grows only where the data are a single row: else it is about that row.
    """
    data = growth.area
    inner = data.first_col <= area.first_col and area.last_col <= data.last_col
    outer = area.first_col <= data.first_col and data.last_col <= area.last_col
    single = area.first_row == area.last_row and data.first_row < data.last_row
    if area.last_row != data.last_row or single or not (inner or outer):
        return area
    return replace(area, last_row=min(area.last_row + growth.rows, ROWS - 1))


def grown_list(text: str, growth: Growth) -> str:
    """The areas of a ``sqref``, grown. A single row grows when another area covers more of its column."""
    areas = [(token, area_of(token)) for token in text.split()]
    data = growth.area

    def one(token: str, area: Area | None) -> str:
        if area is None:
            return token
        longer = grown(area, growth)
        if longer == area and area.first_row == area.last_row == data.last_row:
            above = replace(
                data, first_col=area.first_col, last_col=area.last_col, last_row=data.last_row - 1
            )
            if any(other and other != area and other.meets(above) for _, other in areas):
                longer = grown(replace(area, first_row=area.first_row - 1), growth)
                longer = replace(longer, first_row=area.first_row)
        return token if longer == area else longer.text

    grown_to = [one(token, area) for token, area in areas]
    return text if grown_to == [token for token, _ in areas] else " ".join(grown_to)


def grown_formula(formula: str, sheet: str, growth: Growth, cells: bool = False, loose: bool = False) -> str:
    """``formula``, standing on ``sheet``, with its ranges grown whose end is fixed by a $.

    ``cells``: where the data are a single row, a fixed single cell of it grows as well. ``loose``: so do
    ranges of all the data rows with neither end fixed, which are no running totals.
    """

    def one(found: re.Match[str]) -> str:
        if found[1] is not None:
            return found[0]
        named = found[2][:-1].strip("'").replace("''", "'") if found[2] else sheet
        if named.casefold() != growth.sheet.casefold():
            return found[0]
        if found[5] is None:
            data, here = growth.area, area_of(f"{found[3]}{found[4]}")
            if not (cells and here and data.first_row == data.last_row and found[3].endswith("$")):
                return found[0]
            longer = grown(here, growth) if data.holds(here.first_row, here.first_col) else here
            return found[0] if longer == here else f"{found[0]}:{found[3]}{longer.last_row + 1}"
        area = area_of(f"{found[3]}{found[4]}:{found[5]}{found[6]}{found[7]}")
        whole = loose and not found[3].endswith("$") and area and area.first_row <= growth.area.first_row
        if area is None or not (found[6] or whole) or int(found[7]) - 1 != area.last_row:
            return found[0]
        longer = grown(area, growth)
        return found[0] if longer == area else found[0].removesuffix(found[7]) + str(longer.last_row + 1)

    return _RANGE.sub(one, formula)


def folded(growths: Sequence[Growth], text: str, step: Callable[[str, Growth], str]) -> str:
    """``text`` after every growth. The largest comes first: what spans two of them grows with it."""
    for growth in sorted(growths, key=lambda g: -g.rows):
        text = step(text, growth)
    return text
