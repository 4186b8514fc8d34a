"""A sheet's XML read in pieces: its head, blocks of whole rows, what comes after them. Never all at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from sheetgen.workbook.patch.ahead import ahead
from sheetgen.workbook.patch.known import content
from sheetgen.workbook.patch.markup import ATTRIBUTES, is_loose, is_plain, tag
from sheetgen.workbook.patch.package import Package
from sheetgen.workbook.patch.sheetpart import SheetXml, sheet_of


class NotPlainError(Exception):
    """The sheet cannot be read in pieces; ``as_a_whole`` reads it."""


@dataclass
class Flow:
    """A sheet: its ``head`` up to the rows, ``blocks`` of rows, each with one's beginning and end, and the
    ``tail`` behind them, which is there when all blocks are drawn. ``prefix`` stands before its tags' names;
    ``size``: the bytes that the blocks to come are to have, or more.
    """

    name: str
    head: bytes
    prefix: bytes
    blocks: Iterator[bytes]
    tail: bytes = field(default=b"", init=False)
    size: int = field(default=0, init=False)

    @property
    def ends(self) -> tuple[bytes, bytes]:
        """The start and the end tag of the root element."""
        root = tag(r"[\w.-]+").search(self.head)
        return (root[0], b"</%s%s>" % (root[1], root[2])) if root else (b"<x>", b"</x>")


def in_pieces(package: Package, name: str, checked: bool = True, ours: bool = False) -> Flow:
    """The sheet ``name``, unpacked as its blocks are drawn. Not ``checked``: blocks may be loose.
    ``ours``: it was written here.

    Raises InputError (SG105), and NotPlainError: here, or while blocks are drawn.
    """
    part = package.worksheets[name].lower()
    pieces = ahead(content(package, part, ours))
    head, rest, prefix = _head(pieces)
    flow = Flow(name, head, prefix, iter(()))
    flow.blocks = _blocks(flow, rest, pieces, checked and part not in package.known.plain)
    return flow


def as_a_whole(package: Package, name: str) -> Flow:
    """The sheet ``name`` in one block, whatever it looks like. Raises InputError (SG105, SG510)."""
    sheet = sheet_of(name, package.read(package.worksheets[name]))
    body = sheet.xml[sheet.start : sheet.stop]
    flow = Flow(name, sheet.xml[: sheet.start], sheet.prefix, iter([body] if body else []))
    flow.tail = sheet.xml[sheet.stop :]
    return flow


def sheet_in(flow: Flow, block: bytes) -> SheetXml:
    """A block of rows as a sheet by itself."""
    return SheetXml(flow.name, block, flow.prefix, 0, len(block))


def _head(pieces: Iterator[bytes]) -> tuple[bytes, bytes, bytes]:
    """What comes before the rows, what else was drawn, and the prefix of the tags."""
    read = b""
    while more := _drawn(pieces, len(read)):
        read += more
        root = tag(r"[\w.-]+").search(read)
        prefix = root[1] if root else b""
        data = re.search(rb"<%ssheetData(?=[\s/>])(%s)>" % (re.escape(prefix), ATTRIBUTES), read)
        if data is not None:
            head = read[: data.end()]
            if data[1].endswith(b"/") or not is_plain(head):
                break
            return head, read[data.end() :], prefix
    raise NotPlainError


def _blocks(flow: Flow, first: bytes, pieces: Iterator[bytes], checked: bool) -> Iterator[bytes]:
    row_end, end = b"</%srow>" % flow.prefix, b"</%ssheetData>" % flow.prefix
    waiting, held, edge = list[bytes](), 0, b""
    for piece in chain([first], pieces):
        at = piece.rfind(row_end) + len(row_end)
        at = at if at >= len(row_end) else 0
        behind = piece[at:] if at else edge + piece  # where the rows may end
        edge = behind[-len(end) :]
        if at and held + at >= flow.size:
            yield _tight(b"".join([*waiting, memoryview(piece)[:at]]), checked)
            waiting, held = [behind], len(behind)
        else:
            waiting.append(piece)
            held += len(piece)
        if end in behind:
            break
    else:
        raise NotPlainError
    rest = b"".join(waiting)
    stop = rest.find(end, rest.rfind(row_end) + 1)
    if stop:
        yield _tight(rest[:stop], checked)
    flow.tail = _tight(rest[stop:] + b"".join(pieces), True)


def _tight(xml: bytes, checked: bool) -> bytes:
    """``xml``, in which tags are where they look to be if ``checked``. Raises NotPlainError."""
    if checked and is_loose(xml):
        raise NotPlainError
    return xml


def _drawn(pieces: Iterator[bytes], size: int) -> bytes:
    """The next pieces, ``size`` bytes or more, as a long row would else be joined again and again."""
    found: list[bytes] = []
    while size >= 0 and (piece := next(pieces, None)):
        found.append(piece)
        size -= len(piece)
    return b"".join(found)
