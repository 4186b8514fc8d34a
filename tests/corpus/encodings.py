"""Bad inputs: encodings and delimiters."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sheetgen.ingest.rules import ReadRules
from sheetgen.ingest.sources import read_inputs
from sheetgen.model import RawTable
from tests.corpus.base import Case

HEAD = "客户编号,客户名称,日期,金额\n"
ROWS = "001,张伟,2024-01-05,10.50\n002,㛃𠮷龘公司,2024-01-06,20\n003,李娜,2024-02-06,30\n"
BOOK = HEAD + ROWS
TRADITIONAL = (
    "客戶編號,客戶名稱,日期,金額\n1,臺灣積體電路製造公司,2024-01-05,10.50\n2,鴻海精密工業,2024-01-06,20\n"
    "3,陳志明,2024-01-07,30\n"
)
MAPPED = ("--map", "customer_name=客戶名稱", "--map", "amount=金額")
ASCII_HEAD = b"customer_id,customer_name,date,amount\n1,"
USED = {"amount": {"used": "60.50"}, "rows": {"read": 4, "used": 3, "structure": 1}}


def files(content: str | bytes, more: tuple[str, ...] = ()) -> Callable[[Path], list[str | Path]]:
    def build(folder: Path) -> list[str | Path]:
        path = folder / "订单.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return [path, *more]

    return build


def config(encoding: str, content: bytes) -> Callable[[Path], list[str | Path]]:
    def build(folder: Path) -> list[str | Path]:
        told = folder.parent / "sheetgen.yml"
        told.write_text(f'reading:\n  encodings: {{"订*.CSV": {encoding}}}\n', "utf-8")
        return [*files(content)(folder), "--config", told]

    return build


def read(folder: Path) -> RawTable:
    return read_inputs([str(folder / "订单.csv")], {}).tables[0]


def chinese(folder: Path, *wanted: str) -> None:
    rules = ReadRules(mapping={"customer_name": "客戶名稱", "amount": "金額"})
    found = read_inputs([str(folder / "订单.csv")], {}, rules).tables[0]
    assert (found.source.encoding, found.frame["customer_name"].tolist()) == ("big5", list(wanted))


def names(*wanted: str) -> Callable[[Path, dict[str, Any]], None]:
    def then(folder: Path, answer: dict[str, Any]) -> None:
        assert read(folder).frame["customer_name"].tolist() == list(wanted)

    return then


def encoding(wanted: str) -> Callable[[Path, dict[str, Any]], None]:
    def then(folder: Path, answer: dict[str, Any]) -> None:
        assert [f["encoding"] for f in answer["files"]] == [wanted]
        assert read(folder).frame["customer_name"].tolist() == ["张伟", "㛃𠮷龘公司", "李娜"]

    return then


def at_line(code: str, line: int) -> Callable[[Path, dict[str, Any]], None]:
    def then(folder: Path, answer: dict[str, Any]) -> None:
        assert [i["row"] for i in answer["issues"] if i["code"] == code] == [line]

    return then


def many(n: int, start: int = 100) -> str:
    return "".join(f"{i},名{i},2024-01-05,1\n" for i in range(start, start + n))


ASCII_BODY = "customer_id,customer_name,date,amount\n" + "".join(
    f"{i},Name {i},2024-01-05,1\n" for i in range(1, 2000)
)
BROKEN = "".join(
    f'{i},"名,2024-01-05,1\n' if i % 20 == 0 else f"{i},名,2024-01-05,1\n" for i in range(1, 401)
)
CASES: tuple[Case, ...] = (
    Case("E01", "GB18030", files(BOOK.encode("gb18030")), then=encoding("gb18030"), **USED),
    Case("E02", "names of four bytes", files(BOOK.encode("gb18030")), absent=("SG203",), **USED),
    Case(
        "E03",
        "one Chinese name far below",
        files(ASCII_BODY.encode() + "2001,张伟,2024-01-05,1\n".encode("gbk")),
        rows={"used": 2000},
        then=names(*[f"Name {i}" for i in range(1, 2000)], "张伟"),
    ),
    Case(
        "E04",
        "Big5",
        files(TRADITIONAL.encode("cp950"), more=MAPPED),
        codes={"SG202": 1},
        then=lambda folder, answer: chinese(folder, "臺灣積體電路製造公司", "鴻海精密工業", "陳志明"),
        **USED,
    ),
    Case(
        "E04",
        "Big5 or GB18030, nobody knows",
        files(ASCII_HEAD + "碕踚萇".encode("cp950") + b",2024-01-05,1\n"),
        exit=4,
        codes={"SG208": 1},
    ),
    Case(
        "E04",
        "the config knows",
        config("big5", ASCII_HEAD + "碕踚萇".encode("cp950") + b",2024-01-05,1\n"),
        codes={"SG202": 1},
        rows={"used": 1},
    ),
    Case(
        "E04",
        "the config is wrong",
        config("utf-8", BOOK.encode() + "004,王芳,2024-01-08,5\n".encode("gbk")),
        exit=3,
        codes={"SG203": 1},
        rows={"used": 3, "held_back": 1},
    ),
    Case("E04", "the config names none", config("klingon", ASCII_HEAD), exit=2),
    Case("E05", "UTF-8 with BOM", files(codecs.BOM_UTF8 + BOOK.encode()), then=encoding("utf-8-sig"), **USED),
    Case(
        "E05",
        "two files in one, each with a BOM",
        files(("\ufeff" + BOOK + "\ufeff" + HEAD + "004,王芳,2024-01-08,5\n").encode()),
        rows={"read": 6, "used": 4, "structure": 2},
        amount={"used": "65.50"},
        customers=4,
    ),
    Case(
        "E06",
        "UTF-16 with tabs",
        files(BOOK.replace(",", "\t").encode("utf-16")),
        then=encoding("utf-16"),
        **USED,
    ),
    Case(
        "E07",
        "UTF-16 little end first, no BOM",
        files(BOOK.encode("utf-16-le")),
        then=encoding("utf-16-le"),
        **USED,
    ),
    Case(
        "E07",
        "UTF-16 big end first, no BOM",
        files(BOOK.encode("utf-16-be")),
        then=encoding("utf-16-be"),
        **USED,
    ),
    Case(
        "E08",
        "GBK lines below UTF-8",
        files(BOOK.encode() + "004,王芳,2024-01-08,5\n".encode("gbk")),
        codes={"SG201": 1},
        rows={"used": 4},
        then=lambda folder, answer: (
            names("张伟", "㛃𠮷龘公司", "李娜", "王芳")(folder, answer),
            at_line("SG201", 5)(folder, answer),
        )[0],
    ),
    Case(
        "E09",
        "the euro of code page 936",
        files("客户编号,客户名称,日期,金额\n1,价格".encode("gbk") + b"\x80" + b",2024-01-05,1\n"),
        rows={"used": 1},
        then=names("价格€"),
    ),
    Case(
        "E10",
        "a byte that is nothing",
        files(BOOK.encode() + b"004,\xff\xff,2024-01-08,5\n"),
        exit=3,
        codes={"SG203": 1},
        rows={"used": 3, "held_back": 1},
        amount={"used": "60.50"},
        then=at_line("SG203", 5),
    ),
    Case(
        "E11",
        "锟斤拷",
        files(BOOK.replace("李娜", "锟斤拷")),
        codes={"SG204": 1},
        then=at_line("SG204", 4),
        **USED,
    ),
    Case(
        "E11",
        "UTF-8 taken for Latin",
        files(BOOK.replace("李娜", "李娜".encode().decode("latin-1")).replace("张伟", "GrÃ¼n")),
        codes={"SG204": 2},
        **USED,
    ),
    Case(
        "E11",
        "UTF-8 taken for Windows Latin",
        files(BOOK.replace("李娜", "日期".encode().decode("cp1252", errors="ignore"))),
        codes={"SG204": 1},
        **USED,
    ),
    Case(
        "E11",
        "Latin words are no mojibake",
        files(BOOK.replace("李娜", "Café Ãngela")),
        absent=("SG204",),
        **USED,
    ),
    Case("E12", "NUL bytes", files(BOOK.replace("10.50", "1\x000.5\x000")), codes={"SG207": 2}, **USED),
    Case("E13", "CR alone", files(BOOK.replace("\n", "\r")), **USED),
    Case(
        "E13",
        "CRLF, LF and CR, no last end",
        files(HEAD + ROWS.replace("\n", "\r\n", 1).replace("6,20\n", "6,20\r")[:-1]),
        **USED,
    ),
    *(
        Case("E14", f"divided by {name}", files(BOOK.replace(",", mark)), **USED)
        for name, mark in (("semicolons", ";"), ("tabs", "\t"), ("bars", "|"), ("full-width commas", "，"))
    ),
    Case("E15", "sep=", files("sep=,\n" + BOOK), rows={"read": 5, "used": 3, "structure": 2}),
    Case(
        "E15", "sep=;", files("sep=;\n" + BOOK.replace(",", ";")), rows={"read": 5, "used": 3, "structure": 2}
    ),
    Case(
        "E16",
        "line feeds inside quotes",
        files(
            HEAD.replace("客户名称", "备注")
            + '001,"一\n二",2024-01-05,10.50\n002,x,2024-01-06,20\n003,y,坏,30\n'
        ),
        exit=3,
        rows={"read": 4, "used": 2, "held_back": 1},
        then=at_line("SG431", 5),
    ),
    Case(
        "E17",
        "a quote that is never closed",
        files(HEAD + many(150) + '002,"开,2024-01-05,2\n' + many(50, 300)),
        exit=3,
        codes={"SG206": 1},
        rows={"used": 200, "held_back": 1},
        then=at_line("SG206", 152),
    ),
    Case("E17", "too many of them", files(HEAD + BROKEN), exit=4, codes={"SG206": 1}),
    Case(
        "E18",
        "quotes inside an unquoted field",
        files(HEAD + '001,张"三",2024-01-05,1\n'),
        rows={"used": 1},
        then=names('张"三"'),
    ),
    Case(
        "E19",
        "a field of 10 MB",
        files(BOOK + f"004,{'x' * 10_000_000},2024-01-08,5\n" + "005,末,2024-01-08,6\n"),
        exit=3,
        codes={"SG205": 1},
        rows={"used": 4, "held_back": 1},
        amount={"used": "66.50"},
    ),
    Case(
        "E19",
        "a field of 10 MB of lines in quotes",
        files(
            BOOK
            + f'004,"{"x" * 98 + chr(10)}'
            + f"{'y' * 98}\n" * 100_000
            + '",2024-01-08,5\n005,末,2024-01-08,6\n'
        ),
        exit=3,
        codes={"SG205": 1},
        rows={"used": 4, "held_back": 1},
    ),
    Case(
        "E20",
        "characters that are not seen",
        files(
            HEAD
            + "A1,张伟,2024-01-05,1\n\u200bA1\u00a0,张伟\u3000,2024-01-06,2\n"
            + "\u202eA1\u2069,张\u200d伟,2024-01-07,3\n"
        ),
        rows={"used": 3},
        customers=1,
    ),
    Case(
        "E21",
        "full-width digits and letters",
        files(HEAD + "Ａ００１,张伟,２０２４-０１-０５,１２００．５０\nA001,张伟,2024-01-06,1\n"),
        rows={"used": 2},
        amount={"used": "1201.50"},
        customers=1,
    ),
    Case(
        "E22",
        "composed and decomposed names",
        files("客户名称,日期,金额\nJos\u00e9,2024-01-05,1\nJose\u0301,2024-01-06,2\n"),
        rows={"used": 2},
        customers=1,
    ),
)
