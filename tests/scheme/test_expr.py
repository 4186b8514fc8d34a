"""The expression language: what it refuses, what its formulas look like, and what its values are."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetgen.errors import UsageError
from sheetgen.i18n import Label, text
from sheetgen.scheme.expr import MAX_DEPTH, MAX_LENGTH, evaluate, guarded, parse, render
from sheetgen.scheme.functions import Context

ZH = Context("zh", {"lapsed": Label("流失", "Lapsed")}, {"vip": 3, "vip级": 3, "a": 2, "b": 1})
EN = Context("en", ZH.words, ZH.tier_aliases)

REFUSED = [
    "a.b",
    "a.__class__",
    "lambda: 1",
    "__import__('os')",
    "open('x')",
    "eval('1')",
    "max.__call__(1, 2)",
    "f'{a}'",
    "f''",
    "(x := 1)",
    "[1, 2]",
    "(1, 2)",
    "{1: 2}",
    "{1}",
    "[i for i in a]",
    "{i: i for i in a}",
    "(i for i in a)",
    "a[1:2]",
    "a[b][c]",
    "'abc'[0]",
    "f(a)[0]",
    "x ** 2",
    "x // 2",
    "x % 2",
    "x << 2",
    "x @ y",
    "x & y",
    "~x",
    "+x",
    "a is b",
    "a in b",
    "1j",
    "b'a'",
    "True",
    "...",
    "await a",
    "*a",
    "max(*a)",
    "max(a, b, key=c)",
    "max(a)",
    "abs(a, b)",
    "scale(a, b)",
    "blank()",
    "unheard_of(a)",
    "band(a, 5)",
    "band(a, b + 1)",
    "say(a)",
    "say('no such text')",
    "1e999",
    "9" * 400,
    "a if b",
    "a = 1",
    "a; b",
    "import os",
    "a\n+ b",
    "a\0b",
    "",
    "  ",
    "# comment",
    "a b",
    "(a",
    "'a",
    "a +",
]


@pytest.mark.parametrize("source", REFUSED)
def test_refused(source: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(source)
    assert caught.value.key in ("expression_refused", "expression_syntax")
    assert caught.value.exit_code == 2
    for lang in ("zh", "en"):
        assert "{" not in text(
            caught.value.key, lang, **{**caught.value.facts, "expression": "e", "what": "w"}
        )


@pytest.mark.parametrize(
    "source",
    [
        "1" + "+1" * MAX_LENGTH,
        "(" * 1_500 + "1" + ")" * 400,
        "(" * 190 + "1" + ")" * 190 + "(",
        "-" * 1_500 + "1",
        "not " * 450 + "a",
        "[" + "-" * 1_500 + "1]",
        "lambda: " + "not " * 450 + "a",
        "abs(" * 100 + "a" + ")" * 100,
        "a if b else " * 100 + "c",
        "a" * (MAX_LENGTH + 1),
        "1" + "+1" * 900,
    ],
)
def test_long_or_deep_is_refused_and_quick(source: str) -> None:
    with pytest.raises(UsageError):
        parse(source)


def test_the_limits_themselves_are_allowed() -> None:
    assert parse("a" * MAX_LENGTH).names == ("a" * MAX_LENGTH,)
    assert parse("abs(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH).names == ("a",)
    with pytest.raises(UsageError):
        parse("abs(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1))


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(source: str) -> None:
    try:
        expression = parse(source)
    except UsageError:
        return
    assert isinstance(expression.names, tuple)


@given(st.text(alphabet="abx019.()[]{}:,'\"+-*/<>=! \\_fnotandifelse@%&|^~", max_size=40))
@settings(max_examples=300)
def test_any_code_like_text_is_read_or_refused(source: str) -> None:
    try:
        parse(source)
    except UsageError as error:
        assert error.code == "SG703"


def test_a_word_with_underscores_is_only_a_word() -> None:
    expression = parse("'__class__' if a > 0 else '{0.__class__}'")
    assert evaluate(expression, {"a": np.array([1.0, -1.0])}, ZH).tolist() == ["__class__", "{0.__class__}"]
    assert rendered("'__class__'") == '"__class__"'


def test_names_tables_and_order_of_appearance() -> None:
    expression = parse("band(spend, cut) + tier_label[rank] if not blank(recency) else max(spend, orders)")
    assert set(expression.names) == {"spend", "cut", "tier_label", "rank", "recency", "orders"}
    assert expression.tables == {"cut", "tier_label"}
    assert expression.plain == {"spend", "rank", "recency", "orders"}


# the formula text


def rendered(source: str, context: Context = ZH) -> str:
    return render(parse(source), lambda key: f"${key}", {"cut": 4, "tier_label": 4}, context)


@pytest.mark.parametrize(
    ("source", "formula"),
    [
        ("a + b * 2", "$a+($b*2)"),
        ("(a + b) * 2", "($a+$b)*2"),
        ("a - (b - c)", "$a-($b-$c)"),
        ("-a / 1.5", "(-$a)/1.5"),
        ("0.1 + 1_000", "0.1+1000"),
        ("a > 0 and b <= 1 or not c != 2", "OR(AND(($a>0),($b<=1)),NOT(($c<>2)))"),
        ("0 < a <= 5", "AND(0<$a,$a<=5)"),
        ("a if b > 1 else None", 'IF(($b>1),$a,"")'),
        ("'lapsed' if a == 1 else 'he said \"no\"'", 'IF(($a=1),"流失","he said ""no""")'),
        ("round(a / b, 2) if b > 0 else 0", "IF(($b>0),ROUND(($a/$b),2),0)"),
        ("round(a)", "ROUND($a,0)"),
        ("min(a, b, 3)", "MIN($a,$b,3)"),
        ("max(abs(a), 0)", "MAX(ABS($a),0)"),
        ("blank(a)", '$a=""'),
        ("not blank(a) and a > 3", 'AND(NOT(($a="")),($a>3))'),
        ("band(a, cut)", "SUMPRODUCT(--($cut<=$a))"),
        ("above(a, cut) + 1", "SUMPRODUCT(--($cut<$a))+1"),
        ("tier_label[rank]", "INDEX($tier_label,5-$rank)"),
        ("tier_label[rank + 1]", "INDEX($tier_label,5-($rank+1))"),
        ("scale(a, 0, 10)", "IF(0=10,IF($a>=0,100,0),MAX(0,MIN(1,($a-0)/(10-0)))*100)"),
        ("faded(a, b, 90)", "$a*0.5^(MAX(0,$b)/90)"),
        (
            "units(a, 3)",
            "SIGN($a)*(ROUND(ABS($a)/3,0)-IF(ROUND(ROUND(ABS($a)/3,0)*3,6)>ROUND(ABS($a),6),1,0))",
        ),
        ("concat('a', b, 'c')", '"a"&$b&"c"'),
        ("trim(concat('a', b))", 'TRIM(("a"&$b))'),
        ("money(a)", 'TEXT($a,"#,##0.00")'),
        ("whole(a)", 'TEXT($a,"#,##0")'),
        ("decimal(a)", 'TEXT($a,"0.00")'),
        ("iso(d)", 'YEAR($d)&"-"&TEXT(MONTH($d),"00")&"-"&TEXT(DAY($d),"00")'),
        ("say('why_is')", '"，符合"'),
        (
            "tier_of(a)",
            "IFERROR(INDEX(tier_alias_rank,MATCH(SUBSTITUTE(SUBSTITUTE(SUBSTITUTE(TRIM($a),"
            '"~","~~"),"*","~*"),"?","~?"),tier_alias,0)),0)',
        ),
    ],
)
def test_formula(source: str, formula: str) -> None:
    assert rendered(source) == formula


