"""Four schemes in one book: LibreOffice agrees in every cell, and each one's edges are live."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheetgen.pipeline import BuildRequest, Built, build
from tests.office.office import Office
from tests.office.poison import poison
from tests.office.values import differences as cell_differences

from .cached import read_cached, without_empty
from .data import AS_OF, company
from .desk import Desk, differences

BESIDE = ("rfm", "weighted-score", "phone-pareto")


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("beside")
    kinds = company("vip-abc", seed=12, plain=10).write(folder)
    request = BuildRequest(folder / "b.xlsx", kinds=kinds, as_of=AS_OF, beside=BESIDE)
    return build(request)


def test_no_cell_differs(office: Office, four: Built, tmp_path: Path) -> None:
    poisoned = tmp_path / "poisoned.xlsx"
    poison(four.request.out, poisoned)
    office.open(poisoned)
    office.recalc()
    found = cell_differences(without_empty(office.read_all(bools=False)), read_cached(four.request.out)[0])
    assert [d for d in found if d[0] != "_calc"] == []


def test_its_tiers_stand_beside_the_first_ones(four: Built) -> None:
    cells = read_cached(four.request.out)[0]["客户级别"]
    heads = {value for (row, _), value in _places(cells) if row == 3}
    assert {"系统级别", *(side.file.label.zh for side in four.scheme.sides)} <= heads
    assert four.beside.keys() == set(BESIDE)
    assert all(sum(counts.values()) == len(four.graded.frame) for counts in four.beside.values())


def _places(cells: dict[str, object]) -> list[tuple[tuple[int, str], object]]:
    import re

    found = []
    for cell, value in cells.items():
        parts = re.fullmatch(r"([A-Z]+)(\d+)", cell)
        assert parts
        found.append(((int(parts[2]), parts[1]), value))
    return found


def test_edges_of_a_side_are_live(office: Office, four: Built, tmp_path: Path) -> None:
    office.open(four.request.out)
    desk = Desk(office, four, tmp_path)
    score = four.scheme.sides[1]
    before = desk.read("tiers")
    for name, value in ((f"p_{score.cuts}_cut_1", 60.0), ("p_x3_spend_weight", 1.0), ("p_year_days", 30.0)):
        desk.set_named(name, value)
        after = desk.read("tiers")
        assert after != before
        before = after
        assert differences(desk) == []
