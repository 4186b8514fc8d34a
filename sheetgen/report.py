"""What a run says of itself: one JSON object, or a short summary in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sheetgen.i18n import Lang, text
from sheetgen.model import FATES

if TYPE_CHECKING:
    from sheetgen.errors import SheetgenError
    from sheetgen.model import Issue, SourceFile
    from sheetgen.pipeline import Built
    from sheetgen.scheme.compile import Scheme
    from sheetgen.workbook.sheets.index import Entry

SCHEMA = 1
MOST_SHOWN = 12


def money(cents: int) -> str:
    """Cents as text with two decimals, exact."""
    sign, whole = "-" if cents < 0 else "", abs(cents)
    return f"{sign}{whole // 100}.{whole % 100:02d}"


def as_json(built: Built) -> dict[str, Any]:
    """The JSON object of a build."""
    ledger, lang = built.clean.ledger, built.request.lang
    return {
        "schema": SCHEMA,
        "command": "build",
        "out": str(built.request.out) if built.written else None,
        "as_of": built.graded.settings.as_of.isoformat(),
        "scheme": built.scheme.id,
        "run_id": built.run_id,
        "digest": built.digest,
        "customers": built.customers,
        "tiers": built.tiers,
        **({"beside": built.beside} if built.beside else {}),
        "rows": {"read": ledger.read_rows, **{fate: ledger.rows.get(fate, 0) for fate in FATES}},
        "amount": {
            "read": money(ledger.read_cents),
            **{fate: money(ledger.cents.get(fate, 0)) for fate in FATES if fate != "structure"},
        },
        "files": [file_json(f) for f in built.clean.files],
        "changes": [
            {"customer": c.customer, "from": c.was, "to": c.now, "cause": c.cause, "why": c.why}
            for c in built.graded.changes
        ],
        "edits": [],
        **({"books": [book_json(book, lang) for book in built.books]} if built.request.split_by else {}),
        "issues": [issue_json(issue, lang) for issue in built.issues],
    }


def file_json(file: SourceFile) -> dict[str, Any]:
    """One input for a machine: what it is, and which of its columns became what, how surely."""
    sure = {field: (confidence, how) for field, confidence, how in file.confidence}
    mapping = [
        {"field": field, "header": header, "confidence": sure[field][0], "how": sure[field][1]}
        for field, header in file.mapping
        if field in sure
    ]
    return {
        "path": file.path,
        "kind": file.kind,
        "encoding": file.encoding,
        "sha256": file.sha256,
        "rows": file.rows,
        "sheet": file.sheet,
        "header_row": file.header_row,
        "platform": file.platform,
        "mapping": mapping,
        "extras": list(file.extra),
    }


def book_json(book: Entry, lang: Lang) -> dict[str, Any]:
    """One book of a split."""
    value = book.value or text("split_unassigned", lang)
    return {"value": value, "out": str(book.out), "customers": book.customers, "tiers": book.tiers}


def issue_json(issue: Issue, lang: Lang) -> dict[str, Any]:
    """One issue for a machine."""
    return {
        "code": issue.code,
        "level": issue.level,
        "file": issue.file,
        "row": issue.row,
        "column": issue.column,
        "count": issue.count,
        "message": issue.message(lang),
    }


def error_json(command: str, error: SheetgenError, lang: Lang) -> dict[str, Any]:
    """The JSON object of a command that could not go on."""
    message = error_text(error, lang)
    issue = {"code": error.code, "level": "error", "file": "", "row": 0, "column": "", "message": message}
    return {
        "schema": SCHEMA,
        "command": command,
        "exit": error.exit_code,
        "error": message,
        "issues": [issue],
    }


def error_text(error: SheetgenError, lang: Lang) -> str:
    """The error in one plain line; under it the drawing of a scheme's ranges, where that is what is wrong."""
    words = text(error.key, lang, **error.facts)
    line = " ".join(f"{error.code} {words}".split())
    drawing = error.facts.get(f"drawing_{lang}")
    return f"{line}\n{drawing}" if drawing else line


