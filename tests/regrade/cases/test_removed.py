"""Customers who are deleted: by the mark they leave every count, without it their row comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheetgen.diff import diff
from sheetgen.pipeline import BuildRequest, Built, build
from sheetgen.rebuild import rebuild
from sheetgen.regrade import RegradeRequest, regrade
from sheetgen.workbook.patch.edits import Constant, Edit
from tests.office.engine import recalc_cellrune
from tests.office.office import Office
from tests.office.poison import poison
from tests.office.values import column_name, differences
from tests.parity.cached import read_cached, without_empty
from tests.parity.data import AS_OF as COMPANY_DAY
from tests.parity.data import company
from tests.parity.desk import Desk
from tests.parity.desk import differences as on_the_desk
from tests.regrade.books import proved, regraded
from tests.template.filling import blank, read_rows

from .firm import CUSTOMERS, SALES, SERVICE, TIERS, Handled, Seen, edited, next_book, plain, told

MARK, GONE = "已删除", ("KH03", "KH09")
Cells = dict[tuple[str, int, int], Edit]


def marked(firm: Built, path: Path, **words: str) -> Path:
    """The firm's book with marks."""
    seen = Seen(firm.request.out)
    cells: Cells = {seen.place(CUSTOMERS, who, MARK): Constant(said) for who, said in words.items()}
    return edited(firm.request.out, path, cells)


@pytest.fixture(scope="module")
def handled(firm: Built, office: Office, tmp_path_factory: pytest.TempPathFactory) -> Handled:
    """Two marks; a row deleted, one emptied, one of 客户级别 deleted, and one with sales of its own."""
    folder = tmp_path_factory.mktemp("removed")
    office.open(firm.request.out)
    desk = Desk(office, firm, folder)
    desk.put("customers", desk.row_of("customers", "KH03"), deleted="是")
    desk.put("customers", desk.row_of("customers", "KH09"), deleted="yes")
    desk.put("tiers", desk.row_of("tiers", "KH04"), override="VIP级", remark="留着")
    _, row, col = Seen(firm.request.out).place("客户偏好", "KH04", "方便联系时间")
    office.set("客户偏好", f"{column_name(col)}{row + 1}", "周二")
    office.delete_row(CUSTOMERS, desk.row_of("customers", "KH04"))
    row = desk.row_of("customers", "KH02")
    office.clear(CUSTOMERS, f"A{row}:L{row}")
    office.delete_row(TIERS, desk.row_of("tiers", "KH06"))
    office.delete_row(SALES, desk.row_of("transactions", "KH07"))
    left, out = office.save_as(folder / "left.xlsx"), folder / "out.xlsx"
    found = regrade(RegradeRequest(left, out))
    return Handled(left, out, found, proved(office, out, folder))


def test_every_cell_is_as_libreoffice_computes_it(handled: Handled) -> None:
    assert handled.proof.wrong == [], "\n".join(map(str, handled.proof.wrong))
    assert handled.proof.unsaid == []
    assert all(map(plain, handled.found.issues))
    again = regrade(RegradeRequest(handled.out))
    assert not again.changed
    assert [e for e in again.edits if e.now == e.was] == [], "what is back is not told twice"


def test_w03_a_marked_customer_is_in_no_count(firm: Built, handled: Handled) -> None:
    made = Seen(handled.out)
    for who in GONE:
        assert {made.says(who, h) for h in ("系统级别", "最终级别", "说明", "级差")} == {MARK}
        assert made.says(who, "总分", "价值评分") == MARK
    assert handled.found.customers == 8 == sum(handled.found.tiers.values())
    assert handled.found.changes and not {c.customer for c in handled.found.changes} & set(GONE)
    listed = {(e.customer, e.now) for e in handled.found.edits if e.kind == "deleted" and e.was == ""}
    assert listed == {("KH03", "是"), ("KH09", "是")}
    assert handled.found.ledger.cents["used"] == firm.clean.ledger.cents["used"] - _gone(firm)


def _gone(firm: Built) -> int:
    """The cents of the first sale of KH07, whose row was deleted."""
    return round(float(Seen(firm.request.out).cell(SALES, "KH07", "金额").value) * 100)


