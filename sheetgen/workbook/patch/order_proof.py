"""The proof that a new order of rows lost nothing: every row is at its place, and all else is as it was.

Rows are compared as they stand in both books, with nothing but their own number taken out; where that does
not do, as an XML parser sees them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree

from sheetgen.workbook.patch.beside import note_parts
from sheetgen.workbook.patch.grow import without_chain
from sheetgen.workbook.patch.markup import plain
from sheetgen.workbook.patch.package import Package, local
from sheetgen.workbook.patch.refs import area_of, shifted
from sheetgen.workbook.patch.semantic import MOST, Difference
from sheetgen.workbook.patch.sheetpart import RowAt, SheetXml, rows, sheet_of
from sheetgen.workbook.patch.view import Cell, Source, formula_of, parsed, source_of

if TYPE_CHECKING:
    from sheetgen.workbook.patch.order import Order

_OWN: Final = re.compile(rb' r="([A-Z]{0,3})(\d{1,7})"')
_RANGES: Final = ("ref", "sqref")
_FORMULAS: Final = ("f", "formula", "formula1", "formula2")
_SKIPPED: Final = ("dimension", "calcPr")


def misplaced(before: Package, after: Package, order: Order) -> tuple[Difference, ...]:
    """Everything that is not as it was, but for the order; at most ``MOST``."""
    found: list[Difference] = []
    for difference in _all(before, after, order):
        found.append(difference)
        if len(found) >= MOST:
            break
    return tuple(found)


def _all(before: Package, after: Package, order: Order) -> Iterator[Difference]:
    import numpy as np

    size = len(order.rows)
    if not (np.sort(np.asarray(order.rows)) == np.arange(order.first, order.first + size)).all():
        yield Difference(before.worksheets[order.sheet], "", "order")
    chains = {r.target.lower() for r in before.relationships(before.workbook) if r.kind == "calcChain"}
    own = before.worksheets[order.sheet].lower()
    notes = {name.lower() for name in note_parts(before, order.sheet)}
    for part in (before.members.keys() ^ after.members.keys()) - chains:
        yield Difference(part, "", "lost" if part in before.members else "added")
    for part in before.members.keys() & after.members.keys() - {own}:
        if _raw(before, part) == _raw(after, part) or before.read(part) == after.read(part):
            continue
        if part in (before.workbook.lower(), *notes) and not part.endswith(".vml"):
            a, b = (ElementTree.fromstring(plain(package.read(part))) for package in (before, after))
            yield from _tree(part, a, b, order)
        elif part.endswith(".vml") and part in notes:
            yield from _boxes(part, before.read(part), after.read(part), order)
        elif after.read(part) != without_chain(plain(before.read(part))) or chains <= after.members.keys():
            yield Difference(part, "", "content")
    yield from _sheet(before, after, order)


def _raw(package: Package, part: str) -> bytes:
    """A part as it is packed, its header too: equal bytes are equal parts."""
    member = package.members[part]
    return package.data[member.start : member.stop]


def _sheet(before: Package, after: Package, order: Order) -> Iterator[Difference]:
    part = before.worksheets[order.sheet]
    a, b = (sheet_of(order.sheet, package.read(part)) for package in (before, after))
    old, new = ({at.row: at for at in rows(sheet)} for sheet in (a, b))
    one, other = source_of(a, before.strings), source_of(b, after.strings)
    if b"shared" in a.xml:
        for at in old.values():
            parsed(one, at)  # learns its shared formulas
    for row in sorted({order.place(row) for row in old} ^ new.keys()):
        yield Difference(part, f"row {row + 1}", "lost" if row not in new else "added")
    for row, at in old.items():
        there = new.get(order.place(row))
        if there is not None and not _same(a, b, at, there):
            yield from _cells(part, (one, other), at, there)
    x, y = (ElementTree.fromstring(sheet.xml[: sheet.start] + sheet.xml[sheet.stop :]) for sheet in (a, b))
    yield from _tree(part, x, y, order)


def _same(a: SheetXml, b: SheetXml, old: RowAt, new: RowAt) -> bool:
    """Whether two rows of values are one but for their number, by their bytes."""
    raw, made = a.xml[old.start : old.stop], b.xml[new.start : new.stop]
    if b"<%sf" % a.prefix in raw:
        return False
    was, now = _OWN.split(raw), _OWN.split(made)
    if was[::3] != now[::3] or was[1::3] != now[1::3]:
        return False
    return set(was[2::3]) == {b"%d" % (old.row + 1)} and set(now[2::3]) == {b"%d" % (new.row + 1)}


def _cells(part: str, sources: tuple[Source, Source], old: RowAt, new: RowAt) -> Iterator[Difference]:
    x, y = parsed(sources[0], old), parsed(sources[1], new)
    if x.attributes != y.attributes:
        yield Difference(part, f"row {new.row + 1}", "attributes")
    for col in sorted(x.cells.keys() | y.cells.keys()):
        one, other = x.cells.get(col), y.cells.get(col)
        if one is None or other is None or not _same_cell(sources, (old.row, new.row, col), one, other):
            yield Difference(part, f"row {new.row + 1}, column {col + 1}", "cell")


def _same_cell(sources: tuple[Source, Source], place: tuple[int, int, int], x: Cell, y: Cell) -> bool:
    """The same value and look, and the formula that a sort would have made of it."""
    old, new, col = place
    bare = ("", "", "")
    was, now = (
        formula_of(cell._replace(grouping=bare) if cell.grouping[0] == "array" else cell, row, col, s.masters)
        for cell, row, s in ((x, old, sources[0]), (y, new, sources[1]))
    )
    moved = None if was is None else shifted(was, new - old, 0)
    return moved == now and x._replace(formula=None, grouping=bare) == y._replace(formula=None, grouping=bare)


def _tree(part: str, a: ElementTree.Element, b: ElementTree.Element, order: Order, rows_down: int = 0,
          path: str = "") -> Iterator[Difference]:  # fmt: skip
    """What stands around the rows, or in the comments: areas cover the same rows, wherever these are."""
    name = local(a.tag)
    path = f"{path}/{name}"
    mine, theirs = ([n for n in node if local(n.tag) not in _SKIPPED] for node in (a, b))
    if a.tag != b.tag or len(mine) != len(theirs):
        yield Difference(part, path, "element")
        return
    was, now = _areas(a), _areas(b)
    if was != now:
        rows_down = _top(now) - _top(was)
    for key in {*a.keys(), *b.keys()}:
        x, y = a.get(key), b.get(key)
        if x != y and not (local(key) in _RANGES and _covers(x or "", order) == _covers(y or "")):
            yield Difference(part, path, f"attribute {local(key)}")
    x, y = (a.text or "").strip(), (b.text or "").strip()
    moved = name in _FORMULAS and y in (shifted(x, rows_down, 0), shifted(x, rows_down, 0, fixed=False))
    if x != y and not moved and not (name == "sqref" and _covers(x, order) == _covers(y)):
        yield Difference(part, path, "text")
    for one, other in zip(mine, theirs, strict=True):
        yield from _tree(part, one, other, order, rows_down, path)


def _areas(node: ElementTree.Element) -> str:
    """The areas that an element is about."""
    told = [node.get("sqref") or "", *(n.text or "" for n in node if local(n.tag) == "sqref")]
    return " ".join(word.strip() for word in told if word.strip())


def _top(areas: str) -> int:
    return min((area.first_row for token in areas.split() if (area := area_of(token))), default=0)


def _covers(areas: str, order: Order | None = None) -> frozenset[tuple[int | str, int, int]]:
    """The rows and columns that areas cover, those of the block where ``order`` puts them.

    A run of rows counts once a row; what is no area counts by nothing but its words.
    """
    found: set[tuple[int | str, int, int]] = set()
    for token in areas.split():
        area = area_of(token)
        if area is None:
            found.add((token, -1, -1))
            continue
        for row in range(area.first_row, area.last_row + 1):
            found.add((order.place(row) if order else row, area.first_col, area.last_col))
    return frozenset(found)


def _boxes(part: str, a: bytes, b: bytes, order: Order) -> Iterator[Difference]:
    """The boxes of comments: rows as told, and nothing but places differs."""
    told = re.compile(rb"(<(?:[\w.-]+:)?Row>\s*)(\d+)|(<(?:[\w.-]+:)?Anchor>)([^<]*)")
    x, y = ([m[2] for m in told.finditer(xml) if m[2]] for xml in (a, b))
    moved = [b"%d" % order.place(int(row)) for row in x]
    if moved != y or told.sub(rb"\1\3", a) != told.sub(rb"\1\3", b):
        yield Difference(part, "", "content")
