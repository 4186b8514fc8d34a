"""Each metric equals a plain loop over the rows; windows end where they say; every engine gives the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sheetgen.grading.coding import code, serial_days
from sheetgen.grading.engines import Run, in_duckdb
from sheetgen.grading.measure import aggregate, measure, window_days
from sheetgen.grading.settings import start_settings
from sheetgen.model import Clean
from sheetgen.scheme.compile import Scheme
from sheetgen.scheme.library import load_scheme, read_scheme, shipped

from ..scheme.base import SMALL, small
from .base import AS_OF, EPOCH, Row, cleaned, company, measured, sale

EVERY = """
  m_sum: {label: {zh: 一, en: A}, from: transactions, agg: sum, of: amount, window: year, empty: 0, format: money}
  m_prior: {label: {zh: 二, en: B}, from: transactions, agg: sum, of: amount, window: before, empty: 0, format: money}
  m_sum_where: {label: {zh: 三, en: C}, from: transactions, agg: sum, of: amount, where: amount < 0, empty: 0, format: money}
  m_units: {label: {zh: 四, en: D}, from: transactions, agg: sum, of: quantity, window: year, where: channel == '门店', empty: 0, format: decimal}
  m_count: {label: {zh: 五, en: E}, from: transactions, agg: count, window: year, empty: 0, format: integer}
  m_count_of: {label: {zh: 六, en: F}, from: transactions, agg: count, of: quantity, empty: 0, format: integer}
  m_orders: {label: {zh: 七, en: G}, from: transactions, agg: count_distinct, of: order_id, where: amount > 0, window: year, empty: 0, format: integer}
  m_kinds: {label: {zh: 八, en: H}, from: transactions, agg: count_distinct, of: category, empty: 0, format: integer}
  m_mean: {label: {zh: 九, en: I}, from: transactions, agg: mean, of: amount, where: amount > 0.05, window: year, empty: unknown, format: money}
  m_rating: {label: {zh: 十, en: J}, from: service, agg: mean, of: satisfaction, window: year, empty: unknown, format: decimal}
  m_least: {label: {zh: 甲, en: K}, from: transactions, agg: min, of: amount, window: year, empty: unknown, format: money}
  m_most: {label: {zh: 乙, en: L}, from: transactions, agg: max, of: quantity, where: quantity != 2, empty: unknown, format: decimal}
  m_due: {label: {zh: 丙, en: M}, from: transactions, agg: max, of: due_on, window: year, empty: unknown, format: date}
  m_last: {label: {zh: 丁, en: N}, from: transactions, agg: last, of: date, where: amount > 0, empty: unknown, format: date}
  m_since: {label: {zh: 戊, en: O}, from: transactions, agg: days_since, of: date, where: amount >= 100, window: year, empty: unknown, format: integer}
  m_complaints: {label: {zh: 己, en: P}, from: service, agg: count, where: complaint == 'yes', window: year, empty: 0, format: integer}
  m_fine: {label: {zh: 庚, en: Q}, from: service, agg: count, where: "complaint != 'yes' and satisfaction > 3", empty: 0, format: integer}
  m_next: {label: {zh: 辛, en: R}, from: service, agg: last, of: next_contact, empty: unknown, format: date}
  m_tenure: {label: {zh: 壬, en: S}, from: customers, agg: months_since, of: registered_on, empty: unknown, format: decimal}
  m_owner: {label: {zh: 癸, en: T}, from: customers, agg: value, of: owner, empty: unknown, format: text}
"""  # noqa: E501
WINDOWS = {"year": (1, 365), "before": (366, 730), None: (-1_000_000, 1_000_000)}


@pytest.fixture(scope="module")
def every() -> Scheme:
    return read_scheme(SMALL.replace("metrics:\n", "metrics:" + EVERY))


def days_back(row: Row) -> int:
    """1 for the as-of day itself, 365 for the first day of a year's window, 0 or less for the future."""
    return (AS_OF - row["date"].date()).days + 1


def by_customer(frame: pd.DataFrame) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in frame.to_dict("records"):
        found.setdefault(row["customer_id"], []).append(row)
    return found


def kept(rows: list[Row], window: str | None, keep: Callable[[Row], bool]) -> list[Row]:
    first, last = WINDOWS[window]
    return [row for row in rows if max(first, 1) <= days_back(row) <= last and keep(row)]


def there(values: list[Any]) -> list[Any]:
    return [v for v in values if not pd.isna(v)]


def cents_of(rows: list[Row]) -> int:
    return sum(int(row["cents"]) for row in rows)


def half_up(value: Decimal, places: str = "0.01") -> float:
    return float(value.quantize(Decimal(places), ROUND_HALF_UP))


def day_number(days: list[pd.Timestamp]) -> float | None:
    return float((max(days).date() - EPOCH).days) if days else None


