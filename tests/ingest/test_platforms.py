"""Exports of known platforms: told, mapped, and their habits undone."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheetgen.errors import ColumnsError, InputError
from sheetgen.i18n import text
from sheetgen.ingest.clean import clean
from sheetgen.ingest.headers import recognise
from sheetgen.ingest.keys import normalise
from sheetgen.ingest.platforms import STATES, amount_says, export_of, platforms, states, told
from sheetgen.ingest.rules import ReadRules
from sheetgen.ingest.sources import read_inputs
from sheetgen.ingest.text import fold
from sheetgen.model import Clean, Raw
from sheetgen.scheme.tables import data_tables
from tests.ingest import exports
from tests.ingest.exports import EXAMPLES, Example


def read(folder: Path, *examples: Example, **mapping: str) -> tuple[Raw, Clean]:
    for one in examples:
        (folder / one.name).write_bytes(one.data)
    raw = read_inputs([str(folder / one.name) for one in examples], {}, ReadRules(mapping=mapping))
    return raw, clean(raw)


@pytest.mark.parametrize("one", EXAMPLES, ids=lambda one: one.id)
def test_an_export_is_told_mapped_and_counted(one: Example, tmp_path: Path) -> None:
    raw, found = read(tmp_path, one)
    source = raw.tables[0].source
    assert (source.platform, source.kind) == (one.platform, one.kind)
    mapping = dict(source.mapping)
    assert {field: mapping.get(field) for field in one.mapping} == dict(one.mapping)
    sure = {field: (value, how) for field, value, how in source.confidence}
    assert set(sure) == set(mapping)
    assert all(sure[field] == (0.98, "platform") for field in one.mapping)
    counts = {i.code: i.count for i in found.issues}
    assert {code: counts.get(code) for code in one.codes} == dict(one.codes)
    assert "SG423" not in counts
    ledger, sales = found.ledger, found.tables["transactions"]
    assert {fate: n for fate, n in ledger.rows.items() if n} == dict(one.rows)
    assert ledger.cents["used"] == one.used
    assert sales["order_id"].nunique() == one.orders
    assert tuple(sorted(sales["date"].dt.strftime("%Y-%m-%d"))) == one.days
    assert len(found.tables["customers"]) == one.customers


def test_every_platform_and_export_has_an_example() -> None:
    assert {one.platform for one in EXAMPLES} == set(platforms())
    shown = set()
    for one in EXAMPLES:
        rows = one.data if one.name.endswith(".csv") else b""
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                head = rows.decode(encoding).split("\r\n" if b"\r\n" in rows else "\n")[0].split(",")
            except UnicodeDecodeError:
                continue
            export = told([normalise(h) for h in head], None)
            shown.add(export.id if export else "")
            break
    declared = {export.id for p in platforms().values() for export in p.exports}
    assert declared - shown == {"alibaba1688.1", "erp.1"}  # these two are workbooks


@pytest.mark.parametrize("export", [e for p in platforms().values() for e in p.exports], ids=lambda e: e.id)
def test_a_platform_declares_what_there_is(export: object) -> None:
    from sheetgen.ingest.platforms import Export

    assert isinstance(export, Export)
    fields = data_tables()[export.kind].fields
    assert set(export.fields) <= set(fields)
    assert set(export.then) | set(export.strip) | set(export.first_of) <= set(export.fields)
    assert len(set(map(normalise, export.told_by))) >= export.at_least > 1
    assert export_of(export.id) is export
    assert recognise([*export.told_by, *(choices[0] for choices in export.fields.values())], None, {}), (
        "its own headers do not open it"
    )


def test_what_amounts_hold_is_said_of_amounts_and_once() -> None:
    said: dict[str, object] = {}
    words = {"shipping": {"included", "excluded"}, "coupons": {"deducted", "added_back"}}
    for export in (e for p in platforms().values() for e in p.exports):
        assert set(export.further) <= set(export.fields)
        for header, says in export.amount_says.items():
            assert header in {*export.fields["amount"], *data_tables()["transactions"].fields["amount"].also}
            assert all(word in words[setting] for setting, word in says.items())
            assert said.setdefault(normalise(header), says) == says
    assert amount_says() == said
    assert amount_says()[normalise("用户实付金额(元)")]["coupons"] == "deducted"


def test_a_word_means_one_state_on_all_platforms() -> None:
    meant: dict[str, set[str]] = {}
    for platform in platforms().values():
        for word, state in platform.states.items():
            assert state in STATES
            meant.setdefault(word, set()).add(state)
    assert {word: said for word, said in meant.items() if len(said) > 1} == {}
    general = states()
    assert all(general[word] in said for word, said in meant.items())


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("交易成功", "paid"),
        ("卖家已发货，等待买家确认", "paid"),
        ("等待买家付款", "unpaid"),
        ("交易关闭", "closed"),
        ("未发货，退款成功", "refunded"),
        ("（删除）等待付款", "unpaid"),
        ("Closed Won", "paid"),
        ("contractsent", "unpaid"),
    ],
)
def test_states(word: str, state: str) -> None:
    assert states()[fold(word)] == state


def test_a_few_shared_headers_tell_no_platform() -> None:
    assert told([normalise(h) for h in ("订单编号", "订单状态", "买家会员名", "订单付款时间")], None) is None
    assert told([normalise(h) for h in ("客户编号", "客户名称", "日期", "金额")], None) is None


def test_pinduoduo_without_a_buyer_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(exports.PINDUODUO_NAMELESS)
    with pytest.raises(ColumnsError) as caught:
        read_inputs([str(tmp_path / "a.csv")], {})
    assert (caught.value.key, caught.value.code) == ("platform_columns_missing", "SG301")
    said = text(caught.value.key, "zh", **caught.value.facts)
    assert "拼多多" in said
    assert "customer_id|customer_name" in said
    assert "--map" in said
    found = clean(read_inputs([str(tmp_path / "a.csv")], {}, ReadRules(mapping={"customer_id": "快递单号"})))
    assert found.ledger.rows["held_back"] == 1


def test_what_the_user_maps_wins_over_the_platform(tmp_path: Path) -> None:
    raw, found = read(tmp_path, exports.JD, amount="应付金额")
    assert dict(raw.tables[0].source.mapping)["amount"] == "应付金额"
    assert ("amount", 1.0, "map") in raw.tables[0].source.confidence
    assert found.ledger.cents["used"] == 20_000


def test_refunds_of_taobao_meet_their_sales(tmp_path: Path) -> None:
    _, found = read(tmp_path, exports.TAOBAO, exports.TAOBAO_REFUNDS)
    sales = found.tables["transactions"]
    assert found.ledger.cents["used"] == 16_050 - 1025
    back = sales[sales["cents"] < 0]
    assert back["order_id"].tolist() == ["3712345678901234567"]
    assert back["date"].dt.strftime("%Y-%m-%d").tolist() == ["2024-01-06"]


def test_deals_and_companies_of_hubspot_are_of_the_same_customers(tmp_path: Path) -> None:
    _, found = read(tmp_path, exports.HUBSPOT, exports.HUBSPOT_COMPANIES)
    assert found.tables["customers"]["customer_id"].tolist() == ["101", "102"]
    spent = found.tables["transactions"].groupby("customer_id")["cents"].sum().to_dict()
    assert spent == {"101": 150_050}


def test_lines_of_1688_without_an_order_belong_to_the_one_above(tmp_path: Path) -> None:
    raw, found = read(tmp_path, exports.ALIBABA)
    sales = found.tables["transactions"]
    assert sales["product"].tolist() == ["轴承", "螺母"]
    assert sales["order_id"].tolist() == ["2112345678901234567"] * 2
    assert sales["cents"].tolist() == [10_500, 0]
    assert raw.tables[0].frame["customer_name"].tolist() == ["甲公司", "甲公司", "乙公司"]


def test_zoho_ids_agree_with_and_without_their_prefix(tmp_path: Path) -> None:
    _, found = read(tmp_path, exports.ZOHO)
    assert found.tables["customers"]["customer_id"].tolist() == ["4150868000000376008", "4150868000000376009"]


def test_phones_and_names_fall_back_cell_by_cell(tmp_path: Path) -> None:
    _, leads = read(tmp_path, exports.ZOHO_LEADS)
    assert leads.tables["customers"]["phone"].tolist() == ["0571-88888888", "13800000001"]
    _, shop = read(tmp_path, exports.YOUZAN_CUSTOMERS)
    people = shop.tables["customers"]
    assert people["customer_name"].tolist() == ["小花", "曹先生"]
    assert people["phone"].tolist() == ["18600000005", "186******06"]
    assert people["customer_id"].tolist() == ["18600000005", "186******06"]


def test_times_of_fxiaoke_are_told_in_shanghai(tmp_path: Path) -> None:
    raw, found = read(tmp_path, exports.FXIAOKE)
    assert raw.tables[0].frame["x:last_deal_closed_time"].tolist() == ["2024-01-01 08:00", ""]
    days = found.tables["customers"]["registered_on"].dt.strftime("%Y-%m-%d").tolist()
    assert days == ["2023-01-01", "2023-01-01"]
    assert raw.tables[0].frame["x:custom__c"].tolist() == ["x", ""]


def test_dates_of_salesforce_are_american_unless_a_month_says_otherwise(tmp_path: Path) -> None:
    _, found = read(tmp_path, exports.SALESFORCE)
    days = found.tables["customers"]["registered_on"].dt.strftime("%Y-%m-%d").tolist()
    assert days == ["2024-01-12", "2024-02-03"]
    british = exports.SALESFORCE.data.replace(b"1/12/2024", b"13/12/2024")
    (tmp_path / "uk.csv").write_bytes(british)
    found = clean(read_inputs([str(tmp_path / "uk.csv")], {}))
    days = found.tables["customers"]["registered_on"].dt.strftime("%Y-%m-%d").tolist()
    assert days == ["2024-12-13", "2024-03-02"]


def test_a_header_twice_that_means_nothing_to_us_is_no_error(tmp_path: Path) -> None:
    raw, _ = read(tmp_path, exports.YOUZAN)
    assert {"分销员", "分销员 (2)"} <= set(raw.tables[0].source.extra)


def test_a_masked_province_is_no_region(tmp_path: Path) -> None:
    raw, _ = read(tmp_path, exports.PINDUODUO)
    assert set(raw.tables[0].frame["region"]) == {""}


def test_a_unit_above_the_table_counts_for_its_money(tmp_path: Path) -> None:
    rows = [
        ["销售明细表", "", "", ""],
        ["编制单位：某公司", "", "", "单位：万元"],
        ["客户编号", "单据日期", "单据编号", "金额"],
        ["K1", "2024-01-05", "X1", "1.2"],
    ]
    (tmp_path / "a.xlsx").write_bytes(exports.as_book(rows))
    found = clean(read_inputs([str(tmp_path / "a.xlsx")], {}))
    assert found.ledger.cents["used"] == 1_200_000
    assert {i.code: dict(i.facts).get("scale") for i in found.issues}["SG310"] == "10,000"


def test_the_page_of_platforms_is_the_one_that_they_declare() -> None:
    from sheetgen.ingest.platform_page import page

    shown = Path(__file__).resolve().parents[2] / "docs" / "platforms.md"
    assert shown.read_text("utf-8") == page(), "run: python -m sheetgen.ingest.platform_page"


@pytest.mark.parametrize("one", [e for e in EXAMPLES if e.name.endswith(".csv")], ids=lambda one: one.id)
def test_an_export_without_records_is_told_as_empty(one: Example, tmp_path: Path) -> None:
    """Every habit is undone on no cells, too."""
    head = one.data.split(b"\n", 1)[0]
    (tmp_path / one.name).write_bytes(head + b"\n")
    with pytest.raises(InputError, match="no_rows"):
        read_inputs([str(tmp_path / one.name)], {})


def test_different_amounts_in_one_order_are_each_lines_own(tmp_path: Path) -> None:
    head, *lines = exports.JD.data.decode("gb18030").splitlines()
    lines[1] = lines[1].replace("120.00", "30.00")
    (tmp_path / "a.csv").write_text("\n".join([head, *lines]), "utf-8")
    found = clean(read_inputs([str(tmp_path / "a.csv")], {}))
    assert found.ledger.cents["used"] == 12_000 + 3000 + 6000
    assert "SG314" not in {i.code for i in found.issues}
