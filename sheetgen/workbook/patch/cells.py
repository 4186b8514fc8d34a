"""One cell's bytes, with a new value or formula: what is not touched stays as it was written."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from math import isfinite
from typing import Any, Final, NamedTuple

from sheetgen.workbook.celltext import ERRORS, MAX_UNITS, escape, letters, needs_quote, number
from sheetgen.workbook.patch.edits import Cached, Constant, Edit, Formula
from sheetgen.workbook.patch.markup import attribute, plain_string, string_text, unescaped
from sheetgen.workbook.patch.markup import without_attribute as without

_TYPE: Final = re.compile(rb"""\s+t\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_INLINE: Final = re.compile(rb"<(?:[\w.-]+:)?t(?:\s[^>]*)?(?<!/)>([^<]*)<")
_ALOUD: Final = re.compile(rb"<((?:[\w.-]+:)?rPh)[\s>].*?</\1>", re.DOTALL)
_UNFIT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_EPOCH: Final = datetime(1899, 12, 30)
_EPOCH_1904: Final = datetime(1904, 1, 1)


@dataclass(frozen=True, slots=True)
class Placed:
    """An edit of a cell that also gets a style; None leaves what it holds."""

    edit: Edit | None
    style: bytes


@dataclass(frozen=True, slots=True)
class Apart:
    """A member of a shared formula that gets the formula's text for itself; ``then`` may set its result."""

    text: str
    then: Cached | None = None


Task = Edit | Placed | Apart


@dataclass(frozen=True)
class Style:
    """How a sheet's cells are written: ``prefix`` of its tags, and whether days count from 1904.

    ``shared``: a string by its number. ``marked``: the style with the quote mark for a style.
    """

    prefix: bytes
    date1904: bool
    shared: Callable[[int], str | None]
    marked: Callable[[bytes], bytes]


class Found(NamedTuple):
    """A cell as it stands: attributes without the slash, then its content taken apart (see ``Patterns``)."""

    attributes: bytes
    inner: re.Match[bytes]


def content(value: Any, date1904: bool = False) -> tuple[bytes, str | None]:
    """The type (n, b or str) and the text of a value. Raises TypeError, ValueError for what fits no cell."""
    if hasattr(value, "item"):
        value = value.item()
    if value is None:
        return b"", None
    if isinstance(value, bool):
        return b"b", "1" if value else "0"
    if isinstance(value, int | float):
        if not isfinite(value):
            raise ValueError("a cell cannot hold NaN or an infinite number")
        return b"n", number(float(value))
    if isinstance(value, str):
        if len(value) > MAX_UNITS // 2 and len(value.encode("utf-16-le", "replace")) > 2 * MAX_UNITS:
            raise ValueError("a cell cannot hold so long a text")
        return b"str", value
    if isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime.combine(value, time())
        days = (moment.replace(tzinfo=None) - (_EPOCH_1904 if date1904 else _EPOCH)).total_seconds() / 86_400
        return b"n", number(days)
    raise TypeError(f"a cell cannot hold {type(value).__name__}")


def new_cell(place: tuple[int, int], task: Task, style: Style) -> bytes:
    """A cell that was not there; b"" where nothing would be in it and it has no style."""
    edit, look = (task.edit, task.style) if isinstance(task, Placed) else (task, b"")
    attributes = f' r="{letters(place[1])}{place[0] + 1}"'.encode() + (b' s="%s"' % look if look else b"")
    if isinstance(edit, Constant) or edit is None:
        made = _constant(attributes, edit.value if edit else None, b"", style)
        return b"" if not look and made.endswith(b"/>") else made
    if isinstance(edit, Formula):
        told = _result(edit.value, style)
        return _with_result(attributes, _formula(edit.text, style), told, b"", style.prefix)
    raise ValueError("a cell without a formula has no result")


def changed_cell(old: Found, task: Task, style: Style) -> bytes | None:
    """The cell with the edit done; None when it holds just that already."""
    edit = task.edit if isinstance(task, Placed) else task
    attributes = _styled(old.attributes, task.style) if isinstance(task, Placed) else old.attributes
    inner = old.inner
    if isinstance(edit, Formula) and _says(inner, edit.text):
        edit = Cached(edit.value)  # the formula's own bytes stay
    same = attributes is old.attributes
    made: bytes | None = None
    rest = inner[7] or b""
    match edit:
        case None:
            made = None if same else _whole(attributes, inner[0], b"", style.prefix)
        case Cached(value):
            told = _result(value, style)
            if not (same and _holds(old, told, style)):
                made = _with_result(attributes, inner[1] or b"", told, rest, style.prefix)
        case Apart(text, then):
            formula = _formula(text, style)
            if then is not None:
                made = _with_result(attributes, formula, _result(then.value, style), rest, style.prefix)
            else:
                made = _whole(attributes, formula + (inner[4] or b""), rest, style.prefix)
        case Formula(text, value, array=True) if inner[1] is not None:
            opened = b"<%sf%s>" % (style.prefix, inner[2].removesuffix(b"/"))
            formula = opened + _formula(text, style).partition(b">")[2]
            made = _with_result(attributes, formula, _result(value, style), rest, style.prefix)
        case Formula(text, value):
            told = _result(value, style)
            made = _with_result(_bare(attributes), _formula(text, style), told, rest, style.prefix)
        case Constant(value):
            if not (same and inner[1] is None and _shows(old, value, style)):
                made = _constant(_bare(attributes), value, rest, style)
    return made


