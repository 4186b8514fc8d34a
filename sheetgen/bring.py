"""Raw data brought into an edited book: read and cleaned as for a build, met with its rows, patched in.

A phase of its own, with its own proof: what comes out is a book that is graded like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from sheetgen.errors import InputError, ReconcileError
from sheetgen.model import Clean, Issue, Ledger, Raw, RawTable, SourceFile

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.regrade import RegradeRequest
    from sheetgen.workbook.regrade.brought import Brought
    from sheetgen.workbook.regrade.edited import Edited
    from sheetgen.workbook.regrade.source import Source
    from sheetgen.workbook.regrade.work import Worked

BOOK = "\0book"
"""the path of the book's own customers among the inputs"""
OF_BUILDS = ("SG442",)
"""what only a new book shows: possible duplicates"""


@dataclass(frozen=True)
class Bringing:
    """What came of it. ``ledger``: every row and cent of the raw data; ``newest``: their last sale's day."""

    told: tuple[Edited, ...]
    issues: tuple[Issue, ...]
    ledger: Ledger
    files: tuple[SourceFile, ...]
    newest: date | None

    @property
    def added(self) -> int:
        """How many rows came."""
        return sum(edit.kind == "added" for edit in self.told)


def day_to_set(asked: date | None, source: Source, brought: Bringing | None) -> date | None:
    """The as-of day to set: the one asked for, else the newest sale's, if it is later than the book's."""
    from sheetgen.workbook.regrade.source import parameters_of

    if asked is not None or brought is None or brought.newest is None:
        return asked
    return brought.newest if brought.newest > parameters_of(source, None)[1][0] else None


def graded(source: Source, day: date | None, brought: Bringing | None) -> Worked:
    """The book graded anew. Raises InputError as work does: SG549 where new rows leave it out of order."""
    from sheetgen.workbook.regrade.work import work

    try:
        return work(source, day)
    except InputError as error:
        if error.key == "regrade_gate" and brought and brought.added:
            raise InputError("bring_full", "SG549", count=brought.added, **error.facts) from None
        raise


def bring_in(
    source: Source, request: RegradeRequest, merged: Sequence[tuple[str, str]]
) -> tuple[Source, Bringing | None]:
    """The book with the raw data of ``request`` in it, if any are named. ``merged``: (other, keep) of the
    customers that staff said are one.

    Raises SheetgenError as a build does, and where the book has no room and none can be made.
    """
    from sheetgen.ingest.clean import clean
    from sheetgen.ingest.package import look_through
    from sheetgen.ingest.sources import read_inputs
    from sheetgen.workbook.patch.order import reordered
    from sheetgen.workbook.patch.order_proof import misplaced
    from sheetgen.workbook.patch.package import open_package
    from sheetgen.workbook.patch.proved import patched, prove
    from sheetgen.workbook.regrade.brought import bring
    from sheetgen.workbook.regrade.raw import data_of
    from sheetgen.workbook.regrade.room import with_room

    if not request.data and not request.kinds:
        return source, None
    raw = read_inputs(request.data, request.kinds, request.rules)
    people, sales = _known(source)
    ids = set(people["customer_id"].tolist())
    done = tuple(pair for pair in merged if pair[0] not in ids)  # the others are still two in this book
    listed = _listed(raw)
    cleaned = clean(_with_people(raw, people, listed), request.rules.with_merges(done), request.as_of)
    if not cleaned.ledger.balances:
        raise ReconcileError("not_balanced", "SG600")
    data = data_of(cleaned, listed, source.lang, sales)
    source = with_room(source, data.tables["customers"]["customer_id"].tolist())
    brought = bring(source, data)
    days = cleaned.tables["transactions"]["date"]
    found = Bringing(
        brought.told, (*_issues(cleaned), *brought.issues), _ledger(cleaned.ledger, brought),
        tuple(f for f in cleaned.files if f.path != BOOK), days.max().date() if len(days) else None,
    )  # fmt: skip
    package = source.package
    after = patched(package, brought.edits, look_through)
    if after is package:
        return source, found
    for order in brought.orders:
        package, after = after, open_package(reordered(after, order), look_through, package.name)
        prove(misplaced(package, after, order))
    return source.onto(after, brought.edits, brought.texts), found


def _known(source: Source) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """The customers and the sales that the book holds, as they stand and as they were written."""
    import pandas as pd

    from sheetgen.workbook.regrade.blocks import block_of, headers_of, optional_of
    from sheetgen.workbook.regrade.met import standing
    from sheetgen.workbook.regrade.taken import stacked
    from sheetgen.workbook.written import read_written

    found = {}
    for table in ("customers", "transactions"):
        if source.names.get(table):
            headers, may = headers_of(table, source.scheme, source.lang), optional_of(table)
            blocks = (block_of(source.grid(sheet), sheet, headers, may) for sheet in source.sheets(table))
            found[table] = stacked([standing(block)[1] for block in blocks])
    written = read_written(source.state).get("transactions")
    sales = [frame for frame in (found.get("transactions"), written) if frame is not None]
    return found["customers"], pd.concat(sales, ignore_index=True) if sales else None


def _listed(raw: Raw) -> frozenset[str]:
    """The customers that a customer file names."""
    from sheetgen.ingest.types import typed

    tables = [
        t.frame["customer_id"]
        for t in raw.tables
        if t.source.kind == "customers" and "customer_id" in t.frame
    ]
    return frozenset(word for cells in tables for word in typed(cells, "id").values.unique().tolist() if word)


def _with_people(raw: Raw, people: pd.DataFrame, listed: frozenset[str]) -> Raw:
    """``raw`` and the book's other customers, by whose names and phones a record may be known."""
    import pandas as pd

    named = ("customer_id", "customer_name", "phone")
    keep = (people["customer_id"] != "") & ~people["customer_id"].isin(listed)
    frame = people.loc[keep, [c for c in named if c in people]].reset_index(drop=True).astype("str")
    if not len(frame):
        return raw
    source = SourceFile(BOOK, "customers", "", "", len(frame))
    table = RawTable(source, frame, pd.Series(range(1, len(frame) + 1), dtype="int64"), 0)
    return Raw((*raw.tables, table), raw.issues)


def _issues(cleaned: Clean) -> list[Issue]:
    mine = SourceFile(BOOK, "", "", "", 0).label
    return [i for i in cleaned.issues if i.file != mine and i.code not in OF_BUILDS]


def _ledger(ledger: Ledger, brought: Brought) -> Ledger:
    """The account of the raw data; sales of customers that staff deleted do not count."""
    rows, cents = brought.refused
    mine = SourceFile(BOOK, "", "", "", 0).label
    held = {"held_back": ledger.rows["held_back"] + rows, "used": ledger.rows["used"] - rows}
    money = {"held_back": ledger.cents["held_back"] + cents, "used": ledger.cents["used"] - cents}
    left = ledger.left_out[ledger.left_out["file"] != mine]
    return replace(ledger, rows={**ledger.rows, **held}, cents={**ledger.cents, **money}, left_out=left)  # type: ignore[dict-item]
