"""Formulas of cells whose ranges end on the last row of data that grew: they reach the new last row.

A phase after the growth itself, for data that all formulas of the book are about, whoever wrote them. What
the cells show stays; it is for the caller to work it out anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from sheetgen.workbook.celltext import escape
from sheetgen.workbook.patch.archive import Packed, packed, rewritten
from sheetgen.workbook.patch.grow import recalculated
from sheetgen.workbook.patch.markup import attribute, element, plain, unescaped
from sheetgen.workbook.patch.package import Package
from sheetgen.workbook.patch.refs import Growth, folded, grown_formula
from sheetgen.workbook.patch.sheetpart import sheet_of

FORMULA: Final = element("f")


def followed(package: Package, growths: Sequence[Growth]) -> bytes:
    """The book with the formulas of its cells grown; its own bytes where none ends on such a row.

    A formula that several cells share stays shared: only ends that are the same in all of them, by a $, grow.
    Raises InputError (SG105, SG510) for a part that is no sheet.
    """
    new: dict[str, Packed | None] = {}
    for name, part in package.worksheets.items():
        sheet = sheet_of(name, package.read(part))
        body = sheet.xml[sheet.start : sheet.stop]
        longer = grown_cells(body, name, growths)
        if longer != body:
            pieces = [sheet.xml[: sheet.start], longer, sheet.xml[sheet.stop :]]
            new[package.members[part.lower()].info.filename] = packed(pieces)
    if not new:
        return package.data
    main = package.members[package.workbook.lower()].info.filename
    new[main] = packed([recalculated(plain(package.read(package.workbook)))])
    return rewritten(package.data, package.members.values(), new)


def grown_cells(body: bytes, sheet: str, growths: Sequence[Growth]) -> bytes:
    """The rows of ``sheet`` with their formulas grown."""
    ends = [b"%d" % (growth.area.last_row + 1) for growth in growths]
    pieces, at = [], 0
    for found in FORMULA.finditer(body):
        if not any(end in found[4] for end in ends):
            continue
        shared = attribute(found[1][:-1], "t") == "shared"
        step = partial(grown_in, sheet=sheet, loose=not shared)
        old = unescaped(found[4].decode())
        if (longer := folded(growths, old, step)) != old:
            pieces += [body[at : found.start(4)], escape(longer).replace("\r", "&#13;").encode()]
            at = found.end(4)
    return b"".join([*pieces, body[at:]])


def grown_in(text: str, growth: Growth, sheet: str, loose: bool) -> str:
    """A formula that stands on ``sheet``."""
    return grown_formula(text, sheet, growth, loose=loose)
