"""Usage, holdings, payments and their like: tables of their own, each with its sheet and live metrics over it."""

# ruff: noqa: E501 (the lines of the scheme stand as they would in its file)

from __future__ import annotations

from datetime import timedelta
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
from .desk import Desk, by_customer, differences

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
WORKED_OUT = """metrics:
  late_bills: {label: {zh: 逾期张数, en: Late}, from: payments, agg: count, where: overdue_days > 0, window: year, empty: 0, format: integer}
  late_days: {label: {zh: 逾期天数, en: Days late}, from: payments, agg: sum, of: overdue_days, empty: 0, format: integer}
  longest: {label: {zh: 最长逾期, en: Longest}, from: payments, agg: max, of: overdue_days, empty: unknown, format: integer}
  on_time: {label: {zh: 按时率, en: On time}, from: payments, agg: mean, of: on_time, window: year, empty: unknown, format: percent}
  owed: {label: {zh: 未付, en: Owed}, from: payments, agg: sum, of: unpaid, where: open > 0, empty: 0, format: money}
  sales_late: {label: {zh: 订单最长逾期, en: Sales late}, from: transactions, agg: max, of: overdue_days, where: on_time >= 0, empty: unknown, format: integer}
  margin_won: {label: {zh: 利润, en: Profit}, from: transactions, agg: sum, of: profit, where: profit > 5, empty: 0, format: money}
  nights: {label: {zh: 房晚, en: Nights}, from: stays, agg: sum, of: nights, where: no_show != 'yes', window: year, empty: 0, format: decimal}
  usable: {label: {zh: 有效积分, en: Usable}, from: points, agg: sum, of: earned, where: days_left >= 0, empty: 0, format: integer}
"""
CRITERIA = (
    "criteria:\n  assets: {weight: 30, low: 0, high: 900000}\n  answers: {weight: 10, low: 0, high: 100}\n"
)


def built_with(folder: Path, metrics: str, criteria: str, tables: tuple[str, ...]) -> Built:
    text = (templates_folder() / "vip-abc" / "scheme.yml").read_text("utf-8")
    text = text.replace("metrics:\n", metrics, 1).replace("criteria:\n", criteria, 1)
    (folder / "mine.yml").write_text(text, "utf-8")
    data = company("vip-abc", seed=9, plain=10)
    for n, row in enumerate(data.transactions):
        due, day = n % 5, AS_OF.fromisoformat(row["日期"])
        row["应付日期"] = (day + timedelta(days=20 * due)).isoformat() if due else ""
        row["付款日期"] = (day + timedelta(days=n % 70)).isoformat() if n % 3 else ""
        row["利润"] = ("", "-5.00", "-4.99", "12.34")[n % 4]
    kinds = data.write(folder)
    for table, rows in further_rows([row["客户编号"] for row in data.customers]).items():
        if table in tables:
            write_rows(folder / f"{table}.csv", rows)
            kinds[table] = [str(folder / f"{table}.csv")]
    return build(
        BuildRequest(folder / "book.xlsx", kinds=kinds, scheme=str(folder / "mine.yml"), as_of=AS_OF)
    )


