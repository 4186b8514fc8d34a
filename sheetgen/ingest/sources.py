"""Every input to a RawTable: read_inputs is the door, one function a form (text, workbook, typed columns)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sheetgen.connect import is_url
from sheetgen.errors import ColumnsError, InputError, UsageError
from sheetgen.ingest import headers
from sheetgen.ingest.bookfile import read_book
from sheetgen.ingest.child import Child
from sheetgen.ingest.currency import one_currency
from sheetgen.ingest.database import read_database
from sheetgen.ingest.framefile import read_frame
from sheetgen.ingest.guard import Opened, name_of, open_input
from sheetgen.ingest.mended import take_mended
from sheetgen.ingest.paths import all_files
from sheetgen.ingest.rules import NO_RULES, ReadRules
from sheetgen.ingest.textfile import read_text
from sheetgen.memory import uncollected
from sheetgen.model import Issue, Raw, RawTable
from sheetgen.scheme.tables import data_tables


def read_inputs(paths: Sequence[str], kinds: Mapping[str, Sequence[str]], rules: ReadRules = NO_RULES) -> Raw:
    """All tables of ``paths`` (files, folders, patterns; kind by headers) and of ``kinds`` (kind -> files).

    Raises InputError (a file cannot be read), PasswordError, ColumnsError (columns mean nothing), UsageError.
    """
    mapping = rules.mapping
    _check_words(kinds, mapping)
    asked: list[tuple[str, str | None, bool]] = [(f, None, in_folder) for f, in_folder in all_files(paths)]
    asked += [(f, kind, False) for kind, files in kinds.items() for f, _ in all_files(files)]
    if not asked:
        raise InputError("no_inputs", "SG101")
    tables: list[RawTable] = []
    issues: list[Issue] = []
    for found, more in _read_all(asked, rules):
        tables += found
        issues += more
        issues += [issue for table in found for issue in table.issues]
    if not tables:
        raise ColumnsError("nothing_recognised", "SG301", path=", ".join(name_of(p) for p, _, _ in asked))
    _check_mapping(mapping, tables)
    for table in tables:
        if table.frame.empty and not table.malformed:
            issues.append(Issue("SG103", "warning", table.source.label))
    if all(table.frame.empty and not table.malformed for table in tables):
        raise InputError("no_rows", "SG103", path=", ".join(dict.fromkeys(t.source.label for t in tables)))
    raw = take_mended(Raw(tuple(tables), tuple(issues)))
    return replace(raw, tables=one_currency(raw.tables, rules))


def _read_all(
    asked: Sequence[tuple[str, str | None, bool]], rules: ReadRules
) -> Iterator[tuple[list[RawTable], list[Issue]]]:
    """Each file in turn, opened and closed before the next; one reader process for all that need it."""
    with Child() as child, uncollected():
        for path, kind, in_folder in asked:
            if is_url(path):
                yield read_database(path, kind, rules)
                continue
            opened = open_input(path)
            found, issues = read_opened(opened, kind, rules, in_folder, child)
            if opened.misnamed:
                issues.append(Issue("SG104", "warning", name_of(path)))
            yield found, issues


def read_opened(
    opened: Opened, kind: str | None, rules: ReadRules, in_folder: bool, child: Child
) -> tuple[list[RawTable], list[Issue]]:
    """The tables of one file, by its form. Raises InputError, PasswordError, ColumnsError, UsageError."""
    match opened.form:
        case "text":
            return read_text(opened, kind, rules, in_folder)
        case "book":
            return read_book(opened, kind, rules, in_folder, child)
        case "frame":
            return read_frame(opened, kind, rules, in_folder, child)


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
