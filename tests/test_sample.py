"""The committed sample data is what the generator writes, and holds what its README says."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from sheetgen.sample import EDGES, FILES, make_sample, write_sample
from sheetgen.scheme.tables import data_tables

COMMITTED = Path(__file__).parents[1] / "sample_data"
Rows = list[dict[str, str]]


def parse(files: dict[str, str]) -> dict[str, Rows]:
    return {table: list(csv.DictReader(io.StringIO(files[name]))) for table, name in FILES.items()}


@pytest.fixture(scope="module")
def tables() -> dict[str, Rows]:
    return parse({name: (COMMITTED / name).read_text("utf-8") for name in FILES.values()})


def cents(text: str) -> int:
    whole, part = text.split(".")
    assert len(part) == 2
    return int(whole + part)


def counted(transactions: Rows) -> Rows:
    return [row for row in transactions if row["状态"] == "交易成功"]


def order_days(transactions: Rows) -> dict[str, str]:
    return {row["订单号"]: row["日期"] for row in counted(transactions) if cents(row["金额"]) > 0}


def spend(transactions: Rows, year: str, by_order: bool = True) -> dict[str, int]:
    """Net cents by customer of one calendar year: refunds on the day of their order, or on their own."""
    days, total = order_days(transactions), defaultdict(int)
    for row in counted(transactions):
        day = days[row["订单号"]] if by_order else row["日期"]
        if day.startswith(year):
            total[row["客户编号"]] += cents(row["金额"])
    return dict(total)


def orders(transactions: Rows, year: str) -> dict[str, set[str]]:
    found = defaultdict(set)
    for row in counted(transactions):
        if cents(row["金额"]) > 0 and row["日期"].startswith(year):
            found[row["客户编号"]].add(row["订单号"])
    return found


def test_committed_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    for path in write_sample(tmp_path / "new"):
        assert path.read_bytes() == (COMMITTED / path.name).read_bytes(), path.name
    assert sum((COMMITTED / name).stat().st_size for name in FILES.values()) < 1_500_000


def test_the_command_writes_the_files(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "sheetgen.sample", str(tmp_path / "x")], check=True)
    assert sorted(p.name for p in (tmp_path / "x").iterdir()) == sorted(FILES.values())
    refused = subprocess.run([sys.executable, "-m", "sheetgen.sample"], capture_output=True, check=False)
    assert refused.returncode != 0
    assert b"usage" in refused.stderr


def test_encoding_and_headers() -> None:
    for table, name in FILES.items():
        raw = (COMMITTED / name).read_bytes()
        assert not raw.startswith(b"\xef\xbb\xbf")
        assert b"\r" not in raw
        header = raw.decode("utf-8").split("\n", 1)[0].split(",")
        fields = data_tables()[table].sheet_fields  # whom staff delete stands in no export
        assert header == [field.label.zh for field in fields if field.id != "deleted"]


def test_sizes_and_keys(tables: dict[str, Rows]) -> None:
    ids = [row["客户编号"] for row in tables["customers"]]
    assert ids == [f"KH{i:04d}" for i in range(1, 337)]
    for column in ("客户名称", "联系方式"):
        assert len({row[column] for row in tables["customers"]}) == 336
    assert all(row["联系方式"][3:7] == "0000" for row in tables["customers"])
    assert len({row["负责人"] for row in tables["customers"]}) == 8
    assert {row["告知同意"] for row in tables["customers"]} == {"是", "否", ""}
    assert 8_000 <= len(tables["transactions"]) <= 9_500
    assert 1_300 <= len(tables["service"]) <= 1_500
    assert len(tables["preferences"]) == len({row["客户编号"] for row in tables["preferences"]}) == 120
    for rows in tables.values():
        assert {row["客户编号"] for row in rows} <= set(ids)
        assert len({tuple(row.values()) for row in rows}) == len(rows)
    assert 336 - len({row["客户编号"] for row in tables["transactions"]}) == 12
    assert 336 - len({row["客户编号"] for row in tables["service"]}) == 84
    registered = [row["登记日期"] for row in tables["customers"]]
    assert sum(day > "2025-06-30" for day in registered) == 30
    assert sum(day < "2024" for day in registered) == 230


def test_rare_names_are_there(tables: dict[str, Rows]) -> None:
    names = {row["客户编号"]: row["客户名称"] + row["联系人"] for row in tables["customers"]}
    assert "阿依古丽·买买提" in names["KH0007"]
    assert any(ord(letter) > 0xFFFF for letter in names["KH0029"])


def test_every_row_is_clean(tables: dict[str, Rows]) -> None:
    registered = {row["客户编号"]: row["登记日期"] for row in tables["customers"]}
    order_of: dict[str, tuple[str, ...]] = {}
    for row in tables["transactions"]:
        assert "2024-01-01" <= row["日期"] == date.fromisoformat(row["日期"]).isoformat() <= "2025-12-31"
        assert registered[row["客户编号"]] <= row["日期"]
        assert cents(row["金额"]) * int(row["数量"]) > 0
        assert row["产品或服务"] and row["品类"] and row["渠道"]
        assert row["状态"] in {"交易成功", "交易关闭", "待付款"}
        assert not row["付款日期"] or row["日期"] <= row["付款日期"] <= "2025-12-31"
        assert row["应付日期"] or not row["付款日期"]
        if cents(row["金额"]) > 0:
            head = (row["客户编号"], row["日期"], row["渠道"], row["状态"], row["应付日期"], row["付款日期"])
            assert order_of.setdefault(row["订单号"], head) == head
    assert max(row["日期"] for row in tables["transactions"]) == "2025-12-31"
    for row in tables["service"]:
        assert registered[row["客户编号"]] <= row["日期"] <= "2025-12-31"
        assert row["满意度"] in {"", "1", "2", "3", "4", "5"}
        assert row["是否投诉"] in {"是", "否"}
        assert not row["下次联系"] or row["下次联系"] > row["日期"]
        assert "{" not in row["咨询问题"]


def test_lines_refunds_and_states(tables: dict[str, Rows]) -> None:
    rows, bought = tables["transactions"], defaultdict(int)
    lines: dict[str, int] = defaultdict(int)
    for row in rows:
        if cents(row["金额"]) > 0:
            lines[row["订单号"]] += 1
            bought[row["客户编号"], row["订单号"], row["产品或服务"]] += cents(row["金额"])
    assert set(lines.values()) == {1, 2, 3, 4}
    refunds = [row for row in rows if cents(row["金额"]) < 0]
    assert 0.015 <= len(refunds) / len(rows) <= 0.025
    days = order_days(rows)
    for row in refunds:
        assert -cents(row["金额"]) <= bought[row["客户编号"], row["订单号"], row["产品或服务"]]
        assert days[row["订单号"]] < row["日期"]
    assert any(days[row["订单号"]] < "2025" <= row["日期"] for row in refunds)
    assert 0.005 <= sum(row["状态"] != "交易成功" for row in rows) / len(rows) <= 0.015
    assert sum(row["付款日期"] > row["应付日期"] for row in rows) > 300
    open_rows = [row for row in counted(rows) if row["应付日期"] and not row["付款日期"]]
    assert sum(row["应付日期"] < "2025-12-31" for row in open_rows) >= 30
    assert sum(row["应付日期"] > "2025-12-31" for row in open_rows) >= 100


def test_shares_growth_and_seasons(tables: dict[str, Rows]) -> None:
    now, before = spend(tables["transactions"], "2025"), spend(tables["transactions"], "2024")
    assert 1.10 <= sum(now.values()) / sum(before.values()) <= 1.20
    top = sorted(now.values(), reverse=True)[: round(336 * 0.2)]
    assert 0.75 <= sum(top) / sum(now.values()) <= 0.80
    vip = sum(x > 500_000_00 for x in now.values())
    a = sum(200_000_00 <= x <= 500_000_00 for x in now.values())
    b = sum(50_000_00 <= x < 200_000_00 for x in now.values())
    assert 8 <= vip <= 15 < a < b < 336 - vip - a - b
    both = {key: now.get(key, 0) / x for key, x in before.items() if x > 0}
    assert sum(x >= 2 for x in both.values()) >= 15
    assert sum(0 < x <= 0.6 for x in both.values()) >= 15
    assert sum(x == 0 for x in both.values()) >= 10
    assert len(now.keys() - before.keys()) >= 30
    months: dict[str, int] = defaultdict(int)
    for row in counted(tables["transactions"]):
        months[row["日期"][:7]] += cents(row["金额"])
    for year, total in (("2024", sum(before.values())), ("2025", sum(now.values()))):
        assert months[f"{year}-02"] < 0.6 * total / 12
        for peak in ("06", "11", "12"):
            assert months[f"{year}-{peak}"] > 1.2 * total / 12


def test_unhappy_customers_exist(tables: dict[str, Rows]) -> None:
    ratings, complaints = defaultdict(list), defaultdict(int)
    for row in tables["service"]:
        if row["满意度"]:
            ratings[row["客户编号"]].append(int(row["满意度"]))
        complaints[row["客户编号"]] += row["是否投诉"] == "是"
    assert sum(len(x) >= 2 and sum(x) / len(x) < 3 for x in ratings.values()) >= 10
    assert sum(x >= 2 for x in complaints.values()) >= 10
    assert any(row["下次联系"] > "2025-12-31" for row in tables["service"])


@pytest.mark.parametrize("seed", [20251231, 1, 7, 42])
def test_edge_customers_stand_on_their_edge_for_every_seed(seed: int) -> None:
    rows = parse(make_sample(seed))["transactions"]
    count = orders(rows, "2025")
    for by_order in (True, False):
        now, before = spend(rows, "2025", by_order), spend(rows, "2024", by_order)
        for key, edge in EDGES.items():
            assert (now[key], len(count[key])) == (edge.spend, edge.orders), key
            assert not edge.before or before[key] == edge.before
    own = defaultdict(set)
    for row in rows:
        own[row["客户编号"]] |= {row["状态"]} | ({"refund"} if cents(row["金额"]) < 0 else set())
    for key, edge in EDGES.items():
        expected = {name for name, there in (("refund", edge.refund), ("交易关闭", edge.closed)) if there}
        assert own[key] - {"交易成功"} == expected


def test_seeds_differ_and_repeat() -> None:
    assert make_sample(5) == make_sample(5)
    assert make_sample(5)["transactions.csv"] != make_sample(6)["transactions.csv"]


def test_readme_names_every_edge() -> None:
    readme = (COMMITTED / "README.md").read_text("utf-8")
    for key, edge in EDGES.items():
        assert f"| {key} | {edge.spend // 100:,}.{edge.spend % 100:02d} | {edge.orders} |" in readme
