"""Re-grade a book that staff edited: every result in it made right, everything of theirs as it was.

The book is patched, not rebuilt. What it hands on to the next one (the hidden ``_base``, 上期级别, the last
as-of date) stays that of the period it was written in: a re-grade begins no new period, `build --previous`
does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sheetgen.errors import InputError, OutputBusyError, UsageError
from sheetgen.ingest.rules import NO_RULES, ReadRules
from sheetgen.memory import one_allocator, uncollected
from sheetgen.model import Change, Issue, SourceFile

if TYPE_CHECKING:
    from sheetgen.bring import Bringing
    from sheetgen.model import Ledger
    from sheetgen.scheme.compile import Scheme
    from sheetgen.workbook.copies.merge import Merged
    from sheetgen.workbook.opened import OpenBook
    from sheetgen.workbook.patch.edits import Edits
    from sheetgen.workbook.patch.package import Package
    from sheetgen.workbook.regrade.edited import Edited
    from sheetgen.workbook.regrade.putback import Back
    from sheetgen.workbook.regrade.source import Source
    from sheetgen.workbook.regrade.work import Worked

LOCKS = ("~$", ".~lock.")
MACROS = ".xlsm"
"""a book of ours that staff gave macros: they stay in it, and are never run"""


@dataclass(frozen=True)
class RegradeRequest:
    """Which book, and where to: without ``out`` it is replaced, and kept beside under another name.

    ``as_of``: another day than the one that stands on 参数设置. ``data`` and ``kinds`` (table -> files): raw
    data to be brought in, read by ``rules``.
    """

    book: Path
    out: Path | None = None
    as_of: date | None = None
    password: str = ""
    dry_run: bool = False
    rebuild: bool = False
    """make a fresh book of what it holds, where it is past patching"""
    data: Sequence[str] = ()
    kinds: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rules: ReadRules = NO_RULES
    copies: Sequence[Path] = ()
    """further edited copies of the same book: what they changed comes into it"""


@dataclass(frozen=True)
class Regraded:
    """What came of it. ``changed``: whether any byte is another one; ``backup``: where the old book lies."""

    request: RegradeRequest
    scheme: Scheme
    as_of: date
    tiers: Mapping[str, int]
    customers: int
    ledger: Ledger
    edits: tuple[Edited, ...]
    changes: tuple[Change, ...]
    issues: tuple[Issue, ...]
    changed: bool
    files: tuple[SourceFile, ...] = ()
    """the raw data that were brought in"""
    merged: Merged | None = None
    """what came of further copies"""
    run_id: str = ""
    """the run that built the book"""
    sha256: str = ""
    """of the book as it was"""
    digest: str = ""
    written: bool = False
    backup: Path | None = None

    @property
    def out(self) -> Path:
        """The re-graded book."""
        return self.request.out or self.request.book

    @property
    def held_back(self) -> bool:
        """Whether any row was held back."""
        held = any(
            issue.code in ("SG507", "SG525", "SG527", "SG528", "SG810", "SG811", "SG812", "SG813")
            for issue in self.issues
        )
        return held or (bool(self.files) and bool((self.ledger.left_out["fate"] == "held_back").any()))


def regrade(request: RegradeRequest) -> Regraded:
    """Re-grade a book, or make one of a folder of them. Raises SheetgenError; then nothing is written."""
    if request.rebuild or request.book.is_dir():
        from sheetgen import rebuild

        return rebuild.merge(request) if request.book.is_dir() else rebuild.rebuild(request)
    with uncollected(), one_allocator():
        seen = examine(request, ordering=True)
        found, book, asked = seen.found, seen.book, to_do(seen)
        del seen  # the cells of its sheets are the largest part of all that is kept
        made = done(*asked)
        del asked
        return _written(request, found, book, made)


def to_do(seen: Seen) -> tuple[Package, Edits | None]:
    """The book, and what is to change in it; None where nothing is."""
    from sheetgen.workbook.patch.apply import changes
    from sheetgen.workbook.regrade.foreign import unsettled

    plain, edits = seen.source.package, seen.edits
    if plain.data == seen.book.data and not changes(plain, edits):
        return plain, None
    return plain, replace(edits, cells=unsettled(seen.source, edits.cells, seen.believed))


def done(package: Package, edits: Edits | None) -> Package:
    """The book with ``edits``. Raises ReconcileError (SG533) where anything else changed."""
    from sheetgen.workbook.patch.proved import patched

    return patched(package, edits, _seen_through) if edits else package


def _seen_through(name: str, data: bytes) -> None:
    """The book was looked through as it was opened; what is made of it is our own."""


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
    package = open_package(book.data, _seen_through, str(request.book))
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
    """The book with what further copies changed, if any are named.

    Raises InputError: SG621 details stand on several sheets.
    """
    if not request.copies:
        return source, None
    from sheetgen.handed_copies import merge_copies
    from sheetgen.workbook.layout import further_sheets, table_of

    if further := further_sheets(book.state):
        raise InputError("regrade_parts", "SG621", sheet=book.names[table_of(further[0])] or further[0])

    merged = merge_copies(request, book, source)
    return merged.source, merged


def conflicts_of(merged: Merged) -> tuple[Edited, ...]:
    """What copies changed differently, as edits: ``now`` is what stands there."""
    from sheetgen.workbook.regrade.edited import Edited

    return tuple(Edited(c.sheet, c.cell, c.customer, "conflict", c.was, c.kept) for c in merged.conflicts)


def check_request(request: RegradeRequest) -> None:
    """Refuse before any work is done. Raises InputError, UsageError, OutputBusyError."""
    from sheetgen.workbook.publish import open_elsewhere

    out = request.out or request.book
    if request.book.name.startswith(LOCKS):
        raise InputError("regrade_lock_file", "SG510", path=request.book)
    if request.book.is_file() and not _is_workbook(request.book):
        raise InputError("patch_not_xlsx", "SG510", path=request.book)
    macros = request.book.suffix.lower() == MACROS
    if macros and request.rebuild and out.suffix.lower() != ".xlsx":
        raise UsageError("rebuild_macros", "SG601", path=request.book)
    if out.suffix.lower() != (MACROS if macros and not request.rebuild else ".xlsx"):
        raise UsageError("output_macros" if macros else "output_suffix", "SG601", path=out)
    if not request.dry_run and out.exists() and (lock := open_elsewhere(out)):
        raise OutputBusyError("regrade_open", path=str(out), lock=lock)


def _is_workbook(path: Path) -> bool:
    """Whether a file is what its name says: a package, perhaps under a password."""
    from sheetgen.share.encrypt import is_sealed

    if path.suffix.lower() not in (".xlsx", MACROS):
        return False
    with path.open("rb") as file:
        begins = file.read(2)
    return begins in (b"PK", b"") or is_sealed(path.read_bytes())


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
    sheets = sheets_of(worked)
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


def _written(request: RegradeRequest, found: Regraded, book: OpenBook, made: Package) -> Regraded:
    from sheetgen.workbook.patch.known import whole
    from sheetgen.workbook.publish import together

    changed, sums = made.data != book.data, whole(made)
    run_id = book.state.get("run_id", "")
    found = replace(found, changed=changed, sha256=book.sha256, run_id=run_id)
    if request.dry_run or (not changed and request.out is None):
        return replace(found, digest=together(sums))
    return put_in_place(found, made.data, ours=False, sums=sums)


def put_in_place(
    found: Regraded, data: bytes, ours: bool = True, sums: Mapping[str, str] | None = None
) -> Regraded:
    """``data`` as the book that ``found`` tells of, sealed as the old one was, which is kept beside where it
    is replaced; nothing for a dry run. ``ours``: whether every part of it is the program's own; ``sums``: of
    the contents of those that are known.

    Raises OutputBusyError, DiskError; then the old book stands as it was.
    """
    from sheetgen.share.encrypt import is_sealed, sealer
    from sheetgen.workbook.publish import keep_beside, publish, verify

    request = found.request
    if request.dry_run:
        return found

    def make(file: IO[bytes]) -> str:
        file.write(data)
        return verify(file, data, found.out, ours, sums)

    backup = keep_beside(request.book) if request.out is None else None
    sealed = bool(request.password) and (request.book.is_dir() or is_sealed(request.book.read_bytes()))
    try:
        seal = sealer(request.password) if sealed else None
        told = publish(found.out, found.as_of, make, seal)
    except BaseException:
        if backup is not None:
            backup.unlink(missing_ok=True)
        raise
    return replace(found, written=True, backup=backup, digest=told)
