"""Follow-ups on 总览: how each account manager stands, and the most urgent customers by name; all live.

A column of 客户级别 (``urgency``) orders the customers; ``_calc`` finds the first few of them, so the list
costs as much as it is long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sheetgen.scheme.functions import without_wildcards
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.book import Cell, Chart, Highlight, Value
from sheetgen.workbook.layout import letter
from sheetgen.workbook.removed import count_formula, counts_formula
from sheetgen.workbook.sheets.canvas import WIDTH
from sheetgen.workbook.sheets.live import Live, block, cents, total

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content
    from sheetgen.workbook.sheets.canvas import Canvas

OWNERS: Final = 12
URGENT: Final = 15
CALC_COLUMN: Final = 43
"""the place of the list's own cells on ``_calc``"""
SOON_DAYS: Final = 7
COUNT, OVERDUE, SOON, LATER, OLDEST, MONEY = range(1, 7)
DUE: Final = 6
SPANS: Final = ((0, 0), (1, 2), (3, 4), (5, 5), (DUE, DUE), (DUE + 1, DUE + 1), (8, WIDTH - 1))
"""the columns of the list: first and last of each"""


def followups_block(page: Canvas, row: int) -> int:
    """Draw both tables from ``row`` on; returns the next free row."""
    after = row
    if not page.content.layout.blank:  # whose customers they are, nobody has said yet
        page.section(row, page.content.say("section_due"))
        after = _owners(page, row + 1)
    return _urgent(page, after)


