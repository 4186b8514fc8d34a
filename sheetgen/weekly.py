"""The weekly run: new raw data and last week's book as staff left it become this week's book.

The last book is found in the output folder by the day inside it. A book of this very week is made anew from
the one before it; where staff have written in it already, what they wrote comes along and the old file stays
beside. So a run that is repeated changes nothing.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from sheetgen.errors import UsageError
from sheetgen.model import Issue
from sheetgen.pipeline import BuildRequest, Built, Step, check_output, grade_inputs, newest_day, publish

if TYPE_CHECKING:
    from sheetgen.config import Config
    from sheetgen.model import Raw
    from sheetgen.scheme.compile import Scheme
    from sheetgen.weekbooks import WeekBook
    from sheetgen.workbook.content import Content
    from sheetgen.workbook.last import LastBook

At = Callable[[Step], None]
Each = Callable[[int, int], None]


@dataclass(frozen=True)
class WeeklyRequest:
    """``config``: what the file says, ``base``: the folder it lies in. ``as_of`` and ``previous`` win over
    what would be found."""

    config: Config
    base: Path
    as_of: date | None = None
    previous: Path | None = None
    dry_run: bool = False
    strict: bool = False
    processes: int = 1


@dataclass(frozen=True)
class Week:
    """What came of it. ``last``: the book it follows; ``unchanged``: this week's book was there already.

    ``backup``: where the book of this week lies that staff had written in; ``summary``: the page beside.
    """

    request: WeeklyRequest
    built: Built
    content: Content
    last: LastBook
    last_path: Path | None
    unchanged: bool = False
    backup: Path | None = None
    summary: Path | None = None


def weekly(request: WeeklyRequest, at: At = lambda step: None, each: Each = lambda done, all_: None) -> Week:
    """Run the week. Raises SheetgenError; AnotherRunError while another run holds the folder."""
    from sheetgen.lock import only_run

    folder = folder_of(request)
    folder.mkdir(parents=True, exist_ok=True)
    with only_run(folder):
        return _run(request, folder, at, each)


def folder_of(request: WeeklyRequest) -> Path:
    """The output folder. Raises UsageError (SG701) where the config has no weekly run, or it no sources."""
    ours = request.config.weekly
    if ours is None or not (ours.sources or ours.kinds):
        raise UsageError("weekly_no_sources", "SG701", path=request.base)
    folder = request.base / ours.folder
    if folder.exists() and not folder.is_dir():
        raise UsageError("output_not_plain", "SG602", path=folder)
    return folder


def _run(request: WeeklyRequest, folder: Path, at: At, each: Each) -> Week:
    from sheetgen.ingest.sources import read_inputs
    from sheetgen.scheme.library import load_schemes
    from sheetgen.weekbooks import books_in, last_of, one_of
    from sheetgen.workbook.last import NO_BOOK

    plan = _plan(request, folder)
    scheme = load_schemes((plan.scheme, *plan.beside))
    at("read")
    raw = read_inputs(plan.paths, plan.kinds, plan.rules)
    day = plan.as_of or _newest(raw, plan)
    books = books_in(folder, plan.rules.password)
    before = request.previous or _path(last_of(books, day, scheme.id))
    split = bool(plan.split_by)
    mine = one_of([b for b in books if b.as_of == day and bool(b.books) == split], scheme.id)
    out = mine.path if mine else folder / _name(request, plan, day)
    plan = replace(plan, out=out, as_of=day, previous=before)
    check_output(plan)
    last = _read(before, plan, scheme) if before else NO_BOOK
    later = [book.as_of for book in books if book.as_of > day]
    told = (Issue("SG573", "warning", value=max(later).isoformat()),) if later else ()
    week = _made(request, plan, scheme, raw, last, mine, (at, each))
    built = replace(week.built, issues=(*week.built.issues, *told, *_open(before)))
    return _with_page(replace(week, built=built, last_path=before))


def _with_page(week: Week) -> Week:
    """``week`` with its summary beside the book; without names where the book is under a password."""
    from sheetgen.summary import summary_of
    from sheetgen.summary_page import write_summary

    if not week.built.written:
        return week
    out = week.built.request.out
    page = out.with_name(f"{out.name.removesuffix('.xlsx')}.html")
    write_summary(summary_of(week, withheld=bool(week.built.request.rules.password)), page)
    return replace(week, summary=page)


def _plan(request: WeeklyRequest, folder: Path) -> BuildRequest:
    """The config as a build; its output is not known yet."""
    from sheetgen.connect import is_url
    from sheetgen.share.encrypt import read_password

    ours = request.config.weekly
    assert ours is not None

    def placed(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name if is_url(name) else str(request.base / name) for name in names)

    rules = request.config.reading.rules()
    if ours.password_file:
        rules = replace(rules, password=read_password(request.base / ours.password_file))
    leading, *beside = (_scheme(name, request.base) for name in ours.scheme or ("vip-abc",))
    return BuildRequest(
        folder, placed(ours.sources), {kind: placed(files) for kind, files in ours.kinds.items()}, rules,
        leading, request.as_of or ours.as_of, None, ours.lang, beside=tuple(beside),
        strict=request.strict or ours.strict, dry_run=request.dry_run, engine=ours.engine,
        split_by=ours.split_by or "", processes=request.processes,
    )  # fmt: skip


def _scheme(name: str, base: Path) -> str:
    """The id of a scheme, or the path of one, from the config's folder."""
    own = base / name
    return str(own) if re.search(r"[/\\]|\.ya?ml$", name) or own.is_file() else name


