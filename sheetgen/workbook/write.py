"""A Book as an Excel file. The only module that knows XlsxWriter.

XlsxWriter draws everything but the rows of the table blocks: of each it gets two template rows, whose place
the rows take (splice.py), as long texts do that of blank cells. The file appears under its name only when it
is whole (publish.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from io import BytesIO
from math import ceil, isfinite
from pathlib import Path
from typing import IO, Any, Protocol

from xlsxwriter import Workbook

from sheetgen.workbook.book import Book, Cell, Sheet, Table, Validation, Value
from sheetgen.workbook.celltext import clean_text, letters, needs_quote, serial
from sheetgen.workbook.charts import add_chart
from sheetgen.workbook.features import draw_features, draw_rule, must
from sheetgen.workbook.limits import check_limits
from sheetgen.workbook.publish import Seal, digest, prove, publish
from sheetgen.workbook.slots import FIRST_SERIAL, LAST_SERIAL
from sheetgen.workbook.splice import Filling, splice
from sheetgen.workbook.style import format_of, highlight_of, text_width

__all__ = ["check_limits", "digest", "write_book"]

LINE_HEIGHT = 15
SPLICE_FROM = 2
"""rows from which a table has room for its two template rows; a shorter one is written cell by cell"""
LONG = 4096
"""characters from which a text passes XlsxWriter by: it would hold and search several copies of it"""
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


class _Look(Protocol):
    def __call__(self, role: str, quoted: bool = False) -> Any: ...


@dataclass(frozen=True, slots=True)
class _Pen:
    """What a cell is written with: its worksheet, formats by role, and what is to be set afterwards."""

    ws: Any
    look: _Look
    types: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


@dataclass
class _Skeleton:
    """The package without table rows; by part name what is to be filled in."""

    package: BytesIO = field(default_factory=BytesIO)
    fillings: dict[str, Filling] = field(default_factory=dict)


def write_book(
    book: Book, out: Path, *, progress: Callable[[int], None] | None = None, seal: Seal | None = None
) -> str:
    """Write ``book`` to ``out``: the whole new file, or the old one untouched. Same book, same bytes.

    Returns what publish.digest finds of the new file (of the workbook in it, where it is sealed).

    ``seal`` turns the finished workbook into what is written, such as an encrypted one.
    ``progress`` hears how many table rows are written. Raises SheetgenError past a limit of Excel,
    OutputBusyError (fact ``path``: where the new file lies), DiskError, UsageError.
    """
    check_limits(book)
    made = _skeleton(book)

    def fill(file: IO[bytes]) -> str:
        done = splice(made.package, file, made.fillings, progress)
        return prove(file, done.parts, done.due, done.rows, out)

    return publish(out, book.created, fill, seal)


def book_bytes(book: Book) -> bytes:
    """The workbook that write_book writes, unsealed. Raises SheetgenError past a limit of Excel."""
    check_limits(book)
    made, file = _skeleton(book), BytesIO()
    splice(made.package, file, made.fillings)
    return file.getvalue()


def _skeleton(book: Book) -> _Skeleton:
    made = _Skeleton()
    workbook = Workbook(made.package, OPTIONS)
    _describe(workbook, book)

    @cache
    def look(role: str, quoted: bool = False) -> Any:
        properties = format_of(role)
        return workbook.add_format({**properties, "quote_prefix": True} if quoted else properties)

    pens = [_Pen(workbook.add_worksheet(sheet.name), look) for sheet in book.sheets]
    for number, (sheet, pen) in enumerate(zip(book.sheets, pens, strict=True), 1):
        _draw(workbook, pen, sheet)
        part = f"xl/worksheets/sheet{number}.xml"
        spliced = sheet.table and sheet.table.rows >= SPLICE_FROM
        made.fillings[part] = Filling(sheet.table if spliced else None, pen.texts, pen.types)
    opening = next(pen.ws for sheet, pen in zip(book.sheets, pens, strict=True) if sheet.state == "visible")
    opening.activate()
    opening.set_first_sheet()
    for name, ref in book.names.items():
        must(workbook.define_name(name, "=" + ref.removeprefix("=")), name, "the name")
    workbook.close()
    return made


def _describe(workbook: Any, book: Book) -> None:
    workbook.set_properties(
        {
            "title": clean_text(book.title),
            "subject": clean_text(book.subject),
            "author": "sheetgen",
            "created": datetime(book.created.year, book.created.month, book.created.day),
        }
    )
    for name, value in book.properties.items():
        must(workbook.set_custom_property(name, clean_text(value), "text"), name, "the property")


def _draw(workbook: Any, pen: _Pen, sheet: Sheet) -> None:
    ws = pen.ws
    for area in sheet.merges:
        corner = sheet.cells.get(area[:2], Cell(None))
        must(ws.merge_range(*area, "", pen.look(corner.style)), sheet.name, "a merged range")
    for row, height in sheet.heights.items():
        ws.set_row(row, height)
    for col, width in sheet.widths.items():
        ws.set_column(col, col, width)
    if sheet.table:
        _draw_table(pen, sheet, sheet.table)
    for (row, col), cell in sorted(sheet.cells.items()):
        _put(pen, row, col, cell)
    for chart in sheet.charts:
        must(add_chart(workbook, ws, chart), sheet.name, "a chart")
    draw_features(ws, sheet, lambda role: workbook.add_format(highlight_of(role)))


def _draw_table(pen: _Pen, sheet: Sheet, table: Table) -> None:
    top, first = table.header_row, table.first_row
    for at, column in enumerate(table.columns, table.first_col):
        pen.ws.set_column(at, at, column.width, None, {"hidden": column.hidden})
        _put(pen, top, at, Cell(column.header, column.header_style))
        if column.note:
            draw_rule(pen.ws, sheet.name, Validation((top, at, top, at), "any", prompt=column.note))
        if table.rows >= SPLICE_FROM:
            typed = column.formula is None and column.kind in ("text", "mixed")
            pen.ws.write_blank(first, at, None, pen.look(column.style))
            pen.ws.write_blank(first + 1, at, None, pen.look(column.style, quoted=typed))
            continue
        for row, value in enumerate(column.values, first):
            formula = column.formula.replace("{r}", str(row + 1)) if column.formula else None
            _put(pen, row, at, Cell(_scalar(value), column.style, formula))
    if top not in sheet.heights:
        lines = max((ceil(text_width(c.header) / max(c.width - 1, 1)) for c in table.columns), default=1)
        pen.ws.set_row(top, LINE_HEIGHT * max(lines, 1) + 6)
    rows = table.rows if table.filter_rows is None else min(table.filter_rows, table.rows)
    if table.filtered and rows:
        wide = len(table.columns) if table.filter_columns is None else table.filter_columns
        pen.ws.autofilter(top, table.first_col, top + rows, table.first_col + wide - 1)


def _scalar(value: Any) -> Value:
    """An element of a column (numpy's or pandas' too) as a cell's value."""
    import numpy as np
    import pandas as pd

    if value is None or pd.isna(value):
        return None
    if isinstance(value, np.datetime64):
        day: date = value.astype("datetime64[D]").item()
        return day
    plain: Value = value.item() if isinstance(value, np.generic) else value
    return plain


