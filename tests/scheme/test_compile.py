"""A checked scheme made ready: what its names mean, in which order, and what makes no sense."""

from __future__ import annotations

import pytest

from sheetgen.errors import UsageError
from sheetgen.scheme.compile import Scheme
from sheetgen.scheme.library import load_scheme, shipped

from .base import small, told


def refused(*changes: tuple[str, str]) -> UsageError:
    with pytest.raises(UsageError) as caught:
        small(*changes)
    told(caught.value)
    return caught.value


@pytest.fixture(scope="module")
def scheme() -> Scheme:
    return small()


VALUE = '"round(spend / orders, 2) if orders > 0 else 0"'


def test_every_number_of_a_formula_is_a_parameter(scheme: Scheme) -> None:
    common = ("track_", "target_")
    numbers = {key: p.value for key, p in scheme.parameters.items() if not key.startswith(common)}
    assert numbers == {
        "year_days": 365,
        "before_days": 365,
        "often": 3,
        "spend_weight": 60,
        "spend_low": 0,
        "spend_high": 1000,
        "recency_weight": 40,
    }
    assert scheme.cuts == {"recency": 3}


def test_days_since_brings_the_day_itself(scheme: Scheme) -> None:
    assert scheme.last_of == {"recency": "recency_day"}
    day = scheme.metrics["recency_day"]
    assert (day.agg, day.of, day.format, day.hidden) == ("last", "date", "date", True)


def test_two_metrics_of_the_same_day_share_one() -> None:
    default = load_scheme("vip-abc")
    assert default.last_of == {"recency": "last_purchase"}


def test_points_expressions(scheme: Scheme) -> None:
    sources = {c.id: c.expression.source for c in scheme.computed}
    assert sources["spend_points"] == "round(scale(spend, spend_low, spend_high), 1)"
    assert sources["recency_points"] == "None if blank(recency) else 3 + 1 - above(recency, recency_cut)"
    unknown = {c.id for c in scheme.computed if c.unknown}
    assert "recency_points" in unknown
    assert not {"spend_points", "score", "completeness", "rank", "final_tier"} & unknown


def test_the_gap_is_unknown_only_at_the_top(scheme: Scheme) -> None:
    assert scheme.column("gap").unknown
    assert scheme.column("gap").format == "money"
    assert scheme.column("basis").format == "money"


def test_named_classes_have_no_gap() -> None:
    classes = small(("tier_by: spend", "tier_by: spend\nsteps: fixed"))
    assert classes.column("gap").expression.source == classes.column("keep").expression.source == "None"


def test_strict_edges_lie_one_step_higher() -> None:
    assert small().quantum == 0.01
    assert small(("tier_by: spend", "tier_by: orders")).quantum == 1.0


@pytest.mark.parametrize("scheme_id", shipped())
def test_formats_and_labels_are_there_for_all_columns(scheme_id: str) -> None:
    ready = load_scheme(scheme_id)
    for key in (*ready.metrics, *(c.id for c in ready.computed)):
        assert ready.label(key).zh
        assert ready.label(key).en
        assert ready.format(key)
    with pytest.raises(KeyError):
        ready.column("nothing")


