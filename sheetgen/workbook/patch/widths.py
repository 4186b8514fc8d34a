"""How wide the columns of a sheet are: new ones get their entry, spans of others are split around it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from sheetgen.workbook.patch.markup import ATTRIBUTES, attribute, tag, with_attribute
from sheetgen.workbook.patch.package import local

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from sheetgen.workbook.patch.edits import NewColumn

PADDING: Final = 0.7109375
"""what a column's entry has beyond the width that people see"""
HIDDEN_WIDTH: Final = 9.0
_COLS: Final = re.compile(
    rb"<(?P<p>(?:[\w.-]+:)?)cols(?=[\s/>])%s>(?:(?<=/>)|(.*?)</(?P=p)cols>)" % ATTRIBUTES, re.DOTALL
)
_DATA: Final = re.compile(rb"<((?:[\w.-]+:)?)sheetData(?=[\s/>])")


def with_widths(head: bytes, columns: Mapping[int, NewColumn]) -> bytes:
    """``head``, all that stands above a sheet's rows, with an entry for each of ``columns``."""
    data = _DATA.search(head)
    if not columns or data is None:
        return head
    there, pieces = _COLS.search(head), list[tuple[int, bytes]]()
    for found in tag("col").finditer(there[2] or b"") if there else ():
        first, last = (int(attribute(found[3], name) or 0) for name in ("min", "max"))
        inner = found[3].removesuffix(b"/").rstrip()
        start = first
        for number in sorted(col + 1 for col in columns if first <= col + 1 <= last):
            pieces += _span(data[1], inner, start, number - 1)
            start = number + 1
        pieces += _span(data[1], inner, start, last)
    for col, new in columns.items():
        said = "".join(f' {key}="{value}"' for key, value in entry(new).items())
        pieces += _span(data[1], said.encode(), col + 1, col + 1)
    cols = b"<%scols>%s</%scols>" % (data[1], b"".join(piece for _, piece in sorted(pieces)), data[1])
    start, stop = there.span() if there else (data.start(), data.start())
    return head[:start] + cols + head[stop:]


def _span(prefix: bytes, attributes: bytes, first: int, last: int) -> list[tuple[int, bytes]]:
    if first > last:
        return []
    told = with_attribute(with_attribute(attributes, "min", str(first)), "max", str(last))
    return [(first, b"<%scol %s/>" % (prefix, told.lstrip()))]


def entry(new: NewColumn) -> dict[str, str]:
    """The attributes of a new column, but for its place."""
    width = f"{(new.width or HIDDEN_WIDTH) + PADDING:.15g}"
    return {"width": width, "customWidth": "1"} | ({} if new.width else {"hidden": "1"})


def same_widths(before: Element, after: Element, columns: Mapping[int, NewColumn]) -> bool:
    """Whether two sheets' columns are the same but for ``columns``, which are as told.

    Takes both lists out of the sheets.
    """
    was, now = _taken(before), _taken(after)
    return {**was, **{col: entry(new) for col, new in columns.items()}} == now


def _taken(sheet: Element) -> dict[int, dict[str, str]]:
    """Column -> what is said of it."""
    found: dict[int, dict[str, str]] = {}
    for cols in [node for node in sheet if local(node.tag) == "cols"]:
        for node in cols:
            told = {key: value for key, value in node.items() if key not in ("min", "max")}
            span = range(int(node.get("min") or 0) - 1, int(node.get("max") or 0))
            found |= dict.fromkeys(span, told)
        sheet.remove(cols)
    return found
