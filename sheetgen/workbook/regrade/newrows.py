"""New rows of a detail table: placed below the others on the sheet of their customer, or the sheet put in
order where it has no room for more out of order.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sheetgen.workbook.celltext import letters
from sheetgen.workbook.patch.edits import Constant
from sheetgen.workbook.regrade.compared import Compared, row_told
from sheetgen.workbook.regrade.desk import UNNUMBERED, Desk, constants
from sheetgen.workbook.regrade.edited import Edited
from sheetgen.workbook.regrade.matched import numberless
from sheetgen.workbook.regrade.placed import placed_below, room_of
from sheetgen.workbook.regrade.sorting import Standing, firsts_of, out_of_room, standings_of
from sheetgen.workbook.regrade.threeway import Merged
from sheetgen.workbook.written import PLACE

if TYPE_CHECKING:
    import pandas as pd


def new_rows(desk: Desk, merged: Merged, new: pd.DataFrame) -> pd.DataFrame:
    """The rows to add, in the order of the sheets, with their customers' numbers where these may stand."""
    import numpy as np
    import pandas as pd

    sheet = merged.sheet
    if not len(new):
        return new
    new = _own_numbers(sheet, new).assign(**{PLACE: [desk.keys[c] for c in new["customer_id"].tolist()]})
    order = [c for c in (PLACE, "date", "order_id") if c in new]
    new = new.sort_values(order, kind="stable").reset_index(drop=True)
    numbers = new[PLACE].to_numpy(dtype=np.float64)
    ends = np.asarray(firsts_of(desk.source, sheet)[1:-1])
    last = len(sheet.blocks) - 1  # nobody's number is no reason to stand with the first customers
    homes = np.where(numbers > UNNUMBERED, np.searchsorted(ends, numbers, "right"), last)
    sorts = out_of_room(desk.source, sheet, np.bincount(homes, minlength=last + 1).tolist())
    found = []
    for home in dict.fromkeys(homes.tolist()):
        mine = new[homes == home].reset_index(drop=True)
        found.append(_rows_of_sheet(desk, merged, home, mine, sorts[home]))
    return pd.concat(found, ignore_index=True) if len(found) > 1 else found[0]


def _rows_of_sheet(desk: Desk, merged: Merged, home: int, new: pd.DataFrame, sort: bool) -> pd.DataFrame:
    """The rows to add to one of the sheets of a table; ``sort``: whether its rows are to be put in order."""
    sheet, block, lang = merged.sheet, merged.sheet.blocks[home], desk.source.lang
    room, name = room_of(desk.source, sheet, home), block.grid.name
    rows = [constants(sheet, home, new, at, lang) for at in range(len(new))]
    if sort:
        _number_brought(desk, merged, home)
    if room.numbered or sort:
        new[PLACE] = new[PLACE].where(new[PLACE] != UNNUMBERED)
        for row, number in zip(rows, new[PLACE].tolist(), strict=True):
            if number > UNNUMBERED:
                row[block.columns["key"]] = Constant(number)
    else:
        new = new.assign(**{PLACE: float("nan")})
    cells, more = placed_below(block, (room.start, room.end), sheet.places_on[home].values(), rows)
    for at, found in cells.items():
        merged.row(name, at).update(found)
    desk.appended += more
    whole = _standing_with(desk, merged, home, room.start, new[PLACE])
    desk.longest = max(desk.longest, whole.longest)
    if sort:
        desk.orders[name] = whole.order(name)
    col = letters(block.columns["customer_id"])
    for at, who in enumerate(new["customer_id"].tolist()):
        cell, said = f"{col}{room.start + at + 1}", row_told(sheet, new, at, lang)
        merged.told.append(Edited(name, cell, who, "added", "", said, "data"))
    return new


def _number_brought(desk: Desk, merged: Merged, home: int) -> None:
    """Rows that earlier data brought below rows of staff's own get their customer's number: they are to be
    put in order."""
    import numpy as np

    sheet = merged.sheet
    lacking = np.isnan(sheet.base[PLACE].to_numpy(dtype=np.float64))
    for was, at in sheet.met.pairs[lacking[sheet.met.pairs[:, 0]]].tolist():
        number = desk.keys.get(str(sheet.now["customer_id"].iloc[at]), UNNUMBERED)
        if number and np.isnan(sheet.now[PLACE].iloc[at]) and sheet.homes[at] == home:
            merged.put(at, PLACE, Constant(number))
            merged.base.loc[was, PLACE] = number


def _standing_with(desk: Desk, merged: Merged, home: int, start: int, more: pd.Series[float]) -> Standing:
    """The rows of a sheet as they will stand, ``more`` from the row ``start`` on."""
    import numpy as np

    block, now = merged.sheet.blocks[home], standings_of(desk.source, merged.sheet)[home]
    first, col = now.first, block.columns["key"]
    numbers, filled = np.full(start - first, np.nan), np.zeros(start - first, dtype=bool)
    size = min(len(numbers), len(now.numbers))
    numbers[:size], filled[:size] = now.numbers[:size], now.filled[:size]
    for row, cells in merged.cells.get(block.grid.name, {}).items():
        edit = cells.get(col)
        if row < start and isinstance(edit, Constant) and isinstance(edit.value, float):
            numbers[row - first] = edit.value
    whole = np.concatenate([numbers, more.to_numpy(dtype=np.float64)])
    return replace(now, numbers=whole, filled=np.concatenate([filled, np.ones(len(more), dtype=bool)]))


def _own_numbers(sheet: Compared, new: pd.DataFrame) -> pd.DataFrame:
    """Records without a number get one that no row of the sheet has: each is an order of its own."""
    if "order_id" not in new or sheet.table != "transactions":
        return new
    own = numberless(new["order_id"])
    if not own.any():
        return new
    said = [f["order_id"][numberless(f["order_id"])] for f in (sheet.base, sheet.now) if "order_id" in f]
    files = [int(word[1:].split("-")[0]) for words in said for word in words.tolist() if word]
    first = max(files, default=0)
    lines = iter(range(1, int(own.sum()) + 1))
    words = [
        f"#{first + 1}-{next(lines)}" if mine else word
        for word, mine in zip(new["order_id"], own, strict=True)
    ]
    return new.assign(order_id=words).astype({"order_id": new["order_id"].dtype})
