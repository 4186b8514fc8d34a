"""The as-of date and the windows on 参数设置: both ends of each are formulas over its numbers."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sheetgen.grading.measure import window_days
from sheetgen.scheme.windows import first_month_of, formulas_of, note_of, window_parameter
from sheetgen.workbook.book import Cell, Validation

if TYPE_CHECKING:
    from sheetgen.workbook.sheets.parameter_page import ParameterPage

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)


def basics_section(page: ParameterPage) -> None:
    """The as-of date, then a row a window: its number, its ends, and what its kind means."""
    say, settings = page.content.say, page.content.graded.settings
    page.section("section_basics")
    page.heads(say("parameter"), say("value"), say("window_from"), say("window_to"), say("note"), inputs=(1,))
    page.cells[page.row, 0] = Cell(say("as_of"), "body.label")
    page.cells[page.row, 1] = Cell(settings.as_of, "input.date")
    page.cells[page.row, 4] = Cell(say("as_of_note"), "plain.text")
    page.name("p_as_of", page.row, 1)
    where, error = (page.row, 1, page.row, 1), say("error_date")
    page.validations.append(Validation(where, "date", low=FIRST_DAY, high=LAST_DAY, error=error))
    page.row += 1
    _windows(page)
    page.row += 1


def _windows(page: ParameterPage) -> None:
    content, file = page.content, page.content.scheme.file
    days, formulas = window_days(content.scheme, content.graded.settings), formulas_of(file.windows)
    for key, window in file.windows.items():
        page.cells[page.row, 0] = Cell(window.label.text(content.lang), "body.label")
        page.cells[page.row, 1] = Cell(None, "calc.text")
        for name, parameter in window_parameter(file, key).items():
            page.cells[page.row, 0] = Cell(parameter.label.text(content.lang), "body.label")
            value, limits = content.graded.settings.numbers[name], (parameter.low, parameter.high)
            page.number(f"p_{name}", page.row, 1, value, parameter.format, *limits)
        for col, end in enumerate(("start", "end")):
            page.cells[page.row, 2 + col] = Cell(days[key][col], "calc.date", formula=formulas[key][col])
            page.name(f"win_{key}_{end}", page.row, 2 + col)
        if note_of(file.windows, key):
            page.cells[page.row, 4] = Cell(_note(page, key), "plain.text")
        page.row += 1


def _note(page: ParameterPage, key: str) -> str:
    """What the window's kind means, and which parameter of the scheme says where its year begins."""
    content, file = page.content, page.content.scheme.file
    words = content.say(note_of(file.windows, key))
    named = file.parameters.get(str(first_month_of(file.windows, key)))
    if file.windows[key].period is not None and named is not None:
        words += content.say("window_year_from", name=named.label.text(content.lang))
    return words
