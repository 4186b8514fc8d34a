"""The flow, literally: read, clean, measure, grade, track, compose, write. A newcomer starts here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sheetgen.errors import ReconcileError, UsageError
from sheetgen.ingest.rules import NO_RULES, ReadRules
from sheetgen.model import Issue
from sheetgen.workbook.layout import PART_ROWS

if TYPE_CHECKING:
    from sheetgen.i18n import Lang
    from sheetgen.model import Clean, Graded, Raw
    from sheetgen.scheme.compile import Scheme
    from sheetgen.workbook.content import Content
    from sheetgen.workbook.last import LastBook
    from sheetgen.workbook.sheets.index import Entry

Step = Literal["read", "clean", "measure", "grade", "compose", "write"]
STEPS: tuple[Step, ...] = ("read", "clean", "measure", "grade", "compose", "write")


@dataclass(frozen=True)
class BuildRequest:
    """What to build from what. ``kinds``: table -> files given for it.

    ``as_of`` defaults to the newest transaction's day. ``parameters``: settings to start from, by id.
    """

    out: Path
    paths: Sequence[str] = ()
    kinds: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rules: ReadRules = NO_RULES
    scheme: str = "vip-abc"
    as_of: date | None = None
    previous: Path | None = None
    lang: Lang = "zh"
    parameters: Mapping[str, float] = field(default_factory=dict)
    strict: bool = False
    dry_run: bool = False
    engine: str = "duckdb"
    """where metrics are computed: duckdb, spark or a URL; every engine gives the same book"""
    split_by: str = ""
    """a column of the customers: ``out`` is then a folder with one book a value, and an index"""
    processes: int = 1
    """how many may write books at once"""
    part_rows: int = PART_ROWS
    """the rows of a detail table on one sheet; what is beyond goes on further ones"""
    beside: Sequence[str] = ()
    """further schemes, whose columns stand beside those of ``scheme``"""


@dataclass(frozen=True)
class Built:
    """What came of a build. ``written`` is False for a dry run, or where ``strict`` met rows held back."""

    request: BuildRequest
    scheme: Scheme
    clean: Clean
    graded: Graded
    run_id: str
    issues: tuple[Issue, ...]
    digest: str = ""
    written: bool = False
    books: tuple[Entry, ...] = ()
    """the books of a split, as the index tells of them"""

    @property
    def held_back(self) -> bool:
        """Whether any row of any table was held back."""
        return bool((self.clean.ledger.left_out["fate"] == "held_back").any())

    @property
    def customers(self) -> int:
        """The customers that count: all but those marked as deleted."""
        from sheetgen.grading.removed import told_in

        return int((~told_in(self.graded.frame)).sum())

    @property
    def beside(self) -> dict[str, dict[str, int]]:
        """Of each scheme beside the first: customers by tier id, highest tier first."""
        found = {}
        for side in self.scheme.sides:
            ranks, tiers = self.graded.frame[side.rank], side.file.tiers
            found[side.file.id] = {t.id: int((ranks == len(tiers) - i).sum()) for i, t in enumerate(tiers)}
        return found

    @property
    def tiers(self) -> dict[str, int]:
        """Customers by tier id, highest tier first."""
        ranks = self.graded.frame["final_rank"]
        n = len(self.scheme.file.tiers)
        return {tier.id: int((ranks == n - i).sum()) for i, tier in enumerate(self.scheme.file.tiers)}


def build(
    request: BuildRequest,
    at: Callable[[Step], None] = lambda step: None,
    each: Callable[[int, int], None] = lambda done, all_: None,
) -> Built:
    """Raw data to book. ``at`` is told of each step as it begins, ``each`` of how many books of a split are
    done. Raises SheetgenError.
    """
    from sheetgen.grading.engines import check_engine
    from sheetgen.ingest.sources import read_inputs
    from sheetgen.scheme.library import load_schemes

    scheme = load_schemes((request.scheme, *request.beside))
    at("read")
    check_output(request)
    check_engine(request.engine)
    raw = read_inputs(request.paths, request.kinds, request.rules)
    return publish(*grade_inputs(request, scheme, raw, read_last(request, scheme), at), at, each)


def grade_inputs(
    request: BuildRequest, scheme: Scheme, raw: Raw, last: LastBook, at: Callable[[Step], None]
) -> tuple[Built, Content]:
    """What was read to graded content. Raises SheetgenError."""
    from sheetgen.ingest.clean import clean
    from sheetgen.workbook.review import accepted

    rules = request.rules.with_merges(accepted(last.reviews))
    at("clean")
    cleaned = clean(last.add_typed(raw), rules, request.as_of)
    if not cleaned.ledger.balances:
        raise ReconcileError("not_balanced", "SG600")
    return prepare(request, scheme, cleaned, at, last)


def publish(
    built: Built, content: Content, at: Callable[[Step], None], each: Callable[[int, int], None]
) -> Built:
    """Graded content to its book, or books; nothing for a dry run. Raises SheetgenError."""
    from sheetgen.share.encrypt import sealer
    from sheetgen.workbook.compose import compose
    from sheetgen.workbook.write import write_book

    request = built.request
    if request.split_by:
        return split(built, content, at, each)
    if request.dry_run or (request.strict and built.held_back):
        return built
    at("compose")
    book = compose(content, version())
    at("write")
    found = write_book(book, request.out, seal=sealer(request.rules.password))
    return replace(built, digest=found, written=True)


def split(
    built: Built, content: Content, at: Callable[[Step], None], each: Callable[[int, int], None]
) -> Built:
    """One book a value of the column, and an index, where a plain build writes one."""
    from hashlib import sha256

    from sheetgen.handed.folder import left_over
    from sheetgen.share.plan import find_column, plan
    from sheetgen.share.split import entries, write_books

    request = built.request
    column = find_column(request.split_by, content.clean, request.lang)
    parts = plan(content.clean, column, request.out, request.lang)
    built = replace(built, issues=(*built.issues, *left_over(request.out, parts, request.rules.password)))
    if request.dry_run or (request.strict and built.held_back):
        return replace(built, books=entries(content, parts))
    at("write")
    books = write_books(
        content, column, parts, request.out, version(),
        password=request.rules.password, processes=request.processes, each=each,
    )  # fmt: skip
    digests = "\n".join(f"{book.out.name} {book.digest}" for book in books)
    return replace(built, books=books, digest=sha256(digests.encode()).hexdigest(), written=True)


def read_last(request: BuildRequest, scheme: Scheme) -> LastBook:
    """Last week's book as staff left it, if one is named."""
    from sheetgen.ingest.package import look_through
    from sheetgen.workbook.last import NO_BOOK
    from sheetgen.workbook.read import read_previous

    if request.previous is None:
        return NO_BOOK
    if request.previous.is_dir():
        from sheetgen.handed.last import read_last_books

        last = read_last_books(request.previous, scheme, request.rules.password)
    else:
        last = read_previous(request.previous, scheme, request.rules.password, look_through)
    return replace(last, kept=replace(last.kept, mark=""))  # the next period's book is nobody's hand yet


