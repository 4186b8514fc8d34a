"""A metric of the scheme as a live formula: the twin of grading/measure.py, from the same declaration.

The program writes a detail sheet sorted by the customer's number (``key``), so each customer owns a slice
that a binary search finds in O(log n); rows that staff typed, inserted or moved are listed on a tail sheet. A
metric is the slice's part plus the tail's part, and the whole book costs O(rows). The design is measured
against SUMIFS over the whole history in benchmarks/.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sheetgen.grading.measure import DAYS_A_MONTH, ROUND
from sheetgen.i18n import text
from sheetgen.scheme.compile import TIER_TABLES
from sheetgen.scheme.expr import quote, render
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.layout import Layout

if TYPE_CHECKING:
    from sheetgen.scheme.compile import Computed
    from sheetgen.scheme.functions import Context
    from sheetgen.scheme.schema import Metric
    from sheetgen.scheme.where import Condition

MISSING = "-1E+301"
"""Stands on a tail sheet for an empty number: sums and counts can leave it out, and MAX never fails on it."""
IS_THERE = '">-1E+300"'
NUMBERS = "row_numbers"
"""The defined name of 1, 2, 3 … on the hidden sheet ``_numbers``."""
NO_ORDER = "#"
NO_WORD = "—"
SHIFT = "1E+12"
"""Added before a MAX over masked rows, so that amounts below zero win over rows that are masked out."""
SHIFT_DIGITS = 3
"""Decimals that surely outlive it."""


def guarded_formula(layout: Layout, sheet: str, core: str) -> str:
    """``core``, shown only when the row is live.

    An empty row stays empty, an unsorted book says so, and what cannot be computed is called an error.
    """
    state = layout.own(sheet, "state")
    return f"IF({state}=1,IFERROR({core},{quote(text('cell_error', layout.lang))}),{state})"


def metric_formula(layout: Layout, key: str) -> str:
    """The formula of metric ``key`` on 价值评分, row ``{r}``."""
    metric = layout.scheme.metrics[key]
    if metric.source == "customers":
        return guarded_formula(layout, "scores", _customer_fact(layout, metric))
    if metric.agg == "days_since":
        day = layout.own("scores", layout.scheme.last_of[key])
        return guarded_formula(layout, "scores", f'IF({day}="","",p_as_of-{day})')
    return guarded_formula(layout, "scores", _aggregate(layout, key, metric))


def column_formula(layout: Layout, column: Computed, context: Context) -> str:
    """The formula of a computed column on its sheet, row ``{r}``."""
    tables = dict.fromkeys(TIER_TABLES, len(layout.scheme.file.tiers))
    sizes = tables | layout.scheme.cuts
    core = render(
        column.expression, _names(layout, column.sheet), sizes, context, _numbers(layout).__contains__
    )
    return guarded_formula(layout, column.sheet, core)


def _numbers(layout: Layout) -> set[str]:
    """The columns of numbers."""
    scheme = layout.scheme
    columns = [*scheme.metrics, *(column.id for column in scheme.computed)]
    return {key for key in columns if scheme.format(key) != "text"}


def _names(layout: Layout, sheet: str) -> Callable[[str], str]:
    """How a name of an expression is written on ``sheet``."""

    def name(key: str) -> str:
        if key in layout.columns[sheet]:
            return layout.own(sheet, key)
        if key in layout.columns["scores"]:
            column = layout.whole("scores", key)
            return f"INDEX({column},{layout.own(sheet, 'row')})"
        if key == "tier_count":
            return str(len(layout.scheme.file.tiers))
        if key == "as_of" or key in layout.scheme.parameters:
            return f"p_{key}"
        return key

    return name


def _customer_fact(layout: Layout, metric: Metric) -> str:
    cell = f"INDEX({layout.whole('customers', metric.of)},ROW())"
    if metric.agg == "months_since":
        return f'IF({cell}="","",ROUND((p_as_of-{cell})/{DAYS_A_MONTH},1))'
    return f'IF({cell}="","",{cell})'


def _aggregate(layout: Layout, key: str, metric: Metric) -> str:
    """Slice and tail of one metric, put together and rounded."""
    table = metric.source
    in_slice = slice_of(layout, table)
    n, loose = layout.own("scores", f"{table}_n"), layout.own("scores", f"{table}_loose")

    def in_tail(field: str) -> str:
        return layout.tail(table, field)

    mine = (in_slice("key"), layout.own("scores", "key")) if not layout.blank else (in_slice("who"), "ROW()")
    theirs = mine if layout.blank else (in_tail("who"), "ROW()")
    rows = conditions(layout, key)

    def both(part: Callable[[tuple[str, str], Callable[[str], str]], str], joined: str = "+") -> str:
        if layout.blank:
            return f"IF({n}=0,0,{part(mine, in_slice)})"
        first, second = f"IF({n}=0,0,{part(mine, in_slice)})", f"IF({loose}=0,0,{part(theirs, in_tail)})"
        return f"{first}+{second}" if joined == "+" else f"{joined}({first},{second})"

    def counted(owner: tuple[str, str], of: Callable[[str], str]) -> str:
        return f"COUNTIFS({_criteria(owner, of, rows)})"

    def numeric(owner: tuple[str, str], of: Callable[[str], str]) -> str:
        return f"COUNTIFS({_criteria(owner, of, rows)},{of(metric.of)},{IS_THERE})"

    def summed(owner: tuple[str, str], of: Callable[[str], str]) -> str:
        there = f",{of(metric.of)},{IS_THERE}" if owner == theirs else ""
        return f"SUMIFS({of(metric.of)},{_criteria(owner, of, rows)}{there})"

    def largest(owner: tuple[str, str], of: Callable[[str], str]) -> str:
        value = of(metric.of)
        there = ""
        if metric.format != "date":
            there = f"*({value}>-1E+300)" if owner == theirs else f"*ISNUMBER({value})"
            value = f"({SHIFT}-{value})" if metric.agg == "min" else f"({SHIFT}+{value})"
        return f"SUMPRODUCT(MAX({_mask(owner, of, rows)}{there}*{value}))"

    match metric.agg:
        case "count":
            return both(counted)
        case "sum":
            return _rounded(both(summed), metric)
        case "mean":
            return f'IF({both(numeric)}=0,"",{_rounded(f"({both(summed)})/({both(numeric)})", metric)})'
        case "count_distinct":
            distinct = f"IF({n}=0,0,{_distinct(layout, table, metric.of, mine, rows)})"
            new = "" if layout.blank else f"SUMIFS({in_tail(key)},{in_tail('who')},ROW())"
            return f"{distinct}+IF({loose}=0,0,{new})" if new else distinct
        case _ if metric.format == "date":
            day = both(largest, "MAX")
            return f'IF({day}=0,"",{day})'
        case _:
            most = both(largest, "MAX")
            value = f"{SHIFT}-{most}" if metric.agg == "min" else f"{most}-{SHIFT}"
            value = f"ROUND({value},{ROUND.get(metric.format, SHIFT_DIGITS)})"
            return f'IF({both(numeric)}=0,"",{value})'


def _rounded(core: str, metric: Metric) -> str:
    return f"ROUND({core},{ROUND[metric.format]})" if metric.format in ROUND else core


def slice_of(layout: Layout, table: str) -> Callable[[str], str]:
    """Field -> the customer's own rows of it on the detail sheet."""
    first, last = (layout.own("scores", f"{table}_{end}") for end in ("first", "last"))

    def cells(field: str) -> str:
        column = my_column(layout, table, field)
        return f"INDEX({column},{first}):INDEX({column},{last})"

    return cells


