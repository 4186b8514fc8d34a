"""The live checks of 数据质量 as formulas, for the sheet that shows them and the re-grade that tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetgen.workbook.layout import FIRST

if TYPE_CHECKING:
    from sheetgen.workbook.layout import Layout


def check_formulas(layout: Layout) -> dict[tuple[str, str], str]:
    """(check, table) -> formula.

    ``open``: rows of no customer yet; ``dates``, ``amounts``: rows without one; ``numbers``: customers
    without a number; ``total``: all money. All but the total are 0 where nothing is amiss.
    """
    found = {}
    for table in layout.scheme.detail_tables:
        found["open", table] = f"{table}_open"
        found["dates", table] = f"MAX(0,{table}_rows-COUNT({layout.every(table, 'date')}))"
    ids, keys = (layout.block("customers", key) for key in ("customer_id", "key"))
    column = layout.whole("customers", "customer_id")
    titles = f"COUNTA(INDEX({column},1):INDEX({column},{FIRST - 1}))"
    numbered = f'SUMPRODUCT(({ids}<>"")*ISNUMBER({keys}))'
    found["numbers", "customers"] = f"COUNTA({column})-{titles}-{numbered}"
    amounts = layout.every("transactions", "amount")
    found["amounts", "transactions"] = f"MAX(0,transactions_rows-COUNT({amounts}))"
    found["total", "transactions"] = f"ROUND(SUM({amounts}),2)"
    return found
