"""Bad inputs: headers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.corpus.base import Case

Args = list[str | Path]
PLAIN = "客户编号,客户名称,日期,订单号,金额\n"
ROWS = "001,甲公司,2024-01-05,A1,10.50\n002,乙公司,2024-01-06,A2,20.00\n"


def text(content: str, name: str = "a.csv", *more: str) -> Callable[[Path], Args]:
    """A case of one text file."""

    def build(folder: Path) -> Args:
        (folder / name).write_text(content, "utf-8")
        return [folder / name, *more]

    return build


def given(option: str, content: str) -> Callable[[Path], Args]:
    """A case of one text file whose kind is named."""

    def build(folder: Path) -> Args:
        (folder / "a.csv").write_text(content, "utf-8")
        return [option, folder / "a.csv"]

    return build


def texts(**files: str) -> Callable[[Path], Args]:
    """A case of several text files."""

    def build(folder: Path) -> Args:
        for name, content in files.items():
            (folder / f"{name}.csv").write_text(content, "utf-8")
        return [folder / f"{name}.csv" for name in files]

    return build


def book(rows: Sequence[Sequence[object]], *merged: str) -> Callable[[Path], Args]:
    """A case of one worksheet, some of its cells merged."""

    def build(folder: Path) -> Args:
        from openpyxl import Workbook

        made = Workbook()
        sheet = made.worksheets[0]
        for row in rows:
            sheet.append(list(row))
        for area in merged:
            sheet.merge_cells(area)
        made.save(folder / "a.xlsx")
        return [folder / "a.xlsx"]

    return build


def with_config(config: str, **files: str) -> Callable[[Path], Args]:
    """A case of several text files and a config."""

    def build(folder: Path) -> Args:
        (folder / "my.yml").write_text(config, "utf-8")
        return [*texts(**files)(folder), "--config", folder / "my.yml"]

    return build


def says(*words: str) -> Callable[[Path, dict[str, Any]], None]:
    """The answer's messages hold every one of ``words``."""

    def check(folder: Path, answer: dict[str, Any]) -> None:
        told = "\n".join(issue["message"] for issue in answer["issues"])
        assert all(word in told for word in words), told

    return check


def mapped(**fields: str) -> Callable[[Path, dict[str, Any]], None]:
    """The first file's ``fields`` are had from these headers."""

    def check(folder: Path, answer: dict[str, Any]) -> None:
        mapping = {m["field"]: m["header"] for m in answer["files"][0]["mapping"]}
        assert {f: mapping.get(f) for f in fields} == fields

    return check


def extra(*headers: str) -> Callable[[Path, dict[str, Any]], None]:
    """The first file keeps these ``headers`` as further columns."""

    def check(folder: Path, answer: dict[str, Any]) -> None:
        assert set(headers) <= set(answer["files"][0]["extras"]), answer["files"][0]

    return check


PREAMBLE = "".join(f"#支付宝账务明细查询，第{n}行\n" for n in range(19)) + "起始日期：[2024-01-01],终止\n"
TWO = "客户编号,日期,实付金额,订单金额\n1,2024-01-05,3,4\n"
TWICE = "客户编号,日期,金额,金额\n1,2024-01-05,3,4\n"
DEEP = "客户编号,客户名称,订单,,\n,,日期,金额,渠道\nK1,甲公司,2024-01-05,3.50,线上\n"
USD = "客户编号,日期,金额(USD)\n1,2024-01-05,3\n"
DOLLARS = "客户编号,日期,金额\n1,2024-01-05,$3\n"
COINS = "客户编号,日期,金额,币种\n1,2024-01-05,3,人民币\n2,2024-01-06,2,美元\n"
WIDE = ",".join(f"列{n}" for n in range(16_379))

