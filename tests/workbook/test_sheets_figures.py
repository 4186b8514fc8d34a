"""The figures on 总览, 参数设置, 数据质量 and 使用说明 equal a plain count over the customers."""

from __future__ import annotations

from collections import Counter
from datetime import date
from math import ceil
from typing import Any

import pytest

from sheetgen.i18n import LANGS, Lang, text
from sheetgen.scheme.library import shipped
from sheetgen.workbook.book import Sheet

from ..grading.base import cleaned, sale
from .contents import Made, made, sample_clean, sample_made


@pytest.fixture(params=shipped())
def run(request: pytest.FixtureRequest) -> Made:
    return sample_made(request.param)


def values(sheet: Sheet) -> dict[tuple[int, int], Any]:
    return {place: cell.value for place, cell in sheet.cells.items()}


def below(sheet: Sheet, words: str, column: int = 0) -> int:
    """The row under the heading ``words``."""
    return next(row for (row, col), v in values(sheet).items() if col == column and v == words) + 1


def rows_of(run: Made) -> list[dict[str, Any]]:
    """Each customer with spend in cents, final rank, owner, next follow-up."""
    frame = run.content.graded.frame
    spend = frame[run.content.scheme.file.revenue]
    owners = run.content.clean.tables["customers"]["owner"]
    return [
        {"cents": round(s * 100), "rank": int(r), "owner": o, "due": d}
        for s, r, o, d in zip(spend, frame["final_rank"], owners, frame["next_follow_up"], strict=True)
    ]


def test_tier_distribution(run: Made) -> None:
    overview, tiers = run.book.sheet("overview"), run.content.scheme.file.tiers
    cells, top = values(overview), below(overview, text("section_distribution", "zh")) + 1
    people = rows_of(run)
    whole = sum(p["cents"] for p in people)
    for i, tier in enumerate(tiers):
        mine = [p for p in people if p["rank"] == len(tiers) - i]
        money = sum(p["cents"] for p in mine)
        shown = [cells[top + i, col] for col in range(6)]
        assert shown[:2] == [tier.label.zh, len(mine)]
        assert shown[2] == pytest.approx(len(mine) / len(people), abs=5.1e-5)
        assert shown[3] == money / 100
        assert shown[4] == pytest.approx(money / whole, abs=5.1e-5)
        assert shown[5] == (pytest.approx(money / 100 / len(mine), abs=0.0051) if mine else None)
    end = top + len(tiers)
    assert (cells[end, 1], cells[end, 3]) == (len(people), whole / 100)
    assert sum(cells[top + i, 1] for i in range(len(tiers))) == len(people)


def test_pareto(run: Made) -> None:
    overview, scheme, frame = run.book.sheet("overview"), run.content.scheme, run.content.graded.frame
    profit = [k for k, m in scheme.metrics.items() if m.of == "profit" and m.agg == "sum" and frame[k].any()]
    basis = (profit or [scheme.file.revenue])[0]
    title = text("section_pareto", "zh", label=scheme.label(basis).zh)
    cells, top = values(overview), below(overview, title) + 1
    ordered = sorted((round(money * 100) for money in frame[basis]), reverse=True)
    for i, percent in enumerate([5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]):
        count = ceil(len(ordered) * percent / 100)
        assert cells[top + i, 0] == pytest.approx(percent / 100)
        assert (cells[top + i, 1], cells[top + i, 2]) == (count, sum(ordered[:count]) / 100)
        assert cells[top + i, 3] == pytest.approx(sum(ordered[:count]) / sum(ordered), abs=5.1e-5)
    assert cells[top + 10, 3] == 1


def test_months(run: Made) -> None:
    overview = run.book.sheet("overview")
    cells, top = values(overview), below(overview, text("section_months", "zh")) + 1
    sales = run.content.clean.tables["transactions"]
    money: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    for day, cents in zip(sales["date"], sales["cents"], strict=True):
        money[f"{day:%Y-%m}"] += int(cents)
        lines[f"{day:%Y-%m}"] += 1
    months = [f"{2024 + i // 12}-{i % 12 + 1:02d}" for i in range(24)]
    for i, month in enumerate(months):
        shown = cells[top + i, 0]
        assert isinstance(shown, date)
        assert f"{shown:%Y-%m}" == month
        assert (round(cells[top + i, 1] * 100), cells[top + i, 2]) == (money[month], lines[month])
    assert sum(lines[m] for m in months) == len(sales)


