"""The hidden machinery of a detail table that stands on several sheets: the twin of workbook/detail.py there.

A customer has a sheet by their number; rows elsewhere, and those below the sorted ones, are found one by one,
the rows of one sheet after those of another.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING, Any

from sheetgen.workbook.layout import LOOSE_LIMIT
from sheetgen.workbook.regrade.machine import (
    Extent,
    Machine,
    Rows,
    extent_of,
    numbers_in,
    slices_of,
    taken_by,
    whose,
)

if TYPE_CHECKING:
    from sheetgen.workbook.regrade.taken import People


def machine_of_several(
    sheets: Sequence[Rows], firsts: Sequence[float], people: People, scored: range, limit: int
) -> Machine:
    """``firsts``: the number of the first customer of each sheet; else as ``machine_of``."""
    ends = [*firsts[1:], inf]
    extents = [extent_of(rows, beyond) for rows, beyond in zip(sheets, ends, strict=True)]
    slices = _slices(sheets, extents, firsts, people, scored)
    lists = [found.outside for found in extents]
    strays = [_strays(*told) for told in zip(extents, firsts, ends, strict=True)]
    rows = [(at, row) for at, numbers in enumerate(lists) for row in numbers][: max(limit, 0)]
    tail = [(row, *whose(sheets[at], row, people)) for at, row in rows]
    slices["loose"] = taken_by(tail, scored)
    listed = sum(map(len, lists))
    wrong = float(slices["wrong"].sum())
    disturbed = wrong > 0 or any(strays) or any(found.loose > LOOSE_LIMIT for found in extents)
    filled, counted = sum(found.rows for found in extents), float(slices["n"].sum() + slices["loose"].sum())
    controls = {
        "rows": float(filled), "wrong": wrong, "listed": float(listed), "counted": counted,
        "open": filled - counted, "gate": float(listed > limit or disturbed),
    }  # fmt: skip
    loose, before = {}, 0
    for number, (found, numbers, stray) in enumerate(zip(extents, lists, strays, strict=True), 1):
        told = {**found.controls, "strays": stray, "before": before, "listed": len(numbers)}
        controls |= {f"{number}_{key}": float(value) for key, value in told.items()}
        loose[f"{number}_loose_rows"] = found.blank[: found.loose]
        before += len(numbers)
    return Machine(controls, slices, loose, tail, tuple(at + 1 for at, _ in rows))


def _slices(
    sheets: Sequence[Rows], extents: Sequence[Extent], firsts: Sequence[float], people: People, scored: range
) -> dict[str, Any]:
    """Each row of 价值评分 by the sheet of its customer; ``part`` is that sheet's number."""
    import numpy as np

    keys = numbers_in(people, scored)
    part = 1 + np.sum([keys >= first for first in firsts[1:]], axis=0)
    slices: dict[str, Any] = {}
    for number, (rows, found) in enumerate(zip(sheets, extents, strict=True), 1):
        mine = part == number
        for key, values in slices_of(rows, found, people, scored, mine).items():
            slices[key] = np.where(mine, values, slices.get(key, 0.0))
    return {**slices, "part": part.astype(np.float64)}


def _strays(found: Extent, first: float, beyond: float) -> int:
    """The numbers of the sorted part whose customers stand on another sheet."""
    return int(((found.part < first) | (found.part >= beyond)).sum())
