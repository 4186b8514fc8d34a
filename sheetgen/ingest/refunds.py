"""Refunds: what an order's own record paid back, and refunds that stand in records of their own.

The rules, in one place:

- A record that says how much of it was paid back counts net, on its own day: its cents are the amount less
  what was refunded, in the table and in the ledger alike (SG427; the refund stands beside it).
- Paid back whole, by its amounts or by its words alone, it is no order: fate ``status``. Where words and
  amounts differ, the amounts hold. Words for a part without an amount change nothing (SG437).
- A refund in a record of its own is negative. It counts on the day of the sale that it undoes, found by
  customer and order id. Both records stay used: the order was placed and counts as one.
- Larger than its sale (SG421), before it (SG422), without one (SG420, SG426): told, and every cent kept.
- Its order does not count itself, or is held back: neither does the refund (SG429).
- Listed apart though the order's record is net of it already: a duplicate (SG428).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sheetgen.ingest.amounts import Worth
from sheetgen.ingest.fates import Outcome, Verdict
from sheetgen.ingest.headers import EXTRA
from sheetgen.ingest.identity import among
from sheetgen.ingest.ids import Ids, with_ids
from sheetgen.ingest.stack import Stack
from sheetgen.ingest.text import distinct, fold, spread
from sheetgen.ingest.words import BLANK, REFUND_NONE, REFUND_PART, REFUND_WHOLE

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

REFUND_DATE: Final = f"{EXTRA}refund_date"
REFUNDED: Final = f"{EXTRA}refunded"


@dataclass(frozen=True)
class Settled:
    """``cents``: what each record counts, net of its own refund. The masks are those of the rules above."""

    cents: npt.NDArray[np.int64]
    whole: npt.NDArray[np.bool_]
    net: npt.NDArray[np.bool_]
    larger: npt.NDArray[np.bool_]
    unsaid: npt.NDArray[np.bool_]
    unknown: npt.NDArray[np.bool_]
    closed: npt.NDArray[np.bool_]
    """does not count, by its status or, in a list of refunds, because nothing was paid back"""
    field: str = "refund_status"
    """where it stands that an order was paid back whole"""

    def verdicts(self, told: npt.NDArray[np.bool_]) -> list[Verdict]:
        """``told``: the records whose status says that they do not count."""
        return [
            Verdict("SG424", "status", self.closed & told, "status"),
            Verdict("SG424", "status", self.closed & ~told, "refund_status"),
            Verdict("SG436", "status", self.whole, self.field),
            Verdict("SG421", "used", self.larger, "refunded"),
            Verdict("SG427", "used", self.net, "refunded", listed=False),
            Verdict("SG437", "used", self.unsaid),
            Verdict("SG423", "used", self.unknown, "refund_status", listed=False),
        ]


def settle(stack: Stack, worth: Worth, state: pd.Series[str]) -> Settled:
    """What each record counts. ``state``: paid, closed, unpaid or refunded."""
    import numpy as np

    cents, back = worth.money.cents, worth.back
    paid = (state == "paid").to_numpy(dtype=bool)
    n = len(cents)
    none = np.zeros(n, bool)
    whole = part = open_ = unknown = none
    if "refund_status" in stack.cells:
        codes, cells = distinct(stack.column("refund_status"))
        said = [_said(cell) for cell in cells]
        whole, part, open_, unknown = (
            spread(codes, [word == kind for word in said], np.bool_)
            for kind in ("whole", "part", "open", "unknown")
        )
    if not (paid.all() and not back.any() and not worth.refund.any() and not (whole | part).any()):
        refunded = (state == "refunded").to_numpy(dtype=bool)
        some = (back > 0) & (back < cents)
        closed = np.where(worth.refund, ~paid & ~refunded | open_, ~paid & ~(refunded & (some | (cents < 0))))
        own = ~worth.refund & ~closed
        gone = own & (cents > 0) & ((back == cents) | (whole & (back == 0)))
        net = own & ~gone & (back > 0)
        words = _partly(stack) | part
        return Settled(
            np.where(net, cents - back, cents),
            gone,
            net,
            net & (back > cents),
            own & words & (back == 0) & (cents > 0) & ~gone,
            unknown,
            closed,
            "refunded" if "refunded" in stack.cells else "refund_status",
        )
    return Settled(cents, none, none, none, own_words(stack, cents), unknown, ~paid)


def own_words(stack: Stack, cents: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Records whose status says that a part was refunded, and nothing says how much."""
    found: npt.NDArray[np.bool_] = _partly(stack) & (cents > 0)
    return found


def _partly(stack: Stack) -> npt.NDArray[np.bool_]:
    import numpy as np

    if "status" not in stack.cells:
        return np.zeros(len(stack.cells), bool)
    codes, cells = distinct(stack.column("status"))
    found: npt.NDArray[np.bool_] = spread(codes, [fold(cell) in REFUND_PART for cell in cells], np.bool_)
    return found


def _said(cell: str) -> str:
    word = fold(cell)
    if word in BLANK:
        return ""
    for kind, words in (("whole", REFUND_WHOLE), ("part", REFUND_PART), ("open", REFUND_NONE)):
        if word in words:
            return kind
    return "unknown"


