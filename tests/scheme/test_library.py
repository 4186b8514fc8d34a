"""Schemes are found, read strictly, and refused with path, line and key."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from sheetgen.errors import UsageError
from sheetgen.scheme.library import load_scheme, read_scheme, shipped, templates_folder

from .base import SMALL, bent, line_of, small, told

SHIPPED = ["vip-abc", "retail-diamond", "rfm", "weighted-score"]


def refused(written: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        read_scheme(written, "here/small.yml")
    assert caught.value.exit_code == 2
    told(caught.value)
    return caught.value


def test_the_default_scheme_comes_first() -> None:
    assert shipped()[0] == "vip-abc"
    assert set(SHIPPED) <= set(shipped())


@pytest.mark.parametrize("scheme_id", shipped())
def test_each_shipped_scheme_loads_under_the_name_of_its_folder(scheme_id: str) -> None:
    scheme = load_scheme(scheme_id)
    assert scheme.id == scheme_id
    assert scheme.text == (templates_folder() / scheme_id / "scheme.yml").read_text("utf-8")
    assert {"basis", "rank", "computed_tier", "final_tier", "why", "next_follow_up"} <= {
        c.id for c in scheme.computed
    }
    said: list[str] = [
        scheme.file.label.zh,
        scheme.file.label.en,
        scheme.file.source.zh,
        scheme.file.summary.en,
    ]
    said += [t.benefits.zh for t in scheme.file.tiers] + [m.label.en for m in scheme.metrics.values()]
    assert all(said)


@pytest.mark.parametrize("scheme_id", shipped())
def test_each_column_reads_only_what_stands_before_it(scheme_id: str) -> None:
    scheme = load_scheme(scheme_id)
    later = [c.id for c in scheme.computed]
    for column in scheme.computed:
        assert not set(column.expression.names) & set(later)
        later.remove(column.id)


def test_by_path_and_by_folder(tmp_path: Path) -> None:
    own = tmp_path / "我的 方案"
    own.mkdir()
    (own / "scheme.yml").write_text(SMALL, "utf-8")
    (tmp_path / "other.yaml").write_text("\ufeff" + SMALL, "utf-8")
    assert load_scheme(str(own)).id == "small"
    assert load_scheme(str(own / "scheme.yml")).id == "small"
    assert load_scheme(str(tmp_path / "other.yaml")).id == "small"


def test_a_folder_of_the_same_name_does_not_hide_a_shipped_scheme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rfm").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_scheme("rfm").id == "rfm"
    (tmp_path / "rfm" / "scheme.yml").write_text(SMALL, "utf-8")
    assert load_scheme("rfm").id == "rfm"
    assert load_scheme("./rfm").id == load_scheme("./rfm/scheme.yml").id == "small"


@pytest.mark.parametrize(
    "name",
    [
        "../vip-abc",
        "vip-abc/../rfm",
        "/etc/passwd",
        "..\\vip-abc",
        "vip-abc/",
        "a\0b",
        "x" * 5_000,
        "~",
        "%2e%2e",
    ],
)
def test_an_id_is_no_path(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        load_scheme(name)
    assert caught.value.key == "scheme_unknown"
    assert "vip-abc" in told(caught.value)[1]


@pytest.mark.parametrize(
    ("name", "near"),
    [("vip-abd", "vip-abc"), ("RFM", "rfm"), ("no such", "vip-abc"), ("retail_diamond", "retail-diamond")],
)
def test_did_you_mean(name: str, near: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_scheme(name)
    assert caught.value.facts["near"] == near


def test_missing_file_and_folder_without_scheme(tmp_path: Path) -> None:
    for name in (tmp_path / "none.yml", tmp_path, tmp_path / "folder.yml"):
        (tmp_path / "folder.yml").mkdir(exist_ok=True)
        with pytest.raises(UsageError) as caught:
            load_scheme(str(name))
        assert caught.value.key == "scheme_file_missing"


def test_a_large_file_is_not_even_read(tmp_path: Path) -> None:
    big = tmp_path / "big.yml"
    big.write_text(SMALL + "# " + "x" * 2_000_000, "utf-8")
    with pytest.raises(UsageError) as caught:
        load_scheme(str(big))
    assert caught.value.key == "scheme_too_big"


def test_another_encoding_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "gbk.yml"
    path.write_bytes(SMALL.encode("gb18030"))
    with pytest.raises(UsageError) as caught:
        load_scheme(str(path))
    assert (caught.value.key, caught.value.facts["line"]) == ("scheme_yaml", 2)


@pytest.mark.parametrize(
    "written",
    [
        "a: " + "[" * 400 + "]" * 400,
        "a: " + "[" * 100_000,
        "a: " + "{a: " * 30_000 + "1" + "}" * 30_000,
        "\n".join(" " * i + "a:" for i in range(900)),
        "- " * 900 + "a",
        "a: &a [*a]",
        "a: &a {b: *a}\n" + SMALL,
        "x0: &x0 [lol, lol]\n"
        + "".join(f"x{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 9)}]\n" for i in range(1, 40)),
        "x0: &x0 {k: v}\n"
        + "".join(
            f"x{i}: &x{i} {{{', '.join(f'k{n}: *x{i - 1}' for n in range(9))}}}\n" for i in range(1, 40)
        ),
    ],
    ids=["deep", "open", "maps", "indented", "lists", "itself", "itself2", "bomb", "mapbomb"],
)
def test_bombs_are_refused_at_once(written: str) -> None:
    started = time.process_time()
    error = refused(written)
    assert error.key in ("scheme_yaml", "scheme_key")
    assert time.process_time() - started < 5


def test_yaml_tags_run_nothing(tmp_path: Path) -> None:
    flag = tmp_path / "ran"
    refused(f'id: !!python/object/apply:os.system ["touch {flag}"]\n' + SMALL.split("\n", 1)[1])
    assert not flag.exists()


# what the YAML itself must be


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (bent(("windows:", "windows: [")), "year: {label"),
        (bent(("revenue: spend", "revenue: spend\nrevenue: spend")), "revenue: spend"),
        (bent(("bonus:", "bonus: 'x")), None),
        (SMALL.replace("  orders: {label", "\torders: {label"), "\torders"),
    ],
)
def test_broken_yaml_names_its_line(written: str, words: str | None) -> None:
    error = refused(written)
    assert error.key == "scheme_yaml"
    assert error.facts["path"] == "here/small.yml"
    if words:
        assert abs(int(str(error.facts["line"])) - line_of(written, words)) <= 1


@pytest.mark.parametrize(
    ("was", "now", "key"),
    [
        ("over: 1000,", "over: 400,", "tiers_order"),
        ("revenue: spend", "revenue: spend\nrevenue: spend", "scheme_yaml"),
    ],
)
def test_lines_count_from_the_top_of_the_file_where_schemes_stand_side_by_side(
    was: str, now: str, key: str
) -> None:
    second = bent((was, now), ("id: small", "id: second"))
    error = refused(SMALL + "---\n" + second)
    assert error.key == key
    expected = (
        len(SMALL.splitlines()) + 1 + line_of(second, "id: silver" if key == "tiers_order" else "revenue:")
    )
    assert abs(int(str(error.facts["line"])) - expected) <= (key == "scheme_yaml")


def test_a_doubled_key_is_an_error_and_not_the_last_one_wins() -> None:
    error = refused(bent(("spend: {weight: 60,", "spend: {weight: 60, weight: 40,")))
    assert error.key == "scheme_yaml"
    assert "weight" in told(error)[0]


@pytest.mark.parametrize("written", ["", "# only a comment", "- a\n- b", "just text", "42"])
def test_not_a_mapping(written: str) -> None:
    assert refused(written).key == "scheme_yaml"


def test_yaml_1_2_words_stay_words() -> None:
    labels = small(("zh: 金, en: Gold", "zh: NO, en: on")).file.tiers[0].label
    assert (labels.zh, labels.en) == ("NO", "on")


def test_numbers_are_decimal() -> None:
    assert small(("high: 1000}", "high: 010}")).parameters["spend_high"].value == 10
    assert small(("high: 1000}", "high: 1_000}")).parameters["spend_high"].value == 1000
    assert small(("high: 1000}", "high: 1e3}")).parameters["spend_high"].value == 1000


@pytest.mark.parametrize(
    "value",
    [
        "'60'",
        '"60"',
        "yes",
        "true",
        "NO",
        "'1,000'",
        "12:30",
        "2025-01-31",
        "[60]",
        ".nan",
        ".inf",
        "1e999",
        "-1",
    ],
)
def test_a_number_is_a_number(value: str) -> None:
    error = refused(bent(("weight: 60", f"weight: {value}")))
    assert error.facts["name"] == "criteria.spend.weight"
    assert error.facts["line"] == line_of(SMALL, "weight: 60")


@pytest.mark.parametrize(
    "value",
    [
        "010",
        "NO: 1",
        "[a]",
        "2020-01-01",
        "1.5",
        "{zh: a}",
        "{zh: a, en: b, fr: c}",
        "{zh: 1, en: b}",
        "{zh: a}",
    ],
)
def test_a_label_has_both_languages(value: str) -> None:
    written = bent(
        (
            "label: {zh: 银, en: Silver}",
            f"label: {value if value[0] == '{' else '{zh: ' + value + ', en: x}'}",
        )
    )
    error = refused(written)
    assert error.key in ("scheme_key", "scheme_yaml")


# what the schema refuses, with path, line, key and a near word


@pytest.mark.parametrize(
    ("was", "now", "name", "near"),
    [
        ("revenue: spend", "revenue: spend\nrevenues: spend", "revenues", "revenue"),
        (
            "agg: sum, of: amount, window: year",
            "agg: sum, of: amount, windw: year",
            "metrics.spend.windw",
            "window",
        ),
        (
            "follow_up_days: 14",
            "follow_up_days: 14, followup_days: 3",
            "tiers.1.followup_days",
            "follow_up_days",
        ),
        ("weight: 60, ", "weight: 60, quantile: 5, ", "criteria.spend.quantile", "quantiles"),
        (
            "value: 3, format: integer",
            "value: 3, format: integer, hight: 3",
            "parameters.often.hight",
            "high",
        ),
        (
            "format: money}\ncriteria",
            "format: money, sheeet: scores}\ncriteria",
            "columns.average.sheeet",
            "sheet",
        ),
    ],
)
def test_unknown_keys(was: str, now: str, name: str, near: str) -> None:
    written = bent((was, now))
    error = refused(written)
    assert (error.key, error.facts["name"], error.facts["near"]) == ("scheme_key", name, near)
    assert error.facts["path"] == "here/small.yml"
    assert error.facts["line"] == line_of(written, name.rsplit(".", 1)[-1] + ":")


@pytest.mark.parametrize(
    ("was", "now", "name"),
    [
        ("id: small", "id: Small Scheme", "id"),
        ("id: small", "id: ../small", "id"),
        ("  average: {", "  Average Price: {", "columns.Average Price.[key]"),
        ("  often: {", "  __class__: {", "parameters.__class__.[key]"),
        ("agg: sum,", "agg: total,", "metrics.spend.agg"),
        ("empty: unknown", "empty: none", "metrics.recency.empty"),
        ("empty: unknown", "empty: 0", "metrics.recency"),
        ("agg: sum, of: amount,", "agg: sum,", "metrics.spend"),
        (
            "window: year, empty: 0, format: money",
            "window: year, empty: unknown, format: money",
            "metrics.spend",
        ),
        ("from: transactions, agg: sum", "from: customers, agg: sum", "metrics.spend"),
        ("from: transactions, agg: sum", "from: transactions, agg: value", "metrics.spend"),
        (
            "window: year, empty: 0, format: money",
            "window: year, empty: 0, format: dollars",
            "metrics.spend.format",
        ),
        ("days: 365}\n  before", "days: 0}\n  before", "windows.year.days"),
        ("days: 365}\n  before", "days: 365.5}\n  before", "windows.year.days"),
        ("low: 0, high: 1000}", "low: 0}", "criteria.spend"),
        ("low: 0, high: 1000}", "high: 1000}", "criteria.spend"),
        ("low: 0, high: 1000}", "less_is_better: true}", "criteria.spend"),
        ("low: 0, high: 1000}", "low: 0, high: 9, cuts: [1]}", "criteria.spend"),
        ("low: 0, high: 1000}", "low: 0, cuts: [1]}", "criteria.spend"),
        ("low: 0, high: 1000}", "cuts: [1, 2], quantiles: 3}", "criteria.spend"),
        ("low: 0, high: 1000}", "quantiles: 1}", "criteria.spend.quantiles"),
        ("low: 0, high: 1000}", "quantiles: 11}", "criteria.spend.quantiles"),
        ("follow_up_days: 7,", "follow_up_days: 0,", "tiers.0.follow_up_days"),
        ("points_rate: 2", "points_rate: -1", "tiers.0.points_rate"),
    ],
)
def test_what_the_schema_refuses(was: str, now: str, name: str) -> None:
    written = bent((was, now))
    error = refused(written)
    assert (error.key, error.facts["name"]) == ("scheme_key", name)
    assert int(str(error.facts["line"])) >= 1


def test_one_tier_is_no_grading_and_eleven_are_too_many() -> None:
    head, last = SMALL.split("tiers:\n")[0] + "tiers:\n", SMALL.splitlines()[-1] + "\n"
    many = "".join(
        f"  - {{id: t{i}, label: {{zh: 级{i}, en: T{i}}}, at_least: {100 - i}, "
        "benefits: {zh: 无, en: None}, follow_up_days: 7}\n"
        for i in range(10)
    )
    assert refused(head + last).facts["name"] == "tiers"
    assert refused(head + many + last).facts["name"] == "tiers"
    assert len(read_scheme(head + many.split("\n", 1)[1] + last).file.tiers) == 10
