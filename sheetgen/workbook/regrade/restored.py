"""Customers whose row staff took away: it comes back, for a customer leaves by the mark in 已删除 alone.

On 客户信息 the row as it was written, with its number, so that sales, override and remarks are the customer's
again; on 客户级别 and 客户偏好 what staff had written there when the book was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sheetgen.grading.coding import EPOCH, column_of
from sheetgen.model import Issue
from sheetgen.scheme.tables import data_tables
from sheetgen.siblings import Look as Asked
from sheetgen.siblings import nowhere, settled
from sheetgen.workbook.blank.filled import is_blank
from sheetgen.workbook.patch.edits import Append, Constant, Edit, Edits
from sheetgen.workbook.regrade.blocks import Block, block_of, graded_headers, headers_of, optional_of
from sheetgen.workbook.regrade.compared import value_of
from sheetgen.workbook.regrade.edited import Edited
from sheetgen.workbook.regrade.grids import place, text_of
from sheetgen.workbook.regrade.headed import plan_of
from sheetgen.workbook.regrade.listed import base_in
from sheetgen.workbook.regrade.placed import placed_below, prepared_end
from sheetgen.workbook.regrade.taken import typed_in
from sheetgen.workbook.sheets.base import WRITTEN, staff_fields
from sheetgen.workbook.written import EXTRA, PLACE, STATE_KEY, read_written

if TYPE_CHECKING:
    from sheetgen.workbook.regrade.source import Source

CUSTOMERS = "customers"


@dataclass
class Restored:
    """Cells to write, rows to add below, and what is told."""

    cells: dict[str, dict[int, dict[int, Edit]]] = field(default_factory=dict)
    append: list[Append] = field(default_factory=list)
    told: list[Edited] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)
    """customer -> the other book of the split that holds them now; their row stays away"""

    def tell(self, code: str, sheet: str, cell: str, customer: str) -> None:
        """Tell of a customer."""
        facts = (("sheet", sheet), ("cell", cell))
        self.issues.append(Issue(code, "warning", f"#{sheet}", value=customer, facts=facts))


def with_restored(
    source: Source, look: Callable[[str, bytes], object], elsewhere: Asked = nowhere
) -> tuple[Source, Restored]:
    """The book with the rows that are missing, proved to be the same else.

    ``elsewhere`` tells who stands in another book of the split. Raises InputError (SG523), ReconcileError
    (SG533).
    """
    found = as_written(source, elsewhere)
    return source.patched(Edits(found.cells, append=tuple(found.append)), look), found


def as_written(source: Source, elsewhere: Asked = nowhere) -> Restored:
    """Everything that is missing. Raises InputError (SG523) where a column of ours is gone."""
    found, key = Restored(), STATE_KEY + CUSTOMERS
    written = read_written({key: source.state[key]} if key in source.state else {})
    if CUSTOMERS not in written or is_blank(source.state):
        return found
    block = _block(source, CUSTOMERS)
    there = _customers(found, source, block, written[CUSTOMERS], elsewhere)
    _tiers(found, source, there)
    _preferences(found, source, [e.customer for e in found.told if e.sheet == block.grid.name])
    return found


def moved_told(edits: Iterable[Edited], moved: Mapping[str, str], sheet: str) -> tuple[Edited, ...]:
    """``edits``, where a customer who ``moved`` is no deleted one of 客户信息, the ``sheet``."""
    return tuple(
        replace(e, kind="moved", now=moved[e.customer])
        if (e.kind, e.sheet) == ("deleted", sheet) and e.customer in moved
        else e
        for e in edits
    )


def _block(source: Source, table: str) -> Block:
    headers = headers_of(table, source.scheme, source.lang)
    return block_of(source.grid(table), table, headers, optional_of(table))


def _customers(
    found: Restored, source: Source, block: Block, base: Any, elsewhere: Asked
) -> dict[float, str]:
    """Put back the rows of 客户信息. Number -> customer, of all who stand there then."""
    import numpy as np

    grid, name = block.grid, block.grid.name
    ids, numbers = grid.words(block.columns["customer_id"]), grid.numbers(block.columns[PLACE])
    filled = typed_in(block, data_tables()[CUSTOMERS].fields) | (ids != "")
    filled[: block.first] = False
    known = {str(word).casefold() for word in ids[filled].tolist()}
    taken = set(numbers[filled & ~np.isnan(numbers)].tolist())
    free = np.flatnonzero(~filled & ~np.isnan(numbers) & (np.arange(grid.height) >= block.first)).tolist()
    row_of = {float(numbers[row]): row for row in free}
    wanted = base[PLACE].astype("float64")
    written = set(wanted.tolist())
    gone = base[~wanted.isin(taken) & ~base["customer_id"].str.casefold().isin(known)]
    if len(gone):
        found.moved, issues = settled(gone["customer_id"].tolist(), elsewhere, name, f"#{name}")
        found.issues += issues
        gone = gone[~gone["customer_id"].isin(found.moved)]
    spare = [row for row in free if float(numbers[row]) not in written]
    rows = zip(numbers[filled].tolist(), ids[filled].tolist(), strict=True)
    there = {float(number): str(words) for number, words in rows if words}
    for one in gone.to_dict("records"):
        number, customer = float(one[PLACE]), str(one["customer_id"])
        row = row_of[number] if number in row_of else spare.pop(0) if spare else None
        if row is None:
            found.tell("SG554", name, "", customer)
            continue
        cells = found.cells.setdefault(name, {}).setdefault(row, {})
        cells |= dict(_cells(source, block, one))
        if number not in row_of:
            cells[block.columns[PLACE]] = Constant(number)
        cell = place(row, block.columns["customer_id"])
        there[number] = customer
        found.told.append(Edited(name, cell, customer, "deleted", customer, customer))
        found.tell("SG551", name, cell, customer)
    return there


def _cells(source: Source, block: Block, row: Mapping[Any, Any]) -> Iterator[tuple[int, Edit]]:
    """A row of 客户信息 as it was written."""
    heads = {text_of(cell): col for col, cell in block.grid.cells.get(block.header, {}).items()}
    fields = data_tables()[CUSTOMERS].fields
    for key, declared in fields.items():
        if key in block.columns and column_of(key) in row:
            value = value_of(declared, row[column_of(key)], source.lang)
            if value is not None:
                yield block.columns[key], Constant(value)
    for name, words in row.items():
        if str(name).startswith(EXTRA) and words and (col := heads.get(str(name).removeprefix(EXTRA))):
            yield col, Constant(str(words))


def _tiers(found: Restored, source: Source, there: Mapping[float, str]) -> None:
    """A row of 客户级别 for each customer who has none: a prepared one gets the customer's number."""
    import numpy as np

    headers = graded_headers(plan_of(source), "tiers", source.scheme)
    block = block_of(source.grid("tiers"), "tiers", headers)
    grid, inputs = block.grid, [i.id for i in source.scheme.inputs]
    numbers = grid.numbers(block.columns[PLACE])
    known = set(numbers[~np.isnan(numbers)].tolist())
    lacking = [number for number in there if number > 0 and number not in known]  # NaN: without one
    if not lacking:
        return
    base = base_in(source)
    lacking = [number for number in lacking if there[number] in base.rows]
    used = np.logical_or.reduce([grid.typed(block.columns[key]) for key in inputs])
    spare = [
        row
        for row in np.flatnonzero(~np.isnan(numbers) & ~used).tolist()
        if row >= block.first and float(numbers[row]) not in there
    ]
    for number in lacking:
        customer = there[number]
        if not spare:
            found.tell("SG554", grid.name, "", customer)
            continue
        row = spare.pop(0)
        cells = found.cells.setdefault(grid.name, {}).setdefault(row, {})
        cells[block.columns[PLACE]] = Constant(number)
        for key in (k for k in WRITTEN if k in block.columns):
            value = base.rows[customer].get(f"tiers.{key}")
            if isinstance(value, float):
                cells[block.columns[key]] = Constant(EPOCH + timedelta(days=int(value)))
            elif value:
                cells[block.columns[key]] = Constant(str(value))
        cell = place(row, block.columns["customer_id"])
        found.told.append(Edited(grid.name, cell, customer, "deleted", customer, customer))
        found.tell("SG555", grid.name, cell, customer)


def _preferences(found: Restored, source: Source, restored: list[str]) -> None:
    """What staff recorded of the restored customers, where their row on 客户偏好 is gone too."""
    if not restored or not source.names.get("preferences"):
        return
    block, base = _block(source, "preferences"), base_in(source)
    column = block.grid.words(block.columns["customer_id"])
    known = {str(word).casefold() for word in column[block.first :].tolist()}
    keys = [key for table, key in staff_fields() if table == "preferences" and key in block.columns]
    lines: list[dict[int, Edit]] = []
    for customer in restored:
        words = {key: base.text(customer, f"preferences.{key}") for key in keys}
        if customer.casefold() not in known and any(words.values()):
            told = {"customer_id": customer, **words}
            lines.append({block.columns[k]: Constant(said) for k, said in told.items() if said})
    if lines:
        filled = (column != "").nonzero()[0].tolist()
        last = max([block.header, *filled[-1:]])
        end = prepared_end(source, block)
        cells, more = placed_below(block, (last + 1, max(end, last)), block.columns.values(), lines)
        for row, line in cells.items():
            found.cells.setdefault(block.grid.name, {}).setdefault(row, {}).update(line)
        found.append += more
