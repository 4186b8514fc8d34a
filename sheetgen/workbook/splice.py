"""Put the rendered rows into the package that write.py made, and count what went in.

The package arrives with two template rows a table, the second in quote-prefixed styles. Their cells give the
style ids; the rows take their place. Everything else is copied part by part.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sheetgen.workbook.book import Table
from sheetgen.workbook.celltext import string_item
from sheetgen.workbook.rows import Beside, render
from sheetgen.workbook.slots import Strings

SST = "xl/sharedStrings.xml"
ZIP64_FROM = 1_900_000_000
STRINGS_AT_ONCE = 20_000
PIECE = 1 << 20
LEVEL, LIVE_LEVEL, PLAIN_LEVEL = 6, 3, 2
"""of zlib, for rows with formulas and without: a fifth more is left than at 6, in a third of the time"""

_ROW = re.compile(r'<row r="(\d+)"([^>]*?)(?:/>|>(.*?)</row>)', re.DOTALL)
_CELL = re.compile(r'<c r="([A-Z]+)\d+"([^>]*?)(?:/>|>.*?</c>)', re.DOTALL)
_HINTS = re.compile(r' (?:spans|x14ac:dyDescent)="[^"]*"')
_STYLE = re.compile(r' s="(\d+)"')
_DIMENSION = re.compile(r'<dimension ref="([A-Z]+\d+)(?::([A-Z]+)(\d+))?"/>')
_NO_RESULT = re.compile(r'<c r="([^"]*)"((?: s="\d+")?)>(<f[^>]*>[^<]*</f>)<v></v></c>')
_SST_HEAD = re.compile(rb'<sst ([^>]*?) count="(\d+)" uniqueCount="(\d+)">')


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


def _mended(xml: str, types: Mapping[str, str]) -> str:
    """Formula cells without a result become text; ``types`` sets what XlsxWriter cannot say of an array."""
    xml = _NO_RESULT.sub(r'<c r="\1"\2 t="str">\3<v></v></c>', xml)
    for ref, kind in types.items():
        xml = re.sub(rf'(<c r="{ref}"(?: s="\d+")?)(?: t="\w+")?(?=><f)', rf'\1 t="{kind}"', xml, count=1)
    return xml


def _compressor(level: int) -> object:
    """The compressor asked for in ``SHEETGEN_DEFLATE``: ``isal`` where it is installed, a level of zlib, or
    zlib at ``level``.
    """
    asked = os.environ.get("SHEETGEN_DEFLATE", "")
    if asked == "isal":
        with suppress(ImportError):
            from isal import isal_zlib  # type: ignore[import-not-found, unused-ignore]

            made: object = isal_zlib.compressobj(1, 8, -15)
            return made
    if len(asked) == 1 and asked in "123456789":
        level = int(asked)
    return zlib.compressobj(level, zlib.DEFLATED, -15)


def _put(package: ZipFile, name: str, chunks: Iterable[bytes], big: bool = False, level: int = LEVEL) -> None:
    info = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.compress_type = ZIP_DEFLATED
    info.create_system = 0
    with package.open(info, "w", force_zip64=big) as part:
        part._compressor = _compressor(level)  # type: ignore[attr-defined]
        for chunk in chunks:
            part.write(chunk)


def _strings(xml: bytes, strings: Strings) -> Iterator[bytes]:
    found = _SST_HEAD.search(xml)
    start = 0
    if found:
        uses, unique = int(found[2]) + strings.uses, int(found[3]) + len(strings.index)
        yield xml[: found.start()] + b'<sst %b count="%d" uniqueCount="%d">' % (found[1], uses, unique)
        start = found.end()
    stop = len(xml) - len(b"</sst>")
    for i in range(start, stop, PIECE):
        yield xml[i : min(i + PIECE, stop)]
    added = list(strings.index)
    for i in range(0, len(added), STRINGS_AT_ONCE):
        yield "".join([f"<si>{string_item(text)}</si>" for text in added[i : i + STRINGS_AT_ONCE]]).encode()
    yield b"</sst>"


def splice(
    skeleton: IO[bytes],
    out: IO[bytes],
    tables: Mapping[str, Table],
    types: Mapping[str, Mapping[str, str]],
    progress: Callable[[int], None] | None = None,
) -> dict[str, int]:
    """Copy ``skeleton`` to ``out`` with the rows of ``tables`` (by part) in it. Returns rows by sheet part.

    ``types``: part -> cell -> the type attribute to set. ``progress`` hears the rows written so far.
    """
    counts: dict[str, int] = {}
    done = 0
    with ZipFile(skeleton) as source, ZipFile(out, "w", ZIP_DEFLATED) as package:
        names = source.namelist()
        known = source.read(SST) if SST in names else b""
        found = _SST_HEAD.search(known)
        strings = Strings(start=int(found[3]) if found else 0)

        def sheet(cut: _Cut, table: Table) -> Iterator[bytes]:
            nonlocal done
            yield _grown(cut.head, table).encode()
            for rows, chunk in render(table, cut.styles, strings, cut.beside):
                yield chunk
                done += rows
                if progress:
                    progress(done)
            yield cut.tail.encode()

        for name in names:
            if name == SST:
                continue
            data = source.read(name)
            if not name.startswith("xl/worksheets/sheet"):
                _put(package, name, [data])
                continue
            xml = _mended(data.decode(), types.get(name, {}))
            counts[name] = xml.count("<row ")
            if (table := tables.get(name)) is None:
                _put(package, name, [xml.encode()])
                continue
            cut = _cut(xml, table)
            counts[name] = (cut.head + cut.tail).count("<row ") + table.rows
            live = any(column.formula for column in table.columns)
            level = LIVE_LEVEL if live else PLAIN_LEVEL
            _put(package, name, sheet(cut, table), _heavy(table), level)
        if known:
            _put(package, SST, _strings(known, strings))
    return counts


def _heavy(table: Table) -> bool:
    """True when the sheet could pass 2 GB of XML, where a zip part needs the larger header."""
    width = 0
    for column in table.columns:
        sample = column.values[:1000] if column.kind in ("text", "mixed") else ()
        width += 80 + len(column.formula or "") + 3 * max((len(str(value)) for value in sample), default=0)
    return width * table.rows > ZIP64_FROM
