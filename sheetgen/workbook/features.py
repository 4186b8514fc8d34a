"""What surrounds the cells of a sheet: input rules, highlights, protection, print set-up.

Draws on a worksheet that write.py opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from math import ceil, isfinite
from typing import Any

from sheetgen.errors import SheetgenError
from sheetgen.workbook.book import Highlight, Page, Sheet, Validation
from sheetgen.workbook.celltext import clean_text, letters, number
from sheetgen.workbook.limits import MAX_MESSAGE, units
from sheetgen.workbook.style import DEEP

A4 = 9
HEADER_UNITS = 200
ALLOWED = {"sort": True, "autofilter": True, "format_columns": True, "format_rows": True}
ARROWS = [{"type": "number", "value": 1}, {"type": "number", "value": 0}]
"""up from one step on, level at zero, down below it (LibreOffice reads only "at least")"""


def must(code: int, sheet: str, what: str) -> None:
    """Raise SheetgenError unless ``code`` is 0: XlsxWriter drops what it cannot write."""
    if code:
        raise SheetgenError("excel_refused", sheet=sheet, what=what)


def draw_features(ws: Any, sheet: Sheet, highlight_format: Callable[[str], Any]) -> None:
    """All of ``sheet`` that is no cell, table or chart. ``highlight_format`` makes a role's format."""
    for rule in sheet.validations:
        draw_rule(ws, sheet.name, rule)
    for highlight in sheet.highlights:
        options = _highlight(highlight, highlight_format)
        must(ws.conditional_format(*highlight.where, options), sheet.name, "a highlight")
    if ids := " ".join(_id_ranges(sheet)):
        ws.ignore_errors({"number_stored_as_text": ids})
    _set_view(ws, sheet)
    if sheet.state == "visible":
        _set_page(ws, sheet, sheet.page)
    elif sheet.state == "hidden":
        ws.hide()
    else:
        ws.very_hidden()


def draw_rule(ws: Any, sheet: str, rule: Validation) -> None:
    """An input rule, or a note."""
    must(ws.data_validation(*rule.where, _validation(rule)), sheet, "an input rule")


def _set_view(ws: Any, sheet: Sheet) -> None:
    if sheet.freeze != (0, 0):
        ws.freeze_panes(*sheet.freeze)
    if sheet.protect:
        ws.protect("", ALLOWED)
    if sheet.zoom != 100:
        ws.set_zoom(sheet.zoom)
    if not sheet.gridlines:
        ws.hide_gridlines(2)
    if sheet.tab_color:
        ws.set_tab_color(sheet.tab_color)


def cut(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` UTF-16 units, marked when shortened."""
    while units(text) > limit:
        text = text[: limit - 1 - (units(text) - len(text))].rstrip() + "…"
    return text


def _id_ranges(sheet: Sheet) -> Iterable[str]:
    """Where digits stand as text on purpose, so that Excel marks nothing green."""
    for (row, col), cell in sorted(sheet.cells.items()):
        if cell.style.endswith(".id"):
            yield f"{letters(col)}{row + 1}"
    if sheet.table and sheet.table.rows:
        for at, column in enumerate(sheet.table.columns, sheet.table.first_col):
            if column.kind == "text":
                first, last = sheet.table.first_row + 1, sheet.table.first_row + sheet.table.rows
                yield f"{letters(at)}{first}:{letters(at)}{last}"


def _validation(rule: Validation) -> dict[str, Any]:
    if rule.kind == "any":
        return {"validate": "any", "input_message": cut(clean_text(rule.prompt), MAX_MESSAGE)}
    made: dict[str, Any] = {
        "validate": rule.kind,
        "input_title": clean_text(rule.title),
        "input_message": clean_text(rule.prompt),
        "error_title": clean_text(rule.title),
        "error_message": clean_text(rule.error),
        "error_type": "stop" if rule.blocking else "warning",
    }
    if rule.kind in ("list", "custom"):
        key = "source" if rule.kind == "list" else "value"
        return made | {key: "=" + rule.source.removeprefix("=")}
    lowest = {"date": date(1900, 3, 1), "length": 0}.get(rule.kind, -1e15)
    if rule.low is not None and rule.high is not None:
        return made | {"criteria": "between", "minimum": rule.low, "maximum": rule.high}
    if rule.high is not None:
        return made | {"criteria": "<=", "value": rule.high}
    return made | {"criteria": ">=", "value": lowest if rule.low is None else rule.low}


def _highlight(rule: Highlight, highlight_format: Callable[[str], Any]) -> dict[str, Any]:
    if rule.kind == "data_bar":
        color = rule.color or DEEP
        return {"type": "data_bar", "data_bar_2010": True, "bar_color": color, "bar_solid": True}
    if rule.kind == "arrows":
        return {"type": "icon_set", "icon_style": "3_arrows", "icons": ARROWS}
    form = highlight_format(rule.style)
    if rule.kind == "formula":
        return {"type": "formula", "criteria": "=" + rule.rule.removeprefix("="), "format": form}
    return {"type": "cell", "criteria": "==", "value": _operand(rule.rule), "format": form}


def _operand(rule: str) -> str:
    """The right side of an ``equals`` rule: a number, a reference when it begins with ``=``, else text."""
    if rule.startswith("="):
        return rule
    try:
        if isfinite(value := float(rule)):
            return number(value)
    except ValueError:
        pass
    return '"' + clean_text(rule).replace('"', '""') + '"'


def _set_page(ws: Any, sheet: Sheet, page: Page) -> None:
    ws.set_paper(A4)
    if page.landscape:
        ws.set_landscape()
    ws.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    if page.fit_wide:
        ws.fit_to_pages(1, 1 if page.fit_tall else 0)
    if page.breaks:
        ws.set_h_pagebreaks(page.breaks)
    if page.repeat:
        ws.repeat_rows(*page.repeat)
    if page.header:
        ws.set_header("&L" + cut(clean_text(page.header).replace("&", "&&"), 200))
    ws.set_footer("&C&P / &N")
    last_row, last_col = _extent(sheet)
    if last_row >= 0:
        ws.print_area(0, 0, last_row, last_col)


def _extent(sheet: Sheet) -> tuple[int, int]:
    """The last row and column in use; charts count with the cells they cover, roughly. (-1, -1): none."""
    ends: list[tuple[int, int]] = [
        (row + max(cell.array, 1) - 1, col) for (row, col), cell in sheet.cells.items()
    ]
    ends += [(last_row, last_col) for _, _, last_row, last_col in sheet.merges]
    ends += [
        (chart.row + ceil(chart.height / 20), chart.col + _columns(sheet, chart.col, chart.width))
        for chart in sheet.charts
    ]
    if table := sheet.table:
        ends.append((table.header_row + table.rows, table.first_col + len(table.columns) - 1))
    return max((row for row, _ in ends), default=-1), max((col for _, col in ends), default=-1)


def _columns(sheet: Sheet, col: int, pixels: int) -> int:
    """How many columns from ``col`` on ``pixels`` reach."""
    widths: Mapping[int, float] = dict(sheet.widths)
    if sheet.table:
        widths = {
            **widths,
            **{at: c.width for at, c in enumerate(sheet.table.columns, sheet.table.first_col)},
        }
    count = 0
    while pixels > 0:
        pixels -= round(7 * widths.get(col + count, 8.43) + 5)
        count += 1
    return count
