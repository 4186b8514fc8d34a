"""Amounts: from the ways people write money to exact decimals, and from those to integer cents."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING, Any, Final

from sheetgen.ingest.text import distinct, spread
from sheetgen.ingest.words import BLANK, SCALE

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

LARGEST: Final = Decimal(10) ** 12
PROBLEMS: Final = ("", "blank", "SG412", "SG413", "SG415")
HOME: Final = "CNY"
EXACT: Final = Context(prec=400, rounding=ROUND_HALF_UP)
_CENT: Final = Decimal("0.01")
_PLAIN: Final = re.compile(r"-?\d{1,12}(?:\.\d{1,6})?")
_GROUPED: Final = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+")
_APART: Final = re.compile(r"\d [\d.,](?!\d\d(?!\d))")
"""blanks between digits that do not part thousands: 12 34 may be two numbers"""
_EXPONENT: Final = re.compile(r"(\d+)(?:\.(\d+))?e([+-]?\d{1,3})")
_CURRENCY: Final = {
    **dict.fromkeys(("¥", "rmb", "cny", "人民币", "元整", "元", "圆"), HOME),
    **dict.fromkeys(("us$", "usd", "$", "美元", "美金"), "USD"),
    **dict.fromkeys(("hk$", "hkd", "港元", "港币"), "HKD"),
    **dict.fromkeys(("nt$", "twd", "新台币", "台币"), "TWD"),
    **dict.fromkeys(("a$", "aud", "澳元"), "AUD"),
    **dict.fromkeys(("€", "eur", "欧元"), "EUR"),
    **dict.fromkeys(("£", "gbp", "英镑"), "GBP"),
    **dict.fromkeys(("jpy", "日元", "日圆"), "JPY"),
}
_YUAN: Final = ("元整", "元", "圆")
"""words that name a unit, and not only a currency"""
_SIGNS: Final = "|".join(re.escape(sign) for sign in sorted(_CURRENCY, key=len, reverse=True))
_BEFORE: Final = re.compile(rf"^([-+]?)({_SIGNS})")
_BEHIND: Final = re.compile(rf"({_SIGNS})(-?)$")
_SCALE: Final = re.compile(rf"({'|'.join(sorted(SCALE, key=len, reverse=True))})$")
_COUNTED: Final = re.compile(r"(?:件|个|台|套|箱|只|盒|张|次|份|本|瓶|袋|pcs|pc)$")
_PER_CENT: Final = ("%", "％", "﹪")
EUROPEAN: Final = re.compile(r"-?\d{1,3}(?:\.\d{3})*,\d{1,2}|-?\d{1,3}(?:\.\d{3}){2,}")
EITHER: Final = re.compile(r"-?\d{1,3}[.,]\d{3}")
_MINUS: Final = str.maketrans("−–—‐－▲△", "-------")


@dataclass(frozen=True, slots=True)
class Amount:
    """One cell: its exact value or None, and ``problem``: '', 'blank' or an SG code."""

    value: Decimal | None
    problem: str = ""
    currency: str = ""
    """the code of the currency that the cell names"""
    scaled: bool = False
    """the cell names its own unit"""


@dataclass(frozen=True)
class Rates:
    """``own``: code of the currency of the book ('': renminbi). ``table``: code -> what one unit is worth."""

    own: str = ""
    table: Mapping[str, Decimal] = field(default_factory=dict)


NO_RATES: Final = Rates()


@dataclass(frozen=True)
class Exact:
    """A column of exact numbers: cell i is ``values[codes[i]]``, None where ``problems`` say why."""

    codes: npt.NDArray[np.intp]
    values: list[Decimal | None]
    problems: list[str]
    currency: str = ""
    """the foreign currency that all cells name"""


@dataclass(frozen=True)
class Cents:
    """A column in integer cents (0 where there is a problem); ``residue``: what rounding took, in yuan."""

    cents: npt.NDArray[np.int64]
    flaw: npt.NDArray[np.int8]
    """the place of each cell's problem in PROBLEMS"""
    rounded: npt.NDArray[np.bool_]
    residue: Decimal
    exact: Decimal
    currency: str = ""

    @property
    def problem(self) -> npt.NDArray[Any]:
        """The problem of each cell in words: '' or 'blank' or a code."""
        import numpy as np

        return np.array(PROBLEMS, dtype=object)[self.flaw]

    def has(self, *problems: str) -> npt.NDArray[np.bool_]:
        """The cells with one of ``problems``."""
        import numpy as np

        found = np.zeros(len(self.flaw), dtype=bool)
        for problem in problems:
            found |= self.flaw == PROBLEMS.index(problem)
        return found


