"""What people type, as a sheet means it: a tier by any of its names, a day or a number written as text.

Only what can be read in one way is read at all.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sheetgen.scheme.compile import Scheme

_SPACE: Final = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")
_ENDS: Final = ("等级", "级别", "级", "会员", "客户", "tier", "level", "customers", "customer")
_ALIKE: Final = (
    ("钻石", "钻", "diamond"),
    ("铂金", "白金", "platinum"),
    ("黄金", "金牌", "金卡", "金", "gold"),
    ("白银", "银牌", "银卡", "银", "silver"),
    ("青铜", "铜牌", "铜", "bronze"),
    ("vip", "贵宾"),
    ("普通", "一般", "regular", "ordinary"),
)
"""names that go for each other"""
_DAY: Final = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})[日号]?|(\d\d)(\d\d))")
_HOUR: Final = re.compile(r"[T ]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?Z?$")
_NUMBER: Final = re.compile(r"([-+]?)[¥￥]?(\d{1,3}(?:,\d{3})+|\d{1,12})(\.\d{1,6})?(?:元)?")
FIRST_DAY: Final = date(1900, 3, 1)
"""before it, spreadsheets disagree about the number of a day"""


def tier_names(scheme: Scheme) -> dict[str, str]:
    """Folded name -> tier id: ids, labels in both languages, without their endings, and what goes for them.

    A name that two tiers could have is left out.
    """
    found: dict[str, set[str]] = {}
    sure: dict[str, str] = {}
    for tier in scheme.file.tiers:
        for name in (tier.id, tier.label.zh, tier.label.en):
            sure.setdefault(folded(name), tier.id)
            stem = _stem(folded(name))
            for words in (stem, *(w for alike in _ALIKE if stem in alike for w in alike)):
                found.setdefault(words, set()).add(tier.id)
    return {name: min(tiers) for name, tiers in found.items() if len(tiers) == 1} | sure


def tier_meant(words: str, names: dict[str, str]) -> str:
    """The id of the tier that somebody means; empty where it is none, or could be two."""
    said = folded(words)
    return names.get(said) or names.get(_stem(said), "")


def day_meant(words: str) -> date | None:
    """The day that a text says year first, as 2025-12-31, 2025/12/31, 20251231 or 2025年12月31日."""
    said = _HOUR.sub("", unicodedata.normalize("NFKC", words).strip())
    found = _DAY.fullmatch(said)
    if found is None:
        return None
    year, _, *pairs = found.groups()
    month, day = (part for part in pairs if part)
    try:
        told = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return told if told >= FIRST_DAY and told.year < 2200 else None


def number_meant(words: str) -> float | None:
    """The number that a text says: ``1,200.50``, ``￥80``, ``80元``; None where it could be another."""
    found = _NUMBER.fullmatch(_SPACE.sub("", unicodedata.normalize("NFKC", words)))
    if found is None:
        return None
    sign, whole, part = found.groups()
    return float(f"{sign}{whole.replace(',', '')}{part or ''}")


def folded(words: str) -> str:
    """``words`` without what eyes do not see: width, case, spaces."""
    return _SPACE.sub("", unicodedata.normalize("NFKC", words)).casefold()


def _stem(words: str) -> str:
    for end in _ENDS:
        if words.endswith(end) and len(words) > len(end):
            return words.removesuffix(end)
    return words
