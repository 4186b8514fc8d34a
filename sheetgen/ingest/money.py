"""Amounts: from the ways people write money to exact decimals, and from those to integer cents."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING, Any, Final

from sheetgen.ingest.text import distinct, spread
from sheetgen.ingest.words import BLANK, SCALE

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

LARGEST: Final = Decimal(10) ** 12
_EXACT: Final = Context(prec=400, rounding=ROUND_HALF_UP)
_CENT: Final = Decimal("0.01")
_PLAIN: Final = re.compile(r"-?\d{1,12}(?:\.\d{1,6})?")
_GROUPED: Final = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+")
_EXPONENT: Final = re.compile(r"(\d+)(?:\.(\d+))?e([+-]?\d{1,3})")
_OWN: Final = re.compile(r"^(?:¥|rmb|cny|人民币)|(?:元整|元|圆|rmb|cny|¥|人民币)$")
_FOREIGN: Final = re.compile(
    r"^(hk\$|us\$|nt\$|a\$|\$|€|£|usd|hkd|eur|gbp|jpy)|(\$|€|£|usd|hkd|eur|gbp|jpy)$"
)
_SCALE: Final = re.compile(rf"({'|'.join(sorted(SCALE, key=len, reverse=True))})$")
_COUNTED: Final = re.compile(r"(?:件|个|台|套|箱|只|盒|张|次|份|本|瓶|袋|pcs|pc)$")
_EUROPEAN: Final = re.compile(r"-?\d{1,3}(?:\.\d{3})*,\d{1,2}|-?\d{1,3}(?:\.\d{3}){2,}")
_EITHER: Final = re.compile(r"-?\d{1,3}[.,]\d{3}")
_MINUS: Final = str.maketrans("−–—‐－▲△", "-------")


@dataclass(frozen=True, slots=True)
class Amount:
    """One cell: its exact value in yuan or None, and ``problem``: '', 'blank' or an SG code."""

    value: Decimal | None
    problem: str = ""
    symbol: str = ""
    """a foreign currency's sign"""
    scaled: bool = False
    """the cell names its own unit"""


@dataclass(frozen=True)
class Exact:
    """A column of exact numbers: cell i is ``values[codes[i]]``, None where ``problems`` say why."""

    codes: npt.NDArray[np.intp]
    values: list[Decimal | None]
    problems: list[str]
    symbol: str = ""
    """the foreign sign that all cells carry"""


@dataclass(frozen=True)
class Cents:
    """A column in integer cents (0 where ``problem`` is set); ``residue``: what rounding took, in yuan."""

    cents: npt.NDArray[np.int64]
    problem: npt.NDArray[Any]
    rounded: npt.NDArray[np.bool_]
    residue: Decimal
    exact: Decimal


def parse_amount(text: str) -> Amount:
    """``¥1,200.50``, ``1.2万``, ``(500)``, ``500-`` and the like. Never guesses: ambiguous is SG412."""
    if _PLAIN.fullmatch(text):
        return Amount(Decimal(text))
    plain = "".join(unicodedata.normalize("NFKC", text).casefold().split()).lstrip("'`")
    if plain in BLANK:
        return Amount(None, "blank")
    plain = plain.translate(_MINUS)
    negative = False
    if plain.startswith("(") and plain.endswith(")"):
        plain, negative = plain[1:-1], True
    plain, negative = _sign(plain, negative)
    foreign = _FOREIGN.search(plain)
    symbol = (foreign.group(1) or foreign.group(2)) if foreign else ""
    plain = _FOREIGN.sub("", plain)
    bare = _OWN.sub("", _OWN.sub("", plain))
    own, plain = bare != plain, bare
    plain, negative = _sign(plain, negative)
    unit = _SCALE.search(plain)
    scale = SCALE[unit.group(1)] if unit else 1
    plain = _SCALE.sub("", plain)
    number = _number(plain)
    if number is None:
        return Amount(None, "SG412", symbol)
    if number.adjusted() > 12 or abs(number * scale) > LARGEST:
        return Amount(None, "SG413", symbol)
    value = _EXACT.multiply(number, Decimal(-scale if negative else scale))
    return Amount(value, "", symbol, bool(unit) or (own and scale == 1))


def _sign(text: str, negative: bool) -> tuple[str, bool]:
    if text.startswith("-") or (text.endswith("-") and len(text) > 1):
        # two minus signs, or brackets and a minus, say nothing certain: the rest will not parse
        return (text if negative else text.strip("-")) if text.count("-") == 1 else text, True
    return text.removeprefix("+"), negative


