"""Re-grade a book that staff edited: every result in it made right, everything of theirs as it was.

The book is patched, not rebuilt. What it hands on to the next one (the hidden ``_base``, 上期级别, the last
as-of date) stays that of the period it was written in: a re-grade begins no new period, `build --previous`
does.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sheetgen.errors import InputError, OutputBusyError, ReconcileError, UsageError
from sheetgen.model import Change, Issue

if TYPE_CHECKING:
    from sheetgen.model import Ledger
    from sheetgen.scheme.compile import Scheme
    from sheetgen.workbook.opened import OpenBook
    from sheetgen.workbook.patch.edits import Edits
    from sheetgen.workbook.patch.package import Package
    from sheetgen.workbook.regrade.listed import Edited
    from sheetgen.workbook.regrade.work import Worked

LOCKS = ("~$", ".~lock.")


@dataclass(frozen=True)
class RegradeRequest:
    """Which book, and where to: without ``out`` it is replaced, and kept beside under another name.

    ``as_of``: another day than the one that stands on 参数设置.
    """

    book: Path
    out: Path | None = None
    as_of: date | None = None
    password: str = ""
    dry_run: bool = False


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
        return any(issue.code in ("SG525", "SG527", "SG528") for issue in self.issues)


def regrade(request: RegradeRequest) -> Regraded:
    """Re-grade a book. Raises SheetgenError; then nothing is written."""
    from sheetgen.explain import scheme_of
    from sheetgen.ingest.package import look_through
    from sheetgen.workbook.opened import open_book
    from sheetgen.workbook.patch.apply import apply
    from sheetgen.workbook.patch.package import open_package
    from sheetgen.workbook.patch.semantic import differences
    from sheetgen.workbook.regrade.foreign import unsettled
    from sheetgen.workbook.regrade.source import Source, with_words
    from sheetgen.workbook.regrade.work import work

    _check(request)
    book = open_book(request.book, request.password, look_through)
    if "rows" not in book.state or "settings" not in book.state:
        raise InputError("regrade_sheet", "SG523", sheet="_sheetgen")
    package = open_package(book.data, look_through, str(request.book))
    worked = work(with_words(Source(package, book.names, book.state, scheme_of(book))), request.as_of)
    found, edits = _outcome(request, worked)
    data = apply(package, edits)
    if data != package.data:
        edits = replace(edits, cells=unsettled(worked.source, edits.cells))
        data = apply(package, edits)
        after = open_package(data, look_through, str(request.book))
        wrong = differences(package, after, edits)
        if wrong:
            place = f"{wrong[0].part} {wrong[0].where}: {wrong[0].what}"
            raise ReconcileError("regrade_proof", "SG533", place=place, count=len(wrong))
    return _written(request, found, book, package, data)


def _check(request: RegradeRequest) -> None:
    """Refuse before any work is done."""
    from sheetgen.workbook.publish import open_elsewhere

    out = request.out or request.book
    if request.book.name.startswith(LOCKS):
        raise InputError("regrade_lock_file", "SG510", path=request.book)
    if out.suffix.lower() != ".xlsx":
        raise UsageError("output_suffix", "SG601", path=out)
    if request.book.suffix.lower() != ".xlsx" and request.book.is_file():
        raise InputError("patch_not_xlsx", "SG510", path=request.book)
    if not request.dry_run and out.exists() and (lock := open_elsewhere(out)):
        raise OutputBusyError("regrade_open", path=str(out), lock=lock)


def _outcome(request: RegradeRequest, worked: Worked) -> tuple[Regraded, Edits]:
    """What the book comes to, and what is to change in it."""
    from sheetgen.pipeline import version
    from sheetgen.workbook.compose import compose
    from sheetgen.workbook.patch.edits import Constant, Edits
    from sheetgen.workbook.regrade.ledger import new_rows
    from sheetgen.workbook.regrade.listed import base_of, changes_of, edits_of
    from sheetgen.workbook.regrade.results import results_of

    source, content = worked.source, worked.content
    same = source.state.get("version") == version()
    results, base = results_of(worked, compose(content, version()), same), base_of(worked)
    if request.as_of is not None:
        sheet, row, col, _ = source.named()["p_as_of"]
        results.put(sheet, row, col, Constant(request.as_of))
    listed = edits_of(worked, base, results)
    issues = [*worked.issues]
    issues += [
        Issue("SG532", "warning", f"#{sheet}", facts=(("cell", cell), ("sheet", sheet)))
        for sheet, cell in results.strange
    ]
    if source.package.signed:
        issues.append(Issue("SG534", "warning", str(request.book)))
    ranks, tiers = content.graded.frame["final_rank"], source.scheme.file.tiers
    counts = {tier.id: int((ranks == len(tiers) - i).sum()) for i, tier in enumerate(tiers)}
    found = Regraded(
        request, source.scheme, worked.settings.as_of, counts, content.n, content.clean.ledger, listed,
        changes_of(worked, base, listed), tuple(issues), False,
    )  # fmt: skip
    added = new_rows(worked)
    return found, Edits({**results.cells, **added.cells}, append=added.append)


def _written(
    request: RegradeRequest, found: Regraded, book: OpenBook, package: Package, data: bytes
) -> Regraded:
    from sheetgen.share.encrypt import is_sealed, sealer
    from sheetgen.workbook.publish import digest, publish

    changed = data != package.data
    found = replace(
        found, changed=changed, digest=digest(request.book, lambda _: data), sha256=book.sha256,
        run_id=book.state.get("run_id", ""),
    )  # fmt: skip
    if request.dry_run or (not changed and request.out is None):
        return found

    def make(file: IO[bytes]) -> Mapping[str, int]:
        file.write(data)
        return {}

    backup = _backup(request.book) if request.out is None else None
    sealed = is_sealed(request.book.read_bytes())
    try:
        publish(found.out, found.as_of, make, sealer(request.password) if sealed else None)
    except BaseException:
        if backup is not None:
            backup.unlink(missing_ok=True)
        raise
    return replace(found, written=True, backup=backup)


def _backup(book: Path) -> Path:
    """A copy of ``book`` beside it, under a name that is free."""
    number = 1
    while (path := book.with_name(f"{book.name}.bak{number if number > 1 else ''}")).exists():
        number += 1
    shutil.copy2(book, path)
    with contextlib.suppress(OSError), path.open("rb") as file:
        os.fsync(file.fileno())
    return path
