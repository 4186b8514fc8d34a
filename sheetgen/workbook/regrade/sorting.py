"""When the rows of a detail sheet are put in order again, and which order that is: by customers' numbers, as
people's own sort by that column leaves them. Rows without one stay below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

from sheetgen.workbook.layout import FIRST, LOOSE_LIMIT
from sheetgen.workbook.patch.edits import Append, Constant
from sheetgen.workbook.patch.refs import Area
from sheetgen.workbook.regrade.source import limit_of, parts_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from sheetgen.workbook.patch.order import Order
    from sheetgen.workbook.regrade.compared import Compared
    from sheetgen.workbook.regrade.source import Source

NUMBERS = "row_numbers"
"""the workbook's name of 1, 2, 3 …, as many as one customer has rows in order"""


@dataclass(frozen=True)
class Standing:
    """The rows of a detail sheet from its first one on: ``numbers`` of customers, NaN for none; ``filled``:
    whether anything is in the row; ``low``, ``high``: the numbers of the customers who stand on this sheet,
    from the one up to the other."""

    first: int
    numbers: npt.NDArray[Any]
    filled: npt.NDArray[Any]
    low: float = -inf
    high: float = inf

    @property
    def outside(self) -> int:
        """The rows outside the part that is in order, and those in it that have no number."""
        import numpy as np

        used = np.flatnonzero(self.filled | ~np.isnan(self.numbers))
        keyed = np.flatnonzero(~np.isnan(self.numbers))
        if not len(keyed):
            return int(used[-1]) + 1 if len(used) else 0
        before, after = np.nan_to_num(self.numbers[: keyed[-1]]), self.numbers[1 : keyed[-1] + 1]
        falls = np.flatnonzero((after < before) | (after >= self.high))
        end = int(falls[0]) + 1 if len(falls) else int(keyed[-1]) + 1
        return int(used[-1]) + 1 - end + self.loose

    @property
    def loose(self) -> int:
        """The rows among numbered ones that have none."""
        import numpy as np

        keyed = np.flatnonzero(~np.isnan(self.numbers))
        return int(np.isnan(self.numbers[: keyed[-1]]).sum()) if len(keyed) else 0

    @property
    def longest(self) -> int:
        """The most rows with one number."""
        import numpy as np

        counts = np.unique(self.numbers[~np.isnan(self.numbers)], return_counts=True)[1]
        return int(counts.max(initial=0))

    def order(self, sheet: str) -> Order:
        """By number, as they stand within one; then the rows of customers of other sheets, those without a
        number, and the empty ones."""
        import numpy as np

        from sheetgen.workbook.patch.order import Order

        none = np.isnan(self.numbers)
        mine = (self.numbers >= self.low) & (self.numbers < self.high)
        rank = np.where(mine, self.numbers, 0)
        at = np.lexsort((np.arange(len(rank)), rank, none & ~self.filled, none, ~mine))
        return Order(sheet, self.first, at + self.first)


def firsts_of(source: Source, sheet: Compared) -> list[float]:
    """The number of the first customer of each sheet of a table, and none beyond the last."""
    parts = parts_of(source).get(sheet.table, ())
    return [-inf, *(float(part.key) for part in parts[1:]), inf]


def standings_of(source: Source, sheet: Compared) -> tuple[Standing, ...]:
    """The rows of each sheet of a detail table as they are."""
    import numpy as np

    found, ends = [], firsts_of(source, sheet)
    for number, block in enumerate(sheet.blocks):
        numbers = block.grid.numbers(block.columns["key"])[block.first :]
        filled = np.zeros(len(numbers), dtype=bool)
        filled[sheet.rows[sheet.homes == number] - block.first] = True
        found.append(Standing(block.first, numbers, filled, *ends[number : number + 2]))
    return tuple(found)


def out_of_room(source: Source, sheet: Compared, more: Sequence[int]) -> tuple[bool, ...]:
    """Sheet by sheet, whether as many rows below the others as ``more`` says would be more than the book can
    look up one by one."""
    limit, now = limit_of(source, sheet.table), standings_of(source, sheet)
    outside = sum(one.outside for one in now) + sum(more)
    whole = sum(len(one.numbers) for one in now) + sum(more)
    return tuple(
        bool(limit and count and whole > limit and (outside > limit or one.loose > LOOSE_LIMIT))
        and block.header == FIRST - 2
        for one, block, count in zip(now, sheet.blocks, more, strict=True)
    )


def numbers_for(source: Source, longest: int) -> Append | None:
    """More of the numbers that formulas count a customer's rows by, where there are too few."""
    found = source.named().get(NUMBERS)
    if found is None:
        return None
    sheet, first, col, last = found
    size = last - first + 1
    if longest <= size:
        return None
    return Append(
        sheet, Area(first, col, last, col), [{col: Constant(float(n))} for n in range(size + 1, longest + 1)]
    )
