"""级别变动: the append-only ledger of tier changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.book import Column, Sheet, Table
from sheetgen.workbook.layout import FIRST, HEADER_ROW, SHEETS
from sheetgen.workbook.sheets.parts import HEIGHTS, PAGE, banner

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content

LEDGER = {
    "week": ("change_week", 12.0),
    "customer_id": ("", 14.0),
    "customer_name": ("", 26.0),
    "was": ("change_from", 14.0),
    "now": ("change_to", 14.0),
    "move": ("change_move", 10.0),
    "cause": ("change_cause", 12.0),
    "why": ("change_why", 70.0),
}


def changes_sheet(content: Content) -> Sheet:
    """The sheet; ``content.ledger`` has the columns of LEDGER, all texts but ``week`` (datetime64)."""
    fields = data_tables()["customers"].fields
    columns = []
    for key, (word, width) in LEDGER.items():
        header = content.say(word) if word else fields[key].label.text(content.lang)
        if key == "week":
            days = content.ledger[key].to_numpy().astype("datetime64[D]")
            columns.append(Column(key, header, "date", days, "body.date", None, width))
            continue
        texts = [v or None for v in content.ledger[key].tolist()]
        style = (
            "body.id"
            if key == "customer_id"
            else "body.center"
            if key in ("was", "now", "move")
            else "body.text"
        )
        columns.append(Column(key, header, "text", texts, style, None, width))
    title = SHEETS["changes"].text(content.lang)
    return Sheet(
        "changes",
        title,
        banner(content, "changes", title),
        Table(HEADER_ROW, tuple(columns)),
        freeze=(FIRST - 1, 0),
        heights=HEIGHTS,
        page=PAGE,
        tab_color="#D55E00",
    )
