"""One thing that is not as it was written, and whose doing it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "override", "correction", "remark", "parameter", "typed_over", "added", "deleted", "moved", "conflict"
]
Cause = Literal["staff", "data"]


@dataclass(frozen=True, slots=True)
class Edited:
    """One change. ``cell`` and ``customer`` are empty where it has none.

    ``cause``: staff, or raw data that were brought in. ``data``: of a conflict, what the raw data say; what
    staff wrote stays. Of a customer who ``moved``: ``now`` is the book that holds them.
    """

    sheet: str
    cell: str
    customer: str
    kind: Kind
    was: str
    now: str
    cause: Cause = "staff"
    data: str = ""
