"""Every input to a RawTable: read_inputs is the door, one function a form (text, workbook)."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import NoReturn

from sheetgen.errors import ColumnsError, InputError, UsageError
from sheetgen.ingest import delimited, headers, reading
from sheetgen.ingest.encoding import Decoded, decode
from sheetgen.ingest.guard import Opened, all_files, name_of, open_input
from sheetgen.ingest.sheets import Sheet, read_sheets
from sheetgen.model import Issue, Raw, RawTable, SourceFile
from sheetgen.scheme.tables import data_tables

Read = tuple[list[RawTable], list[Issue]]


def read_inputs(
    paths: Sequence[str], kinds: Mapping[str, Sequence[str]], mapping: Mapping[str, str] | None = None
) -> Raw:
    """All tables of ``paths`` (files and folders, kind by their headers) and of ``kinds`` (kind -> files).

    ``mapping``: our field, or kind.field, -> their header or ``#3`` for the third column.
    Raises InputError (a file cannot be read), ColumnsError (its columns mean nothing), UsageError.
    """
    mapping = dict(mapping or {})
    _check_words(kinds, mapping)
    asked: list[tuple[str, str | None, bool]] = [(f, None, in_folder) for f, in_folder in all_files(paths)]
    asked += [(f, kind, False) for kind, files in kinds.items() for f, _ in all_files(files)]
    if not asked:
        raise InputError("no_inputs", "SG101")
    tables: list[RawTable] = []
    issues: list[Issue] = []
    for path, kind, in_folder in asked:
        opened = open_input(path)
        read = read_text if opened.form == "text" else read_book
        with _no_collection():
            found, more = read(opened, kind, mapping, in_folder)
        if opened.misnamed:
            issues.append(Issue("SG104", "warning", name_of(path)))
        tables += found
        issues += more
    if not tables:
        raise ColumnsError("nothing_recognised", "SG301", path=", ".join(name_of(p) for p, _, _ in asked))
    _check_mapping(mapping, tables)
    for table in tables:
        if table.frame.empty and not table.malformed:
            issues.append(Issue("SG103", "warning", label(table.source)))
    if all(table.frame.empty and not table.malformed for table in tables):
        raise InputError("no_rows", "SG103", path=", ".join(dict.fromkeys(label(t.source) for t in tables)))
    return Raw(tuple(tables), tuple(issues))


@contextmanager
def _no_collection() -> Iterator[None]:
    # millions of small lists without a cycle among them: the collector would take half the time
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def label(source: SourceFile) -> str:
    """How an issue names the source: the file's name, with ``#sheet`` in a workbook."""
    return name_of(source.path) + (f"#{source.sheet}" if source.sheet else "")


def read_text(opened: Opened, kind: str | None, mapping: Mapping[str, str], in_folder: bool) -> Read:
    """The table of a text file. In a folder, prose such as a licence is passed over with a note."""
    decoded = decode(opened.data)
    lines = delimited.physical_lines(decoded.text)
    if not any(line.strip() for line in lines):
        raise InputError("file_empty", "SG102", path=opened.path)
    previews = {d: delimited.preview(lines, d) for d in delimited.DELIMITERS}
    openings = {
        d: found for d, rows in previews.items() if (found := reading.find_opening(rows, kind, mapping))
    }
    name = name_of(opened.path)
    if not openings:
        tabular = [d for d, rows in previews.items() if delimited.consistent(rows)]
        if in_folder and not tabular:
            return [], [Issue("SG118", "note", name)]
        fullest = max(tabular or previews, key=lambda d: len(reading.best_guess(previews[d])))
        _refuse_columns(opened.path, previews[fullest], kind, mapping)
    delimiter = max(openings, key=lambda d: len(openings[d].match.fields))
    opening = openings[delimiter]
    _refuse_doubled(opened.path, opening)
    records = delimited.split(lines, delimiter, len(opening.match.headers))
    records = _without_bad_lines(records, lines, decoded)
    opening = replace(opening, row=_header_row(records.rows, opening))
    body = reading.body(records.rows, records.lines, opening, records.malformed)
    source = SourceFile(opened.path, "", decoded.encoding, opened.sha256, 0)
    return [reading.raw_table(source, opening, body)], _text_issues(name, decoded, body)


def _header_row(rows: list[list[str]], opening: reading.Opening) -> int:
    # a line that was thrown out above the header moves it
    if opening.row < 0:
        return -1
    header = list(opening.match.headers)
    return next(i for i in range(opening.row, -1, -1) if rows[i] == header)


def _without_bad_lines(
    records: delimited.Records, lines: Sequence[str], decoded: Decoded
) -> delimited.Records:
    long = {i for i, line in enumerate(lines, start=1) if len(line) > delimited.LONGEST_LINE}
    if not decoded.bad_lines and not long:
        return records
    malformed = list(records.malformed)
    rows, starts = [], []
    ends = [*records.lines[1:], len(lines) + 1]
    for row, start, end in zip(records.rows, records.lines, ends, strict=True):
        span = range(start, end)
        code = (
            "SG203"
            if not decoded.bad_lines.isdisjoint(span)
            else "SG205"
            if not long.isdisjoint(span)
            else ""
        )
        if code:
            malformed.append((start, code, lines[start - 1].rstrip("\r\n")[:1000]))
        else:
            rows.append(row)
            starts.append(start)
    return delimited.Records(rows, starts, malformed)


