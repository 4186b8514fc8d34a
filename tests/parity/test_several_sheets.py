"""Details that one sheet does not hold: the further sheets are live, read back, and never lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetgen.check_book import check_book
from sheetgen.diff import diff
from sheetgen.errors import InputError
from sheetgen.explain import explain
from sheetgen.pipeline import BuildRequest, Built, build, prepare
from sheetgen.regrade import RegradeRequest, regrade
from sheetgen.scheme.library import load_scheme
from sheetgen.workbook.compose import compose
from sheetgen.workbook.content import parted
from sheetgen.workbook.layout import FIRST, PART_ROWS
from sheetgen.workbook.opened import open_book
from sheetgen.workbook.read import read_previous
from tests.office.engine import recalc_cellrune
from tests.office.office import Office
from tests.office.poison import poison
from tests.office.values import Sheets
from tests.office.values import differences as cell_differences

from .cached import read_cached, without_empty
from .data import AS_OF, Company, company
from .desk import Desk, by_customer, differences, look

ROWS = 300
DAY = timedelta(days=1)
T, T2, T3, S2 = "transactions", "transactions.2", "transactions.3", "service.2"


def crowded(scheme: str, plain: int = 25) -> Company:
    """A company with a talk for every second sale, so that the service log too is longer than a sheet."""
    found = company(scheme, seed=7, plain=plain)
    talks = [
        {**found.service[0], "客户编号": row["客户编号"], "日期": row["日期"], "满意度": str(1 + n % 5)}
        for n, row in enumerate(found.transactions[::2])
    ]
    found.service += talks
    return found


def built_from(data: Company, folder: Path, scheme: str = "vip-abc", **more: Any) -> Built:
    kinds = data.write(folder)
    more = {"part_rows": ROWS, **more}
    return build(BuildRequest(folder / "book.xlsx", kinds=kinds, scheme=scheme, as_of=AS_OF, **more))


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Sales on three sheets, the service log on two."""
    return built_from(crowded("vip-abc"), tmp_path_factory.mktemp("several"))


@pytest.fixture
def desk(office: Office, several: Built, tmp_path: Path) -> Desk:
    office.open(several.request.out)
    return Desk(office, several, tmp_path)


def wrong_cells(found: Sheets, book: Path) -> list[Any]:
    """The cells of a recalculated book that are not what Python wrote."""
    # of an array over 200 cells the file says the first value only
    wrong = cell_differences(without_empty(found), read_cached(book)[0])
    return [d for d in wrong if not (d[0] == "_calc" and d[2:] == (0.0, None))]


def test_no_cell_differs(office: Office, tmp_path: Path) -> None:
    """Every cell of every sheet, over poisoned results; in English, where sheet names are quoted."""
    built = built_from(crowded("weighted-score"), tmp_path, "weighted-score", lang="en")
    names = open_book(built.request.out).sheets
    assert names(T)[1:] == ["Transactions 2", "Transactions 3"] and names("service")[1:] == ["Service log 2"]
    poison(built.request.out, tmp_path / "poisoned.xlsx")
    office.open(tmp_path / "poisoned.xlsx")
    office.recalc()
    assert wrong_cells(office.read_all(bools=False), built.request.out) == []


def test_no_cell_differs_in_a_second_engine(several: Built, tmp_path: Path) -> None:
    poison(several.request.out, tmp_path / "poisoned.xlsx")
    assert wrong_cells(recalc_cellrune(tmp_path / "poisoned.xlsx"), several.request.out) == []


def customer_on(desk: Desk, sheet: str, n: int = 0) -> str:
    """A customer with rows on a sheet; every tenth one is plain."""
    rows = [str(value) for value in desk.ids(sheet)[FIRST - 1 :] if value not in (None, "")]
    return list(dict.fromkeys(rows))[n]


def add(desk: Desk, sheet: str, customer: str, amount: float, **more: Any) -> None:
    cells = {"date": AS_OF - DAY, "order_id": "新单", "category": "新品", "amount": amount, **more}
    desk.put(sheet, desk.next_row(sheet), customer_id=customer, **cells)


