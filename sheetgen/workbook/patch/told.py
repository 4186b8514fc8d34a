"""Whether the cells of a sheet are as they were, and the edited ones as they were told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sheetgen.workbook.celltext import ERRORS, letters
from sheetgen.workbook.patch.added import growths
from sheetgen.workbook.patch.cells import content
from sheetgen.workbook.patch.edits import Cached, Constant, Edit, Edits, Formula, NewColumn, Rules
from sheetgen.workbook.patch.package import Text
from sheetgen.workbook.patch.refs import Area
from sheetgen.workbook.patch.sheetpart import NUMBER, RowAt, rows
from sheetgen.workbook.patch.stream import Flow, sheet_in
from sheetgen.workbook.patch.view import Cell, Master, Row, Source, cells_in, formula_of, parsed

BATCH: Final = 2_000
"""cells to be parsed at once"""
_END: Final = b"</v></c>"
_TAG: Final = re.compile(rb'r="[A-Z]{1,3}[0-9]{1,7}"(?: s="[0-9]+")?( t="str")?>')
_NUMBER: Final = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_PLAIN: Final = re.compile(r"[^\x00-\x1f&_\ufffe\uffff]+")
_LONE: Final = re.compile("[\ud800-\udfff]")
_NONE: Final = Cell("", "", False, None, ("", "", ""), "0", ("", "", ""))
Masters = tuple[Mapping[str, Master], Mapping[str, Master]]
"""shared formulas of both sides"""


@dataclass(frozen=True)
class Told:
    """What the edits allow on one sheet: ``cells``, the ``rows`` that came and the areas ``added`` by them.

    ``quoted``: style -> the one that is the same but for the quote mark; ``columns``: new ones;
    ``links``: sheet names in links, old -> new; ``rules``: what comes below the rows.
    """

    cells: Mapping[int, Mapping[int, Edit]]
    rows: Mapping[int, Mapping[int, Edit]]
    added: tuple[Area, ...]
    quoted: Mapping[str, str]
    date1904: bool
    columns: Mapping[int, NewColumn]
    links: Mapping[str, str]
    rules: Rules | None = None


def told_of(name: str, edits: Edits, quoted: Mapping[str, str], date1904: bool) -> Told:
    """What ``edits`` allow on the sheet ``name``."""
    came: dict[int, Mapping[int, Edit]] = {}
    below: dict[Area, int] = {}
    for adopt in (a for a in edits.adopt if a.sheet == name):
        start = below.setdefault(adopt.area, adopt.area.last_row + 1)
        came |= dict(enumerate(adopt.values, start))
        below[adopt.area] = start + adopt.rows
    for append in (a for a in edits.append if a.sheet == name):
        start = below.setdefault(append.area, append.area.last_row + 1)
        came |= dict(enumerate(append.rows, start))
        below[append.area] = start + len(append.rows)
    added = tuple(growth.added for growth in growths(edits) if growth.sheet == name)
    columns = edits.columns.get(name, {})
    links, rules = edits.links.get(name, {}), edits.rules.get(name)
    return Told(edits.cells.get(name, {}), came, added, quoted, date1904, columns, links, rules)


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """A row's XML, and where it is from."""

    row: int
    xml: bytes
    at: RowAt
    source: Source

    def parsed(self) -> Row:
        """Its cells. Raises ParseError."""
        return parsed(self.source, self.at)


def _raw_rows(flow: Flow, strings: tuple[Text, ...], masters: dict[str, Master]) -> Iterator[Raw]:
    last, ends = -1, flow.ends
    for block in flow.blocks:
        source = Source(sheet_in(flow, block), *ends, strings, masters)
        for found in rows(source.sheet):
            at = found if NUMBER.search(found.attributes) else replace(found, row=last + 1)
            last = at.row
            yield Raw(at.row, block[at.start : at.stop], at, source)


def _pairs(before: Iterator[Raw], after: Iterator[Raw]) -> Iterator[tuple[Raw | None, Raw | None]]:
    """The rows of both sides by number; each side's rows rise, as in any sheet that Excel opens."""
    a, b = next(before, None), next(after, None)
    while a is not None or b is not None:
        if b is None or (a is not None and a.row < b.row):
            yield a, None
            a = next(before, None)
        elif a is None or b.row < a.row:
            yield None, b
            b = next(after, None)
        else:
            yield a, b
            a, b = next(before, None), next(after, None)


