"""A book on a desk: LibreOffice has it open, staff edit it, and Python says what it should show now.

Python's answer never looks at a formula: the input cells of the edited book (客户信息, 历史交易, 服务记录,
the staff columns of 客户级别, 参数设置) are read back, written as CSV files, and go through all again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from sheetgen.grading.coding import EPOCH
from sheetgen.grading.grade import empty_inputs, grade
from sheetgen.grading.measure import measure
from sheetgen.grading.settings import resolve_cuts, start_settings
from sheetgen.grading.track import empty_ledger, track
from sheetgen.ingest.clean import clean
from sheetgen.ingest.sources import read_inputs
from sheetgen.pipeline import Built
from sheetgen.workbook.content import NO_FIGURES, Content, arrange
from sheetgen.workbook.layout import FIRST, HEADER_ROW, Layout, title_of
from sheetgen.workbook.read import read_previous
from sheetgen.workbook.sheets.overview import overview_sheet
from tests.office.office import Input, Office
from tests.office.values import Value, column_name, position, same

from .data import Row, write_rows

Rows = list[list[Value]]
Difference = tuple[str, str, Value, Value]
"""customer or sheet, column or cell, LibreOffice's value, Python's value"""


@dataclass(frozen=True)
class Desk:
    """``built`` is the run that wrote the open book; ``folder`` is for Python's CSV files."""

    office: Office
    built: Built
    folder: Path

    @cached_property
    def layout(self) -> Layout:
        built, request = self.built, self.built.request
        return arrange(
            built.clean, built.graded, built.scheme, request.lang, empty_ledger(), built.run_id,
            part_rows=request.part_rows,
        ).layout  # fmt: skip

    @cached_property
    def names(self) -> dict[str, tuple[str, str]]:
        """Defined name -> sheet and first cell."""
        return names_of(self.built.request.out)

    def sheet(self, sheet_id: str) -> str:
        return title_of(sheet_id).text(self.built.request.lang)

    def read(self, sheet_id: str) -> list[list[Value]]:
        return self.office.read(self.sheet(sheet_id), bools=False)

    def inputs(self) -> list[list[list[Value]]]:
        """All cells of the sheets that staff type into."""
        return [self.read(s) for s in ("customers", *self.layout.record_tables, "tiers", "parameters")]

    def named(self, name: str) -> Value:
        return self.office.cell(*self.names[name])

    def set_named(self, name: str, value: Input) -> None:
        self.office.set(*self.names[name], value)

    def at(self, sheet_id: str, column: str, row: int) -> str:
        return f"{self.layout.columns[sheet_id][column]}{row}"

    def put(self, sheet_id: str, row: int, **cells: Input) -> None:
        """Type into a row; columns by field id."""
        self.office.set_many(self.sheet(sheet_id), {self.at(sheet_id, k, row): v for k, v in cells.items()})

    def row_of(self, sheet_id: str, customer: str, n: int = 0) -> int:
        """The sheet row of the ``n``-th line of a customer."""
        rows = [i for i, value in enumerate(self.ids(sheet_id), 1) if i >= FIRST and value == customer]
        return rows[n]

    def next_row(self, sheet_id: str) -> int:
        """The first prepared row of a data sheet."""
        return max(i for i, value in enumerate(self.ids(sheet_id), 1) if value not in (None, "")) + 1

    def ids(self, sheet_id: str) -> list[Value]:
        """The customer ids of a sheet, from its first row."""
        last = max(self.layout.rows.values()) + max(self.layout.spare.values()) + 100
        column = self.layout.columns[sheet_id]["customer_id"]
        return [
            row[0] for row in self.office.read(self.sheet(sheet_id), f"{column}1:{column}{last}", bools=False)
        ]

    def sort(self, sheet_id: str, column: str, ascending: bool = True, rows: int = 0) -> None:
        """Sort all rows of a data sheet, as its filter buttons do."""
        columns = self.layout.columns[sheet_id]
        last = rows or self.layout.rows.get(sheet_id, 0) + self.layout.spare.get(sheet_id, 0)
        where = f"A{FIRST}:{list(columns.values())[-1]}{FIRST + last - 1}"
        self.office.sort(self.sheet(sheet_id), where, position(columns[column] + "1")[1], ascending)