def parse_amount(text: str) -> Amount:
    """``¥1,200.50``, ``1.2万``, ``(500)``, ``500-`` and the like. Never guesses: ambiguous is SG412."""
    if text.isascii() and _PLAIN.fullmatch(text):
        return Amount(Decimal(text))
    words = unicodedata.normalize("NFKC", text).casefold().split()
    plain = "".join(words).lstrip("'`")
    if plain in BLANK:
        return Amount(None, "blank")
    if len(words) > 1 and _APART.search(" ".join(words)):
        return Amount(None, "SG412")
    plain = plain.translate(_MINUS)
    plain, negative = _bracketed(plain, False)
    plain, negative = _sign(plain, negative)
    before, plain = _taken(_BEFORE, plain, 2)
    behind, plain = _taken(_BEHIND, plain, 1)
    plain, negative = _bracketed(plain, negative)
    plain, negative = _sign(plain, negative)
    unit = _SCALE.search(plain)
    scale = SCALE[unit.group(1)] if unit else 1
    plain = _SCALE.sub("", plain)
    currencies = {_CURRENCY[sign] for sign in (before, behind) if sign}
    currency = currencies.pop() if len(currencies) == 1 else ""
    number = _number(plain)
    if number is None or currencies:
        return Amount(None, "SG412", currency)
    if number.adjusted() > 12 or abs(number * scale) > LARGEST:
        return Amount(None, "SG413", currency)
    value = EXACT.multiply(number, Decimal(-scale if negative else scale))
    return Amount(value, "", currency, bool(unit) or behind in _YUAN)


def _taken(pattern: re.Pattern[str], text: str, group: int) -> tuple[str, str]:
    """The currency's sign that ``pattern`` finds in ``text``, and the text without it; its minus stays."""
    found = pattern.search(text)
    if not found:
        return "", text
    return found.group(group), text[: found.start(group)] + text[found.end(group) :]


def _bracketed(text: str, negative: bool) -> tuple[str, bool]:
    if text.startswith("(") and text.endswith(")") and not negative:
        return text[1:-1], True
    return text, negative


def _sign(text: str, negative: bool) -> tuple[str, bool]:
    if text.startswith("-") or (text.endswith("-") and len(text) > 1):
        # two minus signs, or brackets and a minus, say nothing certain: the rest will not parse
        return (text if negative else text.strip("-")) if text.count("-") == 1 else text, True
    return text.removeprefix("+"), negative


def _number(text: str) -> Decimal | None:
    if len(text) > 60 or not text.isascii():
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


def exact_amounts(
    column: pd.Series[str], scale: int = 1, rates: Rates = NO_RATES, header: str = "", bare: bool = False
) -> Exact:
    """A column of amounts. ``scale`` and ``header``: unit and currency of its header.

    Foreign money is converted by ``rates``; without a rate it is SG415, unless all cells name one and the
    same currency. ``bare``: there are other cells, which name none.
    """
    codes, cells = distinct(column)
    amounts = [parse_amount(cell) for cell in cells]
    own = rates.own or HOME
    currencies = [a.currency or header or own for a in amounts]
    named = {c for c, a in zip(currencies, amounts, strict=True) if a.problem != "blank"}
    if bare:
        named.add(header or own)
    alone = next(iter(named)) if len(named) == 1 and not rates.own else ""
    european = any(EUROPEAN.fullmatch(joined_up(cell)) for cell in cells)
    values: list[Decimal | None] = []
    problems: list[str] = []
    for cell, amount, currency in zip(cells, amounts, currencies, strict=True):
        value, problem = amount.value, amount.problem
        if european and not problem and EITHER.fullmatch(joined_up(cell)):
            problem = "SG412"
        elif value is not None and currency != own and currency in rates.table:
            value = EXACT.multiply(value, rates.table[currency])
        elif not problem and currency not in (own, alone):
            problem = "SG415"
        if value is not None and scale != 1 and not amount.scaled:
            value = EXACT.multiply(value, Decimal(scale))
        if value is not None and abs(value) > LARGEST:
            problem = problem or "SG413"
        values.append(None if problem else value)
        problems.append(problem)
    foreign = alone if alone != own and alone not in rates.table else ""
    return Exact(codes, values, problems, foreign)


