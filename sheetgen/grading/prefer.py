"""What the transactions say a customer likes: derived preferences, to stand beside what staff recorded."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sheetgen.scheme.rounding import round_half_away

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN = "—"
DERIVED_FIELDS = (
    "top_category",
    "top_channel",
    "usual_basket",
    "usual_interval",
    "usual_weekday",
    "since_purchase",
)
BESIDE = {"likes_category": "top_category", "likes_channel": "top_channel"}
"""what staff record -> what the transactions say of the same; staff's word wins"""


def derive_preferences(customers: pd.Series[str], transactions: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """One row a customer, in the order of ``customers``; only sales up to ``as_of`` count.

    top_category and top_channel (most lines bought, then most money, then by name), usual_basket (median
    order, currency units), usual_interval (median days between days with orders), usual_weekday
    (1 Monday … 7 Sunday, most days; the later one on a tie), since_purchase (days to ``as_of``).
    """
    import pandas as pd

    ids = pd.Index(customers.to_numpy(), name="customer_id")
    found = pd.DataFrame(index=pd.RangeIndex(len(ids)))
    sales = transactions.assign(who=ids.get_indexer(pd.Index(transactions["customer_id"])))
    counts = (sales["cents"] > 0) & (sales["date"] <= pd.Timestamp(as_of)) & (sales["who"] >= 0)
    sales = sales[counts]
    found["top_category"] = _most(sales, "category")
    found["top_channel"] = _most(sales, "channel")
    orders = sales.groupby(["who", "order_id"], sort=False)["cents"].sum()
    baskets = orders.groupby(level=0).median() / 100
    found["usual_basket"] = pd.Series(round_half_away(baskets.to_numpy(), 2), index=baskets.index)
    days = sales[["who", "date"]].drop_duplicates().sort_values(["who", "date"])
    gaps = days.groupby("who")["date"].diff().dt.days
    found["usual_interval"] = gaps.groupby(days["who"]).median()
    weekdays = days.assign(weekday=days["date"].dt.day_of_week + 1).groupby(["who", "weekday"]).size()
    ranked = weekdays.rename("n").reset_index().sort_values(["who", "n", "weekday"])
    found["usual_weekday"] = ranked.drop_duplicates("who", keep="last").set_index("who")["weekday"]
    found["since_purchase"] = (pd.Timestamp(as_of) - days.groupby("who")["date"].max()).dt.days
    return found.set_index(ids).reset_index()


def preferred(derived: pd.DataFrame, recorded: pd.DataFrame) -> pd.DataFrame:
    """What to go by: ``derived``, and over it what staff recorded (customer_id and the fields of BESIDE).

    ``differs`` tells where both speak and say different things, but for case and blanks.
    """
    import numpy as np

    found = derived.copy()
    differs = np.zeros(len(found), dtype=bool)
    own = recorded.drop_duplicates("customer_id").set_index("customer_id")
    for field, beside in BESIDE.items():
        said = found["customer_id"].map(own[field]).astype("object").fillna("").astype("str").str.strip()
        known = found[beside].astype("object").fillna("").astype("str")
        has = (said != "").to_numpy(dtype=bool)
        other = (said.str.casefold() != known.str.strip().str.casefold()).to_numpy(dtype=bool)
        differs |= has & other & (known != "").to_numpy(dtype=bool)
        found[beside] = known.where(~has, said)
    return found.assign(differs=differs)


def _most(sales: pd.DataFrame, column: str) -> Any:
    named = sales[(sales[column] != "") & (sales[column] != UNKNOWN)]
    ranked = named.groupby(["who", column], sort=False)["cents"].agg(["size", "sum"]).reset_index()
    ranked = ranked.sort_values(["who", "size", "sum", column], ascending=[True, True, True, False])
    return ranked.drop_duplicates("who", keep="last").set_index("who")[column]
