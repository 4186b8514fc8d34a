"""Schemes are data: a metric, a criterion, a tag and a tier come by a change of the scheme's text alone."""

# ruff: noqa: E501 (the added lines of the scheme stand as they would in its file)

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from sheetgen.pipeline import BuildRequest, Built, build
from sheetgen.scheme.library import templates_folder
from tests.office.engine import recalc_cellrune
from tests.office.office import Office
from tests.office.poison import poison
from tests.office.values import differences as cell_differences

from .cached import read_cached, without_empty
from .data import AS_OF, company
from .desk import Desk, by_customer, differences
from .edits import T, add, change

MORE = {
    "metrics:\n": """metrics:
  pieces: {label: {zh: 年购件数, en: Pieces}, from: transactions, agg: sum, of: quantity, window: year, empty: 0, format: integer}
  largest: {label: {zh: 最大单笔, en: Largest}, from: transactions, agg: max, of: amount, window: year, empty: unknown, format: money}
  smallest: {label: {zh: 最小件数, en: Fewest}, from: transactions, agg: min, of: quantity, where: amount > 0, empty: unknown, format: integer}
  few: {label: {zh: 少件笔数, en: Small lines}, from: transactions, agg: count, where: quantity < 5 and quantity != 2, window: year, empty: 0, format: integer}
  some_orders: {label: {zh: 小单数, en: Small orders}, from: transactions, agg: count_distinct, of: order_id, where: quantity <= 20 and category != '糖浆', window: year, empty: 0, format: integer}
  shops: {label: {zh: 渠道数, en: Channels}, from: transactions, agg: count_distinct, of: channel, empty: 0, format: integer}
  coffee: {label: {zh: 咖啡额, en: Coffee}, from: transactions, agg: sum, of: amount, where: category == 'coffee', empty: 0, format: money}
  last_big: {label: {zh: 最近大单, en: Last big}, from: transactions, agg: last, of: date, where: quantity >= 30, empty: unknown, format: date}
""",
    "criteria:\n": "criteria:\n  pieces: {weight: 12.5, low: 0, high: 120}\n",
    "tags:\n": "tags:\n  bulk: {label: {zh: 大宗, en: Bulk}, when: pieces > 100}\n",
    "  - {id: b,": "  - {id: bb, label: {zh: BB级, en: BB}, at_least: 100000, benefits: {zh: 生日礼, en: Gift}, follow_up_days: 21, points_rate: 1.2}\n  - {id: b,",
}

RULES = {
    "windows": """
  year: {label: {zh: 本财年, en: Fiscal year}, period: year, first_month: fiscal_month}
  prior_year: {label: {zh: 上财年同期, en: Fiscal year before}, period: year, before: year}
  half: {label: {zh: 近六个月, en: Half year}, months: 6}
  half_before: {label: {zh: 前六个月, en: Half year before}, months: 6, before: half}
  quarter: {label: {zh: 上一完整季, en: Last whole quarter}, period: quarter, first_month: 2, whole: true}
  quarter_before: {label: {zh: 再上一季, en: Quarter before}, period: quarter, before: quarter}
  month: {label: {zh: 本月, en: Month to date}, period: month}
  month_before: {label: {zh: 上月同期, en: Month before}, period: month, before: month}
  last_year: {label: {zh: 上一自然年, en: Last natural year}, period: year, whole: true}
  days: {label: {zh: 财年前三十天, en: Thirty days before}, days: 30, before: year}
""",
    "criteria": """
  spend: {per: 10000, points: 10, cap: 200, group: money}
  orders: {per: 2, points: 3, full: true, group: money}
  complaints: {per: 1, points: -5, floor: -3, decay: {since: contacted, half_life: 60}}
  half_spend: {weight: 40, low: 0, high: 300000, cap: 95, decay: {since: recency, half_life: 90}}
  half_before_spend: {weight: 10, cuts: [0.002, 0.01, 0.03], cut_by: share}
  quarter_spend: {weight: 5, cuts: [0.05, 0.2, 0.5], cut_by: rank}
  last_year_spend: {weight: 5, cuts: [0.3, 0.8], cut_by: cumulative}
  satisfaction: {weight: 15, low: 1, high: 5, missing: neutral, neutral: 3, group: feeling}
  tenure: {weight: 10, low: 0, high: 36, missing: zero}
  growth: {weight: 5, low: 0, high: 1, floor: 20}
  average_order: {weight: 5, cuts: [1000, 5000], decay: {since: recency, half_life: 45}}
""",
    "bonus": ' "frequent_bonus if orders > frequent_over else 0"\nfactor: "variety_factor if categories >= 3 else 1"\n',
}
GROUPS = "groups:\n  money: {label: {zh: 消费, en: Money}, cap: 120, floor: -0.2}\n  feeling: {label: {zh: 反馈, en: Feedback}, cap: 8}\n\n"
NUMBERS = """parameters:
  fiscal_month: {label: {zh: 财年首月, en: Fiscal year from month}, value: 4, format: integer, low: 1, high: 12}
  variety_factor: {label: {zh: 多品类系数, en: Variety factor}, value: 1.1, format: decimal, low: 0, high: 3}
"""
OVER = ("half", "half_before", "quarter", "quarter_before", "month", "month_before", "last_year", "days")
MEASURES = (
    "metrics:\n  contacted: {label: {zh: 未联系天数, en: Days since contact}, from: service, agg: days_since, of: date, empty: unknown, format: integer}\n"
    + "".join(
        f"  {w}_spend: {{label: {{zh: {w}额, en: Spend {w}}}, from: transactions, agg: sum, of: amount, window: {w}, empty: 0, format: money}}\n"
        for w in OVER
    )
)


