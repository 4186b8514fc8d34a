"""Any order of what staff do, re-grades and killed re-grades: nothing is lost, and every tier is right.

The tiers are told here by the rule of the scheme alone, from a list of what was typed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sheetgen.grading.coding import EPOCH
from sheetgen.pipeline import Built
from sheetgen.regrade import Regraded, RegradeRequest, regrade
from sheetgen.workbook import publish
from sheetgen.workbook.patch.edits import Constant, Edit
from tests.workbook.patch.books import rich_book

from .cases.firm import AS_OF, SALES, TIERS, Seen, book_of, edited
from .cases.surgery import Parts, changed, grafted, parts_of

IDS = [f"KH{n:02d}" for n in range(10)]
WORDS = {"vip": "VIP级", "A": "A级", "b级": "B级", "": "", "钻石": "钻石"}
"""what staff type as an override -> what stands there after a re-grade"""
KILLED = 9
people = st.sampled_from(IDS)


@dataclass(frozen=True)
class Sale:
    """A row of 历史交易. ``key``: the customer's number, none in a typed row."""

    customer: str
    day: float
    amount: float
    order: str
    key: float | None


@dataclass
class Told:
    """What the book should hold."""

    sales: dict[int, Sale] = field(default_factory=dict)
    overrides: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)
    edge: float = 200_000

    def tier(self, customer: str) -> str:
        """The final tier: what staff said, else what the sales of the year come to."""
        forced = WORDS[self.overrides.get(customer, "")]
        if forced in ("VIP级", "A级", "B级"):
            return forced
        cents = sum(round(s.amount * 100) for s in self.sales.values() if s.customer == customer)
        over = [(50_000_000, "VIP级"), (self.edge * 100 - 1, "A级"), (4_999_999, "B级")]
        return next((tier for edge, tier in over if cents > edge), "C级")


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return book_of(tmp_path_factory.mktemp("states"))