def nameless(desk: Desk) -> None:
    """Rows without an order are orders of their own, whatever stands in the same row of another sheet."""
    for sheet in (T, T2):
        add(desk, sheet, customer_on(desk, T2, 3), 7.5, order_id=None, category=None)


def talk(desk: Desk) -> None:
    row, customer = desk.next_row(S2), customer_on(desk, T, 2)
    desk.put(S2, row, customer_id=customer, date=AS_OF - DAY, satisfaction=1, complaint="是")


def inserted(desk: Desk) -> None:
    row = desk.row_of(T2, customer_on(desk, T2, 4))
    desk.office.insert_row(desk.sheet(T2), row)
    desk.put(
        T2, row, customer_id=customer_on(desk, T3, 5), date=AS_OF - DAY, amount=91_000.5, order_id="插单"
    )


def deleted(desk: Desk) -> None:
    desk.office.delete_row(desk.sheet(T3), desk.row_of(T3, customer_on(desk, T3, 3)), 2)


def copied(desk: Desk) -> None:
    """A row of the last sheet with its number, to the end of the first one."""
    columns, target = list(desk.layout.columns[T].values()), desk.next_row(T)
    source = desk.row_of(T3, customer_on(desk, T3, 6))
    cells = desk.office.read(desk.sheet(T3), f"A{source}:{columns[-1]}{source}", bools=False)[0]
    values: Any = {f"{c}{target}": v for c, v in zip(columns, cells, strict=True)}
    desk.office.set_many(desk.sheet(T), values)


EDITS: dict[str, Callable[[Desk], object]] = {
    "amount": lambda d: d.put(T2, d.row_of(T2, customer_on(d, T2, 2)), amount=765_432.1),
    "day": lambda d: d.put(T3, d.row_of(T3, customer_on(d, T3, 1)), date=AS_OF - 700 * DAY),
    "a row of the first sheet's customer on the second": lambda d: add(d, T2, customer_on(d, T, 3), 88_000.0),
    "the same order once more, elsewhere": lambda d: add(d, T3, customer_on(d, T, 3), 5.0),
    "a row of the last sheet's customer on the first": lambda d: add(d, T, customer_on(d, T3, 2), 99_000.0),
    "two rows without an order": nameless,
    "inserted": inserted,
    "deleted": deleted,
    "copied with its number": copied,
    "another customer's": lambda d: d.put(T2, FIRST + 1, customer_id=customer_on(d, T3, 8), key=None),
    "talk": talk,
    "as of": lambda d: d.set_named("p_as_of", AS_OF - 5 * DAY),
    "sorted": lambda d: d.office.sort(d.sheet(T2), f"A{FIRST}:P{FIRST + ROWS}", 2, True),
}  # fmt: skip


def test_edits_on_any_sheet_are_followed(desk: Desk) -> None:
    assert {t: len(parts) for t, parts in desk.layout.parts.items()} == {T: 3, "service": 2}
    before = look(desk)
    for step, edit in EDITS.items():
        edit(desk)
        seen = look(desk)
        assert seen.scores != before.scores or step == "sorted", f"{step} did nothing"
        assert differences(desk, seen) == [], step
        assert desk.named("x_gate") == 0 and desk.named("transactions_open") == 0, step
        before = seen


def test_a_row_under_a_number_of_another_sheet_gates(desk: Desk) -> None:
    """What the formulas cannot find is never passed over."""
    desk.put(T2, FIRST, key=1)
    assert desk.named("x_gate") == 1
    rows = by_customer(desk, "tiers", desk.read("tiers"))
    assert {row["final_tier"] for row in rows.values()} == {"待排序"}
    desk.put(T2, FIRST, key=desk.layout.parts[T][1].key)
    assert differences(desk) == []
    row, mine = desk.row_of(T3, customer_on(desk, T3, 4)), customer_on(desk, T3, 4)
    desk.put(T3, row, customer_id=customer_on(desk, T, 1))
    assert desk.named("x_gate") == 1, "named anew under its old number, as in any large book"
    desk.put(T3, row, customer_id=mine)
    assert differences(desk) == []


