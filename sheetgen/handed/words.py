"""What a book says beside its data: staff's inputs, what the last period left, parameters, reviews."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from sheetgen.grading.coding import EPOCH
from sheetgen.grading.grade import empty_inputs
from sheetgen.grading.track import empty_ledger
from sheetgen.handed.sheets import Found, find_table, is_filled, said, text_of
from sheetgen.i18n import messages
from sheetgen.model import Issue
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.layout import Layout
from sheetgen.workbook.opened import serial_of
from sheetgen.workbook.regrade.blocks import graded_headers
from sheetgen.workbook.review import HEADERS, Review, answer_of
from sheetgen.workbook.rules_left import KEEP, as_written
from sheetgen.workbook.sheets.base import WRITTEN
from sheetgen.workbook.sheets.changes import LEDGER

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.i18n import Lang
    from sheetgen.scheme.compile import Scheme
    from sheetgen.workbook.opened import OpenBook
    from sheetgen.workbook.regrade.source import Source

LEFT: Final = {"opened_last": "opened", "opened_below": "opened_below", "opened_since": "opened_since"}
"""input of 客户级别 -> the column of ``_base`` that holds the same of the running period"""


@dataclass(frozen=True)
class Numbers:
    """The parameters. ``now``: as they stand (None: an empty keep line); ``written``: as the program wrote
    them; ``before``: what staff had set by then; ``places``: key -> cell.
    """

    now: Mapping[str, float | None]
    written: Mapping[str, float]
    before: Mapping[str, float]
    places: Mapping[str, str]

    @property
    def changed(self) -> dict[str, float | None]:
        """Those that stand otherwise than they were written."""
        found: dict[str, float | None] = {}
        for key, value in self.now.items():
            was = self.written.get(key)
            if (was is None) != (value is None) or (
                was is not None and value is not None and abs(was - value) > 1e-9
            ):
                found[key] = value
        return found


def graded_names(scheme: Scheme, sheet_id: str) -> dict[str, tuple[str, ...]]:
    """Column id -> its header in both languages, of 价值评分 or 客户级别."""
    zh, en = (
        graded_headers(Layout(scheme, lang, {"customers": 0}, {"customers": 0}, {}), sheet_id, scheme)
        for lang in ("zh", "en")
    )
    return {key: (zh[key], en[key]) for key in zh}


def find_graded(book: OpenBook, scheme: Scheme, sheet_id: str) -> Found | None:
    """The table of 价值评分 or 客户级别; rows are those with a number or an id."""
    names = graded_names(scheme, sheet_id)
    asked = [i.id for i in scheme.inputs] if sheet_id == "tiers" else []
    return find_table(book, sheet_id, names, data=["customer_id", "key", *asked])


def owners_of(found: Found, customers: pd.DataFrame) -> pd.Series[str]:
    """The customer of each row: by its number, and by the id that it shows where it has none."""
    import pandas as pd

    numbered = customers[customers["key"].notna()].drop_duplicates("key")
    of = dict(zip(numbered["key"].tolist(), numbered["customer_id"].tolist(), strict=True))
    numbers = pd.to_numeric(found.column("key"), errors="coerce")
    owner = numbers.map(of).astype(object).fillna("")
    if of:
        owner = owner.where(numbers.notna(), found.column("customer_id").map(text_of))
    else:
        owner = found.column("customer_id").map(text_of)
    known = set(customers["customer_id"].tolist())
    return owner.where(owner.isin(known), "").astype("str")


def staff_inputs(found: Found, owner: pd.Series[str], scheme: Scheme) -> tuple[pd.DataFrame, list[Issue]]:
    """The input columns of 客户级别, a row a customer, with ``line``; a day that is none is told."""
    import numpy as np

    rows = np.flatnonzero((owner != "").to_numpy() & ~owner.duplicated().to_numpy())
    frame, issues = empty_inputs(scheme, len(rows)), []
    for declared in scheme.inputs:
        cells = found.column(declared.id).iloc[rows]
        if declared.type == "text":
            frame[declared.id] = np.asarray([text_of(cell) for cell in cells], dtype=object)
            continue
        serials = [serial_of(cell) if declared.type == "date" else _number(cell) for cell in cells]
        none = np.nan if declared.type == "date" else 0.0
        frame[declared.id] = np.asarray([none if v is None else v for v in serials], dtype=np.float64)
        lines = found.line.iloc[rows].tolist()
        for cell, serial, line in zip(cells, serials, lines, strict=True):
            if serial is None and is_filled(cell) and declared.type == "date":
                facts = (("sheet", found.name), ("cell", found.place(declared.id, line)))
                issues.append(Issue("SG531", "warning", f"#{found.name}", line, declared.id, facts=facts))
    frame = frame.assign(line=found.line.iloc[rows].to_numpy())
    frame.index = owner.iloc[rows].to_numpy()
    return frame, issues


def _number(cell: Any) -> float | None:
    return float(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else None


def base_of(book: OpenBook) -> pd.DataFrame:
    """``_base`` by customer; empty where the book has none. Days and numbers are floats."""
    import pandas as pd

    name = book.names.get("base", "")
    rows = book.workbook.get_sheet_by_name(name).to_python() if name else []
    if not rows or "customer_id" not in rows[0]:
        return pd.DataFrame(index=pd.Index([], dtype="str"))
    frame = pd.DataFrame(rows[1:], columns=[str(head) for head in rows[0]], dtype=object)
    frame = frame.where(frame.map(is_filled), None)
    frame.index = frame.pop("customer_id").map(text_of).astype("str")
    return frame[~frame.index.duplicated()]


def inputs_of_base(base: pd.DataFrame, ids: list[str], scheme: Scheme, was: pd.Series[str]) -> pd.DataFrame:
    """The inputs of 客户级别 as they were written, of customers without a row there.

    ``was``: customer -> the label of their last tier, as far as 级别变动 tells.
    """
    import numpy as np

    frame = empty_inputs(scheme, len(ids))
    frame.index = ids
    kinds = {i.id: i.type for i in scheme.inputs}
    own = base.reindex(ids)
    for key in (k for k in WRITTEN if k in kinds and f"tiers.{k}" in own):
        column = own[f"tiers.{key}"]
        if kinds[key] == "text":
            frame[key] = np.asarray([text_of(v) if is_filled(v) else "" for v in column], dtype=object)
        else:
            days = [serial_of(v) if is_filled(v) else None for v in column]
            frame[key] = np.asarray([np.nan if v is None else v for v in days], dtype=np.float64)
    for left, name in LEFT.items():
        if left in kinds and name in own:
            numbers = [_number(v) if is_filled(v) else None for v in own[name]]
            frame[left] = np.asarray([v or 0.0 for v in numbers], dtype=np.float64)
    if "first_seen" in kinds and "first_seen" in own:
        seen = [_number(v) if is_filled(v) else None for v in own["first_seen"]]
        frame["first_seen"] = np.asarray([v or 0.0 for v in seen], dtype=np.float64)
    held = (("held_last", "opened_last"), ("below_last", "opened_below"), ("since_last", "opened_since"))
    for left, source in held:
        if left in kinds and source in kinds:
            frame[left] = frame[source]
    frame["previous"] = np.asarray(was.reindex(ids).fillna("").tolist(), dtype=object)
    return frame.assign(line=0)


def parameters_of(
    book: OpenBook, source: Source, scheme: Scheme
) -> tuple[Numbers, date | None, date | None, list[Issue]]:
    """The parameters, the as-of date on the book and that of the last period; odd cells are told (SG806)."""
    state, sheet = book.state, book.names.get("parameters", "")
    settings = json.loads(state["settings"]) if "settings" in state else {}
    written = as_written(settings, scheme) if settings else {}
    before = {key: float(value) for key, value in settings.get("changed", {}).items()}
    as_of = date.fromisoformat(state["as_of"]) if "as_of" in state else None
    rows = book.workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False) if sheet else []
    now: dict[str, float | None] = dict(written)
    places: dict[str, str] = {}
    issues, last = [], None
    for name, (where, row, col, _) in source.named().items():
        if where != sheet or not sheet or not (name.startswith("p_") or name == "last_as_of"):
            continue
        cell = rows[row][col] if row < len(rows) and col < len(rows[row]) else None
        key, number = name.removeprefix("p_"), _serial(cell)
        places[key] = _at(row, col)
        if name == "last_as_of":
            last = EPOCH + timedelta(days=int(number)) if number else None
        elif key == "as_of":
            as_of = EPOCH + timedelta(days=int(number)) if number else as_of
        elif number is not None or (key.startswith(KEEP) and not is_filled(cell)):
            now[key] = number
        else:
            facts = (("sheet", sheet), ("cell", places[key]), ("number", f"{written.get(key, 0):.15g}"))
            issues.append(Issue("SG806", "warning", f"#{sheet}", row + 1, key, facts=facts))
    return Numbers(now, written, before, places), as_of, last, issues


def _serial(cell: Any) -> float | None:
    return serial_of(cell) if isinstance(cell, date) else _number(cell)


def _at(row: int, col: int) -> str:
    from sheetgen.workbook.celltext import letters

    return f"{letters(col)}{row + 1}"


def figures_of(book: OpenBook, source: Source) -> dict[str, float]:
    """What the monitoring of the last period came to, tier shares too, as 总览 tells beside its own."""
    from sheetgen.workbook.regrade import source as told
    from sheetgen.workbook.sheets.monitor import LAST, NOW

    sheet = book.names.get("overview", "")
    if not sheet:
        return {}
    rows, found = book.workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False), {}
    for name, (where, row, col, _) in source.named().items():
        at = col + LAST - NOW
        if name.startswith("fig_") and where == sheet and row < len(rows) and at < len(rows[row]):
            number = _number(rows[row][at])
            if number is not None:
                found[name.removeprefix("fig_")] = number
    return found | told.figures_of(source)


def reviews_of(book: OpenBook) -> tuple[Review, ...]:
    """All lines of 疑似重复, answered or not."""
    headers = {key: messages()[word] for key, word in HEADERS.items()} | {
        "customer_id": messages()[HEADERS["keep"]]
    }
    reasons = {word: key for key in messages() if key.startswith("merge_is_") for word in said(key)}
    found = []
    for row in book.records("merges", headers):
        told = {key: text_of(row.get(key)) for key in HEADERS}
        if told["keep"] and told["other"]:
            why = reasons.get(told.pop("reason"), "").removeprefix("merge_is_")
            answer = answer_of(told.pop("answer"))
            found.append(Review(**told, reason=why, answer=answer))
    return tuple(found)


def ledger_names() -> dict[str, tuple[str, str]]:
    """The columns of 级别变动 by the texts that head them."""
    fields = data_tables()["customers"].fields
    return {
        key: said(word) if word else (fields[key].label.zh, fields[key].label.en)
        for key, (word, _) in LEDGER.items()
    }


def ledger_of(book: OpenBook) -> pd.DataFrame:
    """级别变动 as a ledger, oldest first; a week that is no day is left empty."""
    import pandas as pd

    names = ledger_names()
    found = find_table(book, "changes", names, data=["customer_id"])
    if found is None:
        return empty_ledger()
    days = [serial_of(cell) for cell in found.column("week")]
    weeks = [EPOCH + timedelta(days=int(day)) if day else None for day in days]
    frame = pd.DataFrame({"week": pd.to_datetime(pd.Series(weeks, dtype=object))})
    frame["week"] = frame["week"].astype("datetime64[ns]")
    for key in (key for key in LEDGER if key != "week"):
        frame[key] = found.column(key).map(text_of).astype(object)
    return frame[list(empty_ledger().columns)]


def last_tiers(
    ledger: pd.DataFrame, as_of: date | None, past: bool, base: pd.DataFrame, scheme: Scheme, lang: Lang
) -> pd.Series[Any]:
    """Customer -> the label of their tier in the period before, from 级别变动 and ``_base``.

    ``past``: whether there was one. Who was first seen on the as-of date had none.
    """
    import pandas as pd

    if not past:
        return pd.Series(dtype="object")
    labels = ["", *(tier.label.text(lang) for tier in reversed(scheme.file.tiers))]
    finals = pd.Series(dtype="object")
    if "final" in base:
        ranks = pd.to_numeric(base["final"], errors="coerce").fillna(0).astype(int)
        finals = ranks.map(lambda rank: labels[rank] if 0 <= rank < len(labels) else "")
    if as_of and "first_seen" in base:
        seen = pd.to_numeric(base["first_seen"], errors="coerce")
        finals = finals.mask(seen == (as_of - EPOCH).days, "")
    moved = ledger[ledger["week"] == pd.Timestamp(as_of)] if as_of else ledger.iloc[:0]
    told = moved.drop_duplicates("customer_id").set_index("customer_id")["was"]
    whole: pd.Series[Any] = pd.concat([told, finals[~finals.index.isin(told.index)]])
    return whole
