"""One book a value of a column of the customers, each with its own customers only, and an index of them.

The whole company is cleaned, measured and graded once. So quantiles and shares are the company's, and a
customer has the tier that they have in the single book.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sheetgen.model import FATES, Clean, Fate, Graded, Ledger
from sheetgen.share.plan import Column, Part, key_of
from sheetgen.workbook.compose import compose
from sheetgen.workbook.content import Content, arrange
from sheetgen.workbook.sheets.index import Entry, index_book
from sheetgen.workbook.write import write_book

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.model import Settings
    from sheetgen.pipeline import Built
    from sheetgen.scheme.compile import Scheme
    from sheetgen.workbook.book import Book

POOL_FROM: Final = 4
"""books from which further processes are worth their start"""
Each = Callable[[int, int], None]


@dataclass(frozen=True)
class _Job:
    content: Content
    out: Path
    title: str
    version: str
    password: str


def restricted(content: Content, part: Part, run_id: str) -> Content:
    """What a book of its own holds of ``content``: nothing of anybody who is not of ``part``.

    Everything is made anew from what belongs to the customers; what is not named here stays out.
    """
    clean, graded, ids = content.clean, content.graded, part.customers
    tables = {
        name: frame[frame["customer_id"].isin(ids)].reset_index(drop=True)
        for name, frame in clean.tables.items()
        if "customer_id" in frame
    }
    mine = Clean(
        tables=tables,
        extras=clean.extras,
        ledger=_ledger(tables, clean.ledger.left_out),
        files=clean.files,
    )
    changes = tuple(change for change in graded.changes if change.customer in ids)
    frame = graded.frame[graded.frame["customer_id"].isin(ids)].reset_index(drop=True)
    ledger = content.ledger[content.ledger["customer_id"].isin(ids)].reset_index(drop=True)
    reviews = tuple(r for r in content.reviews if r.keep in ids and r.other in ids)
    settings = pinned(content.scheme, graded.settings)
    return arrange(
        mine, Graded(frame, settings, changes), content.scheme, content.lang, ledger, run_id, reviews,
        kept=content.kept.of(ids, part.out.name),
    )  # fmt: skip


def _ledger(tables: dict[str, pd.DataFrame], left_out: pd.DataFrame) -> Ledger:
    """The account of the rows that are certainly these customers': those used.

    A row that was not used may be anybody's, and is told of in the index.
    """
    import pandas as pd

    places = [
        pd.MultiIndex.from_arrays([[name] * len(frame), frame["file"], frame["line"]])
        for name, frame in tables.items()
        if {"file", "line"} <= set(frame)
    ]
    asked = pd.MultiIndex.from_frame(left_out[["table", "file", "line"]])
    own = left_out["fate"].eq("used").to_numpy()
    known = sum((asked.isin(place) for place in places), start=own & False)
    listed = left_out[own & known.astype(bool)].reset_index(drop=True)
    sales = tables["transactions"]
    rows: dict[Fate, int] = dict.fromkeys(FATES, 0) | {"used": len(sales)}
    total = sum(sales["cents"].tolist())
    cents: dict[Fate, int] = dict.fromkeys(FATES, 0) | {"used": total}
    return Ledger(rows, cents, len(sales), total, listed)


def pinned(scheme: Scheme, settings: Settings) -> Settings:
    """``settings`` whose relative cuts stay the company's when this book alone is graded again."""
    changed = dict(settings.changed)
    if scheme.file.cut_by != "value":
        rising = reversed(scheme.file.tiers)
        for tier, cut in zip(rising, settings.tables["tier_cut"], strict=True):
            if tier.edge is not None:
                changed[f"tier_{tier.id}"] = cut
    for key in scheme.cuts:
        if scheme.file.criteria[key].by_data:
            cuts = settings.tables[f"{key}_cut"]
            changed |= {f"{key}_cut_{n}": cut for n, cut in enumerate(cuts, 1)}
    return replace(settings, changed=changed)


