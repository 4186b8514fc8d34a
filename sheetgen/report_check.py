"""What ``sheetgen check`` says: one JSON object, or a report in plain words with personal data masked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from sheetgen.connect import masked
from sheetgen.i18n import Lang, text
from sheetgen.ingest.headers import EXTRA
from sheetgen.ingest.platforms import platforms
from sheetgen.masking import mask, mask_text
from sheetgen.model import FATES
from sheetgen.report import SCHEMA, issue_json, money, pad
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.failed import mend_of
from sheetgen.workbook.style import text_width

if TYPE_CHECKING:
    from sheetgen.check import Checked, Example, Group, Mapped, Understood

WIDEST: Final = 20
SHOWN, SHOWN_VERBOSE = 3, 20
SAMPLE_COLUMNS: Final = 7
DOUBTFUL: Final = 0.75
"""a column told with less than this is for people to check"""


def check_json(checked: Checked) -> dict[str, Any]:
    """The JSON object of a check, cells as they stand. Keys of a build that mean nothing here are empty."""
    ledger, lang = checked.clean.ledger, checked.request.lang
    return {
        "schema": SCHEMA,
        "command": "check",
        "out": str(checked.request.out) if checked.written else None,
        "as_of": None,
        "scheme": None,
        "run_id": None,
        "digest": None,
        "customers": len(checked.clean.tables["customers"]),
        "tiers": {},
        "rows": {"read": ledger.read_rows, **{fate: ledger.rows.get(fate, 0) for fate in FATES}},
        "amount": {
            "read": money(ledger.read_cents),
            **{fate: money(ledger.cents.get(fate, 0)) for fate in FATES if fate != "structure"},
        },
        "held_back": checked.held_back,
        "files": [_file_json(table) for table in checked.tables],
        "changes": [],
        "edits": [],
        "issues": [issue_json(issue, lang) for issue in checked.clean.issues],
        "groups": [_group_json(group, lang) for group in checked.groups],
    }


def _file_json(table: Understood) -> dict[str, Any]:
    source = table.source
    return {
        "path": table.path,
        "kind": source.kind,
        "encoding": source.encoding,
        "sha256": source.sha256,
        "rows": source.rows,
        "sheet": source.sheet,
        "header_row": source.header_row,
        "platform": source.platform,
        "fates": dict(table.rows),
        "mapping": [
            {"field": m.field, "header": m.header, "confidence": m.confidence, "how": m.how}
            for m in table.mapping
        ],
        "extras": list(table.extras),
        "sample": list(table.sample),
    }


def _group_json(group: Group, lang: Lang) -> dict[str, Any]:
    return {
        **issue_json(group.issue, lang),
        "fate": group.fate,
        "mend": mend_of(group.issue.code, lang),
        "examples": [
            {"file": e.file, "row": e.line, "column": e.column, "value": e.value, "amount": money(e.cents)}
            for e in group.examples[:SHOWN_VERBOSE]
        ],
    }


def check_lines(checked: Checked, verbose: bool) -> Iterator[str]:
    """The report: each table as it is understood, rows and money by fate, what was found, what to do next."""
    lang = checked.request.lang
    for table in checked.tables:
        yield from _table_lines(table, lang, verbose)
        yield ""
    yield from _ledger_lines(checked, lang)
    yield ""
    if checked.groups:
        yield text("check_issues", lang)
        for group in checked.groups:
            yield from _group_lines(group, checked, verbose)
    else:
        yield text("check_no_issues", lang)
    yield ""
    yield from _closing(checked, lang)


def _table_lines(table: Understood, lang: Lang, verbose: bool) -> Iterator[str]:
    source, at = table.source, table.source.header_row
    place = text("check_header_at", lang, row=at) if at else text("check_no_header", lang)
    n = sum(rows for fate, rows in table.rows.items() if fate != "structure")
    kind = data_tables()[source.kind].label.text(lang)
    facts = {"file": source.label, "kind": kind, "encoding": source.encoding, "place": place}
    known = platforms().get(source.platform)
    told = text("check_platform", lang, platform=known.label.text(lang)) if known else ""
    yield text("check_file", lang, **facts, rows=f"{n:,}") + told
    fields = data_tables()[source.kind].fields
    lines = [
        (fields[m.field].label.text(lang), m.header, _sure(m, lang))
        for m in table.mapping
        if m.field in fields
    ]
    yield from _grid(
        [tuple(text(key, lang) for key in ("check_mapping", "check_theirs", "check_sure")), *lines]
    )
    if table.extras:
        separator = "、" if lang == "zh" else ", "
        yield text("check_extras", lang, columns=separator.join(table.extras))
    if table.sample:
        yield text("check_sample_plain" if verbose else "check_sample", lang, n=len(table.sample))
        yield from _sample(table, verbose)
    told_fates = [(fate, table.rows.get(fate, 0)) for fate in FATES]
    joined = "　".join(f"{text(f'fate_{fate}', lang)} {n:,}" for fate, n in told_fates if n or fate == "used")
    yield text("check_fates", lang, fates=joined if lang == "zh" else joined.replace("　", "  "))


def _sure(mapped: Mapped, lang: Lang) -> str:
    how = text(f"how_{mapped.how}", lang)
    return how if mapped.confidence >= DOUBTFUL else text("check_doubtful", lang, how=how)


def _sample(table: Understood, verbose: bool) -> Iterator[str]:
    fields = data_tables()[table.source.kind].fields
    known = [m.field for m in table.mapping if m.field in table.headers]
    columns = list(table.headers) if verbose else known[:SAMPLE_COLUMNS]
    rows = [tuple(table.headers[c] for c in columns)]
    for record in table.sample:
        kinds = [fields[c].type if c in fields else "" for c in columns]
        cells = zip(columns, kinds, strict=True)
        rows.append(tuple(_shown(record.get(c, ""), c, kind, verbose) for c, kind in cells))
    yield from _grid(rows)


def _shown(value: str, column: str, kind: str, verbose: bool) -> str:
    plain = " ".join(value.split())
    return plain if verbose or not plain else mask(plain, column.removeprefix(EXTRA), kind)


def _grid(rows: list[tuple[str, ...]]) -> Iterator[str]:
    cut = [[_cut(cell) for cell in row] for row in rows]
    widths = [max(map(text_width, column)) + 2 for column in zip(*cut, strict=True)]
    for row in cut:
        yield "    " + "".join(pad(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _cut(cell: str) -> str:
    shown = cell
    while text_width(shown) > WIDEST:
        shown = shown[:-1]
    return shown if shown == cell else shown[:-1] + "…"


def _ledger_lines(checked: Checked, lang: Lang) -> Iterator[str]:
    ledger = checked.clean.ledger
    if not ledger.read_rows:
        return
    yield text("run_ledger", lang)
    width = max(len(money(ledger.read_cents)), 12)
    widest = max(text_width(text(f"fate_{fate}", lang)) for fate in FATES) + 2
    lines = [("read", ledger.read_rows, ledger.read_cents)]
    lines += [(fate, ledger.rows.get(fate, 0), ledger.cents.get(fate, 0)) for fate in FATES]
    for fate, rows, cents in lines:
        yield f"  {pad(text(f'fate_{fate}', lang), widest)}{rows:>10,}  {money(cents):>{width}}"
    yield text("run_balanced", lang)


def _group_lines(group: Group, checked: Checked, verbose: bool) -> Iterator[str]:
    from dataclasses import replace

    lang, issue = checked.request.lang, group.issue
    kinds = {t.source.label: t.source.kind for t in checked.tables}
    shown = replace(issue, value=_value(issue.value, issue.file, group.examples, kinds, verbose))
    yield f"  {issue.code} {shown.message(lang)}"
    most = SHOWN_VERBOSE if verbose else SHOWN
    for example in group.examples[:most]:
        yield _example_line(example, issue.code, kinds, lang, verbose)
    more = max(issue.count, len(group.examples)) - min(most, len(group.examples))
    if more > 0 and group.examples and group.examples[0].line:
        yield text("check_more", lang, n=f"{more:,}")
    mend = mend_of(issue.code, lang)
    if mend and group.fate == "held_back" and not issue.column:  # else the message has said it
        yield text("check_mend", lang, mend=mend)


def _value(value: str, file: str, examples: tuple[Example, ...], kinds: dict[str, str], verbose: bool) -> str:
    field = next((e.field for e in examples if e.file == file), "")
    return _masked(value, field, kinds.get(file, ""), verbose)


def _masked(value: str, field: str, kind: str, verbose: bool) -> str:
    if verbose:
        return value
    fields = data_tables()[kind].fields if kind else {}
    if field in fields:
        return mask(value, field, fields[field].type)
    return mask_text(value)


def _example_line(example: Example, code: str, kinds: dict[str, str], lang: Lang, verbose: bool) -> str:
    value = _masked(" ".join(example.value.split()), example.field, kinds.get(example.file, ""), verbose)
    value = (_cut(value) if example.column else value[:80]) or text("check_blank", lang)
    if example.column:
        cell = text("check_example_cell", lang, column=example.column, value=value)
    elif example.value:
        cell = text("check_example_value", lang, value=value)
    else:
        cell = ""
    amount = text("check_example_amount", lang, amount=money(example.cents)) if example.cents else ""
    if not example.line:
        return f"    {example.file}"
    return text("check_example", lang, file=example.file, row=example.line, cell=cell + amount)


def _closing(checked: Checked, lang: Lang) -> Iterator[str]:
    request, n = checked.request, checked.held_back
    if checked.written:
        paths = [*request.paths, *(p for files in request.kinds.values() for p in files)]
        given = [masked(p) for p in paths]
        names = " ".join(f'"{p}"' if " " in p else p for p in given)
        shown = sum(table.shown for table in checked.failed)
        if shown < n:
            yield text("failed_cut", lang, n=f"{n:,}", shown=f"{shown:,}")
        yield text("check_written", lang, n=f"{shown:,}", path=request.out, inputs=names)
    elif n:
        yield text("check_held", lang, n=f"{n:,}")
    else:
        if request.out:
            yield text("check_none_written", lang)
        yield text("check_all_used", lang)
