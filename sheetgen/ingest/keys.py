"""What a header is compared as, and what it says of the unit and the currency of the cells below it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from sheetgen.ingest.words import SCALE

_DROPPED: Final = re.compile(r"[\s_*\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]+")
_CURRENCIES: Final[dict[str, str]] = {
    word: code
    for code, said in (
        ("CNY", "元 圆 人民币 rmb cny ¥"),
        ("USD", "美元 美金 usd us$ $"),
        ("HKD", "港币 港元 hkd hk$"),
        ("EUR", "欧元 eur €"),
        ("GBP", "英镑 gbp £"),
        ("JPY", "日元 jpy"),
        ("TWD", "新台币 台币 twd nt$"),
    )
    for word in said.split()
}
_MONEY: Final = "|".join(map(re.escape, sorted(_CURRENCIES, key=len, reverse=True)))
_BIG: Final = "亿元?|千万元?|百万元?|万元?|千元?|万美元|万港元"
_PLAIN: Final = rf"{_MONEY}|件|个|次|天|分|%"
_INNER: Final = (
    rf"(?:单位[:是]?)?(?:人民币|rmb|cny)?[:,]?({_BIG}|{_PLAIN})(?:[:,]?(?:人民币|rmb|cny))?(?:/[^()]{{1,4}})?"
)
_UNIT: Final = re.compile(
    rf"(?:[(\[【{{]{_INNER}[)\]】}}]?|[/:]({_BIG}|{_PLAIN})|((?:亿|千万|百万|万|千)元)"
    r"|(?<=[a-z])(usd|rmb|cny|hkd|eur|gbp))$"
)
_STATED: Final = re.compile(
    rf"(?:^|[,;(])(?:金额|货币)?单位[:是]?(?:人民币)?({_BIG}|{_MONEY})(?:$|[),;/]|币种|人民币)"
)
_POSITION: Final = re.compile(r"#(\d+)$")


def _plain(header: str) -> str:
    return _DROPPED.sub("", unicodedata.normalize("NFKC", header).casefold()).rstrip(":")


@lru_cache(maxsize=50_000)
def normalise(header: str) -> str:
    """The header as it is compared: NFKC, lower case, without blanks, underscores, asterisks and units."""
    text = _plain(header)
    return _UNIT.sub("", text) or text


def decorated(header: str) -> bool:
    """True when the header names a unit behind its name."""
    return normalise(header) != _plain(header)


def unit_of(header: str) -> str:
    """The unit a header names, folded: ``万元`` for ``金额（万元）``; '' for none."""
    text = _plain(header)
    found = _UNIT.search(text)
    return next((g for g in found.groups() if g), "") if found and found.start() else ""


def _scale(unit: str) -> int:
    return next((SCALE[u] for u in sorted(SCALE, key=len, reverse=True) if unit.startswith(u)), 1)


def unit_scale(header: str) -> int:
    """What a number below ``header`` must be multiplied with: 10,000 for ``金额(万元)``, else 1."""
    return _scale(unit_of(header))


def currency_of(header: str) -> str:
    """The currency a header names, as its code: ``USD`` for ``Amount (USD)``; '' for none."""
    unit = unit_of(header)
    longest_first = sorted(_CURRENCIES, key=len, reverse=True)
    return next((_CURRENCIES[word] for word in longest_first if unit.endswith(word)), "")


def currency_code(word: str) -> str:
    """The code of a currency's name, sign or code (美元, $, usd), '' for a word that is none."""
    return _CURRENCIES.get(_plain(word), "")


def stated_scale(cell: str) -> int:
    """The scale that a line above a table states for all its money (``单位：万元``), else 1."""
    found = _STATED.search(_plain(cell))
    return _scale(found.group(1)) if found else 1


def position(header: str) -> int | None:
    """The column (from 0) that a mapping target such as ``#3`` points at, or None for a header in words."""
    found = _POSITION.fullmatch(header.strip())
    return int(found.group(1)) - 1 if found else None