def entries(content: Content, parts: Sequence[Part]) -> tuple[Entry, ...]:
    """What the index says of each book."""
    frame, sales = content.graded.frame, content.clean.tables["transactions"]
    tiers = content.scheme.file.tiers
    found = []
    for part in parts:
        ranks = frame.loc[frame["customer_id"].isin(part.customers), "final_rank"]
        counts = {tier.id: int((ranks == len(tiers) - i).sum()) for i, tier in enumerate(tiers)}
        cents = sum(sales.loc[sales["customer_id"].isin(part.customers), "cents"].tolist())
        found.append(Entry(part.value, part.out, len(part.customers), counts, cents))
    return tuple(found)


def write_books(
    content: Content,
    column: Column,
    parts: Sequence[Part],
    folder: Path,
    version: str,
    *,
    password: str = "",
    processes: int = 1,
    each: Each = lambda done, all_: None,
) -> tuple[Entry, ...]:
    """Write every book and then the index; each appears whole or not at all. ``each`` hears how many stand.

    Raises SheetgenError as write_book does.
    """
    from sheetgen.share.encrypt import sealer

    folder.mkdir(exist_ok=True)
    told = entries(content, parts)
    jobs = (_job(content, column, part, len(parts), version, password) for part in parts)
    digests = []
    for found in _done(jobs, len(parts), processes):
        digests.append(found)
        each(len(digests), len(parts) + 1)
    told = tuple(replace(entry, digest=found) for entry, found in zip(told, digests, strict=True))
    index = folder / f"{content.say('split_index')}.xlsx"
    write_book(index_book(content, column.label, told), index, seal=sealer(password))
    each(len(parts) + 1, len(parts) + 1)
    return told


def _job(content: Content, column: Column, part: Part, books: int, version: str, password: str) -> _Job:
    from hashlib import sha256

    def of_part(run: str) -> str:
        return sha256(f"{run}\n{column.name}\n{key_of(part.value)}".encode()).hexdigest()[:12]

    run_id = of_part(content.run_id)
    series = of_part(content.series) if content.series else ""
    title = f"{column.label}: {part.value or content.say('split_unassigned')}"
    told = split_of(content, column, part, books)
    mine = replace(restricted(content, part, run_id), split=told, series=series)
    return _Job(mine, part.out, title, version, password)


def split_of(content: Content, column: Column, part: Part, books: int) -> str:
    """What a book says of the split that it is one of: the run, its value, how many there are, and the cuts
    that are the company's and not staff's.
    """
    import json

    settings = content.graded.settings
    own = sorted(set(pinned(content.scheme, settings).changed) - set(settings.changed))
    told = {"run": content.run_id, "column": column.name, "value": key_of(part.value), "books": books}
    told["series"] = content.series or content.run_id
    return json.dumps({**told, "pinned": own}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _done(jobs: Iterator[_Job], count: int, processes: int) -> Iterator[str]:
    if processes < 2 or count < POOL_FROM:
        yield from map(_write, jobs)
        return
    from multiprocessing import get_context

    # a fork would copy threads of DuckDB and Arrow in the middle of whatever they do
    with ProcessPoolExecutor(min(processes, count), get_context("spawn"), _ignore_interrupt) as pool:
        try:
            waiting = []
            for job in jobs:
                waiting.append(pool.submit(_write, job))
                if len(waiting) > 2 * processes:
                    yield waiting.pop(0).result()
            for future in waiting:
                yield future.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _ignore_interrupt() -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def split_books(built: Built, content: Content, version: str) -> Iterator[tuple[Path, Book]]:
    """Each book that a split writes, and where; not the index."""
    from sheetgen.share.plan import find_column, plan

    request = built.request
    column = find_column(request.split_by, content.clean, request.lang)
    parts = plan(content.clean, column, request.out, request.lang)
    for part in parts:
        yield part.out, _book(_job(content, column, part, len(parts), version, ""))


def _book(job: _Job) -> Book:
    book = compose(job.content, job.version)
    return replace(book, title=f"{book.title} · {job.title}")


def _write(job: _Job) -> str:
    from sheetgen.share.encrypt import sealer

    return write_book(_book(job), job.out, seal=sealer(job.password))
