"""Raw tables to typed ones: every record one fate, every cent accounted for."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheetgen.i18n import LANGS
from sheetgen.ingest.clean import clean
from sheetgen.ingest.sources import read_inputs
from sheetgen.model import Clean

Run = Callable[..., Clean]
HEAD = "订单号,客户编号,日期,金额,订单状态\n"


def codes(found: Clean) -> dict[str, int]:
    return {i.code: i.count for i in found.issues}


def test_the_shape_of_the_transactions(cleaned: Run) -> None:
    found = cleaned({"a.csv": "客户编号,日期,金额,门店\n007,2024-01-05 10:00,¥1.50,东\n"})
    frame = found.tables["transactions"]
    assert frame.iloc[0].dropna().to_dict() == {
        "customer_id": "007",
        "date": pd.Timestamp("2024-01-05"),
        "cents": 150,
        "order_id": "#1-2",
        "product": "",
        "category": "—",
        "channel": "",
        "status": "paid",
        "file": "a.csv",
        "line": 2,
        "x:门店": "东",
    }
    assert {c: str(frame[c].dtype) for c in ("date", "cents", "quantity", "due_on", "line")} == {
        "date": "datetime64[ns]",
        "cents": "int64",
        "quantity": "float64",
        "due_on": "datetime64[ns]",
        "line": "int64",
    }
    assert found.extras["transactions"] == {"x:门店": "门店"}


def test_every_fate(cleaned: Run) -> None:
    rows = [
        "A1,1,2024-01-05,10,已完成",
        "A1,1,2024-01-05,10,已完成",
        "A2,,2024-01-05,20,已完成",
        "A3,3,2024-02-30,30,已完成",
        "A4,4,2024-01-05,四十,已完成",
        "A5,5,,50,已完成",
        "A6,6,2024-01-05,60,交易关闭",
        "A7,7,,,待付款",
        "A8,8,2024-01-05,80,退款成功,多,余",
        "合计,,,250,",
    ]
    found = cleaned({"a.csv": HEAD + "\n".join(rows)})
    assert found.ledger.rows == {"used": 1, "held_back": 5, "duplicate": 1, "status": 2, "structure": 2}
    assert found.ledger.cents == {
        "used": 1000,
        "held_back": 10_000,
        "duplicate": 1000,
        "status": 6000,
        "structure": 0,
    }
    assert (found.ledger.read_rows, found.ledger.read_cents) == (11, 18_000)
    out = found.ledger.left_out
    assert list(out.columns) == ["file", "line", "table", "fate", "code", "column", "value", "cents"]
    assert list(zip(out["line"], out["code"], out["value"], out["cents"], strict=True))[:7] == [
        (3, "SG410", "A1", 1000),
        (4, "SG404", "", 2000),
        (5, "SG431", "2024-02-30", 3000),
        (6, "SG412", "四十", 0),
        (7, "SG430", "", 5000),
        (8, "SG424", "交易关闭", 6000),
        (9, "SG424", "待付款", 0),
    ]
    assert out.iloc[7][["line", "code", "fate"]].tolist() == [10, "SG206", "held_back"]
    # the customer of a closed order is one, those of records held back are not
    assert found.tables["customers"]["customer_id"].tolist() == ["1", "6", "7"]


def test_every_issue_has_words(cleaned: Run) -> None:
    rows = [
        "A*,1,2024-01-05,1.005,怪",
        "A9,1,05/06/2024,1,",
        "A9,2,x,1,",
        "A9,2,2024-01-05,1e400,",
        "B,2,2024-01-05,$5,",
    ]
    for issue in cleaned({"a.csv": HEAD + "\n".join(rows)}).issues:
        for lang in LANGS:
            assert "{" not in issue.message(lang)


def test_equal_rows_without_order_ids_or_within_an_order_stay(cleaned: Run) -> None:
    twice = "1,2024-01-05,10\n1,2024-01-05,10\n"
    found = cleaned({"a.csv": "客户编号,日期,金额\n" + twice})
    assert found.ledger.rows["used"] == 2
    assert codes(found)["SG411"] == 1
    lines = HEAD + "A,1,2024-01-05,10,\nA,1,2024-01-05,10,\nA,1,2024-01-05,20,\n"
    assert cleaned({"b.csv": lines}).ledger.rows["used"] == 3


def test_overlapping_exports_count_once(cleaned: Run) -> None:
    week1 = "A,1,2024-01-05,10,\nA,1,2024-01-05,10,\nA,1,2024-01-05,20,\n"
    week2 = "B,1,2024-01-12,30,\n"
    week3 = "C,1,2024-01-19,40,\n"
    found = cleaned({"a.csv": HEAD + week1 + week2, "b.csv": HEAD + week2 + week1 + week3})
    assert found.ledger.cents["used"] == 11_000
    assert found.ledger.rows["duplicate"] == 4


def test_the_same_file_twice_counts_once(cleaned: Run) -> None:
    text = "客户编号,日期,金额\n1,2024-01-05,10\n2,2024-01-05,10,1,1\n"
    found = cleaned({"a.csv": text, "b.csv": text})
    assert found.ledger.rows == {"used": 1, "held_back": 1, "duplicate": 2, "status": 0, "structure": 2}
    assert codes(found)["SG114"] == 1
    assert set(found.ledger.left_out.query("file == 'b.csv'")["code"]) == {"SG114"}


def test_a_refund_counts_on_the_day_of_its_sale(cleaned: Run) -> None:
    rows = [
        "A,1,2024-01-05,100,",
        "A,1,2024-03-01,-40,",
        "A,2,2024-03-02,-1,",
        "B,1,2024-03-03,-2,",
        "C,1,2024-03-05,9,",
        "C,1,2024-03-04,-3,",
    ]
    found = cleaned({"a.csv": HEAD + "\n".join(rows)})
    frame = found.tables["transactions"]
    assert frame["date"].dt.strftime("%m-%d").tolist() == [
        "01-05",
        "01-05",
        "03-02",
        "03-03",
        "03-05",
        "03-04",
    ]
    assert frame["x:refund_date"].tolist() == ["", "2024-03-01", "", "", "", ""]
    assert found.extras["transactions"]["x:refund_date"] == "退款日期/Refunded on"
    assert (codes(found)["SG420"], codes(found)["SG422"]) == (2, 1)
    assert "x:refund_date" not in cleaned({"b.csv": HEAD + rows[0]}).tables["transactions"]


def test_wildcards_become_full_width(cleaned: Run) -> None:
    found = cleaned({"a.csv": "订单号,客户编号,日期,金额,品类\nA*1,1,2024-01-05,1,咨询?~\n"})
    frame = found.tables["transactions"]
    assert (frame["order_id"][0], frame["category"][0]) == ("A＊1", "咨询？～")
    assert codes(found)["SG418"] == 1


def test_customers_once_with_the_newest_name_and_all_that_others_name(cleaned: Run) -> None:
    found = cleaned(
        {
            "k.csv": "客户编号,客户名称,手机\n002,乙,\n001,旧名,\n001,新名,13812345678\n001,,\n,无,\n",
            "t.csv": "客户编号,客户名称,地区,日期,金额\n"
            "010,癸,北京,2024-01-05,1\n001,x,,2024-01-05,1\n009,,,2024-01-05,1\n",
            "s.csv": "客户编号,回访时间,客户满意度,是否投诉\n"
            "005,2024-01-05,很满意,否\n005,坏,好,是\n001,2024-01-06,9,?\n",
        }
    )
    people = found.tables["customers"]
    assert people["customer_id"].tolist() == ["002", "001", "005", "009", "010"]
    assert people["customer_name"].tolist() == ["乙", "新名", "005", "009", "癸"]
    assert people["region"].tolist() == ["", "", "", "", "北京"]
    assert people["customer_id"].is_unique
    assert codes(found)["SG405"] == 2
    assert codes(found)["SG440"] == 3
    log = found.tables["service"]
    assert log["satisfaction"].tolist()[0] == 5.0
    assert log["complaint"].tolist() == ["no", ""]
    out = found.ledger.left_out
    assert sorted(out.query("table == 'service'")["code"]) == ["SG431", "SG451", "SG452"]
    assert found.ledger.balances


def test_names_serve_as_ids_and_find_the_customer(cleaned: Run) -> None:
    sales = "客户名称,单据日期,金额\n甲公司,2024-01-05,1\n丙公司,2024-01-05,2\n"
    alone = cleaned({"t.csv": sales})
    assert alone.tables["transactions"]["customer_id"].tolist() == ["甲公司", "丙公司"]
    assert codes(alone)["SG441"] == 2
    both = cleaned({"t.csv": sales, "k.csv": "客户编码,客户名称\nK1,甲公司\nK2,丙公司\nK3,丙公司\n"})
    assert both.tables["transactions"]["customer_id"].tolist() == ["K1", "丙公司"]


def test_preferences_are_one_row_a_customer(cleaned: Run) -> None:
    found = cleaned({"p.csv": "客户编号,偏好品类\n1,茶\n1,酒\n2,茶\n"})
    assert found.tables["preferences"]["likes_category"].tolist() == ["茶", "茶"]
    assert found.tables["customers"]["customer_id"].tolist() == ["1", "2"]
    assert found.ledger.read_rows == 0


def test_leading_zeros_make_two_customers_and_a_warning(cleaned: Run) -> None:
    found = cleaned({"t.csv": "客户编号,日期,金额\n00123,2024-01-05,1\n123,2024-01-05,1\n"})
    assert found.tables["customers"]["customer_id"].tolist() == ["00123", "123"]
    assert codes(found)["SG406"] == 2


def test_units_and_order_of_days_are_a_files_own(cleaned: Run) -> None:
    found = cleaned(
        {
            "a.csv": "客户编号,日期,金额（万元）\n1,13/01/2024,1.5\n1,05/01/2024,2\n",
            "b.csv": "客户编号,日期,金额\n2,01/13/2024,1.5\n2,05/01/2024,2\n",
        }
    )
    frame = found.tables["transactions"]
    assert frame["cents"].tolist() == [1_500_000, 2_000_000, 150, 200]
    assert frame["date"].dt.strftime("%m-%d").tolist() == ["01-13", "01-05", "01-13", "05-01"]


def many(n: int, *more: str) -> str:
    """``n`` ordinary sales, a day apart, and then ``more``."""
    rows = [f"A{i},1,2024-{i // 28 + 1:02d}-{i % 28 + 1:02d},{90 + i}," for i in range(n)]
    return HEAD + "\n".join([*rows, *more]) + "\n"


@pytest.mark.parametrize(
    ("n", "more", "held"),
    [
        (40, ("B,1,2099-01-05,7,",), 1),
        (40, ("B,1,2025-06-05,7,",), 1),
        (40, ("B,1,2025-01-05,7,",), 0),
        (40, ("B,1,2099-01-05,7,", "C,1,2099-01-06,7,"), 2),
        (40, ("B,1,2025-06-05,7,", "C,1,2025-06-06,7,"), 0),
        (5, ("B,1,2025-06-05,7,",), 0),
        (5, ("B,1,2034-06-05,7,",), 1),
        (1, ("B,1,2034-06-05,7,",), 0),
    ],
)
def test_a_day_alone_in_a_far_future_is_not_the_newest(
    cleaned: Run, n: int, more: tuple[str, ...], held: int
) -> None:
    found = cleaned({"a.csv": many(n, *more)})
    assert found.ledger.rows["held_back"] == held
    assert codes(found).get("SG435", 0) == held
    assert not held or found.tables["transactions"]["date"].max() < pd.Timestamp("2025-01-01")


def test_days_after_the_day_of_the_book_stay_and_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(many(40, "B,1,2099-01-05,7,", "C,1,1998-01-05,7,"), "utf-8")
    found = clean(read_inputs([str(tmp_path / "a.csv")], {}), as_of=date(2024, 1, 28))
    assert found.ledger.rows["used"] == 42
    assert (codes(found)["SG434"], codes(found)["SG433"]) == (13, 1)
    for issue in found.issues:
        for lang in LANGS:
            assert "{" not in issue.message(lang)


def test_amounts_far_from_the_usual_are_told(cleaned: Run) -> None:
    found = cleaned({"a.csv": many(30, "B,1,2024-01-05,1200000,", "C,1,2024-01-05,-1300000,")})
    assert codes(found)["SG414"] == 2
    assert found.ledger.left_out.query("code == 'SG414'")["line"].tolist() == [32, 33]
    assert found.ledger.rows["used"] == 32
    assert "SG414" not in codes(cleaned({"b.csv": many(10, "B,1,2024-01-05,1200000,")}))
    # sales that are spread over five powers of ten have no such edge at a hundred times
    wide = [f"W{i},1,2024-01-05,{10 ** (i % 6)}," for i in range(60)]
    assert "SG414" not in codes(cleaned({"c.csv": HEAD + "\n".join(wide)}))


def test_totals_are_compared_with_the_rows_above(cleaned: Run) -> None:
    rows = ["A,1,2024-01-05,1.005,", "小计,,,1.01,", "B,1,2024-01-05,2,", "小计,,,2,", "合计,,,3.00,"]
    right = cleaned({"a.csv": HEAD + "\n".join(rows)})
    assert "SG416" not in codes(right)
    assert right.ledger.rows == {"used": 2, "held_back": 0, "duplicate": 0, "status": 0, "structure": 4}
    wrong = cleaned({"b.csv": HEAD + "\n".join([*rows[:4], "合计,,,4.00,"])})
    issue = next(i for i in wrong.issues if i.code == "SG416")
    assert (issue.row, issue.count, dict(issue.facts)) == (6, 1, {"total": "4.00", "sum": "3.01"})
    # a record that was left out is missing from nobody's sum: totals speak of what stands in the file
    closed = cleaned({"c.csv": HEAD + "A,1,2024-01-05,1,\nB,1,2024-01-05,2,交易关闭\n合计,,,3,\n"})
    assert "SG416" not in codes(closed)


def test_the_newest_record_names_the_customer(cleaned: Run) -> None:
    text = (
        "客户编号,客户名称,地区,日期,金额\n1,新,,2024-03-05,1\n1,旧,北京,2024-01-05,1\n2,乙,,2024-01-05,1\n"
    )
    found = cleaned({"a.csv": text})
    assert found.tables["customers"][["customer_name", "region"]].to_numpy().tolist() == [
        ["新", "北京"],
        ["乙", ""],
    ]
    assert codes(found)["SG445"] == 1


def test_identity_cards_and_lost_digits_in_further_columns(cleaned: Run) -> None:
    text = "客户编号,客户名称,身份证号\n1,甲,11010519491231002x\n2,乙,4.10101E+17\n3,丙,110105194912310021\n"
    found = cleaned({"k.csv": text, "t.csv": HEAD + "A,1,2024-01-05,1,\n"})
    assert found.tables["customers"]["x:身份证号"].tolist() == [
        "11010519491231002X",
        "",
        "110105194912310021",
    ]
    assert (codes(found)["SG403"], codes(found)["SG455"]) == (1, 1)


IDS = st.sampled_from(["1", "001", "张三", "", "-", '="7"', "2.0", "1E+05"])
DATES = st.sampled_from(["2024-01-05", "20240106", "2024-02-30", "", "05/01/2024", "45296", "昨天"])
AMOUNTS = st.one_of(
    st.decimals(min_value=-(10**6), max_value=10**6, places=3).map(str),
    st.sampled_from(["", "1,200.50", "1.2万", "(5)", "$9", "abc", "1e400", "￥3"]),
)
STATES = st.sampled_from(["", "已完成", "交易关闭", "待付款", "退款成功", "不知道"])
ORDERS = st.sampled_from(["", "A", "B", "C*", "D", "E", "F"])
RECORDS = st.lists(
    st.one_of(
        st.tuples(ORDERS, IDS, DATES, AMOUNTS, STATES),
        st.sampled_from(
            [
                (),
                ("", "", "", "", ""),
                ("合计", "", "", "99", ""),
                ("A", "1", "2024-01-05", "1", "", "多", "余"),
                ("A", "1"),
                ("订单号", "客户编号", "日期", "金额", "订单状态"),
                ("A", "1", "2024-01-05", "1", "", "", ""),
            ]
        ),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=RECORDS, second=RECORDS)
def test_no_record_and_no_cent_is_lost(
    tmp_path: Path, first: list[tuple[str, ...]], second: list[tuple[str, ...]]
) -> None:
    paths = []
    for name, records in (("a.csv", first), ("b.csv", second)):
        written = io.StringIO(HEAD, newline="")
        written.seek(0, io.SEEK_END)
        csv.writer(written).writerows([*records, ("Z" + name, "9", "2024-01-01", "1.00", "")])
        (tmp_path / name).write_text(written.getvalue(), "utf-8", newline="")
        paths.append(str(tmp_path / name))
    raw = read_inputs(paths, {})
    found = clean(raw)
    ledger = found.ledger
    assert sum(ledger.rows.values()) == len(first) + len(second) + 4 == ledger.read_rows
    assert sum(ledger.cents.values()) == ledger.read_cents
    used, out = found.tables["transactions"], ledger.left_out.query("fate != 'used'")
    assert ledger.cents["used"] == used["cents"].sum() == used.groupby("customer_id")["cents"].sum().sum()
    assert out.groupby("fate")["cents"].sum().to_dict() == {
        fate: cents for fate, cents in ledger.cents.items() if fate in set(out["fate"])
    }
    places = [*zip(used["file"], used["line"], strict=True), *zip(out["file"], out["line"], strict=True)]
    assert len(places) == len(set(places)) == ledger.read_rows - ledger.rows["structure"]
    assert set(used["customer_id"]) <= set(found.tables["customers"]["customer_id"])
    assert (used["order_id"] != "").all()
    lost = [Decimal(dict(i.facts)["residue"]) for i in found.issues if i.code == "SG417"]
    exact = [Decimal(dict(i.facts)["exact"]) for i in found.issues if i.code == "SG417"]
    for residue, total in zip(lost, exact, strict=True):
        assert Decimal(ledger.read_cents) / 100 + residue == total


@pytest.mark.parametrize("kind", ["transactions", "customers", "service", "preferences"])
def test_tables_are_there_even_when_empty(cleaned: Run, kind: str) -> None:
    found = cleaned({"k.csv": "客户编号,客户名称\n1,甲\n"})
    assert "customer_id" in found.tables[kind]
    assert found.ledger.balances
