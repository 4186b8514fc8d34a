"""Our sheets under names that staff gave them: told by what the workbook's names point at, by the row of
headers, or by the title in their first cell. Where two sheets are alike, neither is taken for ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sheetgen.i18n import messages
from sheetgen.model import Issue
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.layout import RECORDS, SHEETS, table_of, title_of
from sheetgen.workbook.sheets.changes import LEDGER

if TYPE_CHECKING:
    from sheetgen.i18n import Label

ALIKE: Final = 0.8
"""the part of a sheet's headers that must be there"""
LOOK_AT: Final = 40
"""rows from the top that may hold the headers"""
POINTING: Final = {"parameters": "p_as_of", "overview": "fig_"}
"""sheets that a name of the workbook points at: how it begins"""
TITLED: Final = ("quality", "guide")
"""sheets that only their title tells"""
Rows = Sequence[Sequence[Any]]


def find_renamed(
    sheets: Mapping[str, Rows], names: Iterable[tuple[str, str]], gone: Sequence[str]
) -> dict[str, str]:
    """Sheet id -> name, of those of ``gone`` that are among ``sheets``.

    ``sheets``: name -> the first rows, of all that have none of our names; ``names``: the workbook's names
    and what they refer to.
    """
    found: dict[str, str] = {}
    refers = tuple(names)
    heads = {name: [{str(cell).strip() for cell in row} for row in rows] for name, rows in sheets.items()}
    for sheet_id in gone:
        free = [name for name in sheets if name not in found.values()]
        if sheet_id in POINTING:
            pointed = {_sheet_of(to) for name, to in refers if name.startswith(POINTING[sheet_id])}
            alike = [name for name in free if name in pointed]
        elif sheet_id in TITLED:
            alike = [name for name in free if _titled(sheets[name], SHEETS[sheet_id])]
        else:
            wanted = list(headers_of(table_of(sheet_id)))
            alike = [name for name in free if wanted and _alike(heads[name], wanted) >= ALIKE]
        if len(alike) == 1:
            found[sheet_id] = alike[0]
    return found


def headers_of(sheet_id: str) -> Iterator[set[str]]:
    """The texts that may head each column that a sheet always has; none of a sheet without such a row."""
    tables, said = data_tables(), messages()
    if sheet_id in ("scores", "tiers"):  # their helpers are called alike in every book
        helpers = ["state", *([f"transactions_{h}" for h in ("first", "last", "n")])]
        yield from ({word} for word in (helpers if sheet_id == "scores" else ["state", "row"]))
        yield _texts(said["key"])
    elif sheet_id == "changes":
        fields = tables["customers"].fields
        yield from (_texts(said[word] if word else fields[key].label) for key, (word, _) in LEDGER.items())
    elif sheet_id in ("customers", "preferences", *RECORDS):
        yield from (_texts(field.label) for field in tables[sheet_id].sheet_fields)


def told(renamed: Mapping[str, str], file: str) -> tuple[Issue, ...]:
    """A warning for each sheet (id -> its name now)."""
    return tuple(
        Issue("SG550", "warning", f"{file}#{name}", value=name, facts=(("sheet", title_of(sheet_id).zh),))
        for sheet_id, name in renamed.items()
    )


def _texts(label: Label) -> set[str]:
    return {label.zh, label.en}


def _alike(rows: Sequence[set[str]], wanted: Sequence[set[str]]) -> float:
    """The largest part of ``wanted`` that one row has."""
    return max((sum(bool(words & row) for words in wanted) / len(wanted) for row in rows), default=0.0)


def _titled(rows: Rows, label: Label) -> bool:
    title = str(rows[0][0]).strip() if rows and rows[0] else ""
    return title.endswith((label.zh, label.en))


def _sheet_of(refers: str) -> str:
    return refers.rpartition("!")[0].strip("'").replace("''", "'")
