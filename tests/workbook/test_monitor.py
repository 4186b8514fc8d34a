"""The monitoring and the follow-ups on 总览 against plain counts over the cleaned tables."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sheetgen.i18n import text
from sheetgen.model import Clean
from sheetgen.scheme.common import standard
from sheetgen.scheme.library import load_scheme
from sheetgen.scheme.monitor import Monitor, monitor_of
from sheetgen.scheme.schema import Window
from sheetgen.workbook.book import Sheet
from sheetgen.workbook.figures import FIGURES, last_figures, tell
from sheetgen.workbook.read import read_previous

from ..books import make, sheets
from ..grading.base import AS_OF, cleaned, sale, serial
from .contents import Made, made, sample_made

YEAR = timedelta(days=365)
HEAD, NOW, BEFORE, CHANGE, RISE, TARGET, REACHED, LAST = range(8)


def shown(sheet: Sheet, title: str, skip: int, width: int) -> list[list[Any]]:
    """The values below a section's heading and ``skip`` more rows, to the first row without a first cell."""
    row = 1 + skip + next(r for (r, c), cell in sheet.cells.items() if c == 0 and cell.value == title)
    found = []
    while (row, 0) in sheet.cells:
        found.append([sheet.cells[row, c].value if (row, c) in sheet.cells else None for c in range(width)])
        row += 1
    return found


def monitoring(run: Made) -> dict[str, list[Any]]:
    """The monitoring's rows by label."""
    rows = shown(run.book.sheet("overview"), run.content.say("section_monitor"), 2, 10)
    return {str(row[HEAD]): row for row in rows}


def plain(clean: Clean, end: date, length: timedelta = YEAR) -> dict[str, float | None]:
    """The figures of one period, counted from the tables without the program's metrics."""
    start, before = pd.Timestamp(end - length), pd.Timestamp(end - 2 * length)
    sales, calls = clean.tables["transactions"], clean.tables["service"]
    inside = sales[(sales["date"] > start) & (sales["date"] <= pd.Timestamp(end))]
    orders = inside[inside["cents"] > 0].groupby("customer_id")["order_id"].nunique()
    earlier = sales[(sales["date"] > before) & (sales["date"] <= start) & (sales["cents"] > 0)]
    then = set(earlier["customer_id"])
    talks = calls[(calls["date"] > start) & (calls["date"] <= pd.Timestamp(end))]
    means = talks.groupby("customer_id")["satisfaction"].mean().dropna()
    money = int(inside["cents"].sum()) / 100
    return {
        "buyers": len(orders),
        "repurchase": (orders > 1).sum() / len(orders) if len(orders) else None,
        "retention": len(then & set(orders.index)) / len(then) if then else None,
        "satisfaction": means.mean() if len(means) else None,
        "complaints": float((talks["complaint"] == "yes").sum()),
        "revenue": money,
        "per_customer": money / len(orders) if len(orders) else None,
        "per_order": money / orders.sum() if len(orders) else None,
    }


@pytest.mark.parametrize("scheme", ["vip-abc", "rfm", "lifecycle", "weighted-score"])
def test_figures_of_both_periods(scheme: str) -> None:
    run = sample_made(scheme)
    rows, clean = monitoring(run), run.content.clean
    label = run.content.scheme.label(run.content.scheme.file.revenue).zh
    now, then = plain(clean, AS_OF), plain(clean, AS_OF - YEAR)
    for key, value in now.items():
        row = rows[text(f"figure_{key}", "zh", label=label)]
        for place, wanted in ((NOW, value), (BEFORE, then[key])):
            # means of customers are rounded before they are averaged
            assert row[place] == (None if wanted is None else pytest.approx(wanted, abs=0.0101)), key
        if row[BEFORE]:
            assert row[RISE] == pytest.approx(row[NOW] / row[BEFORE] - 1, abs=5.1e-5)
        else:
            assert (row[CHANGE], row[RISE]) == (None, None)
    assert rows["留存率"][BEFORE] is None  # the sample begins with the last period


def test_targets_and_what_came_of_them() -> None:
    rows = monitoring(sample_made())
    assert [rows[key][TARGET] for key in ("复购率", "留存率", "平均满意度", "户均")] == [0.15, 0.15, 0.2, 0.2]
    for row in rows.values():
        if row[TARGET] is None or row[RISE] is None:
            assert row[REACHED] is None
        else:
            assert row[REACHED] == ("达标" if row[RISE] >= row[TARGET] else "未达标")
    assert rows["平均满意度"][REACHED] == "未达标"
    assert rows["投诉次数"][TARGET] is None


