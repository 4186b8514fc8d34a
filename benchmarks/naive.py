"""The opponent of recalc.py: our own book, its metrics written with SUMIFS over the whole history.

That is what a person types, and what comes of most generators. Everything else stays as it is, and every
doubt is in the opponent's favour: ranges end with the data, the machinery of slices and tails is replaced
by its values, distinct categories are counted over a typed list, and distinct orders over a 0/1 column that
the program writes beside the history (counting them with formulas alone would be quadratic for each
customer).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sheetgen.grading.measure import ROUND
from sheetgen.scheme.expr import quote
from sheetgen.workbook.book import Book, Column, Sheet, Table
from sheetgen.workbook.formulas import conditions, guarded_formula
from sheetgen.workbook.layout import FIRST, HELPERS, letter

LISTED = 40
"""how many different texts are still counted over a typed list"""


def naive_book(book: Book, content: Any, distinct: bool = True) -> Book:
    """``book`` with whole-history metrics. Without ``distinct`` its distinct counts are mere values."""
    layout, scheme = content.layout, content.scheme
    flags: dict[str, list[Column]] = {table: [] for table in scheme.detail_tables}
    formulas: dict[str, str | None] = {
        f"{table}_{helper}": None for table in scheme.detail_tables for helper in HELPERS
    }
    for key, metric in scheme.metrics.items():
        if metric.source in flags and metric.agg != "days_since":
            if metric.agg == "count_distinct" and not distinct:
                formulas[key] = None
                continue
            core = _metric(content, key, metric, flags[metric.source])
            formulas[key] = guarded_formula(layout, "scores", core)
    return replace(book, sheets=tuple(_sheet(sheet, formulas, flags) for sheet in book.sheets))


def _sheet(sheet: Sheet, formulas: dict[str, str | None], flags: dict[str, list[Column]]) -> Sheet:
    table = sheet.table
    if sheet.id == "calc":
        cells = {
            at: replace(cell, formula=None, array=0) if at[1] >= 4 else cell
            for at, cell in sheet.cells.items()
        }
        return replace(sheet, cells=cells)
    if table is None:
        return sheet
    if sheet.id.startswith("tail_"):
        return replace(sheet, table=_table(table, [replace(c, formula=None) for c in table.columns]))
    if sheet.id == "scores":
        columns = [replace(c, formula=formulas[c.id]) if c.id in formulas else c for c in table.columns]
        return replace(sheet, table=_table(table, columns))
    return replace(sheet, table=_table(table, [*table.columns, *flags.get(sheet.id, [])]))


def _table(table: Table, columns: list[Column]) -> Table:
    return replace(table, columns=tuple(columns))


def _metric(content: Any, key: str, metric: Any, flags: list[Column]) -> str:
    layout, source = content.layout, metric.source
    end = FIRST + layout.rows[source] - 1

    def cells(column: str) -> str:
        return f"{layout.sheet(source)}!${column}${FIRST}:${column}${end}"

    def of(field: str) -> str:
        return cells(layout.columns[source][field])

    tests = conditions(layout, key)
    whose = f"{of('customer_id')},{layout.own('scores', 'customer_id')}"
    where = _pairs(whose, of, tests)
    digits = ROUND.get(metric.format)

    def rounded(core: str) -> str:
        return core if digits is None else f"ROUND({core},{digits})"

    match metric.agg:
        case "sum":
            return rounded(f"SUMIFS({of(metric.of)},{where})")
        case "count":
            return f"COUNTIFS({where})"
        case "mean":
            return f'IFERROR({rounded(f"AVERAGEIFS({of(metric.of)},{where})")},"")'
        case "count_distinct":
            texts = sorted(set(content.records[source][metric.of]) - {""})
            if len(texts) <= LISTED:
                listed = "{" + ",".join(map(quote, texts)) + "}"
                return f"SUMPRODUCT(--(COUNTIFS({where},{of(metric.of)},{listed})>0))"
            column = letter(len(layout.columns[source]) + len(flags))
            flags.append(_firsts(content, key, metric))
            return f"SUMIFS({cells(column)},{_pairs(whose, of, [t for t in tests if t[0] == 'date'])})"
        case _:
            most = f"_xlfn.{'MIN' if metric.agg == 'min' else 'MAX'}IFS({of(metric.of)},{where})"
            return f'IF({most}=0,"",{most})'


def _pairs(whose: str, of: Any, tests: list[tuple[str, str, str]]) -> str:
    pairs = [whose]
    for field, operator, right in tests:
        if right.startswith('"'):
            word = f'"{operator}{right[1:]}' if operator != "=" else right
        else:
            word = f'"{operator}"&{right}' if right[0].isalpha() else f'"{operator}{right}"'
        pairs.append(f"{of(field)},{word}")
    return ",".join(pairs)


def _firsts(content: Any, key: str, metric: Any) -> Column:
    """1 on the first counted line of each order, else 0: exact where an order has one day."""
    import operator

    import numpy as np

    compare = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "=": operator.eq}
    frame = content.records[metric.source]
    counts = np.ones(len(frame), dtype=bool)
    for condition in content.scheme.conditions[key]:
        field, value = condition.field.id, condition.value
        if condition.field.type == "money":
            field, value = "cents", round(float(value) * 100)
        counts &= compare[condition.operator](frame[field].to_numpy(), value)
    again = frame[["key", metric.of]][counts].duplicated()
    flags = np.zeros(len(frame) + content.layout.spare[metric.source])
    flags[np.flatnonzero(counts)[~again.to_numpy()]] = 1
    return Column(f"first_{key}", f"first_{key}", "number", flags)
