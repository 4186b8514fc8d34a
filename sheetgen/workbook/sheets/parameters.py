"""参数设置: every number that a formula uses, each under a name, with limits; the edge table in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetgen.grading.grade import context_of
from sheetgen.scheme.expr import quote
from sheetgen.workbook.book import Cell, Highlight, Sheet
from sheetgen.workbook.layout import SHEETS
from sheetgen.workbook.sheets.basics import basics_section
from sheetgen.workbook.sheets.criteria import criteria_section
from sheetgen.workbook.sheets.parameter_page import ParameterPage as _Page
from sheetgen.workbook.sheets.parts import STYLES, banner
from sheetgen.workbook.sheets.sides import sides_section
from sheetgen.workbook.sheets.tracking import tracking_section
from sheetgen.workbook.style import tier_style

if TYPE_CHECKING:
    from sheetgen.i18n import Label
    from sheetgen.scheme.schema import Tier
    from sheetgen.workbook.content import Content

NOBODY = 1e50
"""above it lies the edge that nobody reaches"""
TIER_COLUMNS = (
    "tier",
    "edge",
    "edge_sign",
    "edge_effective",
    "follow_up_days",
    "points_rate",
    "benefits",
    "edge_rule",
    "tier_id",
)


def parameters_sheet(content: Content) -> tuple[Sheet, dict[str, str]]:
    """The sheet, and the workbook names of its cells."""
    page = _Page(content)
    title = SHEETS["parameters"].text(content.lang)
    page.cells |= banner(content, "parameters", title)
    basics_section(page)
    _tiers(page)
    tracking_section(page)
    sides_section(page)
    criteria_section(page)
    _more(page)
    sheet = Sheet(
        "parameters",
        title,
        page.cells,
        freeze=(3, 0),
        widths={0: 30, 1: 15, 2: 14, 3: 14, 4: 14, 5: 12, 6: 34, 7: 44, 8: 14},
        heights={0: 28, 1: 20},
        validations=tuple(page.validations),
        highlights=tuple(_colors(page)),
        tab_color="#F2CF63",
    )
    return sheet, page.names


def _tiers(page: _Page) -> None:
    content, say, scheme = page.content, page.content.say, page.content.scheme
    tiers, settings = scheme.file.tiers, page.content.graded.settings
    page.section("section_tiers")
    column = {
        key: scheme.column(key).label.text(content.lang)
        for key in ("follow_up_days", "points_rate", "benefits")
    }
    heads = [column.get(key) or say(key) for key in TIER_COLUMNS]
    page.heads(*heads, inputs=(1, 4, 5, 6))
    top, bottom = page.row, page.row + len(tiers) - 1
    digits = STYLES[scheme.format(scheme.file.tier_by)]
    by = quote(scheme.words["#by"].text(content.lang))
    show = "#,##0.00" if digits != "integer" else "#,##0"
    for i, tier in enumerate(tiers):
        row, r = top + i, top + i + 1
        page.cells[row, 0] = Cell(tier.label.text(content.lang), tier_style(i, len(tiers)))
        if tier.edge is not None:
            page.number(f"p_tier_{tier.id}", row, 1, _edge(page, tier), "decimal", None, None)
            page.cells[row, 1] = Cell(_edge(page, tier), f"input.{digits}")
        else:
            page.cells[row, 1] = Cell(None, "calc.text")
        page.cells[row, 2] = Cell(
            ">" if tier.over is not None else "≥" if tier.at_least is not None else None, "calc.center"
        )
        rising = len(tiers) - 1 - i
        effective = (
            f'IF($B{r}="",-9E+99,ROUND($B{r}+IF($C{r}=">",{scheme.quantum:g},0),{scheme.edge_digits}))'
        )
        page.cells[row, 3] = Cell(settings.tables["tier_cut"][rising], "calc.cut", formula=effective)
        page.number(
            f"p_follow_up_{tier.id}", row, 4, settings.tables["tier_follow_up"][rising], "integer", 1, 3_660
        )
        page.number(
            f"p_points_rate_{tier.id}", row, 5, settings.tables["tier_points_rate"][rising], "decimal", 0, 100
        )
        page.cells[row, 6] = Cell(tier.benefits.text(content.lang), "input.wrap")
        page.cells[row, 7] = Cell(
            _rule(page, i, show),
            "calc.text",
            formula=_rule_formula(r, by, show, (i == 0, i == len(tiers) - 1), scheme.file.cut_by != "value"),
        )
        page.cells[row, 8] = Cell(tier.id, "key.text")
        if scheme.file.cut_by != "value":
            page.cells[row, 9] = Cell(tier.edge, "body.percent")
    for name, col in (
        ("tier_label", 0),
        ("tier_cut", 3),
        ("tier_follow_up", 4),
        ("tier_points_rate", 5),
        ("tier_benefits", 6),
    ):
        page.name(name, top, col, bottom)
    # of relative edges two may fall on one value, and the lower tier stays empty
    worse = "<=" if scheme.file.cut_by == "value" else "<"
    wrong = f"IF(SUMPRODUCT(--($D${top + 1}:$D${bottom}{worse}$D${top + 2}:$D${bottom + 1}))>0,1,0)"
    page.row = bottom + 1
    if worse == "<":
        page.cells[top - 1, 9] = Cell(say("tier_part"), "header")
        page.cells[page.row, 7] = Cell(say(f"cut_by_{scheme.file.cut_by}"), "plain.text")
    page.cells[page.row, 0] = Cell(say("edges_check"), "body.label")
    page.cells[page.row, 1] = Cell(0, "calc.integer", formula=wrong)
    ok, bad = quote(say("edges_ok")), quote(say("edges_bad"))
    page.cells[page.row, 2] = Cell(say("edges_ok"), "plain.text", formula=f"IF(edges_wrong=0,{ok},{bad})")
    page.name("edges_wrong", page.row, 1)
    page.row += 2


def _edge(page: _Page, tier: Tier) -> float:
    """The edge as written on the sheet: the effective cut without the step of a strict edge."""
    scheme = page.content.scheme
    rising = [t.id for t in reversed(scheme.file.tiers)].index(tier.id)
    cut = page.content.graded.settings.tables["tier_cut"][rising]
    return round(cut - (scheme.quantum if tier.over is not None else 0.0), scheme.edge_digits)


def _rule_formula(r: int, by: str, show: str, ends: tuple[bool, bool], relative: bool) -> str:
    """``200,000.00 ≤ 年消费额 ≤ 500,000.00``, from the cells beside it and above.

    ``ends``: whether the tier is the first one, the last one. A ``relative`` edge that nobody reaches is a
    dash.
    """

    def shown(row: int) -> str:
        told = f'TEXT($B{row},"{show}")'
        return f'IF($B{row}>1E+50,"—",{told})' if relative else told

    low = '""' if ends[1] else f'{shown(r)}&IF($C{r}=">"," < "," ≤ ")'
    high = '""' if ends[0] else f'IF($C{r - 1}=">"," ≤ "," < ")&{shown(r - 1)}'
    return f"{low}&{by}&{high}"


def _rule(page: _Page, i: int, show: str) -> str:
    tiers, by = page.content.scheme.file.tiers, page.content.scheme.words["#by"].text(page.content.lang)

    def number(tier: Tier) -> str:
        if _edge(page, tier) > NOBODY:
            return "—"
        return f"{_edge(page, tier):,.2f}" if show.endswith("0.00") else f"{_edge(page, tier):,.0f}"

    low = "" if tiers[i].edge is None else number(tiers[i]) + (" < " if tiers[i].over is not None else " ≤ ")
    high = "" if i == 0 else (" ≤ " if tiers[i - 1].over is not None else " < ") + number(tiers[i - 1])
    return low + by + high


def _more(page: _Page) -> None:
    content, say, scheme = page.content, page.content.say, page.content.scheme
    if scheme.file.parameters:
        page.section("section_more")
        page.heads(say("parameter"), say("value"), inputs=(1,))
    for key, parameter in scheme.file.parameters.items():
        page.cells[page.row, 0] = Cell(_text(parameter.label, page), "body.label")
        value = content.graded.settings.numbers[key]
        page.number(f"p_{key}", page.row, 1, value, parameter.format, parameter.low, parameter.high)
        if parameter.note:
            page.cells[page.row, 2] = Cell(_text(parameter.note, page), "plain.text")
        page.row += 1


def _text(label: Label, page: _Page) -> str:
    return label.text(page.content.lang)


def _colors(page: _Page) -> list[Highlight]:
    row = int(page.names["edges_wrong"].rsplit("$", 1)[1]) - 1
    return [Highlight((row, 0, row, 2), "formula", "edges_wrong=1", "alert")]


def alias_cells(content: Content) -> tuple[dict[tuple[int, int], Cell], dict[str, str]]:
    """The words a tier goes by with their ranks, for ``_calc``.

    They are its label as it stands on 参数设置, its id, and its label in both languages.
    """
    tiers = content.scheme.file.tiers
    ranks = context_of(content.scheme, content.lang).tier_aliases
    words: list[tuple[str, str | None]] = [
        (tier.label.text(content.lang), f"INDEX(tier_label,{i + 1})") for i, tier in enumerate(tiers)
    ]
    words += [(alias, None) for tier in tiers for alias in (tier.id, tier.label.zh, tier.label.en)]
    cells: dict[tuple[int, int], Cell] = {}
    for i, (word, formula) in enumerate(words):
        cells[3 + i, 0] = Cell(word, formula=formula)
        cells[3 + i, 1] = Cell(ranks[word.casefold()])
    last = 3 + len(words)
    return cells, {"tier_alias": f"_calc!$A$4:$A${last}", "tier_alias_rank": f"_calc!$B$4:$B${last}"}
