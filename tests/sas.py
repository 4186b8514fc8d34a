"""A small SAS data set (.sas7bdat, 32-bit, little-endian, one page), as no library here writes one."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

MAGIC = bytes(12) + bytes.fromhex("C2EA8160B31411CFBD92080009C7318C181F1011")
PAGE = 8192


@dataclass(frozen=True)
class Column:
    """``width``: bytes of text, 0 for numbers. Dates are numbers (days since 1960) of the format DATE."""

    name: str
    label: str = ""
    format: str = ""
    width: int = 0


@dataclass
class _Words:
    """The text of a page, and references into it."""

    text: bytes = b""
    refs: list[tuple[bytes, bytes, bytes]] = field(default_factory=list)

    def ref(self, word: str) -> bytes:
        data = word.encode()
        found = struct.pack("<HHH", 0, 8 + len(self.text), len(data)) if data else bytes(6)
        self.text += data + bytes(-len(data) % 4)
        return found


def sas7bdat(columns: Sequence[Column], rows: Sequence[Sequence[str | float]]) -> bytes:
    """The file."""
    words = _Words()
    refs = [(words.ref(c.name), words.ref(c.format), words.ref(c.label)) for c in columns]
    parts = [_row_size(columns, rows), struct.pack("<III", 0xF6F6F6F6, len(columns), 0)]
    parts.append(struct.pack("<IHHI", 0xFFFFFFFD, len(words.text), 0, 0) + words.text)
    parts.append(_list(0xFFFFFFFF, b"".join(name + bytes(2) for name, _, _ in refs)))
    at, attributes = 0, b""
    for c in columns:
        attributes += struct.pack("<IIHBB", at, c.width or 8, 0, 2 if c.width else 1, 0)
        at += c.width or 8
    parts.append(_list(0xFFFFFFFC, attributes))
    for _, form, label in refs:
        parts.append(struct.pack("<I", 0xFFFFFBFE) + bytes(30) + form + label + bytes(6))
    return _head() + _page(parts, columns, rows)


def _row_size(columns: Sequence[Column], rows: Sequence[Sequence[str | float]]) -> bytes:
    made = bytearray(480)
    struct.pack_into("<I", made, 0, 0xF7F7F7F7)
    struct.pack_into("<II", made, 20, sum(c.width or 8 for c in columns), len(rows))
    struct.pack_into("<I", made, 36, len(columns))
    struct.pack_into("<I", made, 60, len(rows))
    return bytes(made)


def _list(signature: int, body: bytes) -> bytes:
    return struct.pack("<IHHI", signature, len(body) + 8, 0, 0) + body + bytes(8)


def _page(parts: Sequence[bytes], columns: Sequence[Column], rows: Sequence[Sequence[str | float]]) -> bytes:
    page = bytearray(PAGE)
    struct.pack_into("<HHH", page, 16, 512, len(parts) + len(rows), len(parts))
    end = PAGE
    for i, part in enumerate(parts):
        end -= len(part) + -len(part) % 4
        page[end : end + len(part)] = part
        struct.pack_into("<II", page, 24 + 12 * i, end, len(part))
    start = 24 + 12 * len(parts)
    start += -start % 8
    for row in rows:
        for value, c in zip(row, columns, strict=True):
            cell = value.encode().ljust(c.width) if isinstance(value, str) else struct.pack("<d", value)
            page[start : start + len(cell)] = cell
            start += len(cell)
    return bytes(page)


def _head() -> bytes:
    head = bytearray(1024)
    head[:32] = MAGIC
    head[32] = head[35] = 0x22
    head[37], head[39], head[70] = 1, ord("1"), 20  # little-endian, Unix, UTF-8
    head[84:92], head[92:124], head[156:164] = b"SAS FILE", b"TEST".ljust(32), b"DATA    "
    struct.pack_into("<III", head, 196, len(head), PAGE, 1)
    head[216:224] = b"9.0401M1"
    return bytes(head)
