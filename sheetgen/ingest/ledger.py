"""The account of the transactions: rows and cents by fate, against what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetgen.errors import ReconcileError
from sheetgen.ingest.fates import same_file
from sheetgen.ingest.money import total_cents
from sheetgen.ingest.transactions import Sales
from sheetgen.model import FATES, Fate, Ledger

if TYPE_CHECKING:
    import pandas as pd


def balance(sales: Sales, left_out: pd.DataFrame) -> Ledger:
    """The ledger of ``sales``. Raises ReconcileError (SG610) when a row or a cent is unaccounted for.

    What was read is counted from the files; what is used, from the finished table.
    """
    import numpy as np

    stack = sales.outcome.stack
    rows: dict[Fate, int] = dict.fromkeys(FATES, 0)
    cents: dict[Fate, int] = dict.fromkeys(FATES, 0)
    for fate in FATES[1:]:
        theirs = np.flatnonzero(sales.outcome.fated(fate))
        rows[fate], cents[fate] = len(theirs), total_cents(sales.cents[theirs])
    rows["used"], cents["used"] = len(sales.frame), total_cents(sales.frame["cents"].to_numpy())
    for table, twice in zip(stack.tables, same_file(stack), strict=True):
        rows["duplicate" if twice else "held_back"] += len(table.malformed)
        rows["structure"] += table.structure
    read_rows = sum(table.source.rows for table in stack.tables)
    ledger = Ledger(rows, cents, read_rows, total_cents(sales.cents), left_out)
    mine = left_out[(left_out["table"] == "transactions") & (left_out["fate"] != "used")]
    listed = rows["held_back"] + rows["duplicate"] + rows["status"]
    if not ledger.balances or len(mine) != listed:
        raise ReconcileError(
            "does_not_reconcile",
            "SG610",
            read=read_rows,
            found=sum(rows.values()),
            listed=len(mine),
            read_cents=ledger.read_cents,
            found_cents=sum(cents.values()),
        )
    return ledger
