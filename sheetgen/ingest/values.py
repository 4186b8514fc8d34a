"""Flags, ratings, phones, states: each gives a value and a problem ('' or 'blank' or an SG code)."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from sheetgen.ingest.platforms import states
from sheetgen.ingest.text import LOST_DIGITS, fold
from sheetgen.ingest.words import BLANK, NO, RATING, YES

_STARS: Final = re.compile(r"[★*☆⭐]+")
_GRADE: Final = re.compile(r"([1-5](?:\.\d+)?)(?:分|星|星级|/5(?:\.0)?)?")
_MOBILE: Final = re.compile(r"1[3-9]\d{9}")
_COUNTRY: Final = re.compile(r"^(?:\+?86|0086)(?=1[3-9]\d{9}$)")
_CARD: Final = re.compile(r"\d{17}[\dX]", re.ASCII)
_OLD_CARD: Final = re.compile(r"\d{15}", re.ASCII)
_CARD_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_PHONE_MARKS: Final = str.maketrans("", "", " -‐–—().·")


def flag(cell: str) -> tuple[str, str]:
    """yes, no or ''."""
    word = fold(cell)
    if word in NO and word not in ("无", ""):
        return "no", ""
    if word in YES:
        return "yes", ""
    if word == "无":
        return "no", ""
    return "", "blank" if word in BLANK else "SG452"


def rating(cell: str) -> tuple[float, str]:
    """1.0 to 5.0, NaN unknown: 很满意, 五星, ★★★★, 4分, 4.5."""
    word = fold(cell)
    if word in BLANK:
        return float("nan"), "blank"
    if word in RATING:
        return RATING[word], ""
    if _STARS.fullmatch(word):
        full = sum(ch in "★*⭐" for ch in word)
        if 1 <= full <= 5:
            return float(full), ""
    grade = _GRADE.fullmatch(word)
    if grade and float(grade.group(1)) <= 5:
        return float(grade.group(1)), ""
    return float("nan"), "SG451"


def phone(cell: str) -> tuple[str, str]:
    """A mainland mobile as 11 digits; landlines and masked numbers as they are; lost digits are SG401."""
    text = unicodedata.normalize("NFKC", cell).strip().lstrip("'`").strip()
    if text.casefold() in BLANK:
        return "", "blank"
    if LOST_DIGITS.fullmatch(text):
        return "", "SG401"
    first = re.split(r"[/,;、\n]| {2,}", text)[0].strip()
    digits = first.removesuffix(".0").translate(_PHONE_MARKS)
    digits = _COUNTRY.sub("", digits)
    if _MOBILE.fullmatch(digits):
        return digits, "SG402" if first != text else ""
    return text, "" if "*" in text or re.fullmatch(r"[\d+()\- ]{7,20}", text) else "SG402"


def status(cell: str) -> tuple[str, str]:
    """paid, closed, unpaid or refunded. A word we do not know counts as paid, with SG423."""
    word = fold(cell)
    if word in BLANK:
        return "paid", ""
    known = states().get(word)
    return (known, "") if known else ("paid", "SG423")


def id_card(cell: str) -> tuple[str, str]:
    """A mainland identity card number; an ``x`` at its end is an ``X``. SG455: its check digit is wrong."""
    text = unicodedata.normalize("NFKC", cell).strip().lstrip("'`").strip().upper()
    if text.casefold() in BLANK:
        return "", "blank"
    if LOST_DIGITS.fullmatch(text):
        return "", "SG403"
    if not _CARD.fullmatch(text):
        return text, "" if "*" in text or _OLD_CARD.fullmatch(text) else "SG455"
    check = "10X98765432"[sum(int(d) * w for d, w in zip(text[:17], _CARD_WEIGHTS, strict=True)) % 11]
    return text, "" if text[17] == check else "SG455"
