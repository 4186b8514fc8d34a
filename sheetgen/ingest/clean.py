"""Raw tables to typed ones: every record gets a fate, every amount is accounted for."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sheetgen.ingest import customers as people
from sheetgen.ingest.fates import issues_of, left_out
from sheetgen.ingest.headers import EXTRA
from sheetgen.ingest.identity import MOST, propose_merges, resolve
from sheetgen.ingest.ids import Known, learn
from sheetgen.ingest.ledger import balance
from sheetgen.ingest.refunds import REFUND_DATE, REFUNDED
from sheetgen.ingest.rules import NO_RULES, ReadRules
from sheetgen.ingest.shipping import COUPONS, SHIPPING
from sheetgen.ingest.stack import Stack, stack
from sheetgen.ingest.transactions import ORIGINAL, clean_transactions
from sheetgen.ingest.types import typed
from sheetgen.model import Clean, Issue, Raw
from sheetgen.scheme.tables import data_tables

if TYPE_CHECKING:
    import pandas as pd


def clean(raw: Raw, rules: ReadRules = NO_RULES, as_of: date | None = None) -> Clean:
    """The tables of ``raw``, typed, with the ledger and all issues. Raises ReconcileError.

    ``as_of``: the day of the book where one was asked for; days after it are told then, and stay.
    """
    import pandas as pd

    numbered = list(enumerate(raw.tables, start=1))
    stacks = {kind: stack(kind, numbered) for kind in data_tables()}
    known, odd = _known(stacks, rules)
    sales = clean_transactions(stacks["transactions"], known, rules, as_of)
    issues = [*raw.issues, *odd, *issues_of(sales.outcome), *sales.issues]
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
            ids = tables[kind]["customer_id"].drop_duplicates()
            named.append(pd.DataFrame({"customer_id": ids, "customer_name": "", "region": ""}, dtype="str"))
    told = pd.concat(named, ignore_index=True)
    tables["customers"], more = people.with_named(tables["customers"], told)
    proposed = propose_merges(tables["customers"], tables["transactions"])
    issues += [*more, *people.alike_ids(tables["customers"])]
    if proposed:
        issues.append(Issue("SG442", "note", value=proposed[0].other, count=len(proposed)))
    everything = pd.concat(missing, ignore_index=True)
    return Clean(
        tables=tables,
        extras={kind: _extras(frame) for kind, frame in tables.items()},
        ledger=balance(sales, everything),
        files=tuple(table.source for table in raw.tables),
        issues=tuple(issues),
        merges=proposed[:MOST],
    )


def _known(stacks: dict[str, Stack], rules: ReadRules) -> tuple[Known, tuple[Issue, ...]]:
    if not rules.merges:
        return learn(stacks, {}, rules.test_customers), ()
    ids: set[str] = set()
    for pile in stacks.values():
        ids |= set(typed(pile.column("customer_id"), "id").values.unique().tolist())
        if not all(pile.has(part, "customer_id") for part in range(len(pile.tables))):
            ids |= set(typed(pile.column("customer_name"), "id").values.unique().tolist())
    merged, issues = resolve(rules.merges, ids)
    return learn(stacks, merged, rules.test_customers), issues


def _extras(frame: pd.DataFrame) -> dict[str, str]:
    shown = {str(name): str(name).removeprefix(EXTRA) for name in frame if str(name).startswith(EXTRA)}
    own = {
        REFUND_DATE: "退款日期/Refunded on",
        REFUNDED: "已扣退款/Refund deducted",
        ORIGINAL: "原客户编号/Original ID",
        SHIPPING: "运费调整/Shipping adjustment",
        COUPONS: "优惠调整/Coupon adjustment",
    }
    return shown | {name: label for name, label in own.items() if name in shown}
