"""A sheet's XML as bytes: where its rows and cells are, and what stands in them. Looked for, not parsed.

What does not look like rows of cells (other elements between them) is refused, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final
from xml.parsers.expat import ExpatError

from sheetgen.errors import InputError
from sheetgen.workbook.celltext import letters
from sheetgen.workbook.patch.markup import ATTRIBUTES, attribute, plain, tag, unescaped
from sheetgen.workbook.patch.refs import Area, area_of, column

LOW: Final = 1_000
NUMBER: Final = re.compile(rb"""(?<=\s)r\s*=\s*["']\s*(\d{1,7})\s*["']""")
_PLACE: Final = re.compile(rb"""(?<=\s)r\s*=\s*["']\s*([A-Za-z]{1,3})\d{1,7}\s*["']""")
_GROUPED: Final = re.compile(rb"""["'](?:shared|array|dataTable)["']""")


@dataclass(frozen=True)
class SheetXml:
    """A sheet's XML. Its rows are from ``start`` to ``stop``; ``prefix`` stands before its tags' names."""

    name: str
    xml: bytes
    prefix: bytes
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class RowAt:
    """A row: its number from 0, and where its tag, its cells and all of it begin and end."""

    row: int
    attributes: bytes
    start: int
    inner: int
    inner_stop: int
    stop: int


@dataclass(frozen=True, slots=True)
class Seen:
    """A cell. ``kind``: its formula's type; ``group``: that of a shared one; ``value``: if one is there."""

    style: bytes
    formula: str | None
    kind: str
    group: str
    value: bool
    ref: str

    @property
    def filled(self) -> bool:
        """Whether it holds anything."""
        return self.value or self.formula is not None


@dataclass(frozen=True)
class Formulas:
    """The grouped formulas of a sheet.

    ``masters``: shared group -> formula and cell; ``members``: shared group -> cells. ``low``: row -> the
    array formulas and data tables over several cells in it; ``tall``: those of more than ``LOW`` rows.
    """

    masters: Mapping[str, tuple[str, int, int]]
    members: Mapping[str, list[tuple[int, int]]]
    low: Mapping[int, list[Area]]
    tall: tuple[Area, ...]

    def in_block(self, row: int, col: int) -> bool:
        """Whether the cell is one of an array formula or a data table over several."""
        return any(block.holds(row, col) for block in (*self.low.get(row, ()), *self.tall))


@dataclass(frozen=True)
class Patterns:
    """The looks of a sheet's tags with one prefix.

    ``cell``: [1] column, if it comes first, [2] attributes, [3] content. ``inner``: the content of a cell:
    [1] formula, [2] its attributes, [3] its text, [4] value, [5] its text, [6] inline string, [7] the rest.
    """

    row: re.Pattern[bytes]
    row_end: bytes
    cell: re.Pattern[bytes]
    inner: re.Pattern[bytes]


@cache
def patterns(prefix: bytes) -> Patterns:
    """The patterns for ``prefix``."""
    p = re.escape(prefix)
    name = rb"(?=[\s/>])(" + ATTRIBUTES + rb")>"
    row = rb"<" + p + rb"row" + name
    cell = (
        rb'<%sc(?: r="([A-Z]{1,3})\d{1,7}")?' % p
        + name
        + rb"(?:(?<=/>)|([^<]*(?:<(?!/%sc>)[^<]*)*)</%sc>)" % (p, p)
    )
    inner = (
        rb"\s*(<%sf" % p + name + rb"(?:(?<=/>)|([^<]*)</%sf>))?" % p
        + rb"\s*(<%sv(?=[\s/>])" % p + ATTRIBUTES + rb">(?:(?<=/>)|([^<]*)</%sv>))?" % p
        + rb"\s*(<%sis(?=[\s/>])" % p + ATTRIBUTES + rb">(?:(?<=/>)|.*</%sis>))?" % p
        + rb"\s*(<%sextLst.*)?\s*" % p
    )  # fmt: skip
    return Patterns(re.compile(row), b"</%srow>" % prefix, re.compile(cell), re.compile(inner, re.DOTALL))


def odd(sheet: str, what: str) -> InputError:
    """The refusal of a sheet that does not look as it should."""
    return InputError("patch_sheet_odd", "SG510", sheet=sheet, reason=what)


def not_patched(key: str, sheet: str, row: int, col: int) -> InputError:
    """The refusal of an edit of one cell."""
    return InputError(key, "SG519", sheet=sheet, cell=f"{letters(col)}{row + 1}")


def sheet_of(name: str, xml: bytes) -> SheetXml:
    """The parts of a sheet's XML. Raises InputError (SG510)."""
    try:
        xml = plain(xml)
    except (ExpatError, LookupError, UnicodeDecodeError) as error:
        raise odd(name, str(error)) from error
    root = tag(r"[\w.-]+").search(xml)
    prefix = root[1] if root else b""
    data = re.compile(rb"<%ssheetData(?=[\s/>])(%s)>" % (re.escape(prefix), ATTRIBUTES)).search(xml)
    if data is None:
        raise odd(name, "sheetData")
    start = data.end()
    if data[1].endswith(b"/"):
        opened = xml[: start - 2].rstrip() + b">"
        xml = opened + b"</%ssheetData>" % prefix + xml[start:]
        start = len(opened)
    stop = xml.find(b"</%ssheetData>" % prefix, start)
    if stop < 0:
        raise odd(name, "sheetData")
    return SheetXml(name, xml, prefix, start, stop)


def rows(sheet: SheetXml, start: int = 0) -> Iterator[RowAt]:
    """All rows in their order, or those from ``start`` on.

    Raises InputError (SG510) where something else stands among them.
    """
    xml, look = sheet.xml, patterns(sheet.prefix)
    at, last, close = max(start, sheet.start), -1, len(look.row_end)
    while found := look.row.search(xml, at, sheet.stop):
        if found.start() != at and not xml[at : found.start()].isspace():
            raise odd(sheet.name, f"row {last + 2}")
        attributes, inner = found[1], found.end()
        number = NUMBER.search(attributes)
        row = int(number[1]) - 1 if number else last + 1
        if attributes.endswith(b"/"):
            inner_stop = stop = inner
        else:
            inner_stop = xml.find(look.row_end, inner, sheet.stop)
            stop = inner_stop + close
            if inner_stop < 0:
                raise odd(sheet.name, f"row {row + 1}")
        yield RowAt(row, attributes, found.start(), inner, inner_stop, stop)
        at, last = stop, row
    if xml[at : sheet.stop].strip():
        raise odd(sheet.name, f"row {last + 2}")


def cells(sheet: SheetXml, row: RowAt) -> Iterator[tuple[int, re.Match[bytes]]]:
    """The cells of a row with their columns; [2] and [3] are attributes and content."""
    col, at = -1, row.inner
    for found in patterns(sheet.prefix).cell.finditer(sheet.xml, row.inner, row.inner_stop):
        if found.start() != at and sheet.xml[at : found.start()].strip():
            raise odd(sheet.name, f"row {row.row + 1}")
        name = found[1]
        if name is None and (place := _PLACE.search(found[2])):
            name = place[1]
        col = column(name.decode()) if name else col + 1
        yield col, found
        at = found.end()
    rest = sheet.xml[at : row.inner_stop].lstrip()
    if rest and not rest.startswith(b"<%sextLst" % sheet.prefix):
        raise odd(sheet.name, f"row {row.row + 1}")


def inner_of(sheet: SheetXml, row: int, found: re.Match[bytes]) -> re.Match[bytes]:
    """The content of a cell, taken apart. Raises InputError (SG510)."""
    inner = patterns(sheet.prefix).inner.fullmatch(found[3] or b"")
    if inner is None:
        raise odd(sheet.name, f"row {row + 1}")
    return inner


def seen(sheet: SheetXml, row: int, found: re.Match[bytes]) -> Seen:
    """What a cell holds."""
    inner = inner_of(sheet, row, found)
    formula = unescaped((inner[3] or b"").decode()) if inner[1] is not None else None
    of = inner[2] or b""
    style = attribute(found[2], "s") or ""
    value = bool(inner[5]) or inner[6] is not None
    kind, group = attribute(of, "t") or "", attribute(of, "si") or ""
    return Seen(style.encode(), formula, kind, group, value, attribute(of, "ref") or "")


def look_at(sheet: SheetXml, wanted: Collection[int]) -> dict[int, tuple[bytes, dict[int, Seen]]]:
    """The attributes and the cells of these rows, as far as they are there."""
    found = {}
    for row in rows(sheet) if wanted else ():
        if row.row in wanted:
            here = {col: seen(sheet, row.row, cell) for col, cell in cells(sheet, row)}
            found[row.row] = (row.attributes.removesuffix(b"/"), here)
    return found


def grouped(sheet: SheetXml) -> Formulas:
    """The formulas that several cells have in common. Reads all cells, if there is any such formula."""
    masters: dict[str, tuple[str, int, int]] = {}
    members: dict[str, list[tuple[int, int]]] = {}
    low: dict[int, list[Area]] = {}
    tall: list[Area] = []
    for row in rows(sheet) if _GROUPED.search(sheet.xml, sheet.start, sheet.stop) else ():
        for col, cell in cells(sheet, row):
            if not cell[3] or not _GROUPED.search(cell[3]):
                continue
            of = seen(sheet, row.row, cell)
            if of.kind == "shared":
                members.setdefault(of.group, []).append((row.row, col))
                if of.formula:
                    masters.setdefault(of.group, (of.formula, row.row, col))
            elif of.kind in ("array", "dataTable"):
                area = area_of(of.ref)
                if area is None or (area.first_row, area.first_col) == (area.last_row, area.last_col):
                    continue
                if area.last_row - area.first_row > LOW:
                    tall.append(area)
                    continue
                for at in range(area.first_row, area.last_row + 1):
                    low.setdefault(at, []).append(area)
    return Formulas(masters, members, low, tuple(tall))