def test_links_lead_to_the_sheet_of_the_customer(desk: Desk) -> None:
    for sheet in (T, T2, T3):
        customer = customer_on(desk, sheet, 1)
        row = desk.row_of("customers", customer)
        link = desk.at("customers", "to_transactions", row)
        (formula,) = desk.office.formulas("客户信息", f"{link}:{link}", excel=True)[0]
        desk.office.set("客户信息", f"ZZ{row}", formula.replace("HYPERLINK", "CONCATENATE"))
        place = f"#{desk.sheet(sheet)}!A{desk.row_of(sheet, customer)}"
        assert desk.office.cell("客户信息", f"ZZ{row}") == f"{place}交易"
    named = [row[0] for row in desk.read("guide") if row]
    assert {"历史交易2", "历史交易3", "服务记录2"} <= set(named)


@pytest.mark.parametrize(("less", "sheets"), [(1, 2), (0, 1), (-1, 1)])
def test_the_limit_is_exact(several: Built, less: int, sheets: int) -> None:
    n = len(several.clean.tables[T])
    request = BuildRequest(several.request.out, as_of=AS_OF, part_rows=n - less)
    _, content = prepare(request, several.scheme, several.clean, lambda step: None)
    parts, keys = content.layout.parts.get(T, ()), content.records[T]["key"]
    assert len(content.layout.sheets(T)) == sheets
    if parts:
        assert sum(part.rows for part in parts) == n and parts[0].rows < n
        assert keys[parts[0].rows - 1] < keys[parts[0].rows] == parts[1].key, "no customer on two sheets"
        assert keys.iloc[: parts[0].rows].tolist() == keys[keys < parts[1].key].tolist()
    ids = [sheet.id for sheet in compose(content, "1").sheets if sheet.id.startswith(T)]
    assert ids == list(content.layout.sheets(T))


@given(st.lists(st.integers(0, 9), min_size=1, max_size=12), st.integers(1, 12))
def test_customers_fill_sheets_in_order(counts: list[int], most: int) -> None:
    keys = np.repeat(np.arange(1, len(counts) + 1), counts)
    parts = parted(keys, most)
    assert sum(part.rows for part in parts) == len(keys)
    starts = np.cumsum([0, *(part.rows for part in parts)])
    pieces = [keys[a:b].tolist() for a, b in pairwise(starts.tolist())]
    for piece, part, after in zip(pieces, parts, [*pieces[1:], []], strict=True):
        assert not set(piece) & set(after), "no customer on two sheets"
        assert not piece or piece[0] == part.key
        assert part.rows <= most or len(set(piece)) == 1
        assert not after or part.rows + after.count(after[0]) > most, "and none that would have fitted"


def test_a_customer_longer_than_a_sheet_is_refused(several: Built, tmp_path: Path) -> None:
    request = BuildRequest(tmp_path / "b.xlsx", kinds=several.request.kinds, as_of=AS_OF, part_rows=20)
    with pytest.raises(InputError) as caught:
        build(request)
    assert caught.value.code == "SG620" and not request.out.exists()
    assert caught.value.facts["limit"] == 20 < caught.value.facts["count"]  # type: ignore[operator]


