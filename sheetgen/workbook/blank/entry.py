"""The sheets that people fill: notes and an example above the header, prepared rows with input rules below.

The example stands above the header, so nothing can ever count it: no formula, no build and no re-grade looks
there. The title gives way to it, the tab has the sheet's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from math import ceil
from typing import TYPE_CHECKING, Any, Final, Literal

from sheetgen.scheme.tables import Field, data_tables
from sheetgen.workbook.blank.words import Entry, entries
from sheetgen.workbook.book import Cell, Column, Highlight, Sheet, Validation
from sheetgen.workbook.layout import FIRST, HEADER_ROW, RECORDS, letter
from sheetgen.workbook.sheets.basics import FIRST_DAY, LAST_DAY
from sheetgen.workbook.sheets.parts import STYLES
from sheetgen.workbook.style import text_width

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content

Limit = tuple[Literal["date", "decimal", "length"], float | date | None, float | date | None, str]
ENTRY: Final = ("customers", "preferences", *RECORDS)
NOTES, EXAMPLE = 0, 1
"""the rows above the header"""
LEAST_WIDTH: Final = 12.0
LINE: Final = 14.0
TEXT: Final[Limit] = ("length", None, 200.0, "text")
LIMITS: Final[dict[str, Limit]] = {
    "date": ("date", FIRST_DAY, LAST_DAY, "date"),
    "money": ("decimal", -1e12, 1e12, "amount"),
    "rating": ("decimal", 1.0, 5.0, "rating"),
    **dict.fromkeys(("price", "number", "integer"), ("decimal", -1e12, 1e12, "plain_number")),
}
"""field type -> kind of rule, least, most, and the word of its error text"""
NUMBERS: Final = ("money", "price", "number", "integer", "rating")
KEY: Final = "key"
STATUS: Final = (4, 2)
"""the place of the status's word on ``_calc``"""


def entry_sheet(content: Content, sheet: Sheet) -> Sheet:
    """``sheet``, composed without rows, as people fill it. Only what they fill is unlocked.

    On 客户信息 the numbers stand before the links and are unlocked too: rows can be sorted only with all that
    belongs to them, and the links follow by themselves.
    """
    assert sheet.table is not None
    table, rows = sheet.id, content.layout.spare[sheet.id]
    columns = [_column(content, table, column, rows) for column in sheet.table.columns]
    if table == "customers":
        columns.sort(key=lambda column: column.id.startswith("to_"))
    inputs = [i for i, column in enumerate(columns) if column.header_style in INPUTS]
    last = max(inputs)
    alerts = [h for h in sheet.highlights if h.style == "bad.integer"]
    return replace(
        sheet,
        cells=_above(content, table, columns),
        table=replace(
            sheet.table,
            columns=tuple(columns),
            filter_columns=1 + (_at(columns, KEY) if table == "customers" else last),
        ),
        validations=tuple(_rules(content, table, columns, rows)),
        highlights=(*_warnings(content, table, columns, rows, last), *alerts),
        heights={NOTES: _height(content, table, columns), EXAMPLE: 20.0, HEADER_ROW: 30.0},
        page=replace(sheet.page, header=sheet.name),
        protect=True,
    )


INPUTS: Final = ("header_input", "header_needed")


def _at(columns: Sequence[Column], key: str) -> int:
    return next(i for i, column in enumerate(columns) if column.id == key)


def _field(table: str, column: Column) -> Field | None:
    """The declared field that people type into ``column``, if it is one."""
    if table == "preferences" and column.id == "customer_name":
        return data_tables()["customers"].fields["customer_name"]
    field = data_tables()[table].fields.get(column.id)
    return field if field is not None and not field.value else None


def _entry(table: str, column: Column) -> Entry | None:
    return entries()[table].get(column.id) if _field(table, column) else None


def _column(content: Content, table: str, column: Column, rows: int) -> Column:
    field, entry = _field(table, column), _entry(table, column)
    if column.formula is not None:
        return column
    if column.id == KEY:
        if table == "customers":
            return replace(column, style="entry.key")
        return replace(column, hidden=True)
    if field is None or entry is None:
        return replace(
            column, kind="text", values=[None] * rows, style="calc.text", header_style="header_calc",
            note=content.say("entry_later"),
        )  # fmt: skip
    values: Any = [None] * rows if table == "preferences" else column.values
    return replace(
        column, values=values, style=f"input.{STYLES[field.type]}",
        header_style="header_needed" if entry.need else "header_input", width=max(column.width, LEAST_WIDTH),
    )  # fmt: skip


def _above(content: Content, table: str, columns: Sequence[Column]) -> dict[tuple[int, int], Cell]:
    """The row of notes and the example, both plain text: no number, no date, nothing to be counted."""
    cells = {}
    for i, column in enumerate(columns):
        if column.hidden:
            continue
        entry = _entry(table, column)
        style = "note" if entry is None else "note_needed" if entry.need else "note_input"
        cells[NOTES, i] = Cell(_told(content, table, column), style)
        shown = entry.example.text(content.lang) if entry else None
        if column.id == "customer_id":
            shown = content.say("entry_example") + (shown or "")
        cells[EXAMPLE, i] = Cell(shown, "example")
    return cells