def section(text: str, name: str, body: str) -> str:
    """``text`` with another body of the section ``name``."""
    head, rest = text.split(f"\n{name}:", 1)
    return head + f"\n{name}:{body}" + rest[re.search(r"\n(?=[a-z]|\n)", rest).end() - 1 :]  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """vip-abc by fiscal years and by a score of units, limits, groups, decay and neutral values."""
    folder = tmp_path_factory.mktemp("ruled")
    text = (templates_folder() / "vip-abc" / "scheme.yml").read_text("utf-8")
    for name, body in RULES.items():
        text = section(text, name, body.rstrip("\n"))
    for here, more in {
        "parameters:\n": NUMBERS,
        "metrics:\n": MEASURES,
        "criteria:\n": GROUPS + "criteria:\n",
    }.items():
        assert text.count("\n" + here) == 1
        text = text.replace("\n" + here, "\n" + more)
    scheme = folder / "ruled.yml"
    scheme.write_text(text, "utf-8")
    data = company("vip-abc", seed=7, plain=12)
    for row in data.service[::2]:
        row["是否投诉"] = "是"
    return build(
        BuildRequest(folder / "book.xlsx", kinds=data.write(folder), scheme=str(scheme), as_of=AS_OF)
    )


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("extended")
    text = (templates_folder() / "vip-abc" / "scheme.yml").read_text("utf-8")
    for here, more in MORE.items():
        assert text.count("\n" + here) == 1
        text = text.replace(here, more)
    scheme = folder / "mine.yml"
    scheme.write_text(text, "utf-8")
    data = company("vip-abc", seed=3, plain=10)
    for i, row in enumerate(data.transactions):
        row["数量"] = "" if i % 7 == 0 else str(i % 41 / 10) if i % 5 == 0 else row["数量"]
    return build(
        BuildRequest(folder / "book.xlsx", kinds=data.write(folder), scheme=str(scheme), as_of=AS_OF)
    )


def test_the_new_columns_and_tier_are_there(extended: Built) -> None:
    assert extended.tiers["bb"] > 0
    frame = extended.graded.frame
    assert frame["tags"].str.contains("大宗").any()
    assert (frame["pieces_points"] > 0).any()
    cached, _ = read_cached(extended.request.out)
    headers = {v for cell, v in cached["价值评分"].items() if cell.rstrip("0123456789") + "3" == cell}
    assert {"年购件数", "最大单笔", "年购件数得分", "最近大单"} <= headers
    assert "BB级" in cached["客户级别"].values()
    assert "大宗额" not in headers


def test_no_cell_differs(office: Office, extended: Built, tmp_path: Path) -> None:
    book, poisoned = extended.request.out, tmp_path / "poisoned.xlsx"
    poison(book, poisoned)
    office.open(poisoned)
    office.recalc()
    found = cell_differences(without_empty(office.read_all(bools=False)), read_cached(book)[0])
    assert [d for d in found if d[0] != "_calc"] == []


