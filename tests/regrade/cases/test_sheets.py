"""Our sheets under names that staff gave them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from sheetgen.check_book import check_book
from sheetgen.diff import diff
from sheetgen.errors import InputError
from sheetgen.explain import explain
from sheetgen.pipeline import Built
from sheetgen.rebuild import rebuild
from sheetgen.regrade import Regraded, RegradeRequest, regrade
from sheetgen.workbook.patch.links import linked_sheets
from tests.office.office import Office
from tests.parity.desk import Desk
from tests.regrade.books import Proof, proved, regraded

from .firm import AS_OF, DAY, SALES, Seen, next_book, opened, plain
from .surgery import changed

NAMES = {
    "总览": "看板 2026",
    "客户信息": "客户's",
    "价值评分": "Q1",
    "客户级别": "分级（新）",
    "历史交易": "6月 流水-1",
    "客户偏好": "喜好",
    "服务记录": "回访",
    "级别变动": "动态",
    "参数设置": "规则",
    "数据质量": "质量",
}
"""what staff call our sheets: spaces, marks, digits, what looks like a cell"""
OWN = (49, 25, 'HYPERLINK("#客户级别!B2","跳")')
"""row, column and text of a formula of staff's"""
REFER = ("f", "formula", "formula1", "formula2", "definedName")


@dataclass(frozen=True)
class Renamed:
    """The book as staff left it, and re-graded."""

    left: Path
    out: Path
    found: Regraded
    proof: Proof


@pytest.fixture(scope="module")
def renamed(firm: Built, office: Office, tmp_path_factory: pytest.TempPathFactory) -> Renamed:
    folder = tmp_path_factory.mktemp("renamed")
    office.open(firm.request.out)
    desk = Desk(office, firm, folder)
    desk.put("tiers", desk.row_of("tiers", "KH04"), override="VIP级")
    row = desk.next_row("transactions")
    desk.put("transactions", row, customer_id="KH05", date=AS_OF - DAY, amount=123.45)
    desk.put("scores", desk.row_of("scores", "KH03"), score=99.0)
    office.set("客户信息", "Z50", f"={OWN[2]}")
    for old, new in NAMES.items():
        office.rename_sheet(old, new)
    left, out = office.save_as(folder / "left.xlsx"), folder / "out.xlsx"
    found = regraded(left, out)
    return Renamed(left, out, found, proved(office, out, folder))


def test_w05_every_cell_is_right_and_the_names_stay(renamed: Renamed) -> None:
    assert renamed.proof.wrong == [], "\n".join(map(str, renamed.proof.wrong))
    unsaid = set(renamed.proof.unsaid) - {(NAMES["客户信息"], "Z50")}  # staff's own formula
    assert {sheet for sheet, _ in unsaid} <= {"_transactions"}
    assert opened(renamed.out).worksheets.keys() >= set(NAMES.values())
    assert {(e.kind, e.sheet, e.customer) for e in renamed.found.edits} == {
        ("override", NAMES["客户级别"], "KH04"),
        ("added", NAMES["历史交易"], "KH05"),
        ("typed_over", NAMES["价值评分"], "KH03"),
    }


def test_w05_each_name_is_told(renamed: Renamed) -> None:
    told = [i for i in renamed.found.issues if i.code == "SG550"]
    assert {dict(i.facts)["sheet"]: i.value for i in told} == NAMES
    assert all(map(plain, told))


def test_w05_links_lead_to_the_sheets_again(renamed: Renamed) -> None:
    """Those of our sheets, and nothing else of the book is told to have changed."""
    before, after = opened(renamed.left), opened(renamed.out)
    ours = [
        name for name in ["使用说明", *NAMES.values()] if linked_sheets(before.read(before.worksheets[name]))
    ]
    assert len(ours) > 5
    for name in ours:
        assert linked_sheets(after.read(after.worksheets[name])) <= after.worksheets.keys()
    told = [i for i in renamed.found.issues if i.code == "SG571"]
    assert {dict(i.facts)["sheet"] for i in told} == {*ours, NAMES["客户信息"]}
    assert all(map(plain, told))


