"""Raw data brought into a book: known rows stay, changed records are corrected, new rows and customers added.

The book's base (what the program wrote) tells a correction of staff's from one of the data's; a book without
one keeps every row it has, and only new rows come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sheetgen.errors import InputError
from sheetgen.model import Issue
from sheetgen.workbook.celltext import letters
from sheetgen.workbook.patch.edits import Append, Constant, Edit, Edits
from sheetgen.workbook.patch.order import Order, moved_cell
from sheetgen.workbook.regrade.blocks import block_of, headers_of, optional_of
from sheetgen.workbook.regrade.compared import Compared, by_table, row_told, value_of
from sheetgen.workbook.regrade.edited import Edited
from sheetgen.workbook.regrade.matched import NUMBERED, match, numberless
from sheetgen.workbook.regrade.placed import placed_below, room_of
from sheetgen.workbook.regrade.preferred import fill_preferences
from sheetgen.workbook.regrade.raw import Data
from sheetgen.workbook.regrade.sorting import (
    Standing,
    firsts_of,
    numbers_for,
    out_of_room,
    standings_of,
)
from sheetgen.workbook.regrade.stored import longer, packed_text, signed, stored
from sheetgen.workbook.regrade.threeway import Merged, merge_typed, merge_written, started
from sheetgen.workbook.written import PLACE, STATE_KEY, read_written

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.workbook.regrade.source import Source

UNNUMBERED = 0.0


@dataclass(frozen=True)
class Brought:
    """``edits``: what is to be put into the book; ``told``: the same for people; ``texts``: what
    ``_sheetgen`` holds then; ``refused``: rows and cents of sales of customers that staff deleted or
    renamed; ``orders``: the sheets whose rows are to be put in order once the edits are done."""

    edits: Edits
    told: tuple[Edited, ...]
    issues: tuple[Issue, ...]
    texts: Mapping[str, str]
    refused: tuple[int, int] = (0, 0)
    orders: tuple[Order, ...] = ()


@dataclass
class _Desk:
    """What is at hand, and what has come so far."""

    source: Source
    data: Data
    sheets: Mapping[str, Compared]
    known: bool
    keys: dict[str, float]
    """the number of every customer on 客户信息"""
    cells: dict[str, dict[int, dict[int, Edit]]]
    appended: list[Append]
    told: list[Edited]
    issues: list[Issue]
    texts: dict[str, str]
    refused: tuple[int, int] = (0, 0)
    orders: dict[str, Order] = field(default_factory=dict)
    """by sheet"""
    longest: int = 0
    """the most rows that one customer has or would have in order"""


def bring(source: Source, data: Data) -> Brought:
    """``data`` against the book.

    Raises InputError: SG523 a sheet or a column of ours is gone, SG546 no prepared row is left for a new
    customer.
    """
    tables = [t for t in data.tables if source.names.get(t)]
    blocks = {
        s: block_of(source.grid(s), s, headers_of(s, source.scheme, source.lang), optional_of(s))
        for t in dict.fromkeys(("customers", *tables))
        for s in source.sheets(t)
    }
    written = read_written(source.state)
    sheets = by_table(blocks, written)
    people = sheets["customers"].now
    keys = dict(zip(people["customer_id"].tolist(), people[PLACE].fillna(UNNUMBERED).tolist(), strict=True))
    desk = _Desk(source, data, sheets, "customers" in written, keys, {}, [], [], [], {})
    _customers(desk)
    for table in (t for t in tables if t != "customers"):
        _records(desk, table)
    if data.preferences is not None and len(data.preferences) and source.names.get("preferences"):
        filled, told = fill_preferences(source, data.preferences)
        desk.cells |= filled
        desk.told += told
    desk.issues += [
        Issue("SG548", "warning", column=t, count=len(frame), facts=(("table", t),))
        for t, frame in data.tables.items()
        if t not in tables and len(frame)
    ]
    for order in desk.orders.values():
        desk.told = [
            replace(edit, cell=moved_cell(order, edit.cell)) if edit.sheet == order.sheet else edit
            for edit in desk.told
        ]
    desk.issues += _conflicts(desk.told)
    if more := numbers_for(source, desk.longest):
        desk.appended.append(more)
    cells = dict(desk.cells)
    texts = signed(desk.texts, source.state) if desk.texts else {}
    if texts and (lines := stored(source.grid("state"), texts)):
        cells[source.grid("state").name] = lines
    edits = Edits({name: rows for name, rows in cells.items() if rows}, append=tuple(desk.appended))
    orders = tuple(desk.orders.values())
    return Brought(edits, tuple(desk.told), tuple(desk.issues), texts, desk.refused, orders)


def _conflicts(told: Sequence[Edited]) -> list[Issue]:
    """One issue a sheet: how many, and the first."""
    found: dict[str, list[Edited]] = {}
    for edit in told:
        if edit.kind == "conflict":
            found.setdefault(edit.sheet, []).append(edit)
    return [
        Issue(
            "SG547", "warning", f"#{sheet}", value=edits[0].customer, count=len(edits),
            facts=(("sheet", sheet), ("cell", edits[0].cell or edits[0].customer)),
        )
        for sheet, edits in found.items()
    ]  # fmt: skip


def _keep(desk: _Desk, merged: Merged, more: pd.DataFrame) -> None:
    """Take over what came of one table, ``more`` rows at the end of its base."""
    desk.cells |= merged.cells
    desk.told += merged.told
    if desk.known and (len(more) or not merged.base.equals(merged.sheet.base)):
        base = longer(merged.base, more)
        if any(block.grid.name in desk.orders for block in merged.sheet.blocks):
            base = base.sort_values(PLACE, kind="stable", na_position="last").reset_index(drop=True)
        desk.texts[STATE_KEY + merged.sheet.table] = packed_text(base)


# customers


def _customers(desk: _Desk) -> None:
    """Master data of known customers, and prepared rows for new ones."""
    import numpy as np

    sheet, raw = desk.sheets["customers"], desk.data.tables["customers"]
    merged, lang = started(sheet), desk.source.lang
    columns = [c for c in raw if c in sheet.shared and c != "customer_id" and desk.data.tells("customers", c)]
    ids = raw["customer_id"]
    at = {
        side: _places(frame["customer_id"], ids) for side, frame in (("base", sheet.base), ("now", sheet.now))
    }
    listed = ids.isin(desk.data.listed).to_numpy(dtype=bool)
    old = np.flatnonzero((at["base"] >= 0) & listed)
    merge_written(merged, raw, np.column_stack([old, at["base"][old]]), columns, lang, True)
    typed = np.flatnonzero((at["base"] < 0) & (at["now"] >= 0) & listed)
    merge_typed(merged, raw, np.column_stack([typed, at["now"][typed]]), columns, lang, desk.known)
    new = np.flatnonzero((at["base"] < 0) & (at["now"] < 0))
    _keep(desk, merged, _new_customers(desk, merged, raw.iloc[new].reset_index(drop=True)))


def _places(ids: pd.Series[str], wanted: pd.Series[str]) -> Any:
    """The place of each of ``wanted`` among ``ids``, -1 for none."""
    import pandas as pd

    first = ~ids.duplicated().to_numpy()
    index = pd.Series(range(len(ids)), index=ids.to_numpy())[first]
    return index.reindex(wanted.to_numpy()).fillna(-1).to_numpy(dtype="int64")


def _new_customers(desk: _Desk, merged: Merged, new: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``new`` customers with the numbers of the prepared rows that they take."""
    import numpy as np

    sheet, lang = merged.sheet, desk.source.lang
    block = sheet.block
    if not len(new):
        return new
    numbers = block.grid.numbers(block.columns["key"])
    spare = np.setdiff1d(np.flatnonzero(~np.isnan(numbers)), sheet.rows)
    free = sorted((float(numbers[row]), int(row)) for row in spare.tolist() if row >= block.first)
    if len(free) < len(new):
        raise InputError("bring_no_room", "SG546", sheet=block.grid.name, count=len(new), free=len(free))
    for i, (number, row) in enumerate(free[: len(new)]):
        merged.row(block.grid.name, row).update(_constants(sheet, 0, new, i, lang))
        who = str(new["customer_id"].iloc[i])
        desk.keys[who] = number
        cell = f"{letters(block.columns['customer_id'])}{row + 1}"
        merged.told.append(
            Edited(block.grid.name, cell, who, "added", "", row_told(sheet, new, i, lang), "data")
        )
    return new.assign(**{PLACE: [number for number, _ in free[: len(new)]]})


