"""Published data sets come out with their published figures."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal

import pytest

from sheetgen.errors import ColumnsError
from sheetgen.ingest.clean import clean
from sheetgen.ingest.rules import ReadRules
from sheetgen.ingest.sources import read_inputs
from sheetgen.model import Clean

Real = Callable[[str], str]


def facts(found: Clean, code: str) -> dict[str, str]:
    return dict(next(i for i in found.issues if i.code == code).facts)


def counts(found: Clean) -> dict[str, int]:
    return {i.code: i.count for i in found.issues}


def test_uci_online_retail(real: Real) -> None:
    path = real("online_retail/online_retail.csv.gz")
    started = time.process_time()
    raw = read_inputs([path], {})
    found = clean(raw)
    spent = time.process_time() - started
    ledger, frame = found.ledger, found.tables["transactions"]
    assert ledger.rows == {
        "used": 406_829,
        "held_back": 135_080,
        "duplicate": 0,
        "status": 0,
        "structure": 1,
    }
    assert counts(found)["SG404"] == 135_080
    assert len(ledger.left_out) == 135_080
    told = facts(found, "SG417")
    assert Decimal(told["exact"]) == Decimal("9747747.934")
    assert Decimal(ledger.read_cents) / 100 + Decimal(told["residue"]) == Decimal("9747747.934")
    assert len(found.tables["customers"]) == 4_372
    assert "17850" in set(found.tables["customers"]["customer_id"])
    assert raw.tables[0].frame["order_id"].str.startswith("C").sum() == 9_288
    assert raw.tables[0].frame["order_id"].nunique() == 25_900
    assert frame["x:StockCode"].iloc[0] == "85123A"
    bought = frame[(frame["quantity"] > 0) & (frame["cents"] > 0)]
    prices = raw.tables[0].frame["unit_price"].astype(str).astype(float).to_numpy()
    priced = prices[frame["line"] - 2] > 0
    cut = frame[(frame["quantity"] > 0) & priced]
    assert (len(cut), cut["customer_id"].nunique(), cut["order_id"].nunique()) == (397_884, 4_338, 18_532)
    assert cut["cents"].sum() == bought["cents"].sum() == 891_140_790
    assert spent < 12


def test_uci_equal_rows_are_kept(real: Real) -> None:
    from sheetgen.ingest.cells import filled, numbered
    from sheetgen.ingest.doubles import find_doubles
    from sheetgen.ingest.stack import stack

    raw = read_inputs([real("online_retail/online_retail.csv.gz")], {})
    piled = stack("transactions", enumerate(raw.tables, start=1))
    orders = piled.column("order_id")
    doubles = find_doubles(piled, numbered(orders), filled(orders))
    assert doubles.alike.sum() == 5_268
    assert not doubles.again.any()


def test_superstore(real: Real) -> None:
    found = clean(read_inputs([real("superstore/superstore.csv.gz")], {}))
    frame = found.tables["transactions"]
    assert (len(frame), frame["order_id"].nunique(), frame["customer_id"].nunique()) == (9_994, 5_009, 793)
    told = facts(found, "SG417")
    exact = Decimal(found.ledger.read_cents) / 100 + Decimal(told["residue"])
    assert round(exact, 2) == Decimal("2297200.86")
    assert set(frame["category"]) == {"Furniture", "Office Supplies", "Technology"}
    people = found.tables["customers"].set_index("customer_id")
    assert people.loc["CG-12520", "customer_name"] == "Claire Gute"


def test_cdnow_master(real: Real) -> None:
    found = clean(read_inputs([real("cdnow/CDNOW_master.txt.gz")], {}))
    frame = found.tables["transactions"]
    assert (len(frame), frame["customer_id"].nunique()) == (69_659, 23_570)
    assert frame["cents"].sum() == 250_031_563
    assert frame["quantity"].sum() == 167_881
    assert (frame["cents"] == 0).sum() == 80
    assert counts(found)["SG411"] == 255
    assert found.ledger.rows["structure"] == 1


def test_cdnow_sample_has_no_header(real: Real) -> None:
    path = real("cdnow/CDNOW_sample.txt")
    with pytest.raises(ColumnsError) as caught:
        read_inputs([path], {})
    assert (caught.value.key, caught.value.code) == ("no_header", "SG305")
    mapping = {"customer_id": "#2", "date": "#3", "quantity": "#4", "amount": "#5"}
    found = clean(read_inputs([path], {}, ReadRules(mapping=mapping)))
    frame = found.tables["transactions"]
    assert (len(frame), frame["customer_id"].nunique()) == (6_919, 2_357)
    assert frame["cents"].sum() == 24_409_194


def test_telco_is_a_list_of_customers(real: Real) -> None:
    found = clean(read_inputs([real("telco/Telco-Customer-Churn.csv.gz")], {}))
    people = found.tables["customers"]
    assert len(people) == 7_043
    assert (people["x:Churn"] == "Yes").sum() == 1_869
    assert (people["x:TotalCharges"] == "").sum() == 11
