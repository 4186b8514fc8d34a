"""The comparison must see a formula that is not the twin of its value."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from sheetgen.pipeline import BuildRequest, build
from sheetgen.scheme.functions import FUNCTIONS
from sheetgen.workbook import detail, formulas
from tests.office.office import Office
from tests.office.poison import poison
from tests.office.values import differences

from .cached import read_cached, without_empty
from .data import AS_OF, company


def scale_without_an_end(patch: pytest.MonkeyPatch) -> None:
    wrong = dataclasses.replace(
        FUNCTIONS["scale"], formula=lambda _, x, lo, hi: f"({x}-{lo})/({hi}-{lo})*100"
    )
    patch.setitem(FUNCTIONS, "scale", wrong)


def window_with_its_eve(patch: pytest.MonkeyPatch) -> None:
    right = formulas.conditions

    def wrong(*args: object) -> list[tuple[str, str, str]]:
        return [(f, ">=" if op == ">" and f == "date" else op, value) for f, op, value in right(*args)]  # type: ignore[arg-type]

    for module in (formulas, detail):
        patch.setattr(module, "conditions", wrong)


def edges_not_reached(patch: pytest.MonkeyPatch) -> None:
    wrong = dataclasses.replace(FUNCTIONS["band"], formula=lambda _, x, table: f"SUMPRODUCT(--({table}<{x}))")
    patch.setitem(FUNCTIONS, "band", wrong)


FAULTS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], str, str]] = {
    "points above 100": (scale_without_an_end, "vip-abc", "价值评分"),
    "a day too many": (window_with_its_eve, "vip-abc", "价值评分"),
    "an edge that does not reach": (edges_not_reached, "retail-diamond", "客户级别"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_seen(office: Office, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, scheme, sheet = FAULTS[fault]
    plant(monkeypatch)
    book, poisoned = tmp_path / "book.xlsx", tmp_path / "poisoned.xlsx"
    build(BuildRequest(book, kinds=company(scheme, plain=2).write(tmp_path), scheme=scheme, as_of=AS_OF))
    poison(book, poisoned)
    office.open(poisoned)
    office.recalc()
    found = differences(without_empty(office.read_all(bools=False)), read_cached(book)[0])
    assert {where for where, *_ in found} > {sheet}