class Staff(RuleBasedStateMachine):
    """Edits wait in ``cells`` until the book is handed in."""

    first: Path
    handed: int = 0

    @initialize()
    def begin(self) -> None:
        self.folder = TemporaryDirectory()
        self.book = Path(self.folder.name) / "book.xlsx"
        self.book.write_bytes(self.first.read_bytes())
        seen = Seen(self.book)
        grid = seen.grid(SALES)
        headers = ("客户编号", "日期", "金额", "订单号", "序号")
        self.columns = [seen.column(SALES, header) for header in headers]
        self.told = Told()
        for row in range(3, grid.height):
            values = [grid.at(row, col).value for col in self.columns]
            if values[0]:
                self.told.sales[row] = Sale(*values)  # type: ignore[arg-type]
        self.next_row = max(self.told.sales) + 1
        self.cells: dict[tuple[str, int, int], Edit] = {}
        shown = ("人工调整", "备注", "最终级别", "说明")
        self.places = {(who, what): seen.place(TIERS, who, what) for who in IDS for what in shown}
        self.edge_at = _named(seen, "p_tier_a")
        self.own_sheet = False

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()

    @rule(who=people, word=st.sampled_from([*WORDS]))
    def override(self, who: str, word: str) -> None:
        self.told.overrides[who] = word
        self.cells[self.places[who, "人工调整"]] = Constant(word)

    @rule(who=people, text=st.sampled_from(["老客户", "=1+1", " 空格 ", "行\n二", "_x000D_", "<b>&"]))
    def remark(self, who: str, text: str) -> None:
        self.told.remarks[who] = text
        self.cells[self.places[who, "备注"]] = Constant(text)

    @rule(edge=st.sampled_from([60_000.0, 150_000.0, 200_000.0, 400_000.0]))
    def parameter(self, edge: float) -> None:
        self.told.edge = edge
        self.cells[self.edge_at] = Constant(edge)

    @rule(
        who=people, amount=st.sampled_from([0.01, 49_999.99, 250_000.0, -30_000.5]), back=st.integers(0, 300)
    )
    def row_typed(self, who: str, amount: float, back: int) -> None:
        day = float((AS_OF - timedelta(days=back) - EPOCH).days)
        self._put(self.next_row, Sale(who, day, amount, f"手{self.next_row}", None))
        self.next_row += 1

    @precondition(lambda self: len(self.told.sales) > 3)
    @rule(data=st.data())
    def row_cleared(self, data: st.DataObject) -> None:
        self._put(data.draw(st.sampled_from(sorted(self.told.sales))), None)

    @precondition(lambda self: len(self.told.sales) > 1)
    @rule(data=st.data())
    def rows_change_places(self, data: st.DataObject) -> None:
        two = st.lists(st.sampled_from(sorted(self.told.sales)), min_size=2, max_size=2, unique=True)
        a, b = data.draw(two)
        one, other = self.told.sales[a], self.told.sales[b]
        self._put(a, other)
        self._put(b, one)

    @rule(who=people, what=st.sampled_from(["最终级别", "说明"]))
    def formula_typed_over(self, who: str, what: str) -> None:
        self.cells[self.places[who, what]] = Constant("手写")

    @precondition(lambda self: not self.own_sheet)
    @rule()
    def sheets_of_their_own(self) -> None:
        changed(self.book, self.book, _own_sheets)
        self.own_sheet = True

    @rule(stage=st.sampled_from(["", "before", "after"]))
    def handed_in(self, stage: str) -> None:
        """The re-grade ends well, or dies before or after the new file takes the old one's place."""
        if self.cells:
            edited(self.book, self.book, self.cells)
            self.cells = {}
        old = self.book.read_bytes()
        if stage and hasattr(os, "fork"):
            _killed(self.book, stage)
            now = self.book.read_bytes()
            if stage == "before":
                assert now == old
        found = regrade(RegradeRequest(self.book))
        self._right(found)
        Staff.handed += 1
        again = self.book.read_bytes()
        assert not regrade(RegradeRequest(self.book)).changed
        assert self.book.read_bytes() == again
        assert not [p for p in Path(self.folder.name).iterdir() if p.suffix == ".tmp"]

    @invariant()
    def nothing_but_books_lies_there(self) -> None:
        if hasattr(self, "folder"):
            names = {p.name for p in Path(self.folder.name).iterdir()}
            assert all(name.startswith("book.xlsx") for name in names)

    def _put(self, row: int, sale: Sale | None) -> None:
        if sale is None:
            self.told.sales.pop(row, None)
        else:
            self.told.sales[row] = sale
        values = (sale.customer, sale.day, sale.amount, sale.order, sale.key) if sale else (None,) * 5
        for col, value in zip(self.columns, values, strict=True):
            self.cells[SALES, row, col] = Constant(value)

    def _right(self, found: Regraded) -> None:
        seen = Seen(self.book)
        told = self.told
        assert {who: seen.says(who, "最终级别") for who in IDS} == {who: told.tier(who) for who in IDS}
        for who, text in told.remarks.items():
            assert seen.says(who, "备注") == text
        for who, word in told.overrides.items():
            assert seen.says(who, "人工调整") == WORDS[word]
        cents = sum(round(sale.amount * 100) for sale in told.sales.values())
        assert (found.ledger.balances, found.ledger.cents["used"]) == (True, cents)
        assert found.ledger.rows["used"] == len(told.sales)
        grid = seen.grid(SALES)
        there = {row: str(grid.at(row, self.columns[3]).value) for row in told.sales}
        assert there == {row: sale.order for row, sale in told.sales.items()}
        assert ("own0" in seen.package.worksheets) is self.own_sheet
        assert seen.cell(TIERS, IDS[0], "最终级别").formula is not None


def _own_sheets(parts: Parts) -> None:
    grafted(parts, parts_of(rich_book()), "own")


def _named(seen: Seen, name: str) -> tuple[str, int, int]:
    refers = {n: text for n, here, text in seen.package.names if not here}[name]
    sheet, _, cell = refers.rpartition("!")
    _, col, row = cell.split("$")
    return sheet, int(row) - 1, ord(col) - 65


def _killed(book: Path, stage: str) -> None:
    """Re-grade in a process that dies just before, or just after, the new file is moved into place."""
    child = os.fork()
    if child:
        assert os.waitpid(child, 0)[1] >> 8 in (0, KILLED)
        return
    moved = publish._replace

    def dying(*arguments: object) -> None:
        if stage == "after":
            moved(*arguments)  # type: ignore[arg-type]
        os._exit(KILLED)

    publish._replace = dying  # type: ignore[assignment]
    try:
        regrade(RegradeRequest(book))
        os._exit(0)  # there was nothing to write
    except BaseException:
        os._exit(1)


def test_whatever_staff_do(firm: Built) -> None:
    Staff.first = firm.request.out
    few = settings(
        max_examples=4, stateful_step_count=12, derandomize=True, deadline=None, database=None,
        phases=(Phase.generate,),
    )  # fmt: skip
    run_state_machine_as_test(Staff, settings=few)
    assert Staff.handed >= 4
