"""What staff did to a book since it was written: every edit with its place, and whose tier moved, and why."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import isnan
from typing import TYPE_CHECKING, Any, Final

from sheetgen.grading.coding import EPOCH
from sheetgen.grading.removed import FIELD
from sheetgen.model import Change, Issue
from sheetgen.workbook.blank.filled import live_cells_of
from sheetgen.workbook.celltext import letters
from sheetgen.workbook.layout import SHEETS
from sheetgen.workbook.regrade.compared import Compared, by_table
from sheetgen.workbook.regrade.corrected import corrections
from sheetgen.workbook.regrade.edited import Edited, Kind
from sheetgen.workbook.regrade.grids import number_of, place, text_of
from sheetgen.workbook.regrade.taken import rows_by_customer
from sheetgen.workbook.rules_left import as_written
from sheetgen.workbook.sheets.base import TOTALS, WRITTEN, staff_fields
from sheetgen.workbook.written import read_written

if TYPE_CHECKING:
    from sheetgen.workbook.regrade.blocks import Block
    from sheetgen.workbook.regrade.noted import Results
    from sheetgen.workbook.regrade.source import Source
    from sheetgen.workbook.regrade.work import Worked

REMARKS: Final = ("remark",)
NO_SHEETS: Final[Mapping[str, Compared]] = {}


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
    return base_in(worked.source)


def base_in(source: Source) -> Base:
    """What a book was written with."""
    import numpy as np

    if not source.names.get("base"):
        return Base({})
    grid = source.grid("base")
    heads = {col: text_of(cell) for col, cell in grid.cells.get(0, {}).items()}
    told = {}
    for col, head in heads.items():
        numbers, words = grid.numbers(col), grid.words(col)
        known = ~np.isnan(numbers)
        words[known] = numbers[known]
        told[head] = words[1:].tolist()
    rows = (dict(zip(told, row, strict=True)) for row in zip(*told.values(), strict=True))
    return Base({str(row.get("customer_id") or ""): row for row in rows})


def edits_of(
    worked: Worked,
    base: Base,
    results: Results,
    sheets: Mapping[str, Compared] = NO_SHEETS,
    brought: Collection[Edited] = (),
) -> tuple[tuple[Edited, ...], tuple[Issue, ...]]:
    """All edits, sheet by sheet, and what is to be asked about them.

    ``sheets``: those of sheets_of; ``brought``: what raw data did to the book before; its conflicts tell
    more of a cell than a correction.
    """
    if sheets:
        mended, issues = corrections(sheets, worked.source.lang)
    else:
        mended, issues = list(_rows(worked, base)), []
    known = {(e.sheet, e.cell) for e in brought if e.kind == "conflict" and e.cell}
    found = [*_words(worked, base), *_parameters(worked)]
    found += [e for e in mended if e.kind != "correction" or (e.sheet, e.cell) not in known]
    found += brought
    found += [Edited(t.sheet, t.cell, t.customer, "typed_over", t.value, t.typed) for t in results.typed_over]
    return tuple(found), tuple(issues)


def sheets_of(worked: Worked) -> dict[str, Compared]:
    """The data sheets beside what was written there; none where the book does not say."""
    written = read_written(worked.source.state)
    if "customers" not in written:
        return {}
    blocks = {t: b for t, b in worked.blocks.items() if t == "customers" or t in worked.records}
    return by_table(blocks, written)


def set_by_data(edits: tuple[Edited, ...], worked: Worked, day: date | None) -> tuple[Edited, ...]:
    """``edits``, where the as-of day ``day`` is the newest sale's of raw data: that is none of staff's."""
    sheet, row, col, _ = worked.source.named()["p_as_of"]
    at = (sheet, place(row, col))
    return tuple(replace(e, cause="data") if day and (e.sheet, e.cell) == at else e for e in edits)


def _words(worked: Worked, base: Base) -> Iterator[Edited]:
    """Overrides, remarks and preferences."""
    rows, found = worked.tier_rows, list[tuple[int, Edited]]()
    for key in WRITTEN:
        kind: Kind = "remark" if key in REMARKS else "override"
        found += _compared(worked.blocks["tiers"], rows.items(), key, kind, base)
    order = {row: i for i, row in enumerate(rows)}
    yield from (edit for _, edit in sorted(found, key=lambda one: order[one[0]]))
    standing = {table: rows_by_customer(worked.blocks[table], worked.people) for table, _ in staff_fields()}
    for table, key in staff_fields():
        mine = ((row, customer) for customer, row in standing[table].items())
        kind = "deleted" if key == FIELD else "remark"
        yield from (edit for _, edit in _compared(worked.blocks[table], mine, key, kind, base))


def _compared(
    block: Block, rows: Iterable[tuple[int, str]], key: str, kind: Kind, base: Base
) -> Iterator[tuple[int, Edited]]:
    """The rows (each with its customer) whose cell is not as it was written, and the edit."""
    if key not in block.columns:
        return
    col, is_day = block.columns[key], key.endswith("_until")
    words, numbers = (of(col).tolist() for of in (block.grid.words, block.grid.numbers))
    for row, customer in rows:
        was, number = base.text(customer, f"{block.sheet_id}.{key}"), numbers[row]
        now = words[row] if isnan(number) else _text(number, is_day)
        if now != was:
            yield row, Edited(block.grid.name, place(row, col), customer, kind, was, now)


def _parameters(worked: Worked) -> Iterator[Edited]:
    source, grid = worked.source, worked.source.grid("parameters")
    written = as_written(json.loads(source.state["settings"]), source.scheme)
    day = date.fromisoformat(source.state["as_of"])
    written["as_of"] = float((day - EPOCH).days)
    live = live_cells_of(source)
    for name, (sheet, row, col, _) in source.named().items():
        key, now = name.removeprefix("p_"), number_of(grid.at(row, col))
        if key == name or sheet != grid.name or key in live:
            continue
        if key == "as_of":
            now = float((worked.settings.as_of - EPOCH).days)
        was = written.get(key)
        if (was is None) != (now is None) or (was is not None and now is not None and abs(was - now) > 1e-9):
            said = _text(was, key == "as_of"), _text(now, key == "as_of")
            yield Edited(grid.name, place(row, col), "", "parameter", *said)


def _rows(worked: Worked, base: Base) -> Iterator[Edited]:
    """Customers and rows that came, went, or are others than they were: all that an older book can tell."""
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
    found, block = dict[str, tuple[int, int]](), worked.blocks["transactions"]
    for sheet in worked.source.sheets("transactions"):
        records, own = worked.records[sheet], worked.blocks[sheet]
        ids, cents = records.frame["customer_id"].tolist(), records.frame["cents"].tolist()
        for row, customer, amount in zip(records.rows, ids, cents, strict=True):
            if number_of(own.grid.at(row, own.columns["key"])) is not None:
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
    by_staff = [e for e in edits if e.cause == "staff" and e.kind in ("correction", "added", "deleted")]
    blocks = (worked.blocks[t] for t in worked.records)
    own = {(b.grid.name, letters(b.columns["customer_id"])) for b in blocks}
    mended = {e.customer for e in by_staff}
    mended |= {e.now for e in by_staff if (e.sheet, e.cell.rstrip("0123456789")) in own}  # whose it is now
    _, row, col, _ = worked.source.named()["p_as_of"]
    rules = any(e.kind == "parameter" and e.cell != place(row, col) for e in edits)
    names = worked.people.frame["customer_name"].tolist()
    finals, overridden = frame["final_rank"].tolist(), frame["override_rank"].tolist()
    found = []
    for customer, name, now, forced, why in zip(
        worked.people.ids, names, finals, overridden, frame["why"].tolist(), strict=True
    ):
        was = int(base.number(customer, "final"))
        if not was or not now > 0 or was == int(now):  # one marked as deleted has no tier
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
