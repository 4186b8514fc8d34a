"""Whose value counts, when several copies of a book say something of one cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sheetgen.workbook.copies.leaf import ERROR

Verdict = Literal["keep", "take", "conflict"]


@dataclass(frozen=True, slots=True)
class Decided:
    """``book``: the copy whose value counts (0: the first book's stays)."""

    verdict: Verdict
    book: int = 0


def decided(was: Sequence[str], now: Sequence[str | None]) -> Decided:
    """What becomes of a cell. ``was``, ``now``: what each copy was written with, and what it says.

    The first is the book that takes the others' changes; None is a copy without that cell. One change, or
    the same one twice, counts. Two different ones are a conflict: the first book's value stays, for nothing
    says who is right, and a value that none of the copies' authors chose would be a third opinion.
    """
    told = [k for k in range(1, len(now)) if now[k] is not None and now[k] not in (was[k], ERROR)]
    values = {now[k] for k in told}
    mine = now[0]
    if not told or values == {mine}:
        return Decided("keep")
    if len(values) == 1 and all(mine in (was[k], ERROR) for k in told):
        return Decided("take", told[0])
    return Decided("conflict")
