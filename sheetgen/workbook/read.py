"""Last week's book as staff left it, read by header text and defined names, never by position.

Values come through calamine, names through openpyxl; no formula is ever trusted or copied.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheetgen.errors import InputError
from sheetgen.grading.coding import EPOCH
from sheetgen.grading.grade import context_of
from sheetgen.grading.track import empty_ledger
from sheetgen.i18n import Label, messages
from sheetgen.model import Issue
from sheetgen.scheme.tables import data_tables
from sheetgen.share.encrypt import is_sealed, unseal
from sheetgen.workbook.last import LastBook
from sheetgen.workbook.layout import SHEETS
from sheetgen.workbook.review import HEADERS, Review, read_reviews
from sheetgen.workbook.typed import TYPED, typed_rows

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.scheme.compile import Scheme

Row = Mapping[str, Any]
FIRST_SERIAL, LAST_SERIAL = 61, 109_575
"""1900-03-01 (before it, spreadsheets disagree) and 2199-12-31"""
CARRIED = ("override", "override_reason", "override_until", "remark")
"""staff's columns on 客户级别"""


def read_previous(
    path: Path, scheme: Scheme, password: str = "", look: Callable[[str, bytes], object] | None = None
) -> LastBook:
    """Read the book at ``path``. Raises InputError when it is missing or none of ours, PasswordError.

    ``look`` is given the plain package before it is read, to refuse a hostile one.
    """
    import hashlib
    from io import BytesIO

    from python_calamine import CalamineError, CalamineWorkbook

    if not path.is_file():
        raise InputError("file_missing_alone", "SG101", path=path)
    data = path.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    if is_sealed(data):
        data = unseal(data, password, str(path))
    if look is not None:
        look(str(path), data)
    try:
        workbook = CalamineWorkbook.from_filelike(BytesIO(data))
    except (CalamineError, OSError, ValueError) as error:
        raise InputError("previous_unreadable", "SG105", path=path, problem=type(error).__name__) from None
    names = {sheet_id: _named(workbook.sheet_names, label) for sheet_id, label in SHEETS.items()}
    if not names["tiers"] or not names["customers"]:
        raise InputError("previous_foreign", "SG512", path=path)

    def records(sheet_id: str, headers: Mapping[str, Label]) -> list[dict[str, Any]]:
        return _records(workbook, names[sheet_id], headers) if names[sheet_id] else []

    tables = data_tables()
    by_id = {"customer_id": tables["customers"].fields["customer_id"].label}
    staff = {}
    for table in ("customers", "preferences"):
        mine = {f.id: f.label for f in tables[table].fields.values() if f.owner == "staff"}
        found = _by_customer(records(table, {**by_id, **mine}))
        staff[table] = {name: {c: _text(r[name]) for c, r in found.items() if r.get(name)} for name in mine}
    tiers = _by_customer(records("tiers", {**by_id, **_tier_headers(scheme)}))
    state = _state(workbook, names["state"])
    typed = [typed_rows(workbook, names[t], t, str(path), sha256, state) for t in TYPED if names[t]]
    unread = [
        c for c, row in tiers.items() if row.get("override_until") and not _serial(row["override_until"])
    ]
    issues = (
        [Issue("SG517", "warning", str(path), value=", ".join(unread[:5]), count=len(unread))]
        if unread
        else []
    )
    return LastBook(
        tiers={customer: _tier_row(row, scheme) for customer, row in tiers.items()},
        staff=staff,
        typed=tuple(table for table in typed if len(table.frame)),
        parameters=_changed_parameters(data, workbook, names["parameters"], state, scheme),
        ledger=_ledger(workbook, names["changes"]),
        reviews=_reviews(workbook, names["merges"]),
        sha256=sha256,
        issues=tuple(issues),
    )


def _named(sheets: list[str], label: Label) -> str:
    return next((name for name in sheets if name in (label.zh, label.en)), "")


def _tier_headers(scheme: Scheme) -> dict[str, Label]:
    wanted = {i.id: i.label for i in scheme.inputs if i.id in CARRIED}
    return {**wanted, "final_tier": scheme.column("final_tier").label}


def _records(workbook: Any, sheet: str, headers: Mapping[str, Label]) -> list[dict[str, Any]]:
    """The rows below the first one that has the id's header, by field, where they name a customer."""
    places: dict[str, int] = {}
    found = []
    for row in workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False):
        if places:
            if _text(row[places["customer_id"]]):
                found.append({key: row[place] for key, place in places.items()})
            continue
        words = [str(cell).strip() for cell in row]
        at = {key: _place(words, label) for key, label in headers.items()}
        if at["customer_id"] >= 0:
            places = {key: place for key, place in at.items() if place >= 0}
    return found


def _place(words: list[str], label: Label) -> int:
    return next((i for i, word in enumerate(words) if word in (label.zh, label.en)), -1)


