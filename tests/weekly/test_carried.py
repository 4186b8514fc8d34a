"""What moves on from a book that staff changed: corrections, own columns, own sheets."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.chart import BarChart, Reference

from sheetgen.ingest.clean import clean
from sheetgen.ingest.sources import read_inputs
from sheetgen.model import Clean
from sheetgen.pipeline import Built
from sheetgen.scheme.library import load_scheme
from sheetgen.workbook.kept import Correction, Kept, OwnColumn, OwnSheet, corrections_in, own_headers
from sheetgen.workbook.laid import issues_of, lay_over
from sheetgen.workbook.last import LastBook
from sheetgen.workbook.opened import open_book
from sheetgen.workbook.read import read_previous

from ..books import make, write_csv
from .desk import read

PEOPLE = [
    ("K1", "甲公司", "华东", "13800000001", "是"),
    ("K2", "乙公司", "华北", "", "否"),
    ("K3", "丙公司", "", "", ""),
]
SALES = [
    ("K1", "2025-05-01", "100.00", "o1", "茶"),
    ("K1", "2025-05-02", "200.00", "", "纸"),
    ("K1", "2025-05-02", "200.00", "", "纸"),
    ("K2", "2025-05-03", "300.00", "o3", "茶"),
]


def raw(folder: Path, sales: list[tuple[str, ...]] = SALES) -> list[Path]:
    folder.mkdir(exist_ok=True)
    return [
        write_csv(folder / "c.csv", ["客户编号", "客户名称", "地区", "手机", "告知同意"], PEOPLE),
        write_csv(folder / "t.csv", ["客户编号", "日期", "金额", "订单号", "品类"], sales),
    ]


def cleaned(folder: Path, sales: list[tuple[str, ...]]) -> Clean:
    return clean(read_inputs([str(p) for p in raw(folder, sales)], {}))


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("carried")
    return make(folder / "1.xlsx", raw(folder / "d"), as_of=date(2025, 6, 1)).request.out


def left(book: Path, out: Path, edit: Any) -> LastBook:
    """The book as read after ``edit`` had its way with it."""
    changed = load_workbook(book)
    edit(changed)
    changed.save(out)
    return read_previous(out, load_scheme("vip-abc"))


def told(last: LastBook) -> list[tuple[str, dict[str, str], dict[str, str]]]:
    return [(c.table, {k: c.row[k] for k in c.cells}, dict(c.cells)) for c in last.kept.corrections]


def test_a_book_that_nobody_touched_has_nothing_of_staff(book: Path) -> None:
    assert read_previous(book, load_scheme("vip-abc")).kept == Kept()


def test_corrections_of_every_kind_are_found(book: Path, tmp_path: Path) -> None:
    def edit(wb: Any) -> None:
        people, sales = wb["客户信息"], wb["历史交易"]
        people["E4"], people["D4"], people["J5"] = "西南", 13911112222, "是"
        people["I6"] = date(2024, 3, 1)
        sales["C4"], sales["B7"], sales["F5"] = 150.5, "2025/05/30", None

    last = left(book, tmp_path / "e.xlsx", edit)
    assert told(last) == [
        ("customers", {"region": "华东", "phone": "13800000001"}, {"region": "西南", "phone": "13911112222"}),
        ("customers", {"consent": "no"}, {"consent": "yes"}),
        ("customers", {"registered_on": ""}, {"registered_on": "2024-03-01"}),
        ("transactions", {"cents": "10000"}, {"cents": "15050"}),
        ("transactions", {"category": "纸"}, {"category": ""}),
        ("transactions", {"date": "2025-05-03"}, {"date": "2025-05-30"}),
    ]
    assert last.issues == ()


def test_what_cannot_be_read_or_believed_is_told_and_left(book: Path, tmp_path: Path) -> None:
    def edit(wb: Any) -> None:
        wb["客户信息"]["A6"] = "K9"
        wb["历史交易"]["C4"], wb["历史交易"]["B7"] = "约一百", "月底"
        wb["历史交易"].delete_rows(5)

    last = left(book, tmp_path / "e.xlsx", edit)
    assert last.kept.corrections == ()
    found = {(i.code, i.column or i.value, i.count) for i in last.issues}
    assert found == {("SG566", "K3", 1), ("SG562", "金额", 1), ("SG562", "日期", 1), ("SG563", "", 1)}


def test_sorted_rows_and_rows_typed_below_are_no_corrections(book: Path, tmp_path: Path) -> None:
    def edit(wb: Any) -> None:
        ws = wb["历史交易"]
        rows = [[c.value for c in row] for row in ws.iter_rows(min_row=4, max_row=7)]
        for at, row in enumerate(reversed(rows), 4):
            for col, value in enumerate(row, 1):
                ws.cell(at, col, value)
        ws["A8"], ws["B8"], ws["C8"] = "K2", date(2025, 5, 9), 5

    last = left(book, tmp_path / "e.xlsx", edit)
    assert last.kept.corrections == () and last.issues == ()
    assert [len(table.frame) for table in last.typed] == [1]


AMOUNT = Correction(
    "transactions",
    {"customer_id": "K2", "date": "2025-05-03", "cents": "30000", "order_id": "o3", "category": "茶"},
    {"cents": "50"},
    "历史交易!7",
)


@pytest.mark.parametrize(
    ("new", "cents", "kept", "settled", "lost", "conflicts"),
    [
        (SALES[3], 50, 1, 0, 0, 0),
        (("K2", "2025-05-03", "300.00", "o3", "咖啡"), 50, 1, 0, 0, 0),
        (("K2", "2025-05-04", "300.00", "o3", "茶"), 50, 1, 0, 0, 0),
        (("K2", "2025-05-03", "310.00", "o3", "茶"), 50, 1, 0, 0, 1),
        (("K2", "2025-05-03", "0.50", "o3", "茶"), 50, 0, 1, 0, 0),
        (("K2", "2025-05-08", "300.00", "o8", "茶"), 30_000, 0, 0, 1, 0),
        (("K3", "2025-05-03", "300.00", "o3", "茶"), 30_000, 0, 0, 1, 0),
    ],
)
def test_a_correction_over_new_data(
    tmp_path: Path, new: tuple[str, ...], cents: int, kept: int, settled: int, lost: int, conflicts: int
) -> None:
    data = cleaned(tmp_path, [*SALES[:3], new])
    found, laid = lay_over(data, (AMOUNT,), "zh")
    counts = tuple(map(len, (laid.kept, laid.settled, laid.lost, laid.conflicts)))
    assert counts == (kept, settled, lost, conflicts)
    assert found.tables["transactions"]["cents"].tolist()[3] == cents
    assert found.ledger.balances
    assert found.ledger.cents["used"] == int(found.tables["transactions"]["cents"].sum())
    assert len(found.ledger.left_out) - len(data.ledger.left_out) == kept
    assert len(list(issues_of(laid, "b", "zh"))) == bool(kept) + bool(lost) + conflicts
    again, more = lay_over(data, laid.kept, "zh")
    assert again.tables["transactions"].equals(found.tables["transactions"]) or not kept
    assert more.conflicts == (), "a conflict is told once"


def test_of_two_equal_rows_each_takes_its_own_correction(tmp_path: Path) -> None:
    row = {"customer_id": "K1", "date": "2025-05-02", "cents": "20000", "order_id": "#2-3", "category": "纸"}
    both = tuple(Correction("transactions", row, {"cents": words}) for words in ("1", "2"))
    found, laid = lay_over(cleaned(tmp_path, SALES), both, "zh")
    assert found.tables["transactions"]["cents"].tolist() == [10_000, 1, 2, 30_000]
    assert len(laid.kept) == 2
    third, gone = lay_over(cleaned(tmp_path, SALES), (*both, both[0]), "zh")
    assert len(gone.lost) == 1 and third.tables["transactions"].equals(found.tables["transactions"])


def test_a_sale_moves_to_another_customer_only_if_there_is_one(tmp_path: Path) -> None:
    for who, kept in (("K3", 1), ("K77", 0)):
        one = Correction("transactions", AMOUNT.row, {"customer_id": who})
        found, laid = lay_over(cleaned(tmp_path, SALES), (one,), "zh")
        assert len(laid.kept) == kept
        assert ("K77" in found.tables["transactions"]["customer_id"].tolist()) is False


def test_a_correction_that_is_taken_back_is_gone(book: Path, tmp_path: Path) -> None:
    def amount(value: float) -> Any:
        return lambda wb: wb["历史交易"].__setitem__("C4", value)

    data = raw(tmp_path / "d")
    left(book, tmp_path / "1.xlsx", amount(5.0))
    second = make(tmp_path / "2.xlsx", data, as_of=date(2025, 6, 8), previous=tmp_path / "1.xlsx")
    assert read(second.request.out, "transactions").rows[3][2] == 5.0
    assert len(corrections_in(open_book(second.request.out).state)) == 1
    again = left(second.request.out, tmp_path / "2e.xlsx", amount(7.0))
    assert told(again) == [("transactions", {"cents": "10000"}, {"cents": "700"})]
    back = left(second.request.out, tmp_path / "2b.xlsx", amount(100.0))
    assert back.kept.corrections == ()


def with_own(wb: Any) -> None:
    people, tiers, sales = wb["客户信息"], wb["客户级别"], wb["历史交易"]
    people.insert_cols(3)
    for at, value in enumerate(("评语", "=1+1", 7, "K0012"), 3):
        people.cell(at, 3, value).data_type = "s" if isinstance(value, str) else "n"
    for ws, header, values in (
        (tiers, "拜访日", [date(2025, 7, 1), None, date(2025, 8, 1)]),
        (sales, "我的", [1]),
    ):
        at = ws.max_column + 1
        for row, value in enumerate((header, *values), 3):
            ws.cell(row, at, value)
    notes = wb.create_sheet("笔记")
    for row in ((1, 2), (3, 4)):
        notes.append(row)
    notes["D5"], notes["E1"] = date(2025, 1, 2), "=SUM(A1:B2)"
    chart = BarChart()
    chart.add_data(Reference(notes, min_col=1, min_row=1, max_row=2))
    notes.add_chart(chart, "F1")


@pytest.fixture(scope="module")
def own(book: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The week after staff added columns and a sheet."""
    folder = tmp_path_factory.mktemp("own")
    left(book, folder / "1.xlsx", with_own)
    return make(folder / "2.xlsx", raw(folder / "d"), as_of=date(2025, 6, 8), previous=folder / "1.xlsx")


