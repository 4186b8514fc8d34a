"""The cells of a sheet as an XML parser sees them, which the splice never asks: what the proof compares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from xml.etree import ElementTree

from sheetgen.workbook.patch.markup import plain_string, tag
from sheetgen.workbook.patch.package import Text, local, text_of
from sheetgen.workbook.patch.refs import column, shifted
from sheetgen.workbook.patch.sheetpart import RowAt, SheetXml

_ROW_IGNORED: Final = ("spans", "dyDescent", "r")

_ALONE: Final = ("", "", "")
_MARKS: Final = frozenset(("cm", "vm", "ph"))
_UNMARKED: Final = ("", "", "")
Master = tuple[str, int, int]
"""a shared formula and the cell that it is written for"""


class Cell(NamedTuple):
    """``kind`` and ``value``: what it shows (n, b, e, str, "" for nothing); ``formula``: as it is written.

    ``grouping``: kind, area and group of a shared or array formula. ``marks``: rich value and array marks.
    A tuple, as there are millions of them to be made and compared.
    """

    kind: str
    value: str | float
    rich: bool
    formula: str | None
    grouping: tuple[str, str, str]
    style: str
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A row from 0 with its cells by column. ``attributes``: those that mean something."""

    row: int
    attributes: Mapping[str, str]
    cells: Mapping[int, Cell]


@dataclass(frozen=True)
class Source:
    """A sheet whose rows are parsed one by one, within its own root element; and the book's strings."""

    sheet: SheetXml
    opened: bytes
    closed: bytes
    strings: tuple[Text, ...]
    masters: dict[str, Master] = field(default_factory=dict)
    """its shared formulas, as far as its rows were parsed"""


def source_of(sheet: SheetXml, strings: tuple[Text, ...]) -> Source:
    """The source of a sheet's rows."""
    root = tag(r"[\w.-]+").search(sheet.xml)
    opened, closed = (root[0], b"</%s%s>" % (root[1], root[2])) if root else (b"<x>", b"</x>")
    return Source(sheet, opened, closed, strings)


def parsed(source: Source, at: RowAt) -> Row:
    """The row that begins and ends there. Raises ParseError."""
    raw = source.sheet.xml[at.start : at.stop]
    node = ElementTree.fromstring(source.opened + raw + source.closed)[0]
    names = node.tag.removesuffix("row")
    kinds = {f"{names}{name}": name for name in ("c", "v", "f", "is")}
    cells: dict[int, Cell] = {}
    col = -1
    for item in node:
        if kinds.get(item.tag) != "c":
            continue
        place = (item.get("r") or "").strip().rstrip("0123456789")
        col = column(place) if place else col + 1
        cells[col] = cell = _cell(item, source.strings, kinds)
        kind, _, group = cell.grouping
        if kind == "shared" and cell.formula:
            source.masters.setdefault(group, (cell.formula, at.row, col))
    kept = {k: v for key, v in node.items() if (k := local(key)) not in _ROW_IGNORED}
    return Row(at.row, kept, cells)


def cells_in(source: Source, pieces: Sequence[bytes]) -> list[Cell] | None:
    """The cells whose XML is ``pieces``, each without the beginning of its tag and none of a shared formula.

    None where they are not just so many cells. Raises ParseError.
    """
    p = source.sheet.prefix
    begin = b"<%sc " % p
    body = b"<%srow>%s%s</%srow>" % (p, begin, begin.join(pieces), p)
    node = ElementTree.fromstring(source.opened + body + source.closed)[0]
    names = node.tag.removesuffix("row")
    kinds = {f"{names}{name}": name for name in ("c", "v", "f", "is")}
    if len(node) != len(pieces) or any(kinds.get(item.tag) != "c" for item in node):
        return None
    return [_cell(item, source.strings, kinds) for item in node]


def _cell(node: ElementTree.Element, strings: tuple[Text, ...], kinds: Mapping[str, str]) -> Cell:
    get = node.get
    kind, text, formula, rich = get("t", "n"), None, None, False
    grouping = _ALONE
    for item in node:
        name = kinds.get(item.tag)
        if name == "v":
            text = item.text or ""
        elif name == "f":
            formula = item.text or ""
            if item.attrib:
                grouping = (item.get("t", ""), item.get("ref", ""), item.get("si", ""))
        elif name == "is":
            found = text_of(item)
            kind, text, rich = "inline", found.text, found.rich
    marks = (get("cm", ""), get("vm", ""), get("ph", "")) if not _MARKS.isdisjoint(node.keys()) else _UNMARKED
    style = get("s", "0")
    if text is None or (text == "" and (formula is None or kind == "n")):
        return Cell("", "", False, formula, grouping, style, marks)
    value: str | float = text
    if kind == "n":
        value = _number(text)
    elif kind == "s":
        at = int(text) if text.strip().isdigit() else -1
        value, rich = (strings[at].text, strings[at].rich) if 0 <= at < len(strings) else (f"?{text}", False)
        kind = "str"
    elif kind == "inline":
        kind = "str"
    elif kind == "str":
        value = plain_string(text)
    elif kind == "b":
        value = {"true": "1", "false": "0"}.get(text.strip(), text.strip())
    return Cell(kind, value, rich, formula, grouping, style, marks)


def _number(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text


def formula_of(cell: Cell, row: int, col: int, masters: Mapping[str, Master]) -> str | None:
    """A cell's formula; that of a shared one written out, that of an array with its area."""
    kind, ref, group = cell.grouping
    if kind == "shared":
        if cell.formula:
            return cell.formula
        if group not in masters:
            return f"?{group}"
        text, at_row, at_col = masters[group]
        return shifted(text, row - at_row, col - at_col)
    return f"{{{cell.formula}}}{kind} {ref}" if kind else cell.formula
