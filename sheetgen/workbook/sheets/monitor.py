"""Monitoring on 总览: each figure of this period beside the last period, its target and the last book."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sheetgen.grading.coding import EPOCH
from sheetgen.scheme.expr import quote
from sheetgen.scheme.rounding import round_half_away
from sheetgen.workbook.book import Cell, Highlight
from sheetgen.workbook.figures import FIGURES, SCALE, Told, seen_in, tell, window_of
from sheetgen.workbook.layout import letter
from sheetgen.workbook.sheets.canvas import WIDTH
from sheetgen.workbook.sheets.live import Live, block, count_equal, ratio, total, total_where

if TYPE_CHECKING:
    from datetime import date

    from sheetgen.workbook.content import Content
    from sheetgen.workbook.layout import Layout
    from sheetgen.workbook.sheets.canvas import Canvas

COMPARED: Final = ("change", "rise")
HEADS: Final = ("figure", "now", "before", *COMPARED, "target", "reached", "last_book", *COMPARED)
NOW, BEFORE, CHANGE, RISE, TARGET, REACHED, LAST, LAST_CHANGE, LAST_RISE = range(1, 10)
CALC_COLUMN: Final = 40
"""where the monitoring's own cells stand on ``_calc``, right of those of the detail tables"""
TWELFTH: Final = 12


@dataclass(frozen=True)
class Line:
    """One row: a figure of this period, of the last one, and in the last book."""

    id: str
    label: str
    format: str
    now: Told
    before: Told | None = None
    target: str = ""
    less: bool = False


def monitor_block(page: Canvas, row: int) -> int:
    """Draw the block from ``row`` on; returns the next free row."""
    content, say = page.content, page.content.say
    page.section(row, say("section_monitor"))
    _told_periods(page, row + 1)
    page.heads(row + 2, 0, *(say(f"monitor_{word}") for word in HEADS))
    first = row + 3
    lines = lines_of(content)
    for i, line in enumerate(lines):
        _draw(page, first + i, line)
    directed = [first + i for i, line in enumerate(lines) if not line.id.startswith("tier_")]
    less = [first + i for i, line in enumerate(lines) if line.less]
    more = [at for at in directed if at not in less]
    for rows, better in ((more, ">"), (less, "<")):
        if rows:
            _colors(page, rows[0], rows[-1], better)
    at = first + len(lines)
    for key in ("monitor_help_rates", "monitor_help_unknown"):
        page.span(at, 0, WIDTH - 1, Cell(say(key), "hint"))
        at += 1
    return at + 1


def lines_of(content: Content) -> list[Line]:
    """Every line of the monitoring, in order."""
    scheme = content.scheme
    money = scheme.monitor.metrics.get(("money", 0), scheme.file.revenue)
    label = scheme.label(money).text(content.lang)
    found = []
    for figure in FIGURES if scheme.monitor.periods else ():
        now, before = tell(content, figure, 0), tell(content, figure, 1)
        if now is not None:
            words = content.say(f"figure_{figure.id}", label=label)
            found.append(Line(figure.id, words, figure.format, now, before, figure.target, figure.less))
    tiers, rank = scheme.file.tiers, block(content, "tiers", "final_rank")
    ranked = float((rank.values > 0).sum())
    for i, tier in enumerate(tiers):
        mine = count_equal(rank, str(len(tiers) - i), len(tiers) - i)
        share = ratio(mine, f'COUNTIF({rank.ref},">0")', float(mine.value or 0), ranked)  # type: ignore[arg-type]
        told = Told(f'IF(COUNTIF({rank.ref},">0")=0,"",{share.formula})', _number(share.value, ranked))
        words = content.say("figure_tier", tier=tier.label.text(content.lang))
        found.append(Line(f"tier_{tier.id}", words, "percent", told))
    words = content.say("figure_ahead", tier=tiers[0].label.text(content.lang))
    found.append(Line("tier_ahead", words, "percent", _ahead(content)))
    return found