def test_tier_shares_are_those_of_the_distribution() -> None:
    run = sample_made()
    ranks, rows = run.content.graded.frame["final_rank"], monitoring(run)
    for i, tier in enumerate(run.content.scheme.file.tiers):
        row = rows[text("figure_tier", "zh", tier=tier.label.zh)]
        assert row[NOW] == pytest.approx((ranks == 4 - i).mean(), abs=5.1e-5)
        assert row[BEFORE] is None


# what is unknown


def test_without_a_last_period_nothing_is_compared() -> None:
    run = made(
        cleaned([{"customer_id": "A"}, {"customer_id": "B"}], [sale("A", 500), sale("A", 700)]), as_of=AS_OF
    )
    rows = monitoring(run)
    assert [row[NOW] for row in rows.values()][:4] == [1, 1.0, None, None]
    assert [row[NOW] for row in rows.values()][4:8] == [12.0, 12.0, 6.0, None]
    for row in rows.values():
        assert row[BEFORE : RISE + 1] == [None, None, None]


def test_nobody_at_all() -> None:
    rows = monitoring(made(cleaned([]), as_of=AS_OF))
    assert all(row[place] is None for row in rows.values() for place in (NOW, BEFORE, CHANGE, RISE, LAST))


def test_a_customer_who_only_sent_goods_back_bought_nothing() -> None:
    sales = [sale("A", -500), sale("B", 1_000), sale("B", 1_000, AS_OF - YEAR), sale("A", 9, AS_OF - YEAR)]
    rows = monitoring(made(cleaned([{"customer_id": c} for c in "AB"], sales), as_of=AS_OF))
    assert rows["有购买的客户"][NOW : BEFORE + 1] == [1, 2]
    assert rows["留存率"][NOW] == 0.5
    assert rows["户均"][NOW] == 5.0


def test_calls_without_stars_or_complaints() -> None:
    calls = [{"customer_id": "A", "date": AS_OF, "complaint": ""}]
    rows = monitoring(made(cleaned([{"customer_id": "A"}], [sale("A", 1)], calls), as_of=AS_OF))
    assert (rows["平均满意度"][NOW], rows["投诉次数"][NOW]) == (None, 0)
    assert rows["投诉次数"][BEFORE] is None


def test_a_last_period_that_begins_late_is_told() -> None:
    def line(back: int) -> str:
        sales = [sale("A", 100), sale("A", 100, AS_OF - timedelta(days=back))]
        run = made(cleaned([{"customer_id": "A"}], sales), as_of=AS_OF)
        return next(
            str(c.value)
            for (_, col), c in run.book.sheet("overview").cells.items()
            if col == 0 and str(c.value).startswith("本期：")
        )

    assert "数据可能不全" in line(699)
    assert "数据可能不全" not in line(700)
    assert "数据可能不全" not in line(729)
    assert "数据可能不全" not in line(100)


# the periods


def test_periods_are_equally_long_whatever_staff_set() -> None:
    scheme = load_scheme("rfm")
    assert scheme.monitor.periods == ("year", "monitor_before", "monitor_earlier")
    days = scheme.monitor.days(scheme.file.windows, {"year_days": 30.0}, date(2025, 12, 31))
    assert days["monitor_before"] == (date(2025, 11, 1), date(2025, 12, 1))
    assert days["monitor_earlier"] == (date(2025, 10, 2), date(2025, 11, 1))
    assert "p_year_days" in scheme.monitor.formulas(scheme.file.windows)["monitor_earlier"][0]


def test_a_natural_year_is_compared_with_the_same_part_of_the_year_before() -> None:
    file = load_scheme("rfm").file
    year = Window(label=file.label, period="year")
    monitor, _ = monitor_of(
        file.model_copy(update={"windows": {"year": year}}), file.metrics, standard()["monitor"]
    )
    days = monitor.days({"year": year}, {"year_first_month": 1.0}, date(2024, 2, 29))
    assert days["monitor_before"] == (date(2022, 12, 31), date(2023, 2, 28))


def test_a_declared_period_before_serves_when_it_is_alike() -> None:
    file = load_scheme("vip-abc").file
    assert monitor_of(file, file.metrics, standard()["monitor"])[0].periods[1] == "prior_year"
    short = file.windows | {"prior_year": file.windows["prior_year"].model_copy(update={"days": 30})}
    odd = file.model_copy(update={"windows": short})
    assert monitor_of(odd, file.metrics, standard()["monitor"])[0].periods[1] == "monitor_before"


def test_without_windows_there_is_no_monitoring() -> None:
    file = load_scheme("rfm").file.model_copy(update={"windows": {}})
    assert monitor_of(file, {}, standard()["monitor"]) == (Monitor(), {})