def _text_issues(name: str, decoded: Decoded, found: reading.Body) -> list[Issue]:
    issues = []
    if decoded.encoding == "big5":
        issues.append(Issue("SG202", "warning", name))
    if decoded.mixed_lines:
        n = len(decoded.mixed_lines)
        issues.append(Issue("SG201", "warning", name, row=decoded.mixed_lines[0], count=n))
    if decoded.nuls:
        issues.append(Issue("SG207", "warning", name, count=decoded.nuls))
    for code in ("SG203", "SG205", "SG206"):
        hits = [(line, raw) for line, c, raw in found.malformed if c == code]
        if hits:
            issues.append(Issue(code, "warning", name, hits[0][0], value=hits[0][1][:80], count=len(hits)))
    return issues


def read_book(opened: Opened, kind: str | None, mapping: Mapping[str, str], in_folder: bool) -> Read:
    """The tables of a workbook: the best sheet of each kind, and all that have the very same fields."""
    name = name_of(opened.path)
    sheets = read_sheets(opened.path, opened.data)
    if not any(cell.strip() for sheet in sheets for row in sheet.rows for cell in row):
        raise InputError("file_empty", "SG102", path=opened.path)
    found = [(s, o) for s in sheets if (o := reading.find_opening(s.rows, kind, mapping))]
    issues = [Issue("SG119", "warning", f"{name}#{s.name}") for s, _ in found if s.hidden]
    seen = [(s, o) for s, o in found if not s.hidden]
    if not seen:
        rows = max(
            (s.rows for s in sheets if not s.hidden), key=lambda r: len(reading.best_guess(r)), default=[]
        )
        _refuse_columns(opened.path, rows, kind, mapping)
    tables: list[RawTable] = []
    for wanted in dict.fromkeys(o.match.kind for _, o in seen):
        same = [(s, o) for s, o in seen if o.match.kind == wanted]
        best = max(same, key=lambda pair: (_has_rows(*pair), len(pair[1].match.fields)))[1]
        for sheet, opening in same:
            if set(opening.match.fields) != set(best.match.fields):
                issues.append(Issue("SG309", "warning", f"{name}#{sheet.name}"))
                continue
            _refuse_doubled(opened.path, opening)
            table, more = _sheet_table(opened, sheet, opening)
            tables.append(table)
            issues += more
    if opened.path.lower().endswith(".xlsm"):
        issues.append(Issue("SG110", "note", name))
    return tables, issues


def _has_rows(sheet: Sheet, opening: reading.Opening) -> bool:
    return any(cell.strip() for row in sheet.rows[opening.row + 1 :] for cell in row)


def _sheet_table(opened: Opened, sheet: Sheet, opening: reading.Opening) -> tuple[RawTable, list[Issue]]:
    body = reading.body(sheet.rows, range(1, len(sheet.rows) + 1), opening)
    source = SourceFile(opened.path, "", "xlsx", opened.sha256, 0, sheet.name)
    issues = []
    if body.malformed:
        line, _, raw = body.malformed[0]
        n = len(body.malformed)
        issues.append(Issue("SG206", "warning", label(source), line, value=raw[:80], count=n))
    return reading.raw_table(source, opening, body), issues


def _refuse_doubled(path: str, opening: reading.Opening) -> None:
    if opening.match.doubled:
        raise ColumnsError("header_doubled", "SG304", path=path, header=opening.match.doubled[0])


def _refuse_columns(
    path: str, rows: Sequence[Sequence[str]], kind: str | None, mapping: Mapping[str, str]
) -> NoReturn:
    first = next((row for row in rows if any(cell.strip() for cell in row)), [])
    if reading.looks_like_data(first):
        raise ColumnsError(
            "no_header", "SG305", path=path, value="  ".join(c for c in first if c.strip())[:200]
        )
    guess = reading.best_guess(rows)
    near = "; ".join(f"{theirs} → {ours}" for theirs, ours in headers.nearest(guess, kind))
    found = ", ".join(guess)[:1000]
    if kind:
        lack = ", ".join(headers.missing(kind, guess, mapping))
        raise ColumnsError(
            "columns_missing", "SG301", path=path, kind=kind, found=found, missing=lack, near=near
        )
    raise ColumnsError("columns_unknown", "SG301", path=path, found=found, near=near)


def _check_words(kinds: Mapping[str, Sequence[str]], mapping: Mapping[str, str]) -> None:
    from difflib import get_close_matches

    for kind in kinds:
        if kind not in data_tables():
            raise UsageError("kind_unknown", kind=kind, known=", ".join(data_tables()))
    known = {f for t in data_tables().values() for f in t.fields}
    known |= {f"{t.id}.{f}" for t in data_tables().values() for f in t.fields}
    for field in mapping:
        if field not in known:
            near = ", ".join(get_close_matches(field, sorted(known), n=1)) or "customer_id"
            raise UsageError("map_field_unknown", field=field, near=near)


def _check_mapping(mapping: Mapping[str, str], tables: Sequence[RawTable]) -> None:
    for field, header in mapping.items():
        kind, _, name = field.rpartition(".")
        hits = [t for t in tables if (not kind or t.source.kind == kind) and name in dict(t.source.mapping)]
        wanted = headers.normalise(header)
        if headers.position(header) is not None and hits:
            continue
        if not any(headers.normalise(dict(t.source.mapping)[name]) == wanted for t in hits):
            found = ", ".join(dict.fromkeys(h for t in tables for _, h in t.source.mapping))
            raise ColumnsError("map_header_missing", "SG302", field=field, header=header, found=found)