def prepare(
    request: BuildRequest,
    scheme: Scheme,
    cleaned: Clean,
    at: Callable[[Step], None],
    last: LastBook | None = None,
) -> tuple[Built, Content]:
    """Cleaned data to graded content: measure, grade, track."""
    from sheetgen.grading.engines import open_engine
    from sheetgen.grading.grade import grade
    from sheetgen.grading.measure import measure
    from sheetgen.grading.settings import resolve_cuts, start_settings
    from sheetgen.grading.standing import rank_by_last_rules
    from sheetgen.grading.ties import tie_notes
    from sheetgen.grading.track import track
    from sheetgen.workbook.content import arrange
    from sheetgen.workbook.laid import issues_of, lay_over
    from sheetgen.workbook.last import NO_BOOK
    from sheetgen.workbook.review import list_reviews

    last = (last or NO_BOOK).merged()
    as_of = request.as_of or newest_day(cleaned)
    changed = {**last.parameters, **request.parameters}
    at("measure")
    cleaned, laid = lay_over(last.carry(cleaned), last.kept.corrections, request.lang)
    kept = replace(last.kept, corrections=laid.kept)
    settings = start_settings(scheme, as_of, changed, last.rules.as_of)
    inputs = last.inputs(cleaned.tables["customers"]["customer_id"], scheme, request.lang)
    with open_engine(request.engine) as run:
        facts = measure(cleaned, scheme, settings, run)
        inputs = rank_by_last_rules(
            cleaned, last.rules, inputs, scheme, as_of, request.lang, run, changed
        )  # fmt: skip
    settings = resolve_cuts(scheme, settings, facts, changed)
    at("grade")
    graded = grade(facts, inputs, scheme, settings, request.lang)
    ledger, changes = track(graded, cleaned, scheme, last.ledger, request.lang)
    run_id = run_of(request, scheme, cleaned, as_of, last.sha256)
    graded = replace(graded, changes=changes)
    reviews = list_reviews(cleaned, last.reviews)
    content = arrange(
        cleaned, graded, scheme, request.lang, ledger, run_id, reviews, last.figures,
        kept=kept, part_rows=request.part_rows,
    )  # fmt: skip
    content = replace(content, series=last.series)
    issues = (
        *cleaned.issues,
        *last.issues,
        *last.ahead(as_of),
        *tie_notes(scheme, settings, graded.frame, request.lang),
        *last.missing(cleaned.tables["customers"]["customer_id"]),
        *issues_of(laid, str(request.previous or ""), request.lang),
    )
    if request.rules.weak_password:
        issues += (Issue("SG603", "warning", count=1),)
    return Built(request, scheme, cleaned, graded, run_id, issues), content