def test_formula_words_follow_the_language() -> None:
    assert rendered("'lapsed'", EN) == '"Lapsed"'
    assert rendered("say('why_is')", EN) == '": "'


def test_outer_brackets_go_only_when_they_close_at_the_end() -> None:
    assert rendered("(a + b) * (c + d)") == "($a+$b)*($c+$d)"
    assert rendered("')' if a == 1 else '('") == 'IF(($a=1),")","(")'
    assert rendered("concat('(', b)") == '"("&$b'


# values against a second, scalar reading of the same tree

Row = Mapping[str, float]
Tree = tuple[str, Callable[[Row], Any]]
CUT = (-2.0, 0.0, 1.5, 40.0)
COLUMNS = ("a", "b", "c")
CONSTANTS = (0.0, 1.0, -3.0, 0.5, 2.0, 100.0, 0.01)


def half_up(x: float, digits: int) -> float:
    return float(Decimal(f"{x:.14e}").quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)) + 0.0


def scaled(x: float, low: float, high: float) -> float:
    if low == high:
        return 100.0 if x >= low else 0.0
    return min(max((x - low) / (high - low), 0.0), 1.0) * 100


def column(name: str) -> Tree:
    return name, lambda row: row[name]


def constant(value: float) -> Tree:
    return f"({value!r})", lambda row: value


LEAF = st.one_of(st.sampled_from(COLUMNS).map(column), st.sampled_from(CONSTANTS).map(constant))


