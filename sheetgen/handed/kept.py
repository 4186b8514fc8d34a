"""What staff added and corrected in several books, as that of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sheetgen.workbook.kept import Correction, Kept, OwnColumn, OwnSheet

LONGEST_NAME: Final = 31


def kept_of_all(books: Sequence[tuple[str, Kept]]) -> Kept:
    """What staff added and corrected in all ``books`` (name, what is kept in it).

    Own columns of a header are one; own sheets get the book's name where two are called the same.
    """
    columns: dict[tuple[str, str], OwnColumn] = {}
    sheets: list[OwnSheet] = []
    corrections: dict[str, Correction] = {}
    for name, kept in books:
        for column in kept.columns:
            key = (column.sheet, column.header)
            known = columns.get(key)
            look = column.look if known is None or known.look == column.look else "text"
            words = {**column.words, **(known.words if known else {})}
            columns[key] = replace(column, look=look, words=words)
        for sheet in kept.sheets:
            taken = {one.name.casefold() for one in sheets}
            sheets.append(replace(sheet, name=_free(sheet.name, name.rpartition(".")[0], taken), book=name))
        for one in kept.corrections:
            corrections.setdefault(repr((one.table, sorted(one.row.items()), sorted(one.cells.items()))), one)
    return Kept(tuple(corrections.values()), tuple(columns.values()), tuple(sheets), books[0][1].mark)


def _free(name: str, book: str, taken: set[str]) -> str:
    found, number = name, 1
    while found.casefold() in taken:
        tail = f" {book}" if number == 1 else f" {book} {number}"
        found, number = name[: max(1, LONGEST_NAME - len(tail))] + tail[:LONGEST_NAME], number + 1
        found = found[:LONGEST_NAME] if number < 3 else f"{name[:20]} {number}"
    return found
