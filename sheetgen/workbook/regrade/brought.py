"""Raw data brought into a book: known rows stay, changed records are corrected, new rows and customers added.

The book's base (what the program wrote) tells a correction of staff's from one of the data's; a book without
one keeps every row it has, and only new rows come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sheetgen.errors import InputError
from sheetgen.model import Issue
from sheetgen.workbook.celltext import letters
from sheetgen.workbook.patch.edits import Edits
from sheetgen.workbook.patch.order import Order, moved_cell
from sheetgen.workbook.regrade.blocks import block_of, headers_of, optional_of
from sheetgen.workbook.regrade.compared import by_table, row_told
from sheetgen.workbook.regrade.desk import UNNUMBERED, Desk, constants
from sheetgen.workbook.regrade.edited import Edited
from sheetgen.workbook.regrade.matched import NUMBERED, match
from sheetgen.workbook.regrade.newrows import new_rows
from sheetgen.workbook.regrade.preferred import fill_preferences
from sheetgen.workbook.regrade.raw import Data
from sheetgen.workbook.regrade.sorting import numbers_for
from sheetgen.workbook.regrade.stored import longer, packed_text, signed, stored
from sheetgen.workbook.regrade.threeway import Merged, merge_typed, merge_written, started
from sheetgen.workbook.written import PLACE, STATE_KEY, read_written

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.workbook.regrade.source import Source


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
    desk = Desk(source, data, sheets, "customers" in written, keys, {}, [], [], [], {})
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


def _keep(desk: Desk, merged: Merged, more: pd.DataFrame) -> None:
    """Take over what came of one table, ``more`` rows at the end of its base."""
    desk.cells |= merged.cells
    desk.told += merged.told
    if desk.known and (len(more) or not merged.base.equals(merged.sheet.base)):
        base = longer(merged.base, more)
        if any(block.grid.name in desk.orders for block in merged.sheet.blocks):
            base = base.sort_values(PLACE, kind="stable", na_position="last").reset_index(drop=True)
        desk.texts[STATE_KEY + merged.sheet.table] = packed_text(base)


# customers


def _customers(desk: Desk) -> None:
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


def _new_customers(desk: Desk, merged: Merged, new: pd.DataFrame) -> pd.DataFrame:
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
        merged.row(block.grid.name, row).update(constants(sheet, 0, new, i, lang))
        who = str(new["customer_id"].iloc[i])
        desk.keys[who] = number
        cell = f"{letters(block.columns['customer_id'])}{row + 1}"
        merged.told.append(
            Edited(block.grid.name, cell, who, "added", "", row_told(sheet, new, i, lang), "data")
        )
    return new.assign(**{PLACE: [number for number, _ in free[: len(new)]]})


# records


def _records(desk: Desk, table: str) -> None:
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
    _keep(desk, merged, new_rows(desk, merged, new))


def _refuse(desk: Desk, rows: pd.DataFrame) -> None:
    """These sales are not in the book."""
    desk.refused = (desk.refused[0] + len(rows), desk.refused[1] + int(rows["cents"].sum()))


def _unclear(desk: Desk, merged: Merged, raw: pd.DataFrame, pairs: Any) -> None:
    """Lines of an order whose product the book does not know: another line, or the old one anew? Told."""
    sheet, lang = merged.sheet, desk.source.lang
    for at, was in pairs.tolist():
        who, said = str(raw["customer_id"].iloc[at]), row_told(sheet, raw, at, lang)
        stood = row_told(sheet, sheet.base, was, lang)
        merged.told.append(Edited(sheet.block.grid.name, "", who, "conflict", stood, stood, "data", said))
    if sheet.table == "transactions":
        _refuse(desk, raw.iloc[pairs[:, 0]])


def _standing(desk: Desk, merged: Merged, new: pd.DataFrame) -> pd.DataFrame:
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
