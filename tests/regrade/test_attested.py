"""The digest of the hidden sheet ``_base``: the same through LibreOffice, another one once it is edited."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetgen.pipeline import Built
from sheetgen.regrade import RegradeRequest, regrade
from sheetgen.workbook.attested import base_digest
from sheetgen.workbook.patch.edits import Constant
from tests.office.office import Office

from .test_data_room import edited


def codes(book: Path) -> set[str]:
    return {issue.code for issue in regrade(RegradeRequest(book, dry_run=True)).issues}


def test_as_built_and_as_libreoffice_saves_it(second: Built, office: Office, tmp_path: Path) -> None:
    """Of a book with a past: ids like formulas and numbers, days, remarks."""
    assert "SG544" not in codes(second.request.out)
    office.open(second.request.out)
    assert "SG544" not in codes(office.save_as(tmp_path / "saved.xlsx"))


@pytest.mark.parametrize("cells", [{3: {2: Constant(9.0)}}, {5: {0: Constant("别人")}}])
def test_edited(built: Built, tmp_path: Path, cells: dict[int, dict[int, Constant]]) -> None:
    book = edited(built, tmp_path / "edited.xlsx", {"_base": cells})  # type: ignore[dict-item]
    assert "SG544" in codes(book)


NUMBERS = st.floats(-1e300, 1e300)
ROWS = st.lists(st.lists(st.one_of(st.none(), NUMBERS, st.text(max_size=5)), max_size=4))


def kept(value: object) -> object:
    """A cell as another program may have saved it."""
    return float(f"{value:.15g}") if isinstance(value, float) else "" if value is None else value


@given(ROWS)
def test_what_no_program_keeps_is_no_part_of_it(rows: list[list[object]]) -> None:
    """Empty cells at the end of a row, and the digits of a number beyond the fifteenth."""
    assert base_digest(rows) == base_digest([[*map(kept, row), ""] for row in rows])
