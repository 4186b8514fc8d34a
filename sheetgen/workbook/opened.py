"""A book of ours, opened to be read: its sheets by name or by what is on them, columns by header text.

Values come through calamine. No formula is ever trusted or copied.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from sheetgen.errors import InputError
from sheetgen.grading.coding import EPOCH
from sheetgen.i18n import Label, messages
from sheetgen.scheme.tables import data_tables
from sheetgen.share.encrypt import is_sealed, unseal
from sheetgen.workbook.calamined import Looked, sheets_of
from sheetgen.workbook.layout import RECORDS, SHEETS, further_sheets, table_of, title_of

Row = Mapping[str, Any]
KEY = "key"
"""the message that heads the hidden numbers by which rows belong to customers"""
FIRST_SERIAL, LAST_SERIAL = 61, 109_575
"""1900-03-01 (before it, spreadsheets disagree) and 2199-12-31"""


@dataclass(frozen=True)
class OpenBook:
    """A book of ours. ``data``: its plain package; ``names``: sheet id -> name, empty where it is gone;
    ``state``: what ``_sheetgen`` says; ``renamed``: the names among these that staff gave."""

    path: Path
    sha256: str
    data: bytes
    workbook: Any
    names: Mapping[str, str]
    state: Mapping[str, str]
    renamed: Mapping[str, str] = field(default_factory=dict)

    def sheets(self, table: str) -> list[str]:
        """The names of the sheets that a table stands on, as far as they are there."""
        return [name for sheet, name in self.names.items() if name and table_of(sheet) == table]

    def records(self, sheet_id: str, headers: Mapping[str, Label]) -> list[dict[str, Any]]:
        """The rows of a sheet that name a customer, by field; none where the sheet is gone.

        Where a formula names the customer and was never calculated, the number of the row does.
        """
        if not self.names[sheet_id]:
            return []
        rows = _records(self.workbook, self.names[sheet_id], {**headers, KEY: messages()[KEY]})
        if any(not text_of(row["customer_id"]) for row in rows):
            ids = self._ids
            rows = [
                {**row, "customer_id": text_of(row["customer_id"]) or ids.get(row[KEY], "")} for row in rows
            ]
        return [row for row in rows if text_of(row["customer_id"])]

    @cached_property
    def _ids(self) -> dict[Any, str]:
        """Customer ids by the number of their row."""
        label = data_tables()["customers"].fields["customer_id"].label
        headers = {"customer_id": label, KEY: messages()[KEY]}
        rows = _records(self.workbook, self.names["customers"], headers)
        return {row[KEY]: text_of(row["customer_id"]) for row in rows if row.get(KEY)}


def open_book(
    path: Path,
    password: str = "",
    look: Callable[[str, bytes], Looked] | None = None,
    broken: bool = False,
) -> OpenBook:
    """Open the book at ``path``. Raises InputError when it is missing or none of ours, PasswordError.

    ``look`` is given the plain package before it is read, to refuse a hostile one. ``broken``: a book of ours
    without 客户信息 or 客户级别 will do.
    """
    import hashlib

    from python_calamine import CalamineError

    if not path.is_file():
        raise InputError("file_missing_alone", "SG101", path=path)
    data = path.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    if is_sealed(data):
        data = unseal(data, password, str(path))
    looked = look(str(path), data) if look is not None else None
    try:
        workbook = sheets_of(data, looked)
    except (CalamineError, OSError, ValueError) as error:
        raise InputError("previous_unreadable", "SG105", path=path, problem=type(error).__name__) from None
    names = {sheet_id: _named(workbook.sheet_names, label) for sheet_id, label in SHEETS.items()}
    state = _state(workbook, names["state"])
    names |= {sheet: _named(workbook.sheet_names, title_of(sheet)) for sheet in further_sheets(state)}
    renamed = _renamed(workbook, names, state, data) if state else {}
    names |= renamed
    gone = [SHEETS[key].zh for key in ("customers", "tiers") if not names[key]]
    if gone and not names["state"]:
        raise InputError("previous_foreign", "SG512", path=path)
    if gone and not broken:
        raise InputError("regrade_sheet", "SG523", sheet=gone[0])
    return OpenBook(path, sha256, data, workbook, names, state, renamed)


def reopened(book: OpenBook, data: bytes) -> OpenBook:
    """``book`` with another package, of the same sheets."""
    return replace(book, data=data, workbook=sheets_of(data, book.workbook.looked))


def _renamed(
    workbook: Any, names: Mapping[str, str], state: Mapping[str, str], data: bytes
) -> dict[str, str]:
    """Those of our sheets that stand under another name."""
    import json

    free = [name for name in workbook.sheet_names if name not in names.values()]
    rows = json.loads(state["rows"]) if state.get("rows", "").startswith("{") else {}
    had = {t for t in RECORDS if t in RECORDS[:2] or rows.get(t) or names.get(f"tail_{t}")}
    always = {s for s in SHEETS if s not in RECORDS and not s.startswith("tail_")} - {"merges"}
    gone = [s for s in SHEETS if s in had | always and not names[s]]
    gone += [s for s in further_sheets(state) if not names[s]]
    if not free or not gone:
        return {}
    from sheetgen.workbook.patch.package import open_package
    from sheetgen.workbook.renamed import LOOK_AT, find_renamed

    heads = {name: workbook.get_sheet_by_name(name).to_python(nrows=LOOK_AT) for name in free}
    package = open_package(data, lambda *_: None)  # it was looked through
    return find_renamed(heads, [(name, refers) for name, _, refers in package.names], gone)


def _named(sheets: list[str], label: Label) -> str:
    return next((name for name in sheets if name in (label.zh, label.en)), "")


def _records(workbook: Any, sheet: str, headers: Mapping[str, Label]) -> list[dict[str, Any]]:
    """The rows below the first one that has the id's header, by field, if they name or number a customer."""
    places: dict[str, int] = {}
    found = []
    for row in workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False):
        if places:
            cells = {key: row[place] for key, place in places.items()}
            if text_of(cells["customer_id"]) or cells.get(KEY):
                found.append(cells)
            continue
        words = [str(cell).strip() for cell in row]
        at = {key: _place(words, label) for key, label in headers.items()}
        if at["customer_id"] >= 0:
            places = {key: place for key, place in at.items() if place >= 0}
    return found


def _place(words: list[str], label: Label) -> int:
    return next((i for i, word in enumerate(words) if word in (label.zh, label.en)), -1)


def by_customer(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The first row of each customer."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        found.setdefault(text_of(row["customer_id"]), row)
    return found


def text_of(cell: Any) -> str:
    """A cell as text; a whole number without a decimal point."""
    if isinstance(cell, float) and cell == int(cell):
        return str(int(cell))
    return str(cell).strip()


def serial_of(cell: Any) -> float | None:
    """A day as staff may have typed it: a date, a bare serial number, or a text such as 2025/12/31."""
    from datetime import datetime

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
    found: dict[str, list[str]] = {}
    for row in workbook.get_sheet_by_name(sheet).to_python():
        if len(row) > 1:  # a long text stands in pieces, one below the other
            found.setdefault(str(row[0]), []).append(str(row[1]))
    return {key: "".join(pieces) for key, pieces in found.items()}
