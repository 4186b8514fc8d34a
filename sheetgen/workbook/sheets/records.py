"""历史交易, 服务记录 and their like: rows sorted by customer, prepared rows below; only derived columns are
formulas, each over the cells of its own row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sheetgen.workbook.book import Cell, Column, Highlight, Sheet, Table
from sheetgen.workbook.derived import row_formula
from sheetgen.workbook.layout import FIRST, HEADER_ROW, letter, table_of, title_of
from sheetgen.workbook.sheets.parts import (
    HEIGHTS,
    PAGE,
    STYLES,
    banner,
    entry_highlights,
    extra_columns,
    field_column,
    key_column,
    rows_range,
    validations,
)

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.scheme.tables import Field
    from sheetgen.workbook.content import Content

TABS = {
    "transactions": "#2F6B4F",
    "service": "#7A4E9C",
    "usage": "#1B6C8C",
    "holdings": "#8A6116",
    "survey": "#5C5C8A",
    "payments": "#A14A3B",
    "stays": "#3C7A89",
    "points": "#9A6B1F",
}


def records_sheets(content: Content, table: str) -> tuple[Sheet, ...]:
    """The detail sheet of ``table``, or all of them where it stands on several."""
    layout, start, found = content.layout, 0, []
    for sheet_id in layout.sheets(table):
        stop = start + layout.rows_on(sheet_id)
        found.append(_sheet(content, sheet_id, content.records[table].iloc[start:stop]))
        start = stop
    return tuple(found)


def _sheet(content: Content, sheet_id: str, frame: pd.DataFrame) -> Sheet:
    table = table_of(sheet_id)
    spare = content.layout.spare[table]
    fields = content.layout.fields(table)
    columns = [_column(content, table, field, frame, spare) for field in fields]
    columns += extra_columns(content, table, frame, spare)
    columns.append(key_column(content, frame["key"].tolist(), spare))
    title = title_of(sheet_id).text(content.lang)
    typed = [field for field in fields if not field.value]
    return Sheet(
        sheet_id,
        title,
        _banner(content, sheet_id, title),
        Table(HEADER_ROW, tuple(columns)),
        freeze=(FIRST - 1, 2),
        heights=HEIGHTS,
        validations=validations(content, sheet_id, columns, typed),
        highlights=_highlights(content, sheet_id, fields, columns),
        page=PAGE,
        tab_color=TABS[table],
    )


def _banner(content: Content, sheet_id: str, title: str) -> dict[tuple[int, int], Cell]:
    """Title and hint; where a table stands on several sheets, whose rows stand here."""
    table, number = table_of(sheet_id), content.layout.sheets(table_of(sheet_id)).index(sheet_id)
    cells = banner(content, table, title)
    if table in content.layout.parts:
        further = [part.key for part in content.layout.parts[table][1:]]
        first, last = [1, *further][number], [*(key - 1 for key in further), content.layout.customers][number]
        told = content.say("hint_part", first=first, last=last, n=number + 1, all=len(further) + 1)
        cells[1, 0] = replace(cells[1, 0], value=f"{told}{content.say(f'hint_{table}')}")
    return cells


def _column(content: Content, table: str, field: Field, frame: pd.DataFrame, spare: int) -> Column:
    """A column of the sheet; a derived one has its formula in the prepared rows too."""
    column = field_column(content, field, frame, spare)
    if not field.value:
        return column
    return replace(
        column,
        style=f"calc.{STYLES[field.type]}",
        formula=row_formula(content.layout, table, field),
        note=field.note.text(content.lang) if field.note else "",
        header_style="header_calc",
    )


def _highlights(
    content: Content, sheet: str, fields: Sequence[Field], columns: Sequence[Column]
) -> tuple[Highlight, ...]:
    """Prepared rows are yellow where people may type; what is overdue is red."""
    whole, *others = entry_highlights(content, sheet, columns)
    derived = [i for i, field in enumerate(fields) if field.value]
    last, found, start = len(columns) - 2, [], 0
    for end in [*derived, last + 1]:
        if end > start:
            found.append(replace(whole, where=rows_range(content, sheet, start, end - 1)))
        start = end + 1
    for i, field in enumerate(fields):
        if field.alert:
            rule = f"N(${letter(i)}{FIRST})>0"
            found.append(Highlight(rows_range(content, sheet, i), "formula", rule, "bad.integer"))
    return (*found, *others)
