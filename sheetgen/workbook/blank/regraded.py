"""The sorted list of a blank book worked out for the rows it was filled with: the twin of blank/tail.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.blank.sheets import STATUS
from sheetgen.workbook.blank.tail import STEP
from sheetgen.workbook.formulas import MISSING, NO_ORDER, NO_WORD
from sheetgen.workbook.patch.edits import Cached
from sheetgen.workbook.regrade.grids import number_of, text_of
from sheetgen.workbook.regrade.taken import NUMBERS

if TYPE_CHECKING:
    import numpy.typing as npt

    from sheetgen.workbook.regrade.machine import Machine
    from sheetgen.workbook.regrade.noted import Results
    from sheetgen.workbook.regrade.taken import People
    from sheetgen.workbook.regrade.work import Worked


def in_slices(machine: Machine, people: People, scored: range, size: int) -> Machine:
    """``machine`` with the slices of the sorted list, a number a row of 价值评分 (``scored``, from 1)."""
    import numpy as np

    who, sheet_rows = _slots(machine, size)[0], np.asarray(scored, dtype=np.float64)
    first = np.searchsorted(who, sheet_rows - 0.5, side="right") + 2.0
    last = np.searchsorted(who, sheet_rows + 0.5, side="right") + 1.0
    named = np.isin(sheet_rows, [row + 1 for row in people.rows])
    n = np.where(named & (last >= first), last - first + 1, 0.0)
    none = np.zeros(len(scored))
    return replace(machine, slices={"first": first, "last": last, "n": n, "wrong": none, "loose": none})


def put_status(found: Results, worked: Worked) -> None:
    """The line on 总览 where dates or amounts are no numbers."""
    content, grid = worked.content, worked.source.grid("overview")
    lacking = _lacking(worked)
    known = any(m.controls["open"] or m.controls["gate"] for m in worked.machines.values())
    if content.n and lacking and not known and grid.at(*STATUS).formula is not None:
        found.put(grid.name, *STATUS, Cached(f"{lacking}{content.say('status_lacking')}"))


def _lacking(worked: Worked) -> int:
    """The twin of lacking_formula."""
    import numpy as np

    found = 0
    for table, machine in worked.machines.items():
        block = worked.blocks[table]
        for column in ("date", *(["amount"] if table == "transactions" else [])):
            numbers = int((~np.isnan(block.grid.numbers(block.columns[column]))).sum())
            found += max(0, int(machine.controls["rows"]) - numbers)
    return found


def _slots(machine: Machine, size: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Of each row of the sorted list: the customer's row (0: nobody, or idle), and its slot's number."""
    import numpy as np

    ranks = [who * STEP + i for i, (_, _, who) in enumerate(machine.listed[:size], 2)]
    slots = np.zeros(size)
    if ranks:
        slots[size - len(ranks) :] = np.sort(np.asarray(ranks, dtype=np.float64))
    return np.floor(slots / STEP), slots


def put_lists(found: Results, worked: Worked) -> None:
    """Every cell of the sorted lists; what is worked out in a row is left to the spreadsheet."""
    for table, machine in worked.machines.items():
        block = worked.blocks[f"tail_{table}"]
        size = worked.content.layout.tail_rows(table)
        for column, values in _columns(worked, table, machine, size).items():
            col = block.columns[column]
            for i, value in enumerate(values):
                found.put(block.grid.name, block.first + i, col, Cached(value))


def _columns(worked: Worked, table: str, machine: Machine, size: int) -> dict[str, Iterable[Any]]:
    """Column -> its values, None for what only a spreadsheet can tell."""
    import numpy as np

    who, slots = _slots(machine, size)
    given = np.zeros((size, 3))
    given[: len(machine.listed)] = np.asarray(machine.listed[:size] or np.zeros((0, 3)))
    rank = np.where(given[:, 0] > 0, given[:, 2] * STEP + np.arange(2, size + 2), 0.0)
    places = np.where(who > 0, slots - who * STEP, 2).astype(np.int64) - 2
    at = np.where(who > 0, given[places, 0], 0.0)
    found: dict[str, Iterable[Any]] = {
        "row": given[:, 0].tolist(), "found": given[:, 1].tolist(), "whom": given[:, 2].tolist(),
        "rank": rank.tolist(), "slot": slots.tolist(), "who": who.tolist(), "at": at.tolist(),
    }  # fmt: skip
    rows = at.astype(np.int64).tolist()
    for field in worked.content.layout.tail_fields(table):
        found[field] = _looked_up(worked, table, field, rows)
    return found


def _looked_up(worked: Worked, table: str, field: str, rows: list[int]) -> list[Any]:
    """A field of these sheet rows (from 1; 0: idle), as looked_up writes it."""
    source, declared = worked.blocks[table], data_tables()[table].columns[field]
    kind, col = declared.type, source.columns.get(field)
    numeric = kind in NUMBERS or kind == "date"
    idle: Any = (0.0 if kind == "date" else float(MISSING)) if numeric else ""
    if declared.value or col is None:
        return [None if row else idle for row in rows]
    cells = [source.grid.at(row - 1, col) if row else None for row in rows]
    if numeric:
        numbers = [number_of(cell) if cell is not None else None for cell in cells]
        return [idle if number is None else number for number in numbers]
    empty = [f"{NO_ORDER}{row}" if kind == "id" else NO_WORD for row in rows]
    return [idle if cell is None else text_of(cell) or none for cell, none in zip(cells, empty, strict=True)]
