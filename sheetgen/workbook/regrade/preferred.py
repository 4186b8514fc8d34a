"""Preferences that raw data tell: they fill what staff left empty on 客户偏好; what staff recorded stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.patch.edits import Constant, Edit
from sheetgen.workbook.regrade.blocks import block_of, headers_of, optional_of
from sheetgen.workbook.regrade.edited import Edited
from sheetgen.workbook.regrade.grids import place

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.workbook.regrade.source import Source

SHEET: Final = "preferences"
Cells = dict[str, dict[int, dict[int, Edit]]]


def fill_preferences(source: Source, raw: pd.DataFrame) -> tuple[Cells, list[Edited]]:
    """The cells to fill, on 客户偏好 and as written on ``_base``, and what is told of them.

    A customer without a row there gets none here.
    """
    headers = headers_of(SHEET, source.scheme, source.lang)
    block = block_of(source.grid(SHEET), SHEET, headers, optional_of(SHEET))
    grid = block.grid
    rows = {who: row for row, who in enumerate(grid.words(block.columns["customer_id"]).tolist()) if who}
    base, wrote = source.grid("base") if source.names.get("base") else None, dict[str, int]()
    heads: dict[str, int] = {}
    if base is not None:
        heads = {str(base.at(0, col).value): col for col in range(base.columns)}
        wrote = {who: row for row, who in enumerate(base.words(heads["customer_id"]).tolist()) if row}
    cells: Cells = {}
    told: list[Edited] = []
    fields = [f.id for f in data_tables()[SHEET].fields.values() if f.owner == "staff" and f.id in raw]
    for key in (k for k in fields if k in block.columns):
        col, shown = block.columns[key], grid.words(block.columns[key])
        for who, said in zip(raw["customer_id"].tolist(), raw[key].fillna("").tolist(), strict=True):
            row = rows.get(who)
            if row is None or not said or shown[row] == said:
                continue
            if shown[row]:
                cell = place(row, col)
                told.append(Edited(grid.name, cell, who, "conflict", "", str(shown[row]), "data", said))
                continue
            cells.setdefault(grid.name, {}).setdefault(row, {})[col] = Constant(said)
            told.append(Edited(grid.name, place(row, col), who, "remark", "", said, "data"))
            at = heads.get(f"{SHEET}.{key}")
            if base is not None and at is not None and who in wrote:
                cells.setdefault(base.name, {}).setdefault(wrote[who], {})[at] = Constant(said)
    return cells, told
