"""What is to change in a book. Rows and columns count from 0: cell B3 is row 2, column 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sheetgen.workbook.patch.refs import Area

Value = float | str | bool | date | None
"""what a cell shows; a date becomes its serial; ``#N/A`` is an error as a formula's result, else a text"""


@dataclass(frozen=True, slots=True)
class Cached:
    """The cell's formula stays, with this result; None takes the result away."""

    value: Value


@dataclass(frozen=True, slots=True)
class Constant:
    """A value instead of whatever the cell holds; None and "" leave an empty cell."""

    value: Value


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula, without ``=``, and its result (None: not known).

    ``array``: in place of the array formula that begins in the cell, over the same cells.
    """

    text: str
    value: Value = None
    array: bool = False


Edit = Cached | Constant | Formula
Row = Mapping[int, Edit]
"""column -> edit"""


@dataclass(frozen=True, slots=True)
class Append:
    """Rows directly below the data rows ``area``, in their style.

    A column that is left out, or given as Cached, gets the formula of the last data row, if that has one.
    Everything that ends on the last data row grows: table, filter, formats, validations, names.
    """

    sheet: str
    area: Area
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Adopt:
    """``rows`` rows that already stand below the data rows ``area`` belong to them from now on.

    What ends on the last data row grows. Their empty cells get the last row's formulas, with ``values`` (a
    mapping a row) as results, and its styles.
    """

    sheet: str
    area: Area
    rows: int
    values: Sequence[Mapping[int, Cached]] = ()


@dataclass(frozen=True, slots=True)
class NewColumn:
    """How a column looks where nothing stood: ``styles`` of the header and of the cells below it down to the
    row ``last``, by their numbers in the book; ``width`` in characters, 0 for a hidden one."""

    header: int
    last: int
    styles: tuple[str, str]
    width: float

    def style(self, row: int) -> str:
        """The style of the cell in a row from the header on."""
        return self.styles[row > self.header]

    def holds(self, row: int) -> bool:
        """Whether the column has a cell in that row."""
        return self.header <= row <= self.last


@dataclass(frozen=True, slots=True)
class Rules:
    """What comes to a sheet below its rows, as the writer writes it: ``inputs`` are dataValidation elements,
    ``formats`` and ``newer`` conditionalFormatting ones of both kinds. Looks and ranks count from their own.
    """

    inputs: bytes
    formats: bytes
    newer: bytes = b""


@dataclass(frozen=True, slots=True)
class Edits:
    """All changes of one book. ``cells``: sheet -> row -> column -> edit; ``columns``: sheet -> column ->
    how it looks; ``links``: sheet -> the old names of sheets that its links lead to -> their names now;
    ``rules``: sheet -> what comes to it, with the ``looks`` (dxf elements) of all formats.
    Adopted rows come first."""

    cells: Mapping[str, Mapping[int, Row]] = field(default_factory=dict)
    adopt: Sequence[Adopt] = ()
    append: Sequence[Append] = ()
    columns: Mapping[str, Mapping[int, NewColumn]] = field(default_factory=dict)
    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    rules: Mapping[str, Rules] = field(default_factory=dict)
    looks: Sequence[bytes] = ()
