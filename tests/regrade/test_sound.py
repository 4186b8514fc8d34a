"""A book is read to its end, in sheets that nobody needs too, and its digest is what its file holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheetgen.errors import InputError
from sheetgen.pipeline import Built
from sheetgen.regrade import RegradeRequest, regrade
from sheetgen.workbook.publish import digest, together
from tests.workbook.patch.test_known import sums, with_entry


def test_sheets_that_nobody_reads_are_to_be_sound(built: Built, tmp_path: Path) -> None:
    """使用说明 has nothing that re-grading looks at."""
    book, data = tmp_path / "book.xlsx", built.request.out.read_bytes()
    book.write_bytes(with_entry(data, "xl/worksheets/sheet1.xml", 16, 4, 1))
    torn = book.read_bytes()
    with pytest.raises(InputError) as caught:
        regrade(RegradeRequest(book))
    assert caught.value.code == "SG105" and book.read_bytes() == torn
    assert [path.name for path in tmp_path.iterdir()] == ["book.xlsx"]


def test_the_digest_is_that_of_the_file(built: Built, tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    found = regrade(RegradeRequest(built.request.out, out, as_of=built.request.as_of))
    assert found.digest == digest(out) == together(sums(out.read_bytes()))
    assert regrade(RegradeRequest(out)).digest == found.digest