def by_hand(bought: list[Row], spoken: list[Row], registered: pd.Timestamp, owner: str) -> dict[str, Any]:
    """The metrics of EVERY for one customer, by reading their rows one by one."""

    def sales(window: str | None, keep: Callable[[Row], bool] = lambda r: True) -> list[Row]:
        return kept(bought, window, keep)

    def served(window: str | None, keep: Callable[[Row], bool] = lambda r: True) -> list[Row]:
        return kept(spoken, window, keep)

    shop = there([r["quantity"] for r in sales("year", lambda r: r["channel"] == "门店")])
    big = [r["cents"] for r in sales("year", lambda r: r["cents"] > 5)]
    ratings = there([r["satisfaction"] for r in served("year")])
    year = [r["cents"] for r in sales("year")]
    units = there([r["quantity"] for r in sales(None, lambda r: r["quantity"] != 2)])
    since = [r["date"] for r in sales("year", lambda r: r["cents"] >= 10_000)]
    months = None if pd.isna(registered) else Decimal((AS_OF - registered.date()).days) / Decimal("30.4375")
    return {
        "m_sum": cents_of(sales("year")) / 100,
        "m_prior": cents_of(sales("before")) / 100,
        "m_sum_where": cents_of(sales(None, lambda r: r["cents"] < 0)) / 100,
        "m_units": float(sum(shop)),
        "m_count": len(sales("year")),
        "m_count_of": len(there([r["quantity"] for r in sales(None)])),
        "m_orders": len({r["order_id"].lower() for r in sales("year", lambda r: r["cents"] > 0)}),
        "m_kinds": len({r["category"].lower() for r in sales(None)}),
        "m_mean": half_up(Decimal(sum(map(int, big))) / len(big) / 100) if big else None,
        "m_rating": half_up(Decimal(sum(ratings)) / len(ratings)) if ratings else None,
        "m_least": min(year) / 100 if year else None,
        "m_most": max(units) if units else None,
        "m_due": day_number(there([r["due_on"] for r in sales("year")])),
        "m_last": day_number([r["date"] for r in sales(None, lambda r: r["cents"] > 0)]),
        "m_since": (AS_OF - max(since).date()).days if since else None,
        "m_complaints": len(served("year", lambda r: r["complaint"] == "yes")),
        "m_fine": len(served(None, lambda r: r["complaint"] != "yes" and r["satisfaction"] > 3)),
        "m_next": day_number(there([r["next_contact"] for r in served(None)])),
        "m_tenure": None if months is None else half_up(months, "0.1"),
        "m_owner": owner,
    }


@pytest.mark.parametrize("seed", range(4))
def test_every_aggregation_equals_a_plain_loop(every: Scheme, seed: int) -> None:
    clean = company(seed)
    found = measured(clean, every).frame.set_index("customer_id")
    people = clean.tables["customers"]
    bought, spoken = by_customer(clean.tables["transactions"]), by_customer(clean.tables["service"])
    for customer, registered, owner in zip(
        people["customer_id"], people["registered_on"], people["owner"], strict=True
    ):
        hand = by_hand(bought.get(customer, []), spoken.get(customer, []), registered, owner)
        for key, wanted in hand.items():
            value = found.loc[customer, key]
            if wanted is None:
                assert np.isnan(value), (customer, key, value)
            else:
                assert value == wanted, (customer, key, value, wanted)


def test_customers_stay_in_their_order_and_strangers_are_left_out(every: Scheme) -> None:
    clean = cleaned(
        [{"customer_id": k} for k in ("Z", "A", "M")], [sale("A", 100), sale("stranger", 900), sale("Z", 5)]
    )
    frame = measured(clean, every).frame
    assert frame["customer_id"].tolist() == ["Z", "A", "M"]
    assert frame["m_sum"].tolist() == [0.05, 1.0, 0.0]


def test_without_any_rows_zero_is_zero_and_unknown_is_unknown(every: Scheme) -> None:
    frame = measured(cleaned([{"customer_id": "A"}]), every).frame
    for key, metric in every.metrics.items():
        if key == "m_owner":
            continue
        value = frame[key].iloc[0]
        assert (value == 0) if metric.empty == 0 else np.isnan(value), key


@pytest.mark.parametrize(
    ("back", "year", "before"),
    [(-1, 0, 0), (0, 1, 0), (1, 1, 0), (364, 1, 0), (365, 0, 1), (729, 0, 1), (730, 0, 0), (5_000, 0, 0)],
)
def test_window_edges(every: Scheme, back: int, year: int, before: int) -> None:
    clean = cleaned([{"customer_id": "A"}], [sale("A", 100, AS_OF - timedelta(days=back))])
    row = measured(clean, every).frame.iloc[0]
    assert (row["m_sum"], row["m_prior"]) == (year, before)
    assert np.isnan(row["m_last"]) == (back < 0)


