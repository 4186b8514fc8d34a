"""Customers whom staff marked as deleted, live: the twin of grading/removed.py.

Their rows say so in place of every result. A book written before there was a column for the mark has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sheetgen.grading.removed import FIELD, marks
from sheetgen.i18n import text
from sheetgen.scheme.expr import quote

if TYPE_CHECKING:
    from sheetgen.i18n import Lang
    from sheetgen.workbook.layout import Layout

WORD: Final = "state_removed"
"""the message that stands in place of results"""


def removed_word(lang: Lang) -> str:
    """What stands in place of results."""
    return text(WORD, lang)


def state_formula(layout: Layout, gate: str = "x_gate_text") -> str:
    """The state of a row of 价值评分: 1 where it shows results, else the word in their place.

    ``gate``: what stands there while the book withholds all numbers.
    """
    own, state = layout.own("scores", "customer_id"), f"IF(x_gate=1,{gate},1)"
    if FIELD in layout.columns["customers"]:
        cell = f"INDEX({layout.whole('customers', FIELD)},ROW())"
        marked = ",".join(f"{cell}={quote(word)}" for word in marks())
        state = f"IF(OR({marked}),{quote(removed_word(layout.lang))},{state})"
    return f'IF({own}="","",{state})'


def count_formula(layout: Layout) -> str:
    """How many customers count."""
    ids = layout.block("customers", "customer_id")
    if FIELD not in layout.columns["customers"]:
        return f"COUNTA({ids})"
    cells = layout.block("customers", FIELD)
    return "".join([f"COUNTA({ids})", *(f'-COUNTIFS({ids},"<>",{cells},{quote(word)})' for word in marks())])


def counts_formula(layout: Layout, condition: str) -> str:
    """``condition`` over the rows of 客户级别 as 1 and 0, only for customers that count."""
    if FIELD not in layout.columns["customers"]:
        return condition
    return f"{condition}*({layout.block('tiers', 'state')}<>{quote(removed_word(layout.lang))})"
