"""Worksheets as rows of text, through calamine."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from sheetgen.errors import InputError


@dataclass(frozen=True)
class Sheet:
    """One worksheet: ``rows[0]`` is row 1, all rows equally wide."""

    name: str
    hidden: bool
    rows: list[list[str]]


def read_sheets(path: str, data: bytes) -> list[Sheet]:
    """All worksheets in the order of the workbook. Raises InputError (SG105, SG107)."""
    import python_calamine as calamine

    try:
        with calamine.load_workbook(io.BytesIO(data)) as book:
            return [
                Sheet(
                    meta.name,
                    meta.visible != calamine.SheetVisibleEnum.Visible,
                    _rows(book.get_sheet_by_name(meta.name).to_python(skip_empty_area=False)),
                )
                for meta in book.sheets_metadata
                if meta.typ == calamine.SheetTypeEnum.WorkSheet
            ]
    except calamine.PasswordError as error:
        raise InputError("file_encrypted", "SG107", path=path) from error
    except Exception as error:
        raise InputError("file_damaged", "SG105", path=path, reason=str(error)) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise InputError("file_damaged", "SG105", path=path, reason="reader failed") from error


def _rows(rows: list[list[Any]]) -> list[list[str]]:
    return [[c if type(c) is str else cell_text(c) for c in row] for row in rows]


def cell_text(value: object) -> str:
    """A cell as its text: numbers plain, dates ISO, what has lost digits with an exponent."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, datetime):
        return str(value.date()) if value.time() == time() else value.isoformat(sep=" ", timespec="seconds")
    return str(value)


def number_text(value: float) -> str:
    """``12.0`` -> ``12``, ``0.1 + 0.2`` -> ``0.3``. From 16 digits on Excel has lost some: E notation."""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if abs(value) >= 1e15:
        return f"{value:.14E}"
    return format(Decimal(f"{value:.15g}"), "f")
