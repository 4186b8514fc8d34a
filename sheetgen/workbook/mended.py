"""A book that was opened to be read, with the columns of ours that staff renamed or deleted: as a re-grade
finds and puts them back, in memory alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from sheetgen.errors import UsageError
from sheetgen.workbook.layout import RECORDS

if TYPE_CHECKING:
    from sheetgen.model import Issue
    from sheetgen.scheme.compile import Scheme
    from sheetgen.workbook.opened import OpenBook
    from sheetgen.workbook.regrade.source import Source

READ = ("customers", "preferences", "tiers", *RECORDS)


def with_columns_back(
    book: OpenBook, scheme: Scheme, sheets: Collection[str] = READ, deleted: bool = True
) -> tuple[OpenBook, tuple[Issue, ...]]:
    """``book`` with a column under each header of ``sheets``, and what is told of those that are back.

    ``deleted``: also under those that staff deleted. ``scheme``: that of a book which carries none.
    """
    from sheetgen.scheme.library import read_scheme
    from sheetgen.workbook.opened import reopened
    from sheetgen.workbook.patch.package import open_package
    from sheetgen.workbook.regrade.headed import with_headers
    from sheetgen.workbook.regrade.putback import with_columns
    from sheetgen.workbook.regrade.source import Source

    if "rows" not in book.state:
        return book, ()
    text = book.state.get("scheme_text", "")
    try:
        scheme = scheme if text in ("", scheme.text) else read_scheme(text)
    except UsageError:  # written by a version that knew other keys
        return book, ()
    package = open_package(book.data, _looked_through, str(book.path))
    source = Source(package, book.names, book.state, scheme)
    if not _lacking(book, source, sheets):
        return book, ()
    headed, issues = with_headers(source, _looked_through)
    whole, more, _ = with_columns(headed, _looked_through) if deleted else (headed, (), {})
    if whole.package is package:
        return book, ()
    told = tuple(replace(issue, file=f"{book.path}{issue.file}") for issue in (*issues, *more))
    return reopened(book, whole.package.data), told


def _looked_through(name: str, data: bytes) -> None:
    """The book was looked through as it was opened."""


def _lacking(book: OpenBook, source: Source, sheets: Collection[str]) -> bool:
    """Whether a header is missing on any of the sheets."""
    from sheetgen.workbook.regrade.blocks import LOOK_AT, optional_of
    from sheetgen.workbook.regrade.headed import headers

    for sheet_id, wanted in headers(source).items():
        if sheet_id not in sheets:
            continue
        rows = book.workbook.get_sheet_by_name(book.names[sheet_id]).to_python(nrows=LOOK_AT)
        texts = {text for key, text in wanted.items() if key not in optional_of(sheet_id)}
        words = [{str(cell).strip() for cell in row} for row in rows]
        if not any(texts <= row for row in words):
            return True
    return False
