"""Last week's book as staff left it, read by header text and defined names, never by position.

Values come through calamine, names through openpyxl; no formula is ever trusted or copied.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheetgen.grading.grade import context_of
from sheetgen.grading.removed import FIELD, meant
from sheetgen.grading.standing import DAYS, HANDED_ON, RANKS
from sheetgen.grading.track import empty_ledger
from sheetgen.i18n import Label, messages
from sheetgen.model import Issue
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.calamined import Looked
from sheetgen.workbook.corrected import find_corrections
from sheetgen.workbook.figures import last_figures
from sheetgen.workbook.kept import EXTRA, MARK, Kept
from sheetgen.workbook.last import LastBook
from sheetgen.workbook.mended import with_columns_back
from sheetgen.workbook.opened import OpenBook, Row, by_customer, open_book, serial_of, text_of
from sheetgen.workbook.own import read_columns, read_sheets
from sheetgen.workbook.renamed import told as told_renamed
from sheetgen.workbook.review import HEADERS, Review, accepted, read_reviews
from sheetgen.workbook.rules_left import changed_parameters, rules_of
from sheetgen.workbook.typed import TYPED, typed_rows

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.model import RawTable
    from sheetgen.scheme.compile import Scheme

CARRIED = ("override", "override_reason", "override_until", "override_by", "remark")
"""staff's columns on 客户级别"""


def read_previous(
    path: Path, scheme: Scheme, password: str = "", look: Callable[[str, bytes], Looked] | None = None
) -> LastBook:
    """Read the book at ``path``. Raises InputError when it is missing or none of ours, PasswordError.

    ``look`` is given the plain package before it is read, to refuse a hostile one.
    """
    book = open_book(path, password, look)
    book, mended = with_columns_back(book, scheme)
    tables = data_tables()
    by_id = {"customer_id": tables["customers"].fields["customer_id"].label}
    staff = {}
    for table in ("customers", "preferences"):
        mine = {f.id: f.label for f in tables[table].fields.values() if f.owner == "staff"}
        found = by_customer(book.records(table, {**by_id, **mine}))
        staff[table] = {name: {c: text_of(r[name]) for c, r in found.items() if r.get(name)} for name in mine}
    staff["customers"][FIELD] = {c: meant(words) for c, words in staff["customers"][FIELD].items()}
    tiers = by_customer(book.records("tiers", {**by_id, **_tier_headers(scheme)}))
    typed = [
        typed_rows(book.workbook, name, t, str(path), book.sha256, book.state)
        for t in TYPED
        for name in book.sheets(t)
    ]
    unread = [
        c for c, row in tiers.items() if row.get("override_until") and not serial_of(row["override_until"])
    ]
    issues = (
        [Issue("SG517", "warning", str(path), value=", ".join(unread[:5]), count=len(unread))]
        if unread
        else []
    )
    kept, told = _kept(book, scheme)
    typed = [_without(table, kept) for table in typed]
    return LastBook(
        tiers={customer: _tier_row(row) for customer, row in tiers.items()},
        staff=staff,
        typed=tuple(table for table in typed if len(table.frame)),
        parameters=changed_parameters(book, scheme),
        ledger=_ledger(book),
        reviews=_reviews(book),
        figures=last_figures(book.state, scheme.id),
        sha256=book.sha256,
        series=book.state.get("series") or book.state.get("run_id", ""),
        issues=(*issues, *told_renamed(book.renamed, str(path)), *mended, *told),
        rules=rules_of(book.state),
        handed=_handed(book, tiers, scheme),
        kept=kept,
    )


def _kept(book: OpenBook, scheme: Scheme) -> tuple[Kept, tuple[Issue, ...]]:
    """Corrections, own columns and own sheets."""
    corrections, issues = find_corrections(book)
    columns, more = read_columns(book, scheme)
    sheets, lost = read_sheets(book)
    return Kept(corrections, columns, sheets, book.state.get(MARK, "")), (*issues, *more, *lost)


def _without(table: RawTable, kept: Kept) -> RawTable:
    """A typed table without the own columns, which move on by themselves."""
    own = [EXTRA + c.header for c in kept.columns if c.sheet == table.source.kind]
    return replace(table, frame=table.frame.drop(columns=own, errors="ignore")) if own else table


def _tier_headers(scheme: Scheme) -> dict[str, Label]:
    wanted = {i.id: i.label for i in scheme.inputs if i.id in CARRIED}
    return {**wanted, "final_tier": scheme.column("final_tier").label}


def _tier_row(row: Row) -> dict[str, Any]:
    """Staff's inputs of one customer."""
    return {
        "override": text_of(row.get("override", "")),
        "override_reason": text_of(row.get("override_reason", "")),
        "override_until": serial_of(row.get("override_until")),
        "override_by": text_of(row.get("override_by", "")),
        "remark": text_of(row.get("remark", "")),
    }


def _handed(book: OpenBook, tiers: Mapping[str, Row], scheme: Scheme) -> dict[str, dict[str, float | str]]:
    """What the book handed on of each customer; where it has no ``_base``, the final tier that people see."""
    if book.names["base"] and "tiers" in book.state:
        ids = ["", *json.loads(book.state["tiers"])]
        head, *rows = book.workbook.get_sheet_by_name(book.names["base"]).to_python()
        found: dict[str, dict[str, float | str]] = {}
        for row in rows:
            cells = dict(zip(head, row, strict=True))
            of = {key: float(cells[key] or 0) for key in HANDED_ON if key in cells}
            named = {key: ids[int(of[key])] for key in RANKS if key in of and 0 <= of[key] < len(ids)}
            found[text_of(cells["customer_id"])] = {**of, **named}
        return found
    aliases = context_of(scheme, "zh").tier_aliases
    rising = [tier.id for tier in reversed(scheme.file.tiers)]
    seen: dict[str, dict[str, float | str]] = {}
    for customer, row in tiers.items():
        rank = aliases.get(text_of(row.get("final_tier", "")).casefold())
        if rank:
            seen[customer] = dict.fromkeys(RANKS, rising[rank - 1]) | dict.fromkeys(DAYS, 1.0)
    return seen


def merges_in(book: OpenBook) -> tuple[tuple[str, str], ...]:
    """(other, keep) of every pair of customers that staff said are one."""
    return accepted(_reviews(book)) if book.names.get("merges") else ()


def _reviews(book: OpenBook) -> tuple[Review, ...]:
    headers = {key: messages()[word] for key, word in HEADERS.items()}
    headers |= {"customer_id": headers["keep"]}
    rows = book.records("merges", headers)
    return read_reviews({key: text_of(row[key]) for key in HEADERS if key in row} for row in rows)


def _ledger(book: OpenBook) -> pd.DataFrame:
    import pandas as pd

    words = {"week": "change_week", "was": "change_from", "now": "change_to", "move": "change_move"}
    words |= {"cause": "change_cause", "why": "change_why"}
    customers = data_tables()["customers"].fields
    headers = {key: messages()[word] for key, word in words.items()}
    headers |= {key: customers[key].label for key in ("customer_id", "customer_name")}
    entries = book.records("changes", headers)
    if not entries:
        return empty_ledger()
    frame = pd.DataFrame(entries, columns=list(empty_ledger().columns))
    frame["week"] = pd.to_datetime(frame["week"], errors="coerce")
    for key in frame.columns.drop("week"):
        frame[key] = [text_of(v) if v is not None else "" for v in frame[key].tolist()]
    return frame
