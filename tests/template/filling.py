"""A blank book, a person who fills it in LibreOffice, and what Python says of the same rows."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sheetgen.blank import TemplateRequest, blank_content, template
from sheetgen.grading.coding import EPOCH
from sheetgen.i18n import Lang
from sheetgen.pipeline import BuildRequest, Built, build
from sheetgen.scheme.tables import Field
from sheetgen.workbook.content import Content, shown
from sheetgen.workbook.layout import FIRST, SHEETS
from tests.office.office import Office
from tests.office.values import Value, position, same
from tests.parity.data import AS_OF, Company, Row, company

NUMBERS = ("money", "price", "number", "integer", "rating")


@dataclass(frozen=True)
class Blank:
    """A blank book on disk and what it was composed from."""

    path: Path
    content: Content

    @property
    def lang(self) -> Lang:
        return self.content.lang

    def sheet(self, sheet_id: str) -> str:
        return SHEETS[sheet_id].text(self.lang)

    def at(self, sheet_id: str, column: str, row: int = FIRST) -> str:
        return f"{self.content.layout.columns[sheet_id][column]}{row}"

    def named(self, name: str) -> tuple[str, str]:
        """The sheet and the cell of a workbook name."""
        import openpyxl

        book = openpyxl.load_workbook(self.path, read_only=True)
        sheet, where = next(iter(book.defined_names[name].destinations))
        return sheet, where.replace("$", "").split(":")[0]


def blank(path: Path, scheme: str, rows: int, lang: Lang = "zh") -> Blank:
    request = TemplateRequest(scheme, path, rows, lang)
    template(request)
    return Blank(path, blank_content(request))


def typed_cell(text: str, kind: str) -> float | str | None:
    """What a person types: a day, a number, or words."""
    if not text:
        return None
    if kind == "date":
        return float((date.fromisoformat(text) - EPOCH).days)
    return float(text) if kind in NUMBERS else unicodedata.normalize("NFKC", text).strip()


def fill(office: Office, book: Blank, tables: Mapping[str, Sequence[Row]]) -> None:
    """Type the rows (by our Chinese headers) into the prepared rows of the open book."""
    for table, rows in tables.items():
        fields = [f for f in book.content.layout.fields(table) if not f.value]
        lines = [[typed_cell(_said(row, f), f.type) for f in fields] for row in rows]
        assert len(lines) <= book.content.layout.spare[table], f"{table}: {len(lines)} rows"
        if lines:
            office.fill(book.sheet(table), book.at(table, fields[0].id), lines)


def _said(row: Row, field: Field) -> str:
    """What a row says of a field, under whichever of its headers."""
    return next((row[h] for h in (field.label.zh, *field.also, *field.weak) if h in row), "")


def company_of(scheme: str, seed: int = 21, plain: int = 4) -> Company:
    """Customers on every edge. Refunds name no order: a build dates those that do back to the day of the
    sale, as the blank book asks people to do themselves.
    """
    found = company(scheme, seed, plain)
    for row in found.transactions:
        if float(row["金额"]) < 0:
            row["订单号"] = ""
    return found


def tables_of(company: Company) -> dict[str, list[Row]]:
    known = {"customers": company.customers, "transactions": company.transactions, "service": company.service}
    return known | company.further


def read_rows(office: Office, book: Blank, sheet_id: str) -> dict[str, dict[str, Value]]:
    """Customer -> column -> value, as the open book shows it on 价值评分 or 客户级别."""
    layout = book.content.layout
    visible = layout.shown_scores if sheet_id == "scores" else list(layout.scheme.tiers_sheet)
    places = {c: position(book.at(sheet_id, c))[1] for c in ("customer_id", "customer_name", *visible)}
    rows = office.read(book.sheet(sheet_id), bools=False)[FIRST - 1 :]
    found = {}
    for row in rows:
        if row[places["customer_id"]] not in (None, ""):
            found[str(row[places["customer_id"]])] = {c: row[i] for c, i in places.items()}
    return found


def differences(office: Office, book: Blank, built: Built) -> list[tuple[str, str, Any, Any]]:
    """Every cell people see on both sheets that is not what the build says."""
    frame, found = built.graded.frame, []
    ids = built.clean.tables["customers"]["customer_id"].tolist()
    for sheet_id in ("scores", "tiers"):
        there = read_rows(office, book, sheet_id)
        assert set(there) == set(ids), set(there) ^ set(ids)
        for column in next(iter(there.values())):
            if column in ("customer_id", "customer_name", "owner"):
                values = built.clean.tables["customers"][column].tolist()
            else:
                values = shown(frame[column].to_numpy(), book.lang)
            for customer, value in zip(ids, values, strict=True):
                seen = there[customer][column]
                if not same(None if seen == "" else seen, None if value == "" else value):
                    found.append((customer, f"{sheet_id}.{column}", seen, value))
    return found


def built_of(company: Company, folder: Path, scheme: str, lang: Lang = "zh") -> Built:
    """The build of the same data."""
    kinds = company.write(folder)
    return build(
        BuildRequest(folder / "built.xlsx", kinds=kinds, scheme=scheme, lang=lang, as_of=AS_OF, dry_run=True)
    )
