"""Bytes to text: UTF-8, UTF-16, GB18030 or Big5, and line by line where a file is a mixture."""

from __future__ import annotations

import codecs
from collections import Counter
from dataclasses import dataclass
from typing import Final

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text and how it was had. ``bad_lines`` (from 1) hold bytes of no known encoding."""

    text: str
    encoding: str
    bad_lines: frozenset[int] = frozenset()
    mixed_lines: tuple[int, ...] = ()
    """lines in another encoding than most"""
    nuls: int = 0


def decode(data: bytes) -> Decoded:
    """The text of ``data``. Never fails: bytes that fit nothing become U+FFFD and their lines are listed."""
    found = _decode(data)
    text = found.text
    nuls = text.count("\0")
    if nuls or "\ufeff" in text:
        text = text.replace("\0", "").replace("\ufeff", "")
    return Decoded(text, found.encoding, found.bad_lines, found.mixed_lines, nuls)


def _decode(data: bytes) -> Decoded:
    name = (
        next((name for bom, name in _BOMS if data.startswith(bom)), None)
        or _utf16_without_bom(data)
        or "utf-8"
    )
    text = _strict(data, name)
    if text is not None:
        return Decoded(text, name)
    if name not in ("utf-8", "utf-8-sig"):
        return Decoded(data.decode(name, errors="replace"), name)
    if not _mostly_utf8(data):
        chinese = {enc: t for enc in ("gb18030", "big5") if (t := _strict(data, enc)) is not None}
        if chinese:
            best = max(chinese, key=lambda enc: (_commonness(chinese[enc], enc), enc == "gb18030"))
            return Decoded(chinese[best], best)
    return _line_by_line(data)


def _strict(data: bytes, encoding: str) -> str | None:
    codec = {"big5": "cp950"}.get(encoding, encoding)
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
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


def _utf16_without_bom(data: bytes) -> str | None:
    head = data[:4096]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = max(1, len(head) // 2)
    if odd > 0.3 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.3 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _mostly_utf8(data: bytes) -> bool:
    lines = [line for line in data.splitlines() if not line.isascii()]
    return 2 * sum(_strict(line, "utf-8") is not None for line in lines) > len(lines)


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


def _line_by_line(data: bytes) -> Decoded:
    parts: list[str] = []
    bad: list[int] = []
    names: list[tuple[int, str]] = []
    for number, line in enumerate(data.splitlines(keepends=True), start=1):
        for encoding in ("utf-8", "gb18030"):
            text = _strict(line, encoding)
            if text is not None:
                if not line.isascii():
                    names.append((number, encoding))
                break
        else:
            text = line.decode("utf-8", errors="replace")
            bad.append(number)
        parts.append(text)
    most = Counter(name for _, name in names).most_common(1)
    main = most[0][0] if most else "utf-8"
    return Decoded("".join(parts), main, frozenset(bad), tuple(n for n, name in names if name != main))
