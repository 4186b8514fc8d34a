"""Several edited copies of one book made one: what each changed is in it, what they disagree on is told."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from sheetgen.errors import InputError, UsageError
from sheetgen.pipeline import Built
from sheetgen.regrade import RegradeRequest, regrade
from sheetgen.report_regrade import regrade_json, regrade_lines

from .apart import (
    AS_OF,
    C,
    P,
    Place,
    R,
    S,
    T,
    at,
    cleared,
    col,
    edited,
    free,
    joined,
    merged,
    new_row,
    read,
    said,
    small,
    without,
)

SALE = {"客户编号": "K3", "日期": date(2026, 6, 20), "金额": 300_000.5, "订单号": "新1", "产品或服务": "新品"}
VISIT = {"客户编号": "K2", "日期": date(2026, 6, 21), "渠道": "上门", "咨询问题": "量尺", "满意度": 5.0}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return small(tmp_path_factory.mktemp("apart"))


@pytest.fixture
def path(book: Built) -> Path:
    return book.request.out


def test_different_cells_come_together(path: Path, tmp_path: Path) -> None:
    a = edited(
        path,
        tmp_path / "a.xlsx",
        {at(path, T, "K1", "人工调整"): "VIP级", at(path, C, "K1", "联系方式"): "139"},
    )
    b = edited(
        path,
        tmp_path / "b.xlsx",
        {
            at(path, T, "K2", "备注"): "=甲",
            at(path, P, "K2", "偏好品类"): "茶",
            at(path, C, "K3", "等次"): "新",
            at(path, R, "K3", "金额", 1): 600_000.0,
            at(path, T, "K2", "有效期"): date(2026, 7, 1),
        },
    )
    before = (a.read_bytes(), b.read_bytes())
    found = merged(tmp_path / "out.xlsx", a, b)
    out = tmp_path / "out.xlsx"
    assert (said(out, T, "K1", "人工调整"), said(out, C, "K1", "联系方式")) == ("VIP级", "139")
    assert (said(out, T, "K2", "备注"), said(out, P, "K2", "偏好品类")) == ("=甲", "茶")
    assert read(out)[T].at(*at(out, T, "K2", "备注")[1:]).formula is None
    assert (said(out, C, "K3", "等次"), said(out, R, "K3", "金额", 1)) == ("新", 600_000.0)
    assert said(out, T, "K3", "最终级别") == "VIP级"
    assert found.merged is not None
    assert found.merged.conflicts == () and found.merged.sheet == ""
    assert {(t.customer, t.column) for t in found.merged.taken} == {
        ("K2", "备注"), ("K2", "偏好品类"), ("K3", "等次"), ("K3", "金额"), ("K2", "有效期")
    }  # fmt: skip
    assert [i.code for i in found.issues] == []
    assert (a.read_bytes(), b.read_bytes()) == before


def test_the_same_change_twice_is_one(path: Path, tmp_path: Path) -> None:
    cells = {at(path, T, "K1", "备注"): "同", **new_row(path, R, SALE), **new_row(path, S, VISIT)}
    a, b = (edited(path, tmp_path / name, cells) for name in ("a.xlsx", "b.xlsx"))
    found = joined(tmp_path / "out.xlsx", a, b)
    assert (found.taken, found.conflicts) == ((), ())
    assert [(i.code, i.level) for i in found.issues] == [("SG583", "note"), ("SG583", "note")]
    assert (tmp_path / "out.xlsx").read_bytes() == a.read_bytes()


def test_what_copies_disagree_on(path: Path, tmp_path: Path) -> None:
    """The first book's value stays; the sheet and the JSON have all of them; another order, another value."""
    place, other = at(path, T, "K4", "备注"), at(path, R, "K4", "日期", 1)
    a = edited(path, tmp_path / "a.xlsx", {place: "=甲说", other: date(2026, 5, 1)})
    b = edited(path, tmp_path / "b.xlsx", {place: "@乙说", other: date(2026, 5, 2)})
    for name, books, kept, day in (
        ("ab", (a, b), "=甲说", "2026-05-01"),
        ("ba", (b, a), "@乙说", "2026-05-02"),
    ):
        out = tmp_path / f"{name}.xlsx"
        found = merged(out, *books)
        assert said(out, T, "K4", "备注") == kept
        data = json.loads(json.dumps(regrade_json(found, "zh")))
        remark, moved = data["conflicts"]
        assert {v["is"] for v in remark["values"]} == {"=甲说", "@乙说"}
        assert (remark["kept"], remark["was"], remark["customer"], remark["column"]) == (
            kept,
            "",
            "K4",
            "备注",
        )
        assert (moved["kept"], moved["was"]) == (day, "2026-05-13")
        assert [e["is"] for e in data["edits"] if e["kind"] == "conflict"] == [kept, day]
        assert [i["code"] for i in data["issues"]] == ["SG592"]
        sheet = read(out)["冲突"]
        cells = [[c.value for c in cells.values()] for _, cells in sorted(sheet.cells.items())]
        first, second = (b.name for b in books)
        assert cells[2][4:8] == [f"{first} 的值", f"{first} 的位置", f"{second} 的值", f"{second} 的位置"]
        assert cells[3][:3] == [T, "K4", "备注"] and cells[3][5] == f"{T}!T7" and cells[3][8] == kept
        assert all(c.formula is None for row in sheet.cells.values() for c in row.values())
        assert "冲突" in "\n".join(regrade_lines(found, "zh"))


