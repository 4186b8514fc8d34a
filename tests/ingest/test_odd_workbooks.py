"""132 odd, broken and hostile workbooks of other projects: each is read or refused with a plain line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sheetgen.ingest.child import Child
from tests import fuzzing

FILES = sorted(p for p in fuzzing.ODD.glob("*") if p.suffix.lower() in (".xls", ".xlsx"))
READ = {
    # file: how its worksheets begin (name, rows, columns)
    "010.xlsx": ("SheetJS", 6, 4),
    "036.xlsx": ("Data", 1, 1),
    "044.xlsx": ("Sheet", 3, 21),
    "057.xlsx": ("Sheet1", 10, 2),
    "067.xls": ("Sheet1", 5, 2),
    "085.xlsx": ("test_excel_2013", 2, 3),
}
REFUSED = {
    "000.xls": "file_encrypted",
    "004.xlsx": "file_damaged",
    "007.xlsx": "file_encrypted",
    "008.xlsx": "file_with_dtd",
    "012.xlsx": "file_with_dtd",
    "013.xls": "reader_died",
    "035.xls": "file_old_excel",
    "041.xls": "file_encrypted",
    "042.xlsx": "file_damaged",
    "045.XLS": "file_old_excel",
    "046.xls": "file_damaged",
    "050.xls": "file_encrypted",
}

pytestmark = pytest.mark.skipif(not FILES, reason="the odd workbooks are not here")


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    with Child() as started:
        yield started


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_is_read_or_refused(path: Path, child: Child) -> None:
    tally = fuzzing.Tally()
    fuzzing.judge(tally, path.name, path.read_bytes(), child)
    assert tally.wrong == {}
    assert tally.files == tally.read + tally.refused.total() == 1
    if path.name in REFUSED:
        assert list(tally.refused) == [REFUSED[path.name]]


def test_all_of_the_list_are_here() -> None:
    assert len(FILES) == 132


@pytest.mark.parametrize("name", READ)
def test_what_it_holds(name: str, child: Child) -> None:
    from sheetgen.ingest.bookfile import read_sheets
    from sheetgen.ingest.guard import open_input

    _, sheets = read_sheets(open_input(str(fuzzing.ODD / name)), "", child)
    first = sheets[0]
    assert (first.name, first.height, len(first.columns)) == READ[name]


def test_error_cells_keep_their_text(child: Child) -> None:
    from sheetgen.ingest.bookfile import read_sheets
    from sheetgen.ingest.guard import open_input

    _, sheets = read_sheets(open_input(str(fuzzing.ODD / "086.xlsx")), "", child)
    found = {cell for sheet in sheets for row in sheet.head(99) for cell in row if cell}
    assert {"#REF!", "#NAME?"} <= found
