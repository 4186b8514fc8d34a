"""What hangs on single rows of a sheet beside their cells, where the rows get another order: formats and
validations, links, merged cells, sparklines, comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

from sheetgen.errors import InputError
from sheetgen.workbook.patch.markup import (
    ATTRIBUTES,
    attribute,
    changed_attributes,
    changed_texts,
    element,
    plain,
    unescaped,
    with_attribute,
)
from sheetgen.workbook.patch.refs import Area, area_of, shifted

if TYPE_CHECKING:
    from sheetgen.workbook.patch.order import Order
    from sheetgen.workbook.patch.package import Package

MOST_PIECES: Final = 400
"""areas that one format or validation may come apart into"""
RULES: Final = ("conditionalFormatting", "dataValidation")
FORMULAS: Final = ("formula", "formula1", "formula2", "f")
_NOTES: Final = ("comments", "threadedComment", "vmlDrawing")
_NOTE: Final = re.compile(
    rb"""<(?P<p>(?:[\w.-]+:)?)ClientData\s[^>]*ObjectType\s*=\s*["']Note["'][^>]*>.*?</(?P=p)ClientData>""",
    re.DOTALL,
)


@cache
def _whole(*names: str) -> re.Pattern[bytes]:
    """An element with all that is in it: [1] its start tag's attributes."""
    words = "|".join(names).encode()
    return re.compile(
        rb"<(?P<p>(?:[\w.-]+:)?)(?P<n>%s)(?=[\s/>])(%s)>(?:(?<=/>)|.*?</(?P=p)(?P=n)>)" % (words, ATTRIBUTES),
        re.DOTALL,
    )


def moved_tail(tail: bytes, order: Order) -> bytes:
    """What stands below the rows of the sheet. Raises InputError (SG574)."""
    single = partial(_single, order)
    tail = changed_attributes(tail, ("hyperlink", "mergeCell"), ("ref",), single)
    tail = _whole(*RULES).sub(lambda found: _rule(found[0], order), tail)
    listed = partial(moved_list, order)
    tail = changed_attributes(tail, ("ignoredError", "protectedRange"), ("sqref",), listed)
    return _whole("sparkline").sub(lambda found: _sparkline(found[0], order), tail)


def _meets(order: Order, area: Area) -> bool:
    return area.first_row <= order.last and area.last_row >= order.first


def _refused(order: Order, where: str) -> InputError:
    return InputError("order_stuck", "SG574", sheet=order.sheet, cells=where)


def _single(order: Order, text: str) -> str:
    """An area of one row, where that goes."""
    area = area_of(text)
    if area is None or not _meets(order, area):
        return text
    if area.first_row != area.last_row:
        raise _refused(order, text)
    row = order.place(area.first_row)
    return Area(row, area.first_col, row, area.last_col).text


def moved_list(order: Order, text: str) -> str:
    """A list of areas that covers every row that it did, wherever that is now; as it is if that is the same.

    Raises InputError (SG574) where it would come apart into too many.
    """
    import numpy as np

    tokens = text.split()
    areas = [area_of(token) for token in tokens]
    by_columns: dict[tuple[int, int], list[int]] = {}
    for at, area in enumerate(areas):
        if area is not None and _meets(order, area):
            by_columns.setdefault((area.first_col, area.last_col), []).append(at)
    found: dict[int, list[str]] = {}
    for (left, right), places in by_columns.items():
        mine = [area for at in places if (area := areas[at])]
        low = min(order.first, *(area.first_row for area in mine))
        covered = np.zeros(max(order.last, *(area.last_row for area in mine)) - low + 1, dtype=bool)
        for area in mine:
            covered[area.first_row - low : area.last_row - low + 1] = True
        block = slice(order.first - low, order.last - low + 1)
        moved = covered.copy()
        moved[block] = covered[np.asarray(order.rows) - low]
        if (moved == covered).all():
            continue
        runs = [Area(low + a, left, low + b, right).text for a, b in _runs(moved)]
        if len(runs) > MOST_PIECES:
            raise _refused(order, " ".join(tokens[at] for at in places)[:80])
        found |= {at: runs if at == places[0] else [] for at in places}
    if not found:
        return text
    return " ".join(token for at, own in enumerate(tokens) for token in found.get(at, [own]))