CASES: tuple[Case, ...] = (
    Case(
        "H01", "required column missing", text("客户编号,日期,金鹅\n1,2024-01-05,3\n"), exit=5,
        codes={"SG301": 1}, then=says("金鹅 → amount", "客户编号, 日期, 金鹅", "--map"),
    ),
    Case(
        "H01-kind", "required column missing in a file of a given kind",
        given("--transactions", "客户编号,金额\n1,3\n"), exit=5, codes={"SG301": 1}, then=says("lacks: date"),
    ),
    Case(
        "H02", "synonyms map", text("会员名,手机号,购买日期,实付金额\n小明,13800000001,2024-01-05,3\n",),
        exit=5, codes={"SG301": 1},
        decided="会员名 names a customer in a list of customers; among sales it is asked for",
    ),
    Case(
        "H02-name", "synonyms map and the name serves as id",
        text("客户姓名,下单时间,实付金额\n小明,2024-01-05,3\n"), codes={"SG441": 1}, amount={"used": "3.00"},
        customers=1, then=mapped(customer_name="客户姓名", date="下单时间", amount="实付金额"),
    ),
    Case(
        "H02-equal", "two headers of equal strength are asked for",
        text(TWO), exit=5, codes={"SG303": 1},
        then=says('--map "amount=实付金额"', "实付金额, 订单金额"),
    ),
    Case(
        "H02-map", "two headers of equal strength with --map",
        text(TWO, "a.csv", "--map", "amount=订单金额"),
        amount={"used": "4.00"}, absent=("SG303",),
    ),
    Case(
        "H02-config", "two headers of equal strength remembered in the config",
        with_config("reading:\n  map:\n    amount: 订单金额\n", a=TWO),
        amount={"used": "4.00"}, absent=("SG303",),
    ),
    Case(
        "H02-strength", "the stronger of two headers is taken and the other told",
        text("客户编号,日期,付款时间,金额,订单金额\n1,2024-01-05,2024-01-09,3,4\n"), codes={"SG303": 2},
        amount={"used": "3.00"}, then=extra("付款时间", "订单金额"),
    ),
    Case(
        "H02-platform", "a platform says which of several is meant",
        text(
            "订单号,下单帐号,下单时间,订购数量,京东价,订单金额,结算金额,应付金额,订单状态\n"
            "1,jd_a,2024-01-05,1,5,5,4,3,完成\n"
        ),
        amount={"used": "4.00"}, absent=("SG303",),
    ),
    Case(
        "H03", "twenty lines above the header", text(PREAMBLE + PLAIN + ROWS),
        rows={"used": 2, "structure": 21},
    ),
    Case(
        "H04", "totals below", text(PLAIN + ROWS + "合计,,,,30.50\n"), rows={"used": 2, "structure": 2},
        amount={"used": "30.50"}, customers=2,
    ),
    Case(
        "H05", "the header again in the middle", text(PLAIN + ROWS + PLAIN + "003,丙,2024-01-07,A3,1\n"),
        rows={"used": 3, "structure": 2}, amount={"used": "31.50"},
    ),
    Case(
        "H06", "one header twice", text(TWICE), exit=5, codes={"SG304": 1},
        then=says("#column number"),
    ),
    Case(
        "H06-map", "one header twice with the column named",
        text(TWICE, "a.csv", "--map", "amount=#4"),
        amount={"used": "4.00"},
    ),
    Case(
        "H06-harmless", "one header twice that does not matter",
        text("客户编号,日期,金额,渠道,渠道,备注,备注\n1,2024-01-05,3,a,b,c,d\n"), amount={"used": "3.00"},
        then=extra("渠道", "备注", "备注 (2)"),
    ),
    Case(
        "H07", "an empty header", text("客户编号,日期,,金额\n1,2024-01-05,回头客,3\n"), codes={"SG308": 1},
        amount={"used": "3.00"}, then=extra("col_C"),
    ),
    Case(
        "H08", "blanks line feeds and units in headers",
        text('" 客户 编号",日　期,"金额\n（元）"\n1,2024-01-05,3\n'),
        amount={"used": "3.00"}, absent=("SG310",),
    ),
    Case(
        "H08-scale", "a unit in the header scales", text("客户编号,日期,金额(万元)\n1,2024-01-05,0.5\n"),
        codes={"SG310": 1}, amount={"used": "5000.00"}, then=says("10,000"),
    ),
    Case(
        "H08-above", "a unit above the table scales",
        text("编制单位：某公司,,单位：万元\n客户编号,日期,金额\n1,2024-01-05,0.5\n"), codes={"SG310": 1},
        amount={"used": "5000.00"},
    ),
    Case(
        "H09", "two rows of headers",
        book(
            [
                ["客户", "", "交易", "", ""], ["编号", "名称", "日期", "金额", "渠道"],
                ["K1", "甲公司", "2024-01-05", "3.50", "线上"],
            ],
            "A1:B1", "C1:E1",
        ),
        codes={"SG311": 1}, rows={"used": 1, "structure": 2}, amount={"used": "3.50"},
        then=mapped(customer_id="客户编号", customer_name="客户名称", amount="交易金额"),
    ),
    Case(
        "H09-deep", "two rows of headers merged downwards",
        text(DEEP), codes={"SG311": 1},
        rows={"used": 1, "structure": 2}, amount={"used": "3.50"}, customers=1,
    ),
    Case(
        "H10", "no header", text("1,2024-01-05,3\n2,2024-01-06,4\n"), exit=5, codes={"SG305": 1},
        then=says("2024-01-05"),
    ),
    Case(
        "H11", "an extra cell in the first record", text(PLAIN + "001,甲,2024-01-05,A1,10.50,多\n" + ROWS),
        exit=3, codes={"SG206": None}, rows={"used": 2, "held_back": 1}, amount={"used": "30.50"},
    ),
    Case(
        "H12", "a comma more on each line",
        text((PLAIN + ROWS).replace("\n", ",\n")),
        rows={"used": 2}, amount={"used": "30.50"}, absent=("SG308",),
    ),
    Case(
        "H13", "thousands without quotes", text(PLAIN + ROWS + "003,丙,2024-01-07,A3,1,200.50\n"), exit=3,
        codes={"SG206": None}, rows={"used": 2, "held_back": 1}, amount={"used": "30.50"},
        decided="never joined: 1,200.50 and 1 with 200.50 in the next column look the same",
    ),
    Case(
        "H14", "a short record", text(PLAIN + ROWS + "003,丙,2024-01-07\n"), exit=3, codes={"SG412": 1},
        rows={"used": 2, "held_back": 1},
    ),
    Case(
        "H15", "columns in another order",
        texts(a=PLAIN + ROWS, b="金额,日期,订单号,客户名称,客户编号\n5.00,2024-01-07,A3,甲公司,001\n"),
        rows={"used": 3}, amount={"used": "35.50"}, customers=2,
        decided="columns go by their names, whatever their order: there is nothing to warn of",
    ),
    Case(
        "H16", "yuan in one file and dollars in another",
        texts(a=PLAIN + ROWS, b=USD), exit=5, codes={"SG306": 1},
        then=says("USD", "CNY", "rates"),
    ),
    Case(
        "H16-signs", "dollar signs in one file", texts(a=PLAIN + ROWS, b=DOLLARS),
        exit=5, codes={"SG306": 1},
    ),
    Case(
        "H16-column", "a column of currencies",
        text(COINS), exit=5, codes={"SG306": 1},
    ),
    Case(
        "H16-rates", "currencies with rates",
        with_config(
            "reading:\n  currency: CNY\n  rates:\n    USD: 7.1\n",
            a=PLAIN + ROWS,
            b=USD,
            c=COINS,
            d="客户编号,日期,金额\n1,2024-01-05,$1\n",
        ),
        amount={"used": "76.10"}, absent=("SG306", "SG415"),
    ),
    Case(
        "H16-units", "yuan in one file and ten thousands in another",
        texts(a=PLAIN + ROWS, b="客户编号,日期,金额(万元)\n1,2024-01-05,0.5\n"), codes={"SG310": 1},
        amount={"used": "5030.50"}, absent=("SG306",),
        decided="万元 and 元 are one currency: scaled, and told by SG310",
    ),
    Case(
        "H16-alone", "all in dollars", text(USD),
        amount={"used": "3.00"}, absent=("SG306",),
    ),
    Case(
        "H16-own",
        "the currency of the book is named",
        with_config("reading:\n  currency: USD\n", a=PLAIN + ROWS, b=USD),
        amount={"used": "33.50"},
        absent=("SG306", "SG415"),
    ),
    Case(
        "H16-lacking",
        "the currency of the book is named and a rate lacks",
        with_config("reading:\n  currency: CNY\n", a=USD),
        exit=5,
        codes={"SG306": 1},
    ),
    Case(
        "H17", "numbers and formulas as headers",
        book([["客户编号", "日期", "金额", 2024, "=1+1"], ["1", "2024-01-05", 3, 7, 8]]),
        amount={"used": "3.00"}, then=extra("2024"),
        decided="a formula without a stored value is an empty header, as in any reader of stored values",
    ),
    Case(
        "H18", "formulas and markup as headers",
        text('客户编号,日期,金额,"=cmd|\' /C calc\'!A0",<script>alert(1)</script>\n1,2024-01-05,3,a,b\n'),
        amount={"used": "3.00"}, then=extra("=cmd|' /C calc'!A0", "<script>alert(1)</script>"),
    ),
    Case(
        "H19", "sixteen thousand columns", text(f"客户编号,日期,金额,{WIDE}\n1,2024-01-05,3\n"), exit=5,
        codes={"SG307": 1},
    ),
)  # fmt: skip