def _constants(sheet: Compared, home: int, frame: pd.DataFrame, at: int, lang: Any) -> dict[int, Edit]:
    """The cells of a new row of one of the sheets of a table."""
    found: dict[int, Edit] = {}
    places = sheet.places_on[home]
    for column in frame.columns:
        if column == PLACE or column not in places or column not in sheet.now:
            continue
        value = value_of(sheet.field(column), frame[column].iloc[at], lang)
        if value is not None:
            found[places[column]] = Constant(value)
    return found


# records


def _records(desk: _Desk, table: str) -> None:
    """The rows of one detail table."""
    import numpy as np

    sheet, raw, lang = desk.sheets[table], desk.data.tables[table], desk.source.lang
    merged = started(sheet)
    columns = [c for c in map(str, raw) if c in sheet.now and c in sheet.base and desk.data.tells(table, c)]
    known = match(table, raw, sheet.base, columns)
    merge_written(merged, raw, known.anew, [c for c in columns if c != "customer_id"], lang, False)
    _unclear(desk, merged, raw, known.unclear)
    rest = raw.iloc[known.new].reset_index(drop=True)
    columns = [c for c in map(str, raw) if c in sheet.now and desk.data.tells(table, c)]
    typed = sheet.now.iloc[sheet.met.added].reset_index(drop=True)
    mine = match(table, rest, typed, columns, typed=True)
    pairs = np.column_stack([mine.anew[:, 0], sheet.met.added[mine.anew[:, 1]]]).astype(np.int64)
    merge_typed(merged, rest, pairs, [c for c in columns if c not in NUMBERED], lang, False)
    new = _standing(desk, merged, rest.iloc[mine.new].reset_index(drop=True))
    _keep(desk, merged, _new_rows(desk, merged, new))