def _told(content: Content, table: str, column: Column) -> str:
    entry = _entry(table, column)
    if entry is not None:
        star = "* " + content.say("entry_need") if entry.need else content.say("entry_may")
        return f"{star}\n{entry.note.text(content.lang)}"
    if column.id == KEY:
        return content.say("entry_key")
    return content.say("entry_computed" if column.formula is not None else "entry_later")


def _height(content: Content, table: str, columns: Sequence[Column]) -> float:
    """Room for the longest note."""

    def lines(column: Column) -> int:
        parts = _told(content, table, column).split("\n")
        return sum(max(1, ceil(1.08 * text_width(part) / max(column.width - 1, 1))) for part in parts)

    return LINE * max(lines(column) for column in columns if not column.hidden) + 8


def _span(rows: int, first: int, last: int | None = None) -> tuple[int, int, int, int]:
    return (FIRST - 1, first, FIRST - 2 + rows, first if last is None else last)


def _rules(content: Content, table: str, columns: Sequence[Column], rows: int) -> list[Validation]:
    """What may be typed into each column, what is said beside it, and what is said of anything else."""
    say, found = content.say, []
    for i, column in enumerate(columns):
        field, entry = _field(table, column), _entry(table, column)
        if field is None or entry is None:
            if column.id == KEY and not column.hidden:
                refused = Validation(_span(rows, i), "custom", "FALSE", title=column.header)
                found.append(replace(refused, prompt=say("prompt_key"), error=say("error_key")))
            continue
        rule = _rule(content, table, field, i, rows)
        found.append(replace(rule, title=column.header, prompt=entry.note.text(content.lang)))
    return found


def _rule(content: Content, table: str, field: Field, i: int, rows: int) -> Validation:
    say, where = content.say, _span(rows, i)
    if field.id == "customer_id" and table == "customers":
        mine, all_ = f"{letter(i)}{FIRST}", f"${letter(i)}${FIRST}:${letter(i)}${FIRST + rows - 1}"
        once = f'SUMPRODUCT(--({all_}&""={mine}&""))=1'
        return Validation(where, "custom", once, error=say("error_unique"))
    if field.id == "customer_id":
        return Validation(where, "list", "list_customers", error=say("error_list"), blocking=False)
    if field.type in ("flag", "status"):
        source, error = ("list_flags", "flag") if field.type == "flag" else ("list_status", "status")
        return Validation(where, "list", source, error=say(f"error_{error}"))
    kind, low, high, error = LIMITS.get(field.type, TEXT)
    return Validation(where, kind, low=low, high=high, error=say(f"error_{error}"))


def _warnings(
    content: Content, table: str, columns: Sequence[Column], rows: int, last: int
) -> list[Highlight]:
    """What was pasted past the input rules: red where it cannot count, yellow where something is lacking."""
    found, ids = [], content.layout.block("customers", "customer_id")
    filled = f"COUNTA($A{FIRST}:${letter(last)}{FIRST})>0"
    for i, column in enumerate(columns):
        field, entry, cell = _field(table, column), _entry(table, column), f"${letter(i)}{FIRST}"
        if field is None or entry is None:
            continue
        bad = ""
        if field.type == "date" or field.type in NUMBERS:
            bad = f'AND({cell}<>"",NOT(ISNUMBER({cell})))'
        elif field.id == "customer_id":
            same = f'SUMPRODUCT(--({ids}&""={cell}&""))'
            bad = f'AND({cell}<>"",{same}{">1" if table == "customers" else "=0"})'
        if bad:
            found.append(Highlight(_span(rows, i), "formula", bad, "bad.text"))
        if entry.need:
            lacking = f'AND({cell}="",{filled})'
            found.append(Highlight(_span(rows, i), "formula", lacking, "warn.text"))
    if table != "preferences":
        found.append(Highlight((NOTES, 0, EXAMPLE, 0), "formula", "x_gate=1", "alert"))
    return found


def entry_names(content: Content) -> tuple[dict[tuple[int, int], Cell], dict[str, str]]:
    """A cell of ``_calc`` and the workbook names of lists to choose from: customers, and the one status."""
    ids, block = (getattr(content.layout, part)("customers", "customer_id") for part in ("whole", "block"))
    end = f"MAX({FIRST},{FIRST - 1}+COUNTA({block}))"
    cells = {STATUS: Cell(content.say("status_paid"))}
    return cells, {
        "list_status": f"_calc!${letter(STATUS[1])}${STATUS[0] + 1}",
        "list_customers": f"INDEX({ids},{FIRST}):INDEX({ids},{end})",
    }