def test_the_month_of_the_as_of_date_ends_on_it() -> None:
    run = made(sample_clean(), as_of=date(2025, 6, 15))
    overview = run.book.sheet("overview")
    cells, top = values(overview), below(overview, text("section_months", "zh")) + 1
    sales = run.content.clean.tables["transactions"]
    june = sales[(sales["date"] >= "2025-06-01") & (sales["date"] <= "2025-06-15")]
    assert (sales["date"] > "2025-06-15").any()
    assert f"{cells[top + 23, 0]:%Y-%m}" == "2025-06"
    assert cells[top + 23, 1] == int(june["cents"].sum()) / 100
    assert cells[top + 23, 2] == len(june)


def test_follow_ups_by_account_manager(run: Made) -> None:
    overview, as_of = run.book.sheet("overview"), run.content.as_of_serial
    cells, top = values(overview), below(overview, text("section_due", "zh")) + 1
    people = rows_of(run)
    owners = Counter(p["owner"] for p in people if p["owner"])
    assert len(owners) == 8
    for i, (name, count) in enumerate(sorted(owners.items(), key=lambda item: (-item[1], item[0]))):
        mine = [p for p in people if p["owner"] == name]
        late = sum(p["due"] < as_of for p in mine)
        soon = sum(as_of <= p["due"] <= as_of + 7 for p in mine)
        oldest = min((p["due"] for p in mine if p["due"] < as_of), default=None)
        shown = [cells[top + i, col] for col in range(7)]
        money = sum(p["cents"] for p in mine) / 100
        assert shown == [name, count, late, soon, count - late - soon, oldest, money]
    assert [cells[top + 8, col] for col in range(6)] == [text("due_others", "zh"), 0, 0, 0, 0, None]
    total = [cells[top + 9, col] for col in range(1, 5)]
    assert total == [sum(cells[top + i, col] for i in range(9)) for col in range(1, 5)]
    assert total[0] == len(people)


def test_tiles_of_the_default_scheme() -> None:
    run = sample_made()
    cells, people = values(run.book.sheet("overview")), rows_of(run)
    whole, best = sum(p["cents"] for p in people), sum(p["cents"] for p in people if p["rank"] == 4)
    assert cells[5, 0] == 336
    assert cells[5, 2] == sum(p["cents"] > 0 for p in people)
    assert cells[5, 4] == whole / 100
    assert cells[5, 6] == pytest.approx(best / whole, abs=5.1e-5)
    assert cells[5, 8] == sum(p["due"] < run.content.as_of_serial for p in people)
    assert cells[5, 10] == "0 / 0"


@pytest.mark.parametrize("lang", LANGS)
def test_edges_in_words(lang: Lang) -> None:
    run = sample_made("vip-abc", lang)
    sheet = run.book.sheet("parameters")
    top = below(sheet, text("section_tiers", lang)) + 1
    by = "年消费额" if lang == "zh" else "Yearly spend"
    assert [sheet.cells[top + i, 7].value for i in range(4)] == [
        f"500,000.00 < {by}",
        f"200,000.00 ≤ {by} ≤ 500,000.00",
        f"50,000.00 ≤ {by} < 200,000.00",
        f"{by} < 50,000.00",
    ]
    assert [sheet.cells[top + i, 1].value for i in range(4)] == [500_000, 200_000, 50_000, None]
    assert [sheet.cells[top + i, 3].value for i in range(3)] == [500_000.01, 200_000, 50_000]
    assert [sheet.cells[top + i, 8].value for i in range(4)] == ["vip", "a", "b", "c"]


def test_windows_show_their_days() -> None:
    sheet = sample_made().book.sheet("parameters")
    top = below(sheet, text("section_basics", "zh")) + 1
    assert [sheet.cells[top + i, col].value for i in (1, 2) for col in (2, 3)] == [
        date(2024, 12, 31),
        date(2025, 12, 31),
        date(2024, 1, 1),
        date(2024, 12, 31),
    ]


