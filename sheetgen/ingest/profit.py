"""What each record of the transactions earned, where the data tell.

A record that counts net of its own refund keeps its profit in the same proportion. A cell that cannot be
read (SG450) leaves the profit unknown; the record counts all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sheetgen.ingest.amounts import Worth, read_column
from sheetgen.ingest.fates import Verdict
from sheetgen.ingest.money import Rates
from sheetgen.ingest.refunds import Settled
from sheetgen.ingest.stack import Stack
from sheetgen.scheme.rounding import round_half_away

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

PROFIT: Final = "profit"


def read_profit(
    stack: Stack, worth: Worth, settled: Settled, rates: Rates
) -> tuple[dict[str, npt.NDArray[np.float64]], list[Verdict]]:
    """The column of profits in cents (NaN: unknown), by its name; none where no table has one."""
    import numpy as np

    if PROFIT not in stack.cells:
        return {}, []
    profit = np.full(len(stack.cells), np.nan)
    odd = np.zeros(len(profit), bool)
    at = 0
    for part, table in enumerate(stack.tables):
        rows = slice(at, at + len(table.frame))
        at = rows.stop
        if not stack.has(part, PROFIT):
            continue
        told = read_column(stack, part, rows, PROFIT, rates)
        profit[rows] = np.where(told.has(""), told.cents, np.nan)
        odd[rows] = ~told.has("", "blank")
    gross, net = worth.money.cents, settled.net
    with np.errstate(divide="ignore", invalid="ignore"):
        left = round_half_away(profit * (settled.cents / gross), 0)
    return {PROFIT: np.where(net, left, profit)}, [Verdict("SG450", "used", odd, PROFIT)]
