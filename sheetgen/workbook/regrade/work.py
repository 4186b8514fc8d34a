"""An edited book, graded anew from its own cells: last period, parameters and staff's words as they stand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sheetgen.errors import InputError
from sheetgen.grading.grade import empty_inputs, grade
from sheetgen.grading.measure import measure
from sheetgen.grading.settings import resolve_cuts, start_settings
from sheetgen.grading.track import empty_ledger
from sheetgen.model import FATES, Clean, Issue, Ledger, Settings, SourceFile
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.blank.filled import day_of, is_blank, live_cells_of, room_of
from sheetgen.workbook.blank.regraded import in_slices
from sheetgen.workbook.content import Content
from sheetgen.workbook.layout import RECORDS, SHEETS, Layout
from sheetgen.workbook.regrade.blocks import (
    Block,
    block_of,
    graded_headers,
    headers_of,
    in_place,
    optional_of,
)
from sheetgen.workbook.regrade.columns import NO_FORMULA, TEXT
from sheetgen.workbook.regrade.grids import place
from sheetgen.workbook.regrade.machine import Machine, machine_of, rows_of
from sheetgen.workbook.regrade.several import machine_of_several
from sheetgen.workbook.regrade.source import Source, figures_of, limit_of, parameters_of, parts_of
from sheetgen.workbook.regrade.taken import (
    People,
    Records,
    people_of,
    records_of,
    rows_by_customer,
    stacked,
    table_of,
)

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.scheme.compile import Scheme

LEFT_OUT = ("file", "table", "line", "fate", "code", "column", "value", "cents")


@dataclass(frozen=True)
class Worked:
    """The book graded anew; customers stand as on 客户级别.

    ``blocks``, ``records``: by sheet, of which a detail table may have several; ``machines``: by table.
    ``scored``: the rows (from 0) of 价值评分 with formulas. ``doubtful``: the customers whose numbers only a
    spreadsheet can tell, for the day of a row of theirs is words.
    """

    source: Source
    content: Content
    blocks: Mapping[str, Block]
    people: People
    records: Mapping[str, Records]
    machines: Mapping[str, Machine]
    scored: range
    tier_rows: Mapping[int, str]
    """sheet row of 客户级别 -> customer"""
    settings: Settings
    issues: tuple[Issue, ...]
    doubtful: frozenset[str]

    @property
    def believed(self) -> dict[str, set[int]]:
        """Sheet -> the columns whose cells were read as data."""
        tables = data_tables()
        return {
            block.grid.name: {
                block.columns[key] for key in tables[block.table].fields if key in block.columns
            }
            for block in self.blocks.values()
            if block.table in tables
        }


def work(source: Source, as_of: date | None = None) -> Worked:
    """Grade what stands in the book. ``as_of``: another day than the book's.

    Raises InputError: SG523 a sheet or a column of ours is gone, SG524 a customer stands twice, SG529 a
    parameter is no number, SG530 the rows are out of order.
    """
    scheme, lang = source.scheme, source.lang
    blocks = {
        s: block_of(source.grid(s), s, headers_of(s, scheme, lang), optional_of(s)) for s in _sheets(source)
    }
    filled = frozenset(
        f"{b.table}.{key}" for b in blocks.values() for key in optional_of(b.table) if key in b.columns
    )
    rows = {t: int(n) for t, n in json.loads(source.state["rows"]).items()}
    spare, blank = room_of(source.state, rows), is_blank(source.state)
    total = {t: rows[t] + spare.get(t, 0) for t in rows}
    plan = Layout(scheme, lang, rows, spare, {}, filled, blank, parts_of(source), source.renamed)
    shown = [sheet for table in plan.record_tables for sheet in plan.sheets(table)]
    for sheet_id in shown:
        source.grid(sheet_id)  # refuses a book that lacks one
    for sheet_id in ("scores", "tiers", *(f"tail_{t}" for t in scheme.detail_tables)):
        blocks[sheet_id] = block_of(source.grid(sheet_id), sheet_id, graded_headers(plan, sheet_id, scheme))
    scored = _formula_rows(blocks["scores"], "key")
    people, issues = people_of(blocks["customers"], scored.stop - 1)
    tier_rows = _tier_rows(blocks["tiers"], people)
    people = people.sorted_by({customer: row for row, customer in tier_rows.items()})
    records = {sheet: records_of(blocks[sheet], people) for sheet in shown}
    numbers, settings_of = parameters_of(source, as_of or day_of(source, blocks), live_cells_of(source))
    clean = _clean(source, blocks, people, records)
    settings = start_settings(scheme, settings_of[0], numbers, settings_of[1])
    facts = measure(clean, scheme, settings)
    settings = resolve_cuts(scheme, settings, facts, numbers)
    inputs, more = _inputs(scheme, blocks["tiers"], people, tier_rows)
    graded = grade(facts, inputs, scheme, settings, lang)
    rows_scored = range(scored.start + 1, scored.stop + 1)
    machines = {t: _machine(source, plan, t, blocks, people, rows_scored) for t in scheme.detail_tables}
    if blank:
        machines = {t: in_slices(m, people, rows_scored, plan.tail_rows(t)) for t, m in machines.items()}
    _refuse_gate(source, machines, settings)
    counts = {t: len(clean.tables[t]) for t in rows if t in clean.tables}
    counts["customers"] = min(len(people.ids), len(scored))
    room = {t: max(0, total[t] - counts[t]) for t in counts} | {
        "customers": len(scored) - counts["customers"]
    }
    tails = {t: limit for t in scheme.detail_tables if (limit := limit_of(source, t))}
    parts = {
        t: tuple(
            replace(part, rows=len(records[sheet].rows))
            for sheet, part in zip(plan.sheets(t), found, strict=True)
        )
        for t, found in plan.parts.items()
    }
    layout = Layout(scheme, lang, counts, room, {}, filled, blank, parts, source.renamed, tails)
    layout = in_place(layout, blocks)
    content = Content(
        clean, graded, scheme, layout, _rows(records, layout, people, settings.as_of),
        _slices(layout, machines), empty_ledger(), "", (), figures_of(source),
        homes={t: machines[t].slices["part"] for t in machines if t in parts},
    )  # fmt: skip
    found = (*issues, *more, *(issue for r in records.values() for issue in r.issues))
    doubtful = frozenset().union(*(r.doubtful for r in records.values()))
    return Worked(
        source, content, blocks, people, records, machines, scored, tier_rows, settings, found, doubtful
    )


def _sheets(source: Source) -> list[str]:
    return [
        sheet
        for t in data_tables()
        if t in ("customers", "preferences") or (t in RECORDS and source.names.get(t))
        for sheet in source.sheets(t)
    ]


def _machine(
    source: Source, plan: Layout, table: str, blocks: Mapping[str, Block], people: People, scored: range
) -> Machine:
    limit, sheets = limit_of(source, table), [rows_of(blocks[sheet]) for sheet in plan.sheets(table)]
    if len(sheets) == 1:
        return machine_of(sheets[0], people, scored, limit)
    return machine_of_several(sheets, [part.key for part in plan.parts[table]], people, scored, limit)


def _formula_rows(block: Block, key: str) -> range:
    import numpy as np

    codes = block.grid.formulas(block.columns[key])[block.first :]
    found = block.first + np.flatnonzero(codes != NO_FORMULA)
    if not len(found):
        raise InputError("regrade_column", "SG523", sheet=block.grid.name, column=key)
    return range(int(found[0]), int(found[-1]) + 1)


def _tier_rows(block: Block, people: People) -> dict[int, str]:
    import numpy as np

    of = {key: customer for key, customer in zip(people.keys, people.ids, strict=True) if key}
    numbers = block.grid.numbers(block.columns["key"])
    rows = block.first + np.flatnonzero(~np.isnan(numbers[block.first :]))
    keys = zip(rows.tolist(), numbers[rows].tolist(), strict=True)
    return {row: of[key] for row, key in keys if key in of}


def _inputs(
    scheme: Scheme, block: Block, people: People, tier_rows: Mapping[int, str]
) -> tuple[pd.DataFrame, list[Issue]]:
    """What stands in the input columns of 客户级别, a row a customer."""
    import numpy as np

    frame, issues = empty_inputs(scheme, len(people.ids)), []
    at = {customer: row for row, customer in reversed(list(tier_rows.items()))}
    rows = np.asarray([at.get(customer, -1) for customer in people.ids], dtype=np.int64)
    there, grid = np.flatnonzero(rows >= 0), block.grid
    for declared in scheme.inputs:
        col, here = block.columns[declared.id], rows[there]
        if declared.type == "text":
            texts = np.full(len(rows), "", dtype=object)
            texts[there] = grid.words(col)[here]
            frame[declared.id] = texts
            continue
        none = np.nan if declared.type == "date" else 0.0
        found, numbers = np.full(len(rows), none), grid.numbers(col)[here]
        found[there] = np.where(np.isnan(numbers), none, numbers)
        frame[declared.id] = found
        odd = (grid.kinds(col)[here] == TEXT) & (grid.texts(col)[here] != "").astype(bool)
        facts = (("sheet", grid.name),)
        issues += [
            Issue("SG531", "warning", f"#{grid.name}", row + 1, declared.id,
                  facts=(*facts, ("cell", place(row, col))))
            for row in here[odd].tolist()
        ]  # fmt: skip
    return frame, issues


def _clean(
    source: Source, blocks: Mapping[str, Block], people: People, records: Mapping[str, Records]
) -> Clean:
    import pandas as pd

    sheets: dict[str, list[Records]] = {}
    for sheet, found in records.items():
        sheets.setdefault(blocks[sheet].table, []).append(found)
    tables = {"customers": people.frame} | {t: stacked([r.frame for r in own]) for t, own in sheets.items()}
    wrote = rows_by_customer(blocks["preferences"], people)
    tables["preferences"] = table_of(blocks["preferences"], list(wrote.values()), list(wrote), "preferences")
    empty = pd.DataFrame({key: pd.Series(dtype="object") for key in LEFT_OUT})
    used, held = len(tables["transactions"]), sum(r.held_back for r in sheets["transactions"])
    cents = int(tables["transactions"]["cents"].sum())
    fates = dict.fromkeys(FATES, 0)
    ledger = Ledger(
        {**fates, "used": used, "held_back": held}, {**fates, "used": cents}, used + held, cents, empty
    )
    files = json.loads(source.state.get("inputs", "[]"))  # as many lines as 数据质量 has
    return Clean(
        tables, {}, ledger, tuple(SourceFile(path, kind, "", sha256, 0) for path, kind, sha256 in files)
    )


def _rows(
    records: Mapping[str, Records], layout: Layout, people: People, as_of: date
) -> dict[str, pd.DataFrame]:
    """The detail tables with derived columns and customers' places; the rows of nobody come last."""
    import numpy as np
    import pandas as pd

    from sheetgen.grading.derive import with_columns

    key_of = pd.Series(np.arange(1, len(people.ids) + 1), index=list(people.ids))
    found = {}
    for table in layout.record_tables:
        own = [records[sheet] for sheet in layout.sheets(table)]
        frame = stacked([r.frame for r in own] + [r.strays for r in own if len(r.strays)])
        frame = with_columns(frame, table, [f.id for f in layout.fields(table)], as_of)
        places = key_of.reindex(frame["customer_id"]).fillna(0)
        found[table] = frame.assign(key=places.to_numpy(dtype=np.int64))
    return found


def _slices(layout: Layout, machines: Mapping[str, Machine]) -> dict[str, Any]:
    import numpy as np

    zero = np.zeros(layout.customers)
    found = dict.fromkeys(layout.record_tables, (zero, zero, zero))
    return found | {t: (m.slices["first"], m.slices["last"], m.slices["n"]) for t, m in machines.items()}


def _refuse_gate(source: Source, machines: Mapping[str, Machine], settings: Settings) -> None:
    for table, machine in machines.items():
        if machine.controls["gate"]:
            raise InputError("regrade_gate", "SG530", sheet=SHEETS[table].text(source.lang))
    cuts = settings.tables["tier_cut"]
    strict = source.scheme.file.cut_by == "value"
    if any(b <= a if strict else b < a for a, b in pairwise(cuts)):
        raise InputError("regrade_edges", "SG530", sheet=SHEETS["parameters"].text(source.lang))