def _owners(page: Canvas, row: int) -> int:
    """Each account manager's customers: overdue, due within a week, later."""
    import numpy as np

    content, say = page.content, page.content.say
    owner = content.clean.tables["customers"]["owner"]
    named = _most_customers(owner)
    if not named:
        return row
    label = content.scheme.label(content.scheme.file.revenue).text(content.lang)
    words = (say(f"due_{key}") for key in ("count", "overdue", "soon", "later", "oldest"))
    page.heads(row, 0, _label("owner", content), *words, label)
    due, money = block(content, "tiers", "next_follow_up"), block(content, "tiers", "revenue")
    people, ref = owner.str.lower().to_numpy(), content.layout.block("tiers", "owner")
    first = row + 1
    last = first + len(named) - 1
    rest, whole = last + 1, last + 2
    counted, listed = ~content.removed, np.zeros(len(people), dtype=bool)
    for i, name in enumerate(named):
        mine = (people == name.lower()) & counted
        listed |= mine
        page.cells[first + i, 0] = Cell(name, "body.text")
        lives = _of_owner(content, counts_formula(content.layout, f"({ref}=$A{first + i + 1})"), mine)
        lives.append(
            Live(
                f"ROUND(SUMPRODUCT(({ref}=$A{first + i + 1})*ISNUMBER({money.ref}),{money.ref}),2)",
                cents(money.values[mine]),
            )
        )
        _row(page, first + i, lives, "body")
    everyone = [
        Live(count_formula(content.layout), float(content.counted)),
        *_counts(content, counted),
        Live(f'IF($C{whole + 1}=0,"",MIN({due.ref}))', _oldest(content, counted)),
        total(money),
    ]
    unlisted = f"ISNA(MATCH({without_wildcards(ref)},$A${first + 1}:$A${last + 1},0))"
    day = f"MIN(IF(ISNUMBER({due.ref}),IF({due.ref}<p_as_of,IF({unlisted},{due.ref}))))"
    others = [
        Live(f"{letter(col)}{whole + 1}-SUM({letter(col)}{first + 1}:{letter(col)}{last + 1})", value)
        for col, value in zip((COUNT, OVERDUE, SOON, LATER), _values(content, counted & ~listed), strict=True)
    ]
    others.append(Live(f'IF($C{rest + 1}=0,"",{day})', _oldest(content, ~listed)))
    column = letter(MONEY)
    sums = f"{column}{whole + 1}-SUM({column}{first + 1}:{column}{last + 1})"
    others.append(Live(f"ROUND({sums},2)", cents(money.values[~listed])))
    page.cells[rest, 0] = Cell(say("due_others"), "body.text")
    page.cells[whole, 0] = Cell(say("total"), "total.text")
    _row(page, rest, others, "body")
    _row(page, whole, everyone, "total")
    for col, style in ((OVERDUE, "bad"), (SOON, "warn")):
        where, some = (first, col, rest, col), f"N(${letter(col)}{first + 1})>0"
        page.highlights.append(Highlight(where, "formula", some, f"{style}.integer"))
    bars = page.series(say("overdue"), first, rest, 0, OVERDUE, color="#A65628")
    high = 24 * len(named) + 84
    chart = Chart("bar", say("chart_due"), (bars,), row, MONEY + 1, 478, high, say("alt_due"), "#,##0")
    page.charts.append(chart)
    return max(whole, row + high // 20) + 2


def _most_customers(owner: Any) -> list[str]:
    """The account managers with most customers; a spreadsheet knows no upper and lower case in names."""
    held = owner[owner != ""]
    folded = held.str.lower()
    sizes, spelled = folded.value_counts(), held.groupby(folded).first()
    ordered = sorted(sizes.index, key=lambda name: (-int(sizes[name]), str(spelled[name])))
    return [str(spelled[name]) for name in ordered[:OWNERS]]


def _values(content: Content, mine: Any) -> list[float]:
    """Customers, overdue, soon and later among ``mine``."""
    due, as_of = content.graded.frame["next_follow_up"].to_numpy(), content.as_of_serial
    late, soon, later = due < as_of, (due >= as_of) & (due <= as_of + SOON_DAYS), due > as_of + SOON_DAYS
    return [float(mine.sum()), *(float((mine & part).sum()) for part in (late, soon, later))]


def _oldest(content: Content, mine: Any) -> Value:
    """The oldest overdue day among ``mine`` as a serial day; None without any."""
    due = content.graded.frame["next_follow_up"].to_numpy()
    late = due[mine & (due < content.as_of_serial)]
    return float(late.min()) if len(late) else None


def _counts(content: Content, mine: Any) -> list[Live]:
    """Overdue, soon and later of all customers."""
    due = content.layout.block("tiers", "next_follow_up")
    _, late, soon, later = _values(content, mine)
    until = f"(p_as_of+{SOON_DAYS})"
    return [
        Live(f'COUNTIF({due},"<"&p_as_of)', late),
        Live(f'COUNTIFS({due},">="&p_as_of,{due},"<="&{until})', soon),
        Live(f'COUNTIF({due},">"&{until})', later),
    ]


def _of_owner(content: Content, same: str, mine: Any) -> list[Live]:
    """Customers, overdue, soon, later and the oldest day of the customers for whom ``same`` holds."""
    due = content.layout.block("tiers", "next_follow_up")
    there, until = f"{same}*ISNUMBER({due})", f"p_as_of+{SOON_DAYS}"
    count, late, soon, later = _values(content, mine)
    day = f"MIN(IF({same}*ISNUMBER({due})*({due}<p_as_of)>0,{due}))"
    return [
        Live(f"SUMPRODUCT(--{same})", count),
        Live(f"SUMPRODUCT({there}*({due}<p_as_of))", late),
        Live(f"SUMPRODUCT({there}*({due}>=p_as_of)*({due}<={until}))", soon),
        Live(f"SUMPRODUCT({there}*({due}>{until}))", later),
        Live(f'IF(SUMPRODUCT({there}*({due}<p_as_of))=0,"",{day})', _oldest(content, mine)),
    ]


def _row(page: Canvas, row: int, lives: list[Live], surface: str) -> None:
    """One line of the table; nothing while the book withholds its numbers."""
    for col, live in enumerate(lives, 1):
        kind = {OLDEST: "date", MONEY: "money0"}.get(col, "integer")
        formula = f'IF(x_gate=1,"",{live.formula})'
        page.cells[row, col] = Cell(live.value, f"{surface}.{kind}", formula, int(col == OLDEST))


def _label(field: str, content: Content) -> str:
    return data_tables()["customers"].fields[field].label.text(content.lang)


def _urgent(page: Canvas, row: int) -> int:
    """The customers to see first: the overdue, of them the highest tiers, in a tier the oldest date."""
    content, say = page.content, page.content.say
    page.section(row, say("section_urgent"))
    page.span(row + 1, 0, WIDTH - 1, Cell(say("urgent_help"), "hint"))
    scheme, layout = content.scheme, content.layout
    words = (
        _label("customer_name", content),
        _label("customer_id", content),
        scheme.column("final_tier").label.text(content.lang),
        _label("owner", content),
        scheme.column("next_follow_up").label.text(content.lang),
        say("days_overdue"),
        scheme.column("benefits").label.text(content.lang),
    )
    for (col, last), word in zip(SPANS, words, strict=True):
        page.span(row + 2, col, last, Cell(word, "header"))
    page.heights[row + 2] = 32
    order, frame, people = _order(content), content.graded.frame, content.clean.tables["customers"]
    columns: tuple[tuple[str, list[Any], str], ...] = (
        ("customer_name", people["customer_name"].tolist(), "body.text"),
        ("customer_id", people["customer_id"].tolist(), "body.id"),
        ("final_tier", frame["final_tier"].tolist(), "body.center"),
        ("owner", people["owner"].tolist(), "body.text"),
        ("next_follow_up", frame["next_follow_up"].tolist(), "body.date"),
        ("", [], "body.integer"),
        ("benefits", frame["benefits"].tolist(), "body.text"),
    )
    first, day = row + 3, letter(DUE)
    for i in range(URGENT):
        at, place = first + i, f"_calc!${letter(CALC_COLUMN + 1)}${i + 1}"
        for (col, last), (key, values, style) in zip(SPANS, columns, strict=True):
            if key:
                value = values[order[i]] or None if i < len(order) else None
                formula = f'IF({place}="","",INDEX({layout.block("tiers", key)},{place}))'
            else:
                value = max(0.0, content.as_of_serial - columns[4][1][order[i]]) if i < len(order) else None
                formula = f'IF(ISNUMBER(${day}{at + 1}),MAX(0,p_as_of-${day}{at + 1}),"")'
            page.span(at, col, last, Cell(value, style, formula))
    for rule, style in (("<p_as_of", "bad.center"), (">=p_as_of", "warn.center")):
        formula = f"AND(ISNUMBER(${day}{first + 1}),${day}{first + 1}{rule})"
        page.highlights.append(
            Highlight((first, DUE, first + URGENT - 1, DUE + 1), "formula", formula, style)
        )
    return first + URGENT + 1


def _order(content: Content) -> list[int]:
    """The places of the most urgent customers."""
    import numpy as np

    urgency = content.graded.frame["urgency"].to_numpy(dtype=np.float64)
    ordered = np.argsort(urgency, kind="stable")[: int(np.isfinite(urgency).sum())]
    return [int(i) for i in ordered[:URGENT]]


def queue_cells(content: Content) -> dict[tuple[int, int], Cell]:
    """The cells of ``_calc`` that find the most urgent customers: urgency, and row on 客户级别.

    Of equal ones each is looked for below the one before it.
    """
    order, urgency = _order(content), content.graded.frame["urgency"].to_numpy()
    ref = content.layout.block("tiers", "urgency")
    values, places = letter(CALC_COLUMN), letter(CALC_COLUMN + 1)
    cells = {}
    for i in range(URGENT):
        mine, above = f"${values}${i + 1}", f"${values}${i}"
        found = f"MATCH({mine},{ref},0)"
        if i:
            below = f"INDEX({ref},${places}${i}+1):INDEX({ref},ROWS({ref}))"
            found = f"IF({mine}={above},${places}${i}+MATCH({mine},{below},0),{found})"
        there = i < len(order)
        cells[i, CALC_COLUMN] = Cell(
            float(urgency[order[i]]) if there else None, formula=f'IFERROR(SMALL({ref},{i + 1}),"")'
        )
        cells[i, CALC_COLUMN + 1] = Cell(
            float(order[i] + 1) if there else None, formula=f'IF({mine}="","",{found})'
        )
    return cells
