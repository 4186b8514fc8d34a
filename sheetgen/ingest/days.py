"""Days that can hardly be meant: long ago, after the as-of date, or alone in a far future."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sheetgen.ingest.fates import Verdict

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

FIRST: Final = date(2000, 1, 1)
ENOUGH: Final = 20
YEAR, DECADE = 366, 3653
"""days without a record. From ENOUGH records on, a year of them tells one in a hundred records behind it for
slips of the pen, ten years one in ten; of fewer records it takes ten years, and less than half behind it"""


def late_verdicts(days: npt.NDArray[Any], counts: npt.NDArray[np.bool_], as_of: date | None) -> list[Verdict]:
    """SG433 before 2000, SG434 after ``as_of``; without one, SG435: it must not become the as-of date.

    A day after a given as-of date may be true, when the book is of a day gone by: such records stay, and
    no window counts them. ``counts`` marks the records that count so far.
    """
    import numpy as np

    verdicts = [Verdict("SG433", "used", days < np.datetime64(FIRST), "date", listed=False)]
    if as_of is not None:
        after = days > np.datetime64(as_of)
        return [*verdicts, Verdict("SG434", "used", after, "date", listed=int(after.sum()) <= ENOUGH)]
    edge = _last_likely(days if counts.all() else days[counts])
    if edge is None:
        return verdicts
    return [Verdict("SG435", "held_back", counts & (days > edge), "date"), *verdicts]


def _last_likely(days: npt.NDArray[Any]) -> np.datetime64 | None:
    """The day before a gap behind which hardly any record lies; None where there is no such gap."""
    import numpy as np

    n = len(days)
    if n < 3:
        return None
    numbers = days.astype("datetime64[D]").view(np.int64)
    rules = ((max(1, n // 100), YEAR), (n // 10, DECADE)) if n >= ENOUGH else (((n - 1) // 2, DECADE),)
    for most, gap in rules:
        # the newest ones and the one before them are all that matter
        top = np.sort(np.partition(numbers, n - most - 1)[n - most - 1 :])
        gaps = np.flatnonzero(np.diff(top) > gap)
        if len(gaps):
            edge: np.datetime64 = top[gaps[0]].view("datetime64[D]")
            return edge
    return None
