"""sheetgen check: what would be understood, what would be held back, and the way back of mended rows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from sheetgen.check import CheckRequest, check
from sheetgen.i18n import LANGS, messages
from sheetgen.ingest.marks import helper_headers, leading, mark_of
from sheetgen.ingest.mended import take_mended
from sheetgen.ingest.rules import ReadRules
from sheetgen.masking import mask, mask_name, mask_number, mask_text
from sheetgen.model import Raw, RawTable, SourceFile
from sheetgen.workbook import failed
from sheetgen.workbook.failed import BAD, HEADER, LEFT
from sheetgen.workbook.style import format_of
from tests.books import make, sheet

HEAD = "客户编号,客户名称,联系电话,日期,实付金额,订单号,店铺\n"
ROWS = (
    "K1,张三丰,13800138000,2025-01-02,100.00,O1,一店\n"
    "K2,李四,13900139000,2025-01-03,一百二,O2,一店\n"
    "K2,李四,13900139000,2025-02-30,12.3.4,O3,二店\n"
    ",王五,,2025-03-01,50,O4,二店\n"
    "K3,杭州西湖贸易有限公司,0571-88886666,2025-03-02,1,200.50,O5,二店,多\n"
    "K1,张三丰,13800138000,2025-03-05,300,O6,一店\n"
)
MENDS = {
    3: {"实付金额": "120"},
    4: {"日期": "2025-02-28", "实付金额": "12.34"},
    5: {"客户编号": "K5"},
    6: {"客户编号": "K3", "日期": "2025-03-02", "实付金额": "1200.50", "订单号": "O5", "店铺": "二店"},
}


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "订单.csv"
    path.write_text(HEAD + ROWS, "utf-8")
    return path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """The command in this process: exit code, stdout, stderr."""
    from sheetgen.cli import main

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main("check", *map(str, arguments))
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return int(stopped.value.code or 0), said.out, said.err

    return call


@pytest.fixture
def answer(run) -> Callable[..., dict[str, Any]]:
    """The command's JSON, with the exit code."""

    def call(*arguments: str | Path) -> dict[str, Any]:
        code, out, _ = run(*arguments, "--json")
        return {**json.loads(out), "exit": code}

    return call


def mend(book: Path, mends: Mapping[int, Mapping[str, str]], sheet_at: int = 0) -> None:
    """Type into the cells under these headers, in the rows made from these lines, as staff would."""
    workbook = load_workbook(book)
    ws = workbook.worksheets[sheet_at]
    heads = {str(cell.value): cell.column for cell in ws[HEADER + 1]}
    line = next(column for head, column in heads.items() if head in helper_headers("line"))
    for row in range(HEADER + 2, ws.max_row + 1):
        for header, value in mends.get(int(ws.cell(row, line).value), {}).items():
            ws.cell(row, heads[header]).value = value
    workbook.save(book)


def cents(found: Mapping[str, Any], fate: str) -> str:
    return str(found["amount"][fate])


# what it says


def test_json_says_what_would_be_understood(answer, orders):
    found = answer(orders)
    assert found["exit"] == 3 and found["command"] == "check" and found["schema"] == 1
    assert found["rows"] == {
        "read": 7, "used": 2, "held_back": 4, "duplicate": 0, "status": 0, "structure": 1,
    }  # fmt: skip
    assert found["amount"]["read"] == "450.00" and found["amount"]["held_back"] == "50.00"
    (file,) = found["files"]
    assert (file["kind"], file["encoding"], file["header_row"]) == ("transactions", "utf-8", 1)
    assert len(file["sha256"]) == 64 and file["rows"] == 7
    headers = {m["field"]: (m["header"], m["confidence"]) for m in file["mapping"]}
    assert headers["customer_id"] == ("客户编号", 1.0)
    assert headers["amount"][0] == "实付金额" and headers["amount"][1] < 1
    assert "店铺" in file["extras"]
    assert len(file["sample"]) == 5
    assert file["sample"][1]["amount"] == "一百二" and file["sample"][1]["customer_name"] == "李四"
    assert file["fates"]["used"] == 2 and file["fates"]["held_back"] == 4
    issue = next(i for i in found["issues"] if i["code"] == "SG412")
    assert (issue["file"], issue["row"], issue["column"], issue["count"]) == ("订单.csv", 3, "实付金额", 1)
    group = next(g for g in found["groups"] if g["code"] == "SG412")
    assert group["examples"] == [
        {"file": "订单.csv", "row": 3, "column": "实付金额", "value": "一百二", "amount": "0.00"}
    ]
    assert group["mend"] and group["fate"] == "held_back"
    assert {"as_of", "run_id", "digest", "tiers", "changes", "edits", "out", "customers"} <= set(found)


