"""Columns and sheets of staff's own: read from the last book, and set beside ours in the next one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from sheetgen.grading.prefer import DERIVED_FIELDS
from sheetgen.i18n import LANGS, Label, Lang, messages, text
from sheetgen.model import Issue
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.book import Cell, Column, Sheet
from sheetgen.workbook.kept import DATA_COLUMNS, OWN, Look, OwnColumn, OwnSheet, own_headers
from sheetgen.workbook.layout import HELPERS, RECORDS, title_of
from sheetgen.workbook.opened import by_customer

if TYPE_CHECKING:
    from sheetgen.scheme.compile import Scheme
    from sheetgen.workbook.content import Content
    from sheetgen.workbook.opened import OpenBook

WITH_COLUMNS: Final = ("customers", "tiers", "preferences")
"""the sheets with a row a customer, whose further columns move on"""
MOST_CELLS: Final = 200_000
"""of one own sheet"""
MOST_TEXT: Final = 32_000
_ID: Final = "customer_id"
_LOOKS: Final[Mapping[str, tuple[str, str]]] = {
    "number": ("number", "input.money0"),
    "date": ("date", "input.date"),
    "text": ("text", "input.text"),
}


def read_columns(book: OpenBook, scheme: Scheme) -> tuple[tuple[OwnColumn, ...], tuple[Issue, ...]]:
    """The columns that neither the program nor the data put there. None where the book does not say."""
    if DATA_COLUMNS not in book.state:
        return (), ()
    columns: list[OwnColumn] = []
    issues: list[Issue] = []
    data = json.loads(book.state[DATA_COLUMNS])
    written = own_headers(book.state)
    for sheet in (*WITH_COLUMNS, *RECORDS, "scores"):
        ours = (_ours(sheet, scheme) | set(data.get(sheet, []))) - written.get(sheet, set())
        for name in book.sheets(sheet):
            heads = _further_heads(book, name, ours)
            if sheet in WITH_COLUMNS:
                columns += _columns_of(book, sheet, heads)
            elif heads:
                value, facts = ", ".join(sorted(heads)[:5]), (("sheet", name),)
                issues.append(
                    Issue("SG567", "warning", str(book.path), value=value, count=len(heads), facts=facts)
                )
    return tuple(columns), tuple(issues)


def _further_heads(book: OpenBook, name: str, ours: set[str]) -> list[str]:
    """The headers of a sheet that are not ours, from left to right."""
    _, heads = _header(book.workbook.get_sheet_by_name(name).to_python(skip_empty_area=False))
    return list(dict.fromkeys(head for head in heads if head and head not in ours))


def _columns_of(book: OpenBook, sheet: str, heads: list[str]) -> Iterator[OwnColumn]:
    """The columns of a sheet with a row a customer that have any words."""
    wanted = {head: Label(head, head) for head in heads}
    found = by_customer(book.records(sheet, {_ID: data_tables()["customers"].fields[_ID].label, **wanted}))
    for head in wanted:
        cells = {c: row[head] for c, row in found.items() if row.get(head) not in ("", None)}
        if cells:
            words = {customer: _words(cell) for customer, cell in cells.items()}
            yield OwnColumn(sheet, head, _look(list(cells.values())), words)


def _ours(sheet: str, scheme: Scheme) -> set[str]:
    """Every header that the program may write on a sheet, in both languages."""
    fields = {**data_tables()["customers"].columns, **getattr(data_tables().get(sheet), "columns", {})}
    labels = [f.label for f in fields.values()]
    labels += [c.label for c in scheme.computed] + [i.label for i in scheme.inputs]
    labels += [m.label for m in scheme.metrics.values()]
    keys = [k for k in messages() if k.startswith("link_")] + [
        "key",
        "refunded_on",
        "entered",
        *DERIVED_FIELDS,
    ]
    labels += [messages()[k] for k in keys]
    plain = {
        "row",
        "state",
        *(c.id for c in scheme.computed),
        *(i.id for i in scheme.inputs),
        *scheme.metrics,
    }
    helpers = {f"{t}_{h}" for t in RECORDS for h in (*HELPERS, "part")}
    return {label.text(lang) for label in labels for lang in LANGS} | plain | helpers


def _both(field: str) -> tuple[str, str]:
    label = data_tables()["customers"].fields[field].label
    return label.zh, label.en


def _header(rows: list[list[Any]]) -> tuple[int, list[str]]:
    for i, row in enumerate(rows):
        words = [str(cell).strip() for cell in row]
        if set(_both(_ID)) & set(words):
            return i, words
    return -1, []


def _look(cells: list[Any]) -> Look:
    if all(isinstance(c, int | float) and not isinstance(c, bool) for c in cells):
        return "number"
    return "date" if all(isinstance(c, date | datetime) for c in cells) else "text"


def _words(cell: Any) -> str:
    if isinstance(cell, float):
        return str(int(cell)) if cell == int(cell) else repr(cell)
    if isinstance(cell, date | datetime):
        return cell.isoformat()[:10]
    return str(cell)


def read_sheets(book: OpenBook) -> tuple[tuple[OwnSheet, ...], tuple[Issue, ...]]:
    """The sheets that staff added, their values, and what of them does not move on."""
    ours = {title_of(sheet).text(lang) for sheet in book.names for lang in LANGS}
    ours |= set(book.renamed.values())
    found: list[OwnSheet] = []
    issues: list[Issue] = []
    for meta in book.workbook.sheets_metadata:
        name = meta.name
        if name in ours:
            continue
        if not str(meta.typ).endswith("WorkSheet"):
            what = messages()["left_chart_sheet"].text(_lang(book))
            issues.append(Issue("SG568", "warning", str(book.path), facts=(("sheet", name), ("what", what))))
            continue
        rows = book.workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
        cells = {
            (r, c): _value(cell)
            for r, row in enumerate(rows)
            for c, cell in enumerate(row)
            if cell not in ("", None)
        }
        facts = (("sheet", name),)
        if len(cells) > MOST_CELLS:
            issues.append(Issue("SG569", "warning", str(book.path), value=f"{MOST_CELLS:,}", facts=facts))
            continue
        if cells:
            found.append(OwnSheet(name, cells))
        for what in _left_behind(book, name):
            issues.append(Issue("SG568", "warning", str(book.path), facts=(*facts, ("what", what))))
    return tuple(found), tuple(issues)


def _value(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, bool | int | float | date):
        return cell
    return str(cell)[:MOST_TEXT]


def _left_behind(book: OpenBook, name: str) -> Iterator[str]:
    """What an own sheet holds beside values, in the book's language."""
    from sheetgen.workbook.patch.package import open_package

    lang = _lang(book)
    package = open_package(book.data, lambda part, data: None, str(book.path))
    part = package.worksheets[name]
    kinds = {relation.kind.rsplit("/", 1)[-1] for relation in package.relationships(part)}
    if b"<f" in package.read(part):
        yield text("left_formulas", lang)
    for kind in ("drawing", "comments", "table", "pivotTable"):
        if kind in kinds:
            yield text(f"left_{kind}", lang)


