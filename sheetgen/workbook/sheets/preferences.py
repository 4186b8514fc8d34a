"""客户偏好: what the transactions say beside what staff recorded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sheetgen.grading.prefer import BESIDE, derive_preferences
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.book import Column, Highlight, Sheet, Table
from sheetgen.workbook.layout import FIRST, HEADER_ROW, SHEETS, letter
from sheetgen.workbook.own import own_columns
from sheetgen.workbook.sheets.parts import HEIGHTS, PAGE, banner, extra_columns, field_column

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content

DERIVED = {
    "top_category": ("body.text", 14.0),
    "top_channel": ("body.text", 12.0),
    "usual_basket": ("body.money", 13.0),
    "usual_interval": ("body.integer", 14.0),
    "usual_weekday": ("body.center", 10.0),
    "since_purchase": ("body.integer", 14.0),
}


def preferences_sheet(content: Content) -> Sheet:
    """The sheet: one row a customer."""
    import numpy as np

    customers = content.clean.tables["customers"]
    as_of = content.graded.settings.as_of
    derived = derive_preferences(customers["customer_id"], content.clean.tables["transactions"], as_of)
    recorded = (
        content.clean.tables["preferences"]
        .set_index("customer_id")
        .reindex(customers["customer_id"])
        .fillna("")
    )
    fields = data_tables()["customers"].fields
    columns = [field_column(content, fields[key], customers, 0) for key in ("customer_id", "customer_name")]
    for key, (style, width) in DERIVED.items():
        column = derived[key]
        if key == "usual_weekday":
            names = {day: content.say(f"weekday_{day}") for day in range(1, 8)}
            days = [None if math.isnan(day) else names[int(day)] for day in column.tolist()]
            columns.append(Column(key, content.say(key), "text", days, style, None, width))
        elif style == "body.text":
            texts = [v if isinstance(v, str) else None for v in column.tolist()]
            columns.append(Column(key, content.say(key), "text", texts, style, None, width))
        else:
            numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
            columns.append(Column(key, content.say(key), "number", numbers, style, None, width))
    staff = data_tables()["preferences"].sheet_fields[1:]
    columns += [field_column(content, field, recorded.reset_index(), 0) for field in staff]
    columns += extra_columns(content, "preferences", recorded.reset_index(), 0)
    columns += own_columns(
        content, "preferences", customers["customer_id"].tolist(), 0, [c.header for c in columns]
    )
    title = SHEETS["preferences"].text(content.lang)
    return Sheet(
        "preferences",
        title,
        banner(content, "preferences", title),
        Table(HEADER_ROW, tuple(columns)),
        freeze=(FIRST - 1, 2),
        heights=HEIGHTS,
        highlights=_differences(columns, len(customers)),
        page=PAGE,
        tab_color="#A65628",
    )


def _differences(columns: list[Column], rows: int) -> tuple[Highlight, ...]:
    """What staff recorded is coloured while the transactions say something else, and so is what they say."""
    places, last = {column.id: i for i, column in enumerate(columns)}, FIRST - 1 + max(rows, 1) - 1
    found = []
    for field, beside in BESIDE.items():
        mine, theirs = (f"${letter(places[key])}{FIRST}" for key in (field, beside))
        rule = f'AND(TRIM({mine})<>"",{theirs}<>"",TRIM({mine})<>{theirs})'
        for key, style in ((field, "good.text"), (beside, "warn.text")):
            found.append(Highlight((FIRST - 1, places[key], last, places[key]), "formula", rule, style))
    return tuple(found)
