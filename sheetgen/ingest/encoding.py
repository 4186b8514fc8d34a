"""Which encoding a text file is in: UTF-8, UTF-16, GB18030 or Big5, or line by line where it is a mixture."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from sheetgen.errors import UsageError

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WIDE: Final = frozenset(("utf-16", "utf-16-le", "utf-16-be", "utf-32"))
_SUPERSETS: Final = {"gbk": "gb18030", "gb2312": "gb18030", "big5hkscs": "big5", "cp950": "big5"}
_WIDE_NAMES: Final = {"utf-32-le": "utf-32", "utf-32-be": "utf-32"}
_SAMPLE: Final = 256 * 1024
LONGEST_PIECE: Final = 64 * 1024**2
"""bytes of a line; one that is longer has no end"""
_DOUBT: Final = 0.2
"""Big5 and GB18030 nearer than this in everyday characters: nobody can tell"""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How to decode a file. ``by_line``: its lines are in several encodings, ``name`` in most of them.

    GB18030 is tried block by block, and line by line with UTF-8 where a block does not fit.
    """

    name: str
    by_line: bool = False
    doubtful: bool = False
    """as likely something else"""
    told: bool = False
    """the user names it: it may be wrong"""


def find_encoding(pieces: Callable[[], Iterable[bytes]]) -> Encoding:
    """The encoding of a file, given as pieces that end where lines end (``pieces`` is called once or twice).

    Never fails: bytes that fit nothing are found line by line when the file is decoded.
    """
    name = "utf-8"
    for i, piece in enumerate(pieces()):
        if i == 0:
            name = next((n for bom, n in _BOMS if piece.startswith(bom)), None) or _utf16(piece) or name
            if name in WIDE:
                return Encoding(name)
        if not is_utf8(piece):
            return _among_chinese(pieces(), name)
    return Encoding(name)


def named_encoding(name: str) -> Encoding:
    """An encoding that the user names. Raises UsageError (SG208) when there is none of that name."""
    try:
        known = codecs.lookup(name).name
        "".encode(known)
    except (LookupError, ValueError) as error:
        raise UsageError("encoding_unknown", "SG208", encoding=name) from error
    return Encoding(_WIDE_NAMES.get(known, _SUPERSETS.get(known, known)), told=True)


def utf8_throughout(slices: Iterable[bytes]) -> Encoding | None:
    """UTF-8, where a file given in slices cut anywhere is that throughout; else None.

    It is what ``find_encoding`` finds, at half the cost: a slice is not copied but looked at between its
    first and its last line feed, and what stands around a cut is put together.
    """
    name, rest = "utf-8", b""
    for i, piece in enumerate(slices):
        if i == 0:
            name = next((n for bom, n in _BOMS if piece.startswith(bom)), None) or _utf16(piece) or name
        first, last = piece.find(b"\n") + 1, piece.rfind(b"\n") + 1
        middle = memoryview(piece)[first:last]
        around = rest + piece[:first]
        if name in WIDE or len(rest) > LONGEST_PIECE:
            return None
        if first and not (is_utf8(around) and is_utf8(middle)):
            return None
        rest = piece[last:] if first else rest + piece
    return Encoding(name) if is_utf8(rest) else None