def test_a_later_merge_writes_the_conflicts_anew(path: Path, tmp_path: Path) -> None:
    place = at(path, T, "K4", "备注")
    a, b, c = (edited(path, tmp_path / f"{w}.xlsx", {place: w}) for w in "abc")
    out = tmp_path / "out.xlsx"
    joined(out, a, b)
    twice = tmp_path / "twice.xlsx"
    joined(twice, out, c)
    assert list(read(twice)).count("冲突") == 1
    assert "c.xlsx 的值" in [x.value for x in read(twice)["冲突"].cells[2].values()]
    same = edited(path, tmp_path / "same.xlsx", {place: "a"})
    last = tmp_path / "last.xlsx"
    joined(last, twice, same)
    assert "冲突" not in read(last)
    own = edited(path, tmp_path / "own.xlsx", {place: "x"})
    found = joined(tmp_path / "there.xlsx", twice, own)
    assert [i.code for i in found.issues] == ["SG592"], "the older list is no sheet of theirs"


def test_three_copies(path: Path, tmp_path: Path) -> None:
    place = at(path, T, "K1", "备注")
    a = edited(path, tmp_path / "a.xlsx", {at(path, T, "K2", "备注"): "甲"})
    b = edited(path, tmp_path / "b.xlsx", {place: "乙", **new_row(path, R, SALE)})
    c = edited(
        path,
        tmp_path / "c.xlsx",
        {place: "丙", **new_row(path, R, {**SALE, "订单号": "新2"}), **new_row(path, S, VISIT)},
    )
    out = tmp_path / "out.xlsx"
    found = joined(out, a, b, c)
    (conflict,) = found.conflicts
    assert [(s.book, s.words) for s in conflict.said] == [(0, ""), (1, "乙"), (2, "丙")]
    assert said(out, T, "K1", "备注") is None, "nobody's guess"
    assert [said(out, R, "K3", "订单号", n) for n in (2, 3)] == ["新1", "新2"]
    assert said(out, S, "K2", "咨询问题", 1) == "量尺"


def test_rows_typed_in_both(path: Path, tmp_path: Path) -> None:
    bare = {k: v for k, v in SALE.items() if k != "订单号"}
    rows = [new_row(path, R, row, n) for n, row in enumerate((SALE, bare, bare))]
    a = edited(path, tmp_path / "a.xlsx", rows[0] | rows[1])
    other = new_row(path, R, {**SALE, "金额": 1.0}, 3)
    b = edited(path, tmp_path / "b.xlsx", {**rows[1], **rows[2], **other})
    found = joined(tmp_path / "out.xlsx", a, b)
    out = tmp_path / "out.xlsx"
    amounts = [said(out, R, "K3", "金额", n) for n in range(2, 6)]
    assert amounts == [300_000.5, 300_000.5, 300_000.5, 1.0]
    assert [i.code for i in found.issues] == ["SG584", "SG585"]
    assert [dict(i.facts)["other"] for i in found.issues] == [
        f"{R}!A{free(path, R) + 2}",
        f"{R}!A{free(path, R) + 1}",
    ]


def test_rows_deleted(path: Path, tmp_path: Path) -> None:
    """Deleted in one and as it was in the other: gone. Corrected in the other: it stays, and is told."""
    gone = {**cleared(path, R, "K1"), **cleared(path, R, "K2"), **cleared(path, R, "K3")}
    a = edited(path, tmp_path / "a.xlsx", {at(path, R, "K2", "金额"): 5.0})
    b = edited(path, tmp_path / "b.xlsx", gone)
    found = joined(tmp_path / "ab.xlsx", a, b)
    out = tmp_path / "ab.xlsx"
    assert [said(out, R, key, "产品或服务") for key in ("K1", "K2", "K3")] == ["品5", "品2", "品5"]
    assert [(c.customer, c.column, [s.words for s in c.said][1]) for c in found.conflicts] == [
        ("K2", "整行", "（已删除）")
    ]
    assert [t.kind for t in found.taken] == ["deleted", "deleted"]
    found = joined(tmp_path / "ba.xlsx", b, a)
    out = tmp_path / "ba.xlsx"
    assert sorted(str(said(out, R, "K2", "金额", n)) for n in (0, 1)) == ["20005.0", "5.0"]
    assert [(c.customer, next(s.words for s in c.said)) for c in found.conflicts] == [("K2", "（已删除）")]


