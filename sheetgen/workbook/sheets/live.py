"""Small twins for the overview: each function returns a formula together with the value it comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sheetgen.workbook.book import Cell, Value

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content


@dataclass(frozen=True)
class Live:
    """A formula and its value."""

    formula: str
    value: Value

    def cell(self, style: str) -> Cell:
        """A cell that shows it."""
        return Cell(self.value, style, formula=self.formula)


@dataclass(frozen=True)
class Block:
    """A customer column: its range on the sheet, and the values that stand there (without prepared rows)."""

    ref: str
    values: Any


def block(content: Content, sheet: str, column: str) -> Block:
    """A column of 价值评分 or 客户级别 over all customer rows."""
    return Block(content.layout.block(sheet, column), content.graded.frame[column].to_numpy())


def number(value: float) -> str:
    """A number as formula text."""
    return f"{value:.15g}"


def count_equal(column: Block, right: str, value: float) -> Live:
    """How many customers have the number ``value``; ``right`` is its formula text."""
    return Live(f"COUNTIF({column.ref},{right})", float((column.values == value).sum()))


def count_above(column: Block, value: float) -> Live:
    """How many customers have more than ``value``."""
    return Live(f'COUNTIF({column.ref},">{number(value)}")', float((column.values > value).sum()))


def count_below(column: Block, name: str, value: float) -> Live:
    """How many customers have less than the cell ``name``, whose number is ``value``."""
    return Live(f'COUNTIF({column.ref},"<"&{name})', float((column.values < value).sum()))


def count_pair(a: Block, a_value: float, b: Block, b_value: float) -> Live:
    """How many customers have both numbers."""
    formula = f"COUNTIFS({a.ref},{number(a_value)},{b.ref},{number(b_value)})"
    return Live(formula, float(((a.values == a_value) & (b.values == b_value)).sum()))


def total(column: Block) -> Live:
    """The sum over all customers, in whole cents."""
    return Live(f"ROUND(SUM({column.ref}),2)", cents(column.values))


def total_where(column: Block, key: Block, right: str, value: float) -> Live:
    """The sum over the customers whose ``key`` is the number ``value``."""
    return Live(f"ROUND(SUMIF({key.ref},{right},{column.ref}),2)", cents(column.values[key.values == value]))


def cents(values: Any) -> float:
    """A sum of money, exact to the cent."""
    import numpy as np

    return float(np.rint(np.nan_to_num(values) * 100).sum() / 100)


def ratio(
    top: Live | str, bottom: Live | str, top_value: float, bottom_value: float, digits: int = 4
) -> Live:
    """A share; unknown where there is nothing to share."""
    from sheetgen.scheme.rounding import round_half_away

    a = top if isinstance(top, str) else top.formula
    b = bottom if isinstance(bottom, str) else bottom.formula
    value = float(round_half_away(top_value / bottom_value, digits)) if bottom_value else None
    return Live(f'IF({b}=0,"",ROUND({a}/{b},{digits}))', value)


def top_total(column: Block, count: str, n: int) -> Live:
    """What the ``n`` largest add up to (``count``: formula text of n).

    Everything above the n-th, and the n-th as often as it is still needed, so that ties do not matter.
    """
    import numpy as np

    ref, edge = column.ref, f"LARGE({column.ref},{count})"
    above = f'SUMIF({ref},">"&{edge})+{edge}*({count}-COUNTIF({ref},">"&{edge}))'
    values = -np.sort(-np.asarray(column.values, dtype=np.float64))
    return Live(f"ROUND({above},2)", cents(values[:n]))