def test_a_word_of_the_user_makes_a_column_certain(answer, orders):
    found = answer(orders, "--map", "amount=实付金额")
    assert {m["confidence"] for m in found["files"][0]["mapping"] if m["field"] == "amount"} == {1.0}


def test_the_report_masks_people_and_shows_money_and_days(run, orders):
    code, out, err = run(orders)
    assert code == 3 and not err
    assert "第 1 行是表头" in out and "客户编号" in out and "实付金额" in out
    assert "订单.csv 第 3 行「实付金额」= 一百二" in out
    assert "金额 50.00" in out and "2025-02-30" in out
    for secret in ("张三丰", "李四", "13800138000", "13900139000", "杭州西湖贸易", "88886666"):
        assert secret not in out, secret
    loud = run(orders, "-v")[1]
    assert all(secret in loud for secret in ("张三丰", "李四", "13800138000"))


def test_the_most_important_stands_last(run, tmp_path):
    (tmp_path / "订单.csv").write_text(
        "客户编号,日期,金额,状态\nK1,2025-01-01,1.005,奇怪\nK1,2025-01-02,x,已付款\nK1,2025-01-03,y,已付款\n"
        ",2025-01-04,5,已付款\n",
        "utf-8",
    )
    out = run(tmp_path / "订单.csv")[1]
    codes = re.findall(r"^  (SG\d{3})", out, re.MULTILINE)
    assert codes[-2:] == ["SG404", "SG412"]
    assert set(codes[:-2]) == {"SG417", "SG423", "SG440"}


def test_alike_issues_are_one_with_examples(run, tmp_path):
    rows = "".join(f"K1,2025-01-0{i},x{i}\n" for i in range(1, 8))
    (tmp_path / "a.csv").write_text("客户编号,日期,金额\n" + rows + "K1,2025-01-09,5\n", "utf-8")
    (tmp_path / "b.csv").write_text("客户编号,日期,金额\nK1,2025-02-01,?\n", "utf-8")
    out = run(tmp_path / "a.csv", tmp_path / "b.csv")[1]
    assert out.count("SG412") == 1 and "8 个金额" in out
    assert "另有 5 处" in out


def test_english(run, orders):
    out = run(orders, "--lang", "en")[1]
    assert "header in row 1" in out and "What was found (most important last)" in out
    words = re.sub(r"「|」|[一二张李王杭]\S*", "", out)
    for word in ("去向", "前 5 行", "搁置", "已用"):
        assert word not in words


def test_nothing_wrong(run, tmp_path):
    (tmp_path / "订单.csv").write_text("客户编号,日期,金额\nK1,2025-01-01,5\n", "utf-8")
    (tmp_path / "客户.csv").write_text("客户编号,客户名称\nK1,甲公司\n", "utf-8")
    code, out, _ = run(tmp_path / "订单.csv", tmp_path / "客户.csv", "-o", tmp_path / "x.xlsx")
    assert code == 0 and "没有发现问题" in out and "没有被搁置的行，未写出文件" in out
    assert not (tmp_path / "x.xlsx").exists()
    assert run(tmp_path / "订单.csv", "-q")[1] == ""