@pytest.fixture(scope="module")
def further(tmp_path_factory: pytest.TempPathFactory) -> Built:
    tables = ("usage", "holdings", "survey")
    return built_with(tmp_path_factory.mktemp("further"), METRICS, CRITERIA, tables)


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A book with derived columns in four sheets."""
    tables = ("payments", "stays", "points")
    return built_with(tmp_path_factory.mktemp("worked"), WORKED_OUT, "criteria:\n", tables)


def test_each_table_has_its_sheet_and_its_figures(further: Built) -> None:
    cached, formulas = read_cached(further.request.out)
    assert {"使用记录", "持有产品", "问卷调查"} <= set(cached)
    assert not any(formulas.get(s) for s in ("使用记录", "持有产品", "问卷调查")), "not one formula"
    frame, held = further.graded.frame, further.clean.tables["holdings"]
    assert round(frame["assets"].sum() * 100) == round(held["balance"].sum())
    assert (frame["assets_points"] > 0).any() and frame["answers"].isna().any()


@pytest.mark.parametrize("which", ["further", "worked"])
def test_no_cell_differs(office: Office, which: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    book, poisoned = request.getfixturevalue(which).request.out, tmp_path / "poisoned.xlsx"
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


def test_only_derived_columns_are_formulas(worked: Built) -> None:
    _, formulas = read_cached(worked.request.out)
    letters = {sheet: {name.rstrip("0123456789") for name in formulas[sheet]} for sheet in formulas}
    assert letters["付款记录"] == set("IJKLM") and letters["积分流水"] == {"I"} and not letters["入住记录"]
    assert letters["历史交易"] == {"M", "N"}, "shown where the scheme uses them"


def test_a_payment_date_typed_in_moves_what_is_overdue(office: Office, worked: Built, tmp_path: Path) -> None:
    frame, people = worked.clean.tables["payments"], worked.graded.frame
    first = people.loc[(people["longest"] > 0) & (people["late_bills"] > 1), "customer_id"].iloc[0]
    office.open(worked.request.out)
    desk = Desk(office, worked, tmp_path)
    n = int((frame["customer_id"] == first).sum())
    before = by_customer(desk, "scores", desk.read("scores"))[first]
    for i in range(n):
        row = desk.row_of("payments", first, i)
        desk.put("payments", row, due_on=AS_OF, paid_on=AS_OF - timedelta(days=i), paid=None)
    after = by_customer(desk, "scores", desk.read("scores"))[first]
    assert before["longest"] > 0 == after["longest"] and after["on_time"] in (1.0, None), (before, after)
    assert differences(desk) == []
    desk.put("payments", desk.row_of("payments", first), due_on=None, credit_days=1, paid_on=None, billed=900)
    assert differences(desk) == []
    desk.set_named("p_as_of", AS_OF + timedelta(days=40))
    assert differences(desk) == []


def test_new_and_inserted_rows_are_worked_out(office: Office, worked: Built, tmp_path: Path) -> None:
    """A prepared row has its formulas; an inserted one has none and counts all the same."""
    office.open(worked.request.out)
    desk = Desk(office, worked, tmp_path)
    day = AS_OF - timedelta(days=50)
    row = desk.next_row("payments")
    assert desk.office.cell("付款记录", desk.at("payments", "overdue_days", row)) in (None, "")
    desk.put("payments", row, customer_id="全优", date=day, billed=100, credit_days=9)
    assert desk.office.cell("付款记录", desk.at("payments", "overdue_days", row)) == 41
    assert differences(desk) == []
    middle = desk.row_of("payments", worked.clean.tables["payments"]["customer_id"].iloc[0])
    desk.office.insert_row("付款记录", middle)
    desk.put("payments", middle, customer_id="全优", date=day, billed=70.5, due_on=day + timedelta(days=1))
    assert by_customer(desk, "scores", desk.read("scores"))["全优"]["longest"] >= 49
    desk.put("points", desk.next_row("points"), customer_id="全优", date=day, earned=7, expires_on=AS_OF)
    desk.put("stays", desk.next_row("stays"), customer_id="全优", date=day, nights=3, no_show="是")
    row = desk.next_row("transactions")
    desk.put("transactions", row, customer_id="全优", date=day, amount=9, due_on=day, profit=3.5)
    assert differences(desk) == []
    desk.sort("payments", "due_on")
    assert differences(desk) == []
    desk.put("payments", desk.row_of("payments", "全优"), due_on="下周", credit_days="一月")
    assert differences(desk) == []


def test_typed_payments_move_on_and_are_worked_out_anew(
    office: Office, worked: Built, tmp_path: Path
) -> None:
    office.open(worked.request.out)
    desk = Desk(office, worked, tmp_path)
    desk.put("payments", desk.next_row("payments"), customer_id="全优", date=46000.0, billed=5, credit_days=3)
    office.save_as(tmp_path / "staff.xlsx")
    last = read_previous(tmp_path / "staff.xlsx", worked.scheme)
    (typed,) = (table for table in last.typed if table.source.kind == "payments")
    assert typed.frame[["customer_id", "billed", "credit_days"]].values.tolist() == [["全优", "5", "3"]]
    assert not {"overdue_days", "x:逾期天数"} & set(typed.frame.columns)