def test_customers_come_and_go(path: Path, tmp_path: Path) -> None:
    new = {"客户编号": "N1", "客户名称": "新客", "负责人": "甲", "等次": "新"}
    sale = {**SALE, "客户编号": "N1", "金额": 900_000.0}
    a = edited(path, tmp_path / "a.xlsx", new_row(path, C, {**new, "客户编号": "N0"}))
    remark = (T, free(path, C), at(path, T, "K1", "备注")[2])
    cells = {**new_row(path, C, new), **new_row(path, R, sale), remark: "新客备注", **without(path, "K5")}
    b = edited(path, tmp_path / "b.xlsx", cells)
    found = merged(tmp_path / "out.xlsx", a, b)
    out = tmp_path / "out.xlsx"
    assert (said(out, C, "N0", "客户名称"), said(out, C, "N1", "等次")) == ("新客", "新")
    assert (said(out, T, "N1", "最终级别"), said(out, T, "N1", "备注")) == ("VIP级", "新客备注")
    assert said(out, T, "N0", "备注") is None
    assert found.customers == 10
    assert ("deleted", "K5") in {(e.kind, e.customer) for e in found.edits}
    assert {i.code for i in found.issues} == {"SG551"}, "only the mark takes a customer away"


def test_a_customer_deleted_here_and_written_of_there(path: Path, tmp_path: Path) -> None:
    a = edited(path, tmp_path / "a.xlsx", without(path, "K5"))
    b = edited(
        path, tmp_path / "b.xlsx", {at(path, T, "K5", "备注"): "要紧", at(path, C, "K5", "负责人"): "丙"}
    )
    for name, books in (("ab", (a, b)), ("ba", (b, a))):
        out = tmp_path / f"{name}.xlsx"
        found = joined(out, *books)
        assert [(c.customer, c.column) for c in found.conflicts] == [("K5", "整行")]
        assert (said(out, T, "K5", "备注"), said(out, C, "K5", "负责人")) == ("要紧", "丙")
        assert said(out, C, "K5", "客户名称") == "名K5"


def test_parameters(path: Path, tmp_path: Path) -> None:
    grid = read(path)["参数设置"]
    edges = {
        c.value: (r, k) for r, row in reversed(list(grid.cells.items())) for k, c in row.items() if k == 1
    }
    a = edited(path, tmp_path / "a.xlsx", {("参数设置", *edges[200_000.0]): 150_000.0})
    b = edited(
        path,
        tmp_path / "b.xlsx",
        {("参数设置", *edges[200_000.0]): 160_000.0, ("参数设置", *edges[50_000.0]): 40_000.0},
    )
    found = joined(tmp_path / "out.xlsx", a, b)
    (conflict,) = found.conflicts
    assert (conflict.was, conflict.kept, [s.words for s in conflict.said]) == (
        "200000",
        "150000",
        ["150000", "160000"],
    )
    out = read(tmp_path / "out.xlsx")["参数设置"]
    assert (out.at(*edges[200_000.0]).value, out.at(*edges[50_000.0]).value) == (150_000.0, 40_000.0)


def test_own_columns_by_their_headers(path: Path, tmp_path: Path) -> None:
    def own(where: int, header: str, **words: str) -> dict[Place, object]:
        found: dict[Place, object] = {(T, 2, where): header}
        return found | {(T, at(path, T, k, "备注")[1], where): w for k, w in words.items()}

    a = edited(path, tmp_path / "a.xlsx", own(60, "我的列", K1="甲"))
    b = edited(
        path, tmp_path / "b.xlsx", own(70, "我的列", K1="甲", K2="乙") | own(71, "别的列", K3="丙", K4="丁")
    )
    found = joined(tmp_path / "out.xlsx", a, b)
    out = tmp_path / "out.xlsx"
    assert (said(out, T, "K1", "我的列"), said(out, T, "K2", "我的列")) == ("甲", "乙")
    (issue,) = found.issues
    assert (issue.code, issue.count, dict(issue.facts)["column"]) == ("SG588", 2, "别的列")


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_is_not_carried_is_told(path: Path, tmp_path: Path) -> None:
    import openpyxl
    from openpyxl.chart import BarChart
    from openpyxl.comments import Comment

    workbook = openpyxl.load_workbook(path)
    workbook.create_sheet("我的分析")["A1"] = 1
    workbook[T]["A5"].comment = Comment("问过了", "我")
    workbook[T]["BZ9"] = "旁注"
    workbook.worksheets[1].add_chart(BarChart(), "Z9")
    workbook["价值评分"]["C4"] = 77
    workbook.save(tmp_path / "b.xlsx")
    b = edited(
        tmp_path / "b.xlsx",
        tmp_path / "c.xlsx",
        {at(path, C, "K6", "客户编号"): "K66", at(path, T, "K7", "备注"): "记"},
    )
    found = joined(tmp_path / "out.xlsx", path, b)
    told = {(i.code, dict(i.facts)["sheet"], dict(i.facts).get("cell")) for i in found.issues}
    assert told == {
        ("SG589", "我的分析", None), ("SG590", T, "A5"), ("SG582", T, "BZ9"), ("SG591", "总览", None),
        ("SG582", "价值评分", "C4"), ("SG587", C, f"A{at(path, C, 'K6', '客户编号')[1] + 1}"),
    }  # fmt: skip
    out = tmp_path / "out.xlsx"
    assert (said(out, C, "K6", "客户名称"), said(out, T, "K7", "备注")) == ("名K6", "记")


