"""The rows that 级别变动 gets: tiers that are not those of the last period and are not told there yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetgen.grading.coding import EPOCH
from sheetgen.grading.track import empty_ledger, track
from sheetgen.workbook.patch.edits import Append, Constant, Edit, Edits
from sheetgen.workbook.patch.refs import Area
from sheetgen.workbook.regrade.blocks import block_of, headers_of
from sheetgen.workbook.regrade.grids import number_of, text_of

if TYPE_CHECKING:
    from sheetgen.workbook.regrade.blocks import Block
    from sheetgen.workbook.regrade.work import Worked

TOLD = ("week", "customer_id", "was", "now")


def new_rows(worked: Worked) -> Edits:
    """The rows to add to 级别变动, below its last one. What is written there is never taken away."""
    source, content = worked.source, worked.content
    frame, _ = track(content.graded, content.clean, content.scheme, empty_ledger(), source.lang)
    block = block_of(source.grid("changes"), "changes", headers_of("changes", source.scheme, source.lang))
    week, told = content.graded.settings.as_of, _told(block)
    day = float((week - EPOCH).days)
    rows: list[dict[int, Edit]] = []
    last = block.grid.height - 1
    for row in frame.to_dict("records"):
        if (day, row["customer_id"], row["was"], row["now"]) in told:
            continue
        words = {col: str(row[key]) for key, col in block.columns.items() if key != "week"}
        cells: dict[int, Edit] = {col: Constant(said) for col, said in words.items() if said}
        # below the header alone there is no row whose look says that a number is a day
        cells[block.columns["week"]] = Constant(week if last >= block.first else week.isoformat())
        rows.append(cells)
    if not rows:
        return Edits()
    if last < block.first:
        return Edits({block.grid.name: dict(enumerate(rows, block.first))})
    area = Area(block.first, min(block.columns.values()), last, max(block.columns.values()))
    return Edits(append=(Append(block.grid.name, area, rows),))


def _told(block: Block) -> set[tuple[float, str, str, str]]:
    from datetime import date

    found = set()
    for row in block.grid.cells:
        if row < block.first:
            continue
        week, *words = (block.grid.at(row, block.columns[key]) for key in TOLD)
        day = number_of(week)
        if day is None:
            try:
                day = float((date.fromisoformat(text_of(week)[:10]) - EPOCH).days)
            except ValueError:
                continue
        customer, was, now = (text_of(cell) for cell in words)
        found.add((day, customer, was, now))
    return found
