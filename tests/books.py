"""A written book as tests read it: by sheet and header, the way a person would."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sheetgen.i18n import Lang
from sheetgen.pipeline import BuildRequest, Built, build
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.layout import SHEETS

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "sample_data"
DATA = ROOT.parent / "shared" / "data"
HEADER = 3
"""the header row of every data sheet, as people count"""


def make(out: Path, paths: Sequence[str | Path] = (SAMPLE,), **more: Any) -> Built:
    """Build ``out``."""
    return build(BuildRequest(out, [str(p) for p in paths], **more))


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    """A UTF-8 table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def field(table: str, name: str, lang: Lang = "zh") -> str:
    """A column's header."""
    return data_tables()[table].fields[name].label.text(lang)


@dataclass(frozen=True)
class Grid:
    """One sheet: rows of values as they stand in the file, from A1."""

    rows: list[list[Any]]

    @property
    def headers(self) -> list[str]:
        """The header row."""
        return [str(v) for v in self.rows[HEADER - 1] if v not in (None, "")]

    def column(self, header: str) -> list[Any]:
        """The cells below a header."""
        at = self.rows[HEADER - 1].index(header)
        return [row[at] for row in self.rows[HEADER:]]

    def row_of(self, customer: str, header: str = "客户编号") -> int:
        """The row of a customer, as people count."""
        return HEADER + 1 + self.column(header).index(customer)

    def of(self, customer: str) -> dict[str, Any]:
        """A customer's row by header."""
        return dict(zip(self.rows[HEADER - 1], self.rows[self.row_of(customer) - 1], strict=False))


@cache
def sheets(path: Path) -> dict[str, Grid]:
    """Each sheet of a book, its cached values as calamine reads them, by name."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(str(path))
    return {
        name: Grid(book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in book.sheet_names
    }


def only(path: Path, sheet_id: str, lang: Lang = "zh") -> Grid:
    """One sheet of a large book, without reading the others."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(str(path))
    return Grid(book.get_sheet_by_name(SHEETS[sheet_id].text(lang)).to_python(skip_empty_area=False))


def sheet(path: Path, sheet_id: str, lang: Lang = "zh") -> Grid:
    """The sheet with this id."""
    return sheets(path)[SHEETS[sheet_id].text(lang)]
