"""Text columns: cells made fit for a workbook, ids made comparable; the work is done once a distinct cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from sheetgen.ingest.coded import is_coded, parts_of, text_series
from sheetgen.ingest.words import BLANK

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

LONGEST_CELL: Final = 32_000
_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
_INVISIBLE: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_CR_ESCAPE: Final = re.compile("_x000[dD]_")
_WRAPPED: Final = re.compile(r'=\s*"(.*)"|"(.*)"', re.DOTALL)
_WHOLE_FLOAT: Final = re.compile(r"(\d+)\.0+")
LOST_DIGITS: Final = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{1,3}")
_WILDCARDS: Final = str.maketrans("*?~", "＊？～")


def distinct(column: pd.Series[str]) -> tuple[npt.NDArray[np.intp], list[str]]:
    """(codes, distinct cells): ``cells[codes[i]]`` is cell i."""
    import pandas as pd

    if is_coded(column):
        codes, few = parts_of(column)
        return codes, few.tolist()
    codes, cells = pd.factorize(column, use_na_sentinel=False)
    return codes, [str(cell) for cell in cells.tolist()]


def spread_text(codes: npt.NDArray[np.intp], cells: list[str]) -> pd.Series[str]:
    """The text column whose cell i is ``cells[codes[i]]``."""
    import pandas as pd
    import pyarrow as pa

    if len(cells) == 1:
        return text_series(pa.repeat(pa.scalar(cells[0], pa.large_string()), len(codes)))
    return pd.Series(pd.array(cells, dtype="str").take(codes))


def spread(codes: npt.NDArray[np.intp], cells: list[Any], dtype: Any) -> npt.NDArray[Any]:
    """The array of ``dtype`` whose item i is ``cells[codes[i]]``."""
    import numpy as np

    values = np.empty(len(cells), dtype=dtype)
    values[:] = cells
    return values.take(codes)


def map_text(column: pd.Series[str], change: Callable[[str], str]) -> pd.Series[str]:
    """``change`` applied to every distinct cell."""
    codes, cells = distinct(column)
    return spread_text(codes, [change(cell) for cell in cells])


def clean_cell(cell: str) -> str:
    """A cell without control and invisible characters, NFC, stripped, at most 32,000 characters and ``…``."""
    if cell.isascii() and cell.isprintable() and len(cell) <= LONGEST_CELL and "_x000" not in cell:
        return cell.strip()
    cell = _SURROGATE.sub("\ufffd", _CR_ESCAPE.sub("", cell))
    cell = cell.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    cell = unicodedata.normalize("NFC", _INVISIBLE.sub("", _CONTROL.sub("", cell))).strip()
    return cell if len(cell) <= LONGEST_CELL else cell[:LONGEST_CELL].rstrip("…") + "…"


def fold(cell: str) -> str:
    """A word as the word lists know it: NFKC, casefold, no blanks."""
    return "".join(unicodedata.normalize("NFKC", cell).casefold().split())


def clean_id(cell: str, blank: frozenset[str] = BLANK) -> str:
    """An id as it is compared: NFKC, unwrapped, one blank between words; leading zeros stay."""
    text = cell
    if not text.isascii() or not text.isprintable():
        text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", clean_cell(text)))
    text = " ".join(text.split())
    wrapped = _WRAPPED.fullmatch(text)
    if wrapped:
        text = (wrapped.group(1) if wrapped.group(1) is not None else wrapped.group(2)).strip()
    text = text.lstrip("'`").strip()
    whole = _WHOLE_FLOAT.fullmatch(text)
    if whole:
        text = whole.group(1)
    return "" if text.casefold() in blank else text


def plain_wildcards(cell: str) -> str:
    """``* ? ~`` as their full-width twins: spreadsheet lookups take the plain ones for patterns."""
    return cell.translate(_WILDCARDS)
