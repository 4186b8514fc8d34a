"""Where our columns stand in a book that staff edited: by header text, never by position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sheetgen.errors import InputError
from sheetgen.grading.removed import FIELD
from sheetgen.i18n import text
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.layout import LINKS, RECORDS, Layout, letter, table_of, title_of
from sheetgen.workbook.regrade.grids import Grid, text_of
from sheetgen.workbook.sheets.changes import LEDGER
from sheetgen.workbook.sheets.preferences import DERIVED

if TYPE_CHECKING:
    from sheetgen.i18n import Lang
    from sheetgen.scheme.compile import Scheme

LOOK_AT = 40
"""rows from the top that may hold a header"""


@dataclass(frozen=True)
class Block:
    """A sheet's table: its header's row and the columns of ours, by id."""

    sheet_id: str
    grid: Grid
    header: int
    columns: Mapping[str, int]

    @property
    def table(self) -> str:
        """The table whose rows stand here, perhaps not all of them."""
        return table_of(self.sheet_id)

    @property
    def first(self) -> int:
        """The first row below the header."""
        return self.header + 1


def block_of(grid: Grid, sheet_id: str, wanted: Mapping[str, str], optional: Sequence[str] = ()) -> Block:
    """The table of a sheet. ``wanted``: column id -> its header, in order; equal headers come one by one.

    Raises InputError (SG523) where the header or a column is gone.
    """
    key = next(iter(wanted))
    for row in range(LOOK_AT + 1):
        heads = {col: text_of(cell).strip() for col, cell in sorted(grid.cells.get(row, {}).items())}
        if wanted[key] not in heads.values():
            continue
        found: dict[str, int] = {}
        for column, header in wanted.items():
            free = [col for col, words in heads.items() if words == header and col not in found.values()]
            if free:
                found[column] = free[0]
            elif column not in optional:
                raise InputError("regrade_column", "SG523", sheet=grid.name, column=header)
        return Block(sheet_id, grid, row, found)
    raise InputError("regrade_column", "SG523", sheet=grid.name, column=wanted[key])


def headers_of(sheet_id: str, scheme: Scheme, lang: Lang) -> dict[str, str]:
    """Column id -> header, of the tables whose columns the scheme and tables.yml alone decide."""
    tables, sheet_id = data_tables(), table_of(sheet_id)
    if sheet_id == "changes":
        fields = tables["customers"].fields
        return {
            k: text(word, lang) if word else fields[k].label.text(lang) for k, (word, _) in LEDGER.items()
        }
    shown = [f for f in tables[sheet_id].columns.values() if f.shown]
    if sheet_id == "preferences":
        names = [tables["customers"].fields[key] for key in ("customer_id", "customer_name")]
        found = {f.id: f.label.text(lang) for f in names} | {key: text(key, lang) for key in DERIVED}
        return found | {f.id: f.label.text(lang) for f in shown[1:]}
    found = {f.id: f.label.text(lang) for f in shown}
    if sheet_id == "customers":
        found |= {f"to_{name}": text(f"link_{name}", lang) for name in LINKS}
    return found | {"key": text("key", lang)}


def optional_of(sheet_id: str) -> tuple[str, ...]:
    """The columns that a sheet may lack."""
    sheet_id = table_of(sheet_id)
    if sheet_id == "customers":
        return (FIELD,)  # books of before have no such column
    if sheet_id not in RECORDS:
        return ()
    return tuple(f.id for f in data_tables()[sheet_id].columns.values() if f.optional)


def graded_headers(layout: Layout, sheet_id: str, scheme: Scheme) -> dict[str, str]:
    """Column id -> header, of 价值评分, 客户级别 and the tail sheets."""
    lang, fields = layout.lang, data_tables()["customers"].fields
    if sheet_id.startswith("tail_"):
        return {key: key for key in layout.columns[sheet_id]}
    named = {key: fields[key].label.text(lang) for key in ("customer_id", "customer_name", "owner")}
    named |= {i.id: i.label.text(lang) for i in scheme.inputs} | {"key": text("key", lang)}
    labels = {key: m.label.text(lang) for key, m in scheme.metrics.items()}
    labels |= {c.id: c.label.text(lang) for c in scheme.computed}
    keys = layout.scores_columns if sheet_id == "scores" else layout.tiers_columns
    if sheet_id == "scores":
        return {
            key: (named if key in ("customer_id", "customer_name", "key") else labels).get(key, key)
            for key in keys
        }
    return {key: named.get(key) or labels.get(key, key) for key in keys}


def in_place(layout: Layout, blocks: Mapping[str, Block]) -> Layout:
    """``layout`` with the letters of the columns as they stand in the book."""
    letters = {
        sheet: {**keys, **{c: letter(at) for c, at in blocks[sheet].columns.items()}}
        if sheet in blocks
        else keys
        for sheet, keys in layout.columns.items()
    }
    if "customers" in blocks and FIELD not in blocks["customers"].columns:
        letters["customers"].pop(FIELD, None)
    vars(layout)["columns"] = letters  # takes the place of the worked out property
    return layout


def sheet_name(names: Mapping[str, str], sheet_id: str, lang: Lang) -> str:
    """The name of a sheet of ours in the book. Raises InputError (SG523) where it is gone."""
    if not names.get(sheet_id):
        raise InputError("regrade_sheet", "SG523", sheet=title_of(sheet_id).text(lang))
    return names[sheet_id]
