"""The schemes beside the first one on 参数设置: their tiers with the edges that the cuts below give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetgen.workbook.book import Cell
from sheetgen.workbook.sheets.parts import STYLES
from sheetgen.workbook.style import tier_style

if TYPE_CHECKING:
    from sheetgen.workbook.sheets.parameter_page import ParameterPage


def sides_section(page: ParameterPage) -> None:
    """A table a scheme: tier, the value that reaches it (changed among the criteria), and its benefits."""
    content, say, lang = page.content, page.content.say, page.content.lang
    for side in content.scheme.sides:
        page.section("section_side", name=side.file.label.text(lang))
        benefits = content.scheme.column("benefits").label.text(lang)
        page.heads(say("tier"), say("edge"), benefits)
        cuts = content.graded.settings.tables[f"{side.cuts}_cut"]
        format_ = STYLES[content.scheme.format(side.cuts)]
        tiers = side.file.tiers
        for i, tier in enumerate(tiers):
            page.cells[page.row, 0] = Cell(tier.label.text(lang), tier_style(i, len(tiers)))
            nth = len(tiers) - 1 - i
            if nth:
                edge = f"SMALL({side.cuts}_cut,{nth})"
                page.cells[page.row, 1] = Cell(sorted(cuts)[nth - 1], f"calc.{format_}", formula=edge)
            else:
                page.cells[page.row, 1] = Cell(None, "calc.text")
            page.cells[page.row, 2] = Cell(tier.benefits.text(lang), "plain.text")
            page.row += 1
        page.row += 1