def my_column(layout: Layout, table: str, field: str) -> str:
    """The whole column with the customer's own rows; a blank book's are in order on the tail only."""
    if layout.blank:
        return layout.whole(f"tail_{table}", field)
    part = layout.own("scores", f"{table}_part") if table in layout.parts else ""
    return layout.one_of(table, field, part)


Test = tuple[str, str, str]
"""field, operator, right side: a number, a quoted word or a name"""


def conditions(layout: Layout, key: str) -> list[Test]:
    """Window and ``where`` of a metric as tests on the fields of its table."""
    metric = layout.scheme.metrics[key]
    tests: list[Test] = []
    if metric.window:
        tests.append(("date", ">", f"win_{metric.window}_start"))
    tests.append(("date", "<=", f"win_{metric.window}_end" if metric.window else "p_as_of"))
    return tests + [(c.field.id, c.operator, _constant(layout, c)) for c in layout.scheme.conditions[key]]


def _constant(layout: Layout, condition: Condition) -> str:
    if isinstance(condition.value, str):
        return quote(cell_word(condition.field.type, condition.value, layout))
    return f"{condition.value:.15g}"


def cell_word(field_type: str, word: str, layout: Layout) -> str:
    """How a flag or status id stands in a cell of the book's language; other text is itself."""
    return text(f"{field_type}_{word}", layout.lang) if field_type in ("flag", "status") and word else word


