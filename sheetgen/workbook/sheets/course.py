"""How things went, on 总览: net amount by month, and from which tier to which customers moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sheetgen.workbook.book import Cell, Chart, Highlight
from sheetgen.workbook.layout import letter
from sheetgen.workbook.sheets.live import Live, block, count_pair

if TYPE_CHECKING:
    from sheetgen.workbook.sheets.canvas import Canvas

MONTHS: Final = 24


def months_block(page: Canvas, row: int) -> int:
    """Net amount and rows of each of the last months, from ``row`` on; returns the next free row."""
    import numpy as np

    content, say = page.content, page.content.say
    layout, records = content.layout, content.records["transactions"]
    page.section(row, say("section_months"))
    page.heads(row + 1, 0, say("month"), say("amount"), say("rows"))
    sheets = [(layout.whole(s, "date"), layout.whole(s, "amount")) for s in layout.sheets("transactions")]
    as_of = np.datetime64(content.graded.settings.as_of)
    this = as_of.astype("datetime64[M]")
    days, money = records["date"].to_numpy().astype("datetime64[D]"), records["cents"].to_numpy()
    months, seen = days.astype("datetime64[M]"), days <= as_of
    first = row + 2
    for i in range(MONTHS):
        at, r, month = first + i, first + i + 1, this - (MONTHS - 1 - i)
        start = f"DATE(YEAR(p_as_of),MONTH(p_as_of)-{MONTHS - 1 - i},1)"
        bounds = f'">="&$A{r}', f'"<"&EDATE($A{r},1)', '"<="&p_as_of'
        spans = [",".join(f"{dates},{bound}" for bound in bounds) for dates, _ in sheets]
        summed = "+".join(f"SUMIFS({sheets[k][1]},{span})" for k, span in enumerate(spans))
        counted = "+".join(f'COUNTIFS({span},{sheets[k][1]},">-1E+300")' for k, span in enumerate(spans))
        inside = (months == month) & seen
        page.cells[at, 0] = Cell(month.astype("datetime64[D]").item(), "body.month", formula=start)
        page.cells[at, 1] = Live(f"ROUND({summed},2)", float(money[inside].sum()) / 100).cell("body.money")
        page.cells[at, 2] = Live(counted, float(inside.sum())).cell("body.integer")
    last = first + MONTHS - 1
    series = page.series(say("amount"), first, last, 0, 1, color="#2F6B4F")
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


def moves_block(page: Canvas, row: int) -> int:
    """From which tier in the last book to which now, from ``row`` on; returns the next free row."""
    content, say, scheme = page.content, page.content.say, page.content.scheme
    was, now = block(content, "tiers", "previous_rank"), block(content, "tiers", "final_rank")
    tiers, n = scheme.file.tiers, len(scheme.file.tiers)
    page.section(row, say("section_moves"))
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
