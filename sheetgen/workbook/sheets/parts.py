"""What all data sheets share: the title rows, and columns made from a declared field."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from sheetgen.grading.coding import column_of
from sheetgen.i18n import messages
from sheetgen.scheme.tables import Field
from sheetgen.workbook.book import Cell, Column, Highlight, Page, Validation
from sheetgen.workbook.layout import FIRST, HEADER_ROW, letter, table_of

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from sheetgen.workbook.content import Content

STYLES = {
    "id": "id",
    "text": "text",
    "date": "date",
    "money": "money",
    "price": "money",
    "number": "money0",
    "integer": "integer",
    "phone": "id",
    "flag": "flag",
    "rating": "decimal",
    "status": "flag",
    "decimal": "decimal",
    "points": "points",
    "percent": "percent",
}
Limit = tuple[Literal["list", "date", "decimal"], float | date | None, float | date | None, str]
LIMITS: dict[str, Limit] = {
    "date": ("date", date(2000, 1, 1), date(2099, 12, 31), "date"),
    "money": ("decimal", -1e12, 1e12, "amount"),
    "rating": ("decimal", 1.0, 5.0, "rating"),
    "flag": ("list", None, None, "flag"),
}
"""field type -> kind of validation, least, most, and the word of its prompt and error texts"""
OWNER_LIMIT: Limit = ("list", None, None, "customer")
PAGE = Page(landscape=True, repeat=(HEADER_ROW, HEADER_ROW))
HEIGHTS = {0: 28.0, 1: 20.0, HEADER_ROW: 32.0}


def banner(content: Content, sheet_id: str, title: str) -> dict[tuple[int, int], Cell]:
    """Title and hint above the header row. No formulas: whole columns are referenced by others."""
    overview = content.layout.sheet("overview")
    return {
        (0, 0): Cell(title, "title"),
        (1, 0): Cell(content.say(f"hint_{sheet_id}"), "hint"),
        (0, 3): Cell(content.say("back"), "plain.link", link=f"{overview}!A1"),
    }


def field_column(content: Content, field: Field, frame: pd.DataFrame, spare: int) -> Column:
    """A field of a detail table or of 客户信息 as a column, with ``spare`` empty rows below."""
    import numpy as np

    label = field.label.text(content.lang)
    surface = "input" if field.owner == "staff" else "body"
    style = f"{surface}.{STYLES[field.type]}"
    header = "header_input" if field.owner == "staff" else "header"
    n = len(frame)
    if field.type == "money":
        money = frame[column_of(field.id)].to_numpy(dtype=np.float64)
        values: Any = np.concatenate([money / 100, np.full(spare, np.nan)])
        return Column(field.id, label, "number", values, style, None, field.width, header_style=header)
    if field.id not in frame:
        return Column(
            field.id, label, "text", [None] * (n + spare), style, None, field.width, header_style=header
        )
    column = frame[field.id]
    if field.type == "date":
        days = np.concatenate(
            [column.to_numpy().astype("datetime64[D]"), np.full(spare, np.datetime64("NaT"), "datetime64[D]")]
        )
        return Column(field.id, label, "date", days, style, None, field.width, header_style=header)
    if column.dtype.kind in "fiu":
        values = np.concatenate([column.to_numpy(dtype=np.float64), np.full(spare, np.nan)])
        return Column(field.id, label, "number", values, style, None, field.width, header_style=header)
    if field.type in ("flag", "status"):
        known = {w for w in column.unique().tolist() if f"{field.type}_{w}" in messages()}
        said = column.map({w: content.say(f"{field.type}_{w}") for w in known})
        column = said.where(column.isin(known), column)  # staff may have typed another word
    values = lengthened(column, spare)
    return Column(field.id, label, "text", values, style, None, field.width, header_style=header)


def lengthened(column: pd.Series[Any], spare: int) -> Any:
    """``column`` as a Series of text, packed as Arrow keeps it, without empty words; ``spare`` empty cells
    below.
    """
    import pandas as pd

    texts = column.astype("str")
    below = pd.Series([None] * spare, dtype="str")
    return pd.concat([texts.where(texts.ne("").fillna(False)), below], ignore_index=True)


def extra_headers(content: Content, table: str) -> dict[str, str]:
    """Column of the cleaned table -> its header on the sheet, of the further columns of the raw data."""
    derived = [field.label.text(content.lang) for field in content.layout.fields(table) if field.value]
    taken: dict[str, int] = dict.fromkeys(derived, 1)  # what an export says of it stands beside it
    names = {}
    for key, raw_header in content.clean.extras.get(table, {}).items():
        header = content.say("refunded_on") if key == "x:refund_date" else raw_header
        taken[header] = taken.get(header, 0) + 1
        names[key] = header if taken[header] == 1 else f"{header} {taken[header]}"
    return names


def extra_columns(content: Content, table: str, frame: pd.DataFrame, spare: int) -> list[Column]:
    """The further columns of the raw data, as text under their own headers."""
    columns = []
    for key, name in extra_headers(content, table).items():
        columns.append(Column(key, name, "text", lengthened(frame[key], spare), "body.text", None, 14))
    return columns


def key_column(content: Content, keys: Sequence[float] | npt.NDArray[Any], spare: int) -> Column:
    """The customer's number, narrow and grey: what the sorted slices are found by."""
    import numpy as np

    values = np.concatenate([np.asarray(keys, dtype=np.float64), np.full(spare, np.nan)])
    return Column("key", content.say("key"), "number", values, "key.text", None, 6)


def rows_range(
    content: Content, sheet: str, column: int, last_column: int | None = None
) -> tuple[int, int, int, int]:
    """All data and prepared rows of a column of a data sheet."""
    end = FIRST - 1 + content.layout.rows_on(sheet) + content.layout.spare[table_of(sheet)] - 1
    return (FIRST - 1, column, end, column if last_column is None else last_column)


def validations(
    content: Content, sheet: str, columns: Sequence[Column], fields: Sequence[Field]
) -> tuple[Validation, ...]:
    """Dropdowns and limits by field type, for the data and the prepared rows."""
    layout, found = content.layout, []
    places = {column.id: i for i, column in enumerate(columns)}
    for field in fields:
        owner = field.id == "customer_id" and sheet != "customers"
        limit = OWNER_LIMIT if owner else LIMITS.get(field.type)
        if limit is None:
            continue
        kind, low, high, word = limit
        sources = {"customer": layout.block("customers", "customer_id"), "flag": "list_flags"}
        found.append(
            Validation(
                rows_range(content, sheet, places[field.id]),
                kind,
                sources[word] if kind == "list" else "",
                low,
                high,
                title=field.label.text(content.lang),
                prompt=content.say(f"prompt_{word}"),
                error=content.say(f"error_{word}"),
                blocking=not owner,
            )
        )
    return tuple(found)


def entry_highlights(content: Content, sheet: str, columns: Sequence[Column]) -> tuple[Highlight, ...]:
    """Prepared rows are yellow until a build gives them a number; the title is red once the order is lost."""
    key = letter(len(columns) - 1)
    return (
        Highlight(
            rows_range(content, sheet, 0, len(columns) - 2), "formula", f'${key}{FIRST}=""', "input.text"
        ),
        Highlight((0, 0, 1, 0), "formula", "x_gate=1", "alert"),
    )
