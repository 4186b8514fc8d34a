"""Records that stand twice: which are the same record again, and which are merely alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sheetgen.ingest.fates import same_file
from sheetgen.ingest.stack import Stack, same_records

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd


@dataclass(frozen=True)
class Doubles:
    """``again``: the same record once more, to be left out. ``alike``: equal in all cells, yet maybe real."""

    same_file: npt.NDArray[np.bool_]
    again: npt.NDArray[np.bool_]
    alike: npt.NDArray[np.bool_]


def find_doubles(stack: Stack, order_id: npt.NDArray[Any] | None) -> Doubles:
    """Compare all cells of all records of a stack.

    A repeated record is left out only if it has an order id and either its file has one line an order, or an
    earlier file holds that record as often (overlapping exports). Two equal purchases without an order id, or
    two equal lines of one order, happen in life and stay.
    """
    import numpy as np
    import pandas as pd

    n = len(stack.cells)
    whole_file = np.isin(stack.part, np.flatnonzero(same_file(stack)))
    again = np.zeros(n, dtype=bool)
    if not n:
        return Doubles(whole_file, again, again)
    record = same_records(stack.cells)
    mine = pd.DataFrame({"record": record, "part": stack.part})
    within = mine.duplicated().to_numpy()
    if order_id is not None:
        known = order_id != ""
        single = _single_lines(stack, pd.Series(order_id), known & ~within)
        again = known & within & single[stack.part]
        if len(stack.tables) > 1:
            mine["nth"] = mine.groupby(["record", "part"]).cumcount()
            again |= known & mine.duplicated(["record", "nth"]).to_numpy()
    repeated = pd.Series(record).duplicated().to_numpy()
    return Doubles(whole_file, again & ~whole_file, repeated & ~again & ~whole_file)


def _single_lines(
    stack: Stack, order_id: pd.Series[Any], counted: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    import numpy as np

    return np.array(
        [not order_id[counted & stack.where(p)].duplicated().any() for p in range(len(stack.tables))]
    )