def test_windows_follow_the_as_of_date_and_their_length(every: Scheme) -> None:
    settings = start_settings(every, date(2024, 2, 29), {"year_days": 30, "before_days": 7})
    found = window_days(every, settings)
    assert found["year"] == (date(2024, 1, 30), date(2024, 2, 29))
    assert found["before"] == (date(2024, 1, 23), date(2024, 1, 30))
    clean = cleaned(
        [{"customer_id": "A"}], [sale("A", 700, date(2024, 1, 31)), sale("A", 50, date(2024, 1, 30))]
    )
    row = measure(clean, every, settings).frame.iloc[0]
    assert (row["m_sum"], row["m_prior"]) == (7.0, 0.5)


def test_satisfaction_that_nobody_gave_is_not_zero() -> None:
    scheme = load_scheme("vip-abc")
    people = [{"customer_id": k} for k in "ABC"]
    served = [
        {"customer_id": "A", "date": AS_OF, "satisfaction": None, "complaint": "no"},
        {"customer_id": "B", "date": AS_OF, "satisfaction": 4},
        {"customer_id": "B", "date": AS_OF, "satisfaction": None},
        {"customer_id": "B", "date": AS_OF, "satisfaction": 5},
    ]
    found = measured(cleaned(people, [], served), scheme).frame["satisfaction"]
    assert np.isnan(found[[0, 2]]).all()
    assert found[1] == 4.5


def test_distinct_counts_ignore_case_as_a_spreadsheet_does(every: Scheme) -> None:
    lines = [
        sale("A", 100, order_id=o, category=c)
        for o, c in [("x1", "Tea"), ("X1", "TEA"), ("x2", "tea"), ("X2", "茶")]
    ]
    row = measured(cleaned([{"customer_id": "A"}], lines), every).frame.iloc[0]
    assert (row["m_orders"], row["m_kinds"], row["m_count"]) == (2, 2, 4)


def test_money_is_exact_where_floats_are_not(every: Scheme) -> None:
    many = [sale("A", 10, order_id=str(i)) for i in range(100_000)]
    many += [sale("B", 99_999_999_999_999), sale("B", 1, order_id="y"), sale("B", -3, order_id="z")]
    frame = measured(cleaned([{"customer_id": "A"}, {"customer_id": "B"}], many), every).frame
    assert frame["m_sum"].tolist() == [10_000.0, 999_999_999_999.97]


def test_serial_days() -> None:
    days = pd.Series(pd.to_datetime(["1900-03-01", None, "2025-12-31", "2024-02-29"]))
    found = serial_days(days)
    assert found[[0, 2, 3]].tolist() == [61.0, 46022.0, 45351.0]
    assert np.isnan(found[1])


# the same declaration on other engines


def run_in(kind: str) -> Run:
    """An engine that Narwhals knows, though sheetgen offers it under no name."""
    import narwhals.stable.v2 as nw

    def run(table: Any, queries: Any) -> Any:
        native = table.to_pandas() if kind == "pandas" else pytest.importorskip("polars").from_arrow(table)
        frame = nw.from_native(native.lazy() if kind == "polars lazy" else native).lazy()
        return [query(frame).collect().to_arrow() for query in queries]

    return in_duckdb if kind == "duckdb" else run


@pytest.mark.parametrize("kind", ["pandas", "polars", "polars lazy", "duckdb"])
@pytest.mark.parametrize("source", ["transactions", "service"])
@pytest.mark.filterwarnings("ignore:Found complex group-by")
def test_engines_agree_to_the_last_bit(every: Scheme, kind: str, source: str) -> None:
    clean = company(7, people=60, lines=3_000)
    settings = start_settings(every, AS_OF)
    metrics = every.metrics_from(source)
    ids = clean.tables["customers"]["customer_id"]
    coded = code(clean.tables[source], ids, metrics, every.conditions)
    rest = (metrics, every.conditions, window_days(every, settings), AS_OF)
    pd.testing.assert_frame_equal(
        aggregate(coded, *rest), aggregate(coded, *rest, run=run_in(kind)), check_exact=True
    )


@pytest.mark.parametrize("scheme_id", shipped())
def test_order_of_rows_changes_nothing(scheme_id: str) -> None:
    scheme, clean = load_scheme(scheme_id), company(3, lines=2_000)
    settings = start_settings(scheme, AS_OF)
    mixed = {k: t if k == "customers" else t.sample(frac=1, random_state=1) for k, t in clean.tables.items()}
    again = measure(Clean(mixed, {}, clean.ledger, ()), scheme, settings).frame
    pd.testing.assert_frame_equal(measure(clean, scheme, settings).frame, again, check_exact=True)


def test_the_future_does_not_count() -> None:
    scheme = small()
    clean = cleaned([{"customer_id": "A"}], [sale("A", 100, AS_OF + timedelta(days=1))])
    row = measured(clean, scheme).frame.iloc[0]
    assert (row["spend"], row["orders"]) == (0, 0)
    assert np.isnan(row["recency"])
