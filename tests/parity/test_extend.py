"""Schemes are data: a metric, a criterion, a tag and a tier come by a change of the scheme's text alone."""

# ruff: noqa: E501 (the added lines of the scheme stand as they would in its file)

from __future__ import annotations

from pathlib import Path

import pytest

from sheetgen.pipeline import BuildRequest, Built, build
from sheetgen.scheme.library import templates_folder
from tests.office.office import Office
from tests.office.poison import poison
from tests.office.values import differences as cell_differences

from .cached import read_cached, without_empty
from .data import AS_OF, company
from .desk import Desk, differences
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
