"""Every bad input of the catalogue gets what its row says: exit code, code, fate, counts, cents."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus import encodings, files, headers, rows
from tests.corpus.base import Case, answer_of, check

CASES = [*files.CASES, *encodings.CASES, *headers.CASES, *rows.CASES]
CATALOGUE = [
    f"{letter}{n:02d}"
    for letter, last in (("F", 27), ("E", 22), ("H", 19), ("R", 45))
    for n in range(1, last + 1)
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.id}-{case.what.replace(' ', '-')}")
def test_it_gets_what_its_row_says(case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    check(case, folder, answer_of(case, folder, capsys))


def test_the_catalogue_is_whole() -> None:
    """A case may stand several times (F01 as missing, as folder …), but none may lack."""
    assert sorted({case.id[:3] for case in CASES}) == sorted(CATALOGUE)
