"""Refunds, returns, cancellations: what counts, on which day, and that every cent is accounted for."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheetgen.i18n import LANGS
from sheetgen.ingest.clean import clean
from sheetgen.ingest.rules import ReadRules
from sheetgen.ingest.sources import read_inputs
from sheetgen.model import Clean

Run = Callable[..., Clean]
PLAIN = "订单号,客户编号,日期,金额,订单状态\n"
NET = "订单号,客户编号,日期,金额,订单状态,退款状态,退款金额\n"
TAOBAO = "退款编号,订单编号,买家会员名称,买家退款金额,退款完结时间,是否需要退货,退款状态\n"


def codes(found: Clean) -> dict[str, int]:
    counts: dict[str, int] = {}
    for issue in found.issues:
        counts[issue.code] = counts.get(issue.code, 0) + issue.count
        for lang in LANGS:
            assert "{" not in issue.message(lang)
    return counts


def spent(found: Clean) -> dict[tuple[str, str], int]:
    """Cents by order and month-day."""
    frame = found.tables["transactions"]
    days = frame["date"].dt.strftime("%m-%d")
    return frame.groupby([frame["order_id"], days])["cents"].sum().to_dict()


@pytest.mark.parametrize(
    ("row", "cents", "code"),
    [
        ("A,1,2024-01-05,100,交易成功,,", 10_000, ""),
        ("A,1,2024-01-05,100,交易成功,无,-", 10_000, ""),
        ("A,1,2024-01-05,100,交易成功,部分退款,30.5", 6_950, "SG427"),
        ("A,1,2024-01-05,100,交易成功,,-30.5", 6_950, "SG427"),
        ("A,1,2024-01-05,100,交易成功,退款成功,30.5", 6_950, "SG427"),
        ("A,1,2024-01-05,100,已退款,,30.5", 6_950, "SG427"),
        ("A,1,2024-01-05,100,交易成功,退款中,", 10_000, ""),
        ("A,1,2024-01-05,100,交易成功,,130", -3_000, "SG421"),
        ("A,1,2024-01-05,100,部分退款,,", 10_000, "SG437"),
        ("A,1,2024-01-05,100,交易成功,部分退款,", 10_000, "SG437"),
        ("A,1,2024-01-05,100,交易成功,神秘,", 10_000, "SG423"),
        ("A,1,2024-01-05,-100,交易成功,退款成功,100", -10_000, "SG420"),
        ("A,1,2024-01-05,-100,退款成功,,", -10_000, "SG420"),
    ],
)
def test_a_record_counts_net_of_its_own_refund(cleaned: Run, row: str, cents: int, code: str) -> None:
    found = cleaned({"a.csv": NET + row + "\n"})
    assert found.tables["transactions"]["cents"].tolist() == [cents]
    assert found.ledger.cents["used"] == found.ledger.read_cents == cents
    assert found.tables["transactions"]["date"].dt.strftime("%m-%d").tolist() == ["01-05"]
    assert not code or code in codes(found)
    if code != "SG423":
        assert "SG423" not in codes(found)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("A,1,2024-01-05,100,交易成功,退款成功,100", "SG436"),
        ("A,1,2024-01-05,100,交易成功,退款成功,", "SG436"),
        ("A,1,2024-01-05,100,交易成功,,100.00", "SG436"),
        ("A,1,2024-01-05,100,交易关闭,退款成功,100", "SG424"),
        ("A,1,2024-01-05,100,退款成功,,", "SG424"),
        ("A,1,2024-01-05,100,退款成功,,100", "SG424"),
        ("A,1,2024-01-05,100,待付款,,", "SG424"),
        ("A,1,2024-01-05,100,交易关闭,,30", "SG424"),
    ],
)
def test_an_order_paid_back_whole_or_never_closed_is_none(cleaned: Run, row: str, code: str) -> None:
    found = cleaned({"a.csv": NET + row + "\n"})
    assert (found.ledger.rows["status"], found.ledger.cents["status"]) == (1, 10_000)
    assert len(found.tables["transactions"]) == 0
    assert codes(found)[code] == 1


def test_a_refund_that_cannot_be_read_holds_its_order_back(cleaned: Run) -> None:
    found = cleaned({"a.csv": NET + "A,1,2024-01-05,100,,,若干\nB,1,2024-01-06,5,,,\n"})
    assert (found.ledger.rows["held_back"], found.ledger.cents["held_back"]) == (1, 10_000)
    assert found.ledger.left_out[["code", "column", "value"]].to_numpy().tolist() == [
        ["SG412", "退款金额", "若干"]
    ]


def test_what_was_deducted_stands_beside_the_net_amount(cleaned: Run) -> None:
    found = cleaned({"a.csv": NET + "A,1,2024-01-05,100,,,30.05\nB,1,2024-01-06,5,,,\n"})
    assert found.tables["transactions"]["x:refunded"].tolist() == ["30.05", ""]
    header = found.extras["transactions"]["x:refunded"]
    # the book's own header must not be taken for a refund when the book is read again
    again = cleaned({"b.csv": f"订单号,客户编号,日期,金额,{header}\nA,1,2024-01-05,69.95,30.05\n"})
    assert again.tables["transactions"]["cents"].tolist() == [6_995]
    assert "x:refunded" not in cleaned({"c.csv": PLAIN + "A,1,2024-01-05,1,\n"}).tables["transactions"]


def test_refunds_in_records_of_their_own(cleaned: Run) -> None:
    rows = [
        "A,1,2024-01-05,100,",
        "A,1,2024-03-01,-40,",
        "A,1,2024-03-02,-60,",
        "B,1,2024-01-06,10,",
        "B,1,2024-03-01,-12,",
        "C,1,2024-03-05,9,",
        "C,1,2024-03-04,-3,",
        "D,1,2024-03-04,-2,",
        ",1,2024-03-04,-1,",
        "A,2,2024-03-06,-5,",
    ]
    found = cleaned({"a.csv": PLAIN + "\n".join(rows)})
    assert spent(found) == {
        ("A", "01-05"): 0,
        ("B", "01-06"): -200,
        ("C", "03-05"): 900,
        ("C", "03-04"): -300,
        ("D", "03-04"): -200,
        ("#1-10", "03-04"): -100,
        ("A", "03-06"): -500,
    }
    told = codes(found)
    assert {c: told.get(c) for c in ("SG420", "SG421", "SG422", "SG426")} == {
        **{"SG420": 2, "SG421": 1, "SG422": 1, "SG426": 1}
    }
    # the order was placed: both records stay
    assert found.ledger.rows["used"] == len(rows)


@pytest.mark.parametrize(
    ("sale", "fate"),
    [
        ("A,1,2024-01-05,100,交易关闭", "status"),
        ("A,1,2024-01-05,100,退款成功", "status"),
        ("A,1,2024-02-30,100,", "held_back"),
    ],
)
def test_a_refund_shares_the_fate_of_an_order_that_does_not_count(cleaned: Run, sale: str, fate: str) -> None:
    found = cleaned({"a.csv": PLAIN + f"{sale}\nA,1,2024-03-01,-100,\nB,1,2024-01-01,5,\n"})
    assert (found.ledger.rows[fate], found.ledger.cents[fate], found.ledger.rows["used"]) == (2, 0, 1)
    assert codes(found)["SG429"] == 1


def test_an_export_of_refunds_finds_its_orders(cleaned: Run) -> None:
    refunds = [
        "r1,A,小熊,40.00,2024-03-01 10:00:00,否,退款成功",
        "r2,B,小熊,7.00,2024-03-02 10:00:00,否,退款关闭",
        "r3,C,小鹿,3.00,2024-03-03 10:00:00,否,退款成功",
    ]
    orders = "订单号,客户编号,日期,金额\nA,小熊,2024-01-05,100\nB,小熊,2024-01-06,7\n"
    found = cleaned({"a.csv": orders, "r.csv": TAOBAO + "\n".join(refunds)})
    assert spent(found) == {("A", "01-05"): 6_000, ("B", "01-06"): 700, ("C", "03-03"): -300}
    assert found.ledger.cents["status"] == -700
    assert {c: codes(found).get(c) for c in ("SG420", "SG424")} == {"SG420": 1, "SG424": 1}


def test_a_refund_without_its_customer_is_the_orders_customers(cleaned: Run) -> None:
    files = {
        "a.csv": "订单号,客户编号,日期,金额\nA,7,2024-01-05,100\nB,8,2024-01-05,100\nB,9,2024-01-05,1\n",
        "b.csv": "订单号,客户编号,日期,金额\nA,,2024-02-05,-30\nB,,2024-02-05,-30\n",
    }
    found = cleaned(files)
    frame = found.tables["transactions"]
    assert frame.groupby("customer_id")["cents"].sum().to_dict() == {"7": 7_000, "8": 10_000, "9": 100}
    assert codes(found)["SG404"] == 1


def test_a_refund_is_not_deducted_twice(cleaned: Run) -> None:
    found = cleaned(
        {
            "a.csv": NET + "A,小熊,2024-01-05,100,交易成功,,40\nB,小熊,2024-01-05,50,交易成功,,\n",
            "r.csv": TAOBAO + "r1,A,小熊,40.00,2024-03-01,否,退款成功\n",
        }
    )
    assert found.tables["transactions"]["cents"].tolist() == [6_000, 5_000]
    assert found.ledger.cents["duplicate"] == -4_000
    assert codes(found)["SG428"] == 1


ORDERS = st.sampled_from(["", "A", "B", "C"])
ROW = st.tuples(
    ORDERS,
    st.sampled_from(["1", "2", ""]),
    st.integers(1, 28),
    st.integers(-200, 200),
    st.sampled_from(["", "交易成功", "交易关闭", "退款成功", "部分退款"]),
    st.sampled_from(["", "退款成功", "退款中", "部分退款"]),
    st.sampled_from(["", "0", "20", "50.55", "300", "坏"]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ROW, max_size=12))
def test_every_cent_has_one_fate_whatever_was_refunded(
    tmp_path: Path, rows: list[tuple[object, ...]]
) -> None:
    lines = [f"{o},{c},2024-01-{d:02d},{a},{s},{r},{b}" for o, c, d, a, s, r, b in rows]
    (tmp_path / "a.csv").write_text(NET + "\n".join([*lines, "Z,9,2024-02-01,1,,,"]) + "\n", "utf-8")
    found = clean(read_inputs([str(tmp_path / "a.csv")], {}))
    ledger, used = found.ledger, found.tables["transactions"]
    assert ledger.balances
    assert sum(ledger.rows.values()) == len(rows) + 2
    out = ledger.left_out.query("fate != 'used'")
    places = sorted([*used["line"].tolist(), *out["line"].tolist()])
    assert places == list(range(2, len(rows) + 3))
    # never more than what was paid, never a refund that adds
    for line, cents in zip(used["line"], used["cents"], strict=True):
        if line <= len(rows) + 1:
            assert cents <= int(rows[line - 2][3]) * 100  # type: ignore[call-overload]


def test_a_refund_is_in_the_currency_of_its_amount(tmp_path: Path) -> None:
    rows = ["A,1,2024-01-05,$100,,,30", "B,1,2024-01-05,100,,,30", "C,1,2024-01-05,$100,,,¥30"]
    (tmp_path / "a.csv").write_text(NET + "\n".join(rows) + "\n", "utf-8")
    rules = ReadRules(currency="CNY", rates={"USD": Decimal(7)})
    found = clean(read_inputs([str(tmp_path / "a.csv")], {}, rules), rules)
    assert found.tables["transactions"]["cents"].tolist() == [49_000, 7_000, 67_000]
