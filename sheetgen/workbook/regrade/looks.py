"""The looks of a row: one pattern that meets all rows of a table, made from one of them.

A row's own number is the same wherever it stands in it, so a row that was met has the very formulas of the
one that the pattern was made from. A row that does not look so is left to the XML parser.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sheetgen.workbook.patch.refs import column

if TYPE_CHECKING:
    from sheetgen.workbook.patch.view import Cell

OWN: Final = "\0"
"""in a kept formula, in place of the number of its own row: no file can hold it"""
_TAG: Final = re.compile(rb'<row r="(\d+)"[^>]*>')
_CELL: Final = re.compile(
    rb'<c r="([A-Z]{1,3})(\d+)"(?: s="\d+")?(?: t="(?:n|s|str|b|e)")?'
    rb"(?: ?/>|>(<f(?:\s[^>]*)?(?:/>|>[^<]*</f>))?(<v>[^<]*</v>)?</c>)"
)
_GROUP: Final = re.compile(rb'\s(?:ref|t="(?!shared"))')
_OWN: Final = re.compile(rb"(?<=[A-Za-z$])\d+")
_OWN_TEXT: Final = re.compile(r"(?<=[A-Za-z$])\d+")
_ATTRIBUTES: Final = rb'((?: s="\d+")?(?: t="(?:n|s|str|b|e)")?)'
_VALUE: Final = rb"(?:<v>([^<]*)</v>)?"
NO_FORMULA: Final = -1


@dataclass(frozen=True)
class RowLook:
    """``pattern``: [1] the row's number, then attributes and value of each cell. ``cells``: column
    and the code of its formula. ``parts``: column -> its piece of the pattern, and that code.
    """

    pattern: re.Pattern[bytes]
    cells: tuple[tuple[int, int], ...]
    parts: Mapping[int, tuple[bytes, int]]


def look_of(raw: bytes, formulas: Mapping[int, int], before: RowLook | None) -> RowLook | None:
    """The look of the row ``raw``, and of cells that only rows met ``before`` had; None for an odd one.

    ``formulas``: column -> the code of the formula there.
    """
    tag = _TAG.match(raw)
    if tag is None:
        return None
    parts, at = dict(before.parts) if before else {}, tag.end()
    for cell in _CELL.finditer(raw, at):
        formula = cell[3]
        if cell.start() != at or cell[2] != tag[1] or (formula and (b"&#" in formula or b"\r" in formula)):
            return None
        if formula and _GROUP.search(formula, 0, formula.find(b">")):
            return None
        col, at = column(cell[1].decode()), cell.end()
        said = _literal(formula, tag[1]) if formula else b""
        inner = rb'<c r="%s\1"%s(?: ?/>|>%s%s</c>)' if not formula else rb'<c r="%s\1"%s(?:>%s%s</c>)'
        piece = inner % (cell[1], _ATTRIBUTES, said, _VALUE)
        parts[col] = (rb"(?:%s)?" % piece, formulas.get(col, NO_FORMULA))
    if raw[at:] != b"</row>":
        return None
    told = sorted(parts.items())
    pattern = re.compile(rb'<row r="(\d+)"[^>]*>%s</row>' % b"".join(piece for _, (piece, _) in told))
    return RowLook(pattern, tuple((col, code) for col, (_, code) in told), parts)


def _literal(formula: bytes, number: bytes) -> bytes:
    """``formula`` as a pattern, ``number`` as the row's own."""
    return rb"\1".join(map(re.escape, own_numbers(formula, number)))


def own_numbers(formula: bytes, number: bytes) -> list[bytes]:
    """The pieces of ``formula`` around ``number``, its row's own."""
    found, at = [], 0
    for own in _OWN.finditer(formula):
        if own[0] == number:
            found.append(formula[at : own.start()])
            at = own.end()
    return [*found, formula[at:]]


def kept(cell: Cell, row: int) -> Cell:
    """``cell`` with OWN for the number of its row."""
    if not cell.formula:
        return cell
    own = str(row + 1)
    return cell._replace(
        formula=_OWN_TEXT.sub(lambda found: OWN if found[0] == own else found[0], cell.formula)
    )