@pytest.mark.parametrize(("lang", "page"), [("zh", "README.zh-CN.md"), ("en", "README.md")])
def test_the_readme_shows_what_the_command_prints(run, tmp_path, monkeypatch, lang, page):
    monkeypatch.chdir(tmp_path)
    head, rows = (
        "客户编号,客户名称,日期,实付金额,订单号\n",
        (
            "K1,张三,2025-01-02,100.00,O1\nK2,李四,2025-01-03,一百二,O2\nK2,李四,2025-02-30,80,O3\nK3,王五,2025-03-05,300,O4\n"
        ),
    )
    Path("orders.csv").write_text(head + rows, "utf-8")
    said = run("orders.csv", "-o", "mend.xlsx", "--lang", lang)[1].strip()
    shown = said[said.index(messages()["check_issues"].text(lang)) if lang == "en" else 0 :]
    assert shown in (Path(__file__).parents[1] / page).read_text("utf-8")


def test_it_writes_nothing(run, orders):
    before = {p.name: p.read_bytes() for p in orders.parent.iterdir()}
    run(orders)
    run(orders, "--json")
    assert {p.name: p.read_bytes() for p in orders.parent.iterdir()} == before


def test_an_account_of_each_table(answer, tmp_path):
    """Rows by fate of tables that are no transactions, and of two files of one name."""
    for folder, rows in (("a", "K1,2025-01-01,x\n"), ("b", "K1,2025-01-01,5\nK1,?,5\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "订单.csv").write_text("客户编号,日期,金额\n" + rows, "utf-8")
    (tmp_path / "客户.csv").write_text("客户编号,客户名称\nK1,甲\nK1,乙\n,丙\n", "utf-8")
    found = answer(tmp_path / "a" / "订单.csv", tmp_path / "b" / "订单.csv", tmp_path / "客户.csv")
    fates = [{k: v for k, v in f["fates"].items() if v} for f in found["files"]]
    assert fates[0] == {"held_back": 1, "structure": 1}
    assert fates[1] == {"used": 1, "held_back": 1, "structure": 1}
    assert fates[2] == {"used": 1, "held_back": 1, "duplicate": 1, "structure": 1}
    assert found["held_back"] == 3
    assert [Path(f["path"]).name for f in found["files"]] == ["订单.csv", "订单.csv", "客户.csv"]
    files = {
        (e["file"], e["row"]) for g in found["groups"] for e in g["examples"] if g["fate"] == "held_back"
    }
    assert files == {("订单.csv", 2), ("b∕订单.csv", 3), ("客户.csv", 4)}


def test_customers_alone_can_be_checked(answer, tmp_path):
    (tmp_path / "客户.csv").write_text("客户编号,客户名称\nK1,甲\n,乙\n", "utf-8")
    found = answer(tmp_path / "客户.csv")
    assert found["exit"] == 3 and found["customers"] == 1 and found["rows"]["read"] == 0


# what it refuses


def test_a_book_of_ours_is_known_by_its_hidden_sheet(run, answer, tmp_path):
    (tmp_path / "订单.csv").write_text("客户编号,日期,金额\nK1,2025-01-01,5\n", "utf-8")
    make(tmp_path / "book.xlsx", [tmp_path / "订单.csv"])
    renamed = (tmp_path / "book.xlsx").rename(tmp_path / "whatever.xlsx")
    code, out, _ = run(renamed)
    assert code == 0 and "公式完好" in out
    assert answer(renamed)["intact"] is True
    code, out, err = run(renamed, tmp_path / "订单.csv")
    assert code == 2 and not out and "whatever.xlsx" in err and len(err.splitlines()) == 1
    assert answer(renamed, tmp_path / "订单.csv")["exit"] == 2


def test_what_stops_a_build_stops_a_check(run, orders, tmp_path):
    (tmp_path / "other.csv").write_text("颜色,重量\n红,1\n", "utf-8")
    (tmp_path / "empty.csv").write_bytes(b"")
    assert run(tmp_path / "nowhere.csv")[0] == 4
    assert run(tmp_path / "empty.csv")[0] == 4
    assert run(tmp_path / "other.csv")[0] == 5
    assert run()[0] == 2
    assert run(orders, "--lang", "fr")[0] == 2
    assert run(orders, "-o", tmp_path / "x.csv")[0] == 2
    assert run(orders, "-o", tmp_path / "no" / "x.xlsx")[0] == 2
    assert run("--customers", orders, "--transactions", orders)[0] == 3


def test_the_output_is_no_input(run, orders, tmp_path):
    assert run(orders, "-o", tmp_path / "a.xlsx")[0] == 3
    before = (tmp_path / "a.xlsx").read_bytes()
    assert run(orders, tmp_path / "a.xlsx", "-o", tmp_path / "a.xlsx")[0] == 2
    assert (tmp_path / "a.xlsx").read_bytes() == before


# the workbook of failed rows


@pytest.mark.parametrize("lang", LANGS)
def test_failed_rows_stand_raw_under_their_own_headers_with_bad_cells_red(run, orders, tmp_path, lang):
    out = tmp_path / "mend.xlsx"
    assert run(orders, "-o", out, "--lang", lang)[0] == 3
    (ws,) = load_workbook(out).worksheets
    heads = [str(cell.value) for cell in ws[HEADER + 1]]
    own = HEAD.strip().split(",")
    assert heads[len(LEFT) : len(LEFT) + len(own)] == own
    assert all(head in helper_headers() for head in heads if head not in own)
    red = str(format_of(BAD)["bg_color"]).lstrip("#")
    marked = {}
    for row in ws.iter_rows(min_row=HEADER + 2):
        cells = dict(zip(heads, row, strict=True))
        line = next(cells[h].value for h in heads if h in helper_headers("line"))
        reason = next(cells[h].value for h in heads if h in helper_headers("reason"))
        how = next(cells[h].value for h in heads if h in helper_headers("mend"))
        assert reason.startswith("SG") and how
        assert cells["店铺"].value != "=", "text stays text"
        marked[line] = {h for h in own if cells[h].fill.fgColor.rgb[-6:] == red}
    assert marked == {
        3: {"实付金额"},
        4: {"日期", "实付金额"},
        5: {"客户编号"},
        6: {"客户编号", "日期", "实付金额"},
    }
    values = {c.value for row in ws.iter_rows() for c in row}
    assert {"一百二", "12.3.4", "13900139000", "2025-02-30"} <= values
    assert any("杭州西湖贸易有限公司" in str(v) for v in values), "the raw text of what fits no header"


def test_the_same_data_give_the_same_bytes(run, orders, tmp_path):
    run(orders, "-o", tmp_path / "a.xlsx")
    run(orders, "-o", tmp_path / "b.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_mended_rows_take_the_place_of_the_bad_ones(run, answer, orders, tmp_path):
    out = tmp_path / "mend.xlsx"
    run(orders, "-o", out)
    mend(out, MENDS)
    found = answer(orders, out)
    assert found["exit"] == 0, found["issues"]
    assert found["rows"]["used"] == 6 and found["rows"]["held_back"] == 0 == found["rows"]["duplicate"]
    assert cents(found, "used") == "1782.84" == cents(found, "read")
    assert {i["code"]: i["count"] for i in found["issues"]}["SG120"] == 4
    assert found["files"][0]["fates"]["used"] == 6 and found["files"][1]["fates"]["used"] == 0
    built = make(tmp_path / "book.xlsx", [orders, out])
    sales = built.clean.tables["transactions"]
    assert sorted(sales["cents"]) == [1234, 5000, 10000, 12000, 30000, 120050]
    assert set(sales["file"]) == {"订单.csv"} and sorted(sales["line"]) == [2, 3, 4, 5, 6, 7]
    assert list(built.clean.extras["transactions"].values()) == ["联系电话", "店铺"]
    assert not helper_headers() & set(sheet(tmp_path / "book.xlsx", "transactions").headers)


def test_half_mended_rows_come_again(run, answer, orders, tmp_path):
    out, second = tmp_path / "mend.xlsx", tmp_path / "mend2.xlsx"
    run(orders, "-o", out)
    mend(out, {line: cells for line, cells in MENDS.items() if line in (3, 6)})
    found = answer(orders, out, "-o", second)
    assert found["exit"] == 3 and found["rows"]["used"] == 4 and found["held_back"] == 2
    mend(second, MENDS)
    assert answer(orders, out, second)["rows"]["used"] == 6


def test_mended_rows_alone_are_an_input_like_any_other(run, answer, orders, tmp_path):
    out = tmp_path / "mend.xlsx"
    run(orders, "-o", out)
    mend(out, MENDS)
    found = answer(out)
    assert found["exit"] == 0 and found["rows"]["used"] == 4
    assert found["files"][0]["extras"] == ["联系电话", "店铺"]


def test_rows_of_another_file_of_that_name_are_left_alone(run, answer, orders, tmp_path):
    """Next month's export has other rows on those lines."""
    out = tmp_path / "mend.xlsx"
    run(orders, "-o", out)
    mend(out, MENDS)
    orders.write_text(
        HEAD + "K9,赵六,,2025-05-01,7,P1,三店\n" * 1 + "K9,赵六,,2025-05-02,8,P2,三店\n", "utf-8"
    )
    found = answer(orders, out)
    assert found["rows"]["used"] == 6 and cents(found, "used") == "1397.84"
    assert "SG120" not in {i["code"] for i in found["issues"]}


def test_a_mended_row_is_read_with_its_file(run, answer, tmp_path):
    """05/01 alone may be May or January; in its own column there is no doubt."""
    path, out = tmp_path / "a.csv", tmp_path / "mend.xlsx"
    path.write_text("客户编号,日期,金额(万元)\nK1,05/01/2024,?\nK1,25/01/2024,2\n", "utf-8")
    run(path, "-o", out)
    mend(out, {2: {"金额(万元)": "3"}})
    found = answer(path, out)
    assert found["exit"] == 0 and cents(found, "used") == "50000.00"


def test_tables_of_one_kind_with_other_columns_are_all_read_back(run, answer, tmp_path):
    (tmp_path / "a.csv").write_text("客户编号,日期,金额\nK1,2025-01-01,x\nK1,2025-01-02,1\n", "utf-8")
    (tmp_path / "b.csv").write_text("客户编号,日期,金额,订单号,渠道\nK1,?,5,O1,店\n", "utf-8")
    (tmp_path / "客户.csv").write_text("客户编号,客户名称,备注\n,甲,=1+1\n", "utf-8")
    given = [tmp_path / name for name in ("a.csv", "b.csv", "客户.csv")]
    out = tmp_path / "mend.xlsx"
    run(*given, "-o", out)
    mend(out, {2: {"金额": "3"}}, 0)
    mend(out, {2: {"日期": "2025-02-01"}}, 1)
    assert load_workbook(out).worksheets[2].cell(HEADER + 2, len(LEFT) + 3).data_type == "s"
    mend(out, {2: {"客户编号": "K7"}}, 2)
    found = answer(*given, out)
    assert found["exit"] == 0 and found["rows"]["used"] == 3 and found["customers"] == 2


def test_a_file_without_a_header(run, answer, tmp_path):
    path, out = tmp_path / "a.csv", tmp_path / "mend.xlsx"
    path.write_text("K1,2025-01-01,100\nK2,2025-01-02,x\n", "utf-8")
    places = ("--map", "customer_id=#1", "--map", "date=#2", "--map", "amount=#3")
    assert run(path, *places, "-o", out)[0] == 3
    mend(out, {2: {"金额": "5"}})
    found = answer(path, out, *places)
    assert found["exit"] == 0 and cents(found, "used") == "105.00"
    assert found["files"][0]["header_row"] == 0 and out.exists()


def test_rows_may_be_deleted_sorted_and_doubled(run, answer, orders, tmp_path):
    out = tmp_path / "mend.xlsx"
    run(orders, "-o", out)
    mend(out, MENDS)
    workbook = load_workbook(out)
    ws = workbook.worksheets[0]
    rows = [[c.value for c in row] for row in ws.iter_rows(min_row=HEADER + 2)]
    ws.delete_rows(HEADER + 2, len(rows))
    for row in [rows[3], rows[1], rows[1]]:  # the last one split in two by hand
        ws.append(row)
    ws.cell(ws.max_row, [c.value for c in ws[HEADER + 1]].index("订单号") + 1).value = "O3b"
    workbook.save(out)
    found = answer(orders, out)
    assert found["rows"]["used"] == 5 and found["rows"]["held_back"] == 2
    assert cents(found, "used") == "1625.18"


def test_a_long_list_is_cut_with_a_word(run, tmp_path, monkeypatch):
    monkeypatch.setattr(failed, "MOST_ROWS", 3)
    path, out = tmp_path / "a.csv", tmp_path / "mend.xlsx"
    path.write_text("客户编号,日期,金额\n" + "K1,2025-01-01,x\n" * 5 + "K1,2025-01-01,1\n", "utf-8")
    said = run(path, "-o", out)[1]
    assert "共 5 行被搁置，只列出前 3 行" in said and "被搁置的 3 行写到" in said
    ws = load_workbook(out).worksheets[0]
    assert ws.max_row == HEADER + 1 + 3
    assert "共 5 行" in str(ws.cell(2, 1).value) and "5 行" in str(ws.cell(1, 1).value)


@pytest.mark.parametrize("name", ["history.csv", "a[1]'b.csv", "很" * 40 + ".csv"])
def test_any_file_name_makes_a_sheet(run, tmp_path, name):
    path, out = tmp_path / name, tmp_path / "mend.xlsx"
    path.write_text("客户编号,日期,金额\nK1,2025-01-01,x\nK1,2025-01-01,1\n", "utf-8")
    assert run(path, "-o", out)[0] == 3
    assert len(load_workbook(out).worksheets) == 1


def test_no_text_becomes_a_formula(run, tmp_path):
    path, out = tmp_path / "a.csv", tmp_path / "mend.xlsx"
    path.write_text(
        '客户编号,日期,金额,备注\nK1,2025-01-01,=1+1,"=HYPERLINK(""http://x"")"\nK1,2025-01-01,1,\n', "utf-8"
    )
    run(path, "-o", out)
    ws = load_workbook(out).worksheets[0]
    assert {c.data_type for row in ws.iter_rows() for c in row if str(c.value).startswith("=")} == {"s"}
    assert not [c for row in ws.iter_rows() for c in row if c.hyperlink]


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_no_record_is_lost_or_made_when_mended_rows_move(data):
    import pandas as pd

    n, broken = data.draw(st.integers(0, 6)), data.draw(st.integers(0, 3))
    marks = data.draw(st.lists(st.integers(0, 12), max_size=8))
    original = SourceFile("a.csv", "transactions", "utf-8", "f" * 64, n + broken + 1)
    lines = data.draw(st.permutations(range(2, 2 + n + broken)))
    frame = pd.DataFrame({"customer_id": ["K"] * n, "x:more": ["m"] * n}, dtype="str")
    unread = tuple((line, "raw") for line in sorted(lines[n:]))
    table = RawTable(original, frame, pd.Series(sorted(lines[:n]), dtype="int64"), 1, unread)
    mark = f"x:{sorted(helper_headers('mark'))[0]}"
    cells = {"customer_id": [f"M{i}" for i in range(len(marks))], mark: [mark_of(original, m) for m in marks]}
    own = SourceFile("m.xlsx", "transactions", "xlsx", "e" * 64, len(marks) + 3, "a")
    rows = pd.Series(range(4, 4 + len(marks)), dtype="int64")
    mended = RawTable(own, pd.DataFrame(cells, dtype="str"), rows, 3)
    found = take_mended(Raw((table, mended)))
    for after in found.tables:
        assert len(after.frame) == len(after.line)
        assert len(after.frame) + len(after.malformed) + after.structure == after.source.rows
        assert after.line.is_monotonic_increasing
    first, rest = found.tables
    moved = set(marks) & set(lines)
    assert sorted(c for c in first.frame["customer_id"] if c != "K") == sorted(
        f"M{marks.index(m)}" for m in moved
    )
    assert len(rest.frame) == len(marks) - len(moved) and list(rest.frame) == ["customer_id"]
    assert sum(i.count for i in found.issues if i.code == "SG120") == len(moved)


def test_positions_count_the_tables_own_columns():
    assert leading(["检查：来源文件", "检查：行号", "a", "检查：记号"]) == 2
    assert leading(["a", "b"]) == 0


def test_the_verb_without_the_command_line(orders):
    checked = check(CheckRequest([str(orders)], rules=ReadRules({"amount": "实付金额"})))
    assert checked.held_back == 4 and not checked.written
    assert [g.issue.code for g in checked.groups if g.fate == "held_back"][-1] in (
        "SG206",
        "SG404",
        "SG412",
        "SG431",
    )
    assert checked.tables[0].source.header_row == 1


# masks


@pytest.mark.parametrize(
    ("masked", "shown"),
    [
        (mask("13800138000", "phone", "phone"), "138****8000"),
        (mask("+86 138-0013-8000", "phone", "phone"), "861******8000"),
        (mask("1.38E+10", "phone", "phone"), "1.38E+10"),
        (mask("张三", "customer_name", "text"), "张*"),
        (mask("张三丰", "customer_name", "text"), "张**"),
        (mask("欧阳修", "contact", "text"), "欧阳*"),
        (mask("杭州西湖贸易有限公司", "customer_name", "text"), "杭州******"),
        (mask("Ann Lee", "customer_name", "text"), "A** L**"),
        (mask("2025-01-02", "date", "date"), "2025-01-02"),
        (mask("1,200.50", "amount", "money"), "1,200.50"),
        (mask("K0001", "customer_id", "id"), "K0001"),
        (mask("13800138000", "customer_id", "id"), "138****8000"),
        (mask("李四", "customer_id", "id"), "李*"),
        (mask("茶叶", "category", "text"), "茶叶"),
        (mask_number("110101199001011234"), "110***********1234"),
        (
            mask_text("请联系张三 zhang@qq.com 13800138000 于 2025-01-02"),
            "请**** z***@qq.com 138****8000 于 2025-01-02",
        ),
        (mask_name(""), ""),
    ],
)
def test_masks(masked, shown):
    assert masked == shown


@settings(deadline=None, max_examples=60)
@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.text("，。 a张", max_size=5))
def test_no_mobile_number_is_left_in_free_text(number, around):
    assert number not in mask_text(around + number + around)


@settings(deadline=None, max_examples=60)
@given(st.text("赵钱孙李欧阳上官王小明", min_size=2, max_size=12))
def test_a_name_shows_half_at_most(name):
    assert mask_name(name) != name
    assert len(mask_name(name).replace("*", "")) <= max(2, len(name) / 2)


def test_the_helper_headers_are_no_headers_of_any_table():
    from sheetgen.ingest.headers import names, normalise
    from sheetgen.scheme.tables import data_tables

    known = {name for kind in data_tables() for called in names(kind).values() for name in called}
    assert not {normalise(h) for h in helper_headers()} & known
    assert len(helper_headers()) == 2 * len([k for k in messages() if k.startswith("helper_")])