def _newest(raw: Raw, plan: BuildRequest) -> date:
    """The newest day of the data themselves: what staff typed does not move the week."""
    from sheetgen.ingest.clean import clean
    from sheetgen.model import Raw

    sales = tuple(table for table in raw.tables if table.source.kind == "transactions")
    if not sales:
        raise UsageError("as_of_needed", "SG708")
    return newest_day(clean(Raw(sales), plan.rules))


def _path(book: WeekBook | None) -> Path | None:
    return book.path if book else None


def _name(request: WeeklyRequest, plan: BuildRequest, day: date) -> str:
    """The file, or for a split the folder, of this week."""
    from sheetgen.i18n import text

    ours = request.config.weekly
    said = (ours.name if ours else None) or f"{text('book_title', plan.lang)} {{date}}"
    stem = said.removesuffix(".xlsx").replace("{date}", day.isoformat())
    stem = stem.replace("{scheme}", Path(plan.scheme).stem)
    return stem if plan.split_by else f"{stem}.xlsx"


def _open(book: Path | None) -> tuple[Issue, ...]:
    """SG570: the last book stands open in another program, so its last edits may not be saved."""
    from sheetgen.workbook.publish import open_elsewhere

    return (Issue("SG570", "warning", str(book)),) if book and open_elsewhere(book) else ()


def _read(path: Path, plan: BuildRequest, scheme: Scheme) -> LastBook:
    """A book, or those of a folder, as staff left them, with what the config lets move on."""
    from sheetgen.handed.last import read_last_books
    from sheetgen.ingest.package import look_through
    from sheetgen.workbook.read import read_previous

    password = plan.rules.password
    if path.is_dir():
        return read_last_books(path, scheme, password)
    return read_previous(path, scheme, password, look_through)


def _made(
    request: WeeklyRequest, plan: BuildRequest, scheme: Scheme, raw: Raw, last: LastBook,
    mine: WeekBook | None, heard: tuple[At, Each],
) -> Week:  # fmt: skip
    """This week's book. ``mine``: the one that is there already."""
    from sheetgen.workbook.lasts import only, with_hand
    from sheetgen.workbook.publish import keep_beside

    at, each = heard
    ours = request.config.weekly
    assert ours is not None
    wanted = [key for key, yes in ours.carry.model_dump().items() if yes]
    last = only(replace(last, kept=replace(last.kept, mark="")), wanted)
    if mine is None:
        built, content = grade_inputs(plan, scheme, raw, last, at)
        return Week(request, publish(built, content, at, each), content, last, None)
    own = only(_read(mine.path, plan, scheme), wanted)
    mark = own.kept.mark
    built, content = grade_inputs(
        plan, scheme, raw, with_hand(last, own, mark, mine.path) if mark else last, at
    )
    written, would_be = _digests(mine, plan.rules.password), _would_be(built, content, mine)
    if would_be.items() <= written.items():
        return Week(request, replace(built, digest=_whole(written), written=True), content, last, None, True)
    # staff wrote in it, or the data are others: whichever it is, what stands in it must not be lost
    mark = sha256(f"{mark}{own.sha256}".encode()).hexdigest()[:16]
    last = with_hand(last, own, mark, mine.path)
    built, content = grade_inputs(plan, scheme, raw, last, at)
    if plan.dry_run or (plan.strict and built.held_back):
        return Week(request, built, content, last, None)
    backup = keep_beside(mine.path)
    try:
        made = publish(built, content, at, each)
    except BaseException:
        with suppress(OSError):
            shutil.rmtree(backup) if backup.is_dir() else backup.unlink()
        raise
    return Week(request, made, content, last, None, backup=backup)


def _digests(mine: WeekBook, password: str) -> dict[str, str]:
    from sheetgen.share.encrypt import is_sealed, unseal
    from sheetgen.workbook.write import digest

    def plain(data: bytes) -> bytes:
        return unseal(data, password) if is_sealed(data) else data

    return {path.name: digest(path, plain) for path in mine.books or (mine.path,)}


def _would_be(built: Built, content: Content, mine: WeekBook) -> dict[str, str]:
    """The digest of each book that this run would write, by name."""
    from sheetgen.pipeline import version
    from sheetgen.share.split import split_books
    from sheetgen.workbook.compose import compose
    from sheetgen.workbook.write import book_bytes, digest

    def told(data: bytes, path: Path) -> str:
        return digest(path, lambda _: data)

    anything = mine.books[0] if mine.books else mine.path
    if not built.request.split_by:
        return {mine.path.name: told(book_bytes(compose(content, version())), anything)}
    return {
        path.name: told(book_bytes(book), anything) for path, book in split_books(built, content, version())
    }


def _whole(digests: Mapping[str, str]) -> str:
    if len(digests) == 1:
        return next(iter(digests.values()))
    return sha256("\n".join(f"{name} {d}" for name, d in sorted(digests.items())).encode()).hexdigest()
