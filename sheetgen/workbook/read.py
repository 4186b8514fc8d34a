"""Last week's book as staff left it: read by header text, never by position, and carried into this week's.

The only reader of our own books. Values come through calamine; no formula is ever trusted or copied.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheetgen.errors import InputError
from sheetgen.grading.grade import context_of, empty_inputs
from sheetgen.grading.measure import EPOCH
from sheetgen.grading.track import empty_ledger
from sheetgen.i18n import Label, messages
from sheetgen.model import Issue
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.layout import SHEETS

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.model import Clean
    from sheetgen.scheme.compile import Scheme

CARRIED = ("override", "override_reason", "override_until", "remark")
"""staff's columns on 客户级别"""


@dataclass(frozen=True)
class LastBook:
    """What moves on from the last book: staff's tier inputs and last tiers by customer, remarks and preferences by
    customer and field, parameters, the ledger of changes."""

    tiers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    staff: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    parameters: Mapping[str, float] = field(default_factory=dict)
    ledger: pd.DataFrame = field(default_factory=empty_ledger)
    sha256: str = ""
    issues: tuple[Issue, ...] = ()

    def inputs(self, ids: pd.Series[str], scheme: Scheme) -> pd.DataFrame:
        """Staff's columns for the customers ``ids``, in their order."""
        import numpy as np

        frame = empty_inputs(scheme, len(ids))
        known = [self.tiers.get(customer, {}) for customer in ids.tolist()]
        for name in ("override", "override_reason", "remark", "previous"):
            frame[name] = np.asarray([str(row.get(name) or "") for row in known], dtype=object)
        frame["override_until"] = np.asarray(
            [row.get("override_until") or np.nan for row in known], dtype=np.float64
        )
        return frame

    def carry(self, cleaned: Clean) -> Clean:
        """``cleaned`` with staff's own fields of 客户信息 and 客户偏好 in place; raw data wins only where staff wrote
        nothing."""
        tables = dict(cleaned.tables)
        for table, fields in self.staff.items():
            tables[table] = _with_staff(
                tables[table], fields, table, cleaned.tables["customers"]["customer_id"]
            )
        return replace(cleaned, tables=tables)


NO_BOOK = LastBook()


def _with_staff(
    frame: pd.DataFrame, fields: Mapping[str, Mapping[str, str]], table: str, ids: pd.Series[str]
) -> pd.DataFrame:
    import pandas as pd

    if table == "preferences":
        here = set(frame["customer_id"].tolist())
        wrote = {customer for words in fields.values() for customer in words}
        new = [customer for customer in ids.tolist() if customer in wrote and customer not in here]
        more = pd.DataFrame({"customer_id": new}, columns=frame.columns).fillna("")
        frame = (
            pd.concat([frame, more.astype(frame.dtypes.to_dict())], ignore_index=True)
            if new
            else frame.copy()
        )
    else:
        frame = frame.copy()
    for name, words in fields.items():
        said = frame["customer_id"].map(words)
        frame[name] = said.where(said.notna() & (said != ""), frame[name])
    return frame


