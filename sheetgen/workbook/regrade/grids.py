"""The sheets of a book as they stand: every cell with its formula, by row and column from 0."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from sheetgen.workbook.celltext import letters
from sheetgen.workbook.patch.package import Package
from sheetgen.workbook.patch.refs import shifted
from sheetgen.workbook.patch.sheetpart import rows, sheet_of
from sheetgen.workbook.patch.view import Cell, Master, formula_of, parsed, source_of

EMPTY: Final = Cell("", "", False, None, ("", "", ""), "0", ("", "", ""))
OWN: Final = "{r}"
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
    shapes: dict[str, str] = field(default_factory=dict)
    """of the formulas that were asked for"""

    def at(self, row: int, col: int) -> Cell:
        """The cell there, an empty one where nothing is."""
        return self.cells.get(row, {}).get(col, EMPTY)

    def formula(self, row: int, col: int) -> str | None:
        """The formula there, a shared one written out, that of an array without its area."""
        cell = self.at(row, col)
        if cell.formula is None:
            return None
        text = cell.formula.replace(OWN, str(row + 1))
        return text if text or cell.grouping[0] != "shared" else formula_of(cell, row, col, self.masters)

    def shape(self, row: int, col: int) -> str | None:
        """What the formula there has in common with its copies: all but the cells it points at."""
        cell = self.at(row, col)
        if cell.formula is None:
            return None
        key = cell.formula or f"{OWN}{cell.grouping[2]}"
        if key not in self.shapes:
            self.shapes[key] = shape_of(self.formula(row, col) or "")
        return self.shapes[key]

    @cached_property
    def columns(self) -> int:
        """How many columns have a cell."""
        return 1 + max((max(row, default=-1) for row in self.cells.values()), default=-1)

    @cached_property
    def height(self) -> int:
        """How many rows there are, down to the last one with a value or a formula."""
        return 1 + max(
            (r for r, row in self.cells.items() if any(_filled(c) for c in row.values())), default=-1
        )


def _filled(cell: Cell) -> bool:
    return cell.formula is not None or cell.kind != ""


def grid_of(package: Package, name: str) -> Grid:
    """The sheet ``name``. Raises InputError (SG105, SG510)."""
    source = source_of(sheet_of(name, package.read(package.worksheets[name])), package.strings)
    pool: dict[str, str] = {}
    cells: dict[int, dict[int, Cell]] = {}
    for row in (parsed(source, at) for at in rows(source.sheet)):
        own = re.compile(rf"(?<=[A-Za-z$]){row.row + 1}(?!\d)")
        cells[row.row] = {col: _kept(cell, own, pool) for col, cell in row.cells.items()}
    return Grid(name, cells, source.masters)


def _kept(cell: Cell, own: re.Pattern[str], pool: dict[str, str]) -> Cell:
    """The cell with texts that many cells have in common kept once."""
    kind, value, rich, formula, grouping, style, marks = cell
    if isinstance(value, str):
        value = pool.setdefault(value, value)
    if formula:
        formula = own.sub(OWN, formula)
        formula = pool.setdefault(formula, formula)
    style = pool.setdefault(style, style)
    return Cell(pool.setdefault(kind, kind), value, rich, formula, grouping, style, marks)


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
        return f"{cell.value:.0f}" if cell.value == int(cell.value) else f"{cell.value:.15g}"
    if cell.kind == "b":
        return "TRUE" if cell.value == "1" else "FALSE"
    return str(cell.value) if cell.kind == "str" else ""


def number_of(cell: Cell) -> float | None:
    """The number in a cell; None where there is none."""
    return cell.value if cell.kind == "n" and isinstance(cell.value, float) else None
