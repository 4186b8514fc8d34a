"""The cells in which two sheets differ, met by walking along the bytes of both; all else must be the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

from sheetgen.workbook.patch.refs import column
from sheetgen.workbook.patch.stream import Flow, sheet_in
from sheetgen.workbook.patch.told import BATCH, Told, shows, wrong_cell
from sheetgen.workbook.patch.view import Source, cells_in

if TYPE_CHECKING:
    from sheetgen.workbook.patch.package import Text

_BEGIN, _END = b"<c ", b"</c>"
_NAME: Final = re.compile(rb'<c r="([A-Z]{1,3})([1-9][0-9]{0,6})"')
_STEP: Final = 1 << 10
"""bytes to be compared first, as the next difference is often near; then ever more"""
Differing = tuple[int, int, bytes, bytes]
"""row, column, and the XML of the cell on both sides, without the beginning of its tag"""


class UnlikeError(Exception):
    """More is not the same than what stands in cells that are on both sides."""


def wrong_in_cells(
    before: Flow, after: Flow, strings: tuple[tuple[Text, ...], tuple[Text, ...]], told: Told
) -> Iterator[tuple[str, str]]:
    """``told.wrong_cells`` where edits change cells that are there, which every one of them does.

    Raises UnlikeError where that is not so, ParseError.
    """
    if told.rows or told.added or before.prefix or after.prefix:
        raise UnlikeError
    sources = [
        Source(sheet_in(flow, b""), *flow.ends, texts)
        for flow, texts in zip((before, after), strings, strict=True)
    ]
    seen: set[tuple[int, int]] = set()
    cells = differing(before, after)
    while batch := list(islice(cells, BATCH)):
        if any((row, col) in seen or col not in told.cells.get(row, {}) for row, col, _, _ in batch):
            raise UnlikeError
        seen.update((row, col) for row, col, _, _ in batch)
        doubtful = [of for of in batch if not shows(of[2], of[3], told.cells[of[0]][of[1]])]
        if not doubtful:
            continue
        _, _, *both = zip(*doubtful, strict=True)
        x, y = (cells_in(source, xml) for source, xml in zip(sources, both, strict=True))
        if x is None or y is None or any(b"shared" in xml for of in doubtful for xml in of[2:]):
            raise UnlikeError
        for (row, col, _, _), was, now in zip(doubtful, x, y, strict=True):
            yield from wrong_cell(row, col, (was, now), told.cells[row][col], told, ({}, {}))
    if len(seen) != sum(map(len, told.cells.values())):
        raise UnlikeError  # one that was told is as it was


def differing(before: Flow, after: Flow) -> Iterator[Differing]:
    """Every cell that is not the same. Raises UnlikeError where anything else is not."""
    a, b = _Walk(before), _Walk(after)
    while a.going() and b.going():
        size = _same(a, b)
        a.at, b.at = a.at + size, b.at + size
        if a.at == len(a.block) or b.at == len(b.block):
            continue
        start = a.block.rfind(_BEGIN, a.known, a.at)
        name = _NAME.match(a.block, start, a.at) if start >= 0 else None
        if name is None:
            raise UnlikeError
        back = a.at - start
        was, now = a.cell(start), b.cell(b.at - back)
        yield int(name[2]) - 1, column(name[1].decode()), was, now
    if a.going() or b.going():
        raise UnlikeError


class _Walk:
    """Where a walk along a sheet's blocks of rows is. ``known``: where the part begins that is the same."""

    def __init__(self, flow: Flow) -> None:
        self.blocks = flow.blocks
        self.block, self.at, self.known = b"", 0, 0
        self.bytes = memoryview(b"")

    @property
    def left(self) -> int:
        return len(self.block) - self.at

    def going(self) -> bool:
        """Whether there is more, in this block or in the next one."""
        while not self.left:
            block = next(self.blocks, None)
            if block is None:
                return False
            self.block, self.at, self.known = block, 0, 0
            self.bytes = memoryview(block)
        return True

    def cell(self, start: int) -> bytes:
        """The XML of the cell that begins there, which the walk then has behind it."""
        tag = self.block.find(b">", start) + 1
        stop = tag if self.block[tag - 2 : tag] == b"/>" else self.block.find(_END, start) + len(_END)
        if tag <= 0 or stop < len(_END) or stop <= self.at:
            raise UnlikeError
        self.at = self.known = stop
        return self.block[start + len(_BEGIN) : stop]


def _same(a: _Walk, b: _Walk) -> int:
    """How many bytes are the same from here on, at most to the end of the shorter block."""
    most, done, stop, step = min(a.left, b.left), 0, 0, _STEP
    while stop < most:
        stop = min(done + step, most)
        if not _equal(a, b, done, stop):
            break
        done, step = stop, 2 * step
    while done + 1 < stop:  # the first other byte is one of these
        middle = (done + stop) // 2
        done, stop = (middle, stop) if _equal(a, b, done, middle) else (done, middle)
    return done


def _equal(a: _Walk, b: _Walk, start: int, stop: int) -> bool:
    return a.block.startswith(b.bytes[b.at + start : b.at + stop], a.at + start)