def test_w05_formulas_link_to_the_sheets_again(renamed: Renamed) -> None:
    """Ours; those of staff are named, with their cells. No reference anywhere has an old name."""
    grid = Seen(renamed.out).grid(NAMES["客户信息"])
    texts = {grid.formula(row, col) or "" for row in range(3, 9) for col in range(grid.columns)}
    for old, new in (
        (SALES, "6月 流水-1"),
        ("服务记录", "回访"),
        ("客户级别", "分级（新）"),
        ("价值评分", "Q1"),
    ):
        assert any(f"\"#'{new}'!A\"" in text for text in texts), new
        assert not any(old in text for text in texts)
    assert grid.formula(*OWN[:2]) == OWN[2]
    told = [i for i in renamed.found.issues if i.code == "SG538"]
    assert [(i.count, dict(i.facts)["cells"]) for i in told] == [(1, f"{NAMES['客户信息']}!Z50")]
    assert plain(told[0])
    package = opened(renamed.out)
    old = re.compile("|".join(f"(?<!#)'?{name}'?!" for name in NAMES))
    for part in ("/xl/workbook.xml", *package.worksheets.values()):
        found = [
            node.text or "" for node in package.tree(part).iter() if node.tag.rpartition("}")[2] in REFER
        ]
        assert not [text for text in found if old.search(text.replace(OWN[2], ""))], part


def test_w05_other_commands_read_it_too(firm: Built, renamed: Renamed, tmp_path: Path) -> None:
    assert check_book(renamed.out).intact
    assert explain(renamed.out, "KH04").values["final_tier"] == "VIP级"
    assert [(m.customer, m.now) for m in diff(firm.request.out, renamed.out).moves] == [("KH04", "vip")]
    later = next_book(firm, renamed.out, tmp_path / "later.xlsx")
    made = Seen(later.request.out)
    assert made.says("KH04", "最终级别") == "VIP级"
    assert made.row(SALES, "KH05", 2) > 0, "the row that staff typed moved on"
    assert not made.package.worksheets.keys() & set(NAMES.values()), "ours are not taken for sheets of theirs"
    assert {i.value for i in later.issues if i.code == "SG550"} == set(NAMES.values())


def test_w05_a_fresh_book_has_our_names(renamed: Renamed, tmp_path: Path) -> None:
    found = rebuild(RegradeRequest(renamed.left, tmp_path / "fresh.xlsx", rebuild=True))
    made = Seen(tmp_path / "fresh.xlsx")
    assert made.says("KH04", "最终级别") == "VIP级"
    assert NAMES.keys() <= made.package.worksheets.keys()
    assert {dict(i.facts)["sheet"] for i in found.issues if i.code == "SG821"} == NAMES.keys()


def test_w05_as_excel_saves_it(firm: Built, tmp_path: Path) -> None:
    """Excel quotes what it must, and leaves texts in formulas alone."""

    def rename(parts: dict[str, bytes]) -> None:
        new = "'我的 流水'!".encode()
        for name in [n for n in parts if n.startswith(("xl/worksheets/sheet", "xl/workbook.xml"))]:
            parts[name] = re.sub(rb"(?<![#\w])" + f"{SALES}!".encode(), new, parts[name])
        book = parts["xl/workbook.xml"]
        parts["xl/workbook.xml"] = book.replace(f'name="{SALES}"'.encode(), 'name="我的 流水"'.encode())

    book = changed(firm.request.out, tmp_path / "book.xlsx", rename)
    found = regraded(book, tmp_path / "out.xlsx")
    assert ([i.code for i in found.issues], found.tiers) == (["SG550", "SG571"], firm.tiers)
    assert (found.changed, found.edits) == (True, ())
    grid = Seen(tmp_path / "out.xlsx").grid("客户信息")
    texts = [grid.formula(3, col) or "" for col in range(grid.columns)]
    assert [SALES in text for text in texts].count(True) == 0
    assert ["\"#'我的 流水'!A\"" in text for text in texts].count(True) == 1


def test_w05_two_sheets_that_may_be_ours_are_not_guessed(firm: Built, office: Office, tmp_path: Path) -> None:
    office.open(firm.request.out)
    heads = [str(cell) for cell in office.read(SALES, "A3:L3")[0]]
    office.rename_sheet(SALES, "一")
    office.add_sheet("二", 1)
    office.fill("二", "A1", [heads])
    left = office.save_as(tmp_path / "left.xlsx")
    with pytest.raises(InputError) as stop:
        regrade(RegradeRequest(left))
    assert (stop.value.code, stop.value.facts["sheet"]) == ("SG523", SALES)
