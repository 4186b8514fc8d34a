"""What a re-grade would do: a book opened, put right where its shape suffered, graded, and all that is to
change listed. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from sheetgen.errors import InputError
from sheetgen.memory import hand_back
from sheetgen.model import Issue
from sheetgen.regrade import MACROS, Regraded, RegradeRequest, check_request, seen_through

if TYPE_CHECKING:
    from sheetgen.bring import Bringing
    from sheetgen.workbook.copies.merge import Merged
    from sheetgen.workbook.opened import OpenBook
    from sheetgen.workbook.patch.edits import Edits
    from sheetgen.workbook.regrade.edited import Edited
    from sheetgen.workbook.regrade.putback import Back
    from sheetgen.workbook.regrade.source import Source
    from sheetgen.workbook.regrade.work import Worked


@dataclass(frozen=True)
class Seen:
    """A book as it stands, what it comes to, and what is to change in it."""

    book: OpenBook
    source: Source
    found: Regraded
    edits: Edits
    believed: Mapping[str, Collection[int]]
    """sheet -> columns whose cells were read as data"""


def examine(request: RegradeRequest, ordering: bool = False) -> Seen:
    """What a re-grade would do. Raises SheetgenError.

    ``ordering``: a book whose rows are too many out of order is put in order and seen again, where that is
    safe and no copies are to be met.
    """
    check_request(request)
    opened = _opened(request)
    try:
        return _seen(request, opened)
    except InputError as error:
        again = None
        if ordering and error.key in ("regrade_gate", "bring_full") and not request.copies:
            again = _in_order(opened)
        if again is None:
            raise
    return _seen(request, again)


def _in_order(opened: _Opened) -> _Opened | None:
    """The book with its rows in order; None where that is none of it, or cannot be done."""
    from sheetgen.ingest.package import look_through
    from sheetgen.workbook.regrade.ordered import in_order

    try:
        source, told = in_order(opened.source, look_through)
    except InputError:
        return None
    return replace(opened, source=source, doubts=(*opened.doubts, *told)) if told else None


@dataclass(frozen=True)
class _Opened:
    """A book as it was opened; ``merges``: (other, keep) of the customers that staff said are one."""

    book: OpenBook
    source: Source
    merges: tuple[tuple[str, str], ...]
    doubts: tuple[Issue, ...]


def _opened(request: RegradeRequest) -> _Opened:
    """The book, read as far as every look at it needs. Raises SheetgenError."""
    from sheetgen.explain import scheme_of
    from sheetgen.ingest.package import look_through
    from sheetgen.newer import newer_beside
    from sheetgen.workbook.attested import attested
    from sheetgen.workbook.opened import open_book
    from sheetgen.workbook.patch.package import open_package
    from sheetgen.workbook.read import merges_in
    from sheetgen.workbook.regrade.source import Source
    from sheetgen.workbook.renamed import told as told_renamed

    look = partial(look_through, later=True)
    book, doubts = attested(open_book(request.book, request.password, look))
    if "rows" not in book.state or "settings" not in book.state:
        raise InputError("regrade_sheet", "SG523", sheet="_sheetgen")
    package = open_package(book.data, seen_through, str(request.book))
    if package.with_macros != (request.book.suffix.lower() == MACROS):
        raise InputError("patch_other_suffix", "SG510", path=request.book)
    doubts = (*doubts, *told_renamed(book.renamed, str(request.book)))
    doubts = (*doubts, *newer_beside(request.book, book.state, request.password))
    source = Source(package, book.names, book.state, scheme_of(book))
    merges = merges_in(book)
    return _Opened(replace(book, workbook=None), source, merges, doubts)  # the workbook is large


def _seen(request: RegradeRequest, opened: _Opened) -> Seen:
    from sheetgen.bring import bring_in, day_to_set, graded
    from sheetgen.ingest.package import look_through
    from sheetgen.siblings import beside
    from sheetgen.workbook.patch.known import whole
    from sheetgen.workbook.regrade.headed import with_headers
    from sheetgen.workbook.regrade.meant import with_meant
    from sheetgen.workbook.regrade.putback import with_columns
    from sheetgen.workbook.regrade.relinked import with_links
    from sheetgen.workbook.regrade.restored import moved_told, with_restored
    from sheetgen.workbook.regrade.room import with_room
    from sheetgen.workbook.regrade.source import with_words
    from sheetgen.workbook.regrade.texts_lost import texts_lost

    book, merges, doubts = opened.book, opened.merges, opened.doubts
    source, merged = with_copies(request, book, opened.source)
    source, headed = with_headers(with_words(source), look_through)
    source, put_back, back = with_columns(source, look_through)
    source, relinked = with_links(source, look_through)
    source, meant = with_meant(source, look_through)
    source, restored = with_restored(source, look_through, beside(request.book, book.state, request.password))
    source, brought = bring_in(with_room(source), request, merges)
    hand_back()
    day = day_to_set(request.as_of, source, brought)
    worked = graded(source, day, brought)
    found, edits = _outcome(request, worked, day, brought, back)
    whole(worked.source.package)  # what nobody reads is to be sound too
    told = (
        *doubts,
        *(merged.issues if merged else ()),
        *meant,
        *(brought.issues if brought else ()),
        *headed,
        *put_back,
        *relinked,
        *restored.issues,
        *found.issues,
        *texts_lost(worked, found.edits),
    )
    edited = moved_told(found.edits, restored.moved, book.names["customers"])
    conflicts = conflicts_of(merged) if merged else ()
    found = replace(found, issues=told, merged=merged, edits=(*restored.told, *edited, *conflicts))
    return Seen(book, source, found, edits, worked.believed)


def with_copies(request: RegradeRequest, book: OpenBook, source: Source) -> tuple[Source, Merged | None]:
    """The book with what further copies changed, if any are named."""
    if not request.copies:
        return source, None
    from sheetgen.handed_copies import merge_copies

    merged = merge_copies(request, book, source)
    return merged.source, merged


def conflicts_of(merged: Merged) -> tuple[Edited, ...]:
    """What copies changed differently, as edits: ``now`` is what stands there."""
    from sheetgen.workbook.regrade.edited import Edited

    return tuple(Edited(c.sheet, c.cell, c.customer, "conflict", c.was, c.kept) for c in merged.conflicts)


def _outcome(
    request: RegradeRequest, worked: Worked, day: date | None, brought: Bringing | None, back: Back
) -> tuple[Regraded, Edits]:
    """What the book comes to, and what is to change in it. ``back``: columns that staff deleted."""
    from sheetgen.pipeline import version
    from sheetgen.workbook.blank.filled import typed_day
    from sheetgen.workbook.blank.regraded import put_lists, put_status
    from sheetgen.workbook.compose import compose
    from sheetgen.workbook.patch.edits import Constant, Edits
    from sheetgen.workbook.regrade.fresh import refreshed
    from sheetgen.workbook.regrade.ledger import new_rows
    from sheetgen.workbook.regrade.listed import base_of, changes_of, edits_of, set_by_data, sheets_of
    from sheetgen.workbook.regrade.results import results_of
    from sheetgen.workbook.regrade.ruled import rules_of
    from sheetgen.workbook.written import STATE_KEY

    source, content = worked.source, worked.content
    same = source.state.get("version") == version()
    written = [(key, text) for key, text in source.state.items() if key.startswith(STATE_KEY)]
    composed = compose(content, version(), written)
    results, base = results_of(worked, composed, same), base_of(worked)
    rules, looks = rules_of(source, composed, worked.blocks, back, worked.settings.as_of)
    composed = replace(composed, sheets=(composed.sheet("preferences"),))  # the others are large
    hand_back()
    sheets = sheets_of(worked)
    hand_back()
    if content.layout.blank:
        put_lists(results, worked)
        put_status(results, worked)
    if day is not None:
        sheet, row, col = typed_day(source) or source.named()["p_as_of"][:3]
        results.put(sheet, row, col, Constant(day))
    account = (brought.ledger, brought.files) if brought else (None, ())
    fresh = refreshed(worked, composed, sheets, *account)
    for sheet, row, col, edit in fresh.each():
        results.put(sheet, row, col, edit)
    listed, asked = edits_of(worked, base, results, sheets, brought.told if brought else ())
    if request.as_of is None:
        listed = set_by_data(listed, worked, day)
    issues = [*worked.issues, *asked]
    issues += [
        Issue("SG532", "warning", f"#{sheet}", facts=(("cell", cell), ("sheet", sheet)))
        for sheet, cell in results.strange
    ]
    if source.package.with_macros:
        issues.append(Issue("SG552", "warning", str(request.book)))
    if source.package.signed:
        issues.append(Issue("SG534", "warning", str(request.book)))
    ranks, tiers = content.graded.frame["final_rank"], source.scheme.file.tiers
    counts = {tier.id: int((ranks == len(tiers) - i).sum()) for i, tier in enumerate(tiers)}
    found = Regraded(
        request, source.scheme, worked.settings.as_of, counts, content.counted,
        brought.ledger if brought else content.clean.ledger, listed, changes_of(worked, base, listed),
        tuple(issues), False, files=brought.files if brought else (),
    )  # fmt: skip
    added = new_rows(worked)
    append = (*added.append, *fresh.append)
    return found, Edits({**results.cells, **added.cells}, append=append, rules=rules, looks=looks)