def _number(text: str) -> Decimal | None:
    if len(text) > 60:
        return None
    if _GROUPED.fullmatch(text):
        return Decimal(text.replace(",", ""))
    power = _EXPONENT.fullmatch(text)
    # 1.2E+05 stands where a column was too narrow: the digits after 1.2 are lost
    if power and int(power.group(3)) <= len(power.group(2) or "") and abs(int(power.group(3))) < 20:
        return Decimal(text)
    if power and int(power.group(3)) >= 15:
        return LARGEST * 10
    return None


def exact_amounts(column: pd.Series[str], scale: int = 1) -> Exact:
    """A column of amounts. ``scale``: the unit of its header. One foreign sign in all cells is fine."""
    codes, cells = distinct(column)
    amounts = [parse_amount(cell) for cell in cells]
    symbols = {a.symbol for a in amounts if a.problem != "blank"}
    problems = [a.problem for a in amounts]
    if len(symbols) > 1:
        problems = ["SG415" if a.symbol and not a.problem else a.problem for a in amounts]
    bare = ["".join(unicodedata.normalize("NFKC", cell).split()) for cell in cells]
    if any(_EUROPEAN.fullmatch(cell) for cell in bare):
        problems = [
            "SG412" if _EITHER.fullmatch(cell) and not p else p
            for cell, p in zip(bare, problems, strict=True)
        ]
    values: list[Decimal | None] = []
    for i, a in enumerate(amounts):
        value = (
            a.value if a.value is None or a.scaled or scale == 1 else _EXACT.multiply(a.value, Decimal(scale))
        )
        if value is not None and abs(value) > LARGEST:
            problems[i] = problems[i] or "SG413"
        values.append(None if problems[i] else value)
    return Exact(codes, values, problems, next(iter(symbols)) if len(symbols) == 1 else "")


def exact_numbers(column: pd.Series[str]) -> Exact:
    """A column of counts: as amounts, with counting words such as 件 behind them."""
    codes, cells = distinct(column)
    amounts = [parse_amount(_COUNTED.sub("", cell.strip().casefold())) for cell in cells]
    return Exact(codes, [a.value for a in amounts], [a.problem for a in amounts])


def multiply(one: Exact, other: Exact) -> Exact:
    """The product, cell by cell, exact."""
    import pandas as pd

    pairs, both = pd.factorize(one.codes.astype("int64") * len(other.values) + other.codes)
    values: list[Decimal | None] = []
    problems: list[str] = []
    for pair in both.tolist():
        i, j = divmod(pair, len(other.values))
        a, b = one.values[i], other.values[j]
        product = _EXACT.multiply(a, b) if a is not None and b is not None else None
        problem = one.problems[i] or other.problems[j]
        if product is not None and abs(product) > LARGEST:
            product, problem = None, "SG413"
        values.append(product)
        problems.append(problem)
    return Exact(pairs, values, problems)


def half_up(value: Decimal) -> int:
    """Yuan to cents; half a cent away from zero."""
    return int(_EXACT.scaleb(_EXACT.quantize(value, _CENT), 2))


def to_cents(exact: Exact) -> Cents:
    """Cents of every cell, and what was lost to rounding over all of them."""
    import numpy as np

    whole = [half_up(v) if v is not None else 0 for v in exact.values]
    rests = [
        _EXACT.subtract(v, _EXACT.scaleb(Decimal(c), -2)) if v is not None else Decimal(0)
        for v, c in zip(exact.values, whole, strict=True)
    ]
    counts = np.bincount(exact.codes, minlength=len(whole)).tolist() if len(exact.codes) else []
    residue = _weighted(rests, counts)
    total = _weighted([v if v is not None else Decimal(0) for v in exact.values], counts)
    return Cents(
        spread(exact.codes, whole, np.int64),
        spread(exact.codes, exact.problems, object),
        spread(exact.codes, [bool(r) for r in rests], np.bool_),
        residue,
        total,
    )


def _weighted(values: Iterable[Decimal], counts: Iterable[int]) -> Decimal:
    total = Decimal(0)
    for value, n in zip(values, counts, strict=False):
        if value:
            total = _EXACT.add(total, _EXACT.multiply(value, Decimal(n)))
    return total


def total_cents(cents: npt.NDArray[np.int64]) -> int:
    """The exact sum, past the 64 bits a sum of many large amounts may need."""
    import numpy as np

    high, low = np.divmod(cents, 10**6)
    return int(high.sum()) * 10**6 + int(low.sum())
