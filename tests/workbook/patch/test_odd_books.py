"""Workbooks of other projects: every value told again, or changed and changed back, loses nothing at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheetgen.errors import SheetgenError
from sheetgen.workbook.patch.apply import apply
from sheetgen.workbook.patch.semantic import differences
from tests.fuzzing import ODD

from .books import opened, own_values

FILES = sorted(ODD.glob("*.xlsx"))
REFUSED = 16

pytestmark = pytest.mark.skipif(not FILES, reason="the odd workbooks are not here")


def refused(path: Path) -> bool:
    try:
        opened(path.read_bytes())
    except SheetgenError:
        return True
    return False


def test_few_are_refused() -> None:
    assert sum(map(refused, FILES)) == REFUSED


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_is_lost(path: Path) -> None:
    if refused(path):
        return  # damaged, encrypted or hostile; the test above counts them
    package = opened(path.read_bytes())
    right, wrong = own_values(package), own_values(package, wrong=True)
    assert apply(package, right) is package.data
    made = opened(apply(package, wrong))
    assert differences(package, made, wrong) == ()
    back = opened(apply(made, right))
    assert differences(package, back, right) == ()
