"""Raw data against what was written and what staff made of it, cell by cell: nobody's word is overwritten.

What staff left as it was takes the raw data's value; what both changed stays as staff have it, and is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sheetgen.workbook.patch.edits import Constant, Edit
from sheetgen.workbook.regrade.compared import Compared, blank, row_told, told, unlike, value_of
from sheetgen.workbook.regrade.edited import Edited

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from sheetgen.i18n import Lang

NOWHERE: Final = -1


@dataclass
class Merged:
    """What the raw data do to one table: ``cells`` by sheet, row and column, what is ``told``, and the new
    base."""

    sheet: Compared
    base: pd.DataFrame
    cells: dict[str, dict[int, dict[int, Edit]]] = field(default_factory=dict)
    told: list[Edited] = field(default_factory=list)

    def put(self, at: int, column: str, edit: Edit) -> None:
        """Note an edit of row ``at`` of now."""
        row, col = int(self.sheet.rows[at]), self.sheet.column(at, column)
        self.row(self.sheet.grid(at).name, row)[col] = edit

    def row(self, name: str, row: int) -> dict[int, Edit]:
        """The edits of a row of the sheet ``name``."""
        return self.cells.setdefault(name, {}).setdefault(row, {})


def started(sheet: Compared) -> Merged:
    """Nothing changed yet."""
    return Merged(sheet, sheet.base.copy())


def merge_written(
    merged: Merged, raw: pd.DataFrame, pairs: npt.NDArray[Any], columns: Sequence[str], lang: Lang, gaps: bool
) -> None:
    """Raw rows that the base holds. ``pairs``: (raw row, base row); ``gaps``: what the raw data leave empty
    is no news."""
    import numpy as np

    sheet = merged.sheet
    here = np.full(len(sheet.base), NOWHERE, dtype=np.int64)
    here[sheet.met.pairs[:, 0]] = sheet.met.pairs[:, 1]
    gone: dict[int, int] = {}
    for column in columns:
        theirs, wrote = raw[column].iloc[pairs[:, 0]], sheet.base[column].iloc[pairs[:, 1]]
        hit = unlike(theirs, wrote)
        if gaps:
            hit &= ~blank(theirs)
        for i in np.flatnonzero(hit).tolist():
            at = int(here[pairs[i, 1]])
            if at == NOWHERE:
                gone[int(pairs[i, 1])] = int(pairs[i, 0])
                continue
            _one(merged, column, (theirs.iloc[i], wrote.iloc[i]), (int(pairs[i, 1]), at), lang)
    for was, new in gone.items():
        told_was, told_new = row_told(sheet, sheet.base, was, lang), row_told(sheet, raw, new, lang)
        who = str(sheet.base["customer_id"].iloc[was])
        name = sheet.grid_before(was).name
        merged.told.append(Edited(name, "", who, "conflict", told_was, "", "data", told_new))


def _one(merged: Merged, column: str, values: tuple[Any, Any], places: tuple[int, int], lang: Lang) -> None:
    """One cell that the raw data say otherwise than they did: (raw, written) at (base row, row of now)."""
    sheet, (theirs, wrote), (was, at) = merged.sheet, values, places
    mine = sheet.now[column].iloc[at]
    if not _differ(sheet, column, mine, theirs):
        return
    declared, name = sheet.field(column), sheet.grid(at).name
    cell, who = sheet.cell(at, column), str(sheet.base["customer_id"].iloc[was])
    said = [told(declared, value, lang) for value in (wrote, mine, theirs)]
    if _differ(sheet, column, mine, wrote):
        merged.told.append(Edited(name, cell, who, "conflict", said[0], said[1], "data", said[2]))
        return
    merged.put(at, column, Constant(value_of(declared, theirs, lang)))
    merged.base.loc[was, column] = theirs
    merged.told.append(Edited(name, cell, who, "correction", said[0], said[2], "data"))


def _differ(sheet: Compared, column: str, one: Any, other: Any) -> bool:
    import pandas as pd

    kind = sheet.now[column].dtype
    return bool(unlike(pd.Series([one], dtype=kind), pd.Series([other], dtype=kind))[0])


def merge_typed(
    merged: Merged, raw: pd.DataFrame, pairs: npt.NDArray[Any], columns: Sequence[str], lang: Lang, fill: bool
) -> None:
    """Raw rows of records that staff typed themselves. ``pairs``: (raw row, row of now).

    What staff typed stays. ``fill``: their empty cells take what the raw data say.
    """
    import numpy as np

    sheet = merged.sheet
    for column in columns:
        theirs, mine = raw[column].iloc[pairs[:, 0]], sheet.now[column].iloc[pairs[:, 1]]
        news = unlike(theirs, mine) & ~blank(theirs)
        empty = blank(mine)
        declared = sheet.field(column)
        for i in np.flatnonzero(news).tolist():
            at = int(pairs[i, 1])
            if sheet.column(at, column) < 0:
                continue  # this sheet of several has no such column
            who, cell, name = (
                str(sheet.now["customer_id"].iloc[at]),
                sheet.cell(at, column),
                sheet.grid(at).name,
            )
            said = [told(declared, value, lang) for value in (mine.iloc[i], theirs.iloc[i])]
            if fill and empty[i]:
                edit = Constant(value_of(declared, theirs.iloc[i], lang))
                merged.put(at, column, edit)
                merged.told.append(Edited(name, cell, who, "correction", "", said[1], "data"))
            else:
                merged.told.append(Edited(name, cell, who, "conflict", "", said[0], "data", said[1]))