def _refuse(desk: _Desk, rows: pd.DataFrame) -> None:
    """These sales are not in the book."""
    desk.refused = (desk.refused[0] + len(rows), desk.refused[1] + int(rows["cents"].sum()))


def _unclear(desk: _Desk, merged: Merged, raw: pd.DataFrame, pairs: Any) -> None:
    """Lines of an order whose product the book does not know: another line, or the old one anew? Told."""
    sheet, lang = merged.sheet, desk.source.lang
    for at, was in pairs.tolist():
        who, said = str(raw["customer_id"].iloc[at]), row_told(sheet, raw, at, lang)
        stood = row_told(sheet, sheet.base, was, lang)
        merged.told.append(Edited(sheet.block.grid.name, "", who, "conflict", stood, stood, "data", said))
    if sheet.table == "transactions":
        _refuse(desk, raw.iloc[pairs[:, 0]])


def _standing(desk: _Desk, merged: Merged, new: pd.DataFrame) -> pd.DataFrame:
    """``new`` without the rows of customers that staff deleted or renamed: theirs are told, not added."""
    there = new["customer_id"].isin(set(desk.keys)).to_numpy(dtype=bool)
    gone = new[~there]
    sheet, lang = merged.sheet, desk.source.lang
    for at in range(len(gone)):
        who = str(gone["customer_id"].iloc[at])
        merged.told.append(
            Edited(
                sheet.block.grid.name, "", who, "conflict", "", "", "data", row_told(sheet, gone, at, lang)
            )
        )
    if "cents" in gone and sheet.table == "transactions":
        _refuse(desk, gone)
    return new[there].reset_index(drop=True)


def _new_rows(desk: _Desk, merged: Merged, new: pd.DataFrame) -> pd.DataFrame:
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


def _rows_of_sheet(desk: _Desk, merged: Merged, home: int, new: pd.DataFrame, sort: bool) -> pd.DataFrame:
    """The rows to add to one of the sheets of a table; ``sort``: whether its rows are to be put in order."""
    sheet, block, lang = merged.sheet, merged.sheet.blocks[home], desk.source.lang
    room, name = room_of(desk.source, sheet, home), block.grid.name
    rows = [_constants(sheet, home, new, at, lang) for at in range(len(new))]
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


def _number_brought(desk: _Desk, merged: Merged, home: int) -> None:
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


def _standing_with(desk: _Desk, merged: Merged, home: int, start: int, more: pd.Series[float]) -> Standing:
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
