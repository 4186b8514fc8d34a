"""Personal data made unreadable for screens and logs. Masked is not anonymous: it only keeps eyes off."""

from __future__ import annotations

import re
from typing import Final

OPEN: Final = frozenset(
    ("product", "category", "channel", "region", "industry", "source", "package", "product_kind", "order_id")
)
"""text fields that name nobody"""
NAMES: Final = frozenset(("customer_name", "contact", "owner", "handler"))
PLAIN_TYPES: Final = frozenset(("date", "money", "price", "number", "integer", "flag", "rating", "status"))
_TWO_CHARACTER_SURNAMES: Final = frozenset(
    (
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "令狐",
        "司徒",
        "司空",
        "夏侯",
        "端木",
        *("南宫", "独孤", "长孙", "宇文", "轩辕", "呼延"),
    )
)
_MAIL: Final = re.compile(r"([\w.+-])[\w.+-]*(@[\w.-]+)")
_DATE: Final = re.compile(r"(?:19|20)\d{2}(?:[-/.年]\d{1,2}[-/.月]\d{1,2}日?|(?:0\d|1[0-2])[0-3]\d)")
_DIGITS: Final = re.compile(r"(?<![\d.])\d[\d -]{5,}\d(?!\d*\.\d)")
_LOST: Final = re.compile(r"\d(?:\.\d{1,3})?[eE]\+?\d{1,2}")
_HAN: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]{2,}")
_WORD: Final = re.compile(r"[^\W\d_\u3400-\u9fff]{3,}")


def mask(value: str, field: str, kind: str) -> str:
    """``value`` as it may be shown: ``field`` is a field id or a header, ``kind`` its declared type or ''."""
    if kind in PLAIN_TYPES or field in OPEN:
        return value
    if kind == "phone":
        return value if _LOST.fullmatch(value.strip()) else mask_number(value)
    if field in NAMES:
        return mask_name(value)
    if kind == "id":
        return mask_name(value) if _HAN.search(value) else _numbers(value)
    return mask_text(value)


def mask_name(name: str) -> str:
    """张三 -> 张*, 欧阳修 -> 欧阳*, 杭州西湖贸易 -> 杭州****, Ann Lee -> A** L**; never more than half."""
    words = []
    for word in name.split():
        if _WORD.match(word) or len(word) < 3:
            shown = 1
        else:
            shown = 2 if len(word) > 4 or word[:2] in _TWO_CHARACTER_SURNAMES else 1
        words.append(word[:shown] + "*" * min(max(len(word) - shown, 1), 6))
    return " ".join(words)


def mask_number(number: str) -> str:
    """13800138000 -> 138****8000, 110101199001011234 -> 110***********1234; short ones show two digits."""
    digits = re.sub(r"\D", "", number)
    if len(digits) >= 11:
        return f"{digits[:3]}{'*' * (len(digits) - 7)}{digits[-4:]}"
    kept = 2 if len(digits) >= 4 else 0
    return "*" * (len(number) - kept) + number[len(number) - kept :]


def mask_text(text: str) -> str:
    """Free text, of which only the first letter of each word, dates and short numbers stay."""
    parts = _MAIL.split(text)  # text, first letter, domain, text …
    for i in range(0, len(parts), 3):
        parts[i] = _numbers(parts[i])
        for pattern in (_HAN, _WORD):
            parts[i] = pattern.sub(lambda m: m[0][0] + "*" * (len(m[0]) - 1), parts[i])
    for i in range(1, len(parts), 3):
        parts[i] += "***"
    return "".join(parts)


def _numbers(text: str) -> str:
    return _DIGITS.sub(lambda m: m[0] if _DATE.fullmatch(m[0].strip()) else mask_number(m[0]), text)