def find_owners(
    ids: Ids, orders: pd.Series[str], ordered: npt.NDArray[np.bool_], cents: npt.NDArray[np.int64]
) -> Ids:
    """Refunds that name an order and no customer are those of the order's one customer.

    ``ordered``: the records with an order id.
    """
    import numpy as np

    rows = np.flatnonzero(ids.blank & ~ids.lost & (cents < 0) & ordered)
    if not len(rows):
        return ids
    wanted = among(orders, orders.iloc[rows]) & (cents > 0) & ~ids.blank
    pairs = orders[wanted].to_frame("order").assign(id=ids.values[wanted]).drop_duplicates()
    once = pairs[~pairs["order"].duplicated(keep=False)].set_index("order")["id"]
    whose = orders.iloc[rows].map(once)
    hit = whose.notna().to_numpy(dtype=bool)
    return with_ids(ids, rows[hit], whose[hit]) if hit.any() else ids


@dataclass(frozen=True)
class Matched:
    """``verdicts`` on the refunds; ``sold``: the day of the sale that record i undoes, NaT for none."""

    verdicts: list[Verdict]
    sold: npt.NDArray[Any] | None = None


def match(
    outcome: Outcome,
    ids: Ids,
    order: npt.NDArray[np.intp],
    ordered: npt.NDArray[np.bool_],
    days: npt.NDArray[Any],
    settled: Settled,
    worth: Worth,
) -> Matched:
    """Find the sale of every refund that counts so far. ``order``: a number for each record's order id, which
    those that are ``ordered`` have."""
    import numpy as np
    import pandas as pd

    used = outcome.used
    refund = used & (settled.cents < 0) & ~settled.net
    if not refund.any():
        return Matched([])
    n = len(refund)
    named = np.flatnonzero(refund & ordered)
    asked = np.zeros(int(order.max()) + 1, dtype=bool)
    asked[order[named]] = True
    near = np.flatnonzero(asked[order])
    told = pd.DataFrame(
        {
            "id": ids.values.iloc[near].to_numpy(dtype=object),
            "order": order[near],
            "cents": settled.cents[near],
            "day": days[near],
            "used": used[near],
            "status": outcome.fated("status")[near],
            "held": outcome.fated("held_back")[near],
            "net": np.where(settled.net[near], worth.back[near], 0),
            "refund": refund[near],
        }
    )
    key = ["id", "order"]
    sales = told[~told["refund"] & ((told["cents"] > 0) | (told["net"] > 0))]
    counted = (
        sales[sales["used"]]
        .groupby(key, sort=False)
        .agg(sold=("day", "min"), worth=("cents", "sum"), net=("net", "sum"))
    )
    others = sales.groupby(key, sort=False).agg(status=("status", "any"), held=("held", "any"))
    mine = told.loc[told["refund"], key].reset_index(drop=True)
    mine = mine.join(counted, on=key).join(others, on=key)
    mine["cents"], mine["day"] = settled.cents[named], days[named]
    found = mine["sold"].notna()
    uncounted = ~found & (mine["status"].eq(True) | mine["held"].eq(True))
    again = found & (mine["net"] > 0) & (worth.refund[named] | (-mine["cents"] == mine["net"]))
    kept = mine[found & ~again].groupby(key, sort=False)["cents"].sum().rename("back")
    back = mine.join(kept, on=key)["back"]

    def mask(rows: pd.Series[Any], among: npt.NDArray[np.intp] = named) -> npt.NDArray[np.bool_]:
        whole = np.zeros(n, bool)
        whole[among[rows.to_numpy(dtype=bool)]] = True
        return whole

    sold = np.full(n, np.datetime64("NaT"), "datetime64[ns]")
    sold[named] = mine["sold"].to_numpy(dtype="datetime64[ns]")
    verdicts = [
        Verdict("SG429", "status", mask(uncounted & mine["status"].eq(True)), "order_id"),
        Verdict("SG429", "held_back", mask(uncounted & ~mine["status"].eq(True)), "order_id"),
        Verdict("SG428", "duplicate", mask(again), "order_id"),
        Verdict("SG420", "used", mask(~found & ~uncounted), "order_id", listed=False),
        Verdict("SG421", "used", mask(found & ~again & (-back > mine["worth"])), "order_id"),
        Verdict("SG422", "used", mask(found & ~again & (mine["sold"] > mine["day"])), "order_id"),
        Verdict("SG426", "used", refund & ~ordered, listed=False),
    ]
    return Matched(verdicts, sold)


def date_back(frame: pd.DataFrame, sold: npt.NDArray[Any] | None) -> pd.DataFrame:
    """A refund counts on the day of its sale: its own day moves to ``x:refund_date``."""
    import numpy as np
    import pandas as pd

    if sold is None:
        return frame
    own = frame["date"]
    moved = sold < own.to_numpy()
    if not moved.any():
        return frame
    rows = np.flatnonzero(moved)
    shown = frame.get(REFUND_DATE, pd.Series([""] * len(frame), dtype="str")).to_numpy(
        dtype=object, copy=True
    )
    shown[rows] = np.datetime_as_string(own.to_numpy()[rows], unit="D")
    day = own.to_numpy().copy()
    day[moved] = sold[moved]
    changed: dict[str, Any] = {"date": day, REFUND_DATE: pd.Series(shown, dtype="str")}
    return frame.assign(**changed)