def read_previous(path: Path, scheme: Scheme) -> LastBook:
    """Read the book at ``path``. Raises InputError when it is missing or none of ours."""
    import hashlib

    from python_calamine import CalamineError, CalamineWorkbook

    if not path.is_file():
        raise InputError("file_missing", "SG101", path=path, near="")
    try:
        workbook = CalamineWorkbook.from_path(str(path))
    except (CalamineError, OSError, ValueError) as error:
        raise InputError("previous_unreadable", "SG105", path=path, problem=type(error).__name__) from None
    names = {sheet_id: _named(workbook.sheet_names, label) for sheet_id, label in SHEETS.items()}
    if not names["tiers"] or not names["customers"]:
        raise InputError("previous_foreign", "SG512", path=path)
    tiers = _records(workbook, names["tiers"], _tier_headers(scheme))
    staff = {}
    for table in ("customers", "preferences"):
        mine = {f.id: f.label for f in data_tables()[table].fields.values() if f.owner == "staff"}
        found = _records(workbook, names[table], {**_id_header(), **mine}) if names[table] else {}
        staff[table] = {name: {c: str(r[name]) for c, r in found.items() if r.get(name)} for name in mine}
    ledger = _ledger(workbook, names["changes"]) if names["changes"] else empty_ledger()
    return LastBook(
        tiers={customer: _tier_row(row, scheme) for customer, row in tiers.items()},
        staff=staff,
        ledger=ledger,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def _named(sheets: list[str], label: Label) -> str:
    return next((name for name in sheets if name in (label.zh, label.en)), "")


def _id_header() -> dict[str, Label]:
    return {"customer_id": data_tables()["customers"].fields["customer_id"].label}


def _tier_headers(scheme: Scheme) -> dict[str, Label]:
    wanted = {i.id: i.label for i in scheme.inputs if i.id in CARRIED}
    return {**_id_header(), **wanted, "final_tier": scheme.column("final_tier").label}


def _records(workbook: Any, sheet: str, headers: Mapping[str, Label]) -> dict[str, dict[str, Any]]:
    """customer id -> field -> cell, from the first row that has the id's header."""
    rows = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    places: dict[str, int] = {}
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if not places:
            words = [str(cell).strip() for cell in row]
            at = {key: _place(words, label) for key, label in headers.items()}
            if at["customer_id"] >= 0:
                places = {key: place for key, place in at.items() if place >= 0}
            continue
        customer = _text(row[places["customer_id"]])
        if customer:
            found.setdefault(customer, {key: row[place] for key, place in places.items()})
    return found


def _place(words: list[str], label: Label) -> int:
    return next((i for i, word in enumerate(words) if word in (label.zh, label.en)), -1)


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell == int(cell):
        return str(int(cell))
    return str(cell).strip()


def _tier_row(row: Mapping[str, Any], scheme: Scheme) -> dict[str, Any]:
    """Staff's inputs of one customer; the last final tier by label in either language becomes ``previous``."""
    from datetime import date, datetime

    aliases = context_of(scheme, "zh").tier_aliases
    until = row.get("override_until")
    if isinstance(until, datetime):
        until = until.date()
    serial = float((until - EPOCH).days) if isinstance(until, date) else None
    last = _text(row.get("final_tier", ""))
    return {
        "override": _text(row.get("override", "")),
        "override_reason": _text(row.get("override_reason", "")),
        "override_until": serial,
        "remark": _text(row.get("remark", "")),
        "previous": last if last.casefold() in aliases else "",
    }


def _ledger(workbook: Any, sheet: str) -> pd.DataFrame:
    import pandas as pd

    words = {"week": "change_week", "was": "change_from", "now": "change_to", "move": "change_move"}
    words |= {"cause": "change_cause", "why": "change_why"}
    known = messages()
    customers = data_tables()["customers"].fields
    headers = {key: known[word] for key, word in words.items()}
    headers |= {key: customers[key].label for key in ("customer_id", "customer_name")}
    rows = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    start, places = _header_row(rows, headers)
    if start < 0:
        return empty_ledger()
    entries = [
        {key: row[place] for key, place in places.items()}
        for row in rows[start + 1 :]
        if _text(row[places["customer_id"]])
    ]
    if not entries:
        return empty_ledger()
    frame = pd.DataFrame(entries, columns=list(empty_ledger().columns))
    frame["week"] = pd.to_datetime(frame["week"], errors="coerce")
    for key in frame.columns.drop("week"):
        frame[key] = [_text(v) if v is not None else "" for v in frame[key].tolist()]
    return frame


def _header_row(rows: list[list[Any]], headers: Mapping[str, Label]) -> tuple[int, dict[str, int]]:
    for i, row in enumerate(rows):
        words = [str(cell).strip() for cell in row]
        places = {key: _place(words, label) for key, label in headers.items()}
        if all(place >= 0 for place in places.values()):
            return i, places
    return -1, {}
