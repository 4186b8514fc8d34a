"""A fresh book from what an edited one holds, where it is past patching: nothing of staff's is lost.

The book alone is read. The period stays the one it was written in, as with a re-grade: last tiers, what
tracking remembers and the parameters stand in it as they stood.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheetgen.errors import ReconcileError, UsageError
from sheetgen.examine import conflicts_of
from sheetgen.model import FATES, Clean, Fate, Issue, Ledger, Level
from sheetgen.regrade import Regraded, RegradeRequest, check_request, put_in_place

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.handed.book import Handed
    from sheetgen.model import Settings
    from sheetgen.siblings import Look
    from sheetgen.workbook.content import Content
    from sheetgen.workbook.regrade.edited import Edited

BESIDE = ("key", "typed")
"""columns that only say how a row was found"""


@dataclass(frozen=True)
class Fresh:
    """A book composed anew. ``content``: all of it; ``data``: the package."""

    handed: Handed
    content: Content
    data: bytes
    digest: str


def rebuild(request: RegradeRequest) -> Regraded:
    """Make the book anew. Raises SheetgenError; then nothing is written."""
    from sheetgen.handed.lost import lost
    from sheetgen.rebuild_data import handed_with_copies, with_data

    check_request(request)
    handed, merged = handed_with_copies(request)
    found, data = with_data(request, handed)
    issues = (*(merged.issues if merged else ()), *found.issues, *lost(handed, data))
    if merged:
        found = replace(found, merged=merged, edits=(*found.edits, *conflicts_of(merged)))
    return put_in_place(replace(found, issues=issues), data)


def merge(request: RegradeRequest) -> Regraded:
    """Make one book of those of a split, which staff handed back in a folder. Raises SheetgenError."""
    from sheetgen.handed.book import customers_in, read_handed
    from sheetgen.handed.edits import edits_of
    from sheetgen.handed.folder import find_books
    from sheetgen.handed.lost import lost
    from sheetgen.handed.unite import unite
    from sheetgen.rebuild_data import with_data

    if request.copies:
        raise UsageError("copies_whole", "SG593")
    folder, out = request.book, request.out
    if out is None:
        raise UsageError("folder_needs_out", "SG601", path=folder)
    books = find_books(folder, request.password)
    if out.exists() and any(out.samefile(path) for path in books.paths):
        raise UsageError("output_is_input", "SG601", path=out)
    check_request(request)
    ids = {path: customers_in(path, request.password) for path in books.paths}
    handed = [
        read_handed(
            path,
            request.password,
            [c for other, found in ids.items() if other != path for c in found],
            _in_others(ids, path),
        )
        for path in books.paths
    ]
    united = unite(handed, folder.resolve().name)
    edits = [replace(e, sheet=f"{book.name}#{e.sheet}") for book in handed for e in edits_of(book)]
    found, data = with_data(request, united.handed, (*edits, *united.conflicts))
    gone = [issue for book in handed for issue in lost(book, data)]
    return put_in_place(replace(found, issues=(*books.issues, *found.issues, *gone)), data)


def _in_others(ids: Mapping[Path, Sequence[str]], path: Path) -> Look:
    """Who stands in another one of these books."""
    from sheetgen.siblings import Elsewhere

    books = {c.casefold(): other.name for other, found in ids.items() if other != path for c in found}
    return lambda _: Elsewhere(books)


def make_fresh(handed: Handed, as_of: date | None = None) -> Fresh:
    """Grade what a book holds, and compose a fresh one of it."""
    from tempfile import TemporaryDirectory

    from sheetgen.pipeline import version
    from sheetgen.workbook.compose import compose
    from sheetgen.workbook.publish import digest
    from sheetgen.workbook.write import write_book

    content = graded_content(handed, as_of)
    with TemporaryDirectory(prefix="sheetgen-") as folder:
        out = Path(folder) / "fresh.xlsx"
        write_book(compose(content, version()), out)
        return Fresh(handed, content, out.read_bytes(), digest(out))


def graded_content(handed: Handed, as_of: date | None = None) -> Content:
    """What the fresh book is composed from. Raises UsageError without any as-of date, ReconcileError."""
    from sheetgen.grading.grade import grade
    from sheetgen.grading.measure import measure
    from sheetgen.grading.settings import resolve_cuts, start_settings
    from sheetgen.grading.track import empty_ledger, track
    from sheetgen.ingest.identity import MOST, propose_merges
    from sheetgen.workbook.content import arrange
    from sheetgen.workbook.review import list_reviews

    day = as_of or handed.as_of
    if day is None:
        raise UsageError("as_of_needed", "SG708")
    clean, scheme = clean_of(handed), handed.scheme
    if not clean.ledger.balances:
        raise ReconcileError("not_balanced", "SG600")
    numbers: dict[str, Any] = dict(handed.numbers.now)
    settings = start_settings(scheme, day, numbers, handed.last_as_of)
    facts = measure(clean, scheme, settings)
    settings = resolve_cuts(scheme, settings, facts, numbers)
    settings = replace(settings, changed=changed_of(handed))
    inputs = handed.inputs.loc[handed.ids].drop(columns="line").reset_index(drop=True)
    graded = grade(facts, inputs, scheme, settings, handed.lang)
    new, changes = track(graded, clean, scheme, empty_ledger(), handed.lang)
    merges = propose_merges(clean.tables["customers"], clean.tables["transactions"])[:MOST]
    reviews = list_reviews(replace(clean, merges=merges), handed.reviews)
    content = arrange(
        clean, replace(graded, changes=changes), scheme, handed.lang, _told_once(handed.ledger, new),
        run_id_of(handed, settings), reviews, handed.figures, kept=handed.kept,
    )  # fmt: skip
    split = json.dumps(handed.split, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return replace(content, split=split if handed.split else "")


def clean_of(handed: Handed) -> Clean:
    """The data as a build has them after cleaning, with the account of the transactions."""
    tables = {
        table: frame.drop(columns=[c for c in BESIDE if c in frame]) for table, frame in handed.tables.items()
    }
    tables["preferences"] = tables["preferences"].drop(columns=["file", "line"])
    sales, left_out = tables["transactions"], handed.left_out
    held = left_out[(left_out["fate"] == "held_back") & (left_out["table"] == "transactions")]
    again = left_out[(left_out["fate"] == "duplicate") & (left_out["table"] == "transactions")]
    rows: dict[Fate, int] = dict.fromkeys(FATES, 0)
    cents: dict[Fate, int] = dict.fromkeys(FATES, 0)
    parts: tuple[tuple[Fate, pd.DataFrame], ...] = (
        ("used", sales),
        ("held_back", held),
        ("duplicate", again),
    )
    for fate, frame in parts:
        rows[fate], cents[fate] = len(frame), int(frame["cents"].sum())
    ledger = Ledger(rows, cents, handed.read_rows, handed.read_cents, left_out)
    return Clean(tables, {t: dict(found) for t, found in handed.extras.items()}, ledger, handed.files)


def changed_of(handed: Handed) -> dict[str, float]:
    """The numbers that staff have set, in this book or one before."""
    found = dict(handed.numbers.before)
    for key, value in handed.numbers.changed.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = value
    return found


def _told_once(ledger: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """``ledger`` and below it what it does not tell yet."""
    import numpy as np
    import pandas as pd

    keys = ["week", "customer_id", "was", "now"]
    told = set(map(tuple, ledger[keys].astype(str).to_numpy().tolist()))
    fresh = [tuple(row) not in told for row in new[keys].astype(str).to_numpy().tolist()]
    more = new[np.asarray(fresh, dtype=bool)]
    if not len(ledger):
        return more.reset_index(drop=True)
    return pd.concat([ledger, more], ignore_index=True) if len(more) else ledger


def run_id_of(handed: Handed, settings: Settings) -> str:
    """The id of the fresh book: the same books, date and version give the same."""
    from hashlib import sha256

    from sheetgen.pipeline import version

    facts = [handed.sha256, settings.as_of.isoformat(), version(), "rebuild"]
    return sha256("\n".join(facts).encode()).hexdigest()[:12]


def outcome(request: RegradeRequest, fresh: Fresh, edits: tuple[Edited, ...] | None = None) -> Regraded:
    """What there is to tell. ``edits``: what staff did, where it is not to be found out."""
    from sheetgen.handed.edits import changes_of, edits_of

    handed, content = fresh.handed, fresh.content
    ranks, tiers = content.graded.frame["final_rank"], content.scheme.file.tiers
    counts = {tier.id: int((ranks == len(tiers) - i).sum()) for i, tier in enumerate(tiers)}
    edits = edits_of(handed) if edits is None else edits
    settings = content.graded.settings
    return Regraded(
        request=request, scheme=handed.scheme, as_of=settings.as_of, tiers=counts, customers=content.counted,
        ledger=content.clean.ledger, edits=edits, changes=changes_of(handed, content.graded, edits),
        issues=(*handed.issues, *_held_back(handed)), changed=True, run_id=content.run_id,
        sha256=handed.sha256, digest=fresh.digest,
    )  # fmt: skip


def _held_back(handed: Handed) -> list[Issue]:
    """One issue a code and sheet of the rows that are not used, with the first."""
    left = handed.left_out
    found = []
    for (code, file, fate), rows in left.groupby(["code", "file", "fate"], sort=False):
        one = rows.iloc[0]
        level: Level = "note" if fate == "duplicate" else "warning"
        found.append(
            Issue(str(code), level, str(file), int(one["line"]), str(one["column"]), str(one["value"]),
                  len(rows))
        )  # fmt: skip
    return found
