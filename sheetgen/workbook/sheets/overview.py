"""总览: a page a manager can read without touching anything: tiles first, then block by block, all live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetgen.scheme.expr import quote
from sheetgen.workbook.book import Cell, Highlight, Page, Sheet
from sheetgen.workbook.layout import SHEETS
from sheetgen.workbook.removed import count_formula
from sheetgen.workbook.sheets.canvas import COLUMN_WIDTH, LABEL_WIDTH, WIDTH, Canvas
from sheetgen.workbook.sheets.course import months_block, moves_block
from sheetgen.workbook.sheets.distribution import distribution_block, pareto_block
from sheetgen.workbook.sheets.followups import followups_block
from sheetgen.workbook.sheets.live import Live, block, count_above, count_below, ratio, total, total_where
from sheetgen.workbook.sheets.monitor import monitor_block
from sheetgen.workbook.style import text_width

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content

TILES, FIRST_BLOCK = 4, 9
MOST_WIDTH = 36.0
NAMES = ("body.label", "body.text")
"""the styles of what rows are called"""


def overview_sheet(content: Content) -> Sheet:
    """The sheet alone."""
    return overview(content)[0]


def overview(content: Content) -> tuple[Sheet, dict[str, str]]:
    """The sheet, and the workbook names of its figures."""
    page = Canvas(content)
    _head(page)
    _tiles(page, TILES)
    row = distribution_block(page, FIRST_BLOCK)
    row = monitor_block(page, row)
    row = moves_block(page, row)
    page.breaks.append(row)
    row = followups_block(page, row)
    page.breaks.append(row)
    row = pareto_block(page, row)
    months_block(page, row)
    sheet = Sheet(
        "overview",
        SHEETS["overview"].text(content.lang),
        page.cells,
        widths=dict.fromkeys(range(WIDTH), COLUMN_WIDTH) | {0: _label_width(page)},
        heights={0: 34, 1: 20, 2: 24, 4: 20, 5: 40, 7: 6, **page.heights},
        merges=tuple(page.merges),
        highlights=tuple(page.highlights),
        charts=tuple(page.charts),
        page=Page(landscape=True, breaks=tuple(page.breaks)),
        tab_color="#F2B134",
        gridlines=False,
    )
    return sheet, page.names


def _label_width(page: Canvas) -> float:
    """Room for the longest name of a row."""
    names = (cell for (_, col), cell in page.cells.items() if col == 0 and cell.style in NAMES)
    longest = max((text_width(str(cell.value or "")) for cell in names), default=0)
    return float(min(max(LABEL_WIDTH, 1.15 * longest + 1), MOST_WIDTH))


def _head(page: Canvas) -> None:
    content, say = page.content, page.content.say
    page.cells[0, 0] = Cell(say("book_title"), "title")
    scheme = content.scheme.file.label.text(content.lang)
    day = content.graded.settings.as_of
    label = say("subtitle", scheme=scheme)
    shown = f'{quote(label)}&YEAR(p_as_of)&"-"&TEXT(MONTH(p_as_of),"00")&"-"&TEXT(DAY(p_as_of),"00")'
    page.cells[1, 0] = Cell(f"{label}{day.isoformat()}", "subtitle", formula=shown)
    opened = "+".join(f"{table}_open" for table in content.scheme.detail_tables)
    wrong = "+".join(f"{table}_wrong" for table in content.scheme.detail_tables)
    sort = "status_full" if content.layout.blank else "status_sort"
    status = (
        f"IF(edges_wrong=1,{quote(say('status_edges'))},IF(x_gate=0,IF({opened}<>0,({opened})&"
        f"{quote(say('status_open'))},{quote(say('status_fine'))}),IF({wrong}>0,({wrong})&"
        f"{quote(say('status_wrong'))},{quote(say(sort))})))"
    )
    page.span(2, 0, WIDTH - 1, Cell(say("status_fine"), "good.text", formula=status))
    page.highlights.append(Highlight((2, 0, 2, WIDTH - 1), "formula", "x_gate=1", "bad.text"))
    page.highlights.append(Highlight((2, 0, 2, WIDTH - 1), "formula", f"{opened}<>0", "warn.text"))


def _tiles(page: Canvas, row: int) -> None:
    content, say, scheme = page.content, page.content.say, page.content.scheme
    spend, rank = block(content, "tiers", "revenue"), block(content, "tiers", "final_rank")
    top = scheme.file.tiers[0]
    n = len(scheme.file.tiers)
    step, due = block(content, "tiers", "step"), block(content, "tiers", "next_follow_up")
    whole, best = total(spend), total_where(spend, rank, str(n), n)
    up, down = count_above(step, 0), Live(f'COUNTIF({step.ref},"<0")', float((step.values < 0).sum()))
    moves = Live(f'{up.formula}&" / "&{down.formula}', f"{up.value:.0f} / {down.value:.0f}")
    tiles = [
        (say("tile_customers"), Live(count_formula(content.layout), float(content.counted)), "tile.integer"),
        (say("tile_active"), count_above(spend, 0), "tile.integer"),
        (
            say("tile_revenue", label=scheme.label(scheme.file.revenue).text(content.lang)),
            whole,
            "tile.money0",
        ),
        (
            say("tile_top", tier=top.label.text(content.lang)),
            ratio(best, whole, _n(best), _n(whole)),
            "tile.percent",
        ),
        (say("tile_overdue"), count_below(due, "p_as_of", content.as_of_serial), "tile.integer"),
        (say("tile_moves"), moves, "tile.center"),
    ]
    for i, (label, live, style) in enumerate(tiles):
        page.span(row, 2 * i, 2 * i + 1, Cell(label, "tile_label"))
        page.span(row + 1, 2 * i, 2 * i + 1, live.cell(style))


def _n(live: Live) -> float:
    return float(live.value) if isinstance(live.value, int | float) else 0.0
