"""Customers whose whole row was pasted from another book: they came with the number that they had there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetgen.workbook.regrade.grids import place
from sheetgen.workbook.written import STATE_KEY, read_written

if TYPE_CHECKING:
    from sheetgen.workbook.regrade.blocks import Block
    from sheetgen.workbook.regrade.meant import Meant
    from sheetgen.workbook.regrade.source import Source


def pasted(meant: Meant, source: Source, customers: Block, tiers: Block) -> None:
    """Give those on 客户信息 whom the book was not written with a number that is free (SG539): where theirs
    is another customer's, or 客户级别 has no row for it. The number that the paste overwrote is free again.
    """
    import numpy as np

    grid, key = customers.grid, customers.columns["key"]
    ids, numbers = grid.words(customers.columns["customer_id"]), grid.numbers(key)
    rows = customers.first + np.flatnonzero(~np.isnan(numbers[customers.first :]))
    graded = tiers.grid.numbers(tiers.columns["key"])[tiers.first :]
    there, of, often = np.unique(numbers[rows], return_inverse=True, return_counts=True)
    odd = rows[(ids[rows] != "") & ((often[of] > 1) | ~np.isin(numbers[rows], graded))]
    written = f"{STATE_KEY}customers"
    if not len(odd) or written not in source.state:
        return
    base = read_written({written: source.state[written]})["customers"]
    known = {str(customer).casefold() for customer in base["customer_id"].tolist()}
    left = dict(zip(there.tolist(), often.tolist(), strict=True))
    free = iter(np.setdiff1d(graded[~np.isnan(graded)], there).tolist())
    for row in odd.tolist():
        customer, number = str(ids[row]), float(numbers[row])
        own = left[number] == 1 and number in graded
        if own or customer.casefold() in known or key in meant.cells.get(grid.name, {}).get(row, {}):
            continue
        if (other := next(free, None)) is None:
            return
        left[number] -= 1
        meant.put_at(customers, row, key, other)
        meant.tell("SG539", customers, row, "customer_id", number=place(row, key), customer=customer)