@pytest.fixture(scope="module")
def edited(office: Office, several: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A row typed on the first and on the last sheet, an amount corrected on the second, one row deleted."""
    folder = tmp_path_factory.mktemp("edited")
    office.open(several.request.out)
    desk = Desk(office, several, folder)
    add(desk, T, "平1", 1_234.5)
    add(desk, T3, "平2", 600_000.5)
    desk.put(T2, desk.row_of(T2, customer_on(desk, T2, 2)), amount=765_432.1)
    return office.save_as(folder / "staff.xlsx")


def test_the_next_build_takes_up_every_sheet(several: Built, edited: Path, tmp_path: Path) -> None:
    last = read_previous(edited, several.scheme)
    typed = {table.source.sheet: table.frame for table in last.typed}
    assert {name: frame["amount"].tolist() for name, frame in typed.items()} == {
        "历史交易": ["1234.5"],
        "历史交易3": ["600000.5"],
    }
    (correction,) = last.kept.corrections
    assert correction.cells == {"cents": "76543210"} and correction.place.startswith("历史交易2!")
    assert not last.kept.sheets, "further sheets are ours"
    request = BuildRequest(
        tmp_path / "b.xlsx", kinds=several.request.kinds, as_of=AS_OF, previous=edited, part_rows=PART_ROWS
    )
    after = build(request)
    assert open_book(request.out).sheets(T) == ["历史交易"]
    sales = after.clean.tables[T]
    assert len(sales) == len(several.clean.tables[T]) + 2
    assert {123_450, 60_000_050, 76_543_210} <= set(sales["cents"].tolist())


def test_an_own_sheet_of_that_name_moves_aside(office: Office, tmp_path: Path) -> None:
    data = Company()
    data.customers = [{"客户编号": f"K{n}", "客户名称": f"公司{n}"} for n in range(3)]
    days = [{"客户编号": f"K{n % 3}", "日期": AS_OF.isoformat()} for n in range(9)]
    data.transactions = [{**row, "金额": f"{n}.00", "订单号": f"X{n}"} for n, row in enumerate(days)]
    data.service = [{**days[0], "满意度": "5"}]
    whole = built_from(data, tmp_path, part_rows=9)
    office.open(whole.request.out)
    office.add_sheet("历史交易2", 3)
    office.set("历史交易2", "A1", "我的")
    mine = office.save_as(tmp_path / "mine.xlsx")
    assert open_book(mine).sheets(T) == ["历史交易"]
    book = open_book(built_from(data, tmp_path, previous=mine, part_rows=4).request.out)
    assert book.sheets(T) == ["历史交易", "历史交易2", "历史交易3"]
    assert book.workbook.get_sheet_by_name("历史交易2_").to_python() == [["我的"]]


def test_what_reads_a_book(several: Built, edited: Path) -> None:
    """diff, explain, check and a re-grade find the same."""
    (move,) = (move for move in diff(several.request.out, edited).moves if move.customer == "平2")
    assert explain(edited, "平2").tier == move.now != move.was
    found = regrade(RegradeRequest(edited, dry_run=True))
    assert found.tiers == tiers_shown(edited, several.scheme.id)
    assert move.customer in {change.customer for change in found.changes}
    assert check_book(edited).intact


def test_a_fresh_book_is_made_of_all_sheets(several: Built, edited: Path, tmp_path: Path) -> None:
    found = regrade(RegradeRequest(edited, tmp_path / "fresh.xlsx", rebuild=True))
    added = {(edit.sheet, edit.customer) for edit in found.edits if edit.kind == "added"}
    assert added == {("历史交易", "平1"), ("历史交易3", "平2")}
    assert [edit.kind for edit in found.edits if edit.kind != "added"] == ["correction"]
    sales = several.clean.tables[T]
    assert found.ledger.read_rows == len(sales) + 2
    scheme = load_scheme("vip-abc")
    assert found.tiers == tiers_shown(edited, scheme.id)


def tiers_shown(book: Path, scheme: str) -> dict[str, int]:
    """Customers by tier id, as the book's own formulas came out."""
    labels = {tier.label.zh: tier.id for tier in load_scheme(scheme).file.tiers}
    header = {"final_tier": load_scheme(scheme).column("final_tier").label}
    from sheetgen.scheme.tables import data_tables

    header["customer_id"] = data_tables()["customers"].fields["customer_id"].label
    shown = [labels[row["final_tier"]] for row in open_book(book).records("tiers", header)]
    return {tier: shown.count(tier) for tier in labels.values()}
