"""What becomes of each record: verdicts by weight, the first that holds decides; then issues, left_out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from sheetgen.ingest.stack import Stack
from sheetgen.model import Fate, Issue, Level

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

NOTES: Final = frozenset(
    (
        "SG402",
        "SG407",
        "SG408",
        "SG409",
        "SG417",
        "SG418",
        "SG420",
        "SG423",
        "SG424",
        "SG425",
        "SG426",
        "SG427",
        "SG436",
        "SG440",
        "SG441",
    )  # nothing is lost: told, not warned of
)
LEFT_OUT: Final = ("file", "line", "table", "fate", "code", "column", "value", "cents")


@dataclass(frozen=True)
class Verdict:
    """``code`` holds for the records in ``mask``. Fate ``used``: the record stays, a cell of it is doubtful.

    ``listed``: such a cell is worth a line of its own in ``left_out``.
    """

    code: str
    fate: Fate
    mask: npt.NDArray[np.bool_]
    field: str = ""
    listed: bool = True
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Outcome:
    """The fate of each record of a stack; ``by`` is the verdict that decided it (-1: used)."""

    stack: Stack
    verdicts: tuple[Verdict, ...]
    by: npt.NDArray[np.int16]

    @cached_property
    def used(self) -> npt.NDArray[np.bool_]:
        """The records that count."""
        mask: npt.NDArray[np.bool_] = self.by < 0
        return mask

    def fated(self, fate: Fate) -> npt.NDArray[np.bool_]:
        """The records of that fate."""
        import numpy as np

        told = np.array([*(verdict.fate == fate for verdict in self.verdicts), fate == "used"])
        return told.take(self.by)

    def further(self, verdicts: Sequence[Verdict]) -> Outcome:
        """With lighter ``verdicts`` on the records that still count: the first that holds decides."""
        by = self.by.copy()
        for i, verdict in enumerate(verdicts, start=len(self.verdicts)):
            if verdict.fate != "used" and verdict.mask.any():
                by[verdict.mask & (by < 0)] = i
        return Outcome(self.stack, (*self.verdicts, *verdicts), by)


def level(code: str) -> Level:
    """How grave an issue is."""
    return "note" if code in NOTES else "warning"


def decide(stack: Stack, verdicts: Sequence[Verdict]) -> Outcome:
    """Each record gets the fate of the first verdict that holds for it."""
    import numpy as np

    return Outcome(stack, (), np.full(len(stack.cells), -1, dtype=np.int16)).further(verdicts)


def _rows(outcome: Outcome, i: int) -> npt.NDArray[np.intp]:
    import numpy as np

    verdict = outcome.verdicts[i]
    rows = np.flatnonzero(verdict.mask)
    mine: npt.NDArray[np.intp] = rows[outcome.by[rows] == (i if verdict.fate != "used" else -1)]
    return mine


def issues_of(outcome: Outcome) -> list[Issue]:
    """One issue a code, file and column: how many, and the first."""
    import numpy as np

    stack, issues = outcome.stack, []
    for i, verdict in enumerate(outcome.verdicts):
        rows = _rows(outcome, i)
        if not len(rows):
            continue
        shown = stack.column(verdict.field) if verdict.field else None
        parts, first, counts = np.unique(stack.part[rows], return_index=True, return_counts=True)
        for part, at, count in zip(parts.tolist(), rows[first].tolist(), counts.tolist(), strict=True):
            issues.append(
                Issue(
                    verdict.code,
                    level(verdict.code),
                    stack.files[part],
                    int(stack.line[at]),
                    stack.header(part, verdict.field) if verdict.field else "",
                    str(shown.iloc[at])[:80] if shown is not None else "",
                    count,
                    verdict.facts,
                )
            )
    return issues


def left_out(outcome: Outcome, cents: npt.NDArray[np.int64] | None = None) -> pd.DataFrame:
    """A row for every record that is not used and every listed cell; ``cents``: the amount of each record."""
    import numpy as np
    import pandas as pd

    stack, pieces = outcome.stack, []
    files = np.array(stack.files, dtype=object)
    for i, verdict in enumerate(outcome.verdicts):
        rows = _rows(outcome, i)
        if not len(rows) or (verdict.fate == "used" and not verdict.listed):
            continue
        headers = np.array([stack.header(p, verdict.field) for p in range(len(files))], dtype=object)
        pieces.append(
            pd.DataFrame(
                {
                    "at": rows,
                    "file": files[stack.part[rows]],
                    "line": stack.line[rows],
                    "table": stack.kind,
                    "fate": verdict.fate,
                    "code": verdict.code,
                    "column": headers[stack.part[rows]] if verdict.field else "",
                    "value": stack.column(verdict.field).iloc[rows].to_numpy() if verdict.field else "",
                    "cents": cents[rows] if cents is not None and verdict.fate != "used" else 0,
                }
            )
        )
    pieces.append(_malformed(stack))
    whole = pd.concat(pieces, ignore_index=True).sort_values("at", kind="stable")
    return whole[list(LEFT_OUT)].reset_index(drop=True)


def _malformed(stack: Stack) -> pd.DataFrame:
    import pandas as pd

    twice = same_file(stack)
    rows = [
        (
            len(stack.cells),
            name,
            line,
            stack.kind,
            *(("duplicate", "SG114") if again else ("held_back", dict(table.flaws).get(line, "SG206"))),
            "",
            raw,
            0,
        )
        for name, again, table in zip(stack.files, twice, stack.tables, strict=True)
        for line, raw in table.malformed
    ]
    return pd.DataFrame(rows, columns=["at", *LEFT_OUT]).astype(
        {"at": "int64", "line": "int64", "cents": "int64"}
    )


def same_file(stack: Stack) -> list[bool]:
    """For each table: True when an earlier one is the same sheet of a file with the same bytes."""
    seen: set[tuple[str, str]] = set()
    twice = []
    for table in stack.tables:
        key = (table.source.sha256, table.source.sheet)
        twice.append(key in seen)
        seen.add(key)
    return twice
