"""What the reader process and we say to each other: a line of JSON, then the bytes it announces.

Columns of text travel as Arrow keeps them (64-bit offsets, then UTF-8): no object a cell on this side.
"""

from __future__ import annotations

import json
import struct
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import IO, Any, Final

_LENGTH: Final = struct.Struct("<I")
LONGEST_HEAD: Final = 64 * 1024**2
LONGEST_BUFFER: Final = 2**31 - 1
ROWS: Final = 16_384
"""records of one message"""

Message = tuple[dict[str, Any], list[bytearray]]
Answers = Iterator[tuple[dict[str, Any], list[bytes]]]


class Refused(Exception):  # noqa: N818  # it crosses the wire as a word
    """A file that the reader process will not read: damaged, password, wrong_password, unsupported."""

    def __init__(self, error: str, reason: str = "") -> None:
        super().__init__(reason)
        self.error, self.reason = error, reason


def send(stream: IO[bytes], head: Mapping[str, Any], buffers: Iterable[bytes] = ()) -> None:
    """One message."""
    buffers = list(buffers)
    line = json.dumps({**head, "buffers": [len(b) for b in buffers]}).encode()
    stream.write(_LENGTH.pack(len(line)) + line)
    for buffer in buffers:
        stream.write(buffer)
    stream.flush()


def receive(stream: IO[bytes]) -> Message | None:
    """The next message; None when the other side is gone. Raises ValueError for what is no message."""
    start = _exactly(stream, _LENGTH.size)
    if start is None:
        return None
    (length,) = _LENGTH.unpack(start)
    if length > LONGEST_HEAD:
        raise ValueError("no message")
    line = _exactly(stream, length)
    if line is None:
        return None
    head = json.loads(bytes(line))
    buffers = []
    for size in head["buffers"]:
        if not 0 <= size <= LONGEST_BUFFER:
            raise ValueError("no message")
        buffer = _exactly(stream, size)
        if buffer is None:
            return None
        buffers.append(buffer)
    return head, buffers


def _exactly(stream: IO[bytes], size: int) -> bytearray | None:
    found = bytearray(size)
    view, got = memoryview(found), 0
    while got < size:
        n = stream.readinto(view[got:])  # type: ignore[attr-defined]
        if not n:
            return None
        got += n
    return found


def packed(cells: Sequence[str]) -> tuple[bytes, bytes]:
    """A column of text as (offsets, UTF-8)."""
    joined = "".join(cells)
    text = joined.encode("utf-8", "replace")
    lengths: Iterable[int] = map(len, cells)
    if len(text) != len(joined):
        lengths = (len(cell.encode("utf-8", "replace")) for cell in cells)
    return array("q", accumulate(lengths, initial=0)).tobytes(), text


def unpacked(offsets: bytearray, text: bytearray) -> Any:
    """The Arrow text column of (offsets, UTF-8). Raises ValueError when they do not fit each other."""
    import pyarrow as pa

    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(text)]
    column = pa.Array.from_buffers(pa.large_utf8(), len(offsets) // 8 - 1, buffers)
    column.validate(full=True)
    return column
