"""More new customers than prepared rows: the rows grow with all that belongs to them, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest

from sheetgen.errors import InputError
from sheetgen.i18n import text
from sheetgen.pipeline import BuildRequest, Built, build
from sheetgen.regrade import Regraded, RegradeRequest, regrade
from sheetgen.workbook.patch.edits import Constant, Edit
from tests.office.office import Office
from tests.parity.data import Row

from .books import grids, proved, regraded
from .cases.firm import book_of
from .cases.surgery import changed
from .feeds import sale
from .test_data import brought, tiers
from .test_data_room import START, edited, exported, rows_of
from .test_grafts import enrich, odd

PEOPLE, SCORES, TIERS, OWN = "客户信息", "价值评分", "客户级别", "我的表"
LAST = 26
"""the last prepared row of a book of three customers"""


def week(n: int) -> list[Row]:
    """What the book knows, and sales of ``n`` customers that it does not."""
    new = [sale(f"新{i}", START + timedelta(days=i % 30), 500.0 * i + 9, f"N{i}") for i in range(n)]
    return [*rows_of(10), *new]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Three customers, and twenty prepared rows."""
    folder = tmp_path_factory.mktemp("room")
    return build(BuildRequest(folder / "book.xlsx", kinds=exported(folder, "old", rows_of(10))))


@dataclass(frozen=True)
class Grown:
    """A book that staff edited and saved, and what new data made of it."""

    book: Path
    out: Path
    found: Regraded
    kinds: dict[str, list[str]]


@pytest.fixture(scope="module")
def grown(small: Built, office: Office, tmp_path_factory: pytest.TempPathFactory) -> Grown:
    folder = tmp_path_factory.mktemp("grown")
    office.open(small.request.out)
    office.add_sheet(OWN, 3)
    sums = {
        "A1": f"=COUNTA({PEOPLE}!A4:A{LAST})", "A2": f'=COUNTIF({PEOPLE}!$A$4:$A${LAST},"新*")',
        "A3": f"=SUM({SCORES}!$AF$4:$AF${LAST})", "A4": f"=SUM({PEOPLE}!Q$4:Q{LAST})",
        "A5": f"={PEOPLE}!A{LAST}", "A6": f'=ROWS({TIERS}!A4:C{LAST})&"A4:A{LAST}"',
        "A7": f"=SUM(B4:B{LAST})",
    }  # fmt: skip
    office.set_many(OWN, sums)
    office.add_chart(TIERS, "我的图", f"N3:N{LAST}")
    office.comment(TIERS, "B4", "老客户")
    office.paint(PEOPLE, f"B4:B{LAST}", 0xFFDD88)
    office.set(PEOPLE, "R3", "我的列")
    for row in (4, LAST):
        office.set(PEOPLE, f"R{row}", f"=LEN(A{row})")
    office.sort(TIERS, f"A4:AX{LAST}", 49, ascending=False)
    office.sort(PEOPLE, f"A4:R{LAST}", 16, ascending=False)
    book, out = office.save_as(folder / "edited.xlsx"), folder / "out.xlsx"
    kinds = exported(folder, "people", week(30))
    return Grown(book, out, brought(book, out, kinds), kinds)


def test_every_cell_is_as_it_computes(grown: Grown, office: Office, tmp_path: Path) -> None:
    fresh = build(BuildRequest(tmp_path / "fresh.xlsx", kinds=grown.kinds))
    assert tiers(grown.out) == tiers(fresh.request.out)
    assert grown.found.tiers == fresh.tiers
    assert {e.customer for e in grown.found.edits if e.kind == "added" and e.sheet == PEOPLE} == {
        f"新{i}" for i in range(30)
    }
    assert proved(office, grown.out, tmp_path).wrong == []
    last = LAST + 10 + 20
    assert [row[0] for row in office.read(OWN, "A1:A7", bools=False)] == [
        33.0, 30.0, sum(range(1, 54)), sum(range(1, 24)), "客0", f"{last - 3}A4:A{LAST}", 0.0
    ]  # fmt: skip
    there = grids(grown.out)
    assert there[OWN].formula(3, 0) == f"SUM({PEOPLE}!Q$4:Q{LAST})", "a running total"
    assert [there[name].formula(last - 1, 0) is None for name in (PEOPLE, SCORES, TIERS)] == [
        True,
        False,
        False,
    ]
    assert there[PEOPLE].formula(last - 1, 17) == f"LEN(A{last})"
    assert there[PEOPLE].at(last - 1, 1).style == there[PEOPLE].at(LAST - 1, 1).style
    assert max(there[PEOPLE].numbers(16)[3:]) == max(there[TIERS].numbers(49)[3:]) == 53.0


def test_nothing_ends_on_the_old_last_row(grown: Grown) -> None:
    ends = re.compile(rb"(?:%s)(?:&apos;|')?!\$?[A-Z]+\$?\d+:\$?[A-Z]+\$%d\b" % (
        "|".join((PEOPLE, SCORES, TIERS)).encode(), LAST
    ))  # fmt: skip
    was, now = (_parts(path) for path in (grown.book, grown.out))
    assert sum(len(ends.findall(xml)) for xml in was.values()) > 500
    assert [name for name, xml in now.items() if ends.search(xml)] == []
    assert {name for name in was if was[name] == now.get(name)} >= {
        name for name in was if "theme" in name or "comments" in name or "vml" in name
    }
    old, new = (
        [
            len(re.findall(rb"<(?:c:)?ser>|<comment |<cfRule|<dataValidation ", xml))
            for _, xml in sorted(p.items())
        ]
        for p in (was, now)
    )
    assert old == new


