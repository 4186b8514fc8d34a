"""What the program wrote as plain values and edits make stale: derived preferences, and the reconciliation.

A cell is the program's as long as it shows what was written there last; what staff typed over stays.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sheetgen.model import FATES, Ledger, SourceFile
from sheetgen.workbook.patch.edits import Append, Constant, Edit
from sheetgen.workbook.regrade.grids import number_of, text_of
from sheetgen.workbook.regrade.left_out import listed_anew
from sheetgen.workbook.regrade.noted import plain, said
from sheetgen.workbook.regrade.placed import placed_below, prepared_end
from sheetgen.workbook.regrade.sources import brought_line
from sheetgen.workbook.regrade.stored import signed, stored
from sheetgen.workbook.regrade.taken import rows_by_customer
from sheetgen.workbook.sheets.preferences import DERIVED, preferences_sheet

if TYPE_CHECKING:
    from sheetgen.workbook.book import Book, Sheet
    from sheetgen.workbook.regrade.compared import Compared
    from sheetgen.workbook.regrade.work import Worked

DERIVED_KEY: Final = "derived"
BUILT_KEY: Final = "derived.built"
"""what ``_sheetgen`` calls those preferences that were other ones as the book was built"""
ACCOUNT_KEY: Final = "account"
"""what ``_sheetgen`` calls the preferences and the fates of raw rows, as they were written last"""
NAMED: Final = ("customer_id", "customer_name")
Rows = dict[int, dict[int, Edit]]


@dataclass
class Fresh:
    """``cells``: sheet -> row -> column -> edit; ``append``: rows of customers who had none."""

    cells: dict[str, Rows] = field(default_factory=dict)
    append: list[Append] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    def each(self) -> Iterator[tuple[str, int, int, Edit]]:
        """Sheet, row, column and edit of every cell."""
        for sheet, rows in self.cells.items():
            for row, cells in rows.items():
                for col, edit in cells.items():
                    yield sheet, row, col, edit


def refreshed(
    worked: Worked, book: Book, sheets: Mapping[str, Compared], ledger: Ledger | None = None,
    files: Sequence[SourceFile] = (),
) -> Fresh:  # fmt: skip
    """``book`` is composed from the graded content; ``sheets`` are the data sheets beside what was written,
    without which nothing is known to be the program's. ``ledger``, ``files``: the account of raw data brought
    in, and where they come from."""
    found = Fresh()
    if not sheets:
        return found
    _preferences(found, worked, book.sheet("preferences"), {t: one.base for t, one in sheets.items()})
    if worked.source.names.get("quality"):
        _account(found, worked, int(sheets["transactions"].now["cents"].sum()), ledger)
        if ledger is not None:
            for cells, more in (brought_line(worked, files), listed_anew(worked, ledger)):
                for row, line in cells.items():
                    name = worked.source.grid("quality").name
                    found.cells.setdefault(name, {}).setdefault(row, {}).update(line)
                found.append += [more] if more else []
    if found.texts:
        grid = worked.source.grid("state")
        if lines := stored(grid, signed(found.texts, worked.source.state)):
            found.cells[grid.name] = lines
    return found


# preferences


def _preferences(found: Fresh, worked: Worked, sheet: Sheet, written: Mapping[str, Any]) -> None:
    """Each derived cell that the program wrote, and a row for each customer who has none."""
    block, people = worked.blocks["preferences"], worked.people
    now = _shown(sheet, worked.people.ids)
    rows = rows_by_customer(block, people)
    keys = [key for key in DERIVED if key in block.columns]
    there = {key: block.grid.said(block.columns[key]).tolist() for key in keys}
    other = [
        (customer, key)
        for customer, row in rows.items()
        for key in keys
        if there[key][row] != said(now[customer][key])
    ]
    last = _last(worked, written) if other else {}
    for customer, key in other:
        row, col = rows[customer], block.columns[key]
        if there[key][row] == last.get(customer, {}).get(key, ""):
            found.cells.setdefault(block.grid.name, {}).setdefault(row, {})[col] = Constant(
                now[customer][key]
            )
    _new_people(found, worked, now, rows, keys)
    if found.cells or found.append:
        told = {customer: {key: said(values[key]) for key in keys} for customer, values in now.items()}
        found.texts[DERIVED_KEY] = _packed(told)
        built = {customer: dict(cells) for customer, cells in built_texts(worked.source.state).items()}
        for customer, key in other:
            if customer in last and key not in built.get(customer, {}):
                built.setdefault(customer, {})[key] = last[customer].get(key, "")
        if built:
            found.texts[BUILT_KEY] = _packed(built)


def _packed(told: Mapping[str, Mapping[str, str]]) -> str:
    words = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return base64.b64encode(zlib.compress(words)).decode("ascii")


def derived_texts(state: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Customer -> derived preference -> what was written there last; nothing of a book as just built."""
    return _unpacked(state.get(DERIVED_KEY, ""))


