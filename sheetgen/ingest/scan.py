"""One look at a worksheet's XML as it streams by: how far its cells reach, errors, hidden rows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_PAD: Final = b" " * 16
_CARRIED: Final = 64 * 1024
_ROW: Final = re.compile(rb"<(?:\w+:)?row\b[^>]*>")
_HIDDEN: Final = re.compile(rb"""\shidden\s*=\s*["'](?:1|true)["']""")
_NUMBER: Final = re.compile(rb"""\sr\s*=\s*["'](\d{1,7})["']""")
_ERROR: Final = re.compile(
    rb"""<(?:\w+:)?c\b(?=[^>]*\st="e")(?![^>]*\svm=)[^>]*\sr=["']([A-Z]{1,3})(\d{1,7})["'][^>]*>"""
    rb"""(?:(?!</(?:\w+:)?c>).){0,10000}?<(?:\w+:)?v>([^<]{1,40})</""",
    re.DOTALL,
)
_LISTED: Final = 1_100_000
# vm: a picture or another rich value, whose error is only for programs that do not know them


@dataclass
class SheetScan:
    """What is known of one worksheet part. Rows and columns count from 0.

    ``cells``: those that hold something. ``errors``: (row, column) -> text such as ``#REF!``, which calamine
    reads as nothing. ``hidden``: rows that staff do not see.
    """

    cells: int = 0
    first: tuple[int, int] = (1 << 30, 1 << 30)
    last: tuple[int, int] = (-1, -1)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden: list[int] = field(default_factory=list)
    _rest: bytes = b""

    @property
    def grid(self) -> int:
        """Cells of the rectangle that a reader would lay out."""
        if self.last[0] < 0:
            return 0
        return (self.last[0] - self.first[0] + 1) * (self.last[1] - self.first[1] + 1)

    def feed(self, block: bytes, final: bool = False) -> None:
        """The next block of the part, of any size."""
        text = self._rest + block
        cut = len(text) if final else _last_whole(text)
        text, self._rest = text[:cut], text[cut:]
        if not text:
            return
        self._reach(text)
        if b"hidden" in text:
            self._note_hidden(text)
        if b't="e"' in text:
            for found in _ERROR.finditer(text):
                if len(self.errors) < _LISTED:
                    at = int(found[2]) - 1, column_number(found[1].decode()) - 1
                    self.errors[at] = unescape(found[3].decode("utf-8", "replace")).strip()

    def _note_hidden(self, text: bytes) -> None:
        for found in _ROW.finditer(text):
            number = _NUMBER.search(found[0]) if _HIDDEN.search(found[0]) else None
            if number and len(self.hidden) < _LISTED:
                self.hidden.append(int(number[1]) - 1)

    def _reach(self, text: bytes) -> None:
        import numpy as np

        a = np.frombuffer(_PAD + text + _PAD, dtype=np.uint8)
        at = np.flatnonzero(a == 61)
        quote = a[at + 1]
        at = at[(a[at - 1] == 114) & ((quote == 34) | (quote == 39)) & (a[at - 2] <= 32)] + 2
        ends = np.append(np.flatnonzero(a == 62), len(a) - 1)
        at = at[a[ends[np.searchsorted(ends, at)] - 1] != 47]  # <c r="A1" s="1"/> holds nothing
        if not len(at):
            return
        column, at = _letters(a, at)
        row, _ = _digits(a, at)
        full = (column > 0) & (row > 0)
        if not full.any():
            return
        self.cells += int(full.sum())
        rows, columns = row[full] - 1, column[full] - 1
        self.first = min(self.first[0], int(rows.min())), min(self.first[1], int(columns.min()))
        self.last = max(self.last[0], int(rows.max())), max(self.last[1], int(columns.max()))


def _last_whole(text: bytes) -> int:
    # up to the last cell or row that begins here; the rest may be cut in two
    start = max(0, len(text) - _CARRIED)
    cut = max(text.rfind(begin, start) for begin in (b"<c ", b":c ", b"<row", b":row"))
    return cut if cut > 0 else max(0, len(text) - 64)


def _letters(a: npt.NDArray[np.uint8], at: npt.NDArray[np.int64]) -> tuple[npt.NDArray[Any], ...]:
    import numpy as np

    value, going = np.zeros(len(at), dtype=np.int32), np.ones(len(at), dtype=bool)
    for _ in range(3):
        letter = a[at] & np.uint8(0xDF)
        going &= (letter >= 65) & (letter <= 90)
        if not going.any():
            break
        value = np.where(going, value * 26 + letter - 64, value)
        at = at + going
    return value, at


def _digits(a: npt.NDArray[np.uint8], at: npt.NDArray[np.int64]) -> tuple[npt.NDArray[Any], ...]:
    import numpy as np

    value, going = np.zeros(len(at), dtype=np.int32), np.ones(len(at), dtype=bool)
    for _ in range(7):
        digit = a[at] - np.uint8(48)  # what is no digit becomes more than 9
        going &= digit <= 9
        if not going.any():
            break
        value = np.where(going, value * 10 + digit, value)
        at = at + going
    return value, at


def column_number(letters: str) -> int:
    """A -> 1, XFD -> 16384."""
    n = 0
    for letter in letters:
        n = n * 26 + ord(letter) - 64
    return n
