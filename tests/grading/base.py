"""Small cleaned data, and a seeded company with every kind of cell, made without the readers."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from sheetgen.grading.coding import EPOCH
from sheetgen.grading.grade import empty_inputs, grade
from sheetgen.grading.measure import measure
from sheetgen.grading.settings import resolve_cuts, start_settings
from sheetgen.i18n import Lang
from sheetgen.model import Clean, Facts, Graded, Ledger
from sheetgen.scheme.compile import Scheme
from sheetgen.scheme.tables import data_tables

AS_OF = date(2025, 12, 31)
Row = dict[str, Any]


def table(name: str, rows: Sequence[Row]) -> pd.DataFrame:
    """Rows as a typed table: missing texts "", missing numbers NaN, missing dates NaT; money as ``cents``."""
    made: dict[str, Any] = {}
    for field in data_tables()[name].sheet_fields:
        key = "cents" if field.id == "amount" else field.id
        values = [row.get(key) for row in rows]
        if field.id == "amount":
            made[key] = pd.Series(values, dtype="int64")
        elif field.type == "date":
            made[key] = pd.Series(pd.to_datetime(pd.Series(values, dtype="object")), dtype="datetime64[ns]")
        elif field.type in ("money", "number", "integer", "rating", "price"):
            made[key] = pd.Series([np.nan if v is None else float(v) for v in values], dtype="float64")
        else:
            made[key] = pd.Series(["" if v is None else str(v) for v in values], dtype="str")
    return pd.DataFrame(made)


def cleaned(customers: Sequence[Row], transactions: Sequence[Row] = (), service: Sequence[Row] = ()) -> Clean:
    """Clean data of these rows."""
    tables = {
        "customers": table("customers", customers),
        "transactions": table("transactions", transactions),
        "service": table("service", service),
        **{
            name: table(name, ())
            for name in ("preferences", "usage", "holdings", "survey", "payments", "stays", "points")
        },
    }
    names = ("file", "table", "fate", "code", "column", "value", "line", "cents")
    left_out = pd.DataFrame(
        {n: pd.Series(dtype="int64" if n in ("line", "cents") else "object") for n in names}
    )
    return Clean(tables, {}, Ledger({}, {}, 0, 0, left_out), ())


def sale(customer: str, cents: int, day: date = AS_OF, **more: Any) -> Row:
    """One line of an order; the order id differs from line to line unless it is given."""
    order = more.pop("order_id", f"{customer}-{day:%Y%m%d}-{cents}-{len(more)}")
    return {"customer_id": customer, "cents": cents, "date": day, "order_id": order, "status": "paid", **more}


def measured(clean: Clean, scheme: Scheme, as_of: date = AS_OF) -> Facts:
    """The facts under the scheme's own settings."""
    return measure(clean, scheme, start_settings(scheme, as_of))


def graded(
    clean: Clean,
    scheme: Scheme,
    as_of: date = AS_OF,
    lang: Lang = "zh",
    changed: dict[str, float] | None = None,
    **inputs: Any,
) -> Graded:
    """Measure and grade; ``inputs``: staff columns by id, as long as the customers."""
    settings = start_settings(scheme, as_of, changed)
    facts = measure(clean, scheme, settings)
    settings = resolve_cuts(scheme, settings, facts, changed or {})
    frame = empty_inputs(scheme, len(facts.frame))
    for key, values in inputs.items():
        frame[key] = values
    return grade(facts, frame, scheme, settings, lang)


def serial(day: date) -> float:
    """The day as a spreadsheet counts it."""
    return float((day - EPOCH).days)


def company(seed: int, people: int = 40, lines: int = 600) -> Clean:
    """Random data: refunds, ties, empty cells, any case, days around all window edges, idle customers."""
    dice = random.Random(seed)
    ids = [f"K{i:03d}" for i in range(people)]
    edges = [0, 1, 364, 365, 366, 729, 730, 731, -1, -30]

    def day() -> date:
        back = dice.choice(edges) if dice.random() < 0.4 else dice.randint(-40, 900)
        return AS_OF - timedelta(days=back)

    customers = [
        {
            "customer_id": key,
            "customer_name": f"客户{key}",
            "owner": dice.choice(["甲", "乙", ""]),
            "registered_on": None if dice.random() < 0.3 else day(),
        }
        for key in ids
    ]
    sales = [
        sale(
            dice.choice(ids[:-3]),
            dice.choice([0, 1, -1, 5, 10_000_000_000, dice.randint(-5_000_000, 50_000_000)]),
            day(),
            order_id=dice.choice(["o", "O", "p"]) + str(dice.randint(1, 30)),
            category=dice.choice(["茶", "Tea", "tea", "TEA ", "咖啡", "—", "ß", "É", "é"]),
            channel=dice.choice(["门店", "网店"]),
            quantity=None if dice.random() < 0.2 else dice.randint(-3, 30) / 2,
            due_on=None if dice.random() < 0.5 else day(),
        )
        for _ in range(lines)
    ]
    served = [
        {
            "customer_id": dice.choice(ids[:-6]),
            "date": day(),
            "satisfaction": None if dice.random() < 0.4 else dice.choice([1, 2, 3, 4, 5, 4.5]),
            "complaint": dice.choice(["yes", "no", ""]),
            "next_contact": None if dice.random() < 0.6 else day(),
        }
        for _ in range(lines // 4)
    ]
    return cleaned(customers, sales, served)