def wrong_cells(
    before: Flow, after: Flow, strings: tuple[tuple[Text, ...], tuple[Text, ...]], told: Told
) -> Iterator[tuple[str, str]]:
    """Cell or row, and what of it is neither as it was nor as it was told. ``strings``: those of both sides.

    Cells are compared as bytes, and parsed where they are not the same or were told. Raises ParseError.
    """
    masters: tuple[dict[str, Master], dict[str, Master]] = ({}, {})
    waiting = set(told.cells) | set(told.rows)
    changed: list[Changed] = []
    sides = (_raw_rows(before, strings[0], masters[0]), _raw_rows(after, strings[1], masters[1]))
    for a, b in _pairs(*sides):
        row = a.row if a else b.row if b else 0
        shared = (a is not None and b"shared" in a.xml) or (b is not None and b"shared" in b.xml)
        if a and b and not shared and row not in waiting and a.xml == b.xml:
            continue
        waiting.discard(row)
        if a and b and not shared and row not in told.rows:
            cells = _changed(a, b, told.cells.get(row, {}))
            if cells is not None:
                changed += cells
                if len(changed) > BATCH:
                    yield from _wrong_of(changed, told, masters)
                    changed = []
                continue
        yield from _wrong(row, a.parsed() if a else None, b.parsed() if b else None, told, masters)
    yield from _wrong_of(changed, told, masters)
    for row in sorted(waiting):
        yield from _wrong(row, None, None, told, masters)


Changed = tuple[Raw, Raw, int, bytes, bytes]
"""both rows, a column, and the cell's XML on both sides"""


def _changed(a: Raw, b: Raw, edits: Mapping[int, Edit]) -> list[Changed] | None:
    """The cells that were told, where all else is the same; None for rows whose cells do not look alike."""
    p, x, y, i, j = a.source.sheet.prefix, a.xml, b.xml, 0, 0
    begin, end = b"<%sc " % p, b"</%srow>" % p
    if b.source.sheet.prefix != p or not (x.endswith(end) and y.endswith(end)):
        return None
    found: list[Changed] = []
    for col in sorted(edits):
        name = b'%sr="%s%d"' % (begin, letters(col).encode(), a.row + 1)
        start, begun = x.find(name, i), y.find(name, j)
        if start < 0 or begun < 0 or x[i:start] != y[j:begun]:
            return None
        i, j = (_next(xml, begin, end, at) for xml, at in ((x, start), (y, begun)))
        found.append((a, b, col, x[start + len(begin) : i], y[begun + len(begin) : j]))
    return found if x[i:] == y[j:] else None


def _next(xml: bytes, begin: bytes, end: bytes, at: int) -> int:
    """Where the cell after the one at ``at`` begins, or its row ends."""
    found = xml.find(begin, at + len(begin))
    return found if found >= 0 else len(xml) - len(end)


def shows(was: bytes, now: bytes, edit: Edit | None) -> bool:
    """Whether two cells' XML is the same but for the value, and that the one told; False: perhaps."""
    head, of, value = now.rpartition(b"<v>")
    if not isinstance(edit, Cached) or not was.startswith(head + of) or not now.endswith(_END):
        return False
    value, before = value[: -len(_END)], was[len(head) + len(of) :]
    if b"<" in value or before.find(b"<") != len(before) - len(_END) or not before.endswith(_END):
        return False
    tag = _TAG.match(head)
    if tag is None:
        return False
    if tag[1] is None:
        number = isinstance(edit.value, float) and _NUMBER.fullmatch(value) is not None
        return number and float(value) == edit.value
    said = value.decode()
    return said == edit.value and said not in ERRORS and _PLAIN.fullmatch(said) is not None


def _wrong_of(changed: list[Changed], told: Told, masters: Masters) -> Iterator[tuple[str, str]]:
    """What is wrong with these cells; rows that do not parse so are parsed as a whole."""
    changed = [c for c in changed if not shows(c[3], c[4], told.cells.get(c[0].row, {}).get(c[2]))]
    if not changed:
        return
    a, b = changed[0][:2]
    x, y = cells_in(a.source, [of[3] for of in changed]), cells_in(b.source, [of[4] for of in changed])
    if x is None or y is None:
        for a, b in dict.fromkeys(of[:2] for of in changed):
            yield from _wrong(a.row, a.parsed(), b.parsed(), told, masters)
        return
    for (raw, _, col, *_), was, now in zip(changed, x, y, strict=True):
        yield from wrong_cell(raw.row, col, (was, now), told.cells.get(raw.row, {}).get(col), told, masters)