def _put(pen: _Pen, row: int, col: int, cell: Cell) -> None:
    """Write one cell; the caller has checked the limits, so XlsxWriter refuses nothing here."""
    ws, value, form = pen.ws, _plain(cell.value), pen.look(cell.style)
    if isinstance(value, str) and needs_quote(value) and cell.formula is None:
        form = pen.look(cell.style, quoted=True)
    if cell.link is not None:
        shown = value if isinstance(value, str) and value else cell.link
        ws.write_url(row, col, "internal:" + cell.link, form, string=shown)
        if cell.formula is None and (isinstance(value, str) or value is None):
            return
    if cell.formula is not None:
        _put_formula(pen, row, col, cell)
    elif isinstance(value, bool):
        ws.write_boolean(row, col, value, form)
    elif isinstance(value, int | float):
        ws.write_number(row, col, value, form)
    elif value and len(value) >= LONG:
        pen.texts[f"{letters(col)}{row + 1}"] = value
        ws.write_blank(row, col, None, form)
    elif value:
        ws.write_string(row, col, value, form)
    else:
        ws.write_blank(row, col, None, form)


def _put_formula(pen: _Pen, row: int, col: int, cell: Cell) -> None:
    ws, form, value = pen.ws, pen.look(cell.style), _plain(cell.value)
    formula, result = "=" + (cell.formula or "").removeprefix("="), "" if value is None else value
    if not cell.array:
        ws.write_formula(row, col, formula, form, result)
        return
    if isinstance(result, bool | str):
        pen.types[f"{letters(col)}{row + 1}"] = "b" if isinstance(result, bool) else "str"
        result = int(result) if isinstance(result, bool) else result
    last = row + cell.array - 1
    ws.write_array_formula(row, col, last, col, "{" + formula + "}", form, result)
    for below in range(row + 1, last + 1):
        ws.write_blank(below, col, None, form)  # not XlsxWriter's zeros; the book's own cells come next


def _plain(value: Value) -> str | float | None:
    """``value`` as a number a cell can hold, as clean text, or None."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, date):
        number = serial(value)
        return number if FIRST_SERIAL <= number <= LAST_SERIAL else value.strftime("%Y-%m-%d")
    return value if value is not None and isfinite(value) else None
