"""The tables of a workbook: which of its sheets hold data, and of what kind."""

from __future__ import annotations

from sheetgen.errors import InputError
from sheetgen.ingest import reading
from sheetgen.ingest.guard import Opened, name_of
from sheetgen.ingest.opening import Opening, best_guess, find_opening, refuse_columns, refuse_doubled
from sheetgen.ingest.rules import ReadRules
from sheetgen.ingest.sheets import Sheet, read_sheets
from sheetgen.model import Issue, RawTable, SourceFile

Read = tuple[list[RawTable], list[Issue]]


def read_book(opened: Opened, kind: str | None, rules: ReadRules, in_folder: bool) -> Read:
    """The tables of a workbook: the best sheet of each kind, and all that have the very same fields."""
    name = name_of(opened.path)
    sheets = read_sheets(opened.path, opened.data)
    if not any(cell.strip() for sheet in sheets for row in sheet.rows for cell in row):
        raise InputError("file_empty", "SG102", path=opened.path)
    found = [(s, o) for s in sheets if (o := find_opening(s.rows, kind, rules.mapping))]
    issues = [Issue("SG119", "warning", f"{name}#{s.name}") for s, _ in found if s.hidden]
    seen = [(s, o) for s, o in found if not s.hidden]
    if not seen:
        rows = max((s.rows for s in sheets if not s.hidden), key=lambda r: len(best_guess(r)), default=[])
        refuse_columns(opened.path, rows, kind, rules.mapping)
    tables: list[RawTable] = []
    for wanted in dict.fromkeys(o.match.kind for _, o in seen):
        same = [(s, o) for s, o in seen if o.match.kind == wanted]
        best = max(same, key=lambda pair: (_has_rows(*pair), len(pair[1].match.fields)))[1]
        for sheet, opening in same:
            if set(opening.match.fields) != set(best.match.fields):
                issues.append(Issue("SG309", "warning", f"{name}#{sheet.name}"))
                continue
            refuse_doubled(opened.path, opening)
            table, more = _sheet_table(opened, sheet, opening)
            tables.append(table)
            issues += more
    if opened.path.lower().endswith(".xlsm"):
        issues.append(Issue("SG110", "note", name))
    return tables, issues


def _has_rows(sheet: Sheet, opening: Opening) -> bool:
    return any(cell.strip() for row in sheet.rows[opening.row + 1 :] for cell in row)


def _sheet_table(opened: Opened, sheet: Sheet, opening: Opening) -> tuple[RawTable, list[Issue]]:
    body = reading.body(sheet.rows, range(1, len(sheet.rows) + 1), opening)
    source = SourceFile(opened.path, "", "xlsx", opened.sha256, 0, sheet.name)
    issues = []
    if body.malformed:
        line, _, raw = body.malformed[0]
        n = len(body.malformed)
        issues.append(Issue("SG206", "warning", source.label, line, value=raw[:80], count=n))
    return reading.raw_table(source, opening, body), issues
