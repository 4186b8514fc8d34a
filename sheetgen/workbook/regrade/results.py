"""What every formula of ours shows now, cell by cell as the book stands; formulas typed over come back.

A table's rows are met by the customer they show, single cells by the shape of their formula. What only a
spreadsheet can tell gets no result, and is computed as the book is opened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sheetgen.workbook.book import Column, Table
from sheetgen.workbook.patch.edits import Cached, Edit, Formula
from sheetgen.workbook.regrade.grids import copied, number_of, place, shape_of, text_of
from sheetgen.workbook.regrade.live import live_cells
from sheetgen.workbook.regrade.noted import UNKNOWN, Results, TypedOver, moved, plain, said
from sheetgen.workbook.regrade.single import renamed, single_cells

if TYPE_CHECKING:
    from sheetgen.workbook.book import Book
    from sheetgen.workbook.patch.view import Cell
    from sheetgen.workbook.regrade.blocks import Block
    from sheetgen.workbook.regrade.work import Worked

Values = Mapping[int, Any]
"""sheet row -> value"""


def results_of(worked: Worked, book: Book, same: bool = True) -> Results:
    """``book`` is composed from ``worked.content``; its values go to the cells that hold its formulas now.

    ``same``: whether this very version wrote the book; else formulas may have been others.
    """
    found = Results(same=same)
    live = live_cells(worked, book)
    for sheet in book.sheets:
        name = worked.source.names.get(sheet.id, "")
        if not name:
            continue
        grid = worked.source.grid(sheet.id)
        if sheet.table is not None and sheet.id in worked.blocks:
            _table(found, worked, worked.blocks[sheet.id], sheet.table)
        if any(cell.formula is not None for cell in sheet.cells.values()):
            single_cells(
                found,
                grid,
                sheet,
                live,
                bool(worked.doubtful) or (sheet.id == "overview" and renamed(grid, sheet)),
            )
    if found.lost:
        for rows in found.cells.values():
            for row, cells in rows.items():
                rows[row] = {col: _unknown(edit) for col, edit in cells.items()}
    return found


def _unknown(edit: Edit) -> Edit:
    return Formula(edit.text) if isinstance(edit, Formula) else Cached(None)


def _table(found: Results, worked: Worked, block: Block, table: Table) -> None:
    for column in table.columns:
        if column.formula is None or column.id not in block.columns:
            continue
        _restore(found, block, column, _values(worked, block.sheet_id, column))


def _values(worked: Worked, sheet_id: str, column: Column) -> tuple[Values, Mapping[int, str]]:
    """Sheet row -> what the column shows, and the customer of each row, for reports."""
    content, people = worked.content, worked.people
    shown = [plain(v) for v in list(column.values)]
    if sheet_id.startswith("tail_"):
        return _tail(worked, sheet_id, column, shown), {}
    if sheet_id in worked.records:
        return _derived(worked, sheet_id, shown), {}
    spare = shown[content.n] if len(shown) > content.n else ""
    index = {customer: i for i, customer in enumerate(people.ids)}
    by_row = dict(zip(people.rows, people.ids, strict=True))
    rows: Iterable[int] = worked.scored
    if sheet_id == "tiers":
        block = worked.blocks["tiers"]
        keys = block.grid.cells
        rows = [
            r
            for r in keys
            if r >= block.first and number_of(block.grid.at(r, block.columns["key"])) is not None
        ]
        by_row = dict(worked.tier_rows)
    special = _special(worked, sheet_id, column.id)
    values: dict[int, Any] = {}
    for row in rows:
        customer = by_row.get(row, "")
        if special is not None:
            values[row] = special(row)
        else:
            values[row] = shown[index[customer]] if customer else spare
        if customer in worked.doubtful and sheet_id != "customers":
            values[row] = UNKNOWN
    return values, by_row


def _special(worked: Worked, sheet_id: str, column: str) -> Callable[[int], Any] | None:
    """Columns whose value is a matter of the row: numbers, slices, links."""
    people, first = worked.people, worked.scored.start
    grid, block = worked.source.grid("customers"), worked.blocks["customers"]
    if sheet_id == "tiers" and column == "row":
        own = worked.blocks["tiers"]
        of = {key: row for row, key in people.spare_keys.items()}
        return lambda row: float(
            people.row_of[worked.tier_rows[row]]
            if row in worked.tier_rows
            else of.get(number_of(own.grid.at(row, own.columns["key"])) or 0.0, 0)
        )
    if sheet_id == "scores" and column == "key":
        return lambda row: number_of(grid.at(row, block.columns["key"])) or 0.0
    if sheet_id == "scores" and column == "customer_id":
        return lambda row: _raw(grid.at(row, block.columns["customer_id"]))
    table, _, helper = column.rpartition("_")
    if sheet_id == "scores" and table in worked.machines and helper in worked.machines[table].slices:
        return lambda row: float(worked.machines[table].slices[helper][row - first])
    table = column.removeprefix("to_")
    if sheet_id == "customers" and table in worked.machines:
        label = worked.content.say(f"to_{table}")
        return lambda row: label if worked.machines[table].slices["n"][row - first] else ""
    return None


def _derived(worked: Worked, table: str, shown: list[Any]) -> Values:
    """A derived column of a detail sheet: counted rows, empty rows, and those that are held back."""
    block, counted = worked.blocks[table], worked.records[table].rows
    date_col = block.columns["date"]
    values: dict[int, Any] = {row: shown[i] for i, row in enumerate(counted)}
    for row in block.grid.cells:
        if row >= block.first and row not in values:
            values[row] = "" if number_of(block.grid.at(row, date_col)) is None else UNKNOWN
    return values


def _tail(worked: Worked, sheet_id: str, column: Column, idle: list[Any]) -> Values:
    """A column of a tail sheet, by its rows from the first one below the header."""
    table, block = sheet_id.removeprefix("tail_"), worked.blocks[sheet_id]
    machine, source = worked.machines[table], worked.blocks[table]
    derived = {f.id for f in worked.content.layout.fields(table) if f.value}
    first, scored = block.first, worked.scored
    values = {first + i: value for i, value in enumerate(idle)}
    for i, (row, at, who) in enumerate(machine.listed):
        known = {"row": row, "found": at, "who": who}
        if column.id in known:
            values[first + i] = float(known[column.id])
        elif column.id in ("first", "last"):
            place_of = who - 1 - scored.start
            there = who and machine.slices["n"][place_of]
            values[first + i] = float(machine.slices[column.id][place_of]) if there else 0.0
        elif column.id in derived or column.id not in source.columns:
            values[first + i] = UNKNOWN if who else idle[i]
        elif who:
            cell = source.grid.at(row - 1, source.columns[column.id])
            values[first + i] = _looked_up(cell, idle[i], column, row)
    return values


def _looked_up(cell: Cell, idle: Any, column: Column, row: int) -> Any:
    if idle != "":
        number = number_of(cell)
        return idle if number is None else number
    words = text_of(cell)
    if words:
        return words
    from sheetgen.workbook.formulas import NO_ORDER, NO_WORD

    return f"{NO_ORDER}{row}" if f'"{NO_ORDER}"&' in (column.formula or "") else NO_WORD


def _restore(found: Results, block: Block, column: Column, told: tuple[Values, Mapping[int, str]]) -> None:
    values, customers = told
    grid, col = block.grid, block.columns[column.id]
    shapes = {row: grid.shape(row, col) for row in values}
    ours = Counter(shape for shape in shapes.values() if shape is not None).most_common(1)
    declared = shape_of(column.formula or "")
    wanted = ours[0][0] if ours else declared
    model = next((row for row, shape in shapes.items() if shape == wanted), None)
    template = (column.formula or "").replace("{r}", str((model or 0) + 1))
    if (not found.same and wanted != declared) or (model is not None and moved(grid, (model, col), template)):
        found.lost = True
        found.strange.append((grid.name, place(block.header, col)))
        values = dict.fromkeys(values, UNKNOWN)
    for row, value in values.items():
        result = None if value is UNKNOWN else value
        cell = grid.at(row, col)
        if shapes[row] == wanted:
            found.put(grid.name, row, col, Cached(result))
            continue
        if block.sheet_id not in ("scores", "tiers") and cell.formula is None and cell.kind == "":
            continue  # a row of staff's own, below the prepared ones or among them
        text = (column.formula or "").replace("{r}", str(row + 1))
        if model is not None:
            text = copied(grid.formula(model, col) or "", row - model)
        found.put(grid.name, row, col, Formula(text, result))
        typed = f"={grid.formula(row, col)}" if cell.formula is not None else text_of(cell)
        found.typed_over.append(
            TypedOver(grid.name, place(row, col), customers.get(row, ""), typed, said(result))
        )


def _raw(cell: Cell) -> Any:
    number = number_of(cell)
    return text_of(cell) if number is None else number
