"""A fresh book that takes further copies and new data along: made of all that staff entered, then fed as any
book is. Each step has its own proof, and nothing is written before the last one.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sheetgen.examine import examine, with_copies
from sheetgen.model import Change
from sheetgen.regrade import Regraded, RegradeRequest, done, to_do

if TYPE_CHECKING:
    from sheetgen.handed.book import Handed
    from sheetgen.rebuild import Fresh
    from sheetgen.workbook.copies.merge import Merged
    from sheetgen.workbook.regrade.edited import Edited


def handed_with_copies(request: RegradeRequest) -> tuple[Handed, Merged | None]:
    """What the book of ``request`` holds, with what its copies changed in it.

    Raises InputError where the book does not hold enough; with copies, also where it is past patching.
    """
    from sheetgen.explain import scheme_of
    from sheetgen.handed.book import read_handed
    from sheetgen.ingest.package import look_through
    from sheetgen.siblings import beside
    from sheetgen.workbook.opened import open_book
    from sheetgen.workbook.patch.package import open_package
    from sheetgen.workbook.regrade.source import Source

    if not request.copies:
        return read_handed(request.book, request.password), None
    book = open_book(request.book, request.password, look_through)
    package = open_package(book.data, look_through, str(request.book))
    source, merged = with_copies(request, book, Source(package, book.names, book.state, scheme_of(book)))
    with TemporaryDirectory(prefix="sheetgen-") as folder:
        path = Path(folder) / request.book.name
        path.write_bytes(source.package.data)
        elsewhere = beside(request.book, book.state, request.password)
        return replace(read_handed(path, elsewhere=elsewhere), sha256=book.sha256), merged


def with_data(
    request: RegradeRequest, handed: Handed, edits: tuple[Edited, ...] | None = None
) -> tuple[Regraded, bytes]:
    """The fresh book of ``handed`` with the new data of ``request`` in it, and what there is to tell.

    Raises SheetgenError as bringing data into a book does.
    """
    from sheetgen.rebuild import make_fresh, outcome

    fresh = make_fresh(handed, request.as_of)
    first = outcome(request, fresh, edits)
    if not request.data and not request.kinds:
        return first, fresh.data
    fed, data = _fed(request, fresh)
    return _both(first, fed), data


def _fed(request: RegradeRequest, fresh: Fresh) -> tuple[Regraded, bytes]:
    """The data brought into the fresh book."""
    from sheetgen.workbook.patch.known import whole
    from sheetgen.workbook.publish import together

    with TemporaryDirectory(prefix="sheetgen-") as folder:
        path = Path(folder) / f"{request.book.stem}.xlsx"
        path.write_bytes(fresh.data)
        alone = replace(request, book=path, out=None, password="", rebuild=False, copies=(), dry_run=True)
        seen = examine(alone)
        made = done(*to_do(seen))
        found = replace(seen.found, digest=together(whole(made)))
    return found, made.data


def _both(first: Regraded, fed: Regraded) -> Regraded:
    """What both steps come to: edits of staff and of the data, and tiers from the first to the last."""
    return replace(
        fed, request=first.request, edits=(*first.edits, *fed.edits), issues=(*first.issues, *fed.issues),
        changes=_chained(first.changes, fed.changes), changed=True, run_id=first.run_id, sha256=first.sha256,
    )  # fmt: skip


def _chained(first: tuple[Change, ...], second: tuple[Change, ...]) -> tuple[Change, ...]:
    """Who changed tier: once a customer, nobody who came back to where they were."""
    then = {change.customer: change for change in second}
    was = {change.customer: change.was for change in first}
    once = [change for change in first if change.customer not in then]
    twice = [replace(change, was=was.get(customer, change.was)) for customer, change in then.items()]
    return (*once, *(change for change in twice if change.was != change.now))
