"""What flows along the pipeline. Every value is frozen and carries its own issues.

Tables are pandas frames, one row a record, columns named by field id (scheme/tables.yml).
Money is integer cents (``amount`` becomes ``cents``), ids are text, dates are datetime64 at midnight.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.i18n import Lang

Level = Literal["error", "warning", "note"]
Fate = Literal["used", "held_back", "duplicate", "status", "structure"]
FATES: tuple[Fate, ...] = ("used", "held_back", "duplicate", "status", "structure")


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is not as it should be, and where. ``facts`` fill the text of ``code`` in messages/."""

    code: str
    level: Level
    file: str = ""
    row: int = 0
    column: str = ""
    value: str = ""
    count: int = 1
    facts: tuple[tuple[str, str], ...] = ()

    def message(self, lang: Lang) -> str:
        """The issue in plain words: what, where and how to mend it."""
        from sheetgen.i18n import text

        return text(
            self.code, lang, value=self.value, column=self.column, count=self.count, **dict(self.facts)
        )


@dataclass(frozen=True, slots=True)
class SourceFile:
    """An input as it was found. ``rows`` counts physical records, header and blanks included."""

    path: str
    kind: str
    encoding: str
    sha256: str
    rows: int
    sheet: str = ""
    mapping: tuple[tuple[str, str], ...] = ()
    """field id -> the file's own header"""
    header_row: int = 0
    """the physical line of the header (0: none)"""
    platform: str = ""
    """id of the platform whose export it is (ingest/platforms.yml)"""
    export: str = ""
    """which of its exports: ``taobao.2``"""
    confidence: tuple[tuple[str, float, str], ...] = ()
    """(field id, 0 to 1, how it was had: map, exact, platform, synonym, weak)"""
    extra: tuple[str, ...] = ()
    """headers that no field claims: kept as they are"""
    scale: int = 1
    """what a line above the table says of all its money (``单位：万元``: 10,000)"""

    @property
    def label(self) -> str:
        """How an issue names the source: the file's name, with ``#sheet`` in a workbook."""
        return PurePath(self.path).name + (f"#{self.sheet}" if self.sheet else "")


@dataclass(frozen=True)
class RawTable:
    """One table of one source: text cells, by field id, and the physical line each record starts at.

    ``frame`` has one text column a field (missing: empty string) and ``x:<header>`` for columns that no field
    claims. ``line`` (int64) is as long as the frame. ``structure`` counts header, blank, footer and preamble
    lines.
    """

    source: SourceFile
    frame: pd.DataFrame
    line: pd.Series[int]
    structure: int
    malformed: tuple[tuple[int, str], ...] = ()
    """(line, raw text) of records whose fields do not fit the header"""
    footers: tuple[tuple[int, tuple[str, ...]], ...] = ()
    """(line, its cells in the order of ``frame``'s columns) of every line of totals, 小计 as well as 合计"""
    issues: tuple[Issue, ...] = ()
    """what was found while its columns were told and filled"""
    flaws: tuple[tuple[int, str], ...] = ()
    """(line, code) of malformed records, where it is not SG206: a cell too many, a quote never closed"""


@dataclass(frozen=True)
class Raw:
    """All inputs, read but not yet believed."""

    tables: tuple[RawTable, ...]
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class Ledger:
    """The fate of every physical record of the transactions, in rows and cents, and the rows not used.

    ``left_out``: file, line, fate, code, column, value, cents, one row for each record of any table that is
    not used, and for each repaired or doubtful cell (fate ``used``).
    """

    rows: dict[Fate, int]
    cents: dict[Fate, int]
    read_rows: int
    read_cents: int
    left_out: pd.DataFrame

    @property
    def balances(self) -> bool:
        """True when the fates add up to what was read, to the row and to the cent."""
        return sum(self.rows.values()) == self.read_rows and sum(self.cents.values()) == self.read_cents


MergeReason = Literal["shared_phone", "same_member_name", "leading_zeros", "same_name"]


@dataclass(frozen=True, slots=True)
class Merge:
    """Two ids that may be one customer: a proposal for staff, never done by itself.

    ``evidence`` is what both share, masked (138****8000, 张*).
    """

    keep: str
    other: str
    reason: MergeReason
    evidence: str = ""


@dataclass(frozen=True)
class Clean:
    """Typed tables by id (customers, transactions, service, preferences …), and what became of every row.

    ``customers`` holds each customer once, in the order of the input, and every customer that any other table
    names. ``extras`` lists the ``x:`` columns of each table with the header to show.
    """

    tables: dict[str, pd.DataFrame]
    extras: dict[str, dict[str, str]]
    ledger: Ledger
    files: tuple[SourceFile, ...]
    issues: tuple[Issue, ...] = ()
    merges: tuple[Merge, ...] = ()
    """pairs of customers to review, the surest first"""


@dataclass(frozen=True)
class Facts:
    """One row a customer, in the order of ``Clean.tables['customers']``; a column a metric: number, text."""

    frame: pd.DataFrame
    as_of: date
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class Settings:
    """Every number a formula uses: parameter id -> value, and the cut tables (ascending, effective)."""

    as_of: date
    numbers: dict[str, float]
    tables: dict[str, tuple[float, ...]]
    changed: dict[str, float] = field(default_factory=dict)
    """what staff (or the caller) set, by the keys of start_settings: it stays so from book to book"""
    last_as_of: date | None = None
    """the as-of date of the last book, if there was one"""


@dataclass(frozen=True)
class Change:
    """One tier that moved since the last book."""

    customer: str
    name: str
    was: str
    now: str
    cause: str
    why: str


@dataclass(frozen=True)
class Graded:
    """Facts, points, score and tier of every customer: a column each, as the scheme declares them."""

    frame: pd.DataFrame
    settings: Settings
    changes: tuple[Change, ...] = ()
    issues: tuple[Issue, ...] = ()
