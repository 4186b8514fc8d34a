"""What points at single rows of a block: it would tell of others once the rows had another order.

Formulas that look beside themselves go along with their row; what spans the whole block stays right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from sheetgen.workbook.patch.drawn import drawn_parts
from sheetgen.workbook.patch.markup import changed_texts
from sheetgen.workbook.patch.sheetpart import sheet_of

if TYPE_CHECKING:
    from sheetgen.workbook.patch.order import Order
    from sheetgen.workbook.patch.package import Package

RULES: Final = ("formula", "formula1", "formula2", "f")
_COLUMN: Final = r"\$?[A-Za-z]{1,3}"
_POINTER: Final = re.compile(
    r'"(?:[^"]|"")*"'
    r"|(?:((?:'(?:[^']|'')*'|(?<![\w.\]'])[^\W\d][\w.]*)!)|(?<![\w.\\$!]))"
    rf"(?:{_COLUMN}(\$?\d{{1,7}})(?::{_COLUMN}(\$?\d{{1,7}}))?|(\$?\d{{1,7}}):(\$?\d{{1,7}}))(?![\w.(!])"
)


def points_inside(formula: str, here: str, row: int, order: Order) -> bool:
    """Whether a formula on the sheet ``here``, in the row ``row`` (from 0, -1 for none), tells of some rows
    of the block, neither of all of them nor of its own alone."""
    for found in _POINTER.finditer(formula):
        one, other = found[2] or found[4], found[3] or found[5] or found[2]
        if not one or not other:
            continue  # a text
        sheet = (found[1] or here).removesuffix("!").strip("'").replace("''", "'").casefold()
        if sheet != order.sheet.casefold() and ":" not in sheet:
            continue
        first, last = sorted(int(end.lstrip("$")) - 1 for end in (one, other))
        if last < order.first or first > order.last or (first <= order.first and last >= order.last):
            continue
        beside = first == last == row and "$" not in one + other and sheet == here.casefold()
        if not beside:
            return True
    return False


def names_and_drawings(package: Package, order: Order) -> Iterator[str]:
    """The names, charts and rules of other sheets that point at single rows: a name or a part each."""
    for name, here, refers in package.names:
        if points_inside(refers, here, -1, order):
            yield name
    for part in drawn_parts(package):
        if _any(package.read(part), ("f",), "", order):
            yield part
    for name, part in package.worksheets.items():
        if name != order.sheet:
            sheet = sheet_of(name, package.read(part))
            if _any(sheet.xml[sheet.stop :], RULES, name, order):
                yield name


def _any(xml: bytes, elements: tuple[str, ...], here: str, order: Order) -> bool:
    told: list[str] = []

    def seen(text: str) -> str:
        told.append(text)
        return text

    changed_texts(xml, elements, seen)
    return any(points_inside(text, here, -1, order) for text in told)
