"""Re-grade a book that staff edited: every result in it made right, everything of theirs as it was.

The book is patched, not rebuilt. What it hands on to the next one (the hidden ``_base``, 上期级别, the last
as-of date) stays that of the period it was written in: a re-grade begins no new period, `build --previous`
does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sheetgen.errors import InputError, OutputBusyError, UsageError
from sheetgen.ingest.rules import NO_RULES, ReadRules
from sheetgen.memory import hand_back, one_allocator, uncollected
from sheetgen.model import Change, Issue, SourceFile

if TYPE_CHECKING:
    from sheetgen.examine import Seen
    from sheetgen.model import Ledger
    from sheetgen.scheme.compile import Scheme
    from sheetgen.workbook.copies.merge import Merged
    from sheetgen.workbook.opened import OpenBook
    from sheetgen.workbook.patch.edits import Edits
    from sheetgen.workbook.patch.package import Package
    from sheetgen.workbook.regrade.edited import Edited

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
    from sheetgen.examine import examine

    with uncollected(), one_allocator():
        seen = examine(request, ordering=True)
        found, book, asked = seen.found, seen.book, to_do(seen)
        del seen  # the cells of its sheets are the largest part of all that is kept
        hand_back()
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

    return patched(package, edits, seen_through) if edits else package


def seen_through(name: str, data: bytes) -> None:
    """The book was looked through as it was opened; what is made of it is our own."""


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