def _runs(covered: Any) -> Iterator[tuple[int, int]]:
    """First and last place of each run of what is true."""
    import numpy as np

    edges = np.flatnonzero(np.diff(np.concatenate([[False], covered, [False]]).astype(np.int8)))
    return zip(edges[::2].tolist(), (edges[1::2] - 1).tolist(), strict=True)


def _rule(xml: bytes, order: Order) -> bytes:
    """A conditional format or a validation with its areas, and its formulas as seen from their new top."""
    old = _areas_of(xml)
    if old is None:
        return xml
    new = moved_list(order, old)
    if new == old:
        return xml
    found = _whole(*RULES).fullmatch(xml)
    if found is not None and attribute(found[3], "sqref") is not None:
        start = found.start(3)
        xml = xml[:start] + with_attribute(found[3], "sqref", new) + xml[found.end(3) :]
    else:
        xml = changed_texts(xml, ("sqref",), lambda _: new)
    rows = _top(new) - _top(old)
    return changed_texts(xml, FORMULAS, lambda text: shifted(text, rows, 0)) if rows else xml


def _areas_of(xml: bytes) -> str | None:
    found = _whole(*RULES).fullmatch(xml)
    if found is not None and (told := attribute(found[3], "sqref")) is not None:
        return told
    inner = element("sqref").search(xml)
    return unescaped(inner[4].decode()).strip() if inner else None


def _top(areas: str) -> int:
    """The row that relative references are told from."""
    return min((area.first_row for token in areas.split() if (area := area_of(token))), default=0)


def _sparkline(xml: bytes, order: Order) -> bytes:
    """A sparkline goes with its cell; so does its range, if that is beside it."""
    where = element("sqref").search(xml)
    area = area_of(unescaped(where[4].decode()).strip()) if where else None
    if area is None or order.place(area.first_row) == area.first_row:
        return xml
    rows = order.place(area.first_row) - area.first_row

    def beside(text: str) -> str:
        of = area_of(text.rpartition("!")[2].replace("$", ""))
        own = of is not None and of.first_row == of.last_row == area.first_row
        return shifted(text, rows, 0, fixed=False) if own else text

    xml = changed_texts(xml, ("f",), beside)
    return changed_texts(xml, ("sqref",), partial(_single, order))


def note_parts(package: Package, sheet: str) -> Iterator[str]:
    """The parts with the comments of a sheet, and with their boxes."""
    for link in package.relationships(package.worksheets[sheet]):
        if link.kind in _NOTES and not link.outside and package.has(link.target):
            yield link.target


def moved_notes(xml: bytes, order: Order) -> bytes:
    """A part with comments; each goes with its cell."""
    if b"ClientData" in xml:
        return _NOTE.sub(lambda found: _box(found[0], order), xml)
    return changed_attributes(plain(xml), ("comment", "threadedComment"), ("ref",), partial(_single, order))


def _box(xml: bytes, order: Order) -> bytes:
    told = element("Row").search(xml)
    if told is None or not told[4].strip().isdigit():
        return xml
    row = int(told[4])
    rows = order.place(row) - row

    def anchored(text: str) -> str:
        ends = [part.strip() for part in text.split(",")]
        if len(ends) != 8 or not all(part.lstrip("-").isdigit() for part in ends):
            return text
        ends[2], ends[6] = str(max(0, int(ends[2]) + rows)), str(max(0, int(ends[6]) + rows))
        return ", ".join(ends)

    xml = changed_texts(xml, ("Anchor",), anchored) if rows else xml
    return changed_texts(xml, ("Row",), lambda _: str(row + rows)) if rows else xml
