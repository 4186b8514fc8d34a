"""Who brings the money, on 总览: customers and money by tier, and the Pareto curve; live, with charts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sheetgen.workbook.book import Cell, Chart
from sheetgen.workbook.sheets.live import (
    Live,
    block,
    cents,
    count_equal,
    ratio,
    top_total,
    total,
    total_where,
)
from sheetgen.workbook.style import tier_colors, tier_style

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content
    from sheetgen.workbook.sheets.canvas import Canvas

SHARES: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
MOST_SLICES: Final = 5
ROWS_OF_CHARTS: Final = 14
PROFIT: Final = "profit"
"""the field of a data table that says what a sale earned"""


def distribution_block(page: Canvas, row: int) -> int:
    """Customers and money by tier, from ``row`` on; returns the next free row."""
    content, say, scheme = page.content, page.content.say, page.content.scheme
    spend, rank = block(content, "tiers", "revenue"), block(content, "tiers", "final_rank")
    tiers, n = scheme.file.tiers, len(scheme.file.tiers)
    page.section(row, say("section_distribution"))
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
    heads = page.series(say("count"), first, last, 0, 1, bars)
    shares = page.series(say("spend_share"), first, last, 0, 4, bars)
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
    return max(end + 2, row + ROWS_OF_CHARTS)


def pareto_block(page: Canvas, row: int) -> int:
    """What the largest customers bring, from ``row`` on; returns the next free row.

    By profit where the scheme measures it and any is known, else by the scheme's own money.
    """
    import numpy as np

    content, say, scheme = page.content, page.content.say, page.content.scheme
    basis = _pareto_basis(content)
    spend, label = block(content, "scores", basis), scheme.label(basis).text(content.lang)
    page.section(row, say("section_pareto", label=label))
    page.heads(
        row + 1,
        0,
        say("top_customers"),
        say("count"),
        label,
        say("cumulative"),
        say("pareto_even"),
    )
    first, n, whole = row + 2, int(np.isfinite(spend.values).sum()), total(spend)
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
    curve = page.series(say("cumulative"), first, last, 0, 3, color="#0B3C5D")
    even = page.series(say("pareto_even"), first, last, 0, 4, color="#A65628")
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


def _pareto_basis(content: Content) -> str:
    metrics, frame = content.scheme.metrics, content.graded.frame
    profit = [key for key, metric in metrics.items() if (metric.agg, metric.of) == ("sum", PROFIT)]
    told = (key for key in profit if not content.layout.blank and (frame[key].fillna(0) != 0).any())
    return str(next(told, content.scheme.file.revenue))


def _n(live: Live) -> float:
    return float(live.value) if isinstance(live.value, int | float) else 0.0
