"""A sheet is looked at before calamine lays out its whole rectangle."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest

from sheetgen.errors import InputError
from sheetgen.ingest.package import look_through
from sheetgen.pipeline import Built
from sheetgen.workbook.attested import attested
from sheetgen.workbook.opened import open_book
from tests.workbook.patch.books import opened

FAR = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'


def test_a_sheet_with_two_cells_far_apart_is_refused_when_it_is_read(built: Built, tmp_path: Path) -> None:
    part = opened(built.request.out.read_bytes()).worksheets["_base"].lstrip("/")
    sparse = tmp_path / "sparse.xlsx"
    with ZipFile(built.request.out) as old, ZipFile(sparse, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info, data.replace(b"</sheetData>", FAR) if info.filename == part else data)
    book = open_book(sparse, "", look_through)  # which reads other sheets
    with pytest.raises(InputError) as stop:
        attested(book)
    assert stop.value.code == "SG108"
