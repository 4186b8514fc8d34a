"""The rows of a detail table in a copy, beside what was written: whichever of its sheets they stand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.copies.leaf import OWN, columns_as_text, plain
from sheetgen.workbook.regrade.columns import NOTHING
from sheetgen.workbook.regrade.grids import place, text_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from sheetgen.workbook.patch.view import Cell
    from sheetgen.workbook.regrade.blocks import Block
    from sheetgen.workbook.regrade.compared import Compared
    from sheetgen.workbook.regrade.grids import Grid
    from sheetgen.workbook.regrade.source import Source


@dataclass(frozen=True)
class Lines:
    """The rows of a detail table, whichever of its sheets they stand on. ``now``: those that stand there,
    ``was``: those written; texts by column.

    ``cols``: sheet by sheet, column id -> its column there; ``compared`` says where a row stands. ``added``,
    ``gone``: rows of now and was that have no other.
    """

    compared: Compared
    cols: tuple[Mapping[str, int], ...]
    now: Mapping[str, npt.NDArray[Any]]
    was: Mapping[str, npt.NDArray[Any]]
    added: tuple[int, ...]
    gone: tuple[int, ...]

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The sheets."""
        return self.compared.blocks

    @property
    def pairs(self) -> npt.NDArray[Any]:
        """Rows of ``was`` and ``now`` that are one row: two columns, by the first."""
        return self.compared.met.pairs

    @cached_property
    def base_of(self) -> npt.NDArray[Any]:
        """By row of ``now``: the row of ``was`` that it was, -1 for none."""
        import numpy as np

        found = np.full(len(self.compared.now), -1, dtype=np.int64)
        found[self.pairs[:, 1]] = self.pairs[:, 0]
        return found

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that any of the sheets has."""
        return tuple(self.now)

    def cols_of(self, row: int) -> Mapping[str, int]:
        """The columns of the sheet that a row stands on."""
        return self.cols[int(self.compared.homes[row])]

    def grid_of(self, row: int) -> Grid:
        """The sheet that a row stands on."""
        return self.blocks[int(self.compared.homes[row])].grid

    def spot(self, row: int, column: str) -> tuple[int, int]:
        """Row and column of a cell on its sheet."""
        return int(self.compared.rows[row]), self.cols_of(row)[column]

    def cell(self, row: int, column: str) -> Cell:
        """What stands there."""
        return self.grid_of(row).at(*self.spot(row, column))

    def place(self, row: int, column: str) -> str:
        """``B3``."""
        return place(*self.spot(row, column))

    def there(self, column: str) -> npt.NDArray[Any]:
        """By row: whether its sheet has that column, bool."""
        import numpy as np

        known = np.asarray([column in cols for cols in self.cols], dtype=bool)
        return np.asarray(known[self.compared.homes])

    def typed(self, column: str) -> npt.NDArray[Any]:
        """By row: whether something stands there that is no formula's result, bool."""
        import numpy as np

        found = np.zeros(len(self.compared.rows), dtype=bool)
        for home, (block, cols) in enumerate(zip(self.blocks, self.cols, strict=True)):
            if column in cols:
                here = np.flatnonzero(self.compared.homes == home)
                found[here] = block.grid.typed(cols[column])[self.compared.rows[here]]
        return found

    def has(self, column: str, home: int) -> bool:
        """Whether the sheet of that place has a column; of a sheet that is not there, whether any has."""
        return column in (self.cols[home] if home < len(self.cols) else self.now)

    def past(self, base: int, column: str) -> str:
        """What was written there; nothing in a column that no build wrote."""
        return str(self.was[column][base]) if column in self.was else ""

    def line(self, row: int, past: bool = False) -> dict[str, str]:
        """A row of ``now`` (of ``was``: ``past``) by column."""
        return {key: str(texts[row]) for key, texts in (self.was if past else self.now).items()}


def lines_of(source: Source, one: Compared) -> Lines:
    """The rows of a detail table."""
    import numpy as np

    now, was = (columns_as_text(f, one.table, source.lang) for f in (one.now, one.base))
    cols = tuple({k: c for k, c in columns_on(block).items() if k in now} for block in one.blocks)
    now = {k: now[k] for k in dict.fromkeys(k for own in cols for k in own)}
    for home, (block, own) in enumerate(zip(one.blocks, cols, strict=True)):
        overlay(now, block, own, one.rows, np.flatnonzero(one.homes == home))
    was = {k: now[k] if np.array_equal(now[k], w) else w for k, w in was.items() if k in now}  # memory
    return Lines(one, cols, now, was, tuple(one.met.added.tolist()), tuple(one.met.gone.tolist()))


def columns_on(block: Block) -> dict[str, int]:
    """Column id -> column of the sheet; further columns by their headers."""
    fields = data_tables()[block.table].fields
    found = {key: col for key, col in block.columns.items() if key in fields}
    taken = set(block.columns.values())
    for col in range(block.grid.columns):
        words = text_of(block.grid.at(block.header, col)).strip()
        if words and col not in taken:
            found.setdefault(OWN + words, col)
    return found


def overlay(found: Mapping[str, Any], block: Block, cols: Mapping[str, int], rows: Any, here: Any) -> None:
    """Words where a number or a day belongs, and errors: a cleaned table has nothing there.

    ``rows``: the sheet row of each row; ``here``: the rows that stand on this sheet; arrays.
    """
    for key, col in cols.items():
        filled = block.grid.kinds(col)[rows[here]] != NOTHING
        for i in here[filled & (found[key][here] == "")].tolist():
            cell = block.grid.at(int(rows[i]), col)
            if cell.kind:
                found[key][i] = plain(cell)
