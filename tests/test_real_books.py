"""Books from published data show the published figures, in what the run says and on the sheet itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sheetgen.pipeline import Built

from .books import DATA, make, only


def real(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"real data {name} is not here")
    return path


def reconciled(built: Built) -> dict[str, list[Any]]:
    """The reconciliation as it stands on 数据质量."""
    names = {"读入", "已用", "搁置", "重复", "状态排除", "表头表尾空行", "差额"}
    rows = only(built.request.out, "quality").rows
    found = {row[0]: row[1:3] for row in rows[:20] if row[0] in names}
    assert set(found) == names
    return found


def tier_counts(built: Built) -> dict[str, float]:
    """The tier distribution as it stands on 总览."""
    rows = only(built.request.out, "overview").rows
    top = next(i for i, row in enumerate(rows) if row[0] == "级别分布")
    return {row[0]: row[1] for row in rows[top + 2 : top + 3 + len(built.scheme.file.tiers)]}


@pytest.fixture(scope="module")
def retail(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return make(tmp_path_factory.mktemp("retail") / "b.xlsx", [real("online_retail/online_retail.csv.gz")])


def test_online_retail_reconciles(retail: Built) -> None:
    ledger = retail.clean.ledger
    assert ledger.read_rows - ledger.rows["structure"] == 541_909
    assert ledger.rows["held_back"] == 135_080
    assert ledger.rows["used"] == 541_909 - 135_080
    assert ledger.balances
    told = dict(next(i for i in retail.issues if i.code == "SG417").facts)
    assert told == {"exact": "9747747.934", "residue": "0.004"}
    assert reconciled(retail) == {
        "读入": [541_910, 9_747_747.93],
        "已用": [406_829, 8_300_065.81],
        "搁置": [135_080, 1_447_682.12],
        "重复": [0, 0],
        "状态排除": [0, 0],
        "表头表尾空行": [1, 0],
        "差额": [0, 0],
    }


def test_online_retail_customers_and_money(retail: Built) -> None:
    frame, sales = retail.graded.frame, retail.clean.tables["transactions"]
    assert len(frame) == 4_372
    assert tier_counts(retail)["合计"] == 4_372
    assert sum(retail.tiers.values()) == 4_372
    assert list(tier_counts(retail).values())[:-1] == list(retail.tiers.values())
    inside = sales[(sales["date"] > "2010-12-09") & (sales["date"] <= "2011-12-09")]
    assert retail.graded.settings.as_of.isoformat() == "2011-12-09"
    assert round(float(frame["spend"].sum()) * 100) == int(inside["cents"].sum())
    spend = inside.groupby("customer_id")["cents"].sum().reindex(frame["customer_id"]).fillna(0)
    assert np.array_equal(spend.to_numpy(), np.rint(frame["spend"].to_numpy() * 100))


def test_online_retail_customers_of_returns_only_are_there(retail: Built) -> None:
    frame = retail.graded.frame
    sales = retail.clean.tables["transactions"]
    never = set(frame["customer_id"]) - set(sales.loc[sales["cents"] > 0, "customer_id"])
    assert len(never) >= 34
    assert frame[frame["customer_id"].isin(never)]["recency"].isna().all()
    assert (frame[frame["customer_id"].isin(never)]["final_tier"] == "C级").all()


@pytest.mark.parametrize("scheme", ["vip-abc", "retail-diamond"])
def test_superstore(tmp_path: Path, scheme: str) -> None:
    built = make(tmp_path / "b.xlsx", [real("superstore/superstore.csv.gz")], scheme=scheme)
    shown = reconciled(built)
    assert shown["读入"] == [9_995, 2_297_201.07]
    assert shown["已用"] == [9_994, 2_297_201.07]
    assert shown["差额"] == [0, 0]
    told = dict(next(i for i in built.issues if i.code == "SG417").facts)
    assert told["exact"].startswith("2297200.86")
    assert len(built.graded.frame) == 793
    assert tier_counts(built)["合计"] == 793
    grid = only(built.request.out, "tiers")
    assert grid.of("CG-12520")["客户名称"] == "Claire Gute"


@pytest.fixture(scope="module")
def cdnow(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return make(
        tmp_path_factory.mktemp("cdnow") / "b.xlsx", [real("cdnow/CDNOW_master.txt.gz")], scheme="rfm"
    )


def test_cdnow_reconciles(cdnow: Built) -> None:
    assert reconciled(cdnow) == {
        "读入": [69_660, 2_500_315.63],
        "已用": [69_659, 2_500_315.63],
        "搁置": [0, 0],
        "重复": [0, 0],
        "状态排除": [0, 0],
        "表头表尾空行": [1, 0],
        "差额": [0, 0],
    }
    assert len(cdnow.graded.frame) == 23_570
    assert sum(cdnow.tiers.values()) == 23_570
    assert tier_counts(cdnow)["合计"] == 23_570


def test_cdnow_ties_are_never_split_and_nothing_is_no_frequency(cdnow: Built) -> None:
    frame = cdnow.graded.frame
    for key in ("recency", "orders", "spend"):
        assert (frame.groupby(key)[f"{key}_points"].nunique() == 1).all()
    idle = frame[frame["orders"] == 0]
    assert len(idle) > 10_000
    assert set(idle["orders_points"]) == {1.0}
    assert set(frame.loc[frame["spend"] == 0, "spend_points"]) == {1.0}
    assert not set(idle["final_tier"]) & {"重要价值客户", "重要保持客户", "一般价值客户", "一般保持客户"}


def test_cdnow_pareto_is_not_80_20(tmp_path: Path) -> None:
    """Over the whole life of the data the top 20 % bring 67.8 % and the top 10 % 50.9 %."""
    built = make(
        tmp_path / "b.xlsx",
        [real("cdnow/CDNOW_master.txt.gz")],
        scheme="retail-diamond",
        parameters={"year_days": 3_650.0},
    )
    rows = only(built.request.out, "overview").rows
    top = next(i for i, row in enumerate(rows) if str(row[0]).startswith("帕累托"))
    shares = {round(row[0], 2): row[1:4] for row in rows[top + 2 : top + 13]}
    assert shares[0.2][0] == 4_714
    assert shares[0.2][2] == pytest.approx(0.678, abs=0.0006)
    assert shares[0.1][2] == pytest.approx(0.509, abs=0.0006)
    assert shares[1.0] == [23_570, 2_500_315.63, 1]
