"""Lines of totals in a file against the records above them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetgen.ingest.amounts import Worth
from sheetgen.ingest.money import total_cents
from sheetgen.ingest.platforms import export_of
from sheetgen.ingest.quick import read_cents
from sheetgen.ingest.stack import Stack
from sheetgen.model import Issue

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def check_totals(stack: Stack, worth: Worth) -> list[Issue]:
    """SG416 for each total that is neither the sum since the total before it nor that of all above.

    Half a cent a rounded record is allowed for.
    """
    import pandas as pd

    issues = []
    at = 0
    for part, table in enumerate(stack.tables):
        rows = slice(at, at + len(table.frame))
        at = rows.stop
        field = worth.fields[part]
        export = export_of(table.source.export)
        if field not in ("amount", "refunded") or (export and export.amount_of == "order"):
            continue
        column = list(table.frame).index(field)
        footers = [(line, cells[column]) for line, cells in table.footers if column < len(cells)]
        if not footers:
            continue
        totals = read_cents(pd.Series([cell for _, cell in footers], dtype="str"), stack.scale(part, field))
        sign = -1 if worth.refund[rows].any() else 1
        amounts, lines = sign * worth.money.cents[rows], table.line.to_numpy()
        before, wrong = 0, []
        slack = 1 + int(worth.money.rounded[rows].sum()) // 2
        for i, (line, _) in enumerate(footers):
            if totals.flaw[i]:
                continue
            own = int(totals.cents[i])
            sums = [_sum(amounts, (lines > start) & (lines < line)) for start in {before, 0}]
            if all(abs(own - found) > slack for found in sums):
                wrong.append((line, own, sums[0]))
            before = line
        if wrong:
            line, own, found = wrong[0]
            facts = (("total", f"{own / 100:.2f}"), ("sum", f"{found / 100:.2f}"))
            header = stack.header(part, field)
            issues.append(
                Issue(
                    "SG416", "warning", stack.files[part], line, header, f"{own / 100:.2f}", len(wrong), facts
                )
            )
    return issues


def _sum(cents: npt.NDArray[np.int64], rows: npt.NDArray[np.bool_]) -> int:
    return total_cents(cents[rows])
