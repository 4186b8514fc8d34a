"""The rows of a block in another order, as a sort leaves them: cells, looks, heights and notes go with their
row, and formulas of a row keep pointing at what stood beside them.

What points at the block from elsewhere stays, as it does when people sort.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from sheetgen.workbook.celltext import escape, letters
from sheetgen.workbook.patch.apply import without_calc_chain
from sheetgen.workbook.patch.archive import Packed, packed, rewritten
from sheetgen.workbook.patch.beside import moved_notes, moved_tail, note_parts
from sheetgen.workbook.patch.grow import recalculated
from sheetgen.workbook.patch.markup import attribute, plain, unescaped, with_attribute
from sheetgen.workbook.patch.package import Package
from sheetgen.workbook.patch.refs import shifted
from sheetgen.workbook.patch.sheetpart import (
    Formulas,
    RowAt,
    SheetXml,
    cells,
    grouped,
    inner_of,
    not_patched,
    odd,
    rows,
    sheet_of,
)

if TYPE_CHECKING:
    import numpy.typing as npt

CHUNK: Final = 1 << 20
_OWN_NUMBER: Final = re.compile(rb"""(\sr\s*=\s*["']\s*)\d{1,7}(?=\s*["'])""")


@dataclass(frozen=True)
class Order:
    """The rows of ``sheet`` from ``first`` (from 0) on, in their new order: ``rows`` is a permutation of as
    many rows from there, the one that comes first its first."""

    sheet: str
    first: int
    rows: npt.NDArray[Any]

    @property
    def last(self) -> int:
        """The last row of the block."""
        return self.first + len(self.rows) - 1

    @cached_property
    def places(self) -> npt.NDArray[Any]:
        """Where each row goes: ``places[row - first]``."""
        import numpy as np

        found = np.empty(len(self.rows), dtype=np.int64)
        found[np.asarray(self.rows) - self.first] = np.arange(self.first, self.first + len(self.rows))
        return found

    def place(self, row: int) -> int:
        """Where a row of the sheet is afterwards."""
        return int(self.places[row - self.first]) if self.first <= row <= self.last else row


def reordered(package: Package, order: Order) -> bytes:
    """The book with the rows in their new order; its own bytes where they have it already.

    Raises InputError: SG510 for a sheet that does not look like one, SG519 for an array formula or a data
    table over several rows, SG574 for what hangs on several rows of the block and cannot go with one.
    """
    import numpy as np

    if (order.rows == np.arange(order.first, order.first + len(order.rows))).all():
        return package.data
    part = package.worksheets[order.sheet]
    sheet = sheet_of(order.sheet, package.read(part))
    new: dict[str, Packed | None] = {}

    def put(name: str, pieces: Iterator[bytes | memoryview]) -> None:
        new[package.members[name.lower()].info.filename] = packed(pieces)

    tail = moved_tail(sheet.xml[sheet.stop :], order)
    formulas = grouped(sheet)
    put(part, _pieces(sheet, order, formulas, tail))
    for name in note_parts(package, order.sheet):
        old = package.read(name)
        if (notes := moved_notes(old, order)) != old:
            put(name, iter([notes]))
    put(package.workbook, iter([recalculated(plain(package.read(package.workbook)))]))
    if b"<%sf" % sheet.prefix in sheet.xml:
        new |= without_calc_chain(package)
    return rewritten(package.data, package.members.values(), new)


def _pieces(sheet: SheetXml, order: Order, formulas: Formulas, tail: bytes) -> Iterator[bytes | memoryview]:
    """The sheet's XML, its rows in order."""
    import numpy as np

    size = len(order.rows)
    starts, stops = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    apart = {row for members in formulas.members.values() for row, _ in members}
    begin = end = -1
    above: list[bytes | memoryview] = [sheet.xml[: sheet.start]]
    below: list[bytes | memoryview] = []
    for at in rows(sheet):
        if order.first <= at.row <= order.last:
            if stops[at.row - order.first] or end > at.start:
                raise odd(sheet.name, f"row {at.row + 1}")
            starts[at.row - order.first], stops[at.row - order.first] = at.start, at.stop
            begin, end = at.start if begin < 0 else begin, at.stop
        elif at.row in apart:
            (below if at.row > order.last else above).append(_renumbered(sheet, at, at.row, formulas))
        else:
            (below if at.row > order.last else above).append(sheet.xml[at.start : at.stop])
    yield b"".join(above)
    pieces: list[bytes] = []
    held = 0
    for new, old in enumerate(np.asarray(order.rows).tolist(), order.first):
        start, stop = int(starts[old - order.first]), int(stops[old - order.first])
        if not stop:
            continue
        made = _quickly(sheet, sheet.xml[start:stop], old, new)
        if made is None:
            made = _renumbered(sheet, _row_at(sheet, start, old), new, formulas)
        pieces.append(made)
        held += len(made)
        if held > CHUNK:
            yield b"".join(pieces)
            pieces, held = [], 0
    yield b"".join([*pieces, *below, tail])


def _quickly(sheet: SheetXml, raw: bytes, old: int, new: int) -> bytes | None:
    """A row of values with another number; None where that takes a closer look.

    Each cell's place ends on the row's number and a quote; where nothing else does, all of them change.
    """
    p = sheet.prefix
    number = b'%d"' % (old + 1)
    if b"<%sf" % p in raw or not raw.startswith(b'<%srow r="%s' % (p, number)):
        return None
    found = raw.count(b"<%sc " % p)
    if raw.count(b'<%sc r="' % p) != found or raw.count(number) != found + 1:
        return None
    return raw if old == new else raw.replace(number, b'%d"' % (new + 1))


def _row_at(sheet: SheetXml, start: int, row: int) -> RowAt:
    at = next(rows(sheet, start))
    return RowAt(row, at.attributes, at.start, at.inner, at.inner_stop, at.stop)


def _renumbered(sheet: SheetXml, row: RowAt, new: int, formulas: Formulas) -> bytes:
    """A row with another number, cell by cell; its formulas are moved, shared ones written out."""
    p, xml = sheet.prefix, sheet.xml
    attributes, found = _OWN_NUMBER.subn(rb"\g<1>%d" % (new + 1), row.attributes.removesuffix(b"/"), count=1)
    if not found:
        attributes = b' r="%d"' % (new + 1) + attributes
    pieces = []
    for col, cell in cells(sheet, row):
        given = cell[2]
        if cell[1]:  # the pattern took r="B3" for itself
            given = b' r="%s%d"' % (cell[1], new + 1) + given
        elif attribute(given, "r") is not None:
            given = with_attribute(given, "r", f"{letters(col)}{new + 1}")
        if cell[3] is None:
            pieces.append(b"<%sc%s>" % (p, given))
            continue
        inner = cell[3]
        if b"<%sf" % p in inner:
            taken = inner_of(sheet, row.row, cell)
            if taken[1] is not None:
                moved = _formula(sheet, (row.row, col), new, taken, formulas)
                inner = inner[: taken.start(1)] + moved + inner[taken.end(1) :]
        pieces.append(b"<%sc%s>%s</%sc>" % (p, given, inner, p))
    rest = xml[_cells_end(sheet, row) : row.inner_stop]
    return b"<%srow%s>%s%s</%srow>" % (p, attributes, b"".join(pieces), rest, p)


def _cells_end(sheet: SheetXml, row: RowAt) -> int:
    last = row.inner
    for _, cell in cells(sheet, row):
        last = cell.end()
    return last


def _formula(
    sheet: SheetXml, place: tuple[int, int], new: int, inner: re.Match[bytes], formulas: Formulas
) -> bytes:
    """The formula of a cell whose row becomes ``new``."""
    (row, col), p = place, sheet.prefix
    if formulas.in_block(row, col):
        raise not_patched("patch_in_array", sheet.name, row, col)
    kind, text = attribute(inner[2], "t") or "", unescaped((inner[3] or b"").decode())
    if kind == "shared":
        master = formulas.masters.get(attribute(inner[2], "si") or "")
        if master is None:
            raise odd(sheet.name, f"{letters(col)}{row + 1}")
        text = shifted(master[0], new - master[1], col - master[2])
        return b"<%sf>%s</%sf>" % (p, _written(text), p)
    if kind == "dataTable":
        raise not_patched("patch_in_array", sheet.name, row, col)
    attributes = inner[2].removesuffix(b"/")
    if attribute(attributes, "ref") is not None:
        attributes = with_attribute(attributes, "ref", f"{letters(col)}{new + 1}")
    return b"<%sf%s>%s</%sf>" % (p, attributes, _written(shifted(text, new - row, 0)), p)


def _written(text: str) -> bytes:
    return escape(text).replace("\r", "&#13;").encode()


def moved_cell(order: Order, cell: str) -> str:
    """Where the cell ``B3`` is afterwards."""
    found = re.fullmatch(r"([A-Z]{1,3})(\d{1,7})", cell)
    return f"{found[1]}{order.place(int(found[2]) - 1) + 1}" if found else cell
