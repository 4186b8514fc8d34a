"""The tables of a workbook: which of its sheets hold data, and of what kind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatch

from sheetgen.errors import ColumnsError, InputError, PasswordError, UsageError
from sheetgen.ingest import grid, reading
from sheetgen.ingest.bookparts import with_scans
from sheetgen.ingest.child import Child, need
from sheetgen.ingest.guard import ENCRYPTED, Opened, name_of, recognised
from sheetgen.ingest.marks import is_mended
from sheetgen.ingest.opening import (
    SEARCHED,
    Opening,
    best_guess,
    find_opening,
    refuse_columns,
    refuse_unclear,
)
from sheetgen.ingest.ownbook import is_blank, is_filled, is_own, records_of
from sheetgen.ingest.rules import ReadRules
from sheetgen.ingest.sheets import Sheet, sheets_of
from sheetgen.model import Issue, RawTable, SourceFile

Read = tuple[list[RawTable], list[Issue]]


@dataclass(frozen=True)
class _Found:
    """A sheet with the header that opens its table."""

    sheet: Sheet
    opening: Opening

    @property
    def fields(self) -> set[str]:
        return set(self.opening.match.fields)


def read_book(opened: Opened, kind: str | None, rules: ReadRules, in_folder: bool, child: Child) -> Read:
    """The tables of a workbook: the best sheet of each kind, and all that have the very same fields.

    Raises InputError, PasswordError (SG107), ColumnsError (SG126: the user has to choose), UsageError.
    """
    name = name_of(opened.path)
    opened, sheets = read_sheets(opened, rules.password, child)
    if in_folder and is_own(sheets) and not is_filled(sheets):
        return [], [Issue("SG125", "note", name)]
    if is_blank(sheets):
        sheets = records_of(sheets)
    if not any(sheet.height for sheet in sheets):
        raise InputError("file_empty", "SG102", path=opened.path)
    issues = _package_issues(opened, name)
    named = _named(opened.path, name, sheets, rules)
    asked = [s for s in sheets if not named or s.name == named]
    found = [_Found(s, o) for s in asked if (o := find_opening(s.head(SEARCHED), kind, rules.mapping))]
    issues += [
        Issue("SG119", "warning", f"{name}#{f.sheet.name}") for f in found if f.sheet.hidden and not named
    ]
    seen = [f for f in found if named or not f.sheet.hidden]
    if not seen:
        heads = [s.head(SEARCHED) for s in asked if named or not s.hidden]
        refuse_columns(
            opened.path, max(heads, key=lambda h: len(best_guess(h)), default=[]), kind, rules.mapping
        )
    tables: list[RawTable] = []
    for wanted in dict.fromkeys(f.opening.match.kind for f in seen):
        same = [f for f in seen if f.opening.match.kind == wanted]
        best = _best(opened.path, same)
        for one in same:
            if one.fields != best.fields and not is_mended(one.opening.match.headers):
                issues.append(Issue("SG309", "warning", f"{name}#{one.sheet.name}"))
                continue
            refuse_unclear(opened.path, one.opening)
            table, more = _sheet_table(opened, one)
            tables.append(table)
            issues += more
    return tables, issues


def read_sheets(opened: Opened, password: str, child: Child) -> tuple[Opened, list[Sheet]]:
    """All worksheets, and the file as it is without its password. Raises InputError, PasswordError."""
    if opened.kind == "xls":
        opened = _unlocked(opened, password, child)
    package = opened.package
    if package and package.locked:
        raise PasswordError("archive_encrypted", "SG107", path=opened.path)
    unpacked = package.unpacked if package else len(opened.data)
    cells = max((scan.grid for scan in package.scans.values()), default=0) if package else 0
    answers = child.ask("book", opened.path, opened.data, need(unpacked, cells))
    return opened, with_scans(sheets_of(answers), package)


def _unlocked(opened: Opened, password: str, child: Child) -> Opened:
    needed = need(2 * len(opened.data))
    [(answer, _)] = child.ask("locked", opened.path, opened.data, needed)
    if not answer["locked"] and ENCRYPTED not in opened.data:
        return opened
    if not password:
        raise PasswordError("file_encrypted", "SG107", path=opened.path)
    [(_, [plain])] = child.ask("unlock", opened.path, opened.data, needed, password=password)
    return recognised(replace(opened, data=bytes(plain)))


def _package_issues(opened: Opened, name: str) -> list[Issue]:
    issues = []
    package = opened.package
    if (package and package.macros) or opened.path.lower().endswith(".xlsm"):
        issues.append(Issue("SG110", "note", name))
    if package and package.links:
        issues.append(Issue("SG111", "warning", name))
    return issues


def _named(path: str, name: str, sheets: list[Sheet], rules: ReadRules) -> str:
    """The sheet that the user has named for this file, or ''. Raises UsageError when it is not there."""
    wanted = next((s for pattern, s in rules.sheets.items() if fnmatch(name.lower(), pattern.lower())), "")
    names = [sheet.name for sheet in sheets]
    found = [n for n in names if n == wanted] or [n for n in names if n.strip().lower() == wanted.lower()]
    if wanted and not found:
        raise UsageError("sheet_missing", "SG126", path=path, sheet=wanted, known=", ".join(names)[:500])
    return found[0] if found else ""


def _best(path: str, same: list[_Found]) -> _Found:
    """The sheet with rows that explains most columns. Raises ColumnsError when two do, and differ."""
    ranked = {id(f): (grid.has_rows(f.sheet, f.opening), len(f.fields)) for f in same}
    best = max(same, key=lambda f: ranked[id(f)])
    rivals = [f for f in same if ranked[id(f)] == ranked[id(best)] and f.fields != best.fields]
    rivals = [f for f in rivals if not is_mended(f.opening.match.headers)]
    if rivals and ranked[id(best)][0]:
        names = ", ".join(dict.fromkeys(f.sheet.name for f in (best, *rivals)))
        raise ColumnsError("sheets_tie", "SG126", path=path, sheets=names, name=name_of(path))
    return best


def _sheet_table(opened: Opened, found: _Found) -> tuple[RawTable, list[Issue]]:
    sheet, filled = grid.filled_down(found.sheet, found.opening)
    body = grid.body(sheet, found.opening)
    source = SourceFile(opened.path, "", opened.kind, opened.sha256, 0, sheet.name)
    issues = grid.notes(sheet, found.opening, body, source.label)
    if filled:
        row, column = min(filled)
        header = found.opening.match.headers[column]
        issues.append(Issue("SG122", "warning", source.label, row + 1, header, count=len(filled)))
    return reading.raw_table(source, found.opening, body), issues
