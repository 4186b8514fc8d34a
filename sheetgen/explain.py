"""Why a customer of a book has the tier: what 客户级别 says of them, and their line of changes.

The explanation is the book's own 说明, a live formula, so this prints what people see there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheetgen.errors import InputError, UsageError
from sheetgen.i18n import Label, Lang, messages, text

if TYPE_CHECKING:
    from sheetgen.scheme.compile import Scheme
    from sheetgen.workbook.opened import OpenBook

SHOWN = (
    "final_tier", "computed_tier", "status", "why", "next_tier", "gap", "keep", "previous", "move",
    "override", "override_reason", "override_by", "override_until", "benefits", "next_follow_up", "due",
    "owner", "remark",
)  # fmt: skip
CHANGE = ("week", "was", "now", "cause", "why")


@dataclass(frozen=True)
class Explained:
    """One customer of a book. ``values``: column id -> what the cell shows; ``labels`` go with them.

    ``tier``: the id of the final tier. ``changes``: their rows of 级别变动, oldest first, by CHANGE.
    """

    book: Path
    customer: str
    name: str
    tier: str
    values: dict[str, str]
    labels: dict[str, Label]
    changes: tuple[dict[str, str], ...]
    beside: tuple[tuple[str, Label, str], ...] = ()
    """of each scheme beside the first: its id and label, and the tier there"""


def explain(path: Path, customer: str, password: str = "") -> Explained:
    """Look up ``customer`` (id or whole name) in the book at ``path``.

    Raises UsageError when the book knows no such customer, or two of the name; InputError when it is none of
    ours, or was saved by a program that does not calculate; PasswordError.
    """
    from sheetgen.ingest.package import look_through
    from sheetgen.workbook.mended import with_columns_back
    from sheetgen.workbook.opened import open_book

    book = open_book(path, password, look_through)
    scheme = scheme_of(book)
    book, _ = with_columns_back(book, scheme, ("tiers",))
    labels, sides = _labels(scheme), {side.tier: side.file.label for side in scheme.sides}
    row = _find(book, book.records("tiers", labels | sides), customer)
    values = {key: _shown(row.get(key)) for key in SHOWN if key in row}
    if not values.get("final_tier") or not values.get("why"):
        raise InputError("not_calculated", "SG521", path=path)
    from sheetgen.grading.grade import context_of

    rank = context_of(scheme, "zh").tier_aliases.get(values["final_tier"].casefold(), 0)
    tier = scheme.file.tiers[len(scheme.file.tiers) - rank].id if rank else ""
    found, name = _shown(row["customer_id"]), _shown(row.get("customer_name"))
    beside = tuple((s.file.id, s.file.label, _shown(row.get(s.tier))) for s in scheme.sides)
    return Explained(path, found, name, tier, values, labels, tuple(_changes(book, found)), beside)


def scheme_of(book: OpenBook) -> Scheme:
    """The scheme whose text the book carries; without it the shipped one of its id, or the default."""
    from sheetgen.scheme.library import load_scheme, read_scheme, shipped

    if book.state.get("scheme_text"):
        return read_scheme(book.state["scheme_text"], str(book.path))
    return load_scheme(book.state.get("scheme", "") if book.state.get("scheme") in shipped() else "vip-abc")


def explain_lines(found: Explained, lang: Lang) -> Iterator[str]:
    """The answer in plain words."""
    yield f"{found.customer}  {found.name}".rstrip()
    for key, value in found.values.items():
        if value and value != "—":
            yield f"  {found.labels[key].text(lang)}{'：' if lang == 'zh' else ': '}{value}"
    for _, label, tier in found.beside:
        yield f"  {label.text(lang)}{'：' if lang == 'zh' else ': '}{tier}"
    if found.changes:
        yield text("explain_changes", lang)
    for change in found.changes:
        yield f"  {change['week']}  {change['was']} → {change['now']}  {change['cause']}  {change['why']}"


def explain_json(found: Explained) -> dict[str, Any]:
    """The answer as the JSON object of the command."""
    return {
        "schema": 1,
        "command": "explain",
        "book": str(found.book),
        "customer": found.customer,
        "name": found.name,
        "tier": found.tier,
        **{key: found.values.get(key, "") for key in SHOWN},
        "beside": {scheme_id: tier for scheme_id, _, tier in found.beside},
        "changes": list(found.changes),
    }


def _labels(scheme: Scheme) -> dict[str, Label]:
    from sheetgen.scheme.tables import data_tables

    fields = data_tables()["customers"].fields
    labels = {key: fields[key].label for key in ("customer_id", "customer_name", "owner")}
    labels |= {i.id: i.label for i in scheme.inputs if not i.hidden}
    return labels | {c.id: c.label for c in scheme.computed if c.id in SHOWN}


def _find(book: OpenBook, rows: list[dict[str, Any]], customer: str) -> dict[str, Any]:
    import difflib

    wanted = customer.strip()
    found = [row for row in rows if _shown(row["customer_id"]) == wanted]
    found = found or [row for row in rows if _shown(row.get("customer_name")) == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(_shown(row["customer_id"]) for row in found[:5])
        raise UsageError("customer_twice", "SG520", name=wanted, ids=ids)
    known = [_shown(row[key]) for row in rows for key in ("customer_id", "customer_name") if key in row]
    near = ", ".join(difflib.get_close_matches(wanted, known, n=3)) or "—"
    raise UsageError("customer_unknown", "SG520", name=wanted, near=near, path=book.path)


def _changes(book: OpenBook, customer: str) -> Iterator[dict[str, str]]:
    from sheetgen.scheme.tables import data_tables

    words = {"week": "change_week", "was": "change_from", "now": "change_to", "cause": "change_cause"}
    headers = {key: messages()[word] for key, word in {**words, "why": "change_why"}.items()}
    headers["customer_id"] = data_tables()["customers"].fields["customer_id"].label
    for row in book.records("changes", headers):
        if _shown(row["customer_id"]) == customer:
            yield {key: _shown(row.get(key)) for key in CHANGE}


def _shown(cell: Any) -> str:
    """A cell as it is read aloud: dates as 2025-12-31, amounts with two decimals at most."""
    from datetime import date, datetime

    if isinstance(cell, datetime):
        cell = cell.date()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float):
        return f"{cell:,.0f}" if cell == int(cell) and abs(cell) < 1_000 else f"{cell:,.2f}"
    return "" if cell is None else str(cell).strip()
