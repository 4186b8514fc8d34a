"""Customers whom staff marked as deleted: they stay in the book, and nothing counts them.

The mark is the field ``deleted`` of the customers. Its twin, the live formula, is workbook/removed.py.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final

from sheetgen.i18n import messages

if TYPE_CHECKING:
    import pandas as pd

FIELD: Final = "deleted"
REMOVED: Final = "_removed"
"""the column of facts and grades that tells them, bool; it is there only where there are any"""


def marks() -> tuple[str, str]:
    """What stands in a cell that is marked: yes, in either language."""
    return messages()["flag_yes"].zh, messages()["flag_yes"].en


def meant(words: str) -> str:
    """The mark in a cell: ``yes``, ``no``, or "" for anything else."""
    said = words.strip().casefold()
    for flag in ("yes", "no"):
        label = messages()[f"flag_{flag}"]
        if said in (flag, label.zh.casefold(), label.en.casefold()):
            return flag
    return ""


def removed(customers: pd.DataFrame) -> Any:
    """Which of the customers are marked, a bool array."""
    import numpy as np

    if FIELD not in customers:
        return np.zeros(len(customers), dtype=bool)
    known = {"yes", *(word.casefold() for word in marks())}
    return customers[FIELD].fillna("").astype("str").str.casefold().isin(known).to_numpy(dtype=bool)


def told_in(frame: pd.DataFrame) -> Any:
    """Which rows of facts or grades are theirs, a bool array."""
    import numpy as np

    if REMOVED not in frame:
        return np.zeros(len(frame), dtype=bool)
    return frame[REMOVED].to_numpy(dtype=bool)


def living(frame: pd.DataFrame) -> pd.DataFrame:
    """Facts of the other customers alone."""
    return frame[~told_in(frame)].reset_index(drop=True) if REMOVED in frame else frame


def without_results(frame: pd.DataFrame, kept: Collection[str]) -> pd.DataFrame:
    """Grades where theirs are unknown, in all columns but ``kept``: NaN, or no words."""
    if REMOVED not in frame:
        return frame

    gone = told_in(frame)

    def unknown(column: pd.Series[Any]) -> pd.Series[Any]:
        nothing: Any = float("nan") if column.dtype.kind in "fiu" else ""
        return column.where(~gone, nothing)

    results = [name for name in frame if name not in kept and name != REMOVED]
    return frame.assign(**{str(name): unknown(frame[name]) for name in results})