def summary(built: Built) -> Iterator[str]:
    """The lines of a build's summary: sources, rows and money by fate, tiers, what to do next."""
    lang, ledger = built.request.lang, built.clean.ledger

    def say(key: str, **facts: object) -> str:
        return text(key, lang, **facts)

    day = built.graded.settings.as_of.isoformat()
    yield say("run_head", scheme=built.scheme.file.label.text(lang), as_of=day)
    for f in built.clean.files:
        name = f.path.replace("\\", "/").rsplit("/", 1)[-1]
        source = f"  {platform_label(f.platform, lang)}" if f.platform else ""
        yield f"  {name}{source}  {text(f'kind_{f.kind}', lang)}  {f.encoding}  {f.rows:,}"
    yield say("run_ledger")
    width = max(len(money(ledger.read_cents)), 12)
    lines = [("read", ledger.read_rows, ledger.read_cents)]
    lines += [(fate, ledger.rows.get(fate, 0), ledger.cents.get(fate, 0)) for fate in FATES]
    for fate, rows, cents in lines:
        yield f"  {pad(say(f'fate_{fate}'), 18)}{rows:>10,}  {money(cents):>{width}}"
    yield say("run_balanced")
    yield say("run_tiers", n=f"{built.customers:,}")
    for tier in built.scheme.file.tiers:
        count = built.tiers[tier.id]
        bar = "■" * max(1 if count else 0, round(30 * count / max(1, built.customers)))
        yield f"  {pad(tier.label.text(lang), 18)}{count:>8,}  {bar}"
    if built.graded.changes:
        yield say("run_changes", n=len(built.graded.changes))
    if built.books and built.written:
        yield say("split_written", n=len(built.books), path=built.request.out)
        for book in built.books[:MOST_SHOWN]:
            name = book.value or say("split_unassigned")
            yield f"  {pad(name, 18)}{book.customers:>8,}  {book.out.name}"
        if len(built.books) > MOST_SHOWN:
            yield say("split_more", n=len(built.books) - MOST_SHOWN)
        yield say("split_next", path=built.request.out / f"{say('split_index')}.xlsx")
    elif built.written:
        yield say("run_written", path=built.request.out)
        yield say("run_next", path=built.request.out)
    else:
        yield say("run_not_written")


def platform_label(platform: str, lang: Lang) -> str:
    """The name of a platform whose exports are known."""
    from sheetgen.ingest.platforms import platforms

    return platforms()[platform].label.text(lang)


def issue_lines(issues: tuple[Issue, ...], lang: Lang, verbose: bool) -> Iterator[str]:
    """Issues in plain words, the most important last; notes only when asked for."""
    order = {"note": 0, "warning": 1, "error": 2}
    shown = [i for i in sorted(issues, key=lambda i: order[i.level]) if verbose or i.level != "note"]
    if len(shown) > MOST_SHOWN and not verbose:
        yield text("run_more_issues", lang, n=len(shown) - MOST_SHOWN)
        shown = shown[-MOST_SHOWN:]
    for issue in shown:
        place = f" [{issue.file}:{issue.row}]" if issue.file else ""
        yield f"{issue.code}{place} {issue.message(lang)}"


def pad(words: str, width: int) -> str:
    """``words`` filled up to a display width; Chinese counts double."""
    from sheetgen.workbook.style import text_width

    return words + " " * max(1, width - text_width(words))


def scheme_lines(scheme: Scheme, lang: Lang) -> Iterator[str]:
    """A scheme in words: source, edge table, metrics, parameters."""
    file = scheme.file
    yield f"{scheme.id}  {file.label.text(lang)}"
    yield file.source.text(lang)
    yield file.summary.text(lang)
    yield ""
    for tier in file.tiers:
        sign = file.edge_text(tier)
        yield f"  {pad(tier.label.text(lang), 18)}{sign:>16}  {tier.benefits.text(lang)}"
    yield ""
    for key, metric in scheme.metrics.items():
        if not metric.hidden:
            label, origin = metric.label.text(lang), f"{metric.source}.{metric.agg}({metric.of})"
            yield f"  {pad(key, 18)}{pad(label, 24)}{origin}"
    for key, parameter in file.parameters.items():
        yield f"  {pad(key, 18)}{pad(parameter.label.text(lang), 40)}{parameter.value:g}"
