"""A blank book for people without the program: filled in it grades by itself, handed back it re-grades."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sheetgen.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sheetgen.i18n import Lang
    from sheetgen.scheme.compile import Scheme
    from sheetgen.workbook.content import Content

MOST_ROWS: Final = 20_000
USUAL_ROWS: Final = 500
RECORDS_A_CUSTOMER: Final = 4


@dataclass(frozen=True)
class TemplateRequest:
    """``rows``: customers to have room for; each sheet of records has four times as many, 20,000 at most."""

    scheme: str
    out: Path
    rows: int = USUAL_ROWS
    lang: Lang = "zh"


@dataclass(frozen=True)
class Template:
    """The blank book that was written. ``prepared``: empty rows by table."""

    request: TemplateRequest
    scheme: Scheme
    prepared: Mapping[str, int]
    digest: str


def template(request: TemplateRequest) -> Template:
    """Write a blank book. Raises UsageError, OutputBusyError, DiskError."""
    from sheetgen.pipeline import BuildRequest, check_output, version
    from sheetgen.workbook.compose import compose
    from sheetgen.workbook.write import digest, write_book

    if not 1 <= request.rows <= MOST_ROWS:
        raise UsageError("template_rows", "SG601", value=request.rows, most=f"{MOST_ROWS:,}")
    check_output(BuildRequest(request.out))
    content = blank_content(request)
    write_book(compose(content, version()), request.out)
    return Template(request, content.scheme, _shown(content), digest(request.out))


def blank_content(request: TemplateRequest) -> Content:
    """What the blank book is composed from: a company without customers."""
    from sheetgen.grading.grade import empty_inputs, grade
    from sheetgen.grading.measure import measure
    from sheetgen.grading.settings import resolve_cuts, start_settings
    from sheetgen.grading.track import empty_ledger
    from sheetgen.ingest.clean import clean
    from sheetgen.model import Raw
    from sheetgen.pipeline import run_of
    from sheetgen.scheme.library import load_scheme
    from sheetgen.workbook.blank.live import START
    from sheetgen.workbook.content import arrange

    scheme, nothing = load_scheme(request.scheme), clean(Raw(()))
    settings = start_settings(scheme, START)
    facts = measure(nothing, scheme, settings)
    settings = resolve_cuts(scheme, settings, facts, {})
    graded = grade(facts, empty_inputs(scheme, 0), scheme, settings, request.lang)
    run_id = run_of(_as_build(request), scheme, nothing, START, str(request.rows))
    return arrange(
        nothing, graded, scheme, request.lang, empty_ledger(), run_id, prepared=prepared_rows(request.rows)
    )


def _as_build(request: TemplateRequest):  # type: ignore[no-untyped-def]
    from sheetgen.pipeline import BuildRequest

    return BuildRequest(request.out, scheme=request.scheme, lang=request.lang)


def prepared_rows(rows: int) -> dict[str, int]:
    """Prepared rows by table, for so many customers."""
    from sheetgen.workbook.layout import RECORDS

    people = {"customers": rows, "preferences": rows}
    return people | dict.fromkeys(RECORDS, min(MOST_ROWS, RECORDS_A_CUSTOMER * rows))


def _shown(content: Content) -> dict[str, int]:
    """The prepared rows of the sheets that the book has."""
    tables = ("customers", "preferences", *content.layout.record_tables)
    return {table: content.layout.spare[table] for table in tables}


def template_json(made: Template) -> dict[str, object]:
    """The answer of ``--json``."""
    request = made.request
    return {
        "schema": 1, "command": "template", "out": str(request.out), "scheme": made.scheme.id,
        "lang": request.lang, "rows": dict(made.prepared), "digest": made.digest,
    }  # fmt: skip


def template_lines(made: Template) -> Iterator[str]:
    """What was made, and what to do with it."""
    from sheetgen.i18n import text
    from sheetgen.workbook.layout import SHEETS

    lang, out = made.request.lang, made.request.out
    yield text("template_made", lang, path=out)
    yield text("template_scheme", lang, scheme=made.scheme.file.label.text(lang))
    records = max(rows for table, rows in made.prepared.items() if table not in ("customers", "preferences"))
    customers = made.prepared["customers"]
    yield text("template_prepared", lang, customers=f"{customers:,}", records=f"{records:,}")
    yield text("template_next", lang, guide=SHEETS["guide"].text(lang), path=out)