def _wrong(row: int, a: Row | None, b: Row | None, told: Told, masters: Masters) -> Iterator[tuple[str, str]]:
    old, new = a.cells if a else {}, b.cells if b else {}
    fresh = a is None and any(area.first_row <= row <= area.last_row for area in told.added)
    if (a.attributes if a else {}) != (b.attributes if b else {}) and not fresh:
        yield f"row {row + 1}", "attributes"
    edits, given = told.cells.get(row, {}), told.rows.get(row, {})
    columns = old.keys() | new.keys() | edits.keys() | given.keys()
    for col in sorted(columns):
        edit = given.get(col) or edits.get(col)
        yield from wrong_cell(row, col, (old.get(col, _NONE), new.get(col, _NONE)), edit, told, masters)


def wrong_cell(
    row: int, col: int, cells: tuple[Cell, Cell], edit: Edit | None, told: Told, masters: Masters
) -> Iterator[tuple[str, str]]:
    """What is wrong with a cell that was and is these ``cells``."""
    x, y = cells
    new = told.columns.get(col)
    if new is not None and new.holds(row):
        x = x._replace(style=new.style(row))
    if edit is None and x == y and x.grouping[0] != "shared":
        return
    formulas = _formulas(x, y, row, col, masters)
    inside = bool(told.added) and any(area.holds(row, col) for area in told.added)
    for what in _faults(x, y, edit, formulas, inside, told):
        yield f"{letters(col)}{row + 1}", what


def _formulas(x: Cell, y: Cell, row: int, col: int, masters: Masters) -> tuple[str | None, str | None]:
    """Both formulas; a group that is the same on both sides is not written out."""
    if x.formula == y.formula and x.grouping == y.grouping:
        group = x.grouping[2]
        if x.grouping[0] != "shared" or masters[0].get(group) == masters[1].get(group):
            return x.formula, y.formula
    return formula_of(x, row, col, masters[0]), formula_of(y, row, col, masters[1])


def _faults(
    x: Cell, y: Cell, edit: Edit | None, formulas: tuple[str | None, str | None], inside: bool, told: Told
) -> Iterator[str]:
    """What is wrong with the cell ``y`` that was ``x``; ``inside``: it is one of a row that came."""
    was, now = formulas
    but_for_mark = told.quoted.get(x.style, x.style) == told.quoted.get(y.style, y.style)
    if x.style != y.style and not inside and not (but_for_mark and isinstance(edit, Constant)):
        yield "style"
    if isinstance(edit, Constant | Formula):
        if not _says(now, edit, x, y):
            yield "formula is not the one told"
        if not holds(y, edit, told.date1904):
            yield "value is not the one told"
        return
    empty = x.formula is None and x.kind == ""
    own = inside and x.formula is None and not empty
    if was != now and not (inside and empty):
        yield "formula"
    if x.marks != y.marks:
        yield "marks"
    if isinstance(edit, Cached) and not own:
        if not holds(y, edit, told.date1904):
            yield "value is not the one told"
    elif inside and empty:
        if y.formula is None and y.kind:
            yield "value"
    elif (x.kind, x.value, x.rich) != (y.kind, y.value, y.rich):
        yield "value"


def _says(now: str | None, edit: Constant | Formula, x: Cell, y: Cell) -> bool:
    """Whether ``now``, the formula of ``y`` that was ``x``, is the one told."""
    if isinstance(edit, Constant):
        return now is None
    if edit.array:
        return (y.formula, y.grouping) == (edit.text.removeprefix("="), x.grouping)
    return now == edit.text.removeprefix("=")


def holds(cell: Cell, edit: Edit, date1904: bool) -> bool:
    """Whether the cell shows what the edit tells."""
    kind, text = content(edit.value, date1904)
    if text is None or (text == "" and isinstance(edit, Constant)):
        return cell.value == "" and (text == "" or cell.kind == "")
    if kind == b"n":
        return cell.kind == "n" and cell.value == float(text)
    if kind == b"b":
        return cell.kind == "b" and cell.value == text
    if text in ERRORS and not isinstance(edit, Constant):
        return cell.kind == "e" and cell.value == text
    return cell.kind == "str" and cell.value == _LONE.sub("\ufffd", text)
