"""What every formula of ours shows now, cell by cell as the book stands; formulas typed over come back.

A table's rows are met by the customer they show, single cells by the shape of their formula. What only a
spreadsheet can tell gets no result, and is computed as the book is opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sheetgen.workbook.book import Column, Table
from sheetgen.workbook.layout import part_id
from sheetgen.workbook.patch.edits import Cached, Edit, Formula
from sheetgen.workbook.regrade.columns import NO_FORMULA, NOTHING
from sheetgen.workbook.regrade.grids import copied, number_of, place, shape_of, text_of
from sheetgen.workbook.regrade.live import live_cells
from sheetgen.workbook.regrade.noted import BROKEN, UNKNOWN, Results, TypedOver, moved
from sheetgen.workbook.regrade.shown import ASKED, Shown, empty, numbers_shown, shown_by, texts_shown
from sheetgen.workbook.regrade.single import renamed, single_cells

if TYPE_CHECKING:
    from sheetgen.workbook.book import Book
    from sheetgen.workbook.patch.view import Cell
    from sheetgen.workbook.regrade.blocks import Block
    from sheetgen.workbook.regrade.grids import Grid
    from sheetgen.workbook.regrade.work import Worked


@dataclass(frozen=True)
class Rows:
    """Rows of a sheet with formulas of ours. ``places``: of each one's customer in the results, -1: nobody;
    ``customers``: theirs, for reports.
    """

    rows: Any
    places: Any
    customers: Mapping[int, str]


def results_of(worked: Worked, book: Book, same: bool = True) -> Results:
    """``book`` is composed from ``worked.content``; its values go to the cells that hold its formulas now.

    ``same``: whether this very version wrote the book; else formulas may have been others. Cells that show
    what they should need no edit.
    """
    found = Results(same=same, date1904=worked.source.package.date1904)
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
        _forget(found, worked)
    return found


def _forget(found: Results, worked: Worked) -> None:
    """No formula of ours has a result any more."""
    for rows in found.cells.values():
        for row, cells in rows.items():
            rows[row] = {col: _unknown(edit) for col, edit in cells.items()}
    for grid in worked.source.grids.values():
        for col, arrays in grid.ours.items():
            kinds = grid.kinds(col)
            for row in (r for rows in arrays for r in rows[kinds[rows] != NOTHING].tolist()):
                found.put(grid.name, row, col, Cached(None))


def _unknown(edit: Edit) -> Edit:
    return Formula(edit.text) if isinstance(edit, Formula) else Cached(None)


def _table(found: Results, worked: Worked, block: Block, table: Table) -> None:
    rows = _rows(worked, block, table.rows)
    for column in table.columns:
        if column.formula is None or column.id not in block.columns:
            continue
        _restore(found, block, column, rows, _shown(worked, block, column, rows))


def _rows(worked: Worked, block: Block, size: int) -> Rows:
    """The rows of a sheet, each sheet in its own way. ``size``: how many the composed table has."""
    import numpy as np

    people, sheet_id, height = worked.people, block.sheet_id, block.grid.height
    nobody: dict[int, str] = {}
    if sheet_id.startswith("tail_"):
        rows = np.arange(block.first, min(height, block.first + size))
        return Rows(rows, rows - block.first, nobody)
    if sheet_id in worked.records:
        counted = np.asarray(worked.records[sheet_id].rows, dtype=np.int64)
        places = np.full(height, -1)
        places[counted] = np.arange(len(counted))
        rows = np.arange(block.first, height)
        return Rows(rows, places[rows], nobody)
    index = {customer: i for i, customer in enumerate(people.ids)}
    if sheet_id == "tiers":
        by_row: Mapping[int, str] = worked.tier_rows
        numbers = block.grid.numbers(block.columns["key"])
        rows = block.first + np.flatnonzero(~np.isnan(numbers[block.first :]))
    else:
        by_row = dict(zip(people.rows, people.ids, strict=True))
        rows = np.arange(worked.scored.start, min(worked.scored.stop, height))
    places = np.asarray([index.get(by_row.get(row, ""), -1) for row in rows.tolist()], dtype=np.int64)
    return Rows(rows, places, by_row)


def _shown(worked: Worked, block: Block, column: Column, rows: Rows) -> Shown:
    """What a column is to show in these rows."""
    import numpy as np

    content, sheet_id = worked.content, block.sheet_id
    shown = shown_by(column, worked.source.package.date1904)
    if sheet_id.startswith("tail_"):
        return _tail(worked, sheet_id, column, shown.take(rows.places))
    if sheet_id in worked.records:
        # a row that is held back has a day, or is nobody's
        told = shown.take(rows.places)
        days = block.grid.numbers(block.columns["date"])[rows.rows]
        told.kinds[(rows.places < 0) & ~np.isnan(days)] = ASKED
        return told
    spare = content.n if len(shown.kinds) > content.n else -1
    special = _special(worked, sheet_id, column.id, rows.rows)
    found = special or shown.take(np.where(rows.places < 0, spare, rows.places))
    if special is None and sheet_id in ("scores", "tiers") and column.id in ("customer_name", "owner"):
        for at in np.flatnonzero(rows.places < 0).tolist():
            found.put(at, _of_nobody(worked, sheet_id, column.id, int(rows.rows[at])))
    if worked.doubtful and sheet_id != "customers":
        asked = [rows.customers.get(row, "") in worked.doubtful for row in rows.rows.tolist()]
        found.kinds[np.asarray(asked, dtype=bool)] = ASKED
    return found


def _special(worked: Worked, sheet_id: str, column: str, rows: Any) -> Shown | None:
    """Columns whose value is a matter of the row: numbers, slices, links."""
    import numpy as np

    people, first = worked.people, worked.scored.start
    grid, block = worked.source.grid("customers"), worked.blocks["customers"]
    if sheet_id == "tiers" and column == "row":
        own = worked.blocks["tiers"]
        of = {key: row for row, key in people.spare_keys.items()}
        keys = np.nan_to_num(own.grid.numbers(own.columns["key"])[rows]).tolist()
        return numbers_shown(
            [
                people.row_of[worked.tier_rows[row]] if row in worked.tier_rows else of.get(key, 0)
                for row, key in zip(rows.tolist(), keys, strict=True)
            ]
        )
    inside = rows[rows < grid.height]
    if sheet_id == "scores" and column == "key":
        numbers = np.zeros(len(rows))
        numbers[: len(inside)] = np.nan_to_num(grid.numbers(block.columns["key"])[inside])
        return numbers_shown(numbers)
    if sheet_id == "scores" and column == "customer_id":
        col, found = block.columns["customer_id"], empty(len(rows))
        words = texts_shown(grid.words(col)[inside].tolist())
        numbers = grid.numbers(col)[inside]
        found.kinds[: len(inside)], found.texts[: len(inside)] = words.kinds, words.texts
        told = np.flatnonzero(~np.isnan(numbers))
        for at in told.tolist():
            found.put(at, float(numbers[at]))
        return found
    table, _, helper = column.rpartition("_")
    if sheet_id == "scores" and table in worked.machines and helper in worked.machines[table].slices:
        return numbers_shown(worked.machines[table].slices[helper][rows - first])
    table = column.removeprefix("to_")
    if sheet_id == "customers" and table in worked.machines:
        label = worked.content.say(f"to_{table}")
        linked = worked.machines[table].slices["n"][rows - first] != 0
        return texts_shown(np.where(linked, label, "").tolist())
    return None


def _of_nobody(worked: Worked, sheet_id: str, column: str, row: int) -> str:
    """The words that a row of 客户信息 without an id hands on all the same."""
    grid, block = worked.source.grid("customers"), worked.blocks["customers"]
    if sheet_id == "tiers":
        own, of = worked.blocks["tiers"], {key: at for at, key in worked.people.spare_keys.items()}
        row = of.get(number_of(own.grid.at(row, own.columns["key"])) or 0.0, 0) - 1
    return text_of(grid.at(row, block.columns[column]))


def _tail(worked: Worked, sheet_id: str, column: Column, idle: Shown) -> Shown:
    """A column of a tail sheet, by its rows from the first one below the header."""
    table = sheet_id.removeprefix("tail_")
    machine, scored = worked.machines[table], worked.scored
    derived = {f.id for f in worked.content.layout.fields(table) if f.value}
    homes = machine.homes or (0,) * len(machine.listed)
    for i, ((row, at, who), number) in enumerate(zip(machine.listed[: len(idle.kinds)], homes, strict=False)):
        source = worked.blocks[part_id(table, number or 1)]
        home = machine.slices["part"][who - 1 - scored.start] if number and who else 0
        known = {"row": row, "found": at, "who": who, "part": number, "home": home}
        if column.id in known:
            idle.put(i, float(known[column.id]))
        elif column.id in ("first", "last"):
            place_of = who - 1 - scored.start
            there = who and machine.slices["n"][place_of]
            idle.put(i, float(machine.slices[column.id][place_of]) if there else 0.0)
        elif column.id in derived or column.id not in source.columns:
            if who:
                idle.put(i, UNKNOWN)
        elif who:
            cell = source.grid.at(row - 1, source.columns[column.id])
            place = f"{number}.{row}" if number else f"{row}"
            idle.put(i, _looked_up(cell, idle.value(i), column, place))
    return idle


def _looked_up(cell: Cell, idle: Any, column: Column, place: str) -> Any:
    if idle != "":
        number = number_of(cell)
        return idle if number is None else number
    words = text_of(cell)
    if words:
        return words
    from sheetgen.workbook.formulas import NO_ORDER, NO_WORD

    return f"{NO_ORDER}{place}" if f'"{NO_ORDER}"&' in (column.formula or "") else NO_WORD


def _commonest(grid: Grid, col: int, rows: Any, codes: Any) -> tuple[str | None, Any]:
    """The shape that most formulas of a column have, and which rows have it; None without any formula."""
    import numpy as np

    _, first, places, counts = np.unique(codes, return_index=True, return_inverse=True, return_counts=True)
    shapes = [grid.shape(int(rows[at]), col) for at in first.tolist()]
    found: dict[str, tuple[int, int]] = {}
    for shape, at, count in zip(shapes, first.tolist(), counts.tolist(), strict=True):
        if shape is not None:
            known, before = found.get(shape, (0, -at))
            found[shape] = known + count, max(before, -at)
    wanted = max(found, key=lambda shape: found[shape]) if found else None
    return wanted, np.asarray([s is not None and s == wanted for s in shapes], dtype=bool)[places]


def _restore(found: Results, block: Block, column: Column, told: Rows, shown: Shown) -> None:
    import numpy as np

    grid, col, rows = block.grid, block.columns[column.id], told.rows
    codes = grid.formulas(col)[rows]
    declared = shape_of(column.formula or "")
    wanted, ours = _commonest(grid, col, rows, codes)
    back = wanted is None or BROKEN in wanted  # the column was deleted, or one that it points at
    if back:
        wanted, ours = None, np.zeros(len(rows), dtype=bool)
    model = int(rows[int(ours.argmax())]) if wanted is not None else None
    template = (column.formula or "").replace("{r}", str((model or 0) + 1))
    if (not found.same and wanted not in (None, declared)) or (
        model is not None and moved(grid, (model, col), template)
    ):
        found.lost = True
        found.strange.append((grid.name, place(block.header, col)))
        shown = replace(shown, kinds=np.full(len(rows), ASKED, dtype=np.uint8))
    grid.ours.setdefault(col, []).append(rows[ours])
    for at in np.flatnonzero(ours & shown.missing(grid, col, rows)).tolist():
        found.put(grid.name, int(rows[at]), col, Cached(shown.value(at)))
    # a row of staff's own, below the prepared ones or among them, has nothing there
    own = (codes == NO_FORMULA) & (grid.kinds(col)[rows] == NOTHING)
    over = ~ours if back or block.sheet_id in ("scores", "tiers") else ~ours & ~own
    for at in np.flatnonzero(over).tolist():
        row = int(rows[at])
        cell = grid.at(row, col)
        text = (column.formula or "").replace("{r}", str(row + 1))
        if model is not None:
            text = copied(grid.formula(model, col) or "", row - model)
        found.put(grid.name, row, col, Formula(text, shown.value(at)))
        if back and (cell.formula is not None or not cell.kind):
            continue  # the column is told of, as a whole
        typed = f"={grid.formula(row, col)}" if cell.formula is not None else text_of(cell)
        found.typed_over.append(
            TypedOver(grid.name, place(row, col), told.customers.get(row, ""), typed, shown.said(at))
        )
