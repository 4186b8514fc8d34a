"""What staff did to a book that is made anew: every entry that is not as it was written."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sheetgen.grading.coding import EPOCH
from sheetgen.grading.removed import FIELD
from sheetgen.handed.sheets import is_filled, text_of
from sheetgen.i18n import text
from sheetgen.model import Change
from sheetgen.workbook.layout import RECORDS, SHEETS
from sheetgen.workbook.regrade.edited import Edited, Kind
from sheetgen.workbook.sheets.base import FLAGS, TOTALS, WRITTEN, staff_fields

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.handed.book import Handed
    from sheetgen.model import Graded

DAYS: Final = ("override_until",)


def edits_of(handed: Handed) -> tuple[Edited, ...]:
    """All edits, sheet by sheet."""
    found = [*_entries(handed), *_parameters(handed), *_people(handed), *_typed(handed)]
    return (*found, *_corrections(handed))


def _entries(handed: Handed) -> Iterator[Edited]:
    """Overrides, remarks and preferences, customer by customer against ``_base``."""
    for key in (k for k in WRITTEN if k in handed.inputs):
        now = handed.inputs[key].map(lambda v, key=key: _shown(v, key))
        kind: Kind = "remark" if key == "remark" else "override"
        yield from _compared(handed, "tiers", key, kind, now, handed.inputs["line"])
    for table, key in staff_fields():
        frame = handed.tables[table].drop_duplicates("customer_id").set_index("customer_id")
        now = frame[key].map(text_of).reindex(handed.ids).fillna("")
        lines = frame["line"].reindex(handed.ids).fillna(0).astype(int)
        mark = key == FIELD
        if mark:  # as the cell says it
            now = now.map(lambda word: text(f"flag_{word}", handed.lang) if word in FLAGS else word)
        yield from _compared(handed, table, key, "deleted" if mark else "remark", now, lines)


def _compared(
    handed: Handed, sheet_id: str, key: str, kind: Kind, now: pd.Series[Any], lines: pd.Series[Any]
) -> Iterator[Edited]:
    column = f"{sheet_id}.{key}"
    if column not in handed.base:
        return
    was = handed.base[column].map(lambda v: _shown(v, key)).reindex(now.index).fillna("")
    other = (now != was).to_numpy(dtype=bool)
    for customer, before, after, line in zip(
        now.index[other], was[other], now[other], lines[other].tolist(), strict=True
    ):
        yield Edited(*_where(handed, sheet_id, key, line), str(customer), kind, before, after)


def _shown(value: Any, key: str) -> str:
    if not is_filled(value) or (isinstance(value, float) and math.isnan(value)):
        return ""
    if key in DAYS and isinstance(value, int | float):
        return (EPOCH + timedelta(days=int(value))).isoformat()
    return text_of(value)


def _where(handed: Handed, sheet_id: str, key: str, line: Any) -> tuple[str, str]:
    found = handed.places.get(sheet_id)
    if found is None:
        return SHEETS[sheet_id].text(handed.lang), ""
    return found.name, found.place(key, int(line)) if not math.isnan(line) and line else ""


def _parameters(handed: Handed) -> Iterator[Edited]:
    numbers, sheet = handed.numbers, SHEETS["parameters"].text(handed.lang)
    for key, value in numbers.changed.items():
        was, now = ("" if v is None else f"{v:.15g}" for v in (numbers.written.get(key), value))
        yield Edited(sheet, numbers.places.get(key, ""), "", "parameter", was, now)


def _people(handed: Handed) -> Iterator[Edited]:
    """Customers that came and went."""
    customers, base = handed.tables["customers"], handed.base
    if not len(base):
        return
    new = customers[~customers["customer_id"].isin(base.index)]
    for customer, line in zip(new["customer_id"].tolist(), new["line"].tolist(), strict=True):
        yield Edited(*_where(handed, "customers", "customer_id", line), customer, "added", "", customer)
    sheet = SHEETS["customers"].text(handed.lang)
    for customer in base.index[~base.index.isin(customers["customer_id"])].tolist():
        kind: Kind = "moved" if customer in handed.moved else "deleted"
        yield Edited(sheet, "", customer, kind, customer, handed.moved.get(customer, ""))
    if "customers" in handed.places:  # else none of the rows stands anywhere
        back = customers[(customers["line"] == 0) & customers["customer_id"].isin(base.index)]
        for customer in back["customer_id"].tolist():
            yield Edited(sheet, "", customer, "deleted", customer, customer)


def _typed(handed: Handed) -> Iterator[Edited]:
    """Rows that staff typed since the book was written."""
    for table in (t for t in RECORDS if t in handed.tables):
        frame = handed.tables[table]
        if "key" not in frame or table not in handed.places or "key" not in handed.places[table].columns:
            continue
        new = frame[frame["key"].isna()]
        places = zip(new["file"].tolist(), new["line"].tolist(), strict=True)
        for customer, (file, line) in zip(new["customer_id"].tolist(), places, strict=True):
            sheet, cell = file.rpartition("#")[2], _where(handed, table, "customer_id", line)[1]
            yield Edited(sheet, cell, customer, "added", "", customer)


def _corrections(handed: Handed) -> Iterator[Edited]:
    """Customers whose sales, but for added rows, are not what they were."""
    base = handed.base
    if TOTALS[0] not in base:
        return
    sales = handed.tables["transactions"]
    old = sales[sales["key"].notna()].groupby("customer_id")["cents"].agg(["count", "sum"])
    ids = [c for c in handed.ids if c in base.index]
    now = old.reindex(ids).fillna(0).astype("int64")
    was = base[list(TOTALS)].reindex(ids).map(lambda v: round(float(v)) if is_filled(v) else 0)
    other = (now.to_numpy() != was.to_numpy()).any(axis=1)
    sheet = SHEETS["transactions"].text(handed.lang)
    for customer, before, after in zip(
        [c for c, changed in zip(ids, other, strict=True) if changed],
        was[other].to_numpy().tolist(), now[other].to_numpy().tolist(), strict=True,
    ):  # fmt: skip
        kind: Kind = "deleted" if after[0] < before[0] else "correction"
        yield Edited(sheet, "", customer, kind, _sum(*before), _sum(*after))


def _sum(rows: int, cents: int) -> str:
    return f"{rows} × {cents / 100:.2f}"


def changes_of(handed: Handed, graded: Graded, edits: tuple[Edited, ...]) -> tuple[Change, ...]:
    """The customers whose final tier is not the one that the book was written with."""
    base = handed.base
    if "final" not in base:
        return ()
    frame = graded.frame
    rising = ["", *(tier.id for tier in reversed(handed.scheme.file.tiers))]
    ids = frame["customer_id"].tolist()
    was, held = (
        base[key].map(lambda v: float(v) if is_filled(v) else 0.0).reindex(ids).fillna(0).astype(int)
        for key in ("final", "held")
    )
    mended = {e.customer for e in edits if e.kind in ("correction", "added", "deleted")}
    rules = any(e.kind == "parameter" for e in edits)
    names = handed.tables["customers"]["customer_name"].tolist()
    found = []
    for customer, name, before, kept, now, forced, why in zip(
        ids, names, was.tolist(), held.tolist(),
        *(frame[key].tolist() for key in ("final_rank", "override_rank", "why")), strict=True,
    ):  # fmt: skip
        if not 0 < before < len(rising) or not now > 0 or before == int(now):
            continue
        by_hand = forced > 0 or before != kept
        cause = "override" if by_hand else "correction" if customer in mended else "rule" if rules else "data"
        found.append(Change(customer, name, rising[before], rising[int(now)], cause, str(why or "")))
    return tuple(found)
