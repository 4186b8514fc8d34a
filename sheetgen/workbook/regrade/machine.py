"""The hidden machinery of a detail sheet, worked out for rows in any order: the twin of workbook/detail.py.

A book as just built is sorted and has no row outside the slices; one that staff typed into has some. Rows of
sheets count from 1 here, as in formulas.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, Final

from sheetgen.workbook.layout import FIRST, LOOSE_LIMIT

if TYPE_CHECKING:
    import numpy.typing as npt

    from sheetgen.workbook.regrade.blocks import Block
    from sheetgen.workbook.regrade.taken import People

TOP: Final = FIRST - 1


@dataclass(frozen=True)
class Rows:
    """A detail sheet by row: ``ids`` codes of ``told``, 0 for none, ``dates`` and ``keys`` numbers (NaN:
    none); index 0 is row 1.
    """

    ids: npt.NDArray[Any]
    told: list[str]
    dates: npt.NDArray[Any]
    keys: npt.NDArray[Any]


@dataclass(frozen=True)
class Machine:
    """``controls``: the cells of ``_calc``; ``slices``: helper -> a number a row of 价值评分; ``loose``: name
    of a list on ``_calc`` -> rows of a sorted part that have no number; ``listed``: the rows of the tail
    sheet, each with the sheet row of its customer (0: nobody), place found, and slice.
    """

    controls: dict[str, float]
    slices: dict[str, npt.NDArray[Any]]
    loose: dict[str, list[int]]
    listed: list[tuple[int, int, int]]
    """(row, found, who) each"""
    homes: tuple[int, ...] = ()
    """the number of the sheet that each of these rows stands on, of a table that has several"""


@dataclass(frozen=True)
class Extent:
    """How far a detail sheet is filled and sorted, as its control cells tell. ``part``: the numbers of the
    sorted part by row; ``blank``: the rows of it that lack one.
    """

    rows: int
    last: int
    keyed: int
    end: int
    part: npt.NDArray[Any]
    blank: list[int]

    @property
    def loose(self) -> int:
        """How many rows of the sorted part have no number."""
        return len(self.blank) if self.end > TOP else 0

    @property
    def outside(self) -> list[int]:
        """The rows found one by one: first those without a number, then those below the sorted part."""
        return [*self.blank[: self.loose], *range(self.end + 1, self.last + 1)]

    @property
    def controls(self) -> dict[str, float]:
        """The cells by name."""
        told = {
            "rows": self.rows,
            "last": self.last,
            "keyed": self.keyed,
            "end": self.end,
            "loose": self.loose,
        }
        return {key: float(value) for key, value in told.items()}


def rows_of(block: Block) -> Rows:
    """The three columns that the machinery goes by."""
    grid = block.grid
    codes, told = grid.coded(block.columns["customer_id"])
    codes[: block.first] = 0
    return Rows(codes, told, *(grid.numbers(block.columns[c]) for c in ("date", "key")))


def extent_of(rows: Rows, beyond: float = inf) -> Extent:
    """``beyond``: the number from which on customers stand on another sheet."""
    import numpy as np

    numbered = np.flatnonzero(~np.isnan(rows.keys)) + 1
    dated = np.flatnonzero(~np.isnan(rows.dates)) + 1
    filled = int(named_in(rows).sum())
    keyed = _last_number(numbered)
    last = max(keyed, _last_number(dated), filled + TOP)
    keys = _padded(rows.keys, max(last, keyed) + 2)
    end = _end(keys, keyed, beyond)
    blank = (np.flatnonzero(np.isnan(keys[FIRST - 1 : max(end, FIRST)])) + FIRST).tolist()
    return Extent(filled, last, keyed, end, keys[FIRST - 1 : end], blank)


def machine_of(rows: Rows, people: People, scored: range, limit: int) -> Machine:
    """``scored``: the sheet rows (from 1) of 价值评分; ``limit``: the rows that the tail sheet can hold."""
    import numpy as np

    found = extent_of(rows)
    last, end, loose = found.last, found.end, found.loose
    slices = slices_of(rows, found, people, scored)
    wrong, n = float(slices["wrong"].sum()), slices["n"]
    owned = slices["last"].sum() - slices["first"].sum() + len(scored)
    orphans = max(0.0, end - TOP - owned)
    disturbed = wrong > 0 or loose > LOOSE_LIMIT
    outside = loose + last - end
    all_ = float((disturbed or orphans > 0 or outside > limit) and last - TOP <= limit)
    listed = last - TOP if all_ else outside
    if all_:
        n = np.zeros(len(scored))
    numbers = range(FIRST, FIRST + listed) if all_ else found.outside
    tail = [(row, *whose(rows, row, people)) for row in numbers[: max(limit, 0)]]
    taken = taken_by(tail, scored)
    counted = float(n.sum() + taken.sum())
    gate = float(listed > limit or (not all_ and disturbed))
    controls = {
        **found.controls, "wrong": wrong, "orphans": orphans, "all": all_, "listed": float(listed),
        "counted": counted, "open": found.rows - counted, "gate": gate,
    }  # fmt: skip
    slices |= {"n": n, "loose": taken}
    return Machine(controls, slices, {"loose_rows": found.blank[:loose]}, tail)


def taken_by(tail: Iterable[tuple[int, int, int]], scored: range) -> Any:
    """How many rows of the tail sheet each row of 价值评分 counts."""
    import numpy as np

    found = np.zeros(len(scored))
    for _, _, who in tail:
        if who and who - scored.start < len(scored):
            found[who - scored.start] += 1
    return found


def _padded(values: Any, size: int) -> Any:
    import numpy as np

    return np.concatenate([values, np.full(max(0, size - len(values)), np.nan)])


def _last_number(at: Any) -> int:
    """The row of a column's last number, as the control cells find it."""
    after = at[at >= FIRST + len(at)]
    return int(at[-1]) if len(after) else TOP + len(at)


