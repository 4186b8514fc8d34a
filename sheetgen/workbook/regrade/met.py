"""Rows of a sheet met with the rows that were written there: sorted, edited, moved, deleted, typed ones.

Equal rows meet first, whatever their place; then rows that share their key, then rows between the same
neighbours. Only rows with the same customer number meet: a typed row has none and is a new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sheetgen.grading.coding import column_of
from sheetgen.scheme.tables import Field, data_tables
from sheetgen.workbook.layout import RECORDS
from sheetgen.workbook.regrade.grids import text_of
from sheetgen.workbook.regrade.taken import column_at
from sheetgen.workbook.written import EXTRA, PLACE

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from sheetgen.workbook.regrade.blocks import Block

KEYS = (PLACE, "order_id", "line", "date")
"""of a detail table, as far as it has them"""


@dataclass(frozen=True)
class Met:
    """``pairs``: two columns, places (from 0) in the base and in the rows of now, by the first;
    ``added``: places in now; ``gone``: places in the base."""

    pairs: npt.NDArray[Any]
    added: npt.NDArray[Any]
    gone: npt.NDArray[Any]


def standing(block: Block, rows: Sequence[int] | None = None) -> tuple[list[int], pd.DataFrame]:
    """Sheet rows that hold any data, and their cells as written_tables has them.

    ``key`` is NaN in a typed row, and not there where its column is not. A text where a number or a date
    belongs is missing.
    """
    import pandas as pd

    fields, extras, grid = _fields(block), _extras(block), block.grid
    if rows is None:
        rows = (block.first + filled_rows(block).nonzero()[0]).tolist()
    found = {column_of(key): column_at(block, field, rows) for key, field in fields.items()}
    for col, words in extras.items():
        found[EXTRA + words] = pd.Series(grid.words(col)[rows], dtype="str")
    if PLACE in block.columns:
        found[PLACE] = pd.Series(grid.numbers(block.columns[PLACE])[rows])
    return list(rows), pd.DataFrame(found)


def filled_rows(block: Block) -> Any:
    """By row from the first one: whether it holds any data, in a column of ours or of staff's own. Bool."""
    import numpy as np

    columns = [*(block.columns[key] for key in _fields(block)), *_extras(block)]
    return np.logical_or.reduce([block.grid.typed(col) for col in columns])[block.first :]


def _fields(block: Block) -> dict[str, Field]:
    return {k: f for k, f in data_tables()[block.table].fields.items() if k in block.columns}


def _extras(block: Block) -> dict[int, str]:
    """The columns that are not ours, and their headers."""
    header, mine = block.grid.cells.get(block.header, {}), set(block.columns.values())
    return {col: text_of(cell) for col, cell in header.items() if col not in mine and text_of(cell)}


def meet_table(table: str, base: pd.DataFrame, now: pd.DataFrame) -> Met:
    """The rows of a data table: customers by their number alone."""
    own = KEYS if PLACE in now else ("customer_id", *KEYS[1:])
    keys = [key for key in own if key in base] if table in RECORDS else [PLACE]
    return meet(base, now, keys)


def meet(base: pd.DataFrame, now: pd.DataFrame, key: Sequence[str]) -> Met:
    """Meet the rows of two tables; only columns that both have are compared. ``key[0]`` must be equal."""
    import numpy as np

    shared = [name for name in base.columns if name in now.columns]
    place = np.full(len(base), -1, dtype=np.int64)
    free = np.ones(len(now), dtype=bool)
    same = np.flatnonzero(_alike(base[shared], now[shared]))
    _take(place, free, same, same)
    _pair(place, free, base[shared], now[shared])
    kept = [name for name in key if name in shared]
    for count in range(len(kept), 0, -1):
        left, right = base[kept[:count]], now[kept[:count]]
        if count == 1:
            above, met = _between(place, len(now))
            left, right = left.assign(between=above), right.assign(between=met)
        _pair(place, free, left, right)
    if key and list(key) == [PLACE]:
        _pair(place, free, base[kept], now[kept])
    pairs = np.flatnonzero(place >= 0)
    return Met(np.column_stack([pairs, place[pairs]]), np.flatnonzero(free), np.flatnonzero(place < 0))


def _alike(base: pd.DataFrame, now: pd.DataFrame) -> Any:
    """Whether the rows of both that stand in the same place are equal."""
    import numpy as np
    import pandas as pd

    n = min(len(base), len(now))
    found = np.ones(n, dtype=bool)
    for name in base.columns:
        both = pd.concat([base[name].iloc[:n], now[name].iloc[:n]], ignore_index=True)  # of one type
        values, none = both.array, both.isna().to_numpy()
        same = np.asarray(values[:n] == values[n:], dtype=bool)
        found &= (same & ~none[:n] & ~none[n:]) | (none[:n] & none[n:])
    return found


def _codes(frame: pd.DataFrame, split: int) -> tuple[Any, Any]:
    """A number a row, the same for equal rows: exact, by codes of each column joined one by one."""
    import numpy as np
    import pandas as pd

    code = np.zeros(len(frame), dtype=np.int64)
    for name in frame.columns:
        own = pd.factorize(frame[name], use_na_sentinel=False)[0].astype(np.int64)
        code = pd.factorize(code * (own.max(initial=0) + 1) + own)[0].astype(np.int64)
    return code[:split], code[split:]


def _take(place: Any, free: Any, base: Any, now: Any) -> None:
    place[base] = now
    free[now] = False


def _pair(place: Any, free: Any, base: pd.DataFrame, now: pd.DataFrame) -> None:
    """Meet equal rows that have not met, the first with the first, the second with the second."""
    import numpy as np
    import pandas as pd

    a, b = np.flatnonzero(place < 0), np.flatnonzero(free)
    if not len(a) or not len(b):
        return
    left, right = _codes(pd.concat([base.iloc[a], now.iloc[b]], ignore_index=True), len(a))
    one = pd.DataFrame({"code": left, "base": a})
    two = pd.DataFrame({"code": right, "now": b})
    for frame in (one, two):
        frame["nth"] = frame.groupby("code").cumcount()
    both = one.merge(two, on=["code", "nth"])
    _take(place, free, both["base"].to_numpy(), both["now"].to_numpy())


def _between(place: Any, size: int) -> tuple[Any, Any]:
    """For each row of the base and of now, the place in now of the last row above that has met."""
    import numpy as np

    base = np.maximum.accumulate(np.where(place >= 0, np.arange(len(place)), -1)) if len(place) else place
    above = np.where(base >= 0, place[np.maximum(base, 0)], -1) if len(place) else place
    met = np.full(size, -1, dtype=np.int64)
    met[place[place >= 0]] = place[place >= 0]
    return above, np.maximum.accumulate(met) if size else met
