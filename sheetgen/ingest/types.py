"""A column of text cells to a column of one declared type, with a problem a cell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sheetgen.ingest import values
from sheetgen.ingest.cells import filled, size_of
from sheetgen.ingest.coded import in_full, is_coded, of_codes, parts_of, text_series
from sheetgen.ingest.dates import parse_dates
from sheetgen.ingest.money import exact_amounts, exact_numbers, to_cents
from sheetgen.ingest.plain import plain_ids, plain_text
from sheetgen.ingest.text import LOST_DIGITS, clean_cell, clean_id, distinct, spread, spread_text
from sheetgen.scheme.tables import FieldType

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd


@dataclass(frozen=True)
class Typed:
    """``values`` of the type ('', NaN or NaT where unknown) and ``problem``: '', blank or a code.

    Money and numbers are float64 (money in cents); ids, phones, flags and states are text. Texts and states
    of a coded column are a coded column.
    """

    values: pd.Series[Any]
    problems: npt.NDArray[Any]
    codes: npt.NDArray[Any] | None = None
    """where it is there, the problem of cell i is ``problems[codes[i]]``"""

    @property
    def problem(self) -> npt.NDArray[Any]:
        """The problem of each cell."""
        return self.problems if self.codes is None else self.problems.take(self.codes)

    @property
    def found(self) -> set[str]:
        """The problems that there are."""
        return set((self.problems if any(self.problems.strides) else self.problems[:1]).tolist())

    def has(self, code: str) -> npt.NDArray[np.bool_]:
        """The cells with that problem."""
        import numpy as np

        n = len(self.problems if self.codes is None else self.codes)
        if len(self.problems) and not any(self.problems.strides):
            return np.full(n, self.problems[0] == code)
        found = np.asarray(self.problems == code, dtype=bool)
        if self.codes is None:
            return found
        return found.take(self.codes) if found.any() else np.zeros(n, dtype=bool)


def typed(column: pd.Series[str], kind: FieldType, scale: int = 1) -> Typed:
    """``column`` as ``kind``. ``scale`` is the unit of the header, for money."""
    import numpy as np
    import pandas as pd

    if is_coded(column):
        return _typed_coded(column, kind, scale)
    if kind in ("id", "text"):
        return _typed_text(column, kind)
    if kind in ("date", "money", "number", "integer", "price"):
        return _typed_number(column, kind, scale)
    codes, cells = distinct(column)
    if kind == "rating":
        ratings = [values.rating(cell) for cell in cells]
        numbers = spread(codes, [r for r, _ in ratings], np.float64)
        return Typed(pd.Series(numbers), _words([p for _, p in ratings]), codes)
    pairs = [_text(cell, kind) for cell in cells]
    return Typed(spread_text(codes, [t for t, _ in pairs]), _words([p for _, p in pairs]), codes)


def _typed_coded(column: pd.Series[str], kind: FieldType, scale: int) -> Typed:
    import pandas as pd

    codes, cells = parts_of(column)
    few = typed(cells, kind, scale)
    if few.values.dtype != "str":
        return Typed(pd.Series(few.values.to_numpy().take(codes)), few.problem, codes)
    found = of_codes(codes, few.values)
    return Typed(found if kind in ("text", "status") else in_full(found), few.problem, codes)


def _typed_number(column: pd.Series[str], kind: FieldType, scale: int) -> Typed:
    import numpy as np
    import pandas as pd

    match kind:
        case "date":
            dates = parse_dates(column)
            return Typed(pd.Series(dates.days), dates.problem)
        case "money":
            money = to_cents(exact_amounts(column, scale))
            return Typed(pd.Series(np.where(money.problem == "", money.cents, np.nan)), money.problem)
        case _:
            exact = exact_numbers(column)
            floats = [float(v) if v is not None else float("nan") for v in exact.values]
            problems = ["SG450" if p not in ("", "blank") else p for p in exact.problems]
            return Typed(pd.Series(spread(exact.codes, floats, np.float64)), _words(problems), exact.codes)


def nothing_typed(kind: FieldType, n: int) -> Typed:
    """``n`` empty cells as ``kind``."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    one = _one_empty(kind)
    value = one.values.to_numpy()[0]
    text = one.values.dtype == "str"
    values = text_series(pa.repeat(pa.scalar(value, pa.large_string()), n)) if text else np.full(n, value)
    return Typed(pd.Series(values), everywhere(str(one.problem[0]), n))


@cache
def _one_empty(kind: FieldType) -> Typed:
    import pandas as pd

    return typed(pd.Series([""], dtype="str"), kind)


def _words(problems: list[str]) -> npt.NDArray[Any]:
    import numpy as np

    return np.array(problems, dtype=object)


def _typed_text(column: pd.Series[str], kind: FieldType) -> Typed:
    """Plain cells as they are; only the others are looked at, each once."""
    import pandas as pd

    array = column.array
    if not size_of(column):
        return Typed(pd.Series(array), everywhere("blank", len(column)))
    plain = plain_ids(column) if kind == "id" else plain_text(column)
    blank = ~filled(column)
    if plain.all() and not blank.any():
        return Typed(pd.Series(array), everywhere("", len(column)))
    problem = everywhere("", len(column)).copy()
    problem[blank] = "blank"
    open_ = ~plain & ~blank
    if open_.any():
        codes, cells = distinct(column[open_])
        pairs = [_text(cell, kind) for cell in cells]
        array = array.copy()
        array[open_] = spread_text(codes, [t for t, _ in pairs]).array
        problem[open_] = spread(codes, [p for _, p in pairs], object)
    return Typed(pd.Series(array), problem)


def everywhere(problem: str, n: int) -> npt.NDArray[Any]:
    """The same problem for ``n`` cells, in the room of one: not to be written to."""
    import numpy as np

    return np.broadcast_to(np.array(problem, dtype=object), n)


def _text(cell: str, kind: FieldType) -> tuple[str, str]:
    match kind:
        case "id":
            text = clean_id(cell)
            lost = LOST_DIGITS.fullmatch(text)
            return ("", "SG403") if lost else (text, "" if text else "blank")
        case "phone":
            return values.phone(cell)
        case "flag":
            return values.flag(cell)
        case "status":
            return values.status(cell)
        case _:
            text = clean_cell(cell)
            return text, "SG419" if text.endswith("…") and text != cell.strip() else "" if text else "blank"