def test_money_from_another_table() -> None:
    run = sample_made("telecom")
    usage = run.content.clean.tables["usage"]
    this = usage[usage["date"] > pd.Timestamp(AS_OF - YEAR)]
    rows = monitoring(run)
    assert "复购率" not in rows
    assert rows["有购买的客户"][NOW] == this["customer_id"].nunique()
    told = tell(run.content, next(f for f in FIGURES if f.id == "revenue"), 0)
    assert told is not None
    assert told.value == int(this["fee"].sum()) / 100


# the last book


@pytest.fixture(scope="module")
def two_books(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("two")
    first, second = folder / "first.xlsx", folder / "second.xlsx"
    make(first, as_of=AS_OF - timedelta(days=30))
    make(second, as_of=AS_OF, previous=first)
    return first, second


def rows_in(path: Path) -> dict[str, list[Any]]:
    grid = sheets(path)["总览"].rows
    top = next(i for i, row in enumerate(grid) if row[0] == "运营监测")
    return {str(row[0]): row for row in grid[top + 3 : top + 15]}


def test_figures_of_the_last_book_stand_beside_this_one(two_books: tuple[Path, Path]) -> None:
    old, new = rows_in(two_books[0]), rows_in(two_books[1])
    assert len(new) == 12
    for label, row in new.items():
        assert row[LAST] == old[label][NOW], label
        if isinstance(row[NOW], float) and isinstance(row[LAST], float) and row[LAST] > 0:
            assert row[LAST + 2] == pytest.approx(row[NOW] / row[LAST] - 1, abs=5.1e-5), label
    assert any(row[NOW] != row[LAST] for row in new.values())
    assert all(row[LAST] == "" for row in old.values())
    line = next(row[0] for row in sheets(two_books[1])["总览"].rows if str(row[0]).startswith("本期"))
    assert line.endswith("上一本表格：截止 2025-12-01")


def test_figures_of_another_scheme_are_not_compared(two_books: tuple[Path, Path]) -> None:
    assert read_previous(two_books[0], load_scheme("vip-abc")).figures["as_of"] == serial(date(2025, 12, 1))
    assert read_previous(two_books[0], load_scheme("rfm")).figures == {}


def test_only_numbers_are_taken_from_the_state() -> None:
    state = {
        "scheme": "x",
        "figure:a": "1.5",
        "figure:b": "",
        "figure:c": "#N/A",
        "figure:d": "nan",
        "as_of": "2",
    }
    assert last_figures(state, "x") == {"a": 1.5}
    assert last_figures(state, "y") == {}


# follow-ups


def urgent(run: Made) -> list[list[Any]]:
    rows = shown(run.book.sheet("overview"), text("section_urgent", "zh"), 2, 12)
    return [[row[i] for i in (1, 3, 5, 6, 7)] for row in rows if row[0] or row[1]]


@pytest.mark.parametrize("scheme", ["vip-abc", "rfm"])
def test_the_most_urgent_customers(scheme: str) -> None:
    run = sample_made(scheme)
    frame, people = run.content.graded.frame, run.content.clean.tables["customers"]
    as_of = run.content.as_of_serial
    wanted = [
        (due >= as_of, -rank, due, place)
        for place, (rank, due) in enumerate(zip(frame["final_rank"], frame["next_follow_up"], strict=True))
        if due < as_of + 7
    ]
    rows = urgent(run)
    assert len(rows) == 15
    for row, (*_, due, place) in zip(rows, sorted(wanted), strict=False):
        assert row[0] == people["customer_id"][place]
        assert row[1:] == [frame["final_tier"][place], people["owner"][place], due, max(0, as_of - due)]


def test_a_short_list_of_equal_customers() -> None:
    run = made(cleaned([{"customer_id": c} for c in "BAC"]), as_of=AS_OF)
    assert [row[0] for row in urgent(run)] == ["B", "A", "C"]
    assert [row[3] for row in urgent(run)] == [serial(AS_OF)] * 3


def test_account_managers_of_one_name_in_two_cases_are_one() -> None:
    people = [
        {"customer_id": str(i), "owner": owner} for i, owner in enumerate(("Amy", "AMY", "bob", "", "*"))
    ]
    run = made(cleaned(people), as_of=AS_OF)
    rows = shown(run.book.sheet("overview"), text("section_due", "zh"), 1, 6)
    assert [row[:2] for row in rows] == [
        ["Amy", 2],
        ["*", 1],
        ["bob", 1],
        [text("due_others", "zh"), 1],
        ["合计", 5],
    ]


def test_managers_beyond_the_longest_list_are_added_up() -> None:
    people = [{"customer_id": str(i), "owner": f"人{i:02d}"} for i in range(15)]
    rows = shown(made(cleaned(people), as_of=AS_OF).book.sheet("overview"), text("section_due", "zh"), 1, 6)
    assert [row[1] for row in rows] == [1] * 12 + [3, 15]
