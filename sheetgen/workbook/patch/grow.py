"""What grows with the data: ranges that end on the last data row, in every part that names them.

The formulas of cells stay: whose they are is known to the caller alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, partial
from typing import Final

from sheetgen.workbook.patch.drawn import grown_range
from sheetgen.workbook.patch.markup import (
    ATTRIBUTES,
    changed_attributes,
    changed_texts,
    element,
    tag,
    unescaped,
    without_attribute,
)
from sheetgen.workbook.patch.refs import Area, Growth, area_of, folded, grown_formula, grown_list, shifted

_LISTED: Final = ("conditionalFormatting", "dataValidation", "ignoredError", "protectedRange")
_FILTERS: Final = ("autoFilter", "sortState", "sortCondition")
_FORMULAS: Final = ("formula", "formula1", "formula2")


@cache
def _sparkline() -> re.Pattern[bytes]:
    return re.compile(
        rb"<(?P<p>(?:[\w.-]+:)?)sparkline(?:\s%s)?(?<!/)>.*?</(?P=p)sparkline>" % ATTRIBUTES, re.DOTALL
    )


def grown_tail(tail: bytes, sheet: str, growths: Sequence[Growth]) -> bytes:
    """What stands below the rows of ``sheet``: filter, formats, validations, ignored errors, sparklines."""
    own = [growth for growth in growths if growth.sheet == sheet]
    if own:
        listed = partial(folded, own, step=grown_list)
        tail = changed_attributes(tail, (*_LISTED, *_FILTERS), ("sqref", "ref"), listed)
        pieces, at = [], 0
        for found in _sparkline().finditer(tail):
            pieces += [
                changed_texts(tail[at : found.start()], ("sqref",), listed),
                _sparklines(found[0], own),
            ]
            at = found.end()
        tail = b"".join([*pieces, changed_texts(tail[at:], ("sqref",), listed)])
    tail = changed_texts(tail, _FORMULAS, lambda text: _formula(text, sheet, growths))
    return _x14_formulas(tail, sheet, growths)


def _formula(text: str, sheet: str, growths: Sequence[Growth], cells: bool = False) -> str:
    return folded(growths, text, lambda t, growth: grown_formula(t, sheet, growth, cells))


def _x14_formulas(tail: bytes, sheet: str, growths: Sequence[Growth]) -> bytes:
    """The newer formats' and validations' formulas; a sparkline's data range is no such formula, but grows
    where it runs down to the last data row."""
    pieces, at = [], 0
    down = partial(grown_range, growths=growths)
    for found in _sparkline().finditer(tail):
        pieces += [tail[at : found.start()], changed_texts(found[0], ("f",), down)]
        at = found.end()
    pieces.append(tail[at:])
    grow = partial(_formula, sheet=sheet, growths=growths)
    pieces[::2] = [changed_texts(piece, ("f",), grow) for piece in pieces[::2]]
    return b"".join(pieces)


def _sparklines(xml: bytes, growths: Sequence[Growth]) -> bytes:
    """A sparkline, and after it those of the new rows if it is the last data row's."""
    where = element("sqref").search(xml)
    area = area_of(unescaped(where[4].decode()).strip()) if where else None
    if area is None:
        return xml
    for growth in growths:
        data = growth.area
        if area.first_row == area.last_row == data.last_row and data.holds(area.first_row, area.first_col):
            return xml + b"".join(_moved(xml, rows) for rows in range(1, growth.rows + 1))
    return xml


def _moved(xml: bytes, rows: int) -> bytes:
    return changed_texts(xml, ("f", "sqref"), lambda text: shifted(text, rows, 0, fixed=False))


def grown_head(head: bytes, used: Area | None) -> bytes:
    """What stands above the rows, with a dimension that holds ``used``."""
    if used is None:
        return head

    def wider(text: str) -> str:
        old = area_of(text)
        if old is None:
            return text
        return Area(
            min(old.first_row, used.first_row),
            min(old.first_col, used.first_col),
            max(old.last_row, used.last_row),
            max(old.last_col, used.last_col),
        ).text

    return changed_attributes(head, ("dimension",), ("ref",), wider)


def grown_table(xml: bytes, growths: Sequence[Growth]) -> bytes:
    """A table's part; ``growths`` are those of its sheet."""
    longer = partial(folded, growths, step=grown_list)
    made = changed_attributes(xml, ("table", *_FILTERS), ("ref",), longer)
    if made is xml or made == xml:
        return xml
    root = tag("table").search(made)
    if root is None:
        return made
    return made[: root.start(3)] + without_attribute(root[3], "insertRow") + made[root.end(3) :]


def grown_names(workbook: bytes, growths: Sequence[Growth]) -> bytes:
    """The workbook's part with the defined names, print areas and filters that end on a last data row."""
    named = partial(_formula, sheet="", growths=growths, cells=True)
    return changed_texts(workbook, ("definedName",), named)


def recalculated(workbook: bytes) -> bytes:
    """The workbook's part, asking for a full calculation when it is opened."""
    found = tag("calcPr").search(workbook)
    if found:
        return changed_attributes(_asking(workbook, found), ("calcPr",), ("fullCalcOnLoad",), lambda _: "1")
    root, last = tag("workbook").search(workbook), 0
    prefix = root[1] if root else b""
    for name in (b"sheets", b"functionGroups", b"externalReferences", b"definedNames"):
        before, closed, _ = workbook.rpartition(b"</%s%s>" % (prefix, name))
        last = max(last, len(before) + len(closed) if closed else 0)
        for opened in tag(name.decode()).finditer(workbook):
            if opened[1] == prefix and opened[3].endswith(b"/"):
                last = max(last, opened.end())
    return workbook[:last] + b'<%scalcPr fullCalcOnLoad="1"/>' % prefix + workbook[last:]


def _asking(workbook: bytes, found: re.Match[bytes]) -> bytes:
    if b"fullCalcOnLoad" in found[3]:
        return workbook
    slash = b"/" if found[3].endswith(b"/") else b""
    inner = found[3].removesuffix(b"/").rstrip() + b' fullCalcOnLoad="1"' + slash
    return workbook[: found.start(3)] + inner + workbook[found.end(3) :]


def without_chain(xml: bytes) -> bytes:
    """A relationships or content types part without the calculation chain."""

    def kept(found: re.Match[bytes]) -> bytes:
        return b"" if b"calcchain" in found[0].lower() else found[0]

    names = rb"(?:[\w.-]+:)?(Relationship|Override)"
    whole = rb"<%s\s%s>(?:(?<=/>)|\s*</%s>)" % (names, ATTRIBUTES, names)
    return re.sub(whole, kept, xml)