@pytest.mark.parametrize(
    ("changes", "key", "fact"),
    [
        ([("if orders > 0", "if ordres > 0")], "expression_name", ("near", "orders")),
        ([("5 if orders", "5 if oders")], "expression_name", ("near", "orders")),
        ([("when: orders > often", "when: orders > oftn")], "expression_name", ("near", "often")),
        ([(VALUE, "average + 1")], "expression_circle", ("columns", "average")),
        ([(VALUE, "rank_x")], "expression_name", None),
        ([(VALUE, "recency * 2")], "expression_unknown", ("what", "recency")),
        ([(VALUE, "spend.real")], "expression_refused", None),
        ([(VALUE, "spend +")], "expression_syntax", None),
        ([(VALUE, "tier_cut + 1")], "table_misused", ("name", "tier_cut")),
        ([(VALUE, '"spend[1]"')], "table_misused", ("name", "spend")),
        ([(VALUE, '"band(spend, orders)"')], "table_misused", ("name", "orders")),
        ([(VALUE, '"say(\'nothing\')"')], "expression_refused", None),
        ([("when: orders", "when: recency")], "expression_unknown", None),
        ([("window: year,", "window: yaer,")], "window_unknown", ("window", "yaer")),
        ([("days: 365, before: year", "days: 365, before: yaer")], "window_unknown", ("window", "yaer")),
        ([("days: 365, before: year", "days: 365, before: before")], "window_circle", None),
        ([("en: Last year}, days: 365", "en: Last year}, days: 365, before: before")], "window_circle", None),
        ([("from: transactions, agg: sum", "from: transaction, agg: sum")], "column_unknown", None),
        ([("from: transactions, agg: sum", "from: preferences, agg: sum")], "column_unknown", None),
        ([("of: amount", "of: amout")], "column_unknown", ("name", "spend: of: amout")),
        ([("of: amount", "of: unit_price")], "column_unknown", None),
        ([("of: amount", "of: category")], "metric_type", ("of", "category")),
        ([("agg: count_distinct, of: order_id", "agg: count_distinct, of: amount")], "metric_type", None),
        ([("agg: days_since, of: date", "agg: days_since, of: order_id")], "metric_type", None),
        ([("where: amount > 0", "where: amount > many")], "where_refused", None),
        ([("where: amount > 0", "where: amout > 0")], "where_refused", None),
        ([("where: amount > 0", "where: amount > 'x'")], "where_refused", None),
        ([("where: amount > 0", "where: category > 'x'")], "where_refused", None),
        ([("where: amount > 0", "where: category == 1")], "where_refused", None),
        ([("where: amount > 0", "where: amount > 0 or quantity > 0")], "where_refused", None),
        ([("where: amount > 0", "where: amount > True")], "where_refused", None),
        ([("where: amount > 0", "where: 0 < amount")], "where_refused", None),
        ([("where: amount > 0", "where: 0 < amount < 9")], "where_refused", None),
        ([("where: amount > 0", "where: __import__('os')")], "where_refused", None),
        ([("where: amount > 0", "where: 'amount >'")], "where_refused", None),
        ([("tier_by: spend", "tier_by: spand")], "column_unknown", ("name", "spand")),
        ([("revenue: spend", "revenue: spand")], "column_unknown", ("name", "spand")),
        ([("  recency: {weight", "  recncy: {weight")], "column_unknown", ("name", "recncy")),
        ([("  average: {", "  spend: {")], "name_twice", ("name", "spend")),
        ([("  average: {", "  score: {")], "name_twice", ("name", "score")),
        ([("  average: {", "  final_tier: {")], "name_twice", ("name", "final_tier")),
        ([("  average: {", "  remark: {")], "name_twice", ("name", "remark")),
        ([("  average: {", "  recency_cut: {")], "name_twice", ("name", "recency_cut")),
        ([("  average: {", "  tier_label: {")], "name_twice", ("name", "tier_label")),
        ([("  often: {", "  as_of: {label: {zh: 日, en: D}, value: 1}\n  often: {")], "name_twice", None),
        ([("over: 1000,", "at_least: 1000,"), ("at_least: 500,", "over: 999.99,")], "edges_meet", None),
    ],
)  # fmt: skip
def test_refused(changes: list[tuple[str, str]], key: str, fact: tuple[str, str] | None) -> None:
    error = refused(*changes)
    assert error.key == key
    assert error.exit_code == 2
    if fact:
        assert error.facts[fact[0]] == fact[1]


def test_a_choice_has_one_label() -> None:
    word = "columns:\n  {0}: {{label: {{zh: 甲, en: X}}, value: \"'w'\", format: text, "
    word += "choices: {{w: {{zh: {1}, en: W}}}}}}\n"
    once = small(("columns:\n", word.format("one", "词")))
    assert once.words["w"].zh == "词"
    again = word.format("one", "词") + word.format("two", "字").removeprefix("columns:\n")
    assert refused(("columns:\n", again)).key == "choice_twice"


def test_conditions_are_kept_with_field_operator_and_value(scheme: Scheme) -> None:
    (condition,) = scheme.conditions["orders"]
    assert (condition.field.id, condition.operator, condition.value) == ("amount", ">", 0.0)
    assert scheme.conditions["spend"] == ()
    both = small(("where: amount > 0", "where: amount >= 0.5 and category != '茶'"))
    assert [(c.field.id, c.operator, c.value) for c in both.conditions["orders"]] == [
        ("amount", ">=", 0.5),
        ("category", "<>", "茶"),
    ]
