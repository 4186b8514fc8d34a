"""Our sheets under another name: told by their headers, or by what the workbook's names point at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sheetgen.handed.sheets import LOOK_AT, Names, said
from sheetgen.handed.tables import names_of
from sheetgen.handed.words import graded_names, ledger_names
from sheetgen.model import Issue
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.layout import RECORDS, SHEETS, title_of

if TYPE_CHECKING:
    from sheetgen.scheme.compile import Scheme
    from sheetgen.workbook.opened import OpenBook
    from sheetgen.workbook.patch.package import Package

ALIKE: Final = 0.8
"""the part of a sheet's columns that must be there"""
POINTING: Final = {"parameters": "p_as_of", "overview": "fig_"}
"""sheets that are told by how a workbook's name for them begins"""


def with_renamed(book: OpenBook, package: Package, scheme: Scheme) -> tuple[OpenBook, list[Issue]]:
    """``book`` with our sheets that were given another name, and a note of each (SG821)."""
    ours = {word for label in map(title_of, book.names) for word in (label.zh, label.en)}
    free = [n for n in book.workbook.sheet_names if n not in ours and n not in book.renamed.values()]
    gone = [sheet_id for sheet_id in _wanted(scheme) if not book.names.get(sheet_id)]
    found: dict[str, str] = dict(book.renamed)
    for sheet_id, start in POINTING.items():
        if not book.names.get(sheet_id):
            refers = (refers for name, _, refers in package.names if name.startswith(start))
            pointed = {place.split("!")[0].strip("'") for place in refers}
            found.update((sheet_id, name) for name in sorted(pointed) if name in free)
    if free and gone:
        heads = {name: _rows(book, name) for name in free}
        for sheet_id in gone:
            names = _wanted(scheme)[sheet_id]
            best = max(free, key=lambda name: _alike(heads[name], names))
            if _alike(heads[best], names) >= ALIKE and best not in found.values():
                found[sheet_id] = best
    issues = [
        Issue("SG821", "note", f"{book.path.name}#{name}", value=name, facts=(("sheet", SHEETS[s].zh),))
        for s, name in found.items()
    ]
    return replace(book, names={**book.names, **found}), issues


def _wanted(scheme: Scheme) -> Mapping[str, Names]:
    """Sheet id -> what must head it; optional columns left out."""
    found: dict[str, Names] = {}
    for table in ("customers", "preferences", *RECORDS):
        fields = [f for f in data_tables()[table].fields.values() if f.shown and not f.optional]
        names = names_of(table)
        found[table] = {f.id: names[f.id] for f in fields} | {"key": said("key")}
        if table == "preferences":
            found[table] = {key: names[key] for key in names if key != "key"}
    for sheet_id in ("tiers", "scores"):
        found[sheet_id] = graded_names(scheme, sheet_id)
    return found | {"changes": ledger_names()}


def _rows(book: OpenBook, name: str) -> list[set[str]]:
    rows: list[list[Any]] = book.workbook.get_sheet_by_name(name).to_python(nrows=LOOK_AT)
    return [{str(cell).strip() for cell in row} for row in rows]


def _alike(rows: Sequence[set[str]], names: Names) -> float:
    """The largest part of ``names`` that one row has."""
    texts = [set(words) for words in names.values()]
    return max((sum(bool(words & row) for words in texts) / len(texts) for row in rows), default=0.0)
