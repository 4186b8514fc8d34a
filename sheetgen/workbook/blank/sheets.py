"""A book composed without rows, made the blank one that people fill: sheet by sheet, all else as composed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sheetgen.scheme.expr import quote
from sheetgen.workbook.blank.entry import ENTRY, entry_names, entry_sheet
from sheetgen.workbook.blank.live import START, live_parameters, without_circle
from sheetgen.workbook.book import Cell, Highlight, Sheet
from sheetgen.workbook.checks import check_formulas

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content
    from sheetgen.workbook.layout import Layout

NO_DAY: Final = f"p_as_of<=DATE({START.year},{START.month},{START.day})"
STATUS: Final = (2, 0)
"""the place of the line on 总览 that says whether all is counted"""
MONTH: Final = '[<36892]"";yyyy-mm'
LOCKED: Final = ("guide", "overview", "scores", "tiers", "changes", "quality")


def blank_sheets(
    content: Content, sheets: tuple[Sheet, ...], names: Mapping[str, str]
) -> tuple[tuple[Sheet, ...], dict[str, str]]:
    """The sheets and workbook names of the blank book."""
    lists, more = entry_names(content)
    found, told = [], {**names, **more}
    for sheet in without_circle(content, sheets):
        if sheet.id in ENTRY:
            found.append(entry_sheet(content, sheet))
        elif sheet.id == "parameters":
            parameters, told = live_parameters(content, sheet, told)
            found.append(parameters)
        elif sheet.id == "calc":
            found.append(replace(sheet, cells={**sheet.cells, **lists}))
        elif sheet.id == "overview":
            found.append(replace(_waiting(content, sheet), protect=True))
        else:
            found.append(replace(sheet, protect=sheet.protect or sheet.id in LOCKED))
    return tuple(found), told


def _waiting(content: Content, sheet: Sheet) -> Sheet:
    """总览 while nothing is filled in: no date of a day that nobody typed."""
    words, none = content.say("waiting"), content.graded.settings.as_of <= START
    cells = dict(sheet.cells)
    for place, cell in cells.items():
        if cell.style == "body.month":
            cells[place] = replace(cell, style="body.month_or_none")
        elif cell.formula and "YEAR(" in cell.formula and isinstance(cell.value, str):
            formula = f"IF({NO_DAY},{quote(words)},{cell.formula})"
            cells[place] = replace(cell, value=words if none else cell.value, formula=formula)
    status = cells[STATUS]
    opened = "COUNTA(" + content.layout.block("customers", "customer_id") + ")=0"
    empty = content.say("status_empty")
    value = status.value if content.n else empty
    lacking, told = lacking_formula(content.layout), quote(content.say("status_lacking"))
    uncounted = "+".join(f"{table}_open" for table in content.scheme.detail_tables)
    shown = f"IF(AND(x_gate=0,{uncounted}=0,{lacking}>0),({lacking})&{told},{status.formula})"
    cells[STATUS] = Cell(value, status.style, f"IF({opened},{quote(empty)},{shown})")
    where = (*STATUS, STATUS[0], max(col for row, col in cells if row == STATUS[0]))
    warned = Highlight(where, "formula", f"{lacking}>0", "warn.text")
    charts = [
        replace(c, category_format=MONTH) if c.category_format == "yyyy-mm" else c for c in sheet.charts
    ]
    return replace(sheet, cells=cells, charts=tuple(charts), highlights=(*sheet.highlights, warned))


def lacking_formula(layout: Layout) -> str:
    """How many dates and amounts of filled rows are no number."""
    checks = check_formulas(layout)
    return "(" + "+".join(f for (check, _), f in checks.items() if check in ("dates", "amounts")) + ")"
