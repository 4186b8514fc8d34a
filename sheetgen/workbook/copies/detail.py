"""A detail sheet of the first book while rows of copies come to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.copies.found import Found
from sheetgen.workbook.copies.leaf import shown, value
from sheetgen.workbook.patch.refs import Area
from sheetgen.workbook.regrade.grids import place
from sheetgen.workbook.regrade.met import KEYS, meet
from sheetgen.workbook.written import PLACE

if TYPE_CHECKING:
    from sheetgen.workbook.copies.read import Copy, Lines
    from sheetgen.workbook.patch.edits import Value

ID: Final = "customer_id"


@dataclass
class DetailSheet:
    """One detail sheet of the first book while rows come to it. ``seen``: rows that no run wrote, with their
    places; ``down``: the row the next one goes to; ``last``: the last prepared one."""

    table: str
    name: str
    mine: Lines
    down: int
    last: int
    seen: dict[tuple[str, ...], list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Way:
    """From what a copy was written with to the first book: ``rows``: base row -> row of its ``now``;
    ``others``: rows of the first book that this copy's run did not write."""

    rows: Mapping[int, int]
    others: tuple[int, ...]


def detail_sheet(table: str, mine: Lines) -> DetailSheet:
    """The sheet before any row came to it."""
    block, grid = mine.block, mine.block.grid
    used = max([*mine.rows, block.header])
    cols = set(mine.cols.values())
    prepared = [r for r, cells in grid.cells.items() if r > used and any(c in cells for c in cols)]
    return DetailSheet(table, grid.name, mine, used + 1, max([used, *prepared]))


def way_of(mine: Lines, copy: Copy, first: Copy) -> Way:
    """Rows of one run are met already; those of an older one are met with what stands in the first book."""
    table = mine.compared.table
    if copy.run_id == first.run_id:
        return Way(mine.kept, mine.added)
    base, now = (
        one.assign(**{PLACE: one[ID]}) for one in (copy.lines[table].compared.base, mine.compared.now)
    )
    met = meet(base, now, [key for key in KEYS if key in base])
    return Way(dict(met.pairs.tolist()), tuple(met.added.tolist()))


def add_row(found: Found, copies: Sequence[Copy], sheet: DetailSheet, k: int, line: int) -> str:
    """A row of a copy, below the first book's own. Returns the cell of its customer."""
    theirs, mine = copies[k].lines[sheet.table], sheet.mine
    grid, row = theirs.block.grid, theirs.rows[line]
    values: dict[int, Value] = {
        col: value(grid.at(row, theirs.cols[key])) for key, col in mine.cols.items() if key in theirs.cols
    }
    values = {col: new for col, new in values.items() if new is not None}
    at = sheet.down
    if at <= sheet.last:
        for col, new in values.items():
            found.put(sheet.name, at, col, new)
    else:
        cols = [*mine.cols.values(), *mine.block.columns.values()]
        area = Area(mine.block.first, min(cols), sheet.last, max(cols))
        found.below(sheet.name, area, values)
    sheet.down += 1
    return place(at, mine.cols[ID])


def is_day(table: str, column: str) -> bool:
    """Whether a column holds days."""
    declared = data_tables()[table].fields.get(column)
    return declared is not None and declared.type == "date"


def told(copy: Copy, table: str, row: int, past: bool = False) -> str:
    """A whole row as people read it."""
    words = copy.lines[table].line(row, past)
    return " ".join(w for key, word in words.items() if (w := shown(word, is_day(table, key))))


def spot(copy: Copy, table: str, row: int, column: str = ID) -> str:
    """``历史交易!A5``."""
    lines = copy.lines[table]
    return f"{lines.block.grid.name}!{place(lines.rows[row], lines.cols[column])}"
