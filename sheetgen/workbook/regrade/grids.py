"""The sheets of a book as they stand: cells with their formulas, by row and column from 0, and whole columns.

Arrays of a column have an entry a row, down to the last row with anything in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from sheetgen.workbook.celltext import letters
from sheetgen.workbook.patch.refs import shifted
from sheetgen.workbook.patch.view import Cell, Master, formula_of
from sheetgen.workbook.regrade.columns import FLAG, NO_FORMULA, NOTHING, NUMBER, TEXT, Cells, Column, cells_of
from sheetgen.workbook.regrade.looks import OWN
from sheetgen.workbook.regrade.reading import read_cells

if TYPE_CHECKING:
    from sheetgen.workbook.patch.package import Package

EMPTY: Final = Cell("", "", False, None, ("", "", ""), "0", ("", "", ""))
_TEXTS: Final = re.compile(r'("(?:[^"]|"")*")')
_REFS: Final = re.compile(
    r"\$?[A-Za-z]{1,3}\$?\d{1,7}(?::\$?[A-Za-z]{1,3}\$?\d{1,7})?(?![\w(])|\$?[A-Z]{1,3}:\$?[A-Z]{1,3}(?![\w(])"
)
_ROWS: Final = re.compile(r"[$\d]")
_NUMBER: Final = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:E[+-]?\d+)?(?![\w.])")
_PREFIX: Final = re.compile(r"_xlfn\.|_xlws\.|[\s']")


@dataclass(frozen=True)
class Grid:
    """One sheet. ``cells``: row -> column -> cell, whose formula has OWN for the number of its row, so that
    copies are one text; ``masters``: its shared formulas.
    """

    name: str
    cells: Mapping[int, Mapping[int, Cell]]
    masters: Mapping[str, Master]
    shapes: dict[int, str] = field(default_factory=dict)
    """of the formulas that were asked for, by code"""
    ours: dict[int, list[Any]] = field(default_factory=dict)
    """column -> rows of the formulas that were met as ours, in arrays, once the results are known"""

    @cached_property
    def table(self) -> Cells:
        """The cells by column."""
        return self.cells if isinstance(self.cells, Cells) else cells_of(self.cells)

    def at(self, row: int, col: int) -> Cell:
        """The cell there, an empty one where nothing is."""
        return self.table.at(row, col) or EMPTY

    def formula(self, row: int, col: int) -> str | None:
        """The formula there, a shared one written out, that of an array without its area."""
        cell = self.at(row, col)
        if cell.formula is None:
            return None
        text = cell.formula.replace(OWN, str(row + 1))
        return text if text or cell.grouping[0] != "shared" else formula_of(cell, row, col, self.masters)

    def shape(self, row: int, col: int) -> str | None:
        """What the formula there has in common with its copies: all but the cells it points at."""
        column = self.table.columns.get(col)
        at = column.place(row) if column is not None else -1
        code = int(column.formulas[at]) if column is not None and at >= 0 else NO_FORMULA
        if code == NO_FORMULA:
            return None
        if code not in self.shapes:
            self.shapes[code] = shape_of(self.formula(row, col) or "")
        return self.shapes[code]

    @cached_property
    def columns(self) -> int:
        """How many columns have a cell."""
        return 1 + max(self.table.columns, default=-1)

    @cached_property
    def height(self) -> int:
        """How many rows there are, down to the last one with a value or a formula."""
        lasts = (_last(column) for column in self.table.columns.values())
        return 1 + max(lasts, default=-1)

    def kinds(self, col: int) -> Any:
        """Codes of ``columns.KINDS``, uint8."""
        return self._spread(col, "kinds", NOTHING, "uint8")

    def formulas(self, col: int) -> Any:
        """Codes of formulas, NO_FORMULA for none, int32."""
        return self._spread(col, "formulas", NO_FORMULA, "int32")

    def numbers(self, col: int) -> Any:
        """The numbers, NaN where none is, float64."""
        import numpy as np

        return np.where(self.kinds(col) == NUMBER, self._spread(col, "values", 0, "float64"), np.nan)

    def typed(self, col: int) -> Any:
        """Whether something stands there that is no formula's result, bool."""
        return (self.kinds(col) != NOTHING) & (self.formulas(col) == NO_FORMULA)

    def coded(self, col: int) -> tuple[Any, list[str]]:
        """What cells say, as ``text_of`` tells: codes by row, and their texts, "" the first."""
        import numpy as np

        kinds, values = self.kinds(col), self._spread(col, "values", 0, "float64")
        codes, told = np.zeros(len(kinds), dtype=np.int64), [""]
        for kind in (TEXT, FLAG, NUMBER):
            here = np.flatnonzero(kinds == kind)
            if len(here):
                each, places = _distinct(values[here], kind != NUMBER)
                codes[here] = places + len(told)
                told += self._words(kind, each)
        return codes, told

    def _words(self, kind: int, values: Any) -> list[str]:
        if kind == NUMBER:
            return [words_of(value) for value in values.tolist()]
        words = self.table.pools.words(values.astype("int64").tolist())
        return words if kind == TEXT else ["TRUE" if word == "1" else "FALSE" for word in words]

    def texts(self, col: int) -> Any:
        """The texts, errors and flags of cells as they are kept, "" for numbers and nothing, object array."""
        import numpy as np

        kinds, values = self.kinds(col), self._spread(col, "values", 0, "float64")
        says = (kinds != NOTHING) & (kinds != NUMBER)
        each, places = _distinct(np.where(says, values + 1, 0), True)
        known = each[each > 0].astype(np.int64) - 1
        return objects([""] * (len(each) - len(known)) + self.table.pools.words(known.tolist()))[places]

    def words(self, col: int) -> Any:
        """What cells say, as ``text_of`` tells: texts in an object array."""
        codes, told = self.coded(col)
        return objects(told)[codes]

    def said(self, col: int) -> Any:
        """What cells say as reports tell it, numbers in up to 15 digits: texts in an object array."""
        import numpy as np

        words, numbers = self.words(col), self.numbers(col)
        known = ~np.isnan(numbers)
        words[known] = [f"{number:.15g}" for number in numbers[known].tolist()]
        return words

    def _spread(self, col: int, name: str, none: float, dtype: str) -> Any:
        """A property of a column's cells as an entry a row."""
        import numpy as np

        found = np.full(self.height, none, dtype=dtype)
        if (column := self.table.columns.get(col)) is not None:
            n = int(column.rows.searchsorted(self.height))
            found[column.rows[:n]] = getattr(column, name)[:n]
        return found