def _bare(attributes: bytes) -> bytes:
    """Without the marks of a rich value or a dynamic array."""
    return without(without(attributes, "cm"), "vm") if b"m" in attributes else attributes


def _says(inner: re.Match[bytes], text: str) -> bool:
    if inner[1] is None or attribute(inner[2], "t"):
        return False
    return unescaped((inner[3] or b"").decode()) == text.removeprefix("=")


def _styled(attributes: bytes, style: bytes) -> bytes:
    if (attribute(attributes, "s") or "").encode() == style:
        return attributes
    rest = without(attributes, "s")
    return rest + b' s="%s"' % style if style else rest


def _formula(text: str, style: Style) -> bytes:
    if _UNFIT.search(text):
        raise ValueError("a formula cannot hold control characters")
    body = escape(text.removeprefix("=")).replace("\r", "&#13;").encode()
    return b"<%sf>%s</%sf>" % (style.prefix, body, style.prefix)


def _result(value: Any, style: Style) -> tuple[bytes, str | None]:
    """Type and text of a formula's result."""
    kind, text = content(value, style.date1904)
    return (b"e", text) if kind == b"str" and text in ERRORS else (kind, text)


def _with_result(
    attributes: bytes, formula: bytes, told: tuple[bytes, str | None], rest: bytes, p: bytes
) -> bytes:
    kind, text = told
    if _type(attributes) != (kind if kind != b"n" else b""):
        attributes = _typed(attributes, kind)
    if text is None:
        return _whole(attributes, formula, rest, p)
    written = string_text(text) if kind == b"str" else text
    return _whole(attributes, b"%s<%sv>%s</%sv>" % (formula, p, written.encode(), p), rest, p)


def _constant(attributes: bytes, value: Any, rest: bytes, style: Style) -> bytes:
    p = style.prefix
    kind, text = content(value, style.date1904)
    if not text:
        return _whole(_typed(attributes, b""), b"", rest, p)
    if kind != b"str":
        body = b"<%sv>%s</%sv>" % (p, text.encode(), p)
        return _whole(_typed(attributes, kind), body, rest, p)
    if needs_quote(text):
        attributes = _styled(attributes, style.marked((attribute(attributes, "s") or "").encode()))
    keep = b' xml:space="preserve"' if text != text.strip() or "\n" in text or "  " in text else b""
    body = b"<%sis><%st%s>%s</%st></%sis>" % (p, p, keep, string_text(text).encode(), p, p)
    return _whole(_typed(attributes, b"inlineStr"), body, rest, p)


def _whole(attributes: bytes, body: bytes, rest: bytes, p: bytes) -> bytes:
    if not body and not rest:
        return b"<%sc%s/>" % (p, attributes)
    return b"<%sc%s>%s%s</%sc>" % (p, attributes, body, rest, p)


def _type(attributes: bytes) -> bytes:
    if b"t" not in attributes:
        return b""
    found = _TYPE.search(attributes)
    return (found[1] or found[2] or b"") if found else b""


def _typed(attributes: bytes, kind: bytes) -> bytes:
    """With another type; a number needs none."""
    rest = _TYPE.sub(b"", attributes, count=1)
    return rest + b' t="%s"' % kind if kind not in (b"", b"n") else rest


def _holds(old: Found, told: tuple[bytes, str | None], style: Style) -> bool:
    """Whether the result is there already."""
    kind, text = told
    is_now, value_now = _type(old.attributes) or b"n", old.inner[5]
    if text is None:
        return old.inner[6] is None and not value_now and (old.inner[4] is None or is_now == b"n")
    if is_now in (b"s", b"inlineStr"):
        return kind == b"str" and _shows(old, text, style)
    if old.inner[4] is None:
        return False
    now = (value_now or b"").decode()
    if is_now != kind:
        return False
    return plain_string(unescaped(now)) == text if kind in (b"str", b"e") else _equal(kind, now, text)


def _shows(old: Found, value: Any, style: Style) -> bool:
    """Whether the constant is there already, in whichever way."""
    kind, text = content(value, style.date1904)
    inner, is_now = old.inner, _type(old.attributes) or b"n"
    if not text and not inner[5] and inner[6] is None:
        return True
    if text is None:
        return False
    now = unescaped((inner[5] or b"").decode())
    if kind != b"str":
        return is_now == kind and _equal(kind, now, text)
    if is_now == b"s":
        return now.strip().isdigit() and style.shared(int(now)) == text
    if is_now == b"inlineStr" and inner[6] is not None:
        pieces = _INLINE.findall(_ALOUD.sub(b"", inner[6]))
        return plain_string(unescaped(b"".join(pieces).decode())) == text
    return is_now == b"str" and plain_string(now) == text


def _equal(kind: bytes, now: str, text: str) -> bool:
    if now == text:
        return True
    if kind == b"b":
        return {"true": "1", "false": "0"}.get(now.strip()) == text
    try:
        return float(now) == float(text)
    except ValueError:
        return False
