"""历史交易, 服务记录 and their like: rows sorted by customer, prepared rows below, and not one formula."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.book import Sheet, Table
from sheetgen.workbook.layout import FIRST, HEADER_ROW, SHEETS
from sheetgen.workbook.sheets.parts import (
    HEIGHTS,
    PAGE,
    banner,
    entry_highlights,
    extra_columns,
    field_column,
    key_column,
    validations,
)

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content

TABS = {
    "transactions": "#2F6B4F",
    "service": "#7A4E9C",
    "usage": "#1B6C8C",
    "holdings": "#8A6116",
    "survey": "#5C5C8A",
}


def records_sheet(content: Content, table: str) -> Sheet:
    """The detail sheet of ``table``."""
    frame, spare = content.records[table], content.layout.spare[table]
    fields = data_tables()[table].sheet_fields
    columns = [field_column(content, field, frame, spare) for field in fields]
    columns += extra_columns(content, table, frame, spare)
    columns.append(key_column(content, frame["key"].tolist(), spare))
    title = SHEETS[table].text(content.lang)
    return Sheet(
        table,
        title,
        banner(content, table, title),
        Table(HEADER_ROW, tuple(columns)),
        freeze=(FIRST - 1, 2),
        heights=HEIGHTS,
        validations=validations(content, table, columns, fields),
        highlights=entry_highlights(content, table, columns),
        page=PAGE,
        tab_color=TABS[table],
    )
