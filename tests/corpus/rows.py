"""Bad inputs: rows and cells."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.corpus.base import Case

Args = list[str | Path]
Then = Callable[[Path, dict[str, Any]], None]
SALES = "订单号,客户编号,客户名称,日期,金额,状态\n"
PEOPLE = "客户编号,客户名称,联系方式\n"
ONE = "A1,001,甲公司,2024-01-05,10.50,\n"


def sales(*rows: str, head: str = SALES) -> Callable[[Path], Args]:
    """A case of one file of transactions."""

    def build(folder: Path) -> Args:
        (folder / "sales.csv").write_text(head + "\n".join(rows) + "\n", "utf-8", newline="")
        return [folder / "sales.csv"]

    return build


def people(*rows: str, head: str = PEOPLE, orders: str = SALES + ONE) -> Callable[[Path], Args]:
    """A case of customers, and a sale or two."""

    def build(folder: Path) -> Args:
        (folder / "people.csv").write_text(head + "\n".join(rows) + "\n", "utf-8", newline="")
        (folder / "sales.csv").write_text(orders, "utf-8")
        return [folder / "people.csv", folder / "sales.csv"]

    return build


def book(
    rows: Sequence[Sequence[object]], then: Callable[[Any, Any], None] | None = None
) -> Callable[[Path], Args]:
    """A case of one worksheet; ``then`` may change the workbook and its sheet."""

    def build(folder: Path) -> Args:
        from openpyxl import Workbook

        made = Workbook()
        sheet = made.worksheets[0]
        for row in rows:
            sheet.append(list(row))
        if then:
            then(made, sheet)
        made.save(folder / "sales.xlsx")
        return [folder / "sales.xlsx"]

    return build


def also(
    build: Callable[[Path], Args], *more: str, config: str = "", out: bool = False
) -> Callable[[Path], Args]:
    """``build`` with further arguments, a config, or a book really written."""

    def build_too(folder: Path) -> Args:
        arguments = [*build(folder), *more]
        if config:
            (folder / "my.yml").write_text(config, "utf-8")
            arguments += ["--config", folder / "my.yml"]
        return [*arguments, "-o", folder.parent / "out.xlsx"] if out else arguments

    return build_too


def cleaned(folder: Path) -> Any:
    """What the files of a case become, table by table."""
    from sheetgen.ingest.clean import clean
    from sheetgen.ingest.sources import read_inputs

    return clean(read_inputs([str(p) for p in sorted(folder.iterdir()) if p.suffix != ".yml"], {}))


def column(table: str, field: str, *wanted: object) -> Then:
    """``field`` of ``table`` holds just these values; days as ISO text."""

    def check(folder: Path, answer: dict[str, Any]) -> None:
        values = cleaned(folder).tables[table][field]
        if values.dtype.kind == "M":
            values = values.dt.strftime("%Y-%m-%d")
        assert values.tolist() == list(wanted)

    return check


def phones(*wanted: str) -> Then:
    return column("customers", "phone", *wanted)


def ids(*wanted: str) -> Then:
    return column("transactions", "customer_id", *wanted)


def cents(*wanted: int) -> Then:
    return column("transactions", "cents", *wanted)


def days(*wanted: str) -> Then:
    return column("transactions", "date", *wanted)


def on(*dates: str) -> Callable[[Path], Args]:
    return sales(*(f'A{i},001,甲公司,"{day}",1,' for i, day in enumerate(dates)))


def of(*amounts: str) -> Callable[[Path], Args]:
    return sales(*(f'A{i},001,甲公司,2024-01-05,"{amount}",' for i, amount in enumerate(amounts)))


PAYLOADS = (
    "=1+1", "=cmd|'/c calc'!A0", '=HYPERLINK("http://a.b","x")', "+1+1", "-1+1", "@SUM(1)", "\t=1+1",
    "\r=1+1", '=DDE("cmd";"/c calc";"x")', "http://a.b/c", "https://a.b", "ftp://a.b", "mailto:a@b.c",
    "internal:S!A1", "external:c:\\a.xlsx", "file:///etc/passwd", "{=SUM(1)}", "＝1+1",
    '=IMPORTXML("http://a.b","//x")', '=WEBSERVICE("http://a.b")', "\\\\host\\share", "%0A=1+1",
    '"=1+1"', "'=1+1", ";=1+1", "=A1&B1", "|calc",
)  # fmt: skip
EXTREME = "".join(chr(c) for c in (0, 1, 8, 11, 12, 31, 127, 133, 0x200B, 0x202E, 0xFEFF, 0xFFFE, 0xFFFF))


def inert(folder: Path, answer: dict[str, Any]) -> None:
    """The book holds the payloads as text: no formula and no link comes of any."""
    from openpyxl import load_workbook

    found = load_workbook(folder.parent / "out.xlsx")
    texts = [c.value for row in found["Customers"].iter_rows(max_col=4) for c in row]
    assert len([t for t in texts if isinstance(t, str) and "1+1" in t]) >= 7
    for row in found["Customers"].iter_rows(min_row=4, max_col=4):
        assert all(cell.data_type != "f" and cell.hyperlink is None for cell in row)
    with zipfile.ZipFile(folder.parent / "out.xlsx") as packed:
        names = packed.namelist()
        assert not [n for n in names if "externalLink" in n]
        formulas = "".join(
            re.findall(r"<f>.*?</f>", "".join(packed.read(n).decode() for n in names if "sheets/" in n))
        )
        assert "cmd" not in formulas
        assert "a.b" not in formulas
        assert not [n for n in names if n.endswith(".rels") and b"http://a.b" in packed.read(n)]


def clear_text(folder: Path, answer: dict[str, Any]) -> None:
    """No control character is left, and reading the same again changes nothing."""
    from sheetgen.ingest.text import clean_cell

    names = cleaned(folder).tables["customers"]["customer_name"].tolist()
    assert names == ["甲乙", "丙\n丁", "戊"]
    assert [clean_cell(n) for n in names] == names
    assert (folder.parent / "out.xlsx").exists()


def listed(code: str, line: int, value: str = "") -> Then:
    """The record is listed in 数据质量 with its line and what stood there."""

    def check(folder: Path, answer: dict[str, Any]) -> None:
        out = cleaned(folder).ledger.left_out
        mine = out[out["code"] == code]
        assert mine["line"].tolist()[:1] == [line], out
        assert not value or mine["value"].tolist()[0] == value, out

    return check


def proposals(*pairs: tuple[str, str, str]) -> Then:
    def check(folder: Path, answer: dict[str, Any]) -> None:
        found = cleaned(folder)
        assert [(m.keep, m.other, m.reason) for m in found.merges] == list(pairs)
        assert {m.other for m in found.merges} <= set(found.tables["customers"]["customer_id"])

    return check


def both(*checks: Then) -> Then:
    def check(folder: Path, answer: dict[str, Any]) -> None:
        for one in checks:
            one(folder, answer)

    return check


def _merge(book_: Any, sheet: Any) -> None:
    sheet.merge_cells("A2:A4")
    sheet.merge_cells("B2:B4")


def _hide(book_: Any, sheet: Any) -> None:
    sheet.row_dimensions[3].hidden = True
    sheet.auto_filter.ref = "A1:D4"


def _mac(book_: Any, sheet: Any) -> None:
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    book_.epoch = CALENDAR_MAC_1904


def _errors(book_: Any, sheet: Any) -> None:
    for at, word in ((3, "#REF!"), (4, "#DIV/0!"), (5, "#N/A")):
        sheet.cell(at, 4, word).data_type = "e"


def many(folder: Path) -> Args:
    """One line more than a worksheet holds."""
    rows = "".join(f"{i % 997},2024-01-{i % 28 + 1:02d},1\n" for i in range(1_048_577))
    (folder / "sales.csv").write_text("客户编号,日期,金额\n" + rows, "utf-8")
    return [folder / "sales.csv"]


def from_1904(folder: Path) -> Args:
    from datetime import date

    head = ["客户编号", "日期", "金额"]
    rows = [head, ["001", date(2024, 1, 5), 1], ["001", date(2024, 2, 29), 2]]
    return book(rows, _mac)(folder)


HEAD = ["客户编号", "客户名称", "日期", "金额"]
FAR = [f"A{i},001,甲公司,2024-{i % 12 + 1:02d}-05,1," for i in range(40)]
USUAL = [f"A{i},001,甲公司,2024-01-05,{90 + i}," for i in range(30)]

CASES: tuple[Case, ...] = (
    Case(
        "R01",
        "phone as a power of ten",
        people("001,甲公司,1.38E+10"),
        codes={"SG401": 1},
        rows={"used": 1, "held_back": 0},
        customers=1,
        then=both(phones(""), listed("SG401", 2, "1.38E+10")),
    ),
    Case(
        "R02",
        "phone as a number",
        people("001,甲公司,13812345678.0"),
        absent=("SG401", "SG402"),
        then=phones("13812345678"),
    ),
    Case(
        "R03",
        "phone with country blanks dashes and full width",
        people(
            "001,甲,+86 138-1234-5678",
            "002,乙,0086 13812345679",
            "003,丙,１３８１２３４５６８０",
            "004,丁,138 1234 5681",
        ),
        absent=("SG401", "SG402"),
        then=phones("13812345678", "13812345679", "13812345680", "13812345681"),
    ),
    Case(
        "R04",
        "two phones in one cell",
        people("001,甲,13812345678/13912345678", "002,乙,13812345670；13912345670"),
        codes={"SG402": 2},
        then=phones("13812345678", "13812345670"),
    ),
    Case(
        "R05",
        "phones of a wrong length landlines and extensions",
        people("001,甲,1381234567", "002,乙,138123456789", "003,丙,010-8888 6666", "004,丁,分机8001"),
        codes={"SG402": 1},
        then=phones("1381234567", "138123456789", "010-8888 6666", "分机8001"),
        decided="numbers of 7 to 20 digits may be landlines or foreign and pass in silence; words do not",
    ),
    Case(
        "R06",
        "an identity card as a number",
        book([[*HEAD], [4.10101199001011e17, "甲", "2024-01-05", 1], ["001", "乙", "2024-01-05", 2]]),
        exit=3,
        codes={"SG403": 1},
        rows={"held_back": 1, "used": 1},
        decided="as a customer's id it holds the record back: a blank id would be somebody else's",
    ),
    Case(
        "R06-extra",
        "an identity card as a number in a further column",
        people("001,甲公司,4.10101E+17", head="客户编号,客户名称,身份证号\n"),
        codes={"SG403": 1},
        customers=1,
        then=both(column("customers", "x:身份证号", ""), listed("SG403", 2, "4.10101E+17")),
    ),
    Case(
        "R07",
        "identity cards with a small x or a wrong check digit",
        people(
            "001,甲,11010519491231002x",
            "002,乙,110105194912310021",
            "003,丙,110101198001010",
            "004,丁,1101",
            head="客户编号,客户名称,身份证号\n",
        ),
        codes={"SG455": 2},
        then=column(
            "customers", "x:身份证号", "11010519491231002X", "110105194912310021", "110101198001010", "1101"
        ),
    ),
    Case(
        "R08",
        "ids that differ in leading zeros",
        sales("A1,00123,甲,2024-01-05,1,", "A2,123,乙,2024-01-06,2,"),
        codes={"SG406": 2, "SG442": 1},
        customers=2,
        then=both(ids("00123", "123"), proposals(("00123", "123", "leading_zeros"))),
    ),
    Case(
        "R09",
        "ids wrapped for Excel",
        sales(
            'A1,"=""00123""",甲,2024-01-05,1,',
            "A2,'00124,乙,2024-01-05,1,",
            "A3,\t00456,丙,2024-01-05,1,",
            "A4,`00457,丁,2024-01-05,1,",
        ),
        then=ids("00123", "00124", "00456", "00457"),
    ),
    Case(
        "R10",
        "no id but a phone",
        people(
            "001,甲,13812345678",
            "002,乙,13912345678",
            "003,丙,13912345678",
            orders="客户编号,日期,金额,收货人手机号\n,2024-01-05,5,13812345678\n,2024-01-05,7,13912345678\n",
        ),
        exit=3,
        codes={"SG408": 1, "SG404": 1},
        amount={"used": "5.00", "held_back": "7.00"},
        then=ids("001"),
    ),
    Case(
        "R11",
        "one id with two names",
        people("001,旧名,", "001,新名,"),
        codes={"SG405": 1},
        customers=1,
        then=column("customers", "customer_name", "新名"),
    ),
    Case(
        "R11-sales",
        "one id with two names in sales alone",
        sales("A1,001,新名,2024-02-05,1,", "A2,001,旧名,2024-01-05,1,"),
        codes={"SG445": 1},
        then=column("customers", "customer_name", "新名"),
    ),
    Case(
        "R12",
        "one phone with several ids",
        people("001,甲,13812345678", "002,乙,13812345678"),
        codes={"SG442": 1},
        customers=2,
        then=proposals(("001", "002", "shared_phone")),
    ),
    Case(
        "R13",
        "the same record again",
        sales(ONE.strip(), ONE.strip()),
        codes={"SG410": 1},
        rows={"used": 1, "duplicate": 1},
        amount={"used": "10.50", "duplicate": "10.50"},
    ),
    Case(
        "R13-no-id",
        "the same record again without an order id",
        sales(*[",001,甲公司,2024-01-05,10.50,"] * 2),
        codes={"SG411": 1},
        rows={"used": 2},
        amount={"used": "21.00"},
        decided="they stay and are told: two equal purchases happen in life",
    ),
    Case(
        "R14",
        "money in many notations",
        of(
            "1.2万",
            "3千",
            "1.5亿",
            "1,234.50",
            "￥1200",
            "1200元",
            "１２００",
            "RMB 1,200",
            "1200.00元整",
            " 1 200 ",
        ),
        then=cents(1_200_000, 300_000, 15_000_000_000, 123_450, *[120_000] * 6),
    ),
    Case(
        "R15",
        "negative money in many notations",
        of("(500)", "－500", "500-", "▲500", "（500.00）", "¥-500", "-¥500"),
        then=cents(*[-50_000] * 7),
    ),
    Case(
        "R16",
        "European and our decimals mixed",
        of("1.234,56", "1,234.56", "1.234"),
        exit=3,
        codes={"SG412": 2},
        rows={"held_back": 2, "used": 1},
        amount={"used": "1234.56"},
        decided="1,234.56 can mean but one amount and counts",
    ),
    Case(
        "R17",
        "three decimals",
        of("12.345", "12.344", "1"),
        codes={"SG417": 2},
        amount={"used": "25.69"},
        then=cents(1_235, 1_234, 100),
    ),
    Case(
        "R18",
        "no amount at all",
        of("", "-", "—", "无", "N/A", "#N/A", "#DIV/0!", "NaN", "inf", "1e400", "5"),
        exit=3,
        codes={"SG412": 9, "SG413": 1},
        rows={"held_back": 10, "used": 1},
        amount={"held_back": "0.00", "used": "5.00"},
    ),
    Case(
        "R19",
        "nothing and less than nothing",
        sales("A1,001,甲,2024-01-05,100,", "A2,001,甲,2024-01-05,0,", ",001,甲,2024-01-05,-30,"),
        codes={"SG425": 1, "SG426": 1},
        amount={"used": "70.00"},
    ),
    Case(
        "R20",
        "refunds without larger than and before their order",
        sales(
            "A1,001,甲,2024-02-05,100,",
            "A1,001,甲,2024-03-05,-130,",
            "A2,001,甲,2024-03-05,-1,",
            "A3,001,甲,2024-02-05,9,",
            "A3,001,甲,2024-01-05,-2,",
        ),
        codes={"SG420": 1, "SG421": 1, "SG422": 1},
        amount={"used": "-24.00"},
        then=days("2024-02-05", "2024-02-05", "2024-03-05", "2024-02-05", "2024-01-05"),
    ),
    Case(
        "R21",
        "orders that are closed unpaid refunded",
        sales(
            "A1,001,甲,2024-01-05,1,交易成功",
            "A2,001,甲,2024-01-05,2,交易关闭",
            "A3,001,甲,2024-01-05,4,待付款",
            "A4,001,甲,2024-01-05,8,已退款",
            "A5,001,甲,2024-01-05,16,神秘",
        ),
        codes={"SG424": 3, "SG423": 1},
        rows={"used": 2, "status": 3},
        amount={"used": "17.00", "status": "14.00"},
    ),
    Case(
        "R22",
        "absurd amounts",
        of("1000000000001", "1234567890123456", "5"),
        exit=3,
        codes={"SG413": 2},
        rows={"held_back": 2},
        amount={"used": "5.00"},
    ),
    Case(
        "R23",
        "a hundred times the usual",
        sales(*USUAL, "B,001,甲公司,2024-01-05,1000000,"),
        codes={"SG414": 1},
        rows={"used": 31},
        then=listed("SG414", 32, "1000000"),
    ),
    Case("R23-few", "too few rows to say what is usual", of("1", "2", "100000"), absent=("SG414",)),
    Case(
        "R24",
        "days in many notations",
        on(
            "2024-1-5",
            "2024/1/6",
            "20240107",
            "2024年1月7日",
            "24-1-5",
            "45296",
            "2024.01.08 上午",
            "2024-01-08 23:59:59",
        ),
        then=days(
            "2024-01-05",
            "2024-01-06",
            "2024-01-07",
            "2024-01-07",
            "2024-01-05",
            "2024-01-05",
            "2024-01-08",
            "2024-01-08",
        ),
    ),
    Case(
        "R25",
        "day and month settled by the column",
        on("05/01/2024", "13/01/2024"),
        absent=("SG432",),
        then=days("2024-01-05", "2024-01-13"),
    ),
    Case(
        "R25-open",
        "day and month settled by nothing",
        on("05/01/2024", "06/02/2024", "2024-01-01"),
        exit=3,
        codes={"SG432": 2},
        rows={"held_back": 2},
    ),
    Case(
        "R26",
        "days that are none",
        on("2024-02-30", "0000-00-00", "1900-01-00", "2024-01-05"),
        exit=3,
        codes={"SG431": 3},
        rows={"held_back": 3, "used": 1},
    ),
    Case("R27", "before 2000", on("1998-01-05", "2024-01-05"), codes={"SG433": 1}, rows={"used": 2}),
    Case(
        "R27-far",
        "a day far beyond all others",
        sales(*FAR, "B,001,甲公司,2099-01-05,7,"),
        exit=3,
        codes={"SG435": 1},
        amount={"held_back": "7.00", "used": "40.00"},
        then=listed("SG435", 42, "2099-01-05"),
    ),
    Case(
        "R27-asked",
        "days after the as-of date that was asked for",
        also(sales(*FAR), "--as-of", "2024-06-30"),
        codes={"SG434": 18},
        absent=("SG435",),
        rows={"used": 40, "held_back": 0},
        decided="they stay and no window counts them: a book of a day gone by would lose them otherwise",
    ),
    Case("R28", "a workbook that counts from 1904", from_1904, then=days("2024-01-05", "2024-02-29")),
    Case(
        "R28-serial",
        "serial days that Excel itself gets wrong",
        on("59", "60", "45296"),
        exit=3,
        codes={"SG431": 2},
        then=days("2024-01-05"),
    ),
    Case(
        "R29",
        "times with a zone",
        on("2024-01-05T23:30:00Z", "2024-01-05T23:30:00+08:00", "2024-03-31T02:30:00+01:00"),
        then=days("2024-01-06", "2024-01-05", "2024-03-31"),
    ),
    Case(
        "R30",
        "names that look like nothing",
        people(*(f"{i},{name}," for i, name in enumerate(("Null", "NA", "None", "TRUE", "空")))),
        then=column("customers", "customer_name", "Null", "NA", "None", "TRUE", "空", "甲公司"),
    ),
    Case(
        "R31",
        "formulas links and commands in names",
        also(
            people(*(f'K{i},"{p.replace(chr(34), chr(34) * 2)}",' for i, p in enumerate(PAYLOADS))), out=True
        ),
        rows={"used": 1},
        customers=len(PAYLOADS) + 1,
        then=inert,
    ),
    Case(
        "R32",
        "control characters",
        also(
            people(
                f"1,甲{EXTREME}乙,",
                '2,"丙_x000D_\n丁",',
                "3,戊_x000d_,",
                orders=SALES + "A1,1,,2024-01-05,1,\n",
            ),
            out=True,
        ),
        customers=3,
        then=clear_text,
    ),
    Case(
        "R33",
        "a note of 40000 characters and one of 300 lines",
        people(
            "001,甲公司," + "字" * 40_000,
            '002,乙公司,"' + "行\n" * 300 + '"',
            head="客户编号,客户名称,备注\n",
        ),
        codes={"SG419": 1},
        customers=2,
        then=lambda folder, answer: _notes(cleaned(folder).tables["customers"]["remark"].tolist()),
    ),
    Case(
        "R34",
        "markup in a note",
        people("001,甲公司,<script>alert(1)</script><b>x</b>", head="客户编号,客户名称,备注\n"),
        then=column("customers", "remark", "<script>alert(1)</script><b>x</b>"),
    ),
    Case(
        "R35",
        "names with marks stay",
        people("001,张三 (VIP),", "002,张三1,", "003,測試,"),
        customers=3,
        then=column("customers", "customer_name", "张三 (VIP)", "张三1", "測試"),
    ),
    Case(
        "R35-config",
        "test accounts named in the config",
        also(
            people("001,甲公司,", "002,測試,", orders=SALES + ONE + "A2,002,測試,2024-01-05,99,\n"),
            config="reading:\n  test_customers: [測試]\n",
        ),
        codes={"SG407": 2},
        rows={"used": 1, "status": 1},
        amount={"status": "99.00"},
        customers=1,
    ),
    Case(
        "R36",
        "merged cells in data",
        book(
            [
                HEAD,
                ["001", "甲", "2024-01-05", 1],
                [None, None, "2024-01-06", 2],
                [None, None, "2024-01-07", 4],
            ],
            _merge,
        ),
        codes={"SG122": 2},
        amount={"used": "7.00"},
        rows={"used": 3},
        then=ids("001", "001", "001"),
    ),
    Case(
        "R37",
        "hidden rows",
        book([HEAD, *(["001", "甲", f"2024-01-0{i}", i] for i in (1, 2, 4))], _hide),
        codes={"SG123": 1},
        amount={"used": "7.00"},
        rows={"used": 3},
    ),
    Case(
        "R38",
        "subtotals between groups",
        sales(
            "A1,001,甲,2024-01-05,1,",
            "A2,001,甲,2024-01-05,2,",
            "小计,,,,3,",
            "A3,002,乙,2024-01-05,4,",
            "小计,,,,4,",
            "合计,,,,7,",
        ),
        rows={"used": 3, "structure": 4},
        amount={"used": "7.00"},
        absent=("SG416",),
    ),
    Case(
        "R38-wrong",
        "a total that is not the sum",
        sales("A1,001,甲,2024-01-05,1,", "合计,,,,7,"),
        codes={"SG416": 1},
        amount={"used": "1.00"},
        then=lambda folder, answer: _says(answer, "SG416", "7.00", "1.00"),
    ),
    Case(
        "R39",
        "error cells as amounts",
        book([HEAD, *(["001", "甲", f"2024-01-0{i}", i] for i in (1, 2, 3, 4))], _errors),
        exit=3,
        codes={"SG412": 3},
        rows={"held_back": 3, "used": 1},
        amount={"used": "1.00"},
    ),
    Case(
        "R40",
        "numbers as text and as numbers",
        book(
            [HEAD, ["5", "甲", "2024-01-05", "5"], [5, "甲", "2024-01-06", 5], ["5", "甲", "2024-01-07", 5.0]]
        ),
        then=both(ids("5", "5", "5"), cents(500, 500, 500)),
    ),
    Case(
        "R41",
        "foreign money among ours",
        of("$5", "HK$9", "7"),
        exit=3,
        codes={"SG415": 2},
        amount={"used": "7.00"},
    ),
    Case(
        "R41-rates",
        "foreign money with rates",
        also(
            of("$5", "HK$9", "7"),
            config="reading:\n  currency: CNY\n  rates:\n    USD: 7.1234\n    HKD: 0.91\n",
        ),
        codes={"SG417": 1},
        absent=("SG415",),
        amount={"used": "50.81"},
    ),
    Case(
        "R42",
        "rare names",
        people("001,阿依古丽·买买提,", "002,㛃𠮷龘 😀,", "003,欧阳 娜娜,"),
        then=column("customers", "customer_name", "阿依古丽·买买提", "㛃𠮷龘 😀", "欧阳 娜娜"),
    ),
    Case(
        "R43",
        "scores as stars and per cent",
        people(
            "001,2024-01-05,五星,",
            "001,2024-01-06,★★★☆☆,",
            "001,2024-01-07,95%,",
            "001,2024-01-08,4.5分,",
            head="客户编号,回访时间,客户满意度,反馈\n",
            orders=SALES.replace("状态", "数量") + ONE.replace(",\n", ",95%\n"),
        ),
        codes={"SG451": 1},
        absent=("SG450",),
        then=lambda folder, answer: _scores(cleaned(folder)),
        decided="per cent on a scale of five is unknown: 95% may be 4.75 or 4.8, so it is left empty; "
        "in a field of numbers it is 0.95",
    ),
    Case(
        "R44",
        "more rows than a sheet holds",
        many,
        rows={"used": 1_048_577},
        amount={"used": "1048577.00"},
        customers=997,
    ),
    Case(
        "R45",
        "customers without sales and sales without customers",
        people("001,甲公司,", "002,乙公司,", orders=SALES + ONE + "A2,009,癸公司,2024-01-05,4,\n"),
        codes={"SG440": 1},
        customers=3,
        amount={"used": "14.50"},
        decided="who has bought nothing is graded by a spend of 0; schemes that know a tier for it name it",
        then=column("customers", "customer_id", "001", "002", "009"),
    ),
)


def _notes(notes: Sequence[str]) -> None:
    assert (len(notes[0]), notes[0][-1]) == (32_001, "…")
    assert notes[1].count("\n") == 299


def _says(answer: dict[str, Any], code: str, *words: str) -> None:
    told = next(i["message"] for i in answer["issues"] if i["code"] == code)
    assert all(word in told for word in words), told


def _scores(found: Any) -> None:
    scores = found.tables["service"]["satisfaction"]
    assert scores.fillna(0).tolist() == [5.0, 3.0, 0.0, 4.5]
    assert found.tables["transactions"]["quantity"].tolist() == [0.95]
