"""The bytes of a text file as blocks of whole lines in UTF-8, one after the other, never all at once."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from sheetgen.errors import InputError
from sheetgen.ingest.encoding import LONGEST_PIECE, WIDE, Encoding, is_utf8, strict

SIZE: Final = 2 * 1024**2
_BOM: Final = codecs.BOM_UTF8
_SPOILT_SIGNS: Final = ("锟".encode(), "\ufffd".encode())
_ONCE_MORE: Final = (
    rb"(?:\xc2[\x80-\xbf]|\xc5[\x92\x93\xa0\xa1\xb8\xbd\xbe]|\xc6\x92|\xcb[\x86\x9c]"
    rb"|\xe2\x80[\x90-\xbf]|\xe2\x82\xac|\xe2\x84\xa2)"
)
_MOJIBAKE: Final = re.compile(
    "锟斤|\ufffd".encode() + rb"|\xc3\x83" + _ONCE_MORE + rb"|\xc3[\xa0-\xaf]" + _ONCE_MORE + rb"{2}"
)


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines as UTF-8, without NUL and U+FEFF. Its lines are counted from 0."""

    data: bytes
    bad: tuple[int, ...] = ()
    """lines that hold bytes of no known encoding, now U+FFFD"""
    mixed: tuple[int, ...] = ()
    """lines in another encoding than most of the file"""
    nuls: int = 0

    def joined(self, other: Block) -> Block:
        """This block and the one that follows it as one."""
        n = count_lines(self.data)
        bad = (*self.bad, *(n + i for i in other.bad))
        mixed = (*self.mixed, *(n + i for i in other.mixed))
        return Block(self.data + other.data, bad, mixed, self.nuls + other.nuls)

    def after(self, line: int, place: int) -> Block:
        """What begins with ``line``, at byte ``place``."""
        bad, mixed = (tuple(i - line for i in found if i >= line) for found in (self.bad, self.mixed))
        return Block(self.data[place:], bad, mixed)


def count_lines(data: bytes) -> int:
    """How many physical lines there are; LF, CRLF and CR all end one."""
    ends = data.count(b"\n")
    if b"\r" in data:
        ends += data.count(b"\r") - data.count(b"\r\n")
    return ends + bool(data and data[-1:] not in b"\r\n")


def in_lines(slices: Iterable[bytes], path: str = "") -> Iterator[bytes]:
    """The same bytes, cut where lines end. Raises InputError (SG205) for a line of more than 64 MB."""
    rest = b""
    for piece in slices:
        end = piece.rfind(b"\n") + 1 if len(piece) <= SIZE else 0
        if end:
            yield b"".join((rest, memoryview(piece)[:end]))
            rest = piece[end:]
            continue
        data = rest + piece if rest else piece
        start = 0
        while (end := _last_end(data, start, min(start + SIZE, len(data)))) > start:
            yield data[start:end]
            start = end
        rest = data[start:]
        if len(rest) > LONGEST_PIECE:
            raise InputError("line_endless", "SG205", path=path)
    if rest:
        yield rest


def _last_end(data: bytes, start: int, stop: int) -> int:
    """Where the last line to end between ``start`` and ``stop`` does so; if none does, the first after."""
    # CR ends a line only where it is known that no LF follows
    end = data.rfind(b"\n", start, stop) + 1 or data.rfind(b"\r", start, stop - 1) + 1
    if end or stop == len(data):
        return end
    feed, back = data.find(b"\n", stop), data.find(b"\r", stop - 1, len(data) - 1)
    if back >= 0 and data[back + 1] == ord("\n"):
        back += 1
    return min((place for place in (feed, back) if place >= 0), default=-1) + 1


def blocks(slices: Iterable[bytes], encoding: Encoding, path: str = "") -> Iterator[Block]:
    """The blocks of a file in ``encoding``. ``path`` is for the message of what stops it."""
    if encoding.name in WIDE:
        for piece in in_lines(_narrow(slices, encoding.name), path):
            bad = tuple(i for i, line in enumerate(piece.splitlines()) if "\ufffd".encode() in line)
            yield _plain(piece, bad)
    else:
        for piece in in_lines(slices, path):
            yield _decoded(piece, encoding)


def mojibake(block: Block) -> list[int]:
    """Where, in bytes, text was spoilt before it came to us: 锟斤拷, or UTF-8 taken for Latin."""
    if b"\xc3" not in block.data and not any(_holds(block.data, sign) for sign in _SPOILT_SIGNS):
        return []
    return [found.start() for found in _MOJIBAKE.finditer(block.data)]


def _holds(data: bytes, sign: bytes) -> bool:
    """``sign in data``, for three bytes common each, six times faster: by the last two, then the first."""
    import numpy as np

    if sign[:1] not in data or len(data) < len(sign):
        return False
    behind = np.uint16(int.from_bytes(sign[1:], "little"))
    for offset in (1, 2):
        pairs = np.frombuffer(data, dtype="<u2", offset=offset, count=(len(data) - offset) // 2)
        found = pairs == behind
        if found.any():
            before = np.flatnonzero(found) * 2 + offset - 1
            if (np.frombuffer(data, dtype=np.uint8)[before] == sign[0]).any():
                return True
    return False


def _narrow(slices: Iterable[bytes], name: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(name)(errors="replace")
    for piece in slices:
        yield decoder.decode(piece).encode(errors="replace")
    yield decoder.decode(b"", final=True).encode(errors="replace")


def _decoded(piece: bytes, encoding: Encoding) -> Block:
    utf8 = encoding.name in ("utf-8", "utf-8-sig")
    if utf8 and not encoding.by_line and (not encoding.told or is_utf8(piece)):
        return _plain(piece)
    if not encoding.by_line and not utf8 and (text := strict(piece, encoding.name)) is not None:
        return _plain(text.encode(errors="replace"))
    mixture = encoding.by_line or encoding.name == "gb18030"
    main = "utf-8" if utf8 else encoding.name
    tried = ("utf-8", "gb18030") if mixture else (main,)
    parts, bad, mixed = [], [], []
    for i, line in enumerate(piece.splitlines(keepends=True)):
        if line.isascii():
            parts.append(line)
            continue
        known = next(((e, t) for e in tried if (t := strict(line, e)) is not None), None)
        if known is None:
            bad.append(i)
        elif known[0] != main:
            mixed.append(i)
        text = known[1] if known else line.decode("utf-8", errors="replace")
        parts.append(text.encode(errors="replace"))
    return _plain(b"".join(parts), tuple(bad), tuple(mixed))


def _plain(data: bytes, bad: tuple[int, ...] = (), mixed: tuple[int, ...] = ()) -> Block:
    nuls = data.count(b"\0") if b"\0" in data else 0
    if nuls:
        data = data.replace(b"\0", b"")
    if _holds(data, _BOM):
        data = data.replace(_BOM, b"")
    return Block(data, bad, mixed, nuls)