def _parts(path: Path) -> dict[str, bytes]:
    with ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_dry_run_writes_nothing(grown: Grown) -> None:
    before = grown.book.read_bytes()
    found = regrade(RegradeRequest(grown.book, dry_run=True, kinds=grown.kinds))
    assert (found.changed, found.tiers) == (True, grown.found.tiers)
    assert grown.book.read_bytes() == before
    assert sorted(p.name for p in grown.book.parent.iterdir()) == [
        "again.xlsx", "edited.xlsx", "out.xlsx", "people.csv"
    ]  # fmt: skip


def test_it_grows_again(grown: Grown, office: Office, tmp_path: Path) -> None:
    """Twenty free rows, and forty more customers."""
    out, kinds = tmp_path / "out.xlsx", exported(tmp_path, "more", week(70))
    brought(grown.out, out, kinds)
    assert tiers(out) == tiers(build(BuildRequest(tmp_path / "fresh.xlsx", kinds=kinds)).request.out)
    assert proved(office, out, tmp_path).wrong == []


def test_customers_typed_on_below_a_full_sheet(small: Built, office: Office, tmp_path: Path) -> None:
    """They are counted like those in prepared rows, and so are the data that come with them."""
    rows: dict[int, dict[int, Edit]] = {
        row: {0: Constant(f"手{row}"), 1: Constant("手写")} for row in range(6, LAST + 2)
    }
    book, out = edited(small, tmp_path / "typed.xlsx", {PEOPLE: rows}), tmp_path / "out.xlsx"
    found = regraded(book, out)
    assert "SG525" not in {issue.code for issue in found.issues}
    assert set(tiers(out)) == {"客0", "客1", "客2", *(f"手{row}" for row in rows)}
    kinds = exported(
        tmp_path,
        "new",
        [*rows_of(10), sale(f"手{LAST + 1}", START, 9e6, "大单"), sale("客9", START, 1.0, "")],
    )
    brought(book, out, kinds)
    assert set(tiers(out)) == {"客0", "客1", "客2", "客9", *(f"手{row}" for row in rows)}
    assert proved(office, out, tmp_path).wrong == []


def test_rows_that_staff_deleted_are_made_up_for(small: Built, office: Office, tmp_path: Path) -> None:
    """A customer's row and two prepared ones are gone: the customer is back, and the sheets end alike."""
    office.open(small.request.out)
    for row in (LAST, 20, 5):
        office.delete_row(PEOPLE, row)
    book, out = office.save_as(tmp_path / "edited.xlsx"), tmp_path / "out.xlsx"
    kinds = exported(tmp_path, "people", week(30))
    found = brought(book, out, kinds)
    assert tiers(out) == tiers(build(BuildRequest(tmp_path / "fresh.xlsx", kinds=kinds)).request.out)
    assert [i.value for i in found.issues if i.code == "SG551"] == ["客1"]
    assert proved(office, out, tmp_path).wrong == []
    there = grids(out)
    ends = [max((there[name].formulas(0)[3:] + 1).nonzero()[0]) + 3 for name in (SCORES, TIERS)]
    assert float(there[PEOPLE].numbers(16)[ends[0]]) == max(there[PEOPLE].numbers(16)[3:])
    assert len(there[PEOPLE].numbers(16)) == ends[0] + 1 < ends[1] + 1


def test_rows_with_a_mark_of_staffs_are_not_free(small: Built, tmp_path: Path) -> None:
    marks: dict[int, dict[int, Edit]] = {2: {17: Constant("我的列")}, 20: {17: Constant("留给老王")}}
    book, out = edited(small, tmp_path / "marked.xlsx", {PEOPLE: marks}), tmp_path / "out.xlsx"
    brought(book, out, exported(tmp_path, "people", week(20)))
    grid = grids(out)[PEOPLE]
    assert (grid.at(20, 0).kind, grid.at(20, 17).value, grid.at(LAST, 0).value) == ("", "留给老王", "新9")
    assert len(tiers(out)) == 23


@pytest.mark.parametrize(
    "cells",
    [{PEOPLE: {LAST + 8: {1: Constant("我的记录")}}}, {SCORES: {LAST + 1: {3: Constant(7.0)}}}],
    ids=["a note on 客户信息", "a number on 价值评分"],
)
def test_what_stands_below_is_in_the_way(
    small: Built, tmp_path: Path, cells: dict[str, dict[int, dict[int, Edit]]]
) -> None:
    book, out = edited(small, tmp_path / "noted.xlsx", cells), tmp_path / "out.xlsx"
    with pytest.raises(InputError) as stop:
        regrade(RegradeRequest(book, out, kinds=exported(tmp_path, "people", week(30))))
    assert (stop.value.key, stop.value.facts["free"]) == ("bring_no_room", 20)
    assert "--rebuild" in text(stop.value.key, "zh", **stop.value.facts)
    assert not out.exists()


def test_what_programs_put_into_a_book_stays(office: Office, tmp_path: Path) -> None:
    """Other spellings of our sheets, a shared formula, and parts, rules and formats of staff's own."""
    rich = changed(book_of(tmp_path).request.out, tmp_path / "rich.xlsx", odd, enrich)
    out = tmp_path / "out.xlsx"
    brought(rich, out, exported(tmp_path, "people", [sale(f"新{i}", START, 9.0 + i, "") for i in range(40)]))
    was, now = _parts(rich), _parts(out)
    assert was.keys() == now.keys()
    other = {name for name in was if was[name] != now[name]}
    assert {re.sub(r"\d+", "", name) for name in other} == {"xl/workbook.xml", "xl/worksheets/sheet.xml"}
    tiers_xml = now["xl/worksheets/sheet5.xml"].decode()
    assert tiers_xml.count('sqref="C4:C73"') == 2 and 'sqref="BB4:BB33"' in tiers_xml
    assert [d for d in proved(office, out, tmp_path).wrong if not d[0].startswith("own")] == []
