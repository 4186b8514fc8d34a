"""Usage, holdings and survey: tables of their own, each with its sheet and live metrics over it."""

# ruff: noqa: E501 (the lines of the scheme stand as they would in its file)

from __future__ import annotations

from pathlib import Path

import pytest

from sheetgen.grading.coding import EPOCH
from sheetgen.pipeline import BuildRequest, Built, build
from sheetgen.scheme.library import templates_folder
from sheetgen.workbook.read import read_previous
from tests.office.office import Office
from tests.office.poison import poison
from tests.office.values import differences as cell_differences

from .cached import read_cached, without_empty
from .data import AS_OF, company, further_rows, write_rows
from .desk import Desk, differences

METRICS = """metrics:
  minutes: {label: {zh: 年通话, en: Minutes}, from: usage, agg: sum, of: minutes, window: year, empty: 0, format: decimal}
  data: {label: {zh: 月均流量, en: Data}, from: usage, agg: mean, of: data_gb, empty: unknown, format: decimal}
  packages: {label: {zh: 套餐数, en: Packages}, from: usage, agg: count_distinct, of: package, empty: 0, format: integer}
  campaigns: {label: {zh: 活动次数, en: Campaigns}, from: usage, agg: count, where: campaign == 'yes', empty: 0, format: integer}
  fees: {label: {zh: 年话费, en: Fees}, from: usage, agg: sum, of: fee, where: fee > 20, window: year, empty: 0, format: money}
  assets: {label: {zh: 资产, en: Assets}, from: holdings, agg: sum, of: balance, empty: 0, format: money}
  products_held: {label: {zh: 持有产品数, en: Held}, from: holdings, agg: count_distinct, of: product, where: balance > 0, empty: 0, format: integer}
  least: {label: {zh: 最低贡献, en: Least}, from: holdings, agg: min, of: contribution, empty: unknown, format: money}
  answers: {label: {zh: 问卷均分, en: Answers}, from: survey, agg: mean, of: questionnaire, window: year, empty: unknown, format: points}
  asked: {label: {zh: 最近问卷, en: Last asked}, from: survey, agg: last, of: date, empty: unknown, format: date}
"""
CRITERIA = (
    "criteria:\n  assets: {weight: 30, low: 0, high: 900000}\n  answers: {weight: 10, low: 0, high: 100}\n"
)


@pytest.fixture(scope="module")
def further(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("further")
    text = (templates_folder() / "vip-abc" / "scheme.yml").read_text("utf-8")
    text = text.replace("metrics:\n", METRICS, 1).replace("criteria:\n", CRITERIA, 1)
    (folder / "mine.yml").write_text(text, "utf-8")
    data = company("vip-abc", seed=9, plain=10)
    kinds = data.write(folder)
    for table, rows in further_rows([row["客户编号"] for row in data.customers]).items():
        write_rows(folder / f"{table}.csv", rows)
        kinds[table] = [str(folder / f"{table}.csv")]
    return build(
        BuildRequest(folder / "book.xlsx", kinds=kinds, scheme=str(folder / "mine.yml"), as_of=AS_OF)
    )


def test_each_table_has_its_sheet_and_its_figures(further: Built) -> None:
    cached, formulas = read_cached(further.request.out)
    assert {"使用记录", "持有产品", "问卷调查"} <= set(cached)
    assert not any(formulas.get(s) for s in ("使用记录", "持有产品", "问卷调查")), "not one formula"
    frame, held = further.graded.frame, further.clean.tables["holdings"]
    assert round(frame["assets"].sum() * 100) == round(held["balance"].sum())
    assert (frame["assets_points"] > 0).any() and frame["answers"].isna().any()


def test_no_cell_differs(office: Office, further: Built, tmp_path: Path) -> None:
    book, poisoned = further.request.out, tmp_path / "poisoned.xlsx"
    poison(book, poisoned)
    office.open(poisoned)
    office.recalc()
    found = cell_differences(without_empty(office.read_all(bools=False)), read_cached(book)[0])
    assert [d for d in found if d[0] != "_calc"] == []


def test_rows_typed_below_count_at_once(office: Office, further: Built, tmp_path: Path) -> None:
    office.open(further.request.out)
    desk = Desk(office, further, tmp_path)
    today = float((AS_OF - EPOCH).days - 1)
    desk.put("usage", desk.next_row("usage"), customer_id="全优", date=today, minutes=12.5, data_gb=3.0,
             package="新套餐", campaign="是", fee=88.0)  # fmt: skip
    desk.put("holdings", desk.next_row("holdings"), customer_id="全优", date=today, product="黄金", balance=1e6,
             contribution=-99.5)  # fmt: skip
    desk.put("survey", desk.next_row("survey"), customer_id="全优", date=today, questionnaire=99.0)
    desk.put(
        "usage", desk.row_of("usage", desk.built.clean.tables["usage"]["customer_id"].iloc[0]), fee=500.0
    )
    assert differences(desk) == []
    desk.sort("holdings", "balance")
    assert differences(desk) == []


def test_typed_rows_move_on_with_the_book(office: Office, further: Built, tmp_path: Path) -> None:
    office.open(further.request.out)
    desk = Desk(office, further, tmp_path)
    desk.put(
        "holdings", desk.next_row("holdings"), customer_id="全优", date=46000.0, product="黄金", balance=1e6
    )
    office.save_as(tmp_path / "staff.xlsx")
    last = read_previous(tmp_path / "staff.xlsx", further.scheme)
    typed = {table.source.kind: table.frame for table in last.typed}
    assert typed["holdings"]["balance"].tolist() == ["1000000"]


def test_a_book_without_such_data_has_no_such_sheets(built_books) -> None:
    cached, _ = read_cached(built_books("vip-abc").request.out)
    assert not {"使用记录", "持有产品", "问卷调查"} & set(cached)
