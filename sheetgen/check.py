"""What the inputs would be understood as, and what would be held back. Writes nothing but ``out``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final

from sheetgen.errors import ReconcileError, UsageError
from sheetgen.ingest.rules import NO_RULES, ReadRules
from sheetgen.model import FATES, Fate, Issue

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.i18n import Lang
    from sheetgen.model import Clean, Raw, RawTable, SourceFile
    from sheetgen.workbook.failed import FailedTable

SAMPLE: Final = 5
_UNREAD: Final = ("SG203", "SG205", "SG206")
"""what is said of records that fit no header"""
_WEIGHT: Final = {"note": 0, "warning": 1, "held_back": 2, "error": 3}


@dataclass(frozen=True)
class CheckRequest:
    """What to look at. ``kinds``: table -> files given for it; ``out``: where the failed rows go."""

    paths: Sequence[str] = ()
    kinds: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rules: ReadRules = NO_RULES
    lang: Lang = "zh"
    out: Path | None = None
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Mapped:
    """One of our fields, the header it was found under, how sure that is (0 to 1) and how it was told."""

    field: str
    header: str
    confidence: float
    how: str


@dataclass(frozen=True)
class Understood:
    """One table as it was read. ``headers`` and ``sample`` (column id -> cell text) hold all its columns.

    ``path``: where its file is; ``source`` has a label of its own among all inputs.
    """

    path: str
    source: SourceFile
    mapping: tuple[Mapped, ...]
    headers: Mapping[str, str]
    sample: tuple[dict[str, str], ...]
    rows: dict[Fate, int]

    @property
    def extras(self) -> tuple[str, ...]:
        """The headers that no field claims."""
        known = {m.field for m in self.mapping}
        return tuple(header for column, header in self.headers.items() if column not in known)


@dataclass(frozen=True, slots=True)
class Example:
    """A place where an issue holds. ``field``: the column's id; ``cents``: what the row is worth."""

    file: str
    line: int
    field: str
    column: str
    value: str
    cents: int = 0


@dataclass(frozen=True)
class Group:
    """All issues of one code and column, with the places known of it."""

    issue: Issue
    fate: str
    examples: tuple[Example, ...]

    @property
    def weight(self) -> tuple[int, int]:
        """What sorts the most important last."""
        level = "held_back" if self.fate == "held_back" and self.issue.level != "error" else self.issue.level
        return _WEIGHT[level], self.issue.count


@dataclass(frozen=True)
class Checked:
    """What came of a check. ``groups``: the most important last."""

    request: CheckRequest
    clean: Clean
    tables: tuple[Understood, ...]
    groups: tuple[Group, ...]
    failed: tuple[FailedTable, ...]
    written: bool = False

    @property
    def held_back(self) -> int:
        """How many records of any table were held back."""
        return sum(len(table.line) for table in self.failed)


def check(request: CheckRequest) -> Checked:
    """Read and clean the inputs as a build would. Raises SheetgenError."""
    from sheetgen.heldback import held_back
    from sheetgen.ingest.clean import clean
    from sheetgen.ingest.sources import read_inputs

    _refuse(request)
    found = read_inputs(request.paths, request.kinds, request.rules)
    raw = distinct_labels(found)
    cleaned = clean(raw, request.rules, request.as_of)
    if not cleaned.ledger.balances:
        raise ReconcileError("not_balanced", "SG600")
    left_out = cleaned.ledger.left_out
    failed = held_back(raw, left_out, request.lang)
    checked = Checked(
        request,
        cleaned,
        tuple(
            _understood(table, own.source.path, left_out, request.lang)
            for table, own in zip(raw.tables, found.tables, strict=True)
        ),
        _groups(raw, cleaned),
        failed,
    )
    return replace(checked, written=_write(checked)) if request.out and failed else checked