def built_texts(state: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The same of those that were other ones as the book was built: what they were then."""
    return _unpacked(state.get(BUILT_KEY, ""))


def _unpacked(text: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(zlib.decompress(base64.b64decode(text))) if text else {}
    return found


def _new_people(
    found: Fresh, worked: Worked, now: Mapping[str, Any], rows: Mapping[str, int], keys: Sequence[str]
) -> None:
    block, people = worked.blocks["preferences"], worked.people
    names = dict(zip(people.ids, people.frame["customer_name"].tolist(), strict=True))
    lines: list[dict[int, Edit]] = []
    for customer in (c for c in people.ids if c not in rows):
        values = {"customer_id": customer, "customer_name": names[customer]} | {
            k: now[customer][k] for k in keys
        }
        lines.append({block.columns[k]: Constant(v) for k, v in values.items() if v not in (None, "")})
    if lines:
        end = prepared_end(worked.source, block)
        last = max([*rows.values(), block.header])
        cells, more = placed_below(block, (last + 1, max(end, last)), block.columns.values(), lines)
        for row, line in cells.items():
            found.cells.setdefault(block.grid.name, {}).setdefault(row, {}).update(line)
        found.append += more


def _shown(sheet: Sheet, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Customer -> derived column -> its value."""
    columns = {c.id: list(c.values) for c in (sheet.table.columns if sheet.table else ()) if c.id in DERIVED}
    return {c: {key: plain(values[i]) for key, values in columns.items()} for i, c in enumerate(ids)}


def _last(worked: Worked, written: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Customer -> derived column -> what was written there last."""
    state = worked.source.state
    if told := derived_texts(state):
        return told
    content = worked.content
    tables = {**content.clean.tables, "customers": written["customers"]}
    tables["transactions"] = written["transactions"]
    settings = replace(content.graded.settings, as_of=date.fromisoformat(state["as_of"]))
    then = replace(
        content,
        clean=replace(content.clean, tables=tables),
        graded=replace(content.graded, settings=settings),
    )
    shown = _shown(preferences_sheet(then), written["customers"]["customer_id"].tolist())
    return {customer: {key: said(v) for key, v in values.items()} for customer, values in shown.items()}


# reconciliation


def _account(found: Fresh, worked: Worked, all_cents: int, ledger: Ledger | None) -> None:
    """Rows and amounts by fate: those of the raw data as they were told, and what the book counts now."""
    content, grid = worked.content, worked.source.grid("quality")
    lines = _lines(worked)
    if len(lines) != len(FATES) + 1:
        return
    shown = {key: [number_of(grid.at(row, col)) for col in (1, 2)] for key, row in lines.items()}
    if any(value is None for pair in shown.values() for value in pair):
        return
    rows, cents = (
        {k: round((v[i] or 0) * scale) for k, v in shown.items()} for i, scale in ((0, 1), (1, 100))
    )
    if any(side["read"] != sum(side[fate] for fate in FATES) for side in (rows, cents)):
        return  # somebody typed figures of their own
    state = worked.source.state.get(ACCOUNT_KEY)
    told = json.loads(state) if state else {"rows": rows, "cents": cents}
    if ledger is not None:
        told = {"rows": ledger.rows, "cents": ledger.cents}
    told = {side: {f: int(told[side].get(f, 0)) for f in FATES if f != "used"} for side in told}
    mine = content.clean.ledger
    now_rows = {**told["rows"], "used": mine.rows["used"]}
    now_rows["held_back"] += mine.rows["held_back"]
    now_cents = {**told["cents"], "used": mine.cents["used"]}
    now_cents["held_back"] += all_cents - mine.cents["used"]
    for key, row in lines.items():
        wanted = [sum(s.values()) if key == "read" else s[key] for s in (now_rows, now_cents)]
        for col, was, value, scale in ((1, rows[key], wanted[0], 1), (2, cents[key], wanted[1], 100)):
            if was != value:
                cells = found.cells.setdefault(grid.name, {}).setdefault(row, {})
                cells[col] = Constant(value / scale if col == 2 else float(value))
    words = json.dumps(told, sort_keys=True, separators=(",", ":"))
    if grid.name in found.cells or (state and words != state):
        found.texts[ACCOUNT_KEY] = words


def _lines(worked: Worked) -> dict[str, int]:
    """``read`` and each fate -> its row in the first block of 数据质量."""
    grid, say = worked.source.grid("quality"), worked.content.say
    words = {say(f"fate_{key}"): key for key in ("read", *FATES)}
    found: dict[str, int] = {}
    began = False
    for row in range(grid.height):
        text = text_of(grid.at(row, 0))
        began = began or text == say("section_reconcile")
        if began and text in words and words[text] not in found:
            found[words[text]] = row
        if text == say("difference"):
            break
    return found
