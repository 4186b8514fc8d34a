"""Makes the cached formula results of an .xlsx wrong, or removes them, and changes nothing else.

A test that reads a workbook after a recalculation proves something only if the cached values were wrong
before: LibreOffice shows them as they are, whatever the file asks for. It computes at load, and so cannot be
misled about, cells without a value, bools, array formulas and HYPERLINK.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

WRONG_NUMBER = -987654.25
WRONG_TEXT = "毒"

# A formula cell: <f> is always its first child, so the many cells without one fail at once.
# Of a formula over several cells (array, data table) only the first cell has <f>; the others are left alone.
_CELL = re.compile(
    rb"<((?:\w+:)?)c\b([^>]*)>\s*"
    rb"(<\1f\b[^>]*?(?:/>|>[^<]*</\1f>))\s*"
    rb"(?:<\1v\b[^>]*?(?:/>|>([^<]*)</\1v>)\s*)?"
    rb"</\1c>"
)
_TYPE = re.compile(rb"""\s+t\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ROW_END = re.compile(rb"</(?:\w+:)?row>")
_SHEET = re.compile(r"xl[/\\](?:worksheets|macrosheets)[/\\][^/\\]+\.xml", re.IGNORECASE)
_BLOCK = 4 << 20

Edit = Callable[[re.Match[bytes]], bytes]


def poison(src: Path, dst: Path) -> int:
    """Write ``dst`` with each cached formula value wrong. Returns the number of formula cells.

    Texts become 毒, bools their opposite, all others (errors and no value too) -987654.25.
    """
    return _rewrite(src, dst, _wrong)


def strip(src: Path, dst: Path) -> int:
    """Write ``dst`` without any cached formula value. Returns the number of formula cells.

    LibreOffice computes such cells when it loads them.
    """
    return _rewrite(src, dst, _without)


def _wrong(cell: re.Match[bytes]) -> bytes:
    prefix, attributes, formula, value = cell.groups()
    kind = _kind(attributes)
    if kind in (b"str", b"s", b"inlineStr"):
        kind, wrong = b"str", WRONG_TEXT.encode()
    elif kind == b"b":
        wrong = b"0" if value in (b"1", b"true") else b"1"
    else:
        kind, wrong = b"", repr(WRONG_NUMBER).encode()
    return _cell(prefix, attributes, kind, formula, b"<%sv>%s</%sv>" % (prefix, wrong, prefix))


def _without(cell: re.Match[bytes]) -> bytes:
    prefix, attributes, formula, _ = cell.groups()
    return _cell(prefix, attributes, b"", formula, b"")


def _kind(attributes: bytes) -> bytes:
    match = _TYPE.search(attributes)
    return (match[1] or match[2] or b"") if match else b""


def _cell(prefix: bytes, attributes: bytes, kind: bytes, formula: bytes, value: bytes) -> bytes:
    rest = _TYPE.sub(b"", attributes) + (b' t="%s"' % kind if kind else b"")
    return b"<%sc%s>%s%s</%sc>" % (prefix, rest, formula, value, prefix)


def _rewrite(src: Path, dst: Path, edit: Edit) -> int:
    count = 0
    with zipfile.ZipFile(src) as old, zipfile.ZipFile(dst, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for info in old.infolist():
            big = info.file_size > 1 << 30
            with old.open(info) as source, new.open(info.filename, "w", force_zip64=big) as target:
                if _SHEET.fullmatch(info.filename) is None:
                    shutil.copyfileobj(source, target, _BLOCK)
                    continue
                for block in _blocks(source, info.filename):
                    changed, cells = _CELL.subn(edit, block)
                    target.write(changed)
                    count += cells
    return count


def _blocks(source: IO[bytes], name: str) -> Iterator[bytes]:
    """The member in pieces that end with a row, so that no cell is cut in two."""
    kept = source.read(4)
    if kept[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in kept:
        raise ValueError(f"{name} is not UTF-8")
    while more := source.read(_BLOCK):
        kept += more
        end = max((m.end() for m in _ROW_END.finditer(kept)), default=0)
        if end:
            yield kept[:end]
            kept = kept[end:]
    yield kept