def test_w03_a_deleted_row_is_back_with_all_that_was_staffs(firm: Built, handled: Handled) -> None:
    made, first = Seen(handled.out), Seen(firm.request.out)
    for who in ("KH02", "KH04"):
        for header in ("客户名称", "联系方式", "负责人", "登记日期", "备注", "序号"):
            assert made.cell(CUSTOMERS, who, header)[:2] == first.cell(CUSTOMERS, who, header)[:2]
    assert [made.says("KH04", h) for h in ("人工调整", "最终级别", "备注")] == ["VIP级", "VIP级", "留着"]
    assert made.says("KH04", "方便联系时间", "客户偏好") == "周二"
    assert made.says("KH02", "最终级别") == first.says("KH02", "最终级别")
    back = {e.customer for e in handled.found.edits if (e.kind, e.was) == ("deleted", e.now)}
    assert back == {"KH02", "KH04", "KH06"}
    assert len(told(handled.found, "SG551")) == 2


def test_w03_a_row_of_the_tiers_is_back(firm: Built, handled: Handled) -> None:
    assert Seen(handled.out).says("KH06", "最终级别") == Seen(firm.request.out).says("KH06", "最终级别")
    assert len(told(handled.found, "SG555")) == 1


def test_w03_a_sale_that_staff_deleted_stays_away(firm: Built, handled: Handled) -> None:
    """Only customers come back: of a sale nobody could say that it is marked."""
    there, before = Seen(handled.out).grid(SALES), Seen(firm.request.out).grid(SALES)
    rows = [sum(grid.at(r, 0).value == "KH07" for r in range(grid.height)) for grid in (there, before)]
    assert rows[0] == rows[1] - 1
    assert "KH07" in {e.customer for e in handled.found.edits if e.kind == "deleted"}


def test_w03_the_mark_moves_on(firm: Built, handled: Handled, tmp_path: Path) -> None:
    """To the next week's book, and to a fresh one; taken away, the customer is graded again."""
    later = next_book(firm, handled.out, tmp_path / "later.xlsx")
    rebuild(RegradeRequest(handled.out, tmp_path / "fresh.xlsx", rebuild=True))
    for path in (later.request.out, tmp_path / "fresh.xlsx"):
        made = Seen(path)
        assert [made.says(who, MARK, CUSTOMERS) for who in GONE] == ["是", "是"]
        assert [made.says(who, "最终级别") for who in GONE] == [MARK, MARK]
        assert not [e for e in regrade(RegradeRequest(path, dry_run=True)).edits if e.customer in GONE]
    assert later.customers == 8
    assert {m.customer for m in diff(firm.request.out, later.request.out).went} == set(GONE)
    cells: Cells = {Seen(later.request.out).place(CUSTOMERS, "KH03", MARK): Constant(None)}
    found = regraded(edited(later.request.out, tmp_path / "back.xlsx", cells), tmp_path / "out.xlsx")
    assert found.customers == 9
    assert Seen(tmp_path / "out.xlsx").says("KH03", "系统级别") == Seen(firm.request.out).says(
        "KH03", "系统级别"
    )


def test_w03_marks_in_other_words(firm: Built, tmp_path: Path) -> None:
    """Yes in either language and any case is yes; what is neither yes nor no marks nobody, and is told."""
    book, out = marked(firm, tmp_path / "book.xlsx", KH01="YES", KH02="√", KH03="No"), tmp_path / "out.xlsx"
    cells: Cells = {Seen(book).place(SERVICE, "KH05", "是否投诉"): Constant("也许")}
    found = regrade(RegradeRequest(edited(book, tmp_path / "edited.xlsx", cells), out))
    made = Seen(out)
    assert [made.says(f"KH0{n}", MARK, CUSTOMERS) for n in (1, 2, 3)] == ["是", "√", "否"]
    assert found.customers == 9 and made.says("KH01", "最终级别") == MARK
    assert [f["was"] for f in told(found, "SG558").values()] == ["√"]
    assert sorted(f["was"] for f in told(found, "SG540").values()) == ["No", "YES"]
    assert not regrade(RegradeRequest(out)).changed


def test_w16_a_mark_in_a_copy(firm: Built, tmp_path: Path) -> None:
    copy = marked(firm, tmp_path / "copy.xlsx", KH03="是")
    found = regrade(RegradeRequest(firm.request.out, tmp_path / "out.xlsx", copies=(copy,)))
    assert Seen(tmp_path / "out.xlsx").says("KH03", "最终级别") == MARK
    assert found.customers == 9


