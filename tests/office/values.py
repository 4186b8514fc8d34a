"""What both engines give for a cell, and how two results are compared."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CellError:
    """An error cell. ``text`` is Excel's (``#N/A``, ``#DIV/0!``), else the engine's own (``Err:502``)."""

    text: str


Value = float | str | bool | CellError | None
"""a date is its serial number; None is an empty cell, which a formula giving ``""`` is not"""

Sheets = dict[str, dict[str, Value]]
"""sheet name -> ``B3`` -> value; empty cells are left out"""

_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")


def column_name(index: int) -> str:
    """0 -> A, 26 -> AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def position(cell: str) -> tuple[int, int]:
    """``B3`` -> (2, 1): row and column from 0. Raises ValueError."""
    match = _CELL.fullmatch(cell)
    if match is None:
        raise ValueError(f"not a cell: {cell!r}")
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - 64
    return int(match[2]) - 1, column - 1


def same(one: Value, other: Value, relative: float = 1e-9, absolute: float = 1e-9) -> bool:
    """Equal, numbers within a tolerance. A bool equals its number: LibreOffice stores it as one.

    LibreOffice's own ``Err:502`` and the like have no twin in Excel: they equal any error.
    """
    if isinstance(one, CellError) and isinstance(other, CellError):
        return one == other or one.text.startswith("Err:") or other.text.startswith("Err:")
    if isinstance(one, float | int) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=relative, abs_tol=absolute)
    return one == other


def differences(
    one: Mapping[str, Mapping[str, Value]], other: Mapping[str, Mapping[str, Value]]
) -> Iterator[tuple[str, str, Value, Value]]:
    """Sheet, cell, value in one, value in the other, for all cells which are not the ``same``."""
    for sheet in dict.fromkeys([*one, *other]):
        left, right = one.get(sheet, {}), other.get(sheet, {})
        for cell in dict.fromkeys([*left, *right]):
            if not same(left.get(cell), right.get(cell)):
                yield sheet, cell, left.get(cell), right.get(cell)