def _ahead(content: Content) -> Told:
    """How far the money per customer of the highest tier lies above that of all other customers."""
    spend, rank = block(content, "tiers", "revenue"), block(content, "tiers", "final_rank")
    n = len(content.scheme.file.tiers)
    count, money = count_equal(rank, str(n), n), total_where(spend, rank, str(n), n)
    all_ = Live(f'COUNTIF({rank.ref},">0")', float((rank.values > 0).sum()))
    whole = total(spend)
    top, best = float(count.value or 0), float(money.value or 0)  # type: ignore[arg-type]
    others, rest = float(all_.value or 0) - top, round(float(whole.value or 0) - best, 2)  # type: ignore[arg-type]
    value = (
        float(round_half_away(best / top / (rest / others) - 1, 4)) if top and others and rest > 0 else None
    )
    remain = f"ROUND({whole.formula}-{money.formula},2)"
    people = f"({all_.formula}-{count.formula})"
    core = f"ROUND({money.formula}/{count.formula}/({remain}/{people})-1,4)"
    asked = f"OR({count.formula}=0,{people}=0,{remain}<=0)"
    return Told(f'IF(x_gate=1,"",IF({asked},"",{core}))', value)


def _number(value: object, whole: float) -> float | None:
    return float(value) if whole and isinstance(value, int | float) else None


def _draw(page: Canvas, row: int, line: Line) -> None:
    content, r = page.content, row + 1
    style = f"body.{'money0' if line.id == 'revenue' else line.format}"
    page.cells[row, 0] = Cell(line.label, "body.label")
    page.cells[row, NOW] = Cell(line.now.value, style, formula=line.now.formula)
    page.names[f"fig_{line.id}"] = page.ref(row, NOW)
    before = line.before
    then = before.value if before else None
    page.cells[row, BEFORE] = Cell(then, style, formula=before.formula if before else None)
    rise = _compared(page, row, line, then, (BEFORE, CHANGE, RISE), before is not None)
    goal = content.graded.settings.numbers[line.target] if line.target else None
    page.cells[row, TARGET] = Cell(goal, "body.percent", formula=f"p_{line.target}" if line.target else None)
    page.cells[row, REACHED] = Cell(None, "body.center")
    if line.target and goal is not None:
        yes, no = content.say("target_reached"), content.say("target_missed")
        up, least = f"${letter(RISE)}{r}", f"${letter(TARGET)}{r}"
        formula = f'IF(ISNUMBER({up}),IF({up}>={least},{quote(yes)},{quote(no)}),"")'
        said = None if rise is None else yes if rise >= goal else no
        page.cells[row, REACHED] = Cell(said, "body.center", formula=formula)
    last = content.last_figures.get(line.id)
    page.cells[row, LAST] = Cell(last, style)
    _compared(page, row, line, last, (LAST, LAST_CHANGE, LAST_RISE), last is not None)


def _compared(
    page: Canvas, row: int, line: Line, then: float | None, places: tuple[int, int, int], there: bool
) -> float | None:
    """Change and rise of this period's figure against the one in ``places[0]``; returns the rise."""
    now, r = line.now.value, row + 1
    a, b = f"${letter(NOW)}{r}", f"${letter(places[0])}{r}"
    percent = line.format == "percent"
    digits, unit = (2, 100.0) if percent else (SCALE[line.format], 1.0)
    change = rise = None
    if now is not None and then is not None:
        change = float(round_half_away((now - then) * unit, digits))
        rise = float(round_half_away(now / then - 1, 4)) if then > 0 else None
    both = f"AND(ISNUMBER({a}),ISNUMBER({b}))"
    difference = f"({a}-{b})*100" if percent else f"{a}-{b}"
    formulas = (
        f'IF({both},ROUND({difference},{digits}),"")',
        f'IF({both},IF({b}>0,ROUND({a}/{b}-1,4),""),"")',
    )
    whole = line.format == "integer" or line.id == "revenue"
    kind = "change_points" if percent else "change_whole" if whole else "change"
    for place, value, formula, style in zip(
        places[1:], (change, rise), formulas, (kind, "rise"), strict=True
    ):
        page.cells[row, place] = Cell(value, f"body.{style}", formula=formula if there else None)
    return rise


def _colors(page: Canvas, first: int, last: int, better: str) -> None:
    """Good, short of the target, worse."""
    worse = "<" if better == ">" else ">"
    r = first + 1
    for place, until in ((RISE, REACHED), (LAST_RISE, LAST_RISE)):
        up = f"${letter(place)}{r}"
        goal = f"${letter(TARGET)}{r}" if place == RISE else '""'
        for rule, style in (
            (f"IF(ISNUMBER({goal}),{up}>={goal},{up}{better}0)", "good"),
            (f"{up}{worse}0", "bad"),
            (f"IF(ISNUMBER({goal}),{up}<{goal},FALSE)", "warn"),
        ):
            where = (first, place, last, until)
            page.highlights.append(
                Highlight(where, "formula", f"AND(ISNUMBER({up}),{rule})", f"{style}.center")
            )