@cache
def names_of(path: Path) -> dict[str, tuple[str, str]]:
    """The defined names of a workbook, each with its sheet and first cell."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    found = {name: next(iter(defined.destinations)) for name, defined in book.defined_names.items()}
    return {name: (sheet, where.replace("$", "").split(":")[0]) for name, (sheet, where) in found.items()}


@dataclass(frozen=True)
class Look:
    """What people see at a moment: the rows of 价值评分, 客户级别 and 总览."""

    scores: Rows
    tiers: Rows
    overview: Rows


def look(desk: Desk) -> Look:
    return Look(desk.read("scores"), desk.read("tiers"), desk.read("overview"))


def visible(desk: Desk) -> dict[str, list[str]]:
    """The columns of both sheets that people see and formulas fill."""
    inputs = {i.id for i in desk.built.scheme.inputs} | {"customer_id", "customer_name", "owner"}
    shown = [c for c in desk.built.scheme.tiers_sheet if c not in inputs]
    return {"scores": [*desk.layout.shown_scores], "tiers": shown}


def by_customer(desk: Desk, sheet_id: str, rows: Rows) -> dict[str, dict[str, Value]]:
    """Customer -> visible column -> value; the name too."""
    columns = ["customer_id", "customer_name", *visible(desk)[sheet_id]]
    places = {c: position(desk.at(sheet_id, c, 1))[1] for c in columns}
    filled = [row for row in rows[FIRST - 1 :] if _plain(row[places["customer_id"]]) is not None]
    found = {id_text(row[places["customer_id"]]): {c: row[i] for c, i in places.items()} for row in filled}
    assert len(found) == len(filled), f"{sheet_id}: a customer stands twice"
    return found


def differences(desk: Desk, seen: Look | None = None, months: bool = True) -> list[Difference]:
    """Every visible cell of 价值评分, 客户级别 and 总览 that is not what Python says of the same inputs.

    ``months``: with the rows and sums by month, which take every row that has a date.
    """
    seen = seen or look(desk)
    wanted = answer(desk, seen)
    found = list(_compare_table(desk, wanted, "scores", seen.scores))
    found += _compare_table(desk, wanted, "tiers", seen.tiers)
    cells = overview_sheet(wanted).cells
    for (row, col), cell in cells.items():
        if not months and (row, 0) in cells and isinstance(cells[row, 0].value, date):
            continue
        there = row < len(seen.overview) and col < len(seen.overview[row])
        shown = seen.overview[row][col] if there else None
        if not same(_plain(shown), _plain(cell.value)):
            found.append(("overview", f"{column_name(col)}{row + 1}", shown, _plain(cell.value)))
    return found


def _compare_table(desk: Desk, wanted: Content, sheet_id: str, rows: Rows) -> Iterator[Difference]:
    frame = wanted.clean.tables["customers"]
    ids: list[str] = frame["customer_id"].tolist()
    shown = by_customer(desk, sheet_id, rows)
    if set(shown) != set(ids):
        yield (
            sheet_id,
            "customers",
            ", ".join(sorted(set(shown) - set(ids))),
            ", ".join(sorted(set(ids) - set(shown))),
        )
    values = {c: wanted.values(c)[: len(ids)] for c in visible(desk)[sheet_id]}
    values["customer_name"] = frame["customer_name"].tolist()
    for column, wanted_values in values.items():
        for customer, value in zip(ids, wanted_values, strict=True):
            if customer in shown and not same(_plain(shown[customer][column]), _plain(value)):
                yield customer, f"{sheet_id}.{column}", shown[customer][column], value


def answer(desk: Desk, seen: Look) -> Content:
    """What Python makes of the inputs as they stand in the open book now."""
    built, scheme, lang = desk.built, desk.built.scheme, desk.built.request.lang
    customers = table_rows(desk, "customers")
    header = next(iter(customers[0]))
    known = {row[header]: row[header] for row in customers}
    folded: dict[str, str] = {}
    for customer in known:
        folded.setdefault(customer.lower(), customer)
    kinds = {"customers": customers}
    for table in desk.layout.record_tables:
        kinds[table] = [
            {**row, header: known.get(row[header]) or folded[row[header].lower()]}
            for row in table_rows(desk, table)
            if row[header] in known or row[header].lower() in folded
        ]
    paths = {}
    for table, rows in kinds.items():
        if rows:
            paths[table] = [str(desk.folder / f"{table}.csv")]
            write_rows(Path(paths[table][0]), rows)
    cells = desk.read("parameters")
    places = {name[2:]: position(cell) for name, (_, cell) in desk.names.items() if name.startswith("p_")}
    numbers = {name: cells[row][col] for name, (row, col) in places.items()}
    as_of = EPOCH + timedelta(days=int(numbers.pop("as_of")))  # type: ignore[arg-type]
    cleaned = clean(read_inputs([], paths), as_of=as_of)
    changed: Any = numbers
    last = desk.named("last_as_of") if "last_as_of" in desk.names else None
    last_as_of = EPOCH + timedelta(days=int(last)) if isinstance(last, float) else None
    settings = start_settings(scheme, as_of, changed, last_as_of)
    facts = measure(cleaned, scheme, settings)
    settings = resolve_cuts(scheme, settings, facts, changed)
    ids = cleaned.tables["customers"]["customer_id"].tolist()
    graded = grade(facts, _staff_inputs(desk, ids, seen.tiers[FIRST - 1 :]), scheme, settings, lang)
    ledger, _ = track(graded, cleaned, scheme, empty_ledger(), lang)
    previous = built.request.previous
    figures = read_previous(previous, scheme).figures if previous else NO_FIGURES
    return arrange(cleaned, graded, scheme, lang, ledger, built.run_id, (), figures)


def _staff_inputs(desk: Desk, ids: list[str], rows: Rows) -> Any:
    import numpy as np

    frame = empty_inputs(desk.built.scheme, len(ids))
    places = {i.id: position(desk.at("tiers", i.id, 1))[1] for i in desk.built.scheme.inputs}
    found = {id_text(row[0]): row for row in rows if _plain(row[0]) is not None}
    for declared in desk.built.scheme.inputs:
        cells = [found[customer][places[declared.id]] if customer in found else None for customer in ids]
        if declared.type in ("date", "number"):
            cells = [0.0 if v is None and declared.type == "number" else v for v in cells]
            frame[declared.id] = np.asarray([np.nan if v is None else v for v in cells], dtype=np.float64)
        else:
            frame[declared.id] = np.asarray(["" if v is None else str(v) for v in cells], dtype=object)
    return frame


def table_rows(desk: Desk, table: str) -> list[Row]:
    """The rows of a data sheet that are not empty, as CSV rows under the sheet's own headers."""
    lang, shown = desk.built.request.lang, desk.layout.fields(table)
    fields = {f.label.text(lang): f.type for f in shown}
    derived = {f.label.text(lang) for f in shown if f.value}
    sheets = [desk.read(sheet) for sheet in desk.layout.sheets(table)]
    rows = sheets[0]
    width = len(fields) + len(desk.layout.extras.get(table, ()))
    headers = [str(v) for v in rows[HEADER_ROW][:width]]
    kinds = [fields.get(header, "text") for header in headers]
    found = []
    for row in (row for rows in sheets for row in rows[FIRST - 1 :]):
        cells = zip(headers, row[:width], kinds, strict=True)
        record = {header: _text(v, kind) for header, v, kind in cells if header not in derived}
        if any(record.values()):
            found.append(record)
    return found


def id_text(value: Value) -> str:
    return f"{value:.0f}" if isinstance(value, float) else str(value)


def _text(value: Value, kind: str) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if kind == "id":
        return id_text(value)
    if kind == "date" and isinstance(value, float):
        return (EPOCH + timedelta(days=int(value))).isoformat()
    return f"{value:.15g}"


def _plain(value: object) -> Any:
    if isinstance(value, date):
        return float((value - EPOCH).days)
    return None if value == "" else value