def test_w03_no_row_left_to_put_a_customer_back(firm: Built, tmp_path: Path) -> None:
    """It is told, and the sales wait on their sheet as those of nobody."""
    seen = Seen(firm.request.out)
    grid, row = seen.grid(CUSTOMERS), seen.row(CUSTOMERS, "KH03")
    number = seen.column(CUSTOMERS, "序号")
    cells: Cells = {(CUSTOMERS, row, col): Constant(None) for col in range(number + 1)
                    if grid.at(row, col).formula is None}  # fmt: skip
    last = seen.row(CUSTOMERS, "KH09")
    for free in range(last + 1, grid.height):
        cells[CUSTOMERS, free, 0] = Constant(f"N{free}")
    found = regrade(RegradeRequest(edited(firm.request.out, tmp_path / "b.xlsx", cells), tmp_path / "o.xlsx"))
    (issue,) = [i for i in found.issues if i.code == "SG554"]
    assert issue.value == "KH03" and plain(issue)
    assert len(told(found, "SG528")) == 5 and found.held_back


@pytest.mark.parametrize("scheme", ["electronics-rank", "rfm"])
def test_both_engines_and_python_agree(office: Office, scheme: str, tmp_path: Path) -> None:
    """Cuts that come from the data come from the others alone; then staff mark more, live."""
    firm = company(scheme, seed=5, plain=6)
    for i, row in enumerate(firm.customers):
        row[MARK] = ("是", "", "否", "YES")[i % 4]
    built = build(
        BuildRequest(tmp_path / "book.xlsx", kinds=firm.write(tmp_path), scheme=scheme, as_of=COMPANY_DAY)
    )
    n = len(firm.customers)
    assert built.customers == n - sum(i % 4 in (0, 3) for i in range(n)) == sum(built.tiers.values())
    proof = proved(office, built.request.out, tmp_path)
    assert (proof.wrong, proof.unsaid) == ([], [])
    poison(built.request.out, tmp_path / "poisoned.xlsx")
    found = differences(
        without_empty(recalc_cellrune(tmp_path / "poisoned.xlsx")), read_cached(built.request.out)[0]
    )
    assert [d for d in found if not (d[0] == "_calc" and d[2:] == (0.0, None))] == []
    office.open(built.request.out)
    desk = Desk(office, built, tmp_path)
    ids = built.clean.tables["customers"]["customer_id"].tolist()
    desk.put("customers", desk.row_of("customers", ids[1]), deleted="是")
    desk.put("customers", desk.row_of("customers", ids[0]), deleted=None)
    assert on_the_desk(desk) == []


def test_a_blank_book_has_the_mark(office: Office, tmp_path: Path) -> None:
    book = blank(tmp_path / "blank.xlsx", "electronics-rank", 8, "en")
    office.open(book.path)
    office.fill(book.sheet("customers"), book.at("customers", "customer_id"), [["A"], ["B"], ["C"]])
    day = 46_000.0
    office.fill(
        book.sheet("transactions"), book.at("transactions", "customer_id"),
        [["A", day, 900.0], ["B", day, 50.0], ["C", day, 10.0]],
    )  # fmt: skip
    assert read_rows(office, book, "tiers")["A"]["final_tier"] == "VIP"
    office.set(book.sheet("customers"), book.at("customers", "deleted"), "Yes")
    tiers = {who: row["final_tier"] for who, row in read_rows(office, book, "tiers").items()}
    assert (tiers["A"], tiers["B"]) == ("Deleted", "VIP")
    left, out = office.save_as(tmp_path / "left.xlsx"), tmp_path / "out.xlsx"
    assert regraded(left, out).customers == 2
    assert proved(office, out, tmp_path).wrong == []


def test_a_book_without_the_column_is_graded_as_ever(firm: Built) -> None:
    """Books of before have none: their formulas do not know the mark."""
    from sheetgen.workbook.layout import Layout
    from sheetgen.workbook.removed import count_formula, state_formula

    layout = Layout(firm.scheme, "zh", {"customers": 10}, {"customers": 20}, {})
    assert MARK in state_formula(layout)
    layout.columns["customers"].pop("deleted")
    assert MARK not in state_formula(layout) and "COUNTIFS" not in count_formula(layout)
