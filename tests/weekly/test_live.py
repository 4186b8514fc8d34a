"""In the open book: what staff type counts at once, and one with their own columns computes as any other."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sheetgen.grading.prefer import BESIDE
from sheetgen.pipeline import Built

from ..books import make, write_csv
from ..office.office import Office
from ..office.poison import poison
from ..office.values import differences
from ..parity.cached import read_cached, without_empty
from .desk import Desk, read
from .test_carried import left, raw, with_own


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A book with a correction, own columns and an own sheet."""
    folder = tmp_path_factory.mktemp("live")
    first = make(folder / "1.xlsx", raw(folder / "d"), as_of=date(2025, 6, 1)).request.out

    def edit(wb: object) -> None:
        with_own(wb)
        wb["历史交易"]["C4"] = 70_000  # type: ignore[index]

    left(first, folder / "1e.xlsx", edit)
    served = [("K1", "2025-05-20", "电话", "交期", "已答复", "王五", "5", "否")]
    service = write_csv(
        folder / "s.csv",
        ["客户编号", "日期", "渠道", "咨询问题", "解决措施", "处理人", "满意度", "是否投诉"],
        served,
    )
    paths = [*raw(folder / "d"), service]
    return make(folder / "2.xlsx", paths, as_of=date(2025, 6, 8), previous=folder / "1e.xlsx")


def test_both_engines_agree_in_every_cell(built: Built, office: Office, tmp_path: Path) -> None:
    cached, _ = read_cached(built.request.out)
    assert read(built.request.out, "tiers").of("K1")["最终级别"] == "B级", "the correction counts"
    count = poison(built.request.out, tmp_path / "p.xlsx")
    office.open(tmp_path / "p.xlsx")
    assert len(list(differences(without_empty(office.read_all(bools=False)), cached))) > 0.9 * count
    office.recalc()
    found = list(differences(without_empty(office.read_all(bools=False)), cached))
    assert [d for d in found if d[0] != "_calc" or d[2:] != (0.0, None)] == []


def test_service_entries_count_as_they_are_typed(built: Built, office: Office) -> None:
    desk = Desk(office, built.request.out)
    scores = read(built.request.out, "scores")
    cells = {
        header: f"{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[scores.headers.index(header)]}{scores.row_of('K1')}"
        for header in ("平均满意度", "投诉次数")
    }
    assert [office.cell("价值评分", cell) for cell in cells.values()] == [5.0, 0.0]
    desk.add("service", 客户编号="K1", 日期=date(2025, 6, 7), 满意度=2.0, 是否投诉="是")
    assert [office.cell("价值评分", cell) for cell in cells.values()] == [3.5, 1.0]


def test_a_preference_that_differs_is_marked_while_it_does(built: Built, office: Office) -> None:
    from sheetgen.workbook.layout import letter

    grid = read(built.request.out, "preferences")
    assert grid.of("K1")["距上次购买（天）"] == 37.0
    desk = Desk(office, built.request.out)
    rules = marked(built.request.out)
    assert len(rules) == 2 * len(BESIDE)
    row, at = grid.row_of("K1"), letter(len(grid.rows[2]) + 2)
    rule = next(r for r in rules if f"${letter(grid.headers.index('偏好品类'))}4" in r)
    office.set("客户偏好", f"{at}{row}", "=" + rule.replace("4", str(row)))
    seen = []
    for words in ("", grid.of("K1")["常购品类"], "从不买的"):
        desk.type("preferences", "K1", "偏好品类", words)
        seen.append(bool(office.cell("客户偏好", f"{at}{row}")))
    assert seen == [False, False, True]


def marked(path: Path) -> list[str]:
    """The rules by which cells of 客户偏好 are coloured."""
    from openpyxl import load_workbook

    ws = load_workbook(path)["客户偏好"]
    return [rule.formula[0] for found in ws.conditional_formatting for rule in found.rules if rule.formula]
