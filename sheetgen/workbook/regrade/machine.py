"""The hidden machinery of a detail sheet, worked out for rows in any order: the twin of workbook/detail.py.

A book as just built is sorted and has no row outside the slices; one that staff typed into has some. Rows of
sheets count from 1 here, as in formulas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sheetgen.workbook.layout import FIRST, LOOSE_LIMIT
from sheetgen.workbook.regrade.grids import number_of, text_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from sheetgen.workbook.regrade.blocks import Block
    from sheetgen.workbook.regrade.taken import People

TOP: Final = FIRST - 1


@dataclass(frozen=True)
class Rows:
    """A detail sheet by row: ``ids`` texts, ``dates`` and ``keys`` numbers (NaN: none); index 0 is row 1."""

    ids: list[str]
    dates: npt.NDArray[Any]
    keys: npt.NDArray[Any]


@dataclass(frozen=True)
class Machine:
    """``controls``: the cells of ``_calc``; ``slices``: helper -> a number a row of 价值评分; ``listed``: the
    rows of the tail sheet, each with the sheet row of its customer (0: nobody), place found, and slice.
    """

    controls: dict[str, float]
    slices: dict[str, npt.NDArray[Any]]
    loose: list[int]
    listed: list[tuple[int, int, int]]
    """(row, found, who) each"""


def rows_of(block: Block) -> Rows:
    """The three columns that the machinery goes by."""
    import numpy as np

    grid = block.grid
    cells = [
        [grid.at(r, block.columns[c]) for r in range(grid.height)] for c in ("customer_id", "date", "key")
    ]
    numbers = [np.asarray([_number(c) for c in column], dtype=np.float64) for column in cells[1:]]
    ids = ["" if r < block.first else text_of(c) for r, c in enumerate(cells[0])]
    return Rows(ids, *numbers)


def _number(cell: Any) -> float:
    found = number_of(cell)
    return float("nan") if found is None else found


def machine_of(rows: Rows, people: People, scored: range, limit: int) -> Machine:
    """``scored``: the sheet rows (from 1) of 价值评分; ``limit``: the rows that the tail sheet can hold."""
    import numpy as np

    numbered = np.flatnonzero(~np.isnan(rows.keys)) + 1
    dated = np.flatnonzero(~np.isnan(rows.dates)) + 1
    filled = sum(1 for words in rows.ids if words)
    keyed = _last_number(numbered)
    last = max(keyed, _last_number(dated), filled + TOP)
    keys = _padded(rows.keys, max(last, keyed) + 2)
    end = _end(keys, keyed)
    part = keys[FIRST - 1 : end]
    blank = [int(i) for i in np.flatnonzero(np.isnan(keys[FIRST - 1 : max(end, FIRST)])) + FIRST]
    loose = max(0, end - TOP - int((~np.isnan(keys[FIRST - 1 : max(end, FIRST)])).sum()))
    slices = _slices(rows, part, people, scored)
    wrong, n = float(slices["wrong"].sum()), slices["n"]
    owned = slices["last"].sum() - slices["first"].sum() + len(scored)
    orphans = max(0.0, end - TOP - owned)
    disturbed = wrong > 0 or loose > LOOSE_LIMIT
    outside = loose + last - end
    all_ = float((disturbed or orphans > 0 or outside > limit) and last - TOP <= limit)
    listed = last - TOP if all_ else outside
    if all_:
        n = np.zeros(len(scored))
        numbers = list(range(FIRST, FIRST + listed))
    else:
        numbers = [*blank[:loose], *range(end + 1, end + 1 + listed - loose)]
    tail = [(row, *_whose(rows, row, people)) for row in numbers[: max(limit, 0)]]
    taken = np.zeros(len(scored))
    for _, _, who in tail:
        if who and who - scored.start < len(scored):
            taken[who - scored.start] += 1
    counted = float(n.sum() + taken.sum())
    gate = float(listed > limit or (not all_ and disturbed))
    controls = {
        "rows": filled, "last": last, "keyed": keyed, "end": end, "loose": loose, "wrong": wrong,
        "orphans": orphans, "all": all_, "listed": listed, "counted": counted, "open": filled - counted,
        "gate": gate,
    }  # fmt: skip
    slices |= {"n": n, "loose": taken if listed else np.zeros(len(scored))}
    return Machine({k: float(v) for k, v in controls.items()}, slices, blank[:loose], tail)


def _padded(values: Any, size: int) -> Any:
    import numpy as np

    return np.concatenate([values, np.full(max(0, size - len(values)), np.nan)])


def _last_number(at: Any) -> int:
    """The row of a column's last number, as the control cells find it."""
    after = at[at >= FIRST + len(at)]
    return int(at[-1]) if len(after) else TOP + len(at)


def _end(keys: Any, keyed: int) -> int:
    """The last row before the first key that is less than the one above it."""
    before, after = keys[FIRST - 1 : max(keyed - 1, FIRST)], keys[FIRST : max(keyed, FIRST + 1)]
    import numpy as np

    falls = np.flatnonzero(after < np.where(np.isnan(before), 0, before))
    return min(keyed, int(falls[0]) + 1 + TOP) if len(falls) else keyed


def _slices(rows: Rows, part: Any, people: People, scored: range) -> dict[str, Any]:
    """first, last, n and wrong of each row of 价值评分."""
    import numpy as np

    key_of = {
        row + 1: (key, customer)
        for row, key, customer in zip(people.rows, people.keys, people.ids, strict=True)
    }
    spare = people.spare_keys
    numbered = np.flatnonzero(~np.isnan(part))
    values = part[numbered]
    found: dict[str, Any] = {name: np.zeros(len(scored)) for name in ("first", "last", "n", "wrong")}
    for i, row in enumerate(scored):
        key, own = key_of.get(row, (spare.get(row, 0.0), ""))
        low, high = np.searchsorted(values, key - 0.5, "right"), np.searchsorted(values, key + 0.5, "right")
        first = (int(numbered[low - 1]) + 1 if low else 0) + FIRST
        last = (int(numbered[high - 1]) + 1 if high else 0) + FIRST - 1
        found["first"][i], found["last"][i] = first, last
        if last < first or not own:
            continue
        for at in range(first - 1, last):
            here = part[at - TOP]
            found["n"][i] += here == key and rows.ids[at] != ""
            told = rows.ids[at] != "" or not np.isnan(rows.dates[at])
            found["wrong"][i] += not np.isnan(here) and not (here == key and rows.ids[at] == own) and told
    return found


def _whose(rows: Rows, row: int, people: People) -> tuple[int, int]:
    """Where a tail row's customer is found in any case, and where they stand; 0 for nobody."""
    words = rows.ids[row - 1] if row <= len(rows.ids) else ""
    customer = people.find(words) if words else ""
    if not customer:
        return 0, 0
    return people.first_row[words.lower()], people.row_of[customer]
