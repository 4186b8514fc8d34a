"""The table of a text file: its encoding, its delimiter, its header, its records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sheetgen.errors import InputError
from sheetgen.ingest import delimited, reading
from sheetgen.ingest.encoding import Decoded, decode
from sheetgen.ingest.guard import Opened, name_of
from sheetgen.ingest.opening import Opening, best_guess, find_opening, refuse_columns, refuse_doubled
from sheetgen.ingest.rules import ReadRules
from sheetgen.model import Issue, RawTable, SourceFile

Read = tuple[list[RawTable], list[Issue]]


def read_text(opened: Opened, kind: str | None, rules: ReadRules, in_folder: bool) -> Read:
    """The table of a text file. In a folder, prose such as a licence is passed over with a note."""
    decoded = decode(opened.data)
    lines = delimited.physical_lines(decoded.text)
    if not any(line.strip() for line in lines):
        raise InputError("file_empty", "SG102", path=opened.path)
    previews = {d: delimited.preview(lines, d) for d in delimited.DELIMITERS}
    openings = {
        d: found for d, rows in previews.items() if (found := find_opening(rows, kind, rules.mapping))
    }
    name = name_of(opened.path)
    if not openings:
        tabular = [d for d, rows in previews.items() if delimited.consistent(rows)]
        if in_folder and not tabular:
            return [], [Issue("SG118", "note", name)]
        fullest = max(tabular or previews, key=lambda d: len(best_guess(previews[d])))
        refuse_columns(opened.path, previews[fullest], kind, rules.mapping)
    delimiter = max(openings, key=lambda d: len(openings[d].match.fields))
    opening = openings[delimiter]
    refuse_doubled(opened.path, opening)
    records = delimited.split(lines, delimiter, len(opening.match.headers))
    records = _without_bad_lines(records, lines, decoded)
    opening = replace(opening, row=_header_row(records.rows, opening))
    body = reading.body(records.rows, records.lines, opening, records.malformed)
    source = SourceFile(opened.path, "", decoded.encoding, opened.sha256, 0)
    return [reading.raw_table(source, opening, body)], _text_issues(name, decoded, body)


def _header_row(rows: list[list[str]], opening: Opening) -> int:
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