def _lang(book: OpenBook) -> Lang:
    return "en" if book.state.get("lang") == "en" else "zh"


def own_columns(content: Content, sheet: str, ids: list[str], spare: int, taken: list[str]) -> list[Column]:
    """Staff's own columns of a sheet, its rows being the customers ``ids``; ``taken``: headers in use."""
    import numpy as np

    found, heads = [], set(taken)
    for column in content.kept.columns:
        if column.sheet != sheet:
            continue
        header, again = column.header, 2
        while header in heads:
            header, again = f"{column.header} {again}", again + 1
        heads.add(header)
        words = [column.words.get(customer, "") for customer in ids] + [""] * spare
        kind, style = _LOOKS[column.look]
        values: Any = [word or None for word in words]
        if column.look == "number":
            values = np.asarray([float(word) if word else np.nan for word in words], dtype=np.float64)
        elif column.look == "date":
            values = np.asarray([np.datetime64(word or "NaT", "D") for word in words], dtype="datetime64[D]")
        found.append(
            Column(OWN + column.header, header, kind, values, style, None, 14, header_style="header_input")  # type: ignore[arg-type]
        )
    return found


def own_sheets(content: Content) -> tuple[Sheet, ...]:
    """Staff's own sheets, after ours: values where they stood, as plain text, numbers and days."""
    layout = content.layout
    further = {title_of(s).text(content.lang) for table in layout.parts for s in layout.sheets(table)}
    return tuple(
        Sheet(
            f"own_{i}",
            f"{sheet.name}_" if sheet.name in further else sheet.name,
            {place: Cell(value, _style(value)) for place, value in sheet.cells.items()},
        )
        for i, sheet in enumerate(content.kept.sheets, 1)
    )


def _style(value: Any) -> str:
    return "plain.date" if isinstance(value, date) else "plain.text" if isinstance(value, str) else "plain"


def data_columns(content: Content) -> str:
    """The further columns of the data by sheet, as text for ``_sheetgen``."""
    from sheetgen.workbook.sheets.parts import extra_headers

    tables = ("customers", "preferences", *content.layout.record_tables)
    found = {table: list(extra_headers(content, table).values()) for table in tables}
    return json.dumps({k: v for k, v in found.items() if v}, ensure_ascii=False, separators=(",", ":"))