def test_own_columns_move_on_with_their_customers_and_kinds(own: Built) -> None:
    people, tiers = read(own.request.out, "customers"), read(own.request.out, "tiers")
    assert [people.of(k)["评语"] for k in ("K1", "K2", "K3")] == ["=1+1", "7", "K0012"], "text, not a formula"
    assert [tiers.of(k)["拜访日"] for k in ("K1", "K2", "K3")] == [date(2025, 7, 1), "", date(2025, 8, 1)]
    assert own_headers(open_book(own.request.out).state) == {"customers": {"评语"}, "tiers": {"拜访日"}}
    assert [(i.value, i.count) for i in own.issues if i.code == "SG567"] == [("我的", 1)]


def test_own_sheets_move_on_as_values_and_what_is_lost_is_told(own: Built) -> None:
    rows = read(own.request.out, "笔记").rows
    assert [row[:2] for row in rows[:2]] == [[1.0, 2.0], [3.0, 4.0]] and rows[4][3] == date(2025, 1, 2)
    lost = sorted(dict(i.facts)["what"] for i in own.issues if i.code == "SG568")
    assert lost == ["公式（已变为结果）", "图表和图片"]


def test_the_week_after_keeps_them_without_a_word(own: Built, tmp_path: Path) -> None:
    third = make(tmp_path / "3.xlsx", raw(tmp_path / "d"), as_of=date(2025, 6, 15), previous=own.request.out)
    assert read(third.request.out, "customers").of("K3")["评语"] == "K0012"
    assert read(third.request.out, "tiers").of("K3")["拜访日"] == date(2025, 8, 1)
    assert read(third.request.out, "笔记").rows[0][:2] == [1.0, 2.0]
    assert not [i for i in third.issues if i.code.startswith("SG56")]


def test_of_kept_things_each_split_book_gets_its_own() -> None:
    one = Correction("customers", {"customer_id": "K1"}, {"region": "x"})
    two = Correction("customers", {"customer_id": "K2"}, {"region": "y"})
    column = OwnColumn("tiers", "h", "text", {"K1": "a", "K2": "b"})
    sheets = (OwnSheet("s", {(0, 0): 1}, "a.xlsx"), OwnSheet("s", {(0, 0): 2}, "b.xlsx"))
    mine = Kept((one, two), (column,), sheets, "m").of({"K1"}, "a.xlsx")
    assert mine == Kept((one,), (OwnColumn("tiers", "h", "text", {"K1": "a"}),), sheets[:1], "m")


def test_of_customers_that_were_merged_the_kept_one_has_it() -> None:
    one = Correction("transactions", {"customer_id": "K2", "date": "2025-01-01"}, {"cents": "1"})
    column = OwnColumn("tiers", "h", "text", {"K2": "b", "K3": "c"})
    found = Kept((one,), (column,)).merged({"K2": "K1", "K3": "K1"})
    assert found.corrections[0].customer == "K1"
    assert found.columns[0].words == {"K1": "b"}
