"""Shipping and coupons by the switch: once an order, to the cent, told, and nothing without a switch."""

from __future__ import annotations

import json
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
from tests.ingest import exports

Run = Callable[..., Clean]
PAID = "订单号,客户编号,日期,实付金额,运费,优惠金额\n"
GOODS = "订单号,客户编号,日期,商品额,运费,优惠金额\n"
SAYS = {"商品额": {"shipping": "excluded", "coupons": "added_back"}}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Files (name -> text or bytes), read and cleaned with the switches given."""

    def read(
        files: dict[str, str | bytes], mapping: dict[str, str] | None = None, **switches: object
    ) -> Clean:
        for name, content in files.items():
            (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        rules = ReadRules(mapping=mapping or {}, **switches)  # type: ignore[arg-type]
        return clean(read_inputs([str(tmp_path / name) for name in files], {}, rules), rules)

    return read


def cents(found: Clean) -> list[int]:
    assert found.ledger.balances
    listed: list[int] = found.tables["transactions"]["cents"].tolist()
    assert found.ledger.cents["used"] == sum(listed)
    return listed


def told(found: Clean) -> dict[str, tuple[int, str]]:
    """Code -> (count, total) of everything said about shipping and coupons."""
    for issue in found.issues:
        for lang in LANGS:
            assert "{" not in issue.message(lang)
    mine = [i for i in found.issues if "SG460" <= i.code <= "SG469"]
    return {i.code: (i.count, dict(i.facts).get("total", "")) for i in mine}


def test_without_a_switch_nothing_changes_and_the_columns_stay(run: Run) -> None:
    rows = "A,1,2024-01-05,100,8.00,5\nA,1,2024-01-05,20,八元,\n"
    found = run({"a.csv": PAID + rows})
    assert cents(found) == [10_000, 2_000]
    assert told(found) == {}
    sales = found.tables["transactions"]
    assert sales["x:运费"].tolist() == ["8.00", "八元"]
    assert sales["x:优惠金额"].tolist() == ["5", ""]
    assert [c for c in sales if str(c).startswith("x:")] == ["x:运费", "x:优惠金额"]


@pytest.mark.parametrize(
    ("head", "switches", "row", "expected", "code"),
    [
        (PAID, {"shipping": "included"}, "100,8,5", 10_000, ""),
        (PAID, {"shipping": "excluded"}, "100,8,5", 9_200, "SG460"),
        (PAID, {"shipping": "excluded"}, "100,-8,5", 9_200, "SG460"),
        (PAID, {"shipping": "excluded"}, "100,0,5", 10_000, ""),
        (PAID, {"shipping": "excluded"}, "100,,5", 10_000, ""),
        (PAID, {"shipping": "excluded"}, "100,0.335,5", 9_966, "SG460"),
        (PAID, {"coupons": "deducted"}, "100,8,5", 10_000, ""),
        (PAID, {"coupons": "added_back"}, "100,8,5", 10_500, "SG462"),
        (PAID, {"shipping": "excluded", "coupons": "added_back"}, "100,8,5", 9_700, "SG460"),
        # the coupon paid for all of the goods and some of the shipping
        (PAID, {"shipping": "excluded", "coupons": "added_back"}, "5,10,55", 5_000, "SG460"),
        (GOODS, {"shipping": "included", "amount_says": SAYS}, "100,8,5", 10_800, "SG461"),
        (GOODS, {"shipping": "excluded", "amount_says": SAYS}, "100,8,5", 10_000, ""),
        (GOODS, {"coupons": "deducted", "amount_says": SAYS}, "100,8,5", 9_500, "SG463"),
        (GOODS, {"coupons": "added_back", "amount_says": SAYS}, "100,8,5", 10_000, ""),
        (GOODS, {"shipping": "included", "amount_says": SAYS}, "0,8,", 800, "SG461"),
        (
            GOODS,
            {"shipping": "included", "coupons": "deducted", "amount_says": SAYS},
            "50,10,55",
            500,
            "SG463",
        ),
    ],
)
def test_an_order_counts_what_the_switch_asks_for(
    run: Run, head: str, switches: dict[str, object], row: str, expected: int, code: str
) -> None:
    found = run({"a.csv": f"{head}A,1,2024-01-05,{row}\n"}, {"amount": head.split(",")[3]}, **switches)
    assert cents(found) == [expected]
    assert (code in told(found)) if code else (told(found) == {})


def test_the_number_on_every_line_of_an_order_counts_once(run: Run) -> None:
    rows = [
        "A,1,2024-01-05,30,12,",
        "A,1,2024-01-05,5,12,",
        "A,1,2024-01-05,0,12,",
        "B,1,2024-01-05,4,12,",
        "B,1,2024-01-05,20,12,",
        "C,1,2024-01-06,50,6,",
        "C,1,2024-01-06,50,0,",
        "C,1,2024-01-06,40,7,",
        "A,2,2024-01-06,9,2,",
        ",3,2024-01-07,9,2,",
        ",3,2024-01-07,8,2,",
    ]
    found = run({"a.csv": PAID + "\n".join(rows)}, shipping="excluded")
    # B: no record falls below nothing. C: different numbers add up. No order id: an order of its own
    assert cents(found) == [1_800, 500, 0, 0, 1_200, 3_700, 5_000, 4_000, 700, 700, 600]
    assert told(found) == {"SG460": (6, "43.00")}
    shown = found.tables["transactions"]["x:shipping_adjustment"].tolist()
    assert shown == ["-12.00", "", "", "-4.00", "-8.00", "-13.00", "", "", "-2.00", "-2.00", "-2.00"]


def test_what_is_added_stands_on_the_first_record_with_an_amount(run: Run) -> None:
    rows = "A,1,2024-01-05,0,,3\nA,1,2024-01-05,10,,3\nA,1,2024-01-05,20,,3\nB,1,2024-01-05,0,,4\n"
    found = run({"a.csv": PAID + rows}, coupons="added_back")
    assert cents(found) == [0, 1_300, 2_000, 400]
    assert told(found) == {"SG462": (2, "7.00")}


def test_only_records_that_count_are_touched(run: Run) -> None:
    head = PAID.replace("\n", ",订单状态\n")
    rows = [
        "A,1,2024-02-30,100,8,,交易成功",
        "A,1,2024-01-05,50,8,,交易成功",
        "B,1,2024-01-05,40,8,,交易关闭",
        "C,1,2024-01-05,30,3,,交易成功",
    ]
    text = head + "\n".join(rows)
    found = run({"a.csv": text, "same.csv": text}, shipping="excluded")
    assert cents(found) == [4_200, 2_700]
    fates = {fate: n for fate, n in found.ledger.cents.items() if n}
    assert fates == {"used": 6_900, "held_back": 10_000, "status": 4_000, "duplicate": 22_000}
    assert told(found)["SG460"] == (2, "11.00")


NET = "订单号,客户编号,日期,实付金额,运费,优惠金额,退款金额\n"


@pytest.mark.parametrize(
    ("rows", "excluded", "added"),
    [
        (["A,1,2024-01-05,100,10,5,30"], 6_000, 7_500),
        # only a part of the shipping is left of it
        (["A,1,2024-01-05,100,10,5,95"], 0, 1_000),
        (["A,1,2024-01-05,100,10,5,100"], 0, 0),
        (["A,1,2024-01-05,100,10,5,", "A,1,2024-02-05,-100,10,5,"], 0, 0),
        (["A,1,2024-01-05,100,10,5,", "A,1,2024-02-05,-95,,,"], 0, 1_000),
        (["A,1,2024-01-05,100,10,5,", "A,1,2024-02-05,-30,,,"], 6_000, 7_500),
        (["A,1,2024-01-05,100,10,5,", "A,1,2024-02-05,-103,,,"], -300, 0),
    ],
)
def test_an_order_paid_back_brings_no_shipping_and_no_coupon(
    run: Run, rows: list[str], excluded: int, added: int
) -> None:
    text = NET + "\n".join([*rows, "Z,9,2024-01-01,0,,,"])
    found = run({"a.csv": text}, shipping="excluded")
    assert sum(cents(found)) == excluded
    assert "SG469" not in told(found)
    assert sum(cents(run({"a.csv": text}, coupons="added_back"))) == added


def test_what_cannot_be_read_or_taken_off_leaves_the_amount(run: Run) -> None:
    rows = "A,1,2024-01-05,100,八元,\nB,1,2024-01-05,5,6,\nC,1,2024-01-05,10,1,\n"
    found = run({"a.csv": PAID + rows}, shipping="excluded")
    assert cents(found) == [10_000, 500, 900]
    assert told(found) == {"SG460": (1, "1.00"), "SG468": (1, ""), "SG469": (1, "")}
    doubtful = found.ledger.left_out[["line", "fate", "code", "column", "value"]].to_numpy().tolist()
    assert doubtful == [[2, "used", "SG468", "运费", "八元"], [3, "used", "SG469", "运费", "6"]]


@pytest.mark.parametrize(
    ("head", "switches", "codes"),
    [
        ("金额,运费", {"shipping": "excluded"}, {"SG464", "SG460"}),
        ("金额,运费", {"shipping": "included"}, {"SG464"}),
        ("金额,优惠金额", {"coupons": "added_back"}, {"SG465", "SG462"}),
        ("金额,优惠金额", {"coupons": "deducted"}, {"SG465"}),
        (
            "金额,备注",
            {"shipping": "excluded", "coupons": "added_back"},
            {"SG464", "SG465", "SG466", "SG467"},
        ),
        ("实付金额,备注", {"shipping": "excluded"}, {"SG466"}),
        ("实付金额,备注", {"shipping": "included"}, set()),
        (
            "实付金额,运费",
            {"shipping": "excluded", "amount_says": {"实付金额": {"shipping": "excluded"}}},
            set(),
        ),
        ("金额,运费", {"shipping": "included", "amount_says": {"金额": {"shipping": "excluded"}}}, {"SG461"}),
    ],
)
def test_what_an_amount_holds_is_known_stated_or_told_as_unknown(
    run: Run, head: str, switches: dict[str, object], codes: set[str]
) -> None:
    found = run({"a.csv": f"订单号,客户编号,日期,{head}\nA,1,2024-01-05,100,8\n"}, **switches)
    assert set(told(found)) == codes
    assert cents(found) == [10_000 + 800 * (bool(codes & {"SG461", "SG462"}) - ("SG460" in codes))]


def test_a_price_times_a_number_is_goods_alone(run: Run) -> None:
    text = "订单号,客户编号,日期,单价,数量,运费,优惠金额\nA,1,2024-01-05,10,3,8,5\n"
    assert cents(run({"a.csv": text}, shipping="included", coupons="deducted")) == [3_300]
    assert cents(run({"a.csv": text}, shipping="excluded", coupons="added_back")) == [3_000]


def test_units_and_currencies_are_those_of_the_column_or_of_the_amount(run: Run) -> None:
    text = "订单号,客户编号,日期,实付金额(万元),运费(元),币种\nA,1,2024-01-05,1.2,8,CNY\n"
    assert cents(run({"a.csv": text}, shipping="excluded")) == [1_199_200]
    rates = {"currency": "CNY", "rates": {"USD": Decimal(7)}}
    rows = "A,1,2024-01-05,$10,2\nB,1,2024-01-05,10,2\nC,1,2024-01-05,$10,¥2\n"
    text = f"订单号,客户编号,日期,实付金额,运费\n{rows}"
    assert cents(run({"a.csv": text}, shipping="excluded", **rates)) == [5_600, 800, 6_800]


def test_the_order_is_the_same_in_every_file(run: Run) -> None:
    files: dict[str, str | bytes] = {
        "a.csv": PAID + "A,1,2024-01-05,100,8,\n",
        "b.csv": PAID + "A,1,2024-01-05,20,8,\nA,1,2024-01-08,-115,,\n",
    }
    assert sum(cents(run(files, shipping="excluded"))) == 0


def test_the_book_s_own_header_is_not_taken_for_shipping(run: Run) -> None:
    found = run({"a.csv": PAID + "A,1,2024-01-05,100,8,5\n"}, shipping="excluded", coupons="added_back")
    labels = found.extras["transactions"]
    shown = [labels[f"x:{name}_adjustment"] for name in ("shipping", "coupon")]
    text = f"订单号,客户编号,日期,实付金额,{','.join(shown)}\nA,1,2024-01-05,97,-8.00,5.00\n"
    again = run({"b.csv": text}, shipping="excluded", coupons="added_back")
    assert cents(again) == [9_700]


@pytest.mark.parametrize(
    ("one", "switches", "used"),
    [
        (exports.ALIBABA, {"shipping": "excluded"}, 10_500 - 800),
        (exports.ALIBABA, {"shipping": "included"}, 10_500),
        (exports.DOUYIN, {"shipping": "excluded"}, 17_600),
        (exports.TAOBAO_REFUNDS, {"shipping": "excluded"}, -1_025),
    ],
    ids=lambda value: getattr(value, "id", None),
)
def test_platforms(run: Run, one: exports.Example, switches: dict[str, object], used: int) -> None:
    found = run({one.name: one.data}, **switches)
    assert found.ledger.cents["used"] == used
    assert not {"SG464", "SG466", "SG468", "SG469"} & set(told(found))


def test_all_coupons_of_pinduoduo_are_added_up(run: Run) -> None:
    head = (
        "商品,订单号,订单状态,商品总价(元),邮费(元),店铺优惠折扣(元),平台优惠折扣(元),"
        "多多支付立减金额(元),用户实付金额(元),订单成交时间,手机"
    )
    row = "袜子,240402-111,已签收,30.00,6.00,2.00,1.50,0.50,32.00,2024-04-02 12:00:00,13800000001"
    files: dict[str, str | bytes] = {"a.csv": f"{head}\n{row}\n"}
    assert cents(run(files)) == [3_200]
    assert cents(run(files, coupons="added_back")) == [3_600]
    assert cents(run(files, coupons="added_back", shipping="excluded")) == [3_000]
    found = run({"a.csv": f"{head}\n{row.replace('1.50', '若干')}\n"}, coupons="added_back")
    assert cents(found) == [3_200]
    assert found.ledger.left_out["column"].tolist() == ["平台优惠折扣(元)"]


@pytest.mark.parametrize("command", ["build", "check"])
def test_the_config_switches_and_the_answer_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    from sheetgen.cli import main

    (tmp_path / "a.csv").write_text(PAID + "A,1,2024-01-05,100,8,5\n", "utf-8")
    (tmp_path / "my.yml").write_text("reading:\n  shipping: excluded\n", "utf-8")
    more = ["-o", str(tmp_path / "out.xlsx")] if command == "build" else []
    with pytest.raises(SystemExit) as stopped:
        main(command, str(tmp_path / "a.csv"), "--config", str(tmp_path / "my.yml"), "--json", *more)
    assert not stopped.value.code
    answer = json.loads(capsys.readouterr().out)
    issue = next(i for i in answer["issues"] if i["code"] == "SG460")
    assert (issue["count"], "8.00" in issue["message"]) == (1, True)
    if more:
        from openpyxl import load_workbook

        sheet = load_workbook(tmp_path / "out.xlsx")["历史交易"]
        cells = [cell.value for row in sheet.iter_rows() for cell in row]
        assert "运费调整/Shipping adjustment" in cells
        assert 92 in cells
        assert "-8.00" in cells
        assert "8" in cells


def test_the_run_id_depends_on_the_switch_and_not_on_its_being_there() -> None:
    assert len(ReadRules().facts()) == len(ReadRules(amount_says=SAYS).facts())
    assert ReadRules(shipping="excluded").facts() != ReadRules(shipping="included").facts()
    assert ReadRules(coupons="deducted").facts() != ReadRules(shipping="deducted").facts()


LINE = st.tuples(
    st.sampled_from(["", "A", "B", "C"]),
    st.sampled_from(["1", "2"]),
    st.integers(-100, 100),
    st.sampled_from(["", "0", "8", "3.25", "150", "坏"]),
    st.sampled_from(["", "5", "0.01", "80", "坏"]),
    st.sampled_from(["", "20", "100", "130"]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(LINE, max_size=10),
    st.sampled_from(["included", "excluded"]),
    st.sampled_from(["deducted", "added_back"]),
    st.booleans(),
)
def test_every_cent_has_one_fate_whatever_is_switched(
    run: Run, rows: list[tuple[object, ...]], shipping: str, coupons: str, goods: bool
) -> None:
    head = NET.replace("实付金额", "商品额") if goods else NET
    lines = [f"{o},{c},2024-01-05,{a},{s},{d},{r}" for o, c, a, s, d, r in rows]
    files: dict[str, str | bytes] = {"a.csv": head + "\n".join([*lines, "Z,9,2024-02-01,1,,,"]) + "\n"}
    mapping = {"amount": head.split(",")[3]}
    plain = run(files, mapping)
    found = run(files, mapping, shipping=shipping, coupons=coupons, amount_says=SAYS)
    before, after = plain.tables["transactions"], found.tables["transactions"]
    assert cents(found) is not None
    assert before["line"].tolist() == after["line"].tolist()
    assert plain.ledger.rows == found.ledger.rows
    change = [0] * len(after)
    for name in ("x:shipping_adjustment", "x:coupon_adjustment"):
        if name in after:
            more = [int(Decimal(cell or "0") * 100) for cell in after[name]]
            change = [one + other for one, other in zip(change, more, strict=True)]
    assert [b + c for b, c in zip(before["cents"], change, strict=True)] == after["cents"].tolist()
    # nothing that was worth something falls below nothing
    assert all(a >= 0 for b, a in zip(before["cents"], after["cents"], strict=True) if b >= 0)
