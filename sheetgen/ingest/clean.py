"""Raw tables to typed ones: every record gets a fate, every amount is accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetgen.ingest import customers as people
from sheetgen.ingest.fates import issues_of, left_out
from sheetgen.ingest.headers import EXTRA
from sheetgen.ingest.ledger import balance
from sheetgen.ingest.rules import NO_RULES, ReadRules
from sheetgen.ingest.stack import stack
from sheetgen.ingest.transactions import REFUND_DATE, clean_transactions
from sheetgen.model import Clean, Raw
from sheetgen.scheme.tables import data_tables

if TYPE_CHECKING:
    import pandas as pd


def clean(raw: Raw, rules: ReadRules = NO_RULES) -> Clean:
    """The tables of ``raw``, typed, with the ledger and all issues. Raises ReconcileError."""
    import pandas as pd

    numbered = list(enumerate(raw.tables, start=1))
    stacks = {kind: stack(kind, numbered) for kind in data_tables()}
    known = people.ids_by_name(stacks["customers"])
    sales = clean_transactions(stacks["transactions"], known)
    issues = [*raw.issues, *issues_of(sales.outcome), *sales.issues]
    missing = [left_out(sales.outcome, sales.cents)]
    tables: dict[str, pd.DataFrame] = {}
    named = [sales.named]
    for kind, piled in stacks.items():
        if kind == "transactions":
            tables[kind] = sales.frame
            continue
        tables[kind], outcome = people.clean_log(piled, known)
        issues += issues_of(outcome)
        missing.append(left_out(outcome))
        if kind != "customers":
            ids = tables[kind]["customer_id"]
            blank = pd.Series([""] * len(ids), dtype="str")
            named.append(pd.DataFrame({"customer_id": ids, "customer_name": blank, "region": blank}))
    told = pd.concat(named, ignore_index=True)
    tables["customers"], more = people.with_named(tables["customers"], told)
    issues += [*more, *people.alike_ids(tables["customers"])]
    everything = pd.concat(missing, ignore_index=True)
    return Clean(
        tables=tables,
        extras={kind: _extras(frame) for kind, frame in tables.items()},
        ledger=balance(sales, everything),
        files=tuple(table.source for table in raw.tables),
        issues=tuple(issues),
    )


def _extras(frame: pd.DataFrame) -> dict[str, str]:
    shown = {str(name): str(name).removeprefix(EXTRA) for name in frame if str(name).startswith(EXTRA)}
    if REFUND_DATE in shown:
        shown[REFUND_DATE] = "退款日期/Refunded on"
    return shown
