"""Put the rendered rows into the package that write.py made, and long texts, and count what went in.

The package arrives with two template rows a table, the second in quote-prefixed styles. Their cells give the
style ids; the rows take their place. Everything else is copied part by part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import IO
from zipfile import ZipFile

from sheetgen.workbook.book import Table
from sheetgen.workbook.celltext import all_plain, string_item
from sheetgen.workbook.pack import BULK, LIVE, LONG_ROW, WIDE, Bytes, Pace, Part, finish, put
from sheetgen.workbook.rows import Beside, render
from sheetgen.workbook.slots import SHARED, Look, Strings, text_cell

SST = "xl/sharedStrings.xml"
SHEETS = "xl/worksheets/sheet"
ZIP64_FROM = 1_900_000_000
STRINGS_AT_ONCE = 16
"""each may be as long as a cell's text"""

_ROW = re.compile(r'<row r="(\d+)"([^>]*?)(?:/>|>(.*?)</row>)', re.DOTALL)
_CELL = re.compile(r'<c r="([A-Z]+)\d+"([^>]*?)(?:/>|>.*?</c>)', re.DOTALL)
_HINTS = re.compile(r' (?:spans|x14ac:dyDescent)="[^"]*"')
_STYLE = re.compile(r' s="(\d+)"')
_DIMENSION = re.compile(r'<dimension ref="([A-Z]+\d+)(?::([A-Z]+)(\d+))?"/>')
_NO_RESULT = re.compile(r'<c r="([^"]*)"((?: s="\d+")?)>(<f[^>]*>[^<]*</f>)<v></v></c>')
_BLANK = re.compile(r'<c r="([A-Z]+\d+)"((?: s="\d+")?)/>')
_ITEM = re.compile(rb"<si>(?:<t>([^<&_]*)</t></si>)?")
_SST_HEAD = re.compile(rb'<sst ([^>]*?) count="(\d+)" uniqueCount="(\d+)">')


@dataclass(frozen=True, slots=True)
class Filling:
    """What a sheet of the package is still to get: the rows of ``table``, long texts by cell (blank so far),
    and types by formula cell.
    """

    table: Table | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spliced:
    """What was written; by sheet, how many rows there were to be, and how many there are."""

    parts: list[Part] = field(default_factory=list)
    due: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Cut:
    """A sheet's XML around its block, the style ids, and what stands beside the block in its rows."""

    head: str
    tail: str
    styles: list[tuple[int, int]]
    beside: dict[int, Beside]


def _column(letters: str) -> int:
    at = 0
    for letter in letters:
        at = at * 26 + ord(letter) - 64
    return at - 1


def _cut(xml: str, table: Table) -> _Cut:
    start = xml.index("<sheetData>") + len("<sheetData>")
    stop = xml.index("</sheetData>", start)
    first, last = table.first_row, table.first_row + table.rows - 1
    left_edge, right_edge = table.first_col, table.first_col + len(table.columns) - 1
    before: list[str] = []
    after: list[str] = []
    beside: dict[int, Beside] = {}
    styles: list[dict[int, int]] = [{}, {}]
    for row in _ROW.finditer(xml, start, stop):
        at = int(row[1]) - 1
        if not first <= at <= last:
            (before if at < first else after).append(row[0])
            continue
        left, right = "", ""
        for cell in _CELL.finditer(row[3] or ""):
            col = _column(cell[1])
            if col < left_edge:
                left += cell[0]
            elif col > right_edge:
                right += cell[0]
            else:
                style = _STYLE.search(cell[2])
                styles[at - first][col] = int(style[1]) if style else 0
        attributes = _HINTS.sub("", row[2])
        if left or right or attributes:
            beside[at] = Beside(attributes, left, right)
    ids = [(styles[0][col], styles[1][col]) for col in range(left_edge, right_edge + 1)]
    return _Cut(xml[:start] + "".join(before), "".join(after) + xml[stop:], ids, beside)


def _grown(head: str, table: Table) -> str:
    """``head`` with a dimension that covers the block's last row (its columns are in the template row)."""

    def ref(found: re.Match[str]) -> str:
        column, row = found[2] or found[1].rstrip("0123456789"), int(found[3] or 1)
        return f'<dimension ref="{found[1]}:{column}{max(row, table.first_row + table.rows)}"/>'

    return _DIMENSION.sub(ref, head, count=1)


