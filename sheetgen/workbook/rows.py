"""The rows of a table block as sheet XML, rendered a chunk at a time.

A chunk is one join in Arrow of the pieces of its cells (slots.py), row by row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sheetgen.workbook.book import Table
from sheetgen.workbook.celltext import letters
from sheetgen.workbook.slots import POOL, Look, Piece, Strings, cells_of, joined

WINDOW = 2048
"""rows whose values are made text at a time"""
CHUNK_BYTES = 1 << 19
"""about as much XML as is joined at a time: what fits into a processor's cache"""


@dataclass(frozen=True, slots=True)
class Beside:
    """What the skeleton has in a row of the block outside its columns."""

    attributes: str = ""
    left: str = ""
    right: str = ""


def _merged(pieces: Iterable[Piece]) -> list[Piece]:
    """``pieces`` with neighbouring fixed text as one."""
    found: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        else:
            found.append(piece)
    return found


@cache
def _around(text: str) -> Any:
    """Fixed text as what stands around the row's number in it."""
    return pa.scalar(text.split("{r}"), pa.list_(pa.string()))


def render(
    table: Table,
    styles: Sequence[tuple[int, int]],
    strings: Strings,
    beside: Mapping[int, Beside],
) -> Iterator[tuple[int, bytes | memoryview]]:
    """The rows of ``table`` as XML, a chunk at a time with its number of rows.

    ``styles``: the ids of each column, ordinary and quote-prefixed. ``beside``: further cells by row from 0.
    """
    takes = []
    for at, (column, ids) in enumerate(zip(table.columns, styles, strict=True), table.first_col):
        look = Look(*(f' s="{style}"' if style else "" for style in ids))
        takes.append(cells_of(column, letters(at), look, strings))
    at_once = 16
    for i in range(0, table.rows, WINDOW):
        j, first = min(i + WINDOW, table.rows), table.first_row + i
        pieces = _merged(chain(['<row r="{r}">'], *(take(i, j) for take in takes), ["</row>"]))
        others = {at - first: other for at, other in beside.items() if i <= at - table.first_row < j}
        numbers, done = pa.array(np.arange(first + 1, first + j - i + 1)).cast(pa.string()), 0
        while done < j - i:
            count, chunk = _chunk(pieces, numbers, done, at_once, others)
            yield count, chunk
            done += at_once
            at_once = max(1, CHUNK_BYTES * count // len(chunk))


def _chunk(
    pieces: Sequence[Piece], numbers: Any, at: int, count: int, beside: Mapping[int, Beside]
) -> tuple[int, bytes | memoryview]:
    """Up to ``count`` of the rows of ``pieces`` from the one ``at`` on, and how many they are."""
    rows = numbers.slice(at, count)
    lines = joined(
        *(
            piece.slice(at, count)
            if not isinstance(piece, str)
            else pc.binary_join(_around(piece), rows, memory_pool=POOL)
            if "{r}" in piece
            else piece
            for piece in pieces
        )
    )
    near = {row - at: other for row, other in beside.items() if at <= row < at + count}
    return len(lines), _beside(lines.to_pylist(), near) if near else _bytes(lines)


def _bytes(lines: Any) -> memoryview:
    """The UTF-8 of all ``lines``, one after the other, as Arrow has it."""
    _, offsets, data = lines.buffers()
    start, *_, stop = np.frombuffer(offsets, "int32")[lines.offset : lines.offset + len(lines) + 1]
    return memoryview(data)[start:stop]


def _beside(lines: list[str], near: Mapping[int, Beside]) -> bytes:
    """``lines`` with what stands beside the block in some rows."""
    for at, other in near.items():
        start, cells = lines[at].split(">", 1)
        cells = cells.removesuffix("</row>")
        lines[at] = f"{start}{other.attributes}>{other.left}{cells}{other.right}</row>"
    return "".join(lines).encode()
