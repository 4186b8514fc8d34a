"""When the rows of a detail sheet are put in order again, and which order that is: by customers' numbers, as
people's own sort by that column leaves them. Rows without one stay below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sheetgen.workbook.layout import FIRST, LOOSE_LIMIT
from sheetgen.workbook.patch.edits import Append, Constant
from sheetgen.workbook.patch.refs import Area
from sheetgen.workbook.regrade.source import limit_of

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
    whether anything is in the row."""

    first: int
    numbers: npt.NDArray[Any]
    filled: npt.NDArray[Any]

    @property
    def outside(self) -> int:
        """The rows outside the part that is in order, and those in it that have no number."""
        import numpy as np

        used = np.flatnonzero(self.filled | ~np.isnan(self.numbers))
        keyed = np.flatnonzero(~np.isnan(self.numbers))
        if not len(keyed):
            return int(used[-1]) + 1 if len(used) else 0
        before = np.nan_to_num(self.numbers[: keyed[-1]])
        falls = np.flatnonzero(self.numbers[1 : keyed[-1] + 1] < before)
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
        """By number, as they stand within one; then the rows without, then the empty ones."""
        import numpy as np

        from sheetgen.workbook.patch.order import Order

        none = np.isnan(self.numbers)
        rank = np.where(none, np.inf, self.numbers)
        at = np.lexsort((np.arange(len(rank)), rank, none & ~self.filled))
        return Order(sheet, self.first, at + self.first)


def standing_of(sheet: Compared) -> Standing:
    """The rows of a detail sheet as they are."""
    import numpy as np

    block = sheet.block
    numbers = block.grid.numbers(block.columns["key"])[block.first :]
    filled = np.zeros(len(numbers), dtype=bool)
    filled[sheet.rows - block.first] = True
    return Standing(block.first, numbers, filled)


def out_of_room(source: Source, sheet: Compared, more: int) -> bool:
    """Whether ``more`` rows below the others would be more than the book can look up one by one."""
    limit = limit_of(source, sheet.table)
    if not limit or sheet.block.header != FIRST - 2:
        return False
    now = standing_of(sheet)
    whole = len(now.numbers) + more
    return whole > limit and (now.outside + more > limit or now.loose > LOOSE_LIMIT)


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
