"""All of one book that staff handed back: its data typed, their entries, and what the last period left.

Nothing but the book is needed. Where a sheet is gone, its rows as they were written stand in for it, as far
as the book holds them, and what is lost is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sheetgen.errors import InputError
from sheetgen.handed.renamed import with_renamed
from sheetgen.handed.sheets import Found
from sheetgen.handed.tables import Told, find_data, known_ids, nothing_left_out
from sheetgen.handed.take import Taking, take_customers, take_preferences, take_records, widened
from sheetgen.handed.words import (
    Numbers,
    base_of,
    figures_of,
    find_graded,
    inputs_of_base,
    last_tiers,
    ledger_of,
    owners_of,
    parameters_of,
    reviews_of,
    staff_inputs,
)
from sheetgen.i18n import Label
from sheetgen.model import Issue, SourceFile
from sheetgen.workbook.layout import RECORDS, SHEETS, further_sheets, table_of

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.i18n import Lang
    from sheetgen.scheme.compile import Scheme
    from sheetgen.siblings import Look
    from sheetgen.workbook.kept import Kept
    from sheetgen.workbook.opened import OpenBook
    from sheetgen.workbook.patch.package import Package
    from sheetgen.workbook.regrade.source import Source
    from sheetgen.workbook.review import Review

WORDS: Final = ("tiers", "preferences", "changes", "parameters")
"""sheets that staff write in, or that say what was; they are told of where they are gone"""
MOVED: Final = ("SG567",)
"""what a build does not carry on, but a fresh book does: further columns of the detail sheets"""


@dataclass(frozen=True)
class Handed:
    """A book, or several that were made one.

    ``tables``: every data table, typed as cleaned ones, with ``file`` and ``line`` of each row (the sheet's),
    ``key`` (the customer's number, NaN where staff typed the row) and ``typed``. ``inputs``: what stands in
    the input columns of 客户级别, by customer, with ``line``. ``base``: what the program wrote of each.
    ``left_out``: as in a Ledger. ``places``: sheet id -> column id -> its letters' number.
    """

    name: str
    sha256: str
    lang: Lang
    scheme: Scheme
    as_of: date | None
    last_as_of: date | None
    tables: Mapping[str, pd.DataFrame]
    extras: Mapping[str, Mapping[str, str]]
    inputs: pd.DataFrame
    numbers: Numbers
    ledger: pd.DataFrame
    reviews: tuple[Review, ...]
    figures: Mapping[str, float]
    base: pd.DataFrame
    left_out: pd.DataFrame
    files: tuple[SourceFile, ...]
    issues: tuple[Issue, ...]
    kept: Kept
    """staff's own columns and sheets, and what they corrected"""
    split: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, Found] = field(default_factory=dict)
    package: Package | None = None

    read_rows: int = 0
    """the transactions that stand in it, and their sum in cents"""
    read_cents: int = 0
    written_as_of: date | None = None
    """the as-of date that it was written with"""
    further: tuple[str, ...] = ()
    """the further sheets of its detail tables"""
    plain_benefits: tuple[str, ...] = ()
    """those of the scheme, tier by tier, before staff wrote others"""
    moved: Mapping[str, str] = field(default_factory=dict)
    """the customers who stand in another book of the split now, and which; ``inputs`` has them too"""

    @property
    def ids(self) -> list[str]:
        """The customers, in the order of their numbers."""
        found: list[str] = self.tables["customers"]["customer_id"].tolist()
        return found


def read_handed(
    path: Path, password: str = "", others: Sequence[str] = (), elsewhere: Look | None = None
) -> Handed:
    """Read the book at ``path``. Raises InputError where it does not hold enough, PasswordError.

    ``others``: customers of other books, whose rows count here too. ``elsewhere``: who stands in another book
    of the split; without it, those that lie beside the book tell.
    """
    from sheetgen.explain import scheme_of
    from sheetgen.ingest.package import look_through
    from sheetgen.siblings import beside, split_told
    from sheetgen.workbook.mended import with_columns_back
    from sheetgen.workbook.opened import open_book
    from sheetgen.workbook.patch.package import open_package
    from sheetgen.workbook.regrade.source import Source
    from sheetgen.workbook.written import read_written

    book = open_book(path, password, look_through, broken=True)
    package = open_package(book.data, look_through, str(path))
    if not book.state.get("scheme_text"):
        raise InputError("rebuild_no_state", "SG523", path=path, sheet=SHEETS["state"].zh)
    lang: Lang = "en" if book.state.get("lang") == "en" else "zh"
    scheme = _with_guides(scheme_of(book))
    book, renamed = with_renamed(book, package, scheme)
    book, headed = with_columns_back(book, scheme, deleted=False)
    package = open_package(book.data, look_through, str(path)) if headed else package
    source = Source(package, book.names, book.state, scheme)
    scheme, issues = _with_benefits(source, lang)
    issues += [*renamed, *headed]
    base, ledger = base_of(book), ledger_of(book)
    kept, issues_of_kept = _kept(book, scheme)
    taking = Taking(book, scheme, lang, read_written(book.state), base, path.name, _own_headers(kept),
                    elsewhere or beside(path, book.state, password))  # fmt: skip
    customers, moved, more = take_customers(taking)
    issues += more
    known = {**known_ids(others), **known_ids(_in_order(customers.frame))}
    told = {"customers": customers}
    for table in RECORDS:
        told[table], more = take_records(taking, table, known)
        issues += more
    told["preferences"] = take_preferences(taking, known)
    graded = {s: one for s in ("tiers", "scores") if (one := find_graded(book, scheme, s)) is not None}
    people = _with_moved(customers.frame, taking.written.get("customers"), moved)
    owners = {sheet_id: owners_of(one, people) for sheet_id, one in graded.items()}
    told["customers"], more = widened(taking, customers, graded, owners)
    issues += more
    numbers, as_of, last, more = parameters_of(book, source, scheme)
    issues += more
    past = last is not None or bool(len(ledger))
    inputs, more = _inputs(scheme, people, graded.get("tiers"), owners.get("tiers"), base,
                           last_tiers(ledger, as_of, past, base, scheme, lang))  # fmt: skip
    places = {table: one.found for table, one in told.items() if one.found is not None} | graded
    return Handed(
        path.name, book.sha256, lang, scheme, as_of, last,
        {table: one.frame for table, one in told.items()},
        {table: dict(one.extras) for table, one in told.items()},
        inputs, numbers, ledger, reviews_of(book),
        figures_of(book, source), base, _together(told),
        tuple(_file(path.name, book.sha256, table, one) for table, one in told.items() if len(one.frame)),
        (*issues, *more, *issues_of_kept, *_gone(book, path.name, lang)), kept,
        split_told(book.state), places, package,
        *told["transactions"].read,
        date.fromisoformat(book.state["as_of"]) if "as_of" in book.state else as_of,
        further_sheets(book.state),
        tuple(tier.benefits.text(lang) for tier in source.scheme.file.tiers), moved,
    )  # fmt: skip


def _with_moved(customers: pd.DataFrame, written: Any, moved: Mapping[str, str]) -> pd.DataFrame:
    """The customers and their numbers, below them those who moved with the numbers that they had."""
    import pandas as pd

    gone = written[written["customer_id"].isin(moved)] if moved else customers.iloc[:0]
    own = ["customer_id", "key"]
    whole: pd.DataFrame = pd.concat([customers[own], gone[own]], ignore_index=True)
    return whole


def _kept(book: OpenBook, scheme: Scheme) -> tuple[Kept, tuple[Issue, ...]]:
    """Staff's own columns and sheets, and their corrections, as far as sheets are there to tell."""
    from sheetgen.workbook.corrected import find_corrections
    from sheetgen.workbook.kept import MARK, Kept, corrections_in
    from sheetgen.workbook.own import read_columns, read_sheets

    tables = ("customers", *RECORDS, *further_sheets(book.state))
    data = [find_data(book, table_of(sheet), sheet) for sheet in tables]
    whole = all(found is None or "key" in found.columns for found in data)
    corrections, issues = find_corrections(book) if whole else (corrections_in(book.state), ())
    columns, more = read_columns(book, scheme) if book.names.get("customers") else ((), ())
    sheets, lost = read_sheets(book)
    ours = set(book.names.values())
    sheets = tuple(sheet for sheet in sheets if sheet.name not in ours)
    lost = tuple(issue for issue in lost if dict(issue.facts).get("sheet") not in ours)
    told = tuple(i for i in (*issues, *more, *lost) if i.code not in MOVED)
    return Kept(corrections, columns, sheets, book.state.get(MARK, "")), told


def _own_headers(kept: Kept) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for column in kept.columns:
        found.setdefault(column.sheet, set()).add(column.header)
    return found


def _with_guides(scheme: Scheme) -> Scheme:
    """The scheme with the guide that ships beside it; of another text the book has the common one."""
    from sheetgen.scheme.library import load_scheme, shipped

    if scheme.id not in shipped():
        return scheme
    same = load_scheme(scheme.id)
    return replace(scheme, guides=same.guides) if same.text == scheme.text else scheme


def _in_order(customers: pd.DataFrame) -> list[str]:
    found: list[str] = customers.sort_values("line", kind="stable")["customer_id"].tolist()
    return found


def customers_in(path: Path, password: str = "") -> list[str]:
    """The ids on 客户信息 of a book, from top to bottom; none where the sheet is gone."""
    from sheetgen.handed.sheets import text_of
    from sheetgen.ingest.package import look_through
    from sheetgen.workbook.opened import open_book

    found = find_data(open_book(path, password, look_through, broken=True), "customers")
    ids = found.column("customer_id").map(text_of).tolist() if found else []
    return [customer for customer in ids if customer]


def _file(name: str, sha256: str, table: str, told: Told) -> SourceFile:
    """A data sheet as an input."""
    sheet = told.found.name if told.found else SHEETS["state"].zh
    return SourceFile(name, table, "xlsx", sha256, len(told.frame), sheet)


def _together(told: Mapping[str, Told]) -> pd.DataFrame:
    import pandas as pd

    pieces = [one.left_out for one in told.values() if len(one.left_out)]
    return pd.concat(pieces, ignore_index=True) if pieces else nothing_left_out()


def _gone(book: OpenBook, name: str, lang: Lang) -> list[Issue]:
    """The sheets of staff's words that are gone."""
    return [
        Issue("SG802", "warning", name, facts=(("sheet", SHEETS[s].text(lang)),))
        for s in WORDS
        if not book.names.get(s)
    ]


def _inputs(
    scheme: Scheme, customers: pd.DataFrame, found: Found | None, owner: pd.Series[str] | None,
    base: pd.DataFrame, was: pd.Series[str],
) -> tuple[pd.DataFrame, list[Issue]]:  # fmt: skip
    """The inputs of every customer: as they stand on 客户级别, else as they were written, else none."""
    import pandas as pd

    ids = customers["customer_id"].tolist()
    issues: list[Issue] = []
    frames = []
    if found is not None and owner is not None:
        seen, issues = staff_inputs(found, owner, scheme)
        frames.append(seen)
    there = set(frames[0].index.tolist()) if frames else set()
    frames.append(inputs_of_base(base, [c for c in ids if c not in there], scheme, was))
    whole = pd.concat(frames) if len(frames) > 1 else frames[0]
    return whole.reindex(ids), issues


def _with_benefits(source: Source, lang: Lang) -> tuple[Scheme, list[Issue]]:
    """The scheme with the benefits as they stand on 参数设置; another name of a tier there is told."""
    from sheetgen.workbook.regrade.source import words_of

    scheme: Scheme = source.scheme
    tiers, sheet = scheme.file.tiers, source.names.get("parameters", "")
    labels = words_of(source, "tier_label") if sheet else []
    benefits = words_of(source, "tier_benefits") if sheet else []
    if len(benefits) != len(tiers):
        return scheme, []
    issues = [
        Issue("SG807", "warning", f"#{sheet}", value=said, facts=(("label", tier.label.text(lang)),))
        for tier, said in zip(tiers, labels, strict=False)
        if tier.label.text(lang) != said
    ]
    if [tier.benefits.text(lang) for tier in tiers] == benefits:
        return scheme, issues
    told = [t.model_copy(update={"benefits": Label(w, w)}) for t, w in zip(tiers, benefits, strict=True)]
    return replace(scheme, file=scheme.file.model_copy(update={"tiers": told})), issues
