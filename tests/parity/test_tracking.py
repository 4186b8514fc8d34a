"""Rise and fall over three months of books: LibreOffice and Python hold the same tiers."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random

import pytest

from sheetgen.pipeline import BuildRequest, Built, build
from sheetgen.scheme.library import templates_folder
from tests.books import write_csv
from tests.office.office import Office
from tests.office.poison import poison
from tests.office.values import differences as cell_differences

from .cached import read_cached, without_empty
from .desk import Desk, differences

TRACKING = """tier_by: spend
tracking: {period: month, rise: next, fall_after: 2, fall: one_down, keep_part: 0.8, grace_days: 20, floor: b}
"""
MONTHS = (date(2025, 10, 31), date(2025, 11, 30), date(2025, 12, 31))
LEVELS = (100, 39_000, 41_000, 60_000, 150_000, 170_000, 250_000, 390_000, 450_000, 600_000)


@pytest.fixture(scope="module")
def third(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The third monthly book of forty customers who go up and down."""
    folder = tmp_path_factory.mktemp("tracking")
    text = (templates_folder() / "vip-abc" / "scheme.yml").read_text("utf-8")
    (folder / "mine.yml").write_text(text.replace("tier_by: spend\n", TRACKING), "utf-8")
    dice, previous, built = Random(5), None, None
    people = [f"K{i:02d}" for i in range(40)]
    for i, day in enumerate(MONTHS):
        sales = [(who, day.isoformat(), f"{dice.choice(LEVELS)}.00") for who in people[: 30 + 5 * i]]
        data = write_csv(folder / f"{i}.csv", ["客户编号", "日期", "金额"], sales)
        request = BuildRequest(
            folder / f"{i}.xlsx", [str(data)], scheme=str(folder / "mine.yml"), as_of=day, previous=previous
        )
        built, previous = build(request), request.out
    assert built is not None
    return built


def test_every_state_occurs(third: Built) -> None:
    frame = third.graded.frame
    assert {"待升级", "正常", "关注", "保级"} <= set(frame["status"])
    assert (frame["held_rank"] < frame["start_rank"]).any()
    assert (frame["held_rank"] != frame["rank"]).any()


def test_no_cell_differs(office: Office, third: Built, tmp_path: Path) -> None:
    poisoned = tmp_path / "poisoned.xlsx"
    poison(third.request.out, poisoned)
    office.open(poisoned)
    office.recalc()
    found = cell_differences(without_empty(office.read_all(bools=False)), read_cached(third.request.out)[0])
    assert [d for d in found if d[0] != "_calc"] == []


def test_staff_change_the_rules(office: Office, third: Built, tmp_path: Path) -> None:
    """One after the other, in the open book: each moves tiers, and as Python says."""
    office.open(third.request.out)
    desk = Desk(office, third, tmp_path)
    before = [row[:] for row in desk.read("tiers")]
    moved = 0
    for name, value in (
        ("p_track_fall_after", 1.0),
        ("p_track_fall_one", 0.0),
        ("p_track_rise_next", 0.0),
        ("p_track_keep_part", 1.0),
        ("p_keep_a", 120_000.0),
        ("p_track_floor", 3.0),
        ("p_track_grace_days", 90.0),
        ("p_track_lock_days", 300.0),
        ("p_as_of", date(2026, 3, 31)),
        ("p_track_period", 12.0),
        ("p_as_of", date(2025, 12, 1)),
        ("p_track_period", 0.0),
    ):
        desk.set_named(name, value)
        after = [row[:] for row in desk.read("tiers")]
        moved, before = moved + (after != before), after
        assert differences(desk) == [], name
    assert moved >= 8
