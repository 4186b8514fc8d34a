"""All sheets of a book, in the order a reader meets them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sheetgen.workbook.blank.sheets import blank_sheets
from sheetgen.workbook.blank.tail import sorted_tail
from sheetgen.workbook.book import Book, Cell
from sheetgen.workbook.controls import control_sheet
from sheetgen.workbook.detail import numbers_sheet, tail_sheet
from sheetgen.workbook.own import own_sheets
from sheetgen.workbook.sheets.base import base_sheet
from sheetgen.workbook.sheets.changes import changes_sheet
from sheetgen.workbook.sheets.customers import customers_sheet
from sheetgen.workbook.sheets.followups import queue_cells
from sheetgen.workbook.sheets.guide import guide_sheet
from sheetgen.workbook.sheets.merges import merges_sheet
from sheetgen.workbook.sheets.monitor import figure_cells, monitor_cells
from sheetgen.workbook.sheets.overview import overview
from sheetgen.workbook.sheets.parameters import alias_cells, parameters_sheet
from sheetgen.workbook.sheets.preferences import preferences_sheet
from sheetgen.workbook.sheets.quality import quality_sheet
from sheetgen.workbook.sheets.records import records_sheets
from sheetgen.workbook.sheets.scores import scores_sheet
from sheetgen.workbook.sheets.state import state_sheet
from sheetgen.workbook.sheets.tiers import tiers_sheet

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content


def compose(content: Content, version: str, written: Iterable[tuple[str, str]] | None = None) -> Book:
    """The whole workbook, formulas and their values. ``written``: texts of what was written, if known."""
    parameters, names = parameters_sheet(content)
    aliases, alias_names = alias_cells(content)
    flags = {(i, 2): Cell(content.say(f"flag_{word}")) for i, word in enumerate(("yes", "no"))}
    more, more_names = monitor_cells(content)
    queue = queue_cells(content)
    calc, control_names = control_sheet(content.layout, aliases | flags | more | queue, alias_names)
    front, figure_names = overview(content)
    numbers, number_names = numbers_sheet(content.layout, content.longest)
    names |= control_names | number_names | more_names | figure_names | {"list_flags": "_calc!$C$1:$C$2"}
    tables, tail = content.scheme.detail_tables, sorted_tail if content.layout.blank else tail_sheet
    sheets = (
        guide_sheet(content),
        front,
        customers_sheet(content),
        scores_sheet(content),
        tiers_sheet(content),
        *records_sheets(content, "transactions"),
        preferences_sheet(content),
        *records_sheets(content, "service"),
        *(sheet for table in content.layout.further_tables for sheet in records_sheets(content, table)),
        *([merges_sheet(content, content.reviews)] if content.reviews else []),
        changes_sheet(content),
        parameters,
        quality_sheet(content),
        *own_sheets(content),
        calc,
        numbers,
        *(tail(content.layout, table) for table in tables),
        base_sheet(content),
        state_sheet(content, version, figure_cells(content), written),
    )
    if content.layout.blank:
        sheets, names = blank_sheets(content, sheets, names)
    return Book(
        sheets,
        names,
        title=content.say("book_title"),
        subject=content.scheme.file.label.text(content.lang),
        created=content.graded.settings.as_of,
        properties={
            "sheetgen_run": content.run_id,
            "sheetgen_scheme": content.scheme.id,
            "sheetgen_as_of": content.graded.settings.as_of.isoformat(),
        },
    )
