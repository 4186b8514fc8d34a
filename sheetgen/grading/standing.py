"""What a book hands on of each customer: the tier it was written with, and what tracking must remember.

Ranks rise from 1 for the lowest tier; 0 is nothing known. Days are serial numbers. The next book reads this
and never the cells that formulas fill, so a book saved without being recalculated hands on the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from sheetgen.errors import UsageError
from sheetgen.grading.coding import EPOCH

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.grading.engines import Run
    from sheetgen.i18n import Lang
    from sheetgen.model import Clean, Graded
    from sheetgen.scheme.compile import Scheme

RANKS = ("final", "held", "reached", "opened")
COUNTS = ("below", "opened_below")
DAYS = ("since", "opened_since", "first_seen")
HANDED_ON = (*RANKS, *COUNTS, *DAYS)
READ_AS = {
    "held": "held_last",
    "reached": "reached_last",
    "below": "below_last",
    "since": "since_last",
    "opened": "opened_last",
    "opened_below": "opened_below",
    "opened_since": "opened_since",
    "first_seen": "first_seen",
}
"""handed on -> the input of 客户级别 that the next book reads it as"""


@dataclass(frozen=True)
class LastRules:
    """The rules that the last book was written by: scheme file, numbers that staff had set, as-of date."""

    scheme_id: str = ""
    scheme_text: str = ""
    changed: Mapping[str, float] = field(default_factory=dict)
    as_of: date | None = None


def hand_on(graded: Graded) -> pd.DataFrame:
    """A row a customer: customer_id and the columns of HANDED_ON, as float64."""
    import numpy as np
    import pandas as pd

    frame = graded.frame
    as_of = float((graded.settings.as_of - EPOCH).days)
    held = frame["held_rank"].to_numpy(dtype=np.float64)
    tracked = "start_rank" in frame
    start = frame["start_rank"].to_numpy(dtype=np.float64) if tracked else held
    since = frame["start_since"].to_numpy(dtype=np.float64) if tracked else np.zeros(len(held))
    below = frame["below"].to_numpy(dtype=np.float64) if tracked else np.zeros(len(held))
    first = frame["first_seen"].to_numpy(dtype=np.float64) if "first_seen" in frame else np.zeros(len(held))
    return pd.DataFrame(
        {
            "customer_id": frame["customer_id"],
            "final": frame["final_rank"].astype("float64"),
            "held": held,
            "reached": frame["rank"].astype("float64"),
            "opened": start,
            "below": np.where(held < start, 0.0, below),
            "opened_below": frame["start_below"].astype("float64") if tracked else 0.0,
            "since": np.where(held == start, since, as_of),
            "opened_since": since,
            "first_seen": np.where(first > 0, first, as_of),
        }
    )


def take_up(
    inputs: pd.DataFrame, ids: list[str], handed: Mapping[str, Mapping[str, float | str]], scheme: Scheme
) -> pd.DataFrame:
    """``inputs`` with what the last book handed on. ``handed``: customer -> column -> number, ranks as tier
    ids. A tier that the scheme no longer has is not known.
    """
    import numpy as np

    rank_of = {tier.id: float(i) for i, tier in enumerate(reversed(scheme.file.tiers), 1)}
    known = {i.id for i in scheme.inputs}
    found = inputs.copy()
    for key, name in READ_AS.items():
        if name not in known:
            continue
        cells = [handed.get(customer, {}).get(key, 0.0) for customer in ids]
        found[name] = np.asarray(
            [rank_of.get(c, 0.0) if isinstance(c, str) else c for c in cells], dtype=float
        )
    return found


def rank_by_last_rules(
    clean: Clean, last: LastRules, inputs: pd.DataFrame, scheme: Scheme, as_of: date, lang: Lang, run: Run,
    changed: Mapping[str, float],
) -> pd.DataFrame:  # fmt: skip
    """``inputs`` with the rank this data would hold under the last book's rules, if they have changed."""
    import numpy as np

    from sheetgen.grading.grade import grade
    from sheetgen.grading.measure import measure
    from sheetgen.grading.settings import resolve_cuts, start_settings
    from sheetgen.scheme.library import read_scheme

    same = last.scheme_text == scheme.text and dict(last.changed) == dict(changed)
    if not last.scheme_text or same:
        return inputs
    found = inputs.copy()
    if last.scheme_id != scheme.id:  # what other tiers meant cannot be held against these
        found["rule_rank"] = found["previous"].map(_ranks(scheme)).fillna(0.0).to_numpy(dtype=np.float64)
        return found
    try:
        was = scheme if last.scheme_text == scheme.text else read_scheme(last.scheme_text)
    except UsageError:  # written by a version that knew other keys
        return inputs
    settings = start_settings(was, as_of, last.changed, last.as_of)
    facts = measure(clean, was, settings, run)
    settings = resolve_cuts(was, settings, facts, last.changed)
    ranks = grade(facts, inputs, was, settings, lang).frame["held_rank"]
    ids = [tier.id for tier in reversed(was.file.tiers)]
    now = {tier.id: float(i) for i, tier in enumerate(reversed(scheme.file.tiers), 1)}
    found["rule_rank"] = [now.get(ids[int(r) - 1], 0.0) if r > 0 else 0.0 for r in ranks.tolist()]
    return found


def _ranks(scheme: Scheme) -> dict[str, float]:
    tiers = list(enumerate(reversed(scheme.file.tiers), 1))
    return {word: float(i) for i, tier in tiers for word in (tier.label.zh, tier.label.en)}
