"""A customer's row that was copied and pasted: the copy goes, if nothing in it is other than in the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetgen.workbook.regrade.grids import number_of, place, text_of

if TYPE_CHECKING:
    from sheetgen.workbook.patch.view import Cell
    from sheetgen.workbook.regrade.blocks import Block
    from sheetgen.workbook.regrade.meant import Meant


def doubled(meant: Meant, block: Block) -> None:
    """Empty the copies on 客户信息, and give numbers that a copy overwrote back to their rows.

    Rows of one customer that differ stay: nobody knows which one counts.
    """
    grid, own, key = block.grid, block.columns["customer_id"], block.columns["key"]
    width = grid.columns
    first: dict[str, int] = {}
    copies: list[int] = []
    keys: dict[int, float] = {}
    for row in range(block.first, grid.height):
        number = number_of(grid.at(row, key))
        if number is not None:
            keys[row] = number
        if words := text_of(grid.at(row, own)):
            if words in first:
                copies.append(row)
            first.setdefault(words, row)
    equal = [
        row
        for row in copies
        if all(
            _told(grid.at(row, col)) == _told(grid.at(first[text_of(grid.at(row, own))], col))
            for col in range(width)
            if col != key
        )
    ]
    if not equal:
        return
    own_key = {row: _key_of(keys, row, first[text_of(grid.at(row, own))]) for row in equal}
    taken = {keys[row] for row in keys if own_key.get(row, True)}
    missing = (n for n in range(1, round(max(keys.values(), default=0))) if float(n) not in taken)
    for row in equal:
        for col in range(width):
            cell = grid.at(row, col)
            if col != key and cell.formula is None and cell.kind:
                meant.put_at(block, row, col, None)
        if not own_key[row]:
            meant.put_at(block, row, key, next(map(float, missing), None))
        meant.tell("SG508", block, row, "customer_id", first=place(first[text_of(grid.at(row, own))], own))


def _key_of(keys: dict[int, float], row: int, first: int) -> bool:
    """Whether a copy has a number of its own."""
    return row in keys and keys[row] != keys.get(first)


def _told(cell: Cell) -> object:
    """What counts of a cell: what somebody wrote, not what a formula shows."""
    return None if cell.formula is not None or not cell.kind else cell.value
