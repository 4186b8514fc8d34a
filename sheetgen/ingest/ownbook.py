"""A blank book of ours that people have filled: its sheets of records, without what the book puts there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sheetgen.i18n import LANGS, messages
from sheetgen.ingest.sheets import Sheet
from sheetgen.scheme.tables import DataTable, data_tables

if TYPE_CHECKING:
    import pyarrow as pa

OWN_SHEET: Final = "_sheetgen"
PREPARED: Final = "prepared"
"""stands in the first column of OWN_SHEET where the book was written blank"""
LOOKED_AT: Final = 20
"""rows from the top that may be the header"""


def is_own(sheets: Sequence[Sheet]) -> bool:
    """Whether the program wrote the book."""
    return any(sheet.name == OWN_SHEET for sheet in sheets)


def is_filled(sheets: Sequence[Sheet]) -> bool:
    """Whether it wrote it blank, and somebody has filled in a row."""
    return is_blank(sheets) and any(_has_rows(sheet) for sheet in records_of(sheets))


def is_blank(sheets: Sequence[Sheet]) -> bool:
    """Whether it wrote it blank."""
    own = next((sheet for sheet in sheets if sheet.name == OWN_SHEET), None)
    return own is not None and bool(own.columns) and PREPARED in own.columns[0].to_pylist()


def records_of(sheets: Sequence[Sheet]) -> list[Sheet]:
    """The sheets that people fill, with the columns they fill; those with rows, or all where none has any."""
    known = {table.label.text(lang): table for table in data_tables().values() for lang in LANGS}
    found = [_typed_columns(sheet, known[sheet.name]) for sheet in sheets if sheet.name in known]
    return [sheet for sheet in found if _has_rows(sheet)] or found


def _typed_columns(sheet: Sheet, table: DataTable) -> Sheet:
    """The sheet without the links, numbers and derived columns of the book itself, and those left empty."""
    ids = {table.columns["customer_id"].label.text(lang) for lang in LANGS}
    head = sheet.head(LOOKED_AT)
    header = next((i for i, row in enumerate(head) if ids & set(row)), None)
    if header is None:
        return sheet
    words = [label for key, label in messages().items() if key == "key" or key.startswith("link_")]
    words += [field.label for field in table.derived.values()]
    ours = {word.text(lang) for word in words for lang in LANGS}
    kept = [
        column
        for name, column in zip(head[header], sheet.columns, strict=True)
        if name not in ours and (name in ids or _filled(column, header))
    ]
    return replace(sheet, columns=tuple(kept))


def _has_rows(sheet: Sheet) -> bool:
    head = sheet.head(LOOKED_AT)
    ids = {t.columns["customer_id"].label.text(lang) for t in data_tables().values() for lang in LANGS}
    header = next((i for i, row in enumerate(head) if ids & set(row)), LOOKED_AT)
    return any(_filled(column, header) for column in sheet.columns)


def _filled(column: pa.ChunkedArray, header: int) -> bool:
    """Whether anything stands below the header."""
    import pyarrow.compute as pc

    return bool(pc.any(pc.not_equal(pc.utf8_trim_whitespace(column.slice(header + 1)), "")).as_py())
