"""Which lines of a block are a record each, beyond doubt: what is not needs the careful way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

LONGEST_LINE: Final = 100_000
_LF, _CR, _QUOTE = 10, 13, 34


@dataclass(frozen=True)
class Lines:
    """The physical lines of a block: line i is ``data[starts[i]:ends[i]]``, its LF, CRLF or CR included.

    ``blank``: nothing but the line's end. ``odd``: its quotes do not open and close where fields do, or it is
    too long. Every other line is one record for any reader of CSV.
    """

    data: bytes
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    blank: npt.NDArray[np.bool_]
    odd: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ends)

    def text(self, i: int) -> str:
        """Line i, as text."""
        return self.data[self.starts[i] : self.ends[i]].decode(errors="replace")


def lines_of(data: bytes, delimiter: str, most: int | None = None) -> Lines:
    """The lines of ``data`` (the first ``most``). Without a delimiter of one byte all of them are odd."""
    import numpy as np

    raw = np.frombuffer(data, dtype=np.uint8)
    ends = _ends(data, raw)
    if most is not None and len(ends) > most:
        ends = ends[:most]
        raw = raw[: ends[-1]]
    starts = np.concatenate([np.zeros(min(1, len(ends)), dtype=np.int64), ends[:-1]])
    stops = _stops(data, raw, ends)
    lengths = stops - starts
    blank = lengths == 0
    if len(delimiter.encode()) > 1 or delimiter == " ":
        return Lines(data, starts, ends, blank, ~blank)
    odd = lengths > LONGEST_LINE
    if b'"' in data:
        odd |= _badly_quoted(raw, ends, ord(delimiter))
    return Lines(data, starts, ends, blank, odd)


def _ends(data: bytes, raw: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    import numpy as np

    ends = np.flatnonzero(raw == _LF)
    if b"\r" in data:
        cr = np.flatnonzero(raw == _CR)
        following = raw[np.minimum(cr + 1, len(raw) - 1)]
        lone = cr[(following != _LF) | (cr == len(raw) - 1)]
        if len(lone):
            ends = np.sort(np.concatenate([ends, lone]))
    found: npt.NDArray[np.int64] = ends.astype(np.int64) + 1
    if len(raw) and (not len(found) or found[-1] != len(raw)):
        found = np.append(found, len(raw))
    return found


def _stops(data: bytes, raw: npt.NDArray[np.uint8], ends: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    import numpy as np

    if not len(ends):
        return ends
    last = raw[ends - 1]
    stops: npt.NDArray[np.int64] = ends - ((last == _LF) | (last == _CR))
    if b"\r" in data:
        before = raw[np.maximum(ends - 2, 0)]
        stops = stops - ((last == _LF) & (before == _CR) & (ends > 1))
    return stops


def _badly_quoted(
    raw: npt.NDArray[np.uint8], ends: npt.NDArray[np.int64], delimiter: int
) -> npt.NDArray[np.bool_]:
    """Lines with a quote that is neither at an end of its field nor doubled inside quotes."""
    import numpy as np

    quotes = np.flatnonzero(raw == _QUOTE)
    upto = np.searchsorted(quotes, ends)
    counts = np.diff(upto, prepend=0)
    odd: npt.NDArray[np.bool_] = (counts & 1).astype(bool)
    nth = np.arange(len(quotes))
    if odd.any():
        nth -= np.repeat(upto - counts, counts)
    edge = np.zeros(256, dtype=bool)
    edge[[delimiter, _LF, _CR, _QUOTE]] = True
    opens = nth & 1 == 0
    beside = np.where(opens, quotes - 1, quotes + 1)
    inside = (beside >= 0) & (beside < len(raw))
    wrong = inside & ~edge[raw[np.where(inside, beside, 0)]]
    odd[np.searchsorted(ends, quotes[wrong], side="right")] = True
    return odd