def test_books_that_do_not_belong_together(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    other = small(folder, date(2026, 6, 29)).request.out
    before = {p: p.read_bytes() for p in (path, other)}
    with pytest.raises(InputError) as stop:
        regrade(RegradeRequest(path, tmp_path / "out.xlsx", copies=(other,)))
    assert (stop.value.key, stop.value.code) == ("copies_apart", "SG580")
    assert stop.value.facts == {"first": path, "other": other}
    assert {p: p.read_bytes() for p in (path, other)} == before
    with pytest.raises(UsageError, match="copies_twice"):
        regrade(RegradeRequest(path, tmp_path / "out.xlsx", copies=(path,)))
    copy = edited(path, tmp_path / "copy.xlsx", {})
    with pytest.raises(UsageError, match="copies_out_is_input"):
        regrade(RegradeRequest(path, copy, copies=(copy,)))
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["copy.xlsx"]


def test_an_older_book_of_the_series(book: Built, path: Path, tmp_path: Path) -> None:
    """Somebody wrote into last week's book: what they changed there comes into this week's, and is told."""
    second = small(tmp_path, date(2026, 7, 7), path, "second.xlsx").request.out
    old = edited(path, tmp_path / "old.xlsx", {at(path, T, "K4", "备注"): "晚到", **new_row(path, S, VISIT)})
    found = joined(tmp_path / "out.xlsx", second, old)
    out = tmp_path / "out.xlsx"
    assert [i.code for i in found.issues] == ["SG581"]
    assert (said(out, T, "K4", "备注"), said(out, S, "K2", "渠道", 1)) == ("晚到", "上门")
    assert (len(found.taken), found.conflicts) == (2, ())


def test_copies_of_a_blank_book(tmp_path: Path) -> None:
    """Two people fill a blank book, each with customers of their own and one in common."""
    from sheetgen.blank import TemplateRequest, template

    blank = tmp_path / "blank.xlsx"
    template(TemplateRequest("vip-abc", blank, 30, "zh"))

    def filled(name: str, *people: str) -> Path:
        cells: dict[Place, object] = {}
        for n, who in enumerate(people):
            sale = {**SALE, "客户编号": who, "订单号": f"单{who}"}
            for sheet, row in ((C, {"客户编号": who, "客户名称": who}), (R, sale)):
                cells |= {(sheet, 3 + n, col(blank, sheet, key)): value for key, value in row.items()}
        return edited(blank, tmp_path / name, cells)

    found = joined(tmp_path / "out.xlsx", filled("a.xlsx", "甲1", "共1"), filled("b.xlsx", "乙1", "共1"))
    out = tmp_path / "out.xlsx"
    assert [said(out, C, who, "客户名称") for who in ("甲1", "共1", "乙1")] == ["甲1", "共1", "乙1"]
    assert said(out, R, "乙1", "金额") == 300_000.5
    assert ([i.code for i in found.issues], found.conflicts) == (["SG583"], ())


def test_the_first_book_is_replaced_and_kept(path: Path, tmp_path: Path) -> None:
    a = edited(path, tmp_path / "a.xlsx", {})
    b = edited(path, tmp_path / "b.xlsx", {at(path, T, "K1", "备注"): "记"})
    old = (a.read_bytes(), b.read_bytes())
    tried = regrade(RegradeRequest(a, copies=(b,), dry_run=True))
    assert (tried.changed, tried.written, a.read_bytes()) == (True, False, old[0])
    found = regrade(RegradeRequest(a, copies=(b,)))
    assert found.backup is not None and found.backup.read_bytes() == old[0]
    assert (said(a, T, "K1", "备注"), b.read_bytes()) == ("记", old[1])
    assert not regrade(RegradeRequest(a, copies=(b,))).changed, "once more brings nothing new"
    assert found.as_of == AS_OF