def test_resolved_quantiles_stand_as_plain_numbers() -> None:
    run = sample_made("rfm")
    sheet, cuts = run.book.sheet("parameters"), run.content.graded.settings.tables
    for key in ("recency", "orders", "spend"):
        label = run.content.scheme.label(key).zh
        row = next(r for (r, c), cell in sheet.cells.items() if c == 0 and cell.value == label)
        assert tuple(sheet.cells[row, 2 + i].value for i in range(4)) == cuts[f"{key}_cut"]
        assert not any(sheet.cells[row, 2 + i].formula for i in range(4))


def test_quality_lists_each_row_that_was_not_used() -> None:
    run = sample_made()
    table = run.book.sheet("quality").table
    assert table is not None
    left_out = run.content.clean.ledger.left_out
    columns = {c.id: list(c.values) for c in table.columns}
    assert table.rows == len(left_out) == 66
    assert columns["line"] == left_out["line"].tolist()
    assert sum(round(a * 100) for a in columns["amount"]) == run.content.clean.ledger.cents["status"]
    assert set(columns["code"]) == {"SG424"}
    assert all("{" not in reason for reason in columns["reason"])


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("scheme", shipped())
def test_the_guide_names_source_sheets_tiers_and_every_shown_column(scheme: str, lang: Lang) -> None:
    run = sample_made(scheme, lang)
    said = "\n".join(str(v) for v in values(run.book.sheet("guide")).values() if v)
    file = run.content.scheme.file
    assert file.label.text(lang) in said
    assert file.source.text(lang) in said
    assert run.content.run_id in said
    assert "2025-12-31" in said
    for tier in file.tiers:
        assert tier.label.text(lang) in said
    for key in run.content.layout.shown_scores:
        assert run.content.scheme.label(key).text(lang) in said, key
    for sheet in run.book.sheets:
        if sheet.state == "visible" and sheet.id != "guide":
            assert sheet.name in said
    assert "{{" not in said
    assert "{%" not in said


# books of unusual sizes


def test_no_customers_at_all() -> None:
    run = made(cleaned([]), as_of=date(2025, 12, 31))
    assert values(run.book.sheet("overview"))[5, 0] == 0
    table = run.book.sheet("tiers").table
    assert table is not None
    assert table.rows == 20
    assert not any(c.values[0] for c in table.columns if c.id in ("computed_tier", "customer_id"))


def test_one_customer_without_sales() -> None:
    run = made(cleaned([{"customer_id": "A", "customer_name": "独"}]), as_of=date(2025, 12, 31))
    tiers = run.book.sheet("tiers").table
    assert tiers is not None
    shown = {c.id: c.values[0] for c in tiers.columns}
    assert (shown["computed_tier"], shown["move"], shown["due"]) == ("C级", "新", "7天内")


def test_details_are_sorted_by_customer_and_day() -> None:
    run = sample_made()
    records = run.content.records["transactions"]
    order = list(zip(records["key"], records["date"], records["order_id"], strict=True))
    assert order == sorted(order)
    first, last, count = run.content.slices["transactions"]
    ids = run.content.clean.tables["customers"]["customer_id"]
    for i, customer in enumerate(ids):
        mine = records["customer_id"].iloc[int(first[i]) - 4 : int(last[i]) - 3]
        assert (mine == customer).all()
        assert len(mine) == count[i]
    assert int(count.sum()) == len(records)


@pytest.mark.parametrize(("lang", "header"), [("zh", "退款日期"), ("en", "Refunded on")])
def test_further_columns_are_shown_in_the_language_of_the_book(lang: Lang, header: str) -> None:
    table = sample_made("vip-abc", lang).book.sheet("transactions").table
    assert table is not None
    assert [c.header for c in table.columns if c.id.startswith("x:")] == [header]


def test_two_further_columns_of_one_name_get_two_headers() -> None:
    from dataclasses import replace

    base = cleaned([{"customer_id": "A"}], [sale("A", 100)])
    tables = {**base.tables, "customers": base.tables["customers"].assign(**{"x:a": ["1"], "x:b": ["2"]})}
    run = made(
        replace(base, tables=tables, extras={"customers": {"x:a": "等级", "x:b": "等级"}}),
        as_of=date(2025, 12, 31),
    )
    table = run.book.sheet("customers").table
    assert table is not None
    assert [c.header for c in table.columns if c.id.startswith("x:")] == ["等级", "等级 2"]
