"""Cells that are fit as they are, told by their bytes, a million at a time; the rest is cleaned one by one.

Plain cells come out of ``clean_cell`` and ``clean_id`` unchanged; not all that do are called plain.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sheetgen.ingest.cells import Chunk, between, chunks
from sheetgen.ingest.text import LONGEST_CELL
from sheetgen.ingest.words import BLANK

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

_LAST_HAN: Final = 0xE9
"""0xE4 to 0xE9 begin U+4000 to U+9FFF: nothing there is a blank, a mark, or changed by NFC or NFKC"""
_LONGEST_BLANK: Final = max(len(word.encode()) for word in BLANK)


def plain_text(column: pd.Series[str]) -> npt.NDArray[np.bool_]:
    """The cells that ``clean_cell`` leaves as they are: printable, composed, without blanks around them."""
    return _judge(column, _is_plain_text)


def plain_ids(column: pd.Series[str]) -> npt.NDArray[np.bool_]:
    """The cells that ``clean_id`` leaves as they are, that say something, and that have not lost digits."""
    return _judge(column, _is_plain_id)


def _judge(column: pd.Series[str], ask: Callable[[Chunk], npt.NDArray[np.bool_]]) -> npt.NDArray[np.bool_]:
    import numpy as np

    found = np.zeros(len(column), dtype=bool)
    for chunk in chunks(column):
        found[chunk.at : chunk.at + len(chunk)] = ask(chunk)
    return found


def _is_plain_text(chunk: Chunk) -> npt.NDArray[np.bool_]:
    raw = chunk.used
    wrong = between(raw, 0xC0, 0xE3) | (raw > _LAST_HAN) | (raw < ord(" ")) | (raw == 0x7F)
    for first, second, third in _PUNCTUATION:
        lead = raw[:-2] == first
        if lead.any():
            fine = lead & between(raw[1:-1], *second)
            wrong[:-2] &= ~(fine & _any_between(raw[2:], third))
    _mark_escapes(raw, wrong)
    fit: npt.NDArray[np.bool_] = (chunk.byte(0) != ord(" ")) & (chunk.byte(-1) != ord(" "))
    fit &= ~chunk.at_places(wrong) & (chunk.lengths <= LONGEST_CELL)
    return fit


def _is_plain_id(chunk: Chunk) -> npt.NDArray[np.bool_]:
    import numpy as np

    raw = chunk.used
    fine = between(raw | np.uint8(0x20), ord("a"), ord("z")) | between(raw, ord("0"), ord("9"))
    fine |= (raw == ord("-")) | (raw == ord("_")) | between(raw, 0x80, 0xBF) | between(raw, 0xE4, _LAST_HAN)
    wrong = ~fine | between(raw, 0xC0, 0xE3)
    _mark_escapes(raw, wrong)
    lengths, last, second = chunk.lengths, chunk.byte(-1), chunk.byte(1)
    # no word for nothing ends in a digit; 1e5 is what is left of a longer number
    says: npt.NDArray[np.bool_] = (lengths > _LONGEST_BLANK) | between(last, ord("0"), ord("9"))
    lost = (second | 0x20 == ord("e")) & (lengths <= 6)
    says &= ~chunk.at_places(wrong) & ~lost & (lengths <= LONGEST_CELL)
    return says


def _any_between(raw: npt.NDArray[np.uint8], spans: tuple[tuple[int, int], ...]) -> npt.NDArray[np.bool_]:
    found = between(raw, *spans[0])
    for span in spans[1:]:
        found |= between(raw, *span)
    return found


def _mark_escapes(raw: npt.NDArray[np.uint8], wrong: npt.NDArray[np.bool_]) -> None:
    # _x000D_ is how workbooks write a carriage return
    if len(raw) > 1:
        wrong[:-1] |= (raw[:-1] == ord("_")) & (raw[1:] == ord("x"))


_PUNCTUATION: Final = (
    # the first byte of three, and what the second and the third may be
    (0xE3, (0x80, 0x81), ((0x81, 0xA9), (0xB0, 0xBF))),  # U+3001 to U+3029, U+3030 to U+303F
    (0xEF, (0xBC, 0xBD), ((0x80, 0xBF),)),  # U+FF00 to U+FF7F
    (0xE2, (0x80, 0x80), ((0x90, 0xA7), (0xB0, 0xBF))),  # dashes, quotes, dots
)
