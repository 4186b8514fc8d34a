"""The flow, literally: read, clean, measure, grade, track, compose, write. A newcomer starts here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sheetgen.errors import ReconcileError, UsageError
from sheetgen.ingest.rules import NO_RULES, ReadRules

if TYPE_CHECKING:
    from sheetgen.i18n import Lang
    from sheetgen.model import Clean, Graded, Issue
    from sheetgen.scheme.compile import Scheme
    from sheetgen.workbook.content import Content
    from sheetgen.workbook.last import LastBook

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

    @property
    def held_back(self) -> bool:
        """Whether any row of any table was held back."""
        return bool((self.clean.ledger.left_out["fate"] == "held_back").any())

    @property
    def tiers(self) -> dict[str, int]:
        """Customers by tier id, highest tier first."""
        ranks = self.graded.frame["final_rank"]
        n = len(self.scheme.file.tiers)
        return {tier.id: int((ranks == n - i).sum()) for i, tier in enumerate(self.scheme.file.tiers)}


def build(request: BuildRequest, at: Callable[[Step], None] = lambda step: None) -> Built:
    """Raw data to book. ``at`` is told of each step as it begins. Raises SheetgenError."""
    from sheetgen.ingest.clean import clean
    from sheetgen.ingest.sources import read_inputs
    from sheetgen.scheme.library import load_scheme
    from sheetgen.workbook.compose import compose
    from sheetgen.workbook.last import NO_BOOK
    from sheetgen.workbook.read import read_previous
    from sheetgen.workbook.write import digest, write_book

    scheme = load_scheme(request.scheme)
    at("read")
    check_output(request)
    raw = read_inputs(request.paths, request.kinds, request.rules)
    last = read_previous(request.previous, scheme) if request.previous else NO_BOOK
    at("clean")
    cleaned = clean(last.add_typed(raw), request.rules)
    if not cleaned.ledger.balances:
        raise ReconcileError("not_balanced", "SG600")
    built, content = prepare(request, scheme, cleaned, at, last)
    if request.dry_run or (request.strict and built.held_back):
        return built
    at("compose")
    book = compose(content, version())
    at("write")
    write_book(book, request.out)
    return Built(
        request, scheme, cleaned, built.graded, built.run_id, built.issues, digest(request.out), written=True
    )


def prepare(
    request: BuildRequest,
    scheme: Scheme,
    cleaned: Clean,
    at: Callable[[Step], None],
    last: LastBook | None = None,
) -> tuple[Built, Content]:
    """Cleaned data to graded content: measure, grade, track."""
    from sheetgen.grading.grade import grade
    from sheetgen.grading.measure import measure
    from sheetgen.grading.settings import resolve_quantiles, start_settings
    from sheetgen.grading.track import track
    from sheetgen.workbook.content import arrange
    from sheetgen.workbook.last import NO_BOOK

    last = last or NO_BOOK
    as_of = request.as_of or newest_day(cleaned)
    changed = {**last.parameters, **request.parameters}
    at("measure")
    cleaned = last.carry(cleaned)
    settings = start_settings(scheme, as_of, changed)
    facts = measure(cleaned, scheme, settings)
    settings = resolve_quantiles(scheme, settings, facts, changed)
    at("grade")
    inputs = last.inputs(cleaned.tables["customers"]["customer_id"], scheme)
    graded = grade(facts, inputs, scheme, settings, request.lang)
    ledger, changes = track(graded, cleaned, scheme, last.ledger, request.lang)
    run_id = run_of(request, scheme, cleaned, as_of, last.sha256)
    graded = type(graded)(graded.frame, settings, changes, graded.issues)
    content = arrange(cleaned, graded, scheme, request.lang, ledger, run_id)
    issues = (*cleaned.issues, *last.issues, *last.missing(cleaned.tables["customers"]["customer_id"]))
    return Built(request, scheme, cleaned, graded, run_id, issues), content


def check_output(request: BuildRequest) -> None:
    """Refuse an output that is an input, a folder or no workbook name before any work is done."""
    out = request.out
    if out.suffix.lower() != ".xlsx":
        raise UsageError("output_suffix", "SG601", path=out)
    if out.is_dir() or (out.exists() and not out.is_file()):
        raise UsageError("output_not_plain", "SG602", path=out)
    if not out.parent.is_dir():
        raise UsageError("output_folder_missing", "SG602", path=out.parent)
    inputs = [*request.paths, *(p for files in request.kinds.values() for p in files)]
    inputs += [str(request.previous)] if request.previous else []
    if out.exists() and any(Path(p).exists() and Path(p).samefile(out) for p in inputs):
        raise UsageError("output_is_input", "SG601", path=out)


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