def _told_periods(page: Canvas, row: int) -> None:
    """The days of both periods and of the last book, and whether the last period seems to lack data."""
    content, say = page.content, page.content.say
    monitor, parts, values = content.scheme.monitor, [], []

    def told(words: str, day: str, value: date) -> None:
        parts.append(f'{quote(words)}&YEAR({day})&"-"&TEXT(MONTH({day}),"00")&"-"&TEXT(DAY({day}),"00")')
        values.append(f"{words}{value.isoformat()}")

    gap = "0"
    if monitor.periods:
        for age in (0, 1):
            window = monitor.periods[age]
            start, end = window_of(content, window)
            told(say(f"period_{age}"), f"(win_{window}_start+1)", (start + 1).item())
            told(say("period_to"), f"win_{window}_end", end.item())
        early = _early(content)
        gap = f"IF(seen_{monitor.source}_1=0,0,IF(seen_early=0,1,0))"
        missing = seen_in(content, monitor.source, 1) > 0 and early == 0
        parts.append(f'IF({gap}=1,{quote(say("period_short"))},"")')
        values.append(say("period_short") if missing else "")
    last = content.last_figures.get("as_of")
    words = say("period_book_none")
    if last is not None:
        from datetime import timedelta

        words = say("period_book", date=(EPOCH + timedelta(days=int(last))).isoformat())
    parts.append(quote(words))
    values.append(words)
    page.span(row, 0, WIDTH - 1, Cell("".join(values), "hint", formula="&".join(parts)))
    page.highlights.append(Highlight((row, 0, row, WIDTH - 1), "formula", f"{gap}=1", "warn.text"))


def _early(content: Content) -> float:
    """The rows in the first twelfth of the last period."""
    start, end = window_of(content, content.scheme.monitor.periods[1])
    days = content.records[content.scheme.monitor.source]["date"].to_numpy().astype("datetime64[D]")
    until = start + int(round_half_away((end - start).astype(int) / TWELFTH))
    return float(((days > start) & (days <= until)).sum())


def monitor_cells(content: Content) -> tuple[dict[tuple[int, int], Cell], dict[str, str]]:
    """The cells of ``_calc`` that the monitoring goes by, and their names.

    They are the first and last day of each period of its own, and how many rows each period has.
    """
    monitor, layout = content.scheme.monitor, content.layout
    lines: list[tuple[str, str, float]] = []
    for key, formulas in monitor.formulas(content.scheme.file.windows).items():
        for side, formula, day in zip(("start", "end"), formulas, window_of(content, key), strict=True):
            lines.append((f"win_{key}_{side}", formula, float((day.item() - EPOCH).days)))
    if monitor.periods:
        for table in dict.fromkeys((monitor.source, "service")):
            for age in (0, 1):
                start_name, end_name = (f"win_{monitor.periods[age]}_{side}" for side in ("start", "end"))
                counted = _dated(layout, table, start_name, end_name)
                lines.append((f"seen_{table}_{age}", counted, seen_in(content, table, age)))
        window = f"win_{monitor.periods[1]}"
        until = f"{window}_start+ROUND(({window}_end-{window}_start)/{TWELFTH},0)"
        early = _dated(layout, monitor.source, f"{window}_start", f"({until})")
        lines.append(("seen_early", early, _early(content)))
    cells, names = {}, {}
    for i, (name, formula, value) in enumerate(lines):
        cells[i, CALC_COLUMN] = Cell(name)
        cells[i, CALC_COLUMN + 1] = Cell(value, formula=formula)
        names[name] = f"_calc!${letter(CALC_COLUMN + 1)}${i + 1}"
    return cells, names


def _dated(layout: Layout, table: str, after: str, until: str) -> str:
    """How many rows of a detail table have a day in a span, as a formula."""
    days = (layout.whole(sheet, "date") for sheet in layout.sheets(table))
    return "+".join(f'COUNTIFS({day},">"&{after},{day},"<="&{until})' for day in days)


def figure_cells(content: Content) -> dict[str, Cell]:
    """Every figure of this period as the next run finds it: live, so as staff leave it."""
    found = {line.id: (f"fig_{line.id}", line.now.value) for line in lines_of(content)}
    cells = {
        key: Cell(value, "plain.text", formula=f'IF(ISNUMBER({name}),{name},"")')
        for key, (name, value) in found.items()
    }
    return cells | {"as_of": Cell(content.as_of_serial, "plain.text", formula="p_as_of")}
