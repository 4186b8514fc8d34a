"""The sheets of a detail table of the first book while rows of copies come to them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sheetgen.model import Issue
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.copies.found import Found
from sheetgen.workbook.copies.leaf import shown, value
from sheetgen.workbook.patch.refs import Area
from sheetgen.workbook.regrade.grids import place
from sheetgen.workbook.regrade.met import KEYS, meet
from sheetgen.workbook.regrade.sorting import firsts_of
from sheetgen.workbook.written import PLACE

if TYPE_CHECKING:
    import numpy.typing as npt

    from sheetgen.workbook.copies.lines import Lines
    from sheetgen.workbook.copies.read import Copy
    from sheetgen.workbook.patch.edits import Value

ID: Final = "customer_id"


@dataclass
class DetailSheet:
    """A detail table of the first book while rows come to it. ``numbers``: customer -> number; ``ends``: the
    number of the first customer of each further sheet; ``seen``: rows that no run wrote, with their places.

    Sheet by sheet, ``down``: the row the next one goes to; ``last``: the last prepared one.
    """

    table: str
    mine: Lines
    numbers: Mapping[str, float]
    ends: Sequence[float]
    down: list[int]
    last: list[int]
    seen: dict[tuple[str, ...], list[str]] = field(default_factory=dict)

    def home(self, customer: str) -> int:
        """The sheet of a customer; the last one is that of those without a number."""
        number = self.numbers.get(customer, 0.0)
        return bisect_right(self.ends, number) if number else len(self.ends)


@dataclass(frozen=True)
class Way:
    """From what a copy was written with to the first book: ``rows``: by base row the row of its ``now``, -1
    for none; ``others``: rows of the first book that this copy's run did not write."""

    rows: npt.NDArray[Any]
    others: tuple[int, ...]


def detail_sheet(first: Copy, table: str, numbers: Mapping[str, float]) -> DetailSheet:
    """The sheets of a table before any row came to them."""
    import numpy as np

    mine, down, last = first.lines[table], [], []
    for home, (block, cols) in enumerate(zip(mine.blocks, mine.cols, strict=True)):
        rows = mine.compared.rows[mine.compared.homes == home]
        used = int(np.max(rows, initial=block.header))
        kept = [column.rows for col, column in block.grid.table.columns.items() if col in cols.values()]
        down.append(used + 1)
        last.append(max([used, *(int(rows[-1]) for rows in kept if len(rows))]))
    ends = firsts_of(first.source, mine.compared)[1:-1]
    return DetailSheet(table, mine, numbers, ends, down, last)


def way_of(mine: Lines, copy: Copy, first: Copy) -> Way:
    """Rows of one run are met already; those of an older one are met with what stands in the first book."""
    import numpy as np

    base = copy.lines[mine.compared.table].compared.base
    pairs, added = mine.pairs, mine.added
    if copy.run_id != first.run_id:
        one, now = (frame.assign(**{PLACE: frame[ID]}) for frame in (base, mine.compared.now))
        met = meet(one, now, [key for key in KEYS if key in one])
        pairs, added = met.pairs, tuple(met.added.tolist())
    rows, known = np.full(len(base), -1, dtype=np.int64), pairs[pairs[:, 0] < len(base)]
    rows[known[:, 0]] = known[:, 1]
    return Way(rows, added)


def add_row(found: Found, copies: Sequence[Copy], sheet: DetailSheet, k: int, line: int) -> tuple[str, str]:
    """A row of a copy, below the first book's own on the sheet of its customer. Returns the name of that
    sheet and the cell of the customer."""
    theirs, mine = copies[k].lines[sheet.table], sheet.mine
    home = sheet.home(str(theirs.now[ID][line]))
    block, mine_cols, own = mine.blocks[home], mine.cols[home], theirs.cols_of(line)
    values: dict[int, Value] = {}
    for key in own:
        new = value(theirs.cell(line, key))
        if new is not None and key in mine_cols:
            values[mine_cols[key]] = new
        elif new is not None:
            tell_lost(found, copies[k], mine, line, key)
    name, at, last = block.grid.name, sheet.down[home], sheet.last[home]
    if at <= last:
        for col, new in values.items():
            found.put(name, at, col, new)
    else:
        cols = [*mine_cols.values(), *block.columns.values()]
        found.below(name, Area(block.first, min(cols), last, max(cols)), values)
    sheet.down[home] += 1
    return name, place(at, mine_cols[ID])


def tell_lost(found: Found, copy: Copy, mine: Lines, line: int, column: str) -> None:
    """What a row of a copy says in a column that the row's sheet of the first book lacks; a column that its
    own sheet lacks there is told as a whole."""
    theirs = copy.lines[mine.compared.table]
    if mine.has(column, int(theirs.compared.homes[line])):
        facts = (("sheet", theirs.grid_of(line).name), ("cell", theirs.place(line, column)))
        found.issues.append(
            Issue("SG582", "warning", str(copy.path), theirs.spot(line, column)[0] + 1, facts=facts)
        )


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
    return f"{lines.grid_of(row).name}!{lines.place(row, column)}"