def distinct_labels(raw: Raw) -> Raw:
    """``raw`` with sources that issues can tell apart: of two a/x.csv and b/x.csv, the second is b∕x.csv."""
    taken: set[str] = set()
    tables = []
    for table in raw.tables:
        source, again = table.source, 2
        if source.label in taken and (parent := PurePath(source.path).parent.name):
            name = f"{parent}\u2215{PurePath(source.path).name}"
            source = replace(source, path=str(PurePath(source.path).with_name(name)))
        stem = PurePath(source.path)
        while source.label in taken:
            source = replace(source, path=str(stem.with_name(f"{stem.name} ({again})")))
            again += 1
        taken.add(source.label)
        tables.append(replace(table, source=source))
    return replace(raw, tables=tuple(tables))


def _refuse(request: CheckRequest) -> None:
    from sheetgen.check_book import is_book
    from sheetgen.ingest.paths import all_files
    from sheetgen.pipeline import BuildRequest, check_output

    given = [*request.paths, *(p for files in request.kinds.values() for p in files)]
    for path, in_folder in all_files(given):
        if not in_folder and is_book(Path(path)):
            raise UsageError("check_book", "SG601", path=PurePath(path).name)
    if request.out:
        check_output(BuildRequest(request.out, request.paths, request.kinds))


def _understood(table: RawTable, path: str, left_out: pd.DataFrame, lang: Lang) -> Understood:
    from sheetgen.heldback import headers_of

    source = table.source
    mine = left_out[(left_out["file"] == source.label) & (left_out["fate"] != "used")]
    rows: dict[Fate, int] = {fate: int((mine["fate"] == fate).sum()) for fate in FATES}
    rows["used"] = len(table.frame) + len(table.malformed) - len(mine)
    rows["structure"] = table.structure
    sure = {field_id: (share, how) for field_id, share, how in source.confidence}
    return Understood(
        path,
        source,
        tuple(Mapped(f, header, *sure.get(f, (0.5, "weak"))) for f, header in source.mapping),
        headers_of(table, lang),
        tuple(
            {str(k): str(v) for k, v in row.items()} for row in table.frame.head(SAMPLE).to_dict("records")
        ),
        rows,
    )


def _groups(raw: Raw, cleaned: Clean) -> tuple[Group, ...]:
    together: dict[tuple[str, str], list[Issue]] = {}
    for issue in cleaned.issues:
        together.setdefault((issue.code, issue.column), []).append(issue)
    fields = {t.source.label: {header: f for f, header in t.source.mapping} for t in raw.tables}
    listed = dict(list(cleaned.ledger.left_out.groupby(["code", "column"], sort=False)))
    held = {*_UNREAD, *(code for (code, _), f in listed.items() if f["fate"].iloc[0] == "held_back")}
    groups = []
    for (code, column), issues in together.items():
        frame = listed.get((code, column))
        examples = _listed(frame, fields) if frame is not None else _first(issues, fields)
        whole = replace(issues[0], count=sum(issue.count for issue in issues))
        by_code = "held_back" if code in held else ""
        groups.append(Group(whole, by_code if frame is None else str(frame["fate"].iloc[0]), examples))
    return tuple(sorted(groups, key=lambda group: group.weight))


def _listed(frame: pd.DataFrame, fields: Mapping[str, Mapping[str, str]]) -> tuple[Example, ...]:
    rows: list[dict[Any, Any]] = frame.head(100).to_dict("records")
    return tuple(
        Example(
            str(r["file"]),
            int(r["line"]),
            fields.get(r["file"], {}).get(r["column"], ""),
            str(r["column"]),
            str(r["value"]),
            int(r["cents"]),
        )
        for r in rows
    )


def _first(issues: Sequence[Issue], fields: Mapping[str, Mapping[str, str]]) -> tuple[Example, ...]:
    return tuple(
        Example(i.file, i.row, fields.get(i.file, {}).get(i.column, ""), i.column, i.value)
        for i in issues
        if i.file
    )


def _write(checked: Checked) -> bool:
    from sheetgen.share.encrypt import sealer
    from sheetgen.workbook.failed import compose_failed
    from sheetgen.workbook.write import write_book

    request = checked.request
    assert request.out is not None
    days = checked.clean.tables["transactions"]["date"]
    created: date = days.max().date() if len(days) else date(2000, 1, 1)
    book = compose_failed(checked.failed, request.lang, created)
    write_book(book, request.out, seal=sealer(request.rules.password))
    return True
