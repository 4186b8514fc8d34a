"""What staff did to the data: cells corrected, rows deleted, rows typed, ids written anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sheetgen.model import Issue
from sheetgen.workbook.regrade.compared import Compared, row_told, told, unlike
from sheetgen.workbook.regrade.edited import Edited
from sheetgen.workbook.regrade.grids import text_of

if TYPE_CHECKING:
    from sheetgen.i18n import Lang


def corrections(sheets: Mapping[str, Compared], lang: Lang) -> tuple[list[Edited], list[Issue]]:
    """Every data cell that is not as it was written, every row that came or went; ids that were changed."""
    found: list[Edited] = []
    issues: list[Issue] = []
    for one in sheets.values():
        found += [*_cells(one, lang), *_added(one), *_deleted(one, lang)]
        if one.table == "customers":
            issues += _renamed(one)
    return found, issues


def _cells(one: Compared, lang: Lang) -> Iterator[Edited]:
    import numpy as np

    before, after = one.met.pairs[:, 0], one.met.pairs[:, 1]
    if not len(before):
        return
    ids = one.base["customer_id"].to_numpy(dtype=object)
    hits: list[tuple[int, int, str]] = []
    for column in one.shared:
        field = one.field(column)
        if field is not None and field.owner == "staff":
            continue  # told as a remark
        wrong = np.flatnonzero(unlike(one.base[column].iloc[before], one.now[column].iloc[after]))
        hits += [(int(after[i]), int(before[i]), column) for i in wrong.tolist()]
    for at, was, column in sorted(hits, key=lambda hit: (hit[0], one.column(hit[0], hit[2]))):
        field, grid = one.field(column), one.grid(at)
        there = text_of(grid.at(int(one.rows[at]), one.column(at, column)))
        now = told(field, one.now[column].iloc[at], lang) or there
        then = told(field, one.base[column].iloc[was], lang)
        if now != then:
            yield Edited(grid.name, one.cell(at, column), str(ids[was]), "correction", then, now)


def _added(one: Compared) -> Iterator[Edited]:
    ids = one.now["customer_id"].tolist()
    for at in one.met.added.tolist():
        cell = one.cell(at, "customer_id")
        yield Edited(one.grid(at).name, cell, ids[at], "added", "", ids[at])


def _deleted(one: Compared, lang: Lang) -> Iterator[Edited]:
    ids = one.base["customer_id"].tolist()
    for at in one.met.gone.tolist():
        name = one.grid_before(at).name
        yield Edited(name, "", ids[at], "deleted", row_told(one, one.base, at, lang), "")


def renames(one: Compared) -> dict[str, str]:
    """Customer as written -> the id that stands in their row now, where that is another one."""
    before, after = one.met.pairs[:, 0], one.met.pairs[:, 1]
    was = one.base["customer_id"].iloc[before].tolist()
    now = one.now["customer_id"].iloc[after].tolist()
    return {a: b for a, b in zip(was, now, strict=True) if a != b and b}


def _renamed(one: Compared) -> Iterator[Issue]:
    """An id that was changed may be a new name or another customer: nobody but staff can tell."""
    if not (known := renames(one)):
        return
    where = {str(one.now["customer_id"].iloc[at]): at for at in one.met.pairs[:, 1].tolist()}
    name = one.block.grid.name
    for was, now in known.items():
        at = where[now]
        facts = (("sheet", name), ("cell", one.cell(at, "customer_id")), ("was", was), ("now", now))
        yield Issue("SG545", "warning", f"#{name}", int(one.rows[at]) + 1, "customer_id", now, facts=facts)