def _mended(xml: str, filling: Filling, strings: Strings) -> str:
    """Formula cells without a result become text; types are set that XlsxWriter cannot say of an array; long
    texts stand among the shared ones.
    """
    xml = _NO_RESULT.sub(r'<c r="\1"\2 t="str">\3<v></v></c>', xml)
    for ref, kind in filling.types.items():
        xml = re.sub(rf'(<c r="{ref}"(?: s="\d+")?)(?: t="\w+")?(?=><f)', rf'\1 t="{kind}"', xml, count=1)

    def cell(blank: re.Match[str]) -> str:
        if (text := filling.texts.get(blank[1])) is None:
            return blank[0]
        return f'<c r="{blank[1]}"' + text_cell(text, Look(blank[2], blank[2]), strings, always=True)

    return _BLANK.sub(cell, xml) if filling.texts else xml


def _strings_of(xml: bytes) -> Strings:
    """The shared strings that the package has; what is escaped in them is not looked up. None: no room."""
    items = [item[1] for item in _ITEM.finditer(xml)]
    index = {item.decode(): at for at, item in enumerate(items) if item}
    return Strings(index, len(items) - len(index), SHARED if items else 0)


def _shared(xml: bytes, strings: Strings) -> Iterator[bytes]:
    """The part of shared strings, with those that ``strings`` has more."""
    found = _SST_HEAD.search(xml)
    if not found:
        yield xml
        return
    had, uses, unique = int(found[3]), int(found[2]) + strings.uses, strings.offset + len(strings.index)
    yield xml[: found.start()] + b'<sst %b count="%d" uniqueCount="%d">' % (found[1], uses, unique)
    yield xml[found.end() : -len(b"</sst>")]
    added = islice(strings.index, had - strings.offset, None)
    while texts := list(islice(added, STRINGS_AT_ONCE)):
        if all_plain(texts):
            yield f"<si><t>{'</t></si><si><t>'.join(texts)}</t></si>".encode()
        else:
            yield "".join([f"<si>{string_item(text)}</si>" for text in texts]).encode()
    yield b"</sst>"


def splice(
    skeleton: IO[bytes],
    out: IO[bytes],
    fillings: Mapping[str, Filling],
    progress: Callable[[int], None] | None = None,
) -> Spliced:
    """Copy ``skeleton`` to ``out`` with ``fillings`` (by part) in it. ``progress`` hears the rows so far."""
    made, done = Spliced(), 0
    with ZipFile(skeleton) as source:
        names = source.namelist()
        known = source.read(SST) if SST in names else b""
        strings = _strings_of(known)

        def sheet(name: str, cut: _Cut, table: Table) -> Iterator[Bytes]:
            nonlocal done
            yield _grown(cut.head, table).encode()
            for rows, chunk in render(table, cut.styles, strings, cut.beside):
                yield chunk
                made.rows[name] += rows
                done += rows
                if progress:
                    progress(done)
            yield cut.tail.encode()

        for name in names:
            if name == SST:
                continue
            if not name.startswith(SHEETS):
                made.parts.append(put(out, name, [source.read(name)]))
                continue
            filling = fillings.get(name, Filling())
            xml = _mended(source.read(name).decode(), filling, strings)
            if (table := filling.table) is None:
                made.due[name] = made.rows[name] = xml.count("<row ")
                made.parts.append(put(out, name, [xml.encode()]))
                continue
            cut = _cut(xml, table)
            made.rows[name] = (cut.head + cut.tail).count("<row ")
            made.due[name] = made.rows[name] + table.rows
            made.parts.append(put(out, name, sheet(name, cut, table), _pace(table), _heavy(table)))
        if known:
            made.parts.append(put(out, SST, _shared(known, strings), BULK))
    finish(out, made.parts)
    return made


def _pace(table: Table) -> Pace:
    """How thoroughly the sheet of ``table`` is deflated, by the length of a row's formulas."""
    long = sum(len((column.formula or "").encode()) for column in table.columns)
    return WIDE if long > LONG_ROW else LIVE if long else BULK


def _heavy(table: Table) -> bool:
    """True when the sheet could pass 2 GB of XML, where a zip part needs the larger header."""
    width = 0
    for column in table.columns:
        sample = column.values[:1000] if column.kind in ("text", "mixed") else ()
        width += 80 + len(column.formula or "") + 3 * max((len(str(value)) for value in sample), default=0)
    return width * table.rows > ZIP64_FROM
