"""What moved since the last book: the changes of this run, and the append-only ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetgen.i18n import text
from sheetgen.model import Change, Clean, Graded

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.i18n import Lang
    from sheetgen.scheme.compile import Scheme

LEDGER_COLUMNS = ("week", "customer_id", "customer_name", "was", "now", "move", "cause", "why")


CAUSES = ("", "data", "rule", "override", "correction")
"""what the numbers of the standard column ``cause`` stand for"""


def empty_ledger() -> pd.DataFrame:
    """A ledger without entries."""
    import pandas as pd

    frame = pd.DataFrame({name: pd.Series(dtype="object") for name in LEDGER_COLUMNS})
    return frame.assign(week=pd.Series(dtype="datetime64[ns]"))


def track(
    graded: Graded, clean: Clean, scheme: Scheme, ledger: pd.DataFrame, lang: Lang
) -> tuple[pd.DataFrame, tuple[Change, ...]]:
    """``ledger`` with this run's changes at its end, and the changes. A customer's first tier is no change.

    What is written is never taken away. A repeated run starts from the same ledger, so it adds nothing twice;
    nor does one for the as-of date of the last book itself, for then no tier differs from it.
    """
    import pandas as pd

    frame, n = graded.frame, len(scheme.file.tiers)
    moved = frame[(frame["previous_rank"] > 0) & (frame["step"] != 0)]
    names = clean.tables["customers"].set_index("customer_id")["customer_name"]
    tiers = {n - i: tier for i, tier in enumerate(scheme.file.tiers)}
    week = pd.Timestamp(graded.settings.as_of)
    cause = moved["cause"].map(dict(enumerate(CAUSES)))
    rows = pd.DataFrame(
        {
            "week": week,
            "customer_id": moved["customer_id"],
            "customer_name": names.reindex(moved["customer_id"]).to_numpy(),
            "was": [tiers[int(rank)].label.text(lang) for rank in moved["previous_rank"].tolist()],
            "now": [tiers[int(rank)].label.text(lang) for rank in moved["final_rank"].tolist()],
            "move": moved["move"],
            "cause": [text(f"cause_{key}", lang) for key in cause.tolist()],
            "why": moved["why"],
        },
        columns=list(LEDGER_COLUMNS),
    )
    changes = tuple(
        Change(customer, name, tiers[int(was)].id, tiers[int(now)].id, key, why)
        for customer, name, was, now, key, why in zip(
            rows["customer_id"].tolist(),
            rows["customer_name"].tolist(),
            moved["previous_rank"].tolist(),
            moved["final_rank"].tolist(),
            cause.tolist(),
            rows["why"].tolist(),
            strict=True,
        )
    )
    whole = pd.concat([ledger, rows], ignore_index=True) if len(ledger) else rows.reset_index(drop=True)
    return whole, changes
