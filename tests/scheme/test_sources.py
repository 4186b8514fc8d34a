"""The figures of each source, word for word: what the articles say is what the schemes do."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest

from sheetgen.grading.settings import resolve_cuts, start_settings
from sheetgen.grading.ties import tie_notes
from sheetgen.model import Facts
from sheetgen.scheme.library import shipped

from ..grading.base import AS_OF
from .reach import Row, graded_rows, loaded

CDNOW = Path(__file__).resolve().parents[3] / "shared" / "data" / "cdnow" / "CDNOW_master.txt.gz"


def tier(scheme: str, row: Row) -> str:
    return str(graded_rows(loaded(scheme), [row])["computed_tier"].iloc[0])


def tag(row: Row) -> str:
    return str(graded_rows(loaded("vip-abc"), [row])["tags"].iloc[0])


# 《客户分级管理制度》


@pytest.mark.parametrize(
    ("spend", "wanted"),
    [
        (500_000.01, "VIP级"),
        (500_000, "A级"),
        (200_000, "A级"),
        (199_999.99, "B级"),
        (50_000, "B级"),
        (49_999.99, "C级"),
        (0, "C级"),
    ],
)
def test_over_500000_is_vip_200000_a_50000_b(spend: float, wanted: str) -> None:
    """年度消费额超过50万元为VIP级，20万至50万元为A级，5万至20万元为B级，5万元以下为C级."""
    assert tier("vip-abc", {"spend": spend}) == wanted


def test_more_than_ten_orders_are_frequent_and_earn_a_bonus() -> None:
    """每年购买超过10次客户将被视为高频客户，享有额外优惠和积分奖励."""
    scheme = loaded("vip-abc")
    assert scheme.parameters["frequent_over"].value == 10
    assert tag({"orders": 10}) == ""
    assert tag({"orders": 11}) == "高频"
    rows = [{"orders": 10.0}, {"orders": 11.0}]
    plain, frequent = graded_rows(scheme, rows, {"orders_high": 1e12})["score"].tolist()
    assert round(frequent - plain, 2) == scheme.parameters["frequent_bonus"].value


def test_several_categories_raise_the_score() -> None:
    """拥有多品类购买记录的客户通常被评为更高等级."""
    scores = graded_rows(loaded("vip-abc"), [{"categories": float(n)} for n in (1, 2, 6)])["score"].tolist()
    assert scores == sorted(set(scores))


def test_services_are_those_of_the_source() -> None:
    """VIP级…专属客服、优先发货；A级…积分兑换、折扣优惠；B级和C级客户则享受基础服务."""
    benefits = {t.id: t.benefits.zh for t in loaded("vip-abc").file.tiers}
    assert benefits == {
        "vip": "专属客服、优先发货",
        "a": "积分兑换、折扣优惠",
        "b": "基础服务",
        "c": "基础服务",
    }


def test_average_order_above_2000_is_high_value() -> None:
    """将客单价超过2000元的客户定义为高价值客户."""
    found = [tier("ecommerce-aov", {"spend": s, "orders": 2}) for s in (3_999.98, 4_000, 4_000.02)]
    assert found == ["普通客户", "普通客户", "高价值客户"]


def test_ten_five_and_one_percent() -> None:
    """前10%的消费额占比客户定为VIP级，占比5%-10%的为A级，占比1%-5%的为B级，其余为C级."""
    share, rank = (
        [(t.id, t.at_least) for t in loaded(f"electronics-{name}").file.tiers] for name in ("share", "rank")
    )
    assert share == [("vip", 0.10), ("a", 0.05), ("b", 0.01), ("c", None)]
    assert rank == [("vip", 0.01), ("a", 0.05), ("b", 0.10), ("c", None)]
    assert [loaded(f"electronics-{name}").file.cut_by for name in ("share", "rank")] == ["share", "rank"]


def test_each_reading_of_the_electronics_company_names_the_other() -> None:
    for name, other in (("share", "rank"), ("rank", "share")):
        summary = loaded(f"electronics-{name}").file.summary
        assert f"electronics-{other}" in summary.zh and f"electronics-{other}" in summary.en
        assert "两种读法" in summary.zh and "two ways" in summary.en


def test_those_who_bring_80_percent() -> None:
    """80%的利润来源于20%的高价值客户: of five customers the first brings 80 % of it."""
    scheme = loaded("phone-pareto")
    assert (scheme.file.tiers[0].at_least, scheme.file.cut_by) == (0.8, "cumulative")
    rows = [{scheme.file.tier_by: v, "spend": v} for v in (8_000.0, 500.0, 500.0, 500.0, 500.0)]
    assert graded_rows(scheme, rows)["computed_tier"].tolist() == ["高价值客户"] + ["普通客户"] * 4


@pytest.mark.parametrize(
    ("before", "now", "wanted"), [(60_000, 120_000, "A级"), (60_000.01, 120_000, "B级"), (0, 120_000, "B级")]
)
def test_doubled_spend_makes_b_an_a(before: float, now: float, wanted: str) -> None:
    """发现一位原本为B级客户的客户在一年内消费额翻倍，于是将其升级为A级客户."""
    row = {"spend": now, "prior_spend": before, "tenure": 30.0}
    assert tier("appliance-growth", row) == wanted
    assert loaded("appliance-growth").parameters["growth_least"].value == 1


def test_the_hotel_says_the_figures_it_can_be_set_beside() -> None:
    """VIP客户占比达到30%，其平均消费额比普通客户高出40%."""
    file = loaded("hotel").file
    assert "30%" in file.source.zh and "40%" in file.source.zh
    assert [t.id for t in file.tiers] == ["vip", "regular"]


def test_points_for_every_spend_multiplied_by_the_tier() -> None:
    """客户在平台上的每笔消费均可获得积分，积分可兑换商品、优惠券等."""
    scheme = loaded("points")
    frame = graded_rows(scheme, [{"spend": 100.0}, {"spend": 50_000.0}, {"spend": 200_000.0}])
    rates = [t.points_rate for t in reversed(scheme.file.tiers)]
    yuan = scheme.parameters["points_a_yuan"].value
    assert frame["due_points"].tolist() == [
        spend * yuan * rate for spend, rate in zip((100, 50_000, 200_000), rates, strict=True)
    ]


# the classes that the other articles name


@pytest.mark.parametrize(
    ("scheme", "labels"),
    [
        ("retail-diamond", ["钻石级", "黄金级", "白银级", "普通级"]),
        ("finance-crm", ["高净值", "中高端", "普通"]),
        ("bank-aum", ["高净值", "中等净值", "低净值"]),
        ("ecommerce-activity", ["活跃客户", "潜在客户", "流失客户"]),
        ("ecommerce-value", ["高价值客户", "中等价值客户", "低价值客户"]),
        ("survey", ["高价值客户", "潜力客户", "一般客户"]),
        ("credit", ["高价值客户", "中价值客户", "低价值客户"]),
        ("hotel", ["VIP客户", "普通客户"]),
        ("telecom", ["高级别", "中级别", "普通级别"]),
    ],
)
def test_tiers_are_called_as_the_source_calls_them(scheme: str, labels: list[str]) -> None:
    assert [t.label.zh for t in loaded(scheme).file.tiers] == labels


@pytest.mark.parametrize(
    ("scheme", "metrics"),
    [
        ("telecom", {"minutes", "data", "campaigns"}),
        ("bank-aum", {"assets", "contribution", "products"}),
        ("credit", {"spend", "orders", "tenure"}),
        ("weighted-score", {"spend", "orders", "categories", "satisfaction", "complaints"}),
        ("survey", {"questionnaire", "interview", "observation", "spend", "orders"}),
        ("rfm", {"recency", "orders", "spend"}),
        ("ecommerce-value", {"orders", "spend"}),
    ],
)
def test_criteria_are_those_of_the_source(scheme: str, metrics: set[str]) -> None:
    assert metrics <= set(loaded(scheme).metrics)


def test_five_criteria_weigh_a_hundred() -> None:
    criteria = loaded("weighted-score").file.criteria
    assert len(criteria) == 5
    assert sum(c.weight or 0 for c in criteria.values()) == 100


@pytest.mark.parametrize("scheme", shipped())
def test_each_scheme_says_where_it_comes_from(scheme: str) -> None:
    file = loaded(scheme).file
    assert "《" in file.source.zh or "Hughes" in file.source.zh
    assert file.source.en != file.source.zh


# real purchases


def test_half_of_the_customers_of_cdnow_bought_once_and_are_told() -> None:
    """50.5 % of 23,570 customers have one order: no quintile may part them."""
    if not CDNOW.is_file():
        pytest.skip("the CDNOW purchases are not beside this checkout")
    with gzip.open(CDNOW, "rt") as lines:
        table = pd.read_csv(lines, sep=r"\s+", header=0, names=["id", "date", "cds", "value"])
    per = table.groupby("id").agg(orders=("date", "size"), spend=("value", "sum"), last=("date", "max"))
    days = (pd.Timestamp("1998-06-30") - pd.to_datetime(per["last"].astype(str))).dt.days
    scheme = loaded("rfm")
    frame = pd.DataFrame({"orders": per["orders"].astype(float), "spend": per["spend"], "recency": days})
    found = resolve_cuts(scheme, start_settings(scheme, AS_OF), Facts(frame, AS_OF), {})
    notes = {note.column: note for note in tie_notes(scheme, found, frame, "zh")}
    once = int((per["orders"] == 1).sum())
    assert (len(per), round(once / len(per), 3)) == (23_570, 0.505)
    note = notes["F 订单数"]
    assert (note.code, note.value, note.count) == ("SG711", "1", once)
    cuts = {f"orders_cut_{i}": cut for i, cut in enumerate(found.tables["orders_cut"], 1)}
    rows = [{"orders": float(n)} for n in sorted(set(per["orders"]))]
    points = {int(p) for p in graded_rows(scheme, rows, cuts)["orders_points"]}
    skipped = {int(score) for score in dict(note.facts)["scores"].split("、")}
    assert points | skipped == {1, 2, 3, 4, 5} and not points & skipped
