"""A sheet of a book as columns under our headers: values alone, found by text in either language."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING, Any, Final

from sheetgen.i18n import messages
from sheetgen.workbook.celltext import letters

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.workbook.opened import OpenBook

LOOK_AT: Final = 40
"""rows from the top that may hold a header"""
BANNER: Final = ((0, 0), (1, 0), (0, 3))
"""what the program writes above a table: title, hint, the way back"""
Names = Mapping[str, Sequence[str]]
"""column id -> the texts that may head it"""


@dataclass(frozen=True)
class Found:
    """A sheet's table. ``columns``: ours, by id; ``others``: header -> column of what staff added.

    ``cells``: one column of Python values for each column of the sheet, rows as they stand below the header,
    empty ones left out; ``line``: the sheet row of each, as people count. ``loose``: filled cells beside the
    table.
    """

    sheet_id: str
    name: str
    columns: Mapping[str, int]
    others: Mapping[str, int]
    cells: pd.DataFrame
    line: pd.Series[int]
    loose: tuple[str, ...] = ()

    def column(self, key: str) -> pd.Series[Any]:
        """The cells of one of ours, empty ones ``None``; all empty where the column is gone."""
        import pandas as pd

        if key not in self.columns:
            return pd.Series([None] * len(self.cells), dtype=object)
        return self.cells[self.columns[key]]

    def place(self, key: str, line: int) -> str:
        """``B3``: the cell of a column in a sheet row, '' for a column that is gone."""
        return f"{letters(self.columns[key])}{line}" if key in self.columns else ""


def find_table(
    book: OpenBook, sheet_id: str, names: Names, skipped: Sequence[str] = (), data: Sequence[str] = ()
) -> Found | None:
    """The table of a sheet, headed by the row that has ``customer_id``; None where either is gone.

    ``skipped``: ids of columns whose cells make no row (numbers and links of prepared rows); ``data``: those
    that do, all others of ours where empty.
    """
    import pandas as pd

    name = book.names.get(sheet_id, "")
    if not name:
        return None
    rows = book.workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    head = next((i for i, row in enumerate(rows[:LOOK_AT]) if _has(row, names["customer_id"])), -1)
    if head < 0:
        return None
    columns, others = _headers(rows[head], names)
    width = max((len(row) for row in rows), default=0)
    cells = pd.DataFrame(rows[head + 1 :], columns=range(width), dtype=object)
    cells = cells.where(cells.notna(), None)
    filled = cells.map(is_filled) if len(cells) else cells.astype(bool)
    mine = [col for key, col in columns.items() if key not in skipped and (not data or key in data)]
    counted = filled[[*mine, *others.values()]].any(axis=1)
    outside = [c for c in range(width) if c not in columns.values() and c not in others.values()]
    loose = [(r, c) for c in outside for r in filled.index[filled[c]].tolist()]
    above = [(r - head - 1, c) for r, row in enumerate(rows[:head]) for c, cell in enumerate(row)
             if is_filled(cell) and (r, c) not in BANNER]  # fmt: skip
    loose += above
    places = tuple(f"{letters(c)}{head + 2 + r}" for r, c in sorted(loose))
    line = pd.Series(range(head + 2, head + 2 + len(cells)), dtype="int64")[counted.to_numpy(dtype=bool)]
    kept = cells[counted.to_numpy(dtype=bool)].reset_index(drop=True)
    return Found(sheet_id, name, columns, others, kept, line.reset_index(drop=True), places)


def _has(row: Sequence[Any], texts: Sequence[str]) -> bool:
    return any(str(cell).strip() in texts for cell in row)


def _headers(row: Sequence[Any], names: Names) -> tuple[dict[str, int], dict[str, int]]:
    """Ours by id, equal headers one by one, and all others by their text."""
    ours: dict[str, list[str]] = {}
    for key, texts in names.items():
        for text in dict.fromkeys(texts):
            ours.setdefault(text, []).append(key)
    columns: dict[str, int] = {}
    others: dict[str, int] = {}
    for col, cell in enumerate(row):
        words = text_of(cell)
        free = [key for key in ours.get(words, ()) if key not in columns]
        if free:
            columns[free[0]] = col
        elif words:
            others[unlike(words, [*ours, *others])] = col
    return columns, others


def unlike(words: str, taken: Sequence[str]) -> str:
    """``words``, numbered where it is taken."""
    found, number = words, 1
    while found in taken:
        number += 1
        found = f"{words} {number}"
    return found


def is_filled(cell: Any) -> bool:
    """Whether a cell holds anything."""
    if isinstance(cell, float):
        return not math.isnan(cell)
    return cell is not None and not (isinstance(cell, str) and not cell.strip())


def text_of(cell: Any) -> str:
    """A cell as people read it: a whole number without a point, a day as 2025-12-31."""
    if not is_filled(cell):
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell == int(cell) else f"{cell:.15g}"
    if isinstance(cell, date):
        return cell.isoformat()[:10]
    if isinstance(cell, time):
        return cell.isoformat()
    return str(cell).strip()


def said(key: str) -> tuple[str, str]:
    """A message in both languages."""
    label = messages()[key]
    return label.zh, label.en
