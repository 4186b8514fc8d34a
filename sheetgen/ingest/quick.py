"""Whole columns of amounts to cents at once; what is not plain goes the careful way of money.py."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sheetgen.ingest.cells import arrow, between, chunks
from sheetgen.ingest.money import (
    EITHER,
    EUROPEAN,
    EXACT,
    HOME,
    LARGEST,
    NO_RATES,
    Cents,
    Rates,
    exact_amounts,
    exact_numbers,
    joined_up,
    multiply,
    to_cents,
    total_cents,
)
from sheetgen.ingest.text import distinct

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

_EVERYDAY: Final = r"^-?[0-9]{1,11}(\.[0-9]{1,4})?$"
"""up to 15 digits: a float holds them, and ten thousand times them, without loss"""
_DIGITS: Final = 11
_PARTS: Final = 10_000
"""everyday amounts are counted in ten-thousandths"""


def read_cents(column: pd.Series[str], scale: int = 1, rates: Rates = NO_RATES, header: str = "") -> Cents:
    """A column of amounts in cents: ``to_cents(exact_amounts(...))``, and quick where cells are plain."""
    import numpy as np

    own = rates.own or HOME
    if (header or own) == own and _to_the_cent(column):
        found = _whole_cents(column, scale)
        if found is not None:
            return found
    parts, plain = everyday(column, scale)
    plain &= ~_doubtful(column, plain, header, own)
    if not plain.any():
        return to_cents(exact_amounts(column, scale, rates, header))
    rest = np.flatnonzero(~plain)
    others = to_cents(exact_amounts(column.iloc[rest], scale, rates, header, bare=True))
    return _joined(parts * scale, plain, rest, others)


def _to_the_cent(column: pd.Series[str]) -> bool:
    """Whether all cells are ``[-]digits[.dd]``, everyday numbers with two places or none, by their bytes."""
    import numpy as np

    for chunk in chunks(column):
        raw, places = chunk.used, chunk.byte(-3) == ord(".")
        signs = chunk.byte(0) == ord("-")
        digits = chunk.lengths - signs - 3 * places
        # no byte but those that were told by their place
        others = len(raw) - int(np.count_nonzero(between(raw, ord("0"), ord("9"))))
        if others != int(np.count_nonzero(signs)) + int(np.count_nonzero(places)):
            return False
        if int(digits.min()) < 1 or int(digits.max()) > _DIGITS:
            return False
    return True


def _whole_cents(column: pd.Series[str], scale: int) -> Cents | None:
    """A column of such cells in cents; None where one is too large."""
    import numpy as np
    import pyarrow as pa

    floats = arrow(column).cast(pa.float64()).to_numpy() * 100
    if len(floats) and max(floats.max(), -floats.min()) * scale > float(LARGEST) * 100:
        return None
    cents = np.rint(floats, out=floats).astype(np.int64) * scale
    exact = EXACT.divide(Decimal(total_cents(cents)), Decimal(100))
    n = len(cents)
    return Cents(cents, np.zeros(n, dtype=np.int8), np.zeros(n, dtype=bool), Decimal(0), exact)


def read_products(
    numbers: pd.Series[str], prices: pd.Series[str], scale: int = 1, rates: Rates = NO_RATES, header: str = ""
) -> Cents:
    """Number times price in cents, rounded once."""
    import numpy as np

    own = rates.own or HOME
    many, whole = everyday(numbers)
    parts, plain = everyday(prices, scale)
    plain &= whole & (many % _PARTS == 0)
    many //= _PARTS
    plain &= np.abs(many).astype(np.float64) * np.abs(parts) * scale <= float(LARGEST) * _PARTS
    plain &= ~_doubtful(prices, plain, header, own)
    rest = np.flatnonzero(~plain)
    price = exact_amounts(prices.iloc[rest], scale, rates, header, bare=bool(plain.any()))
    others = to_cents(multiply(exact_numbers(numbers.iloc[rest]), price))
    return _joined(np.where(plain, many, 0) * np.where(plain, parts, 0) * scale, plain, rest, others)


def _doubtful(
    column: pd.Series[str], plain: npt.NDArray[np.bool_], header: str, own: str
) -> npt.NDArray[np.bool_]:
    """Plain cells that other cells, or the header's currency, may lend another meaning."""
    import numpy as np

    if (header or own) != own:
        return np.ones(len(plain), dtype=bool)
    if plain.all() or not any(EUROPEAN.fullmatch(joined_up(cell)) for cell in distinct(column[~plain])[1]):
        return np.zeros(len(plain), dtype=bool)
    either: npt.NDArray[np.bool_] = column.str.fullmatch(EITHER.pattern).to_numpy(dtype=bool)
    return either


def everyday(column: pd.Series[str], scale: int = 1) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """(ten-thousandths, which cells are plain numbers); the others are 0."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = pa.array(column, type=pa.large_string(), from_pandas=True)
    matched = pc.match_substring_regex(cells, _EVERYDAY)
    plain: npt.NDArray[np.bool_] = pc.fill_null(matched, False).to_numpy(zero_copy_only=False).copy()
    kept = cells if plain.all() else pc.if_else(matched, cells, "0")
    floats = pc.cast(kept, pa.float64()).to_numpy(zero_copy_only=False)
    plain &= np.abs(floats) <= float(LARGEST) / scale
    return np.where(plain, np.rint(floats * _PARTS), 0.0).astype(np.int64), plain


def _joined(
    parts: npt.NDArray[np.int64], plain: npt.NDArray[np.bool_], rest: npt.NDArray[np.intp], others: Cents
) -> Cents:
    """Plain cells, in ten-thousandths, and the ``others`` in their places."""
    import numpy as np

    size = _PARTS // 100
    cents = np.sign(parts) * ((np.abs(parts) + size // 2) // size)
    lost = parts - cents * size
    rounded = lost != 0
    flaw = np.zeros(len(parts), dtype=np.int8)
    cents[rest], flaw[rest], rounded[rest] = others.cents, others.flaw, others.rounded
    residue = EXACT.add(Decimal(int(lost[plain].sum())) / _PARTS, others.residue)
    exact = EXACT.add(EXACT.divide(Decimal(total_cents(parts[plain])), Decimal(_PARTS)), others.exact)
    return Cents(cents, flaw, rounded, residue, exact, others.currency)
