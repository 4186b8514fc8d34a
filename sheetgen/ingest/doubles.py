"""Records that stand twice: which are the same record again, and which are merely alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sheetgen.ingest.fates import same_file
from sheetgen.ingest.stack import Stack, repeated_records

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True)
class Doubles:
    """``again``: the same record once more, to be left out. ``alike``: equal in all cells, yet maybe real."""

    same_file: npt.NDArray[np.bool_]
    again: npt.NDArray[np.bool_]
    alike: npt.NDArray[np.bool_]


def find_doubles(
    stack: Stack, order: npt.NDArray[np.intp] | None, ordered: npt.NDArray[np.bool_] | None = None
) -> Doubles:
    """Compare all cells of all records of a stack.

    ``order``: a number for each record's order id, which those that are ``ordered`` have.

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
    rows, record = repeated_records(stack.cells, order)
    mine = pd.DataFrame({"record": record, "part": stack.part[rows]})
    within = mine.duplicated().to_numpy()
    if order is not None and ordered is not None and len(rows):
        counted = ordered.copy()
        counted[rows[within]] = False
        mine_again = within & _single_lines(stack, order, counted)[mine["part"].to_numpy()]
        if len(stack.tables) > 1:
            mine["nth"] = mine.groupby(["record", "part"]).cumcount()
            mine_again |= mine.duplicated(["record", "nth"]).to_numpy()
        again[rows] = mine_again & ordered[rows]
    repeated = np.zeros(n, dtype=bool)
    repeated[rows] = mine["record"].duplicated().to_numpy()
    return Doubles(whole_file, again & ~whole_file, repeated & ~again & ~whole_file)


def _single_lines(
    stack: Stack, order: npt.NDArray[np.intp], counted: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """For each table: whether no two of its ``counted`` records are of one order."""
    import numpy as np

    mine = [order[counted & stack.where(p)] for p in range(len(stack.tables))]
    return np.array([not len(codes) or np.bincount(codes).max() == 1 for codes in mine], dtype=bool)
