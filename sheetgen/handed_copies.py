"""The copies that are handed in beside a book: opened, checked, and merged into it before it is re-graded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sheetgen.errors import InputError, UsageError

if TYPE_CHECKING:
    from sheetgen.regrade import RegradeRequest
    from sheetgen.workbook.copies.merge import Handed, Merged
    from sheetgen.workbook.opened import OpenBook
    from sheetgen.workbook.regrade.source import Source

LOCKS = ("~$", ".~lock.")


def merge_copies(request: RegradeRequest, book: OpenBook, source: Source) -> Merged:
    """``source`` with what ``request.copies`` changed in it.

    ``source`` has the scheme as the book was written with it. Raises UsageError for a copy that is named
    twice or is the output, InputError, PasswordError, ReconcileError.
    """
    from sheetgen.ingest.package import look_through
    from sheetgen.workbook.copies.merge import Handed, merge

    _check(request)
    first = Handed(request.book, book.sha256, source)
    return merge(
        [_as_meant(first), *(_handed(path, request, source) for path in request.copies)], look_through
    )


def _check(request: RegradeRequest) -> None:
    """Refuse before any work is done."""
    seen = {request.book.resolve()}
    for path in request.copies:
        if path.name.startswith(LOCKS):
            raise InputError("regrade_lock_file", "SG510", path=path)
        if path.is_file() and path.suffix.lower() not in (".xlsx", ".xlsm"):
            raise InputError("patch_not_xlsx", "SG510", path=path)
        if path.resolve() in seen:
            raise UsageError("copies_twice", "SG593", path=path)
        seen.add(path.resolve())
        if request.out is not None and request.out.resolve() == path.resolve():
            raise UsageError("copies_out_is_input", "SG601", path=path)


def _handed(path: Path, request: RegradeRequest, first: Source) -> Handed:
    from sheetgen.explain import scheme_of
    from sheetgen.ingest.package import look_through
    from sheetgen.workbook.copies.merge import Handed
    from sheetgen.workbook.opened import open_book
    from sheetgen.workbook.patch.package import open_package
    from sheetgen.workbook.regrade.source import Source

    book = open_book(path, request.password, look_through)
    if "rows" not in book.state or "settings" not in book.state:
        raise InputError("regrade_sheet", "SG523", sheet="_sheetgen")
    package = open_package(book.data, look_through, str(path))
    told = "scheme_text"
    same = bool(book.state.get(told)) and book.state[told] == first.state.get(told)
    scheme = first.scheme if same else scheme_of(book)
    return _as_meant(Handed(path, book.sha256, Source(package, book.names, book.state, scheme)))


def _as_meant(book: Handed) -> Handed:
    """The book with days, numbers and tiers that were typed in another way than it reads them written as they
    are meant, so that two copies that mean the same say the same."""
    from dataclasses import replace

    from sheetgen.ingest.package import look_through
    from sheetgen.workbook.regrade.meant import with_meant

    source, issues = with_meant(book.source, look_through)
    return replace(book, source=source, issues=tuple(issues))
