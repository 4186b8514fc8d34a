"""Rows of raw data met with rows that a book holds already: the same one, the same record anew, or a new one.

Order does not count here: an export may hold a part of the book, or all of it in any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sheetgen.grading.coding import column_of
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.regrade.met import meet

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

OWN_ORDER: Final = r"#\d+-\d+"
"""an order id that the program gave to a record without one"""
NUMBERED: Final = ("order_id", "invoice_no", "booking")
"""the fields by which a record is known for good"""
KINDS: Final = ("product", "product_kind", "package", "reason", "question", "channel")
"""what tells two records of one customer and day apart, where they have no number"""
BACK: Final = "back"
"""whether a record is money paid back"""


@dataclass(frozen=True)
class Matched:
    """``same``: pairs (raw row, known row) that say the same; ``anew``: pairs of one record with other
    values; ``new``: raw rows that the book does not hold. ``unclear``: pairs of raw rows and a row that has
    their number, but another product: the row itself, or one more of its order. Places from 0."""

    same: npt.NDArray[Any]
    anew: npt.NDArray[Any]
    new: npt.NDArray[Any]
    unclear: npt.NDArray[Any]


def numberless(orders: pd.Series[str]) -> npt.NDArray[Any]:
    """Where a record has no number of its own."""
    import numpy as np

    return np.asarray((orders == "") | orders.str.fullmatch(OWN_ORDER), dtype=bool)


def comparable(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """``columns`` of a table as they are compared: numbers that the program gave are none; a refund is no
    sale."""
    found = frame[list(columns)].reset_index(drop=True)
    for key in NUMBERED:
        if key in found:
            found[key] = found[key].where(~numberless(found[key]), "")
    return found.assign(**{BACK: found["cents"] < 0 if "cents" in found else False})


def match(
    table: str, raw: pd.DataFrame, known: pd.DataFrame, columns: Sequence[str], typed: bool = False
) -> Matched:
    """Meet ``raw`` with ``known``; ``columns`` are those that the raw data tell, and both have.

    Equal rows meet first. Of what is left, a record's number tells which one it is, line by line of one
    product; without a number, customer, day and kind do, if they name one row on either side. ``typed``:
    staff typed the known rows, so that a number is enough whatever the product.
    """
    import numpy as np

    left, right = comparable(raw, columns), comparable(known, columns)
    equal = meet(left, right, [])
    a, b = equal.gone, equal.added
    pairs = [np.empty((0, 2), dtype=np.int64)]
    fields = [column_of(key) for key in data_tables()[table].fields]
    number = next((k for k in NUMBERED if k in columns and k in fields), None)
    kinds = [k for k in KINDS if k in columns and k in fields]
    whole = ["customer_id", number or "", BACK]
    steps: list[tuple[list[str], bool]] = []
    if number is not None:
        steps = [([*whole, *kinds[:1]], False), *([(whole, False)] if typed else [])]
    if "date" in columns:
        steps.append((["customer_id", "date", BACK, *kinds], True))
    for key, once in steps:
        one, other = left.iloc[a], right.iloc[b]
        if number is not None:
            one, other = (f[(f[number] != "") == (number in key)] for f in (one, other))
        pairs.append(_met(one, other, key, once))
        a, b = np.setdiff1d(a, pairs[-1][:, 0]), np.setdiff1d(b, pairs[-1][:, 1])
    anew = np.concatenate(pairs)
    unclear = pairs[0]
    if number is not None:
        one, other = (f[f[number] != ""] for f in (left.iloc[a], right.iloc[b]))
        unclear = _met(one, other.drop_duplicates(whole), whole, False, every=True)
    a = np.setdiff1d(a, unclear[:, 0])
    return Matched(equal.pairs, anew[np.argsort(anew[:, 0], kind="stable")], a, unclear)


def _met(
    one: pd.DataFrame, other: pd.DataFrame, key: list[str], once: bool, every: bool = False
) -> npt.NDArray[Any]:
    """Pairs of row labels that share ``key``, the first with the first, the second with the second.

    ``once``: only where it is the only one on either side; ``every``: every one with the first.
    """
    import numpy as np

    sides = []
    for frame, name in ((one, "raw"), (other, "known")):
        side = frame[key].assign(**{name: frame.index.to_numpy()})
        if once:
            side = side[~side.duplicated(key, keep=False)]
        sides.append(side.assign(nth=0 if every else side.groupby(key, dropna=False).cumcount()))
    both = sides[0].merge(sides[1], on=[*key, "nth"])
    return np.column_stack([both["raw"], both["known"]]).astype(np.int64).reshape(-1, 2)
