"""What cells are to show, as arrays, and which of them show something else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from sheetgen.grading.coding import EPOCH
from sheetgen.workbook.celltext import ERRORS, clean_texts
from sheetgen.workbook.regrade.columns import ERROR, FLAG, NOTHING, NUMBER, TEXT
from sheetgen.workbook.regrade.noted import UNKNOWN, plain

if TYPE_CHECKING:
    from sheetgen.workbook.book import Column
    from sheetgen.workbook.regrade.grids import Grid

ASKED: Final = 255
"""the kind of what only a spreadsheet can tell"""
DAYS_1904: Final = 1462


@dataclass(frozen=True)
class Shown:
    """A cell an entry. ``kinds``: codes, or ASKED; ``numbers``; ``texts``: also those of errors and flags.

    ``days``: the numbers are days, counted from 1904 if ``date1904``.
    """

    kinds: Any
    numbers: Any
    texts: Any
    days: bool = False
    date1904: bool = False

    def take(self, at: Any) -> Shown:
        """The entries at these places; an empty text for -1."""
        import numpy as np

        inside, safe = at >= 0, np.maximum(at, 0)
        if not len(self.kinds):
            return empty(len(at))
        if np.array_equal(at, np.arange(len(self.kinds))):
            return replace(self, kinds=self.kinds.copy())
        return Shown(
            np.where(inside, self.kinds[safe], TEXT).astype(np.uint8), self.numbers[safe],
            np.where(inside, self.texts[safe], ""), self.days, self.date1904,
        )  # fmt: skip

    def put(self, at: int, value: Any) -> None:
        """Another value for one entry."""
        value = plain(value)
        if isinstance(value, date):
            value = float((value - EPOCH).days - (DAYS_1904 if self.date1904 else 0))
        if value is UNKNOWN:
            self.kinds[at] = ASKED
        elif isinstance(value, float):
            self.kinds[at], self.numbers[at] = NUMBER, value
        else:
            self.kinds[at], self.texts[at] = (
                _kind(value),
                str(int(value)) if isinstance(value, bool) else value,
            )

    def value(self, at: int) -> float | str | bool | None:
        """The value of a result; None for what only a spreadsheet can tell."""
        kind = self.kinds[at]
        if kind == NUMBER:
            return float(self.numbers[at])
        words = str(self.texts[at])
        return None if kind == ASKED else words == "1" if kind == FLAG else words

    def said(self, at: int) -> str:
        """A value as a report tells it."""
        value = self.value(at)
        if isinstance(value, float):
            shift = DAYS_1904 if self.date1904 else 0
            return (EPOCH + timedelta(days=value + shift)).isoformat() if self.days else f"{value:.15g}"
        return "" if value is None else str(value)

    def missing(self, grid: Grid, col: int, rows: Any) -> Any:
        """Whether the cells of ``rows`` show something else, bool."""
        import numpy as np

        kinds, numbers, texts = (of(col)[rows] for of in (grid.kinds, grid.numbers, grid.texts))
        same = np.where(self.kinds == NUMBER, numbers == self.numbers, (texts == self.texts).astype(bool))
        return np.where(self.kinds == ASKED, kinds != NOTHING, (kinds != self.kinds) | ~same)


def _kind(value: Any) -> int:
    return FLAG if isinstance(value, bool) else ERROR if value in ERRORS else TEXT


def empty(size: int) -> Shown:
    """So many empty texts."""
    import numpy as np

    texts = np.full(size, "", dtype=object)
    return Shown(np.full(size, TEXT, dtype=np.uint8), np.zeros(size), texts)


def numbers_shown(values: Any) -> Shown:
    """Numbers; an empty text for each that is none."""
    import numpy as np

    values = np.array(values, dtype=np.float64)
    finite = np.isfinite(values)
    found = empty(len(values))
    return Shown(np.where(finite, NUMBER, TEXT).astype(np.uint8), np.where(finite, values, 0), found.texts)


def texts_shown(texts: list[str]) -> Shown:
    """Texts, of which some may be errors."""
    import numpy as np

    found = empty(len(texts))
    found.texts[:] = clean_texts(texts) if texts else []
    found.kinds[np.asarray([t in ERRORS for t in found.texts.tolist()], dtype=bool)] = ERROR
    return found


def shown_by(column: Column, date1904: bool = False) -> Shown:
    """The values of a composed column, as ``plain`` takes each."""
    import numpy as np

    values = column.values
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        days = values.astype("datetime64[D]")
        numbers = (days - np.datetime64(EPOCH)).astype(np.float64) - (DAYS_1904 if date1904 else 0)
        found = numbers_shown(np.where(np.isnat(days), np.nan, numbers))
        return Shown(found.kinds, found.numbers, found.texts, True, date1904)
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiu":
        return numbers_shown(values)
    told = list(values)
    types = list(map(type, told))
    mixed = texts_shown([v if of is str else "" for v, of in zip(told, types, strict=True)])
    counts = {of for of in set(types) if issubclass(of, (int, float, np.number)) and of is not bool}
    here = [at for at, of in enumerate(types) if of in counts]
    if here:
        counted = numbers_shown([float(told[at]) for at in here])
        mixed.kinds[here], mixed.numbers[here] = counted.kinds, counted.numbers
    for of in set(types) - counts - {str, type(None)}:
        for at in (i for i, t in enumerate(types) if t is of):
            mixed.put(at, told[at])
    return mixed
