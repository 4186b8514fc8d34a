"""Rows mended in the workbook that ``check -o`` wrote: they take the place of the records they come from.

Each such row carries a mark: the fingerprint of its file, the line, the sheet. Put back where the record
stood, it is read with the rest of its file (one order of day and month, one unit) and counts once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sheetgen.ingest.coded import all_in_full
from sheetgen.ingest.headers import EXTRA
from sheetgen.ingest.marks import FINGERPRINT, helper_headers
from sheetgen.model import Issue, Raw, RawTable, SourceFile

if TYPE_CHECKING:
    import pandas as pd

_UNREAD: Final = ("SG203", "SG205", "SG206")


def take_mended(raw: Raw) -> Raw:
    """``raw`` with mended rows in the place of their records, and without the workbook's own columns.

    A row whose original is not among the inputs stays, as a record like any other. A moved row is no further
    record: it counts to the structure of its own sheet. SG120 tells how many were moved.
    """
    tables, issues = list(raw.tables), list(raw.issues)
    marked = {i for i, table in enumerate(tables) if _columns(table, "mark")}
    places: dict[tuple[str, str, str], int] = {}
    for i, table in enumerate(tables):
        if i not in marked:
            places.setdefault(_key(table.source), i)
    for i in sorted(marked):
        moved = _move(tables, i, places)
        if moved:
            issues.append(Issue("SG120", "note", tables[i].source.label, count=moved))
    unread = {table.source.label for table in tables if table.malformed}
    mended = {
        t.source.label for t, before in zip(tables, raw.tables, strict=True) if before.malformed
    } - unread
    return Raw(tuple(tables), tuple(i for i in issues if i.code not in _UNREAD or i.file not in mended))


def _key(source: SourceFile) -> tuple[str, str, str]:
    return source.sha256[:FINGERPRINT], source.sheet, source.kind


def _columns(table: RawTable, *names: str) -> list[str]:
    headers = helper_headers(*names)
    return [str(c) for c in table.frame if str(c).startswith(EXTRA) and str(c).removeprefix(EXTRA) in headers]


def _move(tables: list[RawTable], i: int, places: dict[tuple[str, str, str], int]) -> int:
    """Move what can be moved out of table ``i``; returns how many rows that is."""
    import numpy as np
    import pandas as pd

    table, own = tables[i], _columns(tables[i])
    frame = all_in_full(table.frame)
    marks = frame[_columns(table, "mark")[0]].str.strip().str.split(":", n=2, expand=True)
    marks = marks.reindex(columns=range(3)).fillna("").set_axis(["sha", "line", "sheet"], axis=1)
    marks["line"] = pd.to_numeric(marks["line"], errors="coerce").fillna(0).astype("int64")
    cells = frame.drop(columns=own)
    moved = np.zeros(len(cells), dtype=bool)
    for (sha, sheet), group in marks.groupby(["sha", "sheet"], sort=False):
        place = places.get((str(sha), str(sheet), table.source.kind))
        if place is None:
            continue
        there = {*tables[place].line.tolist(), *(line for line, _ in tables[place].malformed)}
        rows = group.index[group["line"].isin(there) & ~group["line"].duplicated()]
        tables[place] = _replaced(tables[place], cells.loc[rows].set_axis(group.loc[rows, "line"], axis=0))
        moved[rows] = True
    kept = np.flatnonzero(~moved)
    tables[i] = replace(
        table,
        frame=cells.iloc[kept].reset_index(drop=True),
        line=table.line.iloc[kept].reset_index(drop=True),
        structure=table.structure + int(moved.sum()),
        **_footers(table, own),
    )
    return int(moved.sum())


def _footers(table: RawTable, own: list[str]) -> dict[str, Any]:
    kept = [i for i, name in enumerate(table.frame) if name not in own]
    return {"footers": tuple((line, tuple(cells[i] for i in kept)) for line, cells in table.footers)}


def _replaced(table: RawTable, rows: pd.DataFrame) -> RawTable:
    """``table`` with ``rows`` (by line) for its own. Columns that it does not have are left aside."""
    import pandas as pd

    frame, shared = all_in_full(table.frame).copy(), [c for c in table.frame if c in rows]
    again = table.line.isin(rows.index).to_numpy()
    frame.loc[again, shared] = rows.loc[table.line[again], shared].to_numpy()
    lines = [line for line, _ in table.malformed if line in rows.index]
    read = rows.loc[lines].reindex(columns=frame.columns, fill_value="").astype("str")
    whole = pd.concat([frame, read], ignore_index=True)
    line = pd.concat([table.line, pd.Series(lines, dtype="int64")], ignore_index=True)
    order = line.argsort(kind="stable").to_numpy()
    return replace(
        table,
        frame=whole.iloc[order].reset_index(drop=True),
        line=line.iloc[order].reset_index(drop=True),
        malformed=tuple(pair for pair in table.malformed if pair[0] not in rows.index),
    )
