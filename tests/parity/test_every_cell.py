"""Python's values against LibreOffice's recalculation of a poisoned book: every cell of every sheet."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheetgen.pipeline import BuildRequest, build
from sheetgen.scheme.library import shipped
from tests.office.office import Office
from tests.office.poison import poison
from tests.office.values import differences

from .cached import read_cached, without_empty
from .data import AS_OF, company

LANGUAGES = {"vip-abc": "zh", "rfm": "en", "retail-diamond": "zh", "weighted-score": "en"}


@pytest.mark.parametrize("scheme", shipped())
def test_no_cell_differs(office: Office, scheme: str, tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    kinds = company(scheme, seed=7).write(tmp_path)
    built = build(
        BuildRequest(book, kinds=kinds, scheme=scheme, as_of=AS_OF, lang=LANGUAGES.get(scheme, "zh"))
    )
    relative = built.scheme.file.cut_by != "value"  # of a share nobody may have enough
    assert relative or all(n > 0 for n in built.tiers.values()), built.tiers
    cached, formulas = read_cached(book)
    poisoned = tmp_path / "poisoned.xlsx"
    count = poison(book, poisoned)
    assert count > 5_000
    office.open(poisoned)
    shown = without_empty(office.read_all(bools=False))
    wrong = {(sheet, cell) for sheet, cell, _, _ in differences(shown, cached)}
    assert len(wrong) > 0.95 * count
    assert wrong <= {(sheet, cell) for sheet, cells in formulas.items() for cell in cells}
    office.recalc()
    # of an array over 200 cells the file says the first value only; an engine fills in the others
    found = list(differences(without_empty(office.read_all(bools=False)), cached))
    unsaid = [d for d in found if d[0] == "_calc" and d[2:] == (0.0, None)]
    assert len(unsaid) == 199 * len(built.scheme.detail_tables)
    assert [d for d in found if d not in unsaid] == []