def check_output(request: BuildRequest) -> None:
    """Refuse an output that is an input, a folder or no workbook name before any work is done."""
    out = request.out
    if request.split_by:
        from sheetgen.share.plan import check_folder

        return check_folder(out, inputs_of(request))
    if out.suffix.lower() != ".xlsx":
        raise UsageError("output_suffix", "SG601", path=out)
    if out.is_dir() or (out.exists() and not out.is_file()):
        raise UsageError("output_not_plain", "SG602", path=out)
    if not out.parent.is_dir():
        raise UsageError("output_folder_missing", "SG602", path=out.parent)
    if out.exists() and any(Path(p).exists() and Path(p).samefile(out) for p in inputs_of(request)):
        raise UsageError("output_is_input", "SG601", path=out)


def inputs_of(request: BuildRequest) -> list[str]:
    """Every path that is read."""
    inputs = [*request.paths, *(p for files in request.kinds.values() for p in files)]
    return [*inputs, str(request.previous)] if request.previous else inputs


def newest_day(cleaned: Clean) -> date:
    """The newest transaction's day. Raises UsageError when there is none to go by."""
    days = cleaned.tables["transactions"]["date"]
    if not len(days):
        raise UsageError("as_of_needed", "SG708")
    newest: date = days.max().date()
    return newest


def run_of(request: BuildRequest, scheme: Scheme, cleaned: Clean, as_of: date, previous: str) -> str:
    """The run's id: the same inputs, scheme, date, language and version give the same id."""
    import hashlib
    import json

    facts = [
        sorted(f.sha256 for f in cleaned.files),
        scheme.text,
        as_of.isoformat(),
        request.lang,
        request.rules.facts(),
        sorted(request.parameters.items()),
        previous,
        version(),
    ]
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()[:12]


def version() -> str:
    """The program's version."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("sheetgen")
    except PackageNotFoundError:
        return "0"
