"""Cells of a sheet by key and column, beside what was written there: what two books can be compared by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from sheetgen.grading.coding import EPOCH, column_of
from sheetgen.i18n import messages
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.regrade.grids import number_of, place, text_of
from sheetgen.workbook.written import EXTRA, kind_of

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from sheetgen.i18n import Lang
    from sheetgen.workbook.patch.edits import Value
    from sheetgen.workbook.patch.view import Cell
    from sheetgen.workbook.regrade.grids import Grid

ERROR: Final = "\0error"
"""in place of the text of an error: it says nothing, and what stood there before counts"""
OWN: Final = "own:"
"""begins the id of a column that is none of ours, before its header"""


@dataclass(frozen=True)
class Leaf:
    """``keys`` and ``rows`` (from 0) are its lines. ``cols``: column id -> its sheet column, or one a line.

    ``now``, ``was``: a text a line and column; ``headers``: what people call a column; ``days``: the columns
    with days; ``based``: those of which it is known what was written. ``new``, ``gone``: keys that came and
    went since.
    """

    sheet_id: str
    grid: Grid
    keys: tuple[str, ...]
    rows: tuple[int, ...]
    cols: Mapping[str, int | tuple[int, ...]]
    now: npt.NDArray[Any]
    was: npt.NDArray[Any]
    headers: Mapping[str, str]
    days: frozenset[str] = frozenset()
    based: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()
    gone: Mapping[str, Mapping[str, str]] | None = None

    @cached_property
    def at(self) -> dict[str, int]:
        """The line of a key."""
        return {key: i for i, key in enumerate(self.keys)}

    @cached_property
    def nth(self) -> dict[str, int]:
        """The place of a column in ``now``."""
        return {column: j for j, column in enumerate(self.cols)}

    def spot(self, line: int, column: str) -> tuple[int, int]:
        """Row and column of a cell on the sheet."""
        col = self.cols[column]
        return self.rows[line], col if isinstance(col, int) else col[line]

    def cell(self, line: int, column: str) -> Cell:
        """What stands there."""
        return self.grid.at(*self.spot(line, column))

    def place(self, line: int, column: str) -> str:
        """``B3``."""
        return place(*self.spot(line, column))

    def said(self, line: int, column: str) -> str:
        """What the cell says, as reports tell it."""
        return shown(str(self.now[line, self.nth[column]]), column in self.days)

    def edited(self) -> list[tuple[str, str]]:
        """(key, column) of the cells that are not as they were written; errors are none."""
        import numpy as np

        names = list(self.cols)
        known = np.asarray([name in self.based for name in names], dtype=bool)
        found = np.argwhere((self.now != self.was) & (self.now != ERROR) & known[None, :])
        return [(self.keys[i], names[j]) for i, j in found.tolist()]

    def unlike(self, other: Leaf) -> list[tuple[str, str]]:
        """(key, column) of the cells that say something else than in ``other``, where nobody knows what was
        written there. What formulas show is nobody's."""
        lines = [(i, other.at[key]) for key, i in self.at.items() if key in other.at]
        names = [n for n in self.cols if n not in self.based and n in other.cols]
        found = []
        for name in names if lines else ():
            mine = self.now[[i for i, _ in lines], self.nth[name]]
            theirs = other.now[[i for _, i in lines], other.nth[name]]
            differ = (mine != theirs) & (mine != "") & (mine != ERROR)
            found += [
                (self.keys[i], name)
                for (i, at), odd in zip(lines, differ.tolist(), strict=True)
                if odd and self.cell(i, name).formula is None and other.cell(at, name).formula is None
            ]
        return found

    def text(self, key: str, column: str) -> str | None:
        """What a cell says; None where there is none."""
        if key not in self.at or column not in self.cols:
            return None
        return str(self.now[self.at[key], self.nth[column]])

    def past(self, key: str, column: str) -> str:
        """What was written there."""
        if key in self.at and column in self.cols:
            return str(self.was[self.at[key], self.nth[column]])
        return (self.gone or {}).get(key, {}).get(column, "")


def plain(cell: Cell) -> str:
    """What a cell says; an error says ERROR."""
    return ERROR if cell.kind == "e" else text_of(cell)


def shown(words: str, is_day: bool) -> str:
    """A cell's text as people read it: a day's number is a date."""
    if words == ERROR:
        return ""
    if is_day and words.isdigit() and len(words) <= 6:
        return (EPOCH + timedelta(days=int(words))).isoformat()
    return words


def value(cell: Cell) -> Value:
    """What a cell holds, to be put into another."""
    number = number_of(cell)
    if number is not None:
        return number
    return cell.value == "1" if cell.kind == "b" else text_of(cell) or None


def texts(grid: Grid, rows: Sequence[int], cols: Sequence[int]) -> npt.NDArray[Any]:
    """The texts of these cells, a row a line."""
    import numpy as np

    found = [[plain(grid.at(row, col)) for col in cols] for row in rows]
    return np.asarray(found, dtype=object).reshape(len(rows), len(cols))


def columns_as_text(frame: pd.DataFrame, table: str, lang: Lang) -> dict[str, npt.NDArray[Any]]:
    """A cleaned table's columns as the texts of their cells, by field id (``own:`` and the header else)."""
    fields, found = data_tables()[table].fields, {}
    for key, field in fields.items():
        if column_of(key) in frame:
            kind = "money" if field.type == "money" else kind_of(field)
            words = field.type if field.type in ("flag", "status") else ""
            found[key] = _as_text(frame[column_of(key)], kind, words, lang)
    for name in (str(name) for name in frame.columns):
        if name.startswith(EXTRA):
            found[OWN + name.removeprefix(EXTRA)] = _as_text(frame[name], "text", "", lang)
    return found


def _as_text(column: pd.Series[Any], kind: str, words: str, lang: Lang) -> npt.NDArray[Any]:
    """Each different value is spelt once."""
    import numpy as np
    import pandas as pd

    codes, values = pd.factorize(column, use_na_sentinel=True)
    spelt = [_spelt(v, kind, words, lang) for v in values.tolist()]
    return np.asarray([*spelt, ""], dtype=object)[codes]


def _spelt(found: Any, kind: str, words: str, lang: Lang) -> str:
    if kind == "date":
        return str((found.date() - EPOCH).days)
    if kind in ("number", "money"):
        number = float(found) / 100 if kind == "money" else float(found)
        return f"{number:.0f}" if number == int(number) else f"{number:.15g}"
    said = messages().get(f"{words}_{found}") if words else None
    return said.text(lang) if said else str(found)
