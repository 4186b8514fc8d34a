"""总览: tiles, tier distribution, Pareto, months, moves and follow-ups, all live, with native charts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from sheetgen.grading.coding import EPOCH
from sheetgen.scheme.expr import quote
from sheetgen.workbook.book import Cell, Chart, Highlight, Page, Series, Sheet, Value
from sheetgen.workbook.layout import SHEETS, letter
from sheetgen.workbook.sheets.live import (
    Live,
    block,
    cents,
    count_above,
    count_below,
    count_equal,
    count_pair,
    ratio,
    top_total,
    total,
    total_where,
)
from sheetgen.workbook.style import text_width, tier_colors, tier_style

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content

MONTHS = 24
SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
OWNERS = 12
WIDTH = 12
MOST_SLICES = 5


@dataclass
class _Page:
    content: Content
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    charts: list[Chart] = field(default_factory=list)
    highlights: list[Highlight] = field(default_factory=list)
    heights: dict[int, float] = field(default_factory=dict)

    def ref(self, row: int, col: int, last: int | None = None) -> str:
        place = f"${letter(col)}${row + 1}" + (f":${letter(col)}${last + 1}" if last is not None else "")
        return f"{self.content.layout.sheet('overview')}!{place}"

    def section(self, row: int, key: str, first: int = 0, last: int = WIDTH - 1) -> None:
        for col in range(first, last + 1):
            self.cells[row, col] = Cell(self.content.say(key) if col == first else None, "section")

    def heads(self, row: int, col: int, *words: str) -> None:
        if any(text_width(word) > 12 for word in words):
            self.heights[row] = 32
        for i, word in enumerate(words):
            self.cells[row, col + i] = Cell(word, "header")

    def data(self, row: int, col: int, last: int) -> tuple[Value, ...]:
        return tuple(self.cells[r, col].value for r in range(row, last + 1))


def overview_sheet(content: Content) -> Sheet:
    """The sheet: a page a manager can read without touching anything."""
    page = _Page(content)
    _head(page)
    _tiles(page, 4)
    row = _distribution(page, 9)
    row = max(row, 9 + 14)
    row = _pareto(page, row)
    row = _months(page, row)
    row = _moves(page, row)
    _owners(page, row)
    return Sheet(
        "overview",
        SHEETS["overview"].text(content.lang),
        page.cells,
        widths=dict.fromkeys(range(WIDTH), 13.0) | {0: 20.0},
        heights={0: 34, 1: 20, 2: 24, 4: 20, 5: 40, 7: 6, **page.heights},
        merges=tuple((5, 2 * i, 5, 2 * i + 1) for i in range(6))
        + tuple((4, 2 * i, 4, 2 * i + 1) for i in range(6))
        + ((2, 0, 2, WIDTH - 1),),
        highlights=tuple(page.highlights),
        charts=tuple(page.charts),
        page=Page(landscape=False, fit_tall=True),
        tab_color="#F2B134",
        gridlines=False,
    )


def _head(page: _Page) -> None:
    content, say = page.content, page.content.say
    page.cells[0, 0] = Cell(say("book_title"), "title")
    scheme = content.scheme.file.label.text(content.lang)
    day = content.graded.settings.as_of
    label = say("subtitle", scheme=scheme)
    shown = f'{quote(label)}&YEAR(p_as_of)&"-"&TEXT(MONTH(p_as_of),"00")&"-"&TEXT(DAY(p_as_of),"00")'
    page.cells[1, 0] = Cell(f"{label}{day.isoformat()}", "subtitle", formula=shown)
    opened = "+".join(f"{table}_open" for table in content.scheme.detail_tables)
    wrong = "+".join(f"{table}_wrong" for table in content.scheme.detail_tables)
    status = (
        f"IF(edges_wrong=1,{quote(say('status_edges'))},IF(x_gate=0,IF({opened}<>0,({opened})&"
        f"{quote(say('status_open'))},{quote(say('status_fine'))}),IF({wrong}>0,({wrong})&"
        f"{quote(say('status_wrong'))},{quote(say('status_sort'))})))"
    )
    page.cells[2, 0] = Cell(say("status_fine"), "good.text", formula=status)
    page.highlights.append(Highlight((2, 0, 2, WIDTH - 1), "formula", "x_gate=1", "bad.text"))
    page.highlights.append(Highlight((2, 0, 2, WIDTH - 1), "formula", f"{opened}<>0", "warn.text"))


def _tiles(page: _Page, row: int) -> None:
    content, say, scheme = page.content, page.content.say, page.content.scheme
    spend, rank = block(content, "tiers", "revenue"), block(content, "tiers", "final_rank")
    ids = content.layout.block("customers", "customer_id")
    top = scheme.file.tiers[0]
    n = len(scheme.file.tiers)
    step, due = block(content, "tiers", "step"), block(content, "tiers", "next_follow_up")
    whole, best = total(spend), total_where(spend, rank, str(n), n)
    up, down = count_above(step, 0), Live(f'COUNTIF({step.ref},"<0")', float((step.values < 0).sum()))
    moves = Live(f'{up.formula}&" / "&{down.formula}', f"{up.value:.0f} / {down.value:.0f}")
    tiles = [
        (say("tile_customers"), Live(f"COUNTA({ids})", float(content.n)), "tile.integer"),
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
        page.cells[row, 2 * i] = Cell(label, "tile_label")
        page.cells[row, 2 * i + 1] = Cell(None, "tile_label")
        page.cells[row + 1, 2 * i] = live.cell(style)
        page.cells[row + 1, 2 * i + 1] = Cell(None, "tile.text")


def _n(live: Live) -> float:
    return float(live.value) if isinstance(live.value, int | float) else 0.0


def _distribution(page: _Page, row: int) -> int:
    content, say, scheme = page.content, page.content.say, page.content.scheme
    spend, rank = block(content, "tiers", "revenue"), block(content, "tiers", "final_rank")
    tiers, n = scheme.file.tiers, len(scheme.file.tiers)
    page.section(row, "section_distribution", 0, WIDTH - 1)
    label = scheme.label(scheme.file.revenue).text(content.lang)
    page.heads(
        row + 1, 0, say("tier"), say("count"), say("share"), label, say("spend_share"), say("per_customer")
    )
    first, end = row + 2, row + 2 + n
    all_count, all_spend = float((rank.values > 0).sum()), cents(spend.values)
    for i, tier in enumerate(tiers):
        at, r = first + i, first + i + 1
        count, money = count_equal(rank, str(n - i), n - i), total_where(spend, rank, str(n - i), n - i)
        page.cells[at, 0] = Cell(
            tier.label.text(content.lang), tier_style(i, n), formula=f"INDEX(tier_label,{i + 1})"
        )
        page.cells[at, 1] = count.cell("body.integer")
        page.cells[at, 2] = ratio(f"$B{r}", f"$B${end + 1}", _n(count), all_count).cell("body.percent")
        page.cells[at, 3] = money.cell("body.money")
        page.cells[at, 4] = ratio(f"$D{r}", f"$D${end + 1}", _n(money), all_spend).cell("body.percent")
        page.cells[at, 5] = ratio(f"$D{r}", f"$B{r}", _n(money), _n(count), 2).cell("body.money")
    page.cells[end, 0] = Cell(say("total"), "total.text")
    page.cells[end, 1] = Live(f"SUM($B${first + 1}:$B${end})", all_count).cell("total.integer")
    page.cells[end, 2] = Cell(None, "total.text")
    page.cells[end, 3] = Live(f"ROUND(SUM($D${first + 1}:$D${end}),2)", all_spend).cell("total.money")
    page.cells[end, 4] = Cell(None, "total.text")
    page.cells[end, 5] = ratio(f"$D${end + 1}", f"$B${end + 1}", all_spend, all_count, 2).cell("total.money")
    last, bars, few = end - 1, tuple(bg for bg, _ in tier_colors(n)), n <= MOST_SLICES
    heads = _series(page, say("count"), first, last, 0, 1, bars)
    shares = _series(page, say("spend_share"), first, last, 0, 4, bars)
    top, wide, high = row + 1, 286, 250
    page.charts.append(
        Chart("column" if few else "bar", say("chart_tiers"), (heads,), top, 6, wide, high, say("alt_tiers"))
    )
    page.charts.append(
        Chart(
            "doughnut" if few else "bar",
            say("chart_spend"),
            (shares,),
            top,
            9,
            wide,
            high,
            say("alt_spend"),
            value_format="0%",
        )
    )
    return end + 2


def _series(
    page: _Page,
    name: str,
    first: int,
    last: int,
    categories: int,
    values: int,
    points: tuple[str, ...] = (),
    color: str = "",
) -> Series:
    data = tuple(float(v) if isinstance(v, int | float) else 0.0 for v in page.data(first, values, last))
    words = tuple((v - EPOCH).days if isinstance(v, date) else v for v in page.data(first, categories, last))
    return Series(
        name, page.ref(first, categories, last), page.ref(first, values, last), words, data, color, points
    )


def _pareto(page: _Page, row: int) -> int:
    content, say, scheme = page.content, page.content.say, page.content.scheme
    spend = block(content, "scores", scheme.file.revenue)
    page.section(row, "section_pareto", 0, WIDTH - 1)
    page.heads(
        row + 1,
        0,
        say("top_customers"),
        say("count"),
        scheme.label(scheme.file.revenue).text(content.lang),
        say("cumulative"),
        say("pareto_even"),
    )
    first, n, whole = row + 2, content.n, total(spend)
    for i, share in enumerate(SHARES):
        at, r = first + i, first + i + 1
        count = -int(-n * share // 1) if n * share % 1 else int(n * share)
        many = Live(f"ROUNDUP(ROUND(COUNT({spend.ref})*$A{r},6),0)", float(count))
        money = top_total(spend, f"$B{r}", count)
        page.cells[at, 0] = Cell(share, "body.percent")
        page.cells[at, 1] = many.cell("body.integer")
        page.cells[at, 2] = Live(f"IF($B{r}=0,0,{money.formula})", money.value if count else 0.0).cell(
            "body.money"
        )
        page.cells[at, 3] = ratio(f"$C{r}", f"$C${first + len(SHARES)}", _n(money), _n(whole)).cell(
            "body.percent"
        )
        page.cells[at, 4] = Live(f"$A{r}", share).cell("body.percent")
    last = first + len(SHARES) - 1
    curve = _series(page, say("cumulative"), first, last, 0, 3, color="#0B3C5D")
    even = _series(page, say("pareto_even"), first, last, 0, 4, color="#A65628")
    page.charts.append(
        Chart(
            "line",
            say("chart_pareto"),
            (curve, even),
            row + 1,
            6,
            574,
            252,
            say("alt_pareto"),
            value_format="0%",
            category_format="0%",
            value_max=1.0,
            x_title=say("axis_customers"),
        )
    )
    return last + 3


def _months(page: _Page, row: int) -> int:
    import numpy as np

    content, say = page.content, page.content.say
    layout, records = content.layout, content.records["transactions"]
    page.section(row, "section_months", 0, WIDTH - 1)
    page.heads(row + 1, 0, say("month"), say("amount"), say("rows"))
    dates, amounts = layout.whole("transactions", "date"), layout.whole("transactions", "amount")
    as_of = np.datetime64(content.graded.settings.as_of)
    this = as_of.astype("datetime64[M]")
    days, money = records["date"].to_numpy().astype("datetime64[D]"), records["cents"].to_numpy()
    months, seen = days.astype("datetime64[M]"), days <= as_of
    first = row + 2
    for i in range(MONTHS):
        at, r, month = first + i, first + i + 1, this - (MONTHS - 1 - i)
        start = f"DATE(YEAR(p_as_of),MONTH(p_as_of)-{MONTHS - 1 - i},1)"
        span = f'{dates},">="&$A{r},{dates},"<"&EDATE($A{r},1),{dates},"<="&p_as_of'
        inside = (months == month) & seen
        page.cells[at, 0] = Cell(month.astype("datetime64[D]").item(), "body.month", formula=start)
        page.cells[at, 1] = Live(f"ROUND(SUMIFS({amounts},{span}),2)", float(money[inside].sum()) / 100).cell(
            "body.money"
        )
        page.cells[at, 2] = Live(f'COUNTIFS({span},{amounts},">-1E+300")', float(inside.sum())).cell(
            "body.integer"
        )
    last = first + MONTHS - 1
    series = _series(page, say("amount"), first, last, 0, 1, color="#2F6B4F")
    page.charts.append(
        Chart(
            "column",
            say("chart_months"),
            (series,),
            row + 1,
            4,
            766,
            330,
            say("alt_months"),
            value_format="#,##0",
            category_format="yyyy-mm",
        )
    )
    return last + 2


def _moves(page: _Page, row: int) -> int:
    content, say, scheme = page.content, page.content.say, page.content.scheme
    was, now = block(content, "tiers", "previous_rank"), block(content, "tiers", "final_rank")
    tiers, n = scheme.file.tiers, len(scheme.file.tiers)
    page.section(row, "section_moves", 0, WIDTH - 1)
    page.heads(row + 1, 0, "", *(tier.label.text(content.lang) for tier in tiers))
    labels = [*(tier.label.text(content.lang) for tier in tiers), say("first_time")]
    for i, label in enumerate(labels):
        rank = n - i if i < n else 0
        page.cells[row + 2 + i, 0] = Cell(label, "body.label")
        for j in range(n):
            page.cells[row + 2 + i, 1 + j] = count_pair(was, rank, now, n - j).cell("body.integer")
            if rank and rank != n - j:
                place = (row + 2 + i, 1 + j, row + 2 + i, 1 + j)
                style = "good.integer" if n - j > rank else "warn.integer"
                some = f"${letter(1 + j)}${row + 3 + i}>0"
                page.highlights.append(Highlight(place, "formula", some, style))
    return row + 2 + n + 2


def _owners(page: _Page, row: int) -> None:
    content, say = page.content, page.content.say
    owner = content.clean.tables["customers"]["owner"]
    counts = {str(name): int(n) for name, n in owner[owner != ""].value_counts().items()}
    named = sorted(counts, key=lambda name: (-counts[name], name))[:OWNERS]
    if not named:
        return
    page.section(row, "section_due", 0, WIDTH - 1)
    label = content.scheme.label(content.scheme.file.revenue).text(content.lang)
    page.heads(row + 1, 0, _owner_label(content), say("count"), say("overdue"), say("soon"), label)
    ref = content.layout.block("tiers", "owner")
    due, spend = block(content, "tiers", "next_follow_up"), block(content, "tiers", "revenue")
    as_of, people = content.as_of_serial, owner.to_numpy()
    for i, name in enumerate(named):
        at, r = row + 2 + i, row + 3 + i
        mine = people == name
        same = f"({ref}=$A{r})"
        page.cells[at, 0] = Cell(name, "body.text")
        page.cells[at, 1] = Live(f"SUMPRODUCT(--{same})", float(mine.sum())).cell("body.integer")
        late = Live(
            f"SUMPRODUCT({same}*ISNUMBER({due.ref})*({due.ref}<p_as_of))",
            float((mine & (due.values < as_of)).sum()),
        )
        soon = Live(
            f"SUMPRODUCT({same}*ISNUMBER({due.ref})*({due.ref}>=p_as_of)*({due.ref}<=p_as_of+7))",
            float((mine & (due.values >= as_of) & (due.values <= as_of + 7)).sum()),
        )
        page.cells[at, 2] = late.cell("body.integer")
        page.cells[at, 3] = soon.cell("body.integer")
        money = f"ROUND(SUMPRODUCT({same}*ISNUMBER({spend.ref}),{spend.ref}),2)"
        page.cells[at, 4] = Live(money, cents(spend.values[mine])).cell("body.money")
    last = row + 1 + len(named)
    page.highlights.append(Highlight((row + 2, 2, last, 2), "formula", f"$C{row + 3}>0", "bad.integer"))


def _owner_label(content: Content) -> str:
    from sheetgen.scheme.tables import data_tables

    return data_tables()["customers"].fields["owner"].label.text(content.lang)
