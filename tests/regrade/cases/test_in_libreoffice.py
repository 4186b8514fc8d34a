"""What staff do to a book in a spreadsheet program, all in one book: each case looks at its own cells."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from sheetgen.pipeline import Built
from sheetgen.regrade import Regraded
from tests.office.office import Office
from tests.office.values import column_name, position
from tests.parity.desk import Desk
from tests.regrade.books import Proof, kinds, proved, regraded

from .firm import AS_OF, CUSTOMERS, DAY, SALES, SERVICE, TIERS, Seen, plain, told

OWN = "我的笔记"


@dataclass(frozen=True)
class Handled:
    """The book as built, as staff left it, and re-graded."""

    first: Seen
    left: Seen
    made: Seen
    found: Regraded
    proof: Proof
    cells: dict[str, str]
    """what was edited -> its cell"""


@pytest.fixture(scope="module")
def handled(firm: Built, office: Office, tmp_path_factory: pytest.TempPathFactory) -> Handled:
    folder = tmp_path_factory.mktemp("handled")
    office.open(firm.request.out)
    desk, cells = Desk(office, firm, folder), {}
    # W02: an empty row among customers, a customer without an id, and a whole new one
    office.insert_row(CUSTOMERS, desk.row_of("customers", "KH04"))
    row = desk.next_row("customers")
    desk.put("customers", row, customer_name="无编号公司")
    desk.put("customers", row + 1, customer_id="KH99", customer_name="新公司")
    desk.put(
        "transactions", desk.next_row("transactions"), customer_id="KH99", date=AS_OF - DAY, amount=60_000.0
    )
    # W07, W22, W08
    for customer, column, value in (
        ("KH01", "remark", "=1+1"),
        ("KH02", "override", '="A"&"级"'),
        ("KH03", "override", "ａ级 "),
        ("KH04", "override", "贵宾"),
        ("KH05", "override", "钻石"),
        ("KH06", "override", "vip"),
        ("KH07", "override_reason", "=NA()"),
    ):
        at = desk.row_of("tiers", customer)
        desk.put("tiers", at, **{column: value})
    desk.put("customers", desk.row_of("customers", "KH03"), remark="=NA()")
    # W12: days pasted as text
    for customer, day in (("KH08", "2026/06/03"), ("KH08", "２０２６年6月5日"), ("KH00", "上周")):
        row = desk.next_row("service")
        desk.put("service", row, customer_id=customer, date=day, satisfaction=4.0)
        cells[day] = f"B{row}"
    # W11
    last = column_name(position(desk.at("tiers", "remark", 1))[1])
    row = desk.row_of("tiers", "KH08")
    office.set(TIERS, f"{last}{row}", "合并的备注")
    office.merge(TIERS, f"{last}{row}:{last}{row + 1}")
    office.merge(TIERS, "A1:D1")
    office.paint(TIERS, f"A4:{last}8", 0xFFEE00)
    # W05: sheets and a chart of their own
    office.add_sheet(OWN, 2)
    office.set_many(
        OWN, {"A1": "月", "B1": "数", "A2": "六月", "B2": 3, "A3": "七月", "B3": f"=SUM({SALES}!C4:C90)"}
    )
    office.add_chart(OWN, "图", "A1:B3")
    # W01
    desk.sort("transactions", "amount")
    desk.sort("customers", "customer_name", False)
    office.hide(TIERS, rows=[6, 9], columns=[1, 4])
    office.filter(SALES, "A3:M40", 0, "KH03")
    office.hide(SERVICE, rows=[4])
    left, out = office.save_as(folder / "left.xlsx"), folder / "out.xlsx"
    found = regraded(left, out)
    proof = proved(office, out, folder)
    return Handled(Seen(firm.request.out), Seen(left), Seen(out), found, proof, cells)


def test_every_cell_is_as_libreoffice_computes_it(handled: Handled) -> None:
    assert handled.proof.wrong == [], "\n".join(map(str, handled.proof.wrong))
    own = {position(cell)[0] for sheet, cell in handled.proof.unsaid if sheet == TIERS}
    assert len(own) == 1, "only the customer with a day that nobody can read has no result"
    assert all(map(plain, handled.found.issues))


def test_w01_rows_sorted_filtered_and_hidden(handled: Handled) -> None:
    for n in (8, 9):
        for header in ("系统级别", "最终级别", "升级还差"):
            assert handled.made.says(f"KH0{n}", header) == handled.first.says(f"KH0{n}", header)
    assert kinds(handled.found)["deleted"] == 0


def test_w02_an_empty_row_and_a_row_without_an_id(handled: Handled) -> None:
    (cell,) = told(handled.found, "SG525")
    row, col = position(cell)
    assert (col, handled.made.grid(CUSTOMERS).at(row, 1).value) == (0, "无编号公司")
    assert handled.made.says("KH99", "最终级别") == "B级"
    assert handled.found.customers == 11
    assert handled.found.held_back


def test_w05_sheets_and_charts_of_their_own(handled: Handled) -> None:
    before, after = handled.left.package, handled.made.package
    charts = [part for part in before.members if "/charts/" in part or "/drawings/" in part]
    assert charts
    assert [after.read(part) for part in charts] == [before.read(part) for part in charts]
    assert handled.made.grid(OWN).at(1, 1).value == 3.0


def test_w07_a_formula_in_a_note(handled: Handled) -> None:
    assert handled.made.cell(TIERS, "KH01", "备注")[:4] == ("str", "2", False, None)
    assert handled.made.cell(TIERS, "KH02", "人工调整")[:4] == ("str", "A级", False, None)
    assert handled.made.says("KH02", "最终级别") == "A级"
    facts = [(f["was"], f["now"]) for f in told(handled.found, "SG542").values()]
    assert sorted(facts) == [('="A"&"级"', "A级"), ("=1+1", "2")]


def test_w08_tiers_by_other_names(handled: Handled) -> None:
    made = handled.made
    assert [made.says(f"KH0{n}", "人工调整") for n in (3, 4, 5, 6)] == ["A级", "VIP级", "钻石", "VIP级"]
    assert [made.says(f"KH0{n}", "最终级别") for n in (3, 4, 6)] == ["A级", "VIP级", "VIP级"]
    assert made.says("KH05", "最终级别") == made.says("KH05", "系统级别")
    (unknown,) = told(handled.found, "SG507").values()
    assert unknown["was"] == "钻石" and unknown["tiers"] == "VIP级、A级、B级、C级"


def test_w11_merged_and_painted_cells(handled: Handled) -> None:
    assert handled.made.says("KH08", "备注") == "合并的备注"
    sheet = handled.made.package.read(handled.made.package.worksheets[TIERS])
    assert sheet.count(b"<mergeCell ") == 2
    grid, before = handled.made.grid(TIERS), handled.left.grid(TIERS)
    assert [grid.at(5, col).style for col in range(12)] == [before.at(5, col).style for col in range(12)]


def test_w12_days_as_text_in_the_service_log(handled: Handled) -> None:
    repaired = told(handled.found, "SG540")
    days = {f["was"]: f["now"] for f in repaired.values() if f["sheet"] == SERVICE}
    assert days == {"2026/06/03": "2026-06-03", "２０２６年6月5日": "2026-06-05"}
    assert [cell for cell, f in told(handled.found, "SG527").items() if f["sheet"] == SERVICE] == [
        handled.cells["上周"]
    ]
    row = position(handled.cells["2026/06/03"])[0]
    assert handled.made.grid(SERVICE).at(row, 1).kind == "n"


def test_w22_an_error_in_a_column_of_staff(handled: Handled) -> None:
    assert handled.made.says("KH03", "备注", CUSTOMERS) == "老客户3"
    assert handled.made.cell(TIERS, "KH07", "调整原因").kind == ""
    assert {f["was"] for f in told(handled.found, "SG541").values()} == {"=NA()"}
    assert len(told(handled.found, "SG541")) == 2