def test_edits_reach_the_new_columns(office: Office, extended: Built, tmp_path: Path) -> None:
    office.open(extended.request.out)
    desk = Desk(office, extended, tmp_path)
    change("全优", 3, quantity=None, amount=77_000_000.0)(desk)
    change("全优", 4, quantity=1.5, category="Coffee", channel=None)(desk)
    change("单10", 2, category="COFFEE")(desk)
    desk.set_named("p_tier_bb", 90_000)
    desk.set_named("p_pieces_high", 60)
    assert differences(desk) == []
    change("单11", 2, quantity="三")(desk)
    assert [d[:3] for d in differences(desk)] == [("单11", "scores.smallest", "数据错误")]
    change("单11", 2, quantity=3)(desk)
    for customer in ("全优", "无交易", "平5"):
        add(desk, customer, 5.0, 0, "新单", "coffee")
        desk.put(T, desk.next_row(T) - 1, quantity=3.0, channel="网店")
        add(desk, customer, 6.0, 0, "新单2", "糖浆")
        add(desk, customer, 7.0, 0, "新单2", "x")
        desk.put(T, desk.next_row(T) - 1, quantity=31.0)
    assert differences(desk) == []
    desk.sort(T, "date")
    assert differences(desk) == []


def test_every_rule_shows(ruled: Built) -> None:
    """Each cap, floor, step and gap is reached by someone, so that a wrong one would differ."""
    frame = ruled.graded.frame
    assert set(frame["money_part"]) >= {120.0, -0.2}
    assert frame["feeling_part"].max() == 8
    assert frame["complaints_points"].min() == -3
    assert frame["complaints_points"].between(-2.9, -0.1).any()
    assert frame["growth_points"].min() == 20
    for key in ("half_before_spend", "quarter_spend", "last_year_spend"):
        assert len(set(frame[f"{key}_points"])) > 2, key
    assert (frame["half_spend_points"] % 1 > 0).any()
    assert (frame["completeness"] < 1).any()
    assert frame["score"].max() > 120
    spends = frame[[f"{w}_spend" for w in OVER]]
    assert (spends.sum() != 0).all() and spends.T.drop_duplicates().shape[0] == len(OVER)
    cached, _ = read_cached(ruled.request.out)
    shown = set(cached["参数设置"].values())
    assert {
        "近六个月：月数",
        "上一完整季：起始月份",
        "投诉次数：得分下限",
        "消费：得分上限",
        "平均满意度：无数据时取值",
    } <= shown


def test_no_cell_of_the_rules_differs(office: Office, ruled: Built, tmp_path: Path) -> None:
    book, poisoned = ruled.request.out, tmp_path / "poisoned.xlsx"
    poison(book, poisoned)
    office.open(poisoned)
    office.recalc()
    cached = read_cached(book)[0]
    found = cell_differences(without_empty(office.read_all(bools=False)), cached)
    assert [d for d in found if d[0] != "_calc"] == []
    second = cell_differences(without_empty(recalc_cellrune(poisoned)), cached)
    assert [d for d in second if d[0] != "_calc"] == []


def test_another_fiscal_month_moves_the_tiers(office: Office, ruled: Built, tmp_path: Path) -> None:
    office.open(ruled.request.out)
    desk = Desk(office, ruled, tmp_path)

    def tiers() -> list[object]:
        return sorted(
            str(row["computed_tier"]) for row in by_customer(desk, "tiers", desk.read("tiers")).values()
        )

    april = tiers()
    desk.set_named("p_fiscal_month", 11)
    november = tiers()
    assert november != april
    assert differences(desk) == []
    desk.set_named("p_fiscal_month", 1)
    assert tiers() not in (april, november)
    assert differences(desk) == []


def test_staff_change_windows_and_rules(office: Office, ruled: Built, tmp_path: Path) -> None:
    office.open(ruled.request.out)
    desk = Desk(office, ruled, tmp_path)
    for name, value in {
        "half_months": 5, "half_before_months": 7, "quarter_first_month": 3, "last_year_first_month": 10, "days_days": 45,
        "spend_per": 2_500, "spend_each": 4, "spend_cap": 90, "money_cap": 100, "money_floor": -0.4, "complaints_floor": -4.5,
        "half_spend_half_life": 30, "satisfaction_neutral": 4.5, "orders_per": 3, "quarter_spend_cut_2": 5_000, "variety_factor": 1.3,
    }.items():  # fmt: skip
        desk.set_named(f"p_{name}", value)
    assert differences(desk) == []
    for day in (date(2025, 2, 28), date(2024, 2, 29), date(2025, 8, 30)):
        desk.set_named("p_as_of", day)
        assert differences(desk, months=False) == []
