"""The derived columns of 客户偏好: what the program wrote into each copy, where any of them tells it.

A book that was re-graded says what it holds now and what stood there before. So a cell that only the program
wrote anew in one copy is nobody's change in another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sheetgen.workbook.regrade.fresh import built_texts, derived_texts
from sheetgen.workbook.sheets.preferences import DERIVED

if TYPE_CHECKING:
    from sheetgen.workbook.copies.read import Copy

SHEET = "preferences"
Written = Mapping[str, Mapping[str, str]]
"""customer -> column -> what was written there"""


def with_derived(copies: Sequence[Copy]) -> list[Copy]:
    """The copies, each with what was written into its derived columns as far as that is known."""
    return [_with(copy, _written(copy, copies)) for copy in copies]


def _written(copy: Copy, copies: Sequence[Copy]) -> Written:
    """From the book itself once it was re-graded; else from another copy of its run that was."""
    if own := derived_texts(copy.source.state):
        return own
    for other in copies:
        if other.run_id == copy.run_id and (now := derived_texts(other.source.state)):
            before = built_texts(other.source.state)
            return {customer: {**told, **before.get(customer, {})} for customer, told in now.items()}
    return {}


def _with(copy: Copy, written: Written) -> Copy:
    leaf = copy.leaves[SHEET]
    names = [name for name in leaf.cols if name in DERIVED]
    if not written or not names:
        return copy
    was = leaf.was.copy()
    for name in names:
        at = leaf.nth[name]
        was[:, at] = [
            written[key].get(name, "") if key in written else str(leaf.now[line, at])
            for line, key in enumerate(leaf.keys)
        ]
    told = replace(leaf, was=was, based=leaf.based | frozenset(names))
    return replace(copy, leaves={**copy.leaves, SHEET: told})
