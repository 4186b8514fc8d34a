"""Values as they may stand in a cell: nothing that harms a reader, nothing that turns into a formula."""

from __future__ import annotations

import re
from datetime import date
from math import isfinite
from typing import Any

import numpy as np

MAX_UNITS = 32_767
CUT_AT = 32_000
CUT_MARK = "…"
ERRORS = frozenset(("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"))

_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPOILED = re.compile("[\x01-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LITERAL = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_FORMULA_START = tuple("=+-@\t\r\n＝＋－＠")
_EDGES = frozenset((*_FORMULA_START, " "))


def clean_text(text: str) -> str:
    """``text`` without control characters (but tab, line feed) and lone surrogates, cut to Excel's limit."""
    if len(text) <= MAX_UNITS // 2 and text.isprintable():
        return text
    text = _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _SURROGATE.sub("\ufffd", text)
    if len(text) > MAX_UNITS // 2 and len(text.encode("utf-16-le")) > 2 * MAX_UNITS:
        text = text.encode("utf-16-le")[: 2 * CUT_AT].decode("utf-16-le", "ignore") + CUT_MARK
    return text


def clean_texts(texts: list[str]) -> list[str]:
    """``clean_text`` of each, fast when nothing is to be done."""
    if not texts:
        return texts
    joined = "\x00".join(texts)
    untouched = joined.replace("\x00", "").isprintable() or _SPOILED.search(joined) is None
    untouched = untouched and joined.count("\x00") == len(texts) - 1
    return texts if untouched and max(map(len, texts)) <= MAX_UNITS // 2 else [clean_text(t) for t in texts]


def needs_quote(text: str) -> bool:
    """True when a spreadsheet could take ``text`` for a formula once someone edits or exports it."""
    return text.startswith(_FORMULA_START)


def escape(text: str) -> str:
    """``text`` as XML character data."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escaped(texts: list[str]) -> list[str]:
    """``escape`` of each, fast when nothing is to be done."""
    joined = "".join(texts)
    return list(map(escape, texts)) if any(mark in joined for mark in "&<>") else texts


def string_item(text: str) -> str:
    """The ``<t>`` element of clean ``text``; a literal ``_x0041_`` keeps its own spelling."""
    body = escape(_LITERAL.sub("_x005F_", text) if has_escape(text) else text)
    keep = ' xml:space="preserve"' if text[:1].isspace() or text[-1:].isspace() else ""
    return f"<t{keep}>{body}</t>"


def has_escape(text: str) -> bool:
    """True when ``text`` holds something like ``_x0041_``, which some readers take for a character."""
    return "_x" in text and _LITERAL.search(text) is not None


def all_plain(texts: list[str]) -> bool:
    """True when every one of ``texts`` is clean, goes into XML just as it is, and needs no quote prefix.

    False also for some that are and do: what is not told apart quickly.
    """
    joined = "".join(texts)
    return (
        joined.isprintable()
        and not any(mark in joined for mark in ("&", "<", ">", "_x"))
        and all(texts)
        and _EDGES.isdisjoint({text[0] for text in texts})
        and " " not in {text[-1] for text in texts}
        and max(map(len, texts), default=0) <= CUT_AT // 2
    )


def letters(col: int) -> str:
    """The name of a column counted from 0: 0 is A, 26 is AA."""
    name = ""
    col += 1
    while col:
        col, rest = divmod(col - 1, 26)
        name = chr(65 + rest) + name
    return name


def number(value: float) -> str:
    """A finite number in the fewest digits that read back as the same number."""
    return repr(value).removesuffix(".0")


def serial(day: date) -> int:
    """The day number of a date in a spreadsheet."""
    return (day - date(1899, 12, 30)).days


def result(value: Any) -> tuple[str, str]:
    """Type attribute and text of a formula's cached result. Raises TypeError for what no cell can hold."""
    if isinstance(value, str):
        text = clean_text(value)
        return (' t="e"' if text in ERRORS else ' t="str"'), escape(text)
    if value is None:
        return ' t="str"', ""
    if isinstance(value, bool | np.bool_):
        return ' t="b"', str(int(value))
    if isinstance(value, int | float | np.number):
        return ("", number(float(value))) if isfinite(value) else (' t="str"', "")
    if isinstance(value, date):
        return "", str(serial(value))
    raise TypeError(f"a cell cannot hold {type(value).__name__}")