def joined_up(cell: str) -> str:
    """``cell`` in plain characters, without blanks."""
    return "".join(unicodedata.normalize("NFKC", cell).split())


def exact_numbers(column: pd.Series[str]) -> Exact:
    """A column of counts: as amounts, with counting words such as 件 behind them; 95% is 0.95."""
    codes, cells = distinct(column)
    amounts = [_number_in(cell.strip().casefold()) for cell in cells]
    return Exact(codes, [a.value for a in amounts], [a.problem for a in amounts])


def _number_in(cell: str) -> Amount:
    if not cell.endswith(_PER_CENT):
        return parse_amount(_COUNTED.sub("", cell))
    found = parse_amount(cell[:-1])
    if found.value is None or found.currency or found.scaled:
        return Amount(None, "SG412")  # of money, of 万, or of nothing
    return Amount(EXACT.scaleb(found.value, -2))


def multiply(one: Exact, other: Exact) -> Exact:
    """The product, cell by cell, exact."""
    import pandas as pd

    pairs, both = pd.factorize(one.codes.astype("int64") * len(other.values) + other.codes)
    values: list[Decimal | None] = []
    problems: list[str] = []
    for pair in both.tolist():
        i, j = divmod(pair, len(other.values))
        a, b = one.values[i], other.values[j]
        product = EXACT.multiply(a, b) if a is not None and b is not None else None
        problem = one.problems[i] or other.problems[j]
        if product is not None and abs(product) > LARGEST:
            product, problem = None, "SG413"
        values.append(product)
        problems.append(problem)
    return Exact(pairs, values, problems, other.currency)


def half_up(value: Decimal) -> int:
    """Yuan to cents; half a cent away from zero."""
    return int(EXACT.scaleb(EXACT.quantize(value, _CENT), 2))


def to_cents(exact: Exact) -> Cents:
    """Cents of every cell, and what was lost to rounding over all of them."""
    import numpy as np

    whole = [half_up(v) if v is not None else 0 for v in exact.values]
    rests = [
        EXACT.subtract(v, EXACT.scaleb(Decimal(c), -2)) if v is not None else Decimal(0)
        for v, c in zip(exact.values, whole, strict=True)
    ]
    counts = np.bincount(exact.codes, minlength=len(whole)).tolist() if len(exact.codes) else []
    residue = _weighted(rests, counts)
    total = _weighted([v if v is not None else Decimal(0) for v in exact.values], counts)
    return Cents(
        spread(exact.codes, whole, np.int64),
        spread(exact.codes, [PROBLEMS.index(p) for p in exact.problems], np.int8),
        spread(exact.codes, [bool(r) for r in rests], np.bool_),
        residue,
        total,
        exact.currency,
    )


def _weighted(values: Iterable[Decimal], counts: Iterable[int]) -> Decimal:
    total = Decimal(0)
    for value, n in zip(values, counts, strict=False):
        if value:
            total = EXACT.add(total, EXACT.multiply(value, Decimal(n)))
    return total


def total_cents(cents: npt.NDArray[np.int64]) -> int:
    """The exact sum, past the 64 bits a sum of many large amounts may need."""
    import numpy as np

    if len(cents) and max(int(cents.max()), -int(cents.min())) * len(cents) < 2**63:
        return int(cents.sum())
    high, low = np.divmod(cents, 10**6)
    return int(high.sum()) * 10**6 + int(low.sum())