def is_utf8(data: bytes | memoryview) -> bool:
    """Whether all of ``data`` is UTF-8."""
    import numpy as np
    import pyarrow as pa

    offsets = pa.py_buffer(np.array([0, len(data)], dtype=np.int64))
    try:
        pa.LargeStringArray.from_buffers(1, offsets, pa.py_buffer(data)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def strict(data: bytes, encoding: str) -> str | None:
    """The text of ``data``, or None where a byte does not fit."""
    codec = {"big5": "cp950"}.get(encoding, encoding)
    try:
        return data.decode(codec)
    except UnicodeError:
        pass
    if encoding == "gb18030" and b"\x80" in data:
        try:
            return data.decode("gb18030", errors="sheetgen-cp936-euro")
        except UnicodeDecodeError:
            pass
    return None


def _euro(error: UnicodeError) -> tuple[str, int]:
    # Windows' code page 936 writes the euro as a lone 0x80, which GB18030 does not know
    if isinstance(error, UnicodeDecodeError) and error.object[error.start] == 0x80:
        return "€", error.start + 1
    raise error


codecs.register_error("sheetgen-cp936-euro", _euro)


def _utf16(data: bytes) -> str | None:
    """UTF-16 without a mark at its beginning: every other byte of what is ASCII in it is zero."""
    head = data[:4096]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = max(1, len(head) // 2)
    if odd > 0.3 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.3 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _among_chinese(pieces: Iterable[bytes], name: str) -> Encoding:
    big5 = gb18030 = True
    utf8 = other = 0
    sample: list[bytes] = []
    sampled = 0
    for piece in pieces:
        big5 = big5 and strict(piece, "big5") is not None
        # what is not GB18030 is found when the file is decoded: to ask here would be to decode it twice
        gb18030 = gb18030 and (not big5 or strict(piece, "gb18030") is not None)
        good, bad = _lines_in_utf8(piece)
        utf8, other = utf8 + good, other + bad
        if sampled < _SAMPLE:
            lines = piece[:_SAMPLE].splitlines()[: None if len(piece) <= _SAMPLE else -1]
            sample += [line for line in lines if not line.isascii()]
            sampled += sum(map(len, sample))
    if utf8 > other or name == "utf-8-sig":
        return Encoding(name, by_line=True)
    if not big5 or not gb18030:
        return Encoding("big5" if big5 else "gb18030")
    text = b"\n".join(sample)
    common = {enc: _commonness(strict(text, enc) or "", enc) for enc in ("gb18030", "big5")}
    ahead = common["big5"] - common["gb18030"]
    return Encoding("big5" if ahead > 0 else "gb18030", doubtful=0 < ahead < _DOUBT)


def _lines_in_utf8(data: bytes) -> tuple[int, int]:
    """How many of the lines that are not ASCII are UTF-8, by the pattern of its bytes, and how many not."""
    import numpy as np

    raw = np.frombuffer(data, dtype=np.uint8)
    trails = (raw & 0xC0) == 0x80
    due = np.zeros(len(raw), dtype=bool)
    follows = np.ones(len(raw), dtype=bool)
    for places, first in ((1, 0xC2), (2, 0xE0), (3, 0xF0)):
        # what a first byte asks for ends where another byte than a trailing one stands
        n = max(0, len(raw) - places)
        due[places:] |= (raw[:n] >= first) & follows[:n]
        follows[:n] &= trails[places:]
    wrong = (trails != due) | (raw == 0xC0) | (raw == 0xC1) | (raw > 0xF4)
    if not len(raw):
        return 0, 0
    starts = np.concatenate([[0], np.flatnonzero((raw[:-1] == 10) | (raw[:-1] == 13)) + 1])
    beyond = np.logical_or.reduceat(raw > 0x7F, starts)
    amiss = np.logical_or.reduceat(wrong, starts)
    return int((beyond & ~amiss).sum()), int(amiss.sum())


def _commonness(text: str, encoding: str) -> float:
    """The share of everyday characters: wrongly decoded text is full of rare ones."""
    counts = Counter(ch for ch in text if not ch.isascii())
    codec, common, rare = (
        ("gb2312", ((0xA1, 0xA9), (0xB0, 0xD7)), (0xD8, 0xF7))
        if encoding == "gb18030"
        else ("big5", ((0xA1, 0xC6),), (0xC9, 0xF9))
    )
    score = 0.0
    for ch, n in counts.items():
        lead = ch.encode(codec, errors="ignore")[:1]
        if lead and any(low <= lead[0] <= high for low, high in common):
            score += n
        elif lead and rare[0] <= lead[0] <= rare[1]:
            score += n / 2
    return score / max(1, counts.total())