def _end(keys: Any, keyed: int, beyond: float) -> int:
    """The last row before the first key that is less than the one above it, or another sheet's."""
    before, after = keys[FIRST - 1 : max(keyed - 1, FIRST)], keys[FIRST : max(keyed, FIRST + 1)]
    import numpy as np

    falls = np.flatnonzero((after < np.where(np.isnan(before), 0, before)) | (after >= beyond))
    return min(keyed, int(falls[0]) + 1 + TOP) if len(falls) else keyed


def named_in(rows: Rows) -> Any:
    """Whether there is an id, by row."""
    import numpy as np

    return np.asarray([words != "" for words in rows.told], dtype=bool)[rows.ids]


def slices_of(rows: Rows, found: Extent, people: People, scored: range, mine: Any = True) -> dict[str, Any]:
    """first, last, n and wrong of each row of 价值评分. ``mine``: whether its rows stand on this sheet."""
    import numpy as np

    part, size, start = found.part, len(scored), scored.start
    keys, own = numbers_in(people, scored), np.full(size, -1)
    code = {words: at for at, words in reversed(list(enumerate(rows.told)))}
    for row, customer in zip(people.rows, people.ids, strict=True):
        if row + 1 in scored:
            own[row + 1 - start] = code.get(customer, len(rows.told))
    own = np.where(mine, own, -1)
    numbered = np.flatnonzero(~np.isnan(part))
    values, ends = part[numbered], np.concatenate([[0], numbered + 1])
    first, last = ends[_after(values, keys - 0.5)] + FIRST, ends[_after(values, keys + 0.5)] + TOP
    sizes = np.where(own >= 0, np.maximum(last - first + 1, 0), 0)
    whose = np.repeat(np.arange(size), sizes)  # the slices one below the other, and the row of each of theirs
    at = np.arange(len(whose)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + np.repeat(first - 1, sizes)
    here, mine = part[at - TOP], _same_text(rows)[rows.ids[at]]
    told = named_in(rows)[at]
    hit = here == keys[whose]
    wrong = ~np.isnan(here) & ~(hit & (mine == own[whose])) & (told | ~np.isnan(rows.dates[at]))

    def count(of: Any) -> Any:
        return np.bincount(whose[of], minlength=size).astype(np.float64)

    return {
        "first": first.astype(np.float64), "last": last.astype(np.float64), "n": count(hit & told),
        "wrong": count(wrong),
    }  # fmt: skip


def numbers_in(people: People, scored: range) -> Any:
    """The customer's number in each row of 价值评分, 0 for none."""
    import numpy as np

    found = np.zeros(len(scored))
    for row, number in people.spare_keys.items():
        if row in scored:
            found[row - scored.start] = number
    for row, number in zip(people.rows, people.keys, strict=True):
        if row + 1 in scored:
            found[row + 1 - scored.start] = number
    return found


def _after(values: Any, keys: Any) -> Any:
    """How many values MATCH passes before each key: a search of its own, as gaps may hide a fall."""
    import numpy as np

    if bool((np.diff(values) >= 0).all()):
        return np.searchsorted(values, keys, "right")
    return np.asarray([np.searchsorted(values, key, "right") for key in keys.tolist()], dtype=np.int64)


def _same_text(rows: Rows) -> Any:
    """Code -> the first code of the same text."""
    import numpy as np

    first: dict[str, int] = {}
    return np.asarray([first.setdefault(words, at) for at, words in enumerate(rows.told)], dtype=np.int64)


def whose(rows: Rows, row: int, people: People) -> tuple[int, int]:
    """Where a tail row's customer is found in any case, and where they stand; 0 for nobody."""
    words = rows.told[int(rows.ids[row - 1])] if row <= len(rows.ids) else ""
    customer = people.find(words) if words else ""
    if not customer:
        return 0, 0
    return people.first_row[words.lower()], people.row_of[customer]