def operation(sign: str, work: Callable[[Any, Any], Any]) -> Callable[[Tree, Tree], Tree]:
    return lambda x, y: (f"({x[0]} {sign} {y[0]})", lambda row: work(x[1](row), y[1](row)))


NUMERIC = [
    operation("+", lambda x, y: x + y),
    operation("-", lambda x, y: x - y),
    operation("*", lambda x, y: x * y),
]
COMPARED = [
    operation(">", lambda x, y: x > y),
    operation(">=", lambda x, y: x >= y),
    operation("<", lambda x, y: x < y),
    operation("<=", lambda x, y: x <= y),
    operation("==", lambda x, y: x == y),
    operation("!=", lambda x, y: x != y),
]


def numbers(below: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    tests = st.builds(lambda make, x, y: make(x, y), st.sampled_from(COMPARED), below, below)
    chain = st.builds(
        lambda x, y, z: (f"({x[0]} < {y[0]} <= {z[0]})", lambda r: x[1](r) < y[1](r) <= z[1](r)),
        below,
        below,
        below,
    )
    joined = st.builds(
        lambda x, y, both: (
            f"({x[0]} {'and' if both else 'or'} {y[0]})",
            (lambda r: x[1](r) and y[1](r)) if both else (lambda r: x[1](r) or y[1](r)),
        ),
        tests | chain,
        tests,
        st.booleans(),
    )
    refused = st.builds(lambda x: (f"(not {x[0]})", lambda r: not x[1](r)), tests | joined)
    return st.one_of(
        st.builds(lambda make, x, y: make(x, y), st.sampled_from(NUMERIC), below, below),
        st.builds(
            lambda x, d: (f"({x[0]} / {d})", lambda r: x[1](r) / d), below, st.sampled_from([2.0, -4.0, 0.5])
        ),
        st.builds(lambda x: (f"(-{x[0]})", lambda r: -x[1](r)), below),
        st.builds(lambda x: (f"abs({x[0]})", lambda r: abs(x[1](r))), below),
        st.builds(
            lambda x, y: (f"min({x[0]}, {y[0]}, 7)", lambda r: min(x[1](r), y[1](r), 7.0)), below, below
        ),
        st.builds(
            lambda x, y: (f"max({x[0]}, {y[0]}, -7)", lambda r: max(x[1](r), y[1](r), -7.0)), below, below
        ),
        st.builds(
            lambda c, d: (f"round({c}, {d})", lambda r: half_up(r[c], d)),
            st.sampled_from(COLUMNS),
            st.integers(0, 3),
        ),
        st.builds(
            lambda x, low, high: (
                f"scale({x[0]}, {low}, {high})",
                lambda r: scaled(x[1](r), float(low), float(high)),
            ),
            below,
            st.integers(-3, 3),
            st.integers(-3, 3),
        ),
        st.builds(
            lambda x: (f"band({x[0]}, cut)", lambda r: float(sum(edge <= x[1](r) for edge in CUT))), below
        ),
        st.builds(
            lambda x: (f"above({x[0]}, cut)", lambda r: float(sum(edge < x[1](r) for edge in CUT))), below
        ),
        st.builds(
            lambda x, y, t: (
                f"({x[0]} if {t[0]} else {y[0]})",
                lambda r: x[1](r) if t[1](r) else y[1](r),
            ),
            below,
            below,
            tests | joined | refused,
        ),
    )


ROWS = st.lists(
    st.tuples(*[st.integers(-4_000, 4_000).map(lambda n: n / 200) for _ in COLUMNS]), min_size=1, max_size=4
)


@given(st.recursive(LEAF, numbers, max_leaves=12), ROWS)
@settings(max_examples=400, deadline=None)
def test_values_are_those_of_a_plain_reading(tree: Tree, rows: list[tuple[float, ...]]) -> None:
    source, read = tree
    arrays = {name: np.array([row[i] for row in rows]) for i, name in enumerate(COLUMNS)}
    try:
        expression = parse(source)
    except UsageError as error:
        assert error.key in ("expression_long", "expression_refused")
        return
    found = np.broadcast_to(evaluate(expression, {**arrays, "cut": CUT}, ZH), (len(rows),))
    for i, row in enumerate(rows):
        wanted = read(dict(zip(COLUMNS, row, strict=True)))
        assert math.isclose(float(found[i]), wanted, rel_tol=1e-12, abs_tol=1e-12), source


def value(source: str, **names: Any) -> list[Any]:
    arrays = {k: np.array(v) if isinstance(v, list) else v for k, v in names.items()}
    found: list[Any] = np.asarray(evaluate(parse(source), arrays, ZH)).tolist()
    return found


def test_unknown_is_nan_and_shows_as_empty_beside_text() -> None:
    assert value("'lapsed' if a > 0 else None", a=[1.0, -1.0]) == ["流失", ""]
    found = value("a if a > 0 else None", a=[1.0, -1.0])
    assert found[0] == 1.0
    assert math.isnan(found[1])


def test_what_cannot_be_computed_is_infinite_and_never_unknown() -> None:
    found = value("a / b", a=[1.0, 0.0, -1.0, 6.0], b=[0.0, 0.0, 0.0, 3.0])
    assert [abs(v) for v in found] == [math.inf, math.inf, math.inf, 2.0]
    assert value("cut[a]", cut=(1.0, 2.0), a=[0.0, 1.0, 2.0, 3.0, math.nan]) == [
        math.inf,
        1.0,
        2.0,
        math.inf,
        math.inf,
    ]


def test_text_tables_count_from_the_lowest_tier() -> None:
    assert value("tier_label[r]", tier_label=("C", "B", "A"), r=[1.0, 3.0, 0.0, 4.0]) == ["C", "A", "", ""]


def test_tier_of_takes_label_or_id_in_any_case() -> None:
    words = np.array(["VIP", " vip级 ", "Vip级", "a", "B", "", "unheard"], dtype=object)
    assert value("tier_of(x)", x=words) == [3.0, 3.0, 3.0, 2.0, 1.0, 0.0, 0.0]


def test_shown_numbers() -> None:
    assert value("concat('共', money(a), '元')", a=[1234567.5, -0.5, 0.0]) == [
        "共1,234,567.50元",
        "共-0.50元",
        "共0.00元",
    ]
    assert value("concat(whole(a), '/', decimal(a))", a=[12345.0]) == ["12,345/12345.00"]
    assert value("concat('x', iso(d))", d=[46022.0]) == ["x2025-12-31"]
    assert value("trim(concat(' a ', '  b', ''))") == "a b"


def test_blank_knows_empty_text_and_unknown_numbers() -> None:
    words = np.array(["", "x"], dtype=object)
    assert value("blank(x)", x=words) == [True, False]
    assert value("blank(x)", x=[math.nan, 0.0]) == [True, False]
    assert value("blank(None)") is True


# what may be unknown has to be asked for

ALLOWED = [
    ("1 if blank(u) else u * 2", False),
    ("u * 2 if not blank(u) else 0", False),
    ("None if blank(u) else u + 1", True),
    ("u", True),
    ("u if a > 1 else 0", True),
    ("0 if blank(u) else 0 if blank(v) else u + v", False),
    ("u + v if not blank(u) and not blank(v) else 0", False),
    ("0 if blank(u) or blank(v) else u + v", False),
    ("not blank(u) and u > 3", False),
    ("blank(u) or u > 3", False),
    ("blank(u) or blank(v) or u > v", False),
    ("not blank(u) and (blank(v) or u > v)", False),
    ("a + 1", False),
    ("tier_of(u)", False),
    ("None", True),
    ("a if a > 0 else None", True),
    ("1 if not (blank(u) or blank(v)) and u > v else 0", False),
]
UNASKED = [
    "u + 1",
    "a + u",
    "u > 3",
    "max(u, 0)",
    "round(u, 2)",
    "-u",
    "not u",
    "1 if u > 3 else 0",
    "u * 2 if blank(u) else 0",
    "0 if not blank(u) else u + 1",
    "u + v if not blank(u) else 0",
    "u + v if not blank(u) or not blank(v) else 0",
    "u + 1 if blank(u) and blank(v) else 0",
    "u > 3 and not blank(u)",
    "blank(u) and u > 3",
    "not blank(u) or u > 3",
    "concat('a', u)",
    "money(u)",
    "iso(u)",
    "band(u, cut)",
    "cut[u]",
    "scale(u, 0, 1)",
    "(u if a > 1 else 0) + 1",
    "(None if a > 1 else 2) * 3",
    # AND and OR of a spreadsheet work out every side: ""*2 is an error there even behind not blank(u)
    "not blank(u) and u * 2 > 5",
    "blank(u) or abs(u) > 5",
    "not blank(u) and u",
]


@pytest.mark.parametrize(("source", "may_be_unknown"), ALLOWED)
def test_guarded(source: str, may_be_unknown: bool) -> None:
    assert guarded(parse(source), {"u", "v"}) is may_be_unknown


@pytest.mark.parametrize("source", UNASKED)
def test_unguarded_is_refused(source: str) -> None:
    with pytest.raises(UsageError) as caught:
        guarded(parse(source), {"u", "v"})
    assert caught.value.key == "expression_unknown"


def test_nothing_is_unknown_without_nullable_names() -> None:
    assert guarded(parse("u + v if not u else 0"), set()) is False