def _by_customer(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        found.setdefault(_text(row["customer_id"]), row)
    return found


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell == int(cell):
        return str(int(cell))
    return str(cell).strip()


def _tier_row(row: Row, scheme: Scheme) -> dict[str, Any]:
    """Staff's inputs of one customer; the last final tier (label, either language) becomes ``previous``."""
    aliases = context_of(scheme, "zh").tier_aliases
    last = _text(row.get("final_tier", ""))
    return {
        "override": _text(row.get("override", "")),
        "override_reason": _text(row.get("override_reason", "")),
        "override_until": _serial(row.get("override_until")),
        "remark": _text(row.get("remark", "")),
        "previous": last if last.casefold() in aliases else "",
    }


def _serial(cell: Any) -> float | None:
    """A day as staff may have typed it: a date, a bare serial number, or a text such as 2025/12/31."""
    from datetime import date, datetime

    if isinstance(cell, datetime):
        cell = cell.date()
    if isinstance(cell, date):
        return float((cell - EPOCH).days)
    if isinstance(cell, int | float):
        return float(int(cell)) if FIRST_SERIAL <= cell <= LAST_SERIAL else None
    parts = re.fullmatch(r"\s*(\d{4})\D(\d{1,2})\D(\d{1,2})\D?\s*", str(cell or ""))
    try:
        return float((date(*map(int, parts.groups())) - EPOCH).days) if parts else None
    except ValueError:
        return None


def _state(workbook: Any, sheet: str) -> dict[str, str]:
    """Key and value of ``_sheetgen``; empty when the sheet is gone."""
    if not sheet:
        return {}
    return {str(row[0]): str(row[1]) for row in workbook.get_sheet_by_name(sheet).to_python() if len(row) > 1}


def _changed_parameters(
    data: bytes, workbook: Any, sheet: str, state: Mapping[str, str], scheme: Scheme
) -> dict[str, float]:
    """The numbers staff set, by start_settings' keys: those on 参数设置 that differ from what the book
    was written with, and those they set in earlier books.

    Only where the book was graded by the same scheme: another scheme's numbers mean something else.
    """
    if not sheet or state.get("scheme") != scheme.id or "settings" not in state:
        return {}
    settings = json.loads(state["settings"])
    written = _as_written(settings, scheme)
    cells = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    changed = {key: float(value) for key, value in settings.get("changed", {}).items()}
    for key, (row, col) in _parameter_places(data).items():
        cell = cells[row][col] if row < len(cells) and col < len(cells[row]) else ""
        if isinstance(cell, int | float) and key in written and abs(float(cell) - written[key]) > 1e-9:
            changed[key] = float(cell)
    return changed


def _as_written(settings: dict[str, Any], scheme: Scheme) -> dict[str, float]:
    """Every number of 参数设置 as the program wrote it."""
    written = {str(key): float(value) for key, value in settings["numbers"].items()}
    tables = settings["tables"]
    for i, tier in enumerate(reversed(scheme.file.tiers)):
        if tier.edge is not None:
            step = scheme.quantum if tier.over is not None else 0.0
            written[f"tier_{tier.id}"] = round(tables["tier_cut"][i] - step, scheme.edge_digits)
        written[f"follow_up_{tier.id}"] = tables["tier_follow_up"][i]
        written[f"points_rate_{tier.id}"] = tables["tier_points_rate"][i]
    for key in scheme.cuts:
        written |= {f"{key}_cut_{n}": float(cut) for n, cut in enumerate(tables[f"{key}_cut"], 1)}
    return written


def _parameter_places(data: bytes) -> dict[str, tuple[int, int]]:
    """Parameter key -> (row, column) from 0, by the workbook's ``p_…`` names."""
    from io import BytesIO

    from openpyxl import load_workbook
    from openpyxl.utils import column_index_from_string

    book = load_workbook(BytesIO(data), read_only=True, keep_links=False)
    found = {}
    for name, defined in book.defined_names.items():
        place = re.fullmatch(r".*!\$([A-Z]+)\$(\d+)", defined.attr_text or "")
        if name.startswith("p_") and place:
            found[name.removeprefix("p_")] = (int(place[2]) - 1, column_index_from_string(place[1]) - 1)
    book.close()
    return found


def _reviews(workbook: Any, sheet: str) -> tuple[Review, ...]:
    headers = {key: messages()[word] for key, word in HEADERS.items()}
    headers |= {"customer_id": headers["keep"]}
    rows = _records(workbook, sheet, headers) if sheet else []
    return read_reviews({key: _text(row[key]) for key in HEADERS if key in row} for row in rows)


def _ledger(workbook: Any, sheet: str) -> pd.DataFrame:
    import pandas as pd

    words = {"week": "change_week", "was": "change_from", "now": "change_to", "move": "change_move"}
    words |= {"cause": "change_cause", "why": "change_why"}
    customers = data_tables()["customers"].fields
    headers = {key: messages()[word] for key, word in words.items()}
    headers |= {key: customers[key].label for key in ("customer_id", "customer_name")}
    entries = _records(workbook, sheet, headers) if sheet else []
    if not entries:
        return empty_ledger()
    frame = pd.DataFrame(entries, columns=list(empty_ledger().columns))
    frame["week"] = pd.to_datetime(frame["week"], errors="coerce")
    for key in frame.columns.drop("week"):
        frame[key] = [_text(v) if v is not None else "" for v in frame[key].tolist()]
    return frame
