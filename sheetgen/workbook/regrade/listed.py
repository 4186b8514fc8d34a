"""What staff did to a book since it was written: every edit with its place, and whose tier moved, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from sheetgen.grading.coding import EPOCH
from sheetgen.model import Change
from sheetgen.workbook.layout import SHEETS
from sheetgen.workbook.regrade.grids import number_of, place, text_of
from sheetgen.workbook.regrade.taken import rows_by_customer
from sheetgen.workbook.rules_left import as_written
from sheetgen.workbook.sheets.base import TOTALS, WRITTEN, staff_fields

if TYPE_CHECKING:
    from sheetgen.workbook.regrade.blocks import Block
    from sheetgen.workbook.regrade.noted import Results
    from sheetgen.workbook.regrade.work import Worked

Kind = Literal["override", "correction", "remark", "parameter", "typed_over", "added", "deleted", "conflict"]
REMARKS: Final = ("remark",)


@dataclass(frozen=True, slots=True)
class Edited:
    """One thing that staff changed. ``cell`` and ``customer`` are empty where it has none."""

    sheet: str
    cell: str
    customer: str
    kind: Kind
    was: str
    now: str


@dataclass(frozen=True)
class Base:
    """The hidden sheet ``_base``: customer -> column -> what was written."""

    rows: Mapping[str, Mapping[str, Any]]

    def text(self, customer: str, column: str) -> str:
        """What was written there, as people read it."""
        return _text(self.rows.get(customer, {}).get(column), column.endswith("_until"))

    def number(self, customer: str, column: str) -> float:
        """The number that was written there, 0 for none."""
        found = self.rows.get(customer, {}).get(column)
        return float(found) if isinstance(found, float) else 0.0


def base_of(worked: Worked) -> Base:
    """What the book was written with."""
    if not worked.source.names.get("base"):
        return Base({})
    grid = worked.source.grid("base")
    heads = {col: text_of(cell) for col, cell in grid.cells.get(0, {}).items()}
    found = {}
    for row, cells in grid.cells.items():
        if row:
            told = {
                heads.get(col, ""): number_of(cell) if cell.kind == "n" else text_of(cell)
                for col, cell in cells.items()
            }
            found[str(told.get("customer_id") or "")] = told
    return Base(found)


def edits_of(worked: Worked, base: Base, results: Results) -> tuple[Edited, ...]:
    """All edits, sheet by sheet."""
    found = [*_words(worked, base), *_parameters(worked), *_rows(worked, base)]
    found += [Edited(t.sheet, t.cell, t.customer, "typed_over", t.value, t.typed) for t in results.typed_over]
    return tuple(found)


def _words(worked: Worked, base: Base) -> Iterator[Edited]:
    """Overrides, remarks and preferences."""
    block = worked.blocks["tiers"]
    for row, customer in worked.tier_rows.items():
        for key in (k for k in WRITTEN if k in block.columns):
            kind: Kind = "remark" if key in REMARKS else "override"
            yield from _compared(block, row, key, customer, kind, base.text(customer, f"tiers.{key}"))
    for table, key in staff_fields():
        block = worked.blocks[table]
        for customer, row in rows_by_customer(block, worked.people).items():
            yield from _compared(block, row, key, customer, "remark", base.text(customer, f"{table}.{key}"))


def _compared(block: Block, row: int, key: str, customer: str, kind: Kind, was: str) -> Iterator[Edited]:
    if key not in block.columns:
        return
    cell, col = block.grid.at(row, block.columns[key]), block.columns[key]
    number = number_of(cell)
    now = text_of(cell) if number is None else _text(number, key.endswith("_until"))
    if now != was:
        yield Edited(block.grid.name, place(row, col), customer, kind, was, now)


def _parameters(worked: Worked) -> Iterator[Edited]:
    source, grid = worked.source, worked.source.grid("parameters")
    written = as_written(json.loads(source.state["settings"]), source.scheme)
    day = date.fromisoformat(source.state["as_of"])
    written["as_of"] = float((day - EPOCH).days)
    for name, (sheet, row, col, _) in source.named().items():
        key, now = name.removeprefix("p_"), number_of(grid.at(row, col))
        if key == name or sheet != grid.name:
            continue
        if key == "as_of":
            now = float((worked.settings.as_of - EPOCH).days)
        was = written.get(key)
        if (was is None) != (now is None) or (was is not None and now is not None and abs(was - now) > 1e-9):
            said = _text(was, key == "as_of"), _text(now, key == "as_of")
            yield Edited(grid.name, place(row, col), "", "parameter", *said)


def _rows(worked: Worked, base: Base) -> Iterator[Edited]:
    """Customers and rows that came, went, or are others than they were."""
    people, lang = worked.people, worked.source.lang
    block = worked.blocks["customers"]
    for customer, row in zip(people.ids, people.rows, strict=True):
        if customer not in base.rows:
            cell = place(row, block.columns["customer_id"])
            yield Edited(block.grid.name, cell, customer, "added", "", customer)
    for customer in base.rows:
        if customer not in people.row_of:
            yield Edited(SHEETS["customers"].text(lang), "", customer, "deleted", customer, "")
    for table, records in worked.records.items():
        block = worked.blocks[table]
        col = block.columns["key"]
        for i, row in enumerate(records.rows):
            if number_of(block.grid.at(row, col)) is None:
                customer = str(records.frame["customer_id"].iloc[i])
                cell = place(row, block.columns["customer_id"])
                yield Edited(block.grid.name, cell, customer, "added", "", customer)
    yield from _corrections(worked, base)


def _corrections(worked: Worked, base: Base) -> Iterator[Edited]:
    """Customers whose sales, but for added rows, are not what they were."""
    records, block = worked.records["transactions"], worked.blocks["transactions"]
    col, found = block.columns["key"], dict[str, tuple[int, int]]()
    ids, cents = records.frame["customer_id"].tolist(), records.frame["cents"].tolist()
    for row, customer, amount in zip(records.rows, ids, cents, strict=True):
        if number_of(block.grid.at(row, col)) is not None:
            n, total = found.get(customer, (0, 0))
            found[customer] = n + 1, total + amount
    for customer in worked.people.ids:
        if TOTALS[0] not in base.rows.get(customer, {}):
            continue
        was = tuple(round(base.number(customer, key)) for key in TOTALS)
        now = found.get(customer, (0, 0))
        if was != now:
            kind: Kind = "deleted" if now[0] < was[0] else "correction"
            yield Edited(block.grid.name, "", customer, kind, _sum(*was), _sum(*now))


def _sum(rows: int, cents: int) -> str:
    return f"{rows} × {cents / 100:.2f}"


def changes_of(worked: Worked, base: Base, edits: tuple[Edited, ...]) -> tuple[Change, ...]:
    """The customers whose final tier is not the one that the book was written with."""
    frame = worked.content.graded.frame
    rising = ["", *json.loads(worked.source.state["tiers"])]
    mended = {e.customer for e in edits if e.kind in ("correction", "added", "deleted")}
    _, row, col, _ = worked.source.named()["p_as_of"]
    rules = any(e.kind == "parameter" and e.cell != place(row, col) for e in edits)
    names = worked.people.frame["customer_name"].tolist()
    finals, overridden = frame["final_rank"].tolist(), frame["override_rank"].tolist()
    found = []
    for customer, name, now, forced, why in zip(
        worked.people.ids, names, finals, overridden, frame["why"].tolist(), strict=True
    ):
        was = int(base.number(customer, "final"))
        if not was or was == int(now):
            continue
        by_hand = forced > 0 or was != int(base.number(customer, "held"))
        cause = "override" if by_hand else "correction" if customer in mended else "rule" if rules else "data"
        found.append(Change(customer, name, rising[was], rising[int(now)], cause, str(why or "")))
    return tuple(found)


def _text(value: Any, is_day: bool = False) -> str:
    if isinstance(value, float):
        if is_day:
            return (EPOCH + timedelta(days=int(value))).isoformat()
        return f"{value:.15g}"
    return str(value) if value is not None else ""
