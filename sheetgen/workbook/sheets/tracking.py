"""The rules of rise and fall on 参数设置: periods, keep lines, grace, lock and floor, each a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetgen.grading.settings import new_period
from sheetgen.scheme.common import standard
from sheetgen.workbook.book import Cell
from sheetgen.workbook.style import tier_style

if TYPE_CHECKING:
    from sheetgen.workbook.sheets.parameter_page import ParameterPage

PERIOD = "IF(p_track_period>0,INT((YEAR({day})*12+MONTH({day})-1)/p_track_period),INT(({day}-2)/7))"
"""period_number as a formula"""


def tracking_section(page: ParameterPage) -> None:
    """The numbers of the rules, the periods they count in, and the keep line of each tier."""
    content, say, scheme = page.content, page.content.say, page.content.scheme
    if scheme.file.steps == "fixed":
        return
    settings, lang = content.graded.settings, content.lang
    page.section("section_tracking")
    page.heads(say("parameter"), say("value"), say("note"), inputs=(1,))
    for key in standard()["tracking"]:
        parameter = scheme.parameters[key]
        page.cells[page.row, 0] = Cell(parameter.label.text(lang), "body.label")
        value = settings.numbers[key]
        page.number(f"p_{key}", page.row, 1, value, parameter.format, parameter.low, parameter.high)
        if parameter.note:
            page.cells[page.row, 2] = Cell(parameter.note.text(lang), "plain.text")
        page.row += 1
    page.cells[page.row, 0] = Cell(say("last_as_of"), "body.label")
    page.cells[page.row, 1] = Cell(settings.last_as_of, "calc.date")
    page.name("last_as_of", page.row, 1)
    page.row += 1
    later = f"{PERIOD.format(day='p_as_of')}>{PERIOD.format(day='last_as_of')}"
    page.cells[page.row, 0] = Cell(say("new_period"), "body.label")
    formula = f'IF(last_as_of="",0,IF({later},1,0))'
    page.cells[page.row, 1] = Cell(float(new_period(settings)), "calc.integer", formula=formula)
    page.cells[page.row, 2] = Cell(say("new_period_note"), "plain.text")
    page.name("new_period", page.row, 1)
    page.row += 1
    _keep_lines(page)
    page.row += 1


def _keep_lines(page: ParameterPage) -> None:
    """A row a tier, highest first: a line of its own if staff give one, and the line that holds."""
    content, say, scheme = page.content, page.content.say, page.content.scheme
    settings, tiers = content.graded.settings, scheme.file.tiers
    format_ = scheme.format(scheme.file.tier_by)
    page.heads(say("tier"), say("keep_own"), say("keep_line"), inputs=(1,))
    top = page.row
    for i, tier in enumerate(tiers):
        row, rising = page.row, len(tiers) - 1 - i
        label = say("keep_of", tier=tier.label.text(content.lang))
        page.cells[row, 0] = Cell(label, tier_style(i, len(tiers)))
        if tier.edge is not None:
            own = settings.changed.get(f"keep_{tier.id}", tier.keep)
            page.number(f"p_keep_{tier.id}", row, 1, own, format_, None, None)
        else:
            page.cells[row, 1] = Cell(None, "calc.text")
        cut = f"INDEX(tier_cut,{i + 1})"
        part = f"MIN({cut},ROUND({cut}*p_track_keep_part,{scheme.edge_digits}))"
        formula = f'IF(ABS({cut})>=9E+98,{cut},IF(B{row + 1}<>"",B{row + 1},{part}))'
        page.cells[row, 2] = Cell(settings.tables["tier_keep"][rising], "calc.cut", formula=formula)
        page.row += 1
    page.name("tier_keep", top, 2, page.row - 1)