def formulas_in(grid: Grid, below: int | None = None) -> Iterator[tuple[int, int]]:
    """Row and column of the formulas that are not in ``grid.ours``, above the row ``below`` if given."""
    import numpy as np

    for col in grid.table.columns:
        free = grid.formulas(col)[:below] != NO_FORMULA
        for rows in grid.ours.get(col, ()):
            free[rows[rows < len(free)]] = False
        yield from ((row, col) for row in np.flatnonzero(free).tolist())


def _last(column: Column) -> int:
    import numpy as np

    filled = np.flatnonzero((column.kinds != NOTHING) | (column.formulas != NO_FORMULA))
    return int(column.rows[filled[-1]]) if len(filled) else -1


def _distinct(values: Any, codes: bool) -> tuple[Any, Any]:
    """The values that occur, rising, and the place of each; ``codes``: these are small integers."""
    import numpy as np

    if not codes:
        return np.unique(values, return_inverse=True)
    values = values.astype(np.int64)
    there = np.zeros(values.max(initial=0) + 1, dtype=bool)
    there[values] = True
    return np.flatnonzero(there), (np.cumsum(there) - 1)[values]


def objects(values: list[Any]) -> Any:
    """An array of Python objects, whatever they are."""
    import numpy as np

    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def grid_of(package: Package, name: str) -> Grid:
    """The sheet ``name``. Raises InputError (SG105, SG510)."""
    return Grid(name, *read_cells(package, name))


def shape_of(formula: str, columns: bool = False) -> str:
    """A formula without what it points at, so that copies of it, moved and saved elsewhere, look the same.

    ``columns``: with the columns that it points at.
    """
    pieces = _TEXTS.split(formula.removeprefix("="))
    return "".join(p if i % 2 else _plain(p, columns) for i, p in enumerate(pieces))


def _plain(piece: str, columns: bool) -> str:
    bare = _PREFIX.sub("", piece)
    pointing = _REFS.sub(lambda found: _ROWS.sub("", found[0]) if columns else "#", bare)
    return _NUMBER.sub(lambda found: f"{float(found[0]):.15g}", pointing.upper())


def copied(formula: str, rows_down: int) -> str:
    """The formula of a cell so many rows further down."""
    return shifted(formula, rows_down, 0)


def place(row: int, col: int) -> str:
    """``B3``."""
    return f"{letters(col)}{row + 1}"


def text_of(cell: Cell) -> str:
    """What a cell says, as ``&""`` makes a text of it; an error says nothing."""
    if cell.kind == "n" and isinstance(cell.value, float):
        return words_of(cell.value)
    if cell.kind == "b":
        return "TRUE" if cell.value == "1" else "FALSE"
    return str(cell.value) if cell.kind == "str" else ""


def words_of(number: float) -> str:
    """A number as ``&""`` makes a text of it."""
    return f"{number:.0f}" if abs(number) < 1e308 and number == int(number) else f"{number:.15g}"


def number_of(cell: Cell) -> float | None:
    """The number in a cell; None where there is none."""
    return cell.value if cell.kind == "n" and isinstance(cell.value, float) else None