def _criteria(owner: tuple[str, str], of: Callable[[str], str], tests: list[Test]) -> str:
    """The pairs of SUMIFS and COUNTIFS. Neither an empty cell nor a missing number may pass for a number."""
    pairs = [f"{owner[0]},{owner[1]}"]
    for field, operator, right in tests:
        if right.startswith('"'):
            word = f'"{operator}{_plain(right[1:])}'
        else:
            word = f'"{operator}"&{right}' if right[0].isalpha() else f'"{operator}{right}"'
        pairs.append(f"{of(field)},{word}")
        if field != "date" and not right.startswith('"') and operator in ("<", "<=", "<>"):
            pairs.append(f"{of(field)},{IS_THERE}")
    return ",".join(pairs)


def _plain(word: str) -> str:
    """``word`` without wildcards."""
    for char in "~*?":
        word = word.replace(char, f"~{char}")
    return word


def _mask(owner: tuple[str, str], of: Callable[[str], str], tests: list[Test]) -> str:
    """1 for the rows that count, 0 for the others."""
    return "*".join([f"({owner[0]}={owner[1]})", *(holds(of(test[0]), test) for test in tests)])


OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "=": "<>", "<>": "="}


def holds(cells: str, test: Test) -> str:
    """1 where ``cells`` pass ``test``; text, which is above every number, fails."""
    field, operator, right = test
    passed = f"({cells}{operator}{right})"
    if field == "date" or right.startswith('"'):
        return passed
    there = f"*({cells}>-1E+300)" if operator in ("<", "<=", "<>") else ""
    return f"ISNUMBER({cells})*{passed}{there}"


def _fails(cells: str, test: Test) -> str:
    """Above 0 where ``cells`` do not pass ``test``."""
    field, operator, right = test
    failed = f"({cells}{OPPOSITE[operator]}{right})"
    if field == "date" or right.startswith('"'):
        return failed
    missing = f"+({cells}<-1E+300)" if operator in ("<", "<=", "<>") else ""
    return f"{failed}+(1-ISNUMBER({cells})){missing}"


def _distinct(layout: Layout, table: str, field: str, mine: tuple[str, str], tests: list[Test]) -> str:
    """How many different texts stand in the slice's rows that count.

    MATCH gives each row the place of its text's first appearance, FREQUENCY counts the places; rows that do
    not count are pushed into its overflow bin, which is then taken off again. The bins are 1, 2, 3 … from
    ``_numbers``: engines sort bins that do not rise slowly, or not at all.
    """
    cells = slice_of(layout, table)
    first, last = (layout.own("scores", f"{table}_{end}") for end in ("first", "last"))
    values = filled(cells(field), table, field)
    outside = "+".join([f"({mine[0]}<>{mine[1]})", *(_fails(cells(test[0]), test) for test in tests)])
    places = f"MATCH({values},{values},0)"
    overflow = f"(COUNTIFS({_criteria(mine, cells, tests)})<{last}-{first}+1)"
    bins = f"INDEX({NUMBERS},1):INDEX({NUMBERS},{last}-{first}+1)"
    return f"SUMPRODUCT(--(FREQUENCY({places}+1E+9*({outside}),{bins})>0))-{overflow}"


def filled(cells: str, table: str, field: str) -> str:
    """The texts of a column as they are told apart.

    A typed number is text, an empty word the unknown word, and an empty id one of its own.
    """
    kind = data_tables()[table].columns[field].type
    empty = f'"{NO_ORDER}"&ROW({cells})' if kind == "id" else f'"{NO_WORD}"'
    return f'{cells}&REPT({empty},({cells}="")*1)'
