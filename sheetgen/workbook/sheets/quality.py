"""数据质量: where every input row went, live checks of the book, and each row not used, with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sheetgen.i18n import messages, text
from sheetgen.model import FATES
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.book import Cell, Column, Highlight, Sheet, Table
from sheetgen.workbook.checks import check_formulas
from sheetgen.workbook.layout import SHEETS
from sheetgen.workbook.sheets.parts import banner

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content

MOST_ROWS = 1_000_000


def quality_sheet(content: Content, alone: bool = False) -> Sheet:
    """The sheet: three small blocks, then the list of rows left out. ``alone``: without the other sheets."""
    title = SHEETS["quality"].text(content.lang)
    cells = banner(content, "quality", title)
    row = _reconciliation(content, cells, 3)
    row = _sources(content, cells, row + 1)
    bad: tuple[Highlight, ...] = ()
    if alone:
        del cells[0, 3]
    else:
        row, bad = _live(content, cells, row + 1)
    _section(content, cells, row + 1, "section_left_out")
    hidden = len(content.clean.ledger.left_out) - MOST_ROWS
    if hidden > 0:
        cells[row + 1, 2] = Cell(content.say("left_out_more", count=f"{hidden:,}"), "section")
    header = row + 2
    table = _left_out(content, header)
    return Sheet(
        "quality",
        title,
        cells,
        table,
        heights={0: 28, 1: 20},
        highlights=bad,
        tab_color="#8C1D13",
    )


def _section(content: Content, cells: dict[tuple[int, int], Cell], row: int, key: str) -> None:
    for col in range(8):
        cells[row, col] = Cell(content.say(key) if col == 0 else None, "section")


def _heads(cells: dict[tuple[int, int], Cell], row: int, *words: str) -> None:
    for col, word in enumerate(words):
        cells[row, col] = Cell(word, "header")


def _reconciliation(content: Content, cells: dict[tuple[int, int], Cell], row: int) -> int:
    say, ledger = content.say, content.clean.ledger
    _section(content, cells, row, "section_reconcile")
    _heads(cells, row + 1, say("fate"), say("rows"), say("amount"))
    lines = [("read", ledger.read_rows, ledger.read_cents)]
    lines += [(fate, ledger.rows.get(fate, 0), ledger.cents.get(fate, 0)) for fate in FATES]
    for i, (fate, rows, cents) in enumerate(lines):
        at = row + 2 + i
        cells[at, 0] = Cell(say(f"fate_{fate}"), "body.label" if i == 0 else "body.text")
        cells[at, 1] = Cell(rows, "body.integer")
        cells[at, 2] = Cell(cents / 100, "body.money")
    top, end = row + 4, row + 2 + len(lines)
    cells[end, 0] = Cell(say("difference"), "total.text")
    for col, name in ((1, "B"), (2, "C")):
        formula = f"ROUND({name}{top - 1}-SUM({name}{top}:{name}{end}),2)"
        cells[end, col] = Cell(0.0, "total.integer" if col == 1 else "total.money", formula=formula)
    return end + 1


def _sources(content: Content, cells: dict[tuple[int, int], Cell], row: int) -> int:
    say, tables = content.say, data_tables()
    _section(content, cells, row, "section_files")
    _heads(cells, row + 1, say("file"), say("kind"), say("encoding"), say("rows"), say("fingerprint"))
    for i, source in enumerate(content.clean.files):
        at = row + 2 + i
        kind = tables[source.kind].label.text(content.lang) if source.kind in tables else source.kind
        name = source.path.replace("\\", "/").rsplit("/", 1)[-1] + (
            f" · {source.sheet}" if source.sheet else ""
        )
        cells[at, 0] = Cell(name, "body.text")
        cells[at, 1] = Cell(kind, "body.text")
        cells[at, 2] = Cell(source.encoding, "body.text")
        cells[at, 3] = Cell(source.rows, "body.integer")
        cells[at, 4] = Cell(source.sha256[:12], "body.id")
    return row + 2 + len(content.clean.files)


def _live(
    content: Content, cells: dict[tuple[int, int], Cell], row: int
) -> tuple[int, tuple[Highlight, ...]]:
    say, tables = content.say, data_tables()
    _section(content, cells, row, "section_live")
    _heads(cells, row + 1, say("check"), say("result"), say("meaning"))
    lines: list[tuple[str, str, float, str, str]] = [
        (say("live_gate"), "x_gate", 0.0, say("live_gate_help"), "calc.integer")
    ]
    money = float(content.records["transactions"]["cents"].sum()) / 100
    for (check, table), formula in check_formulas(content.layout).items():
        label = say(f"live_{check}", table=tables[table].label.text(content.lang))
        value, style = (money, "calc.money") if check == "total" else (0.0, "calc.integer")
        lines.append((label, formula, value, say(f"live_{check}_help"), style))
    for i, (label, formula, value, help_, style) in enumerate(lines):
        cells[row + 2 + i, 0] = Cell(label, "body.label")
        cells[row + 2 + i, 1] = Cell(value, style, formula=formula)
        cells[row + 2 + i, 2] = Cell(help_, "plain.text")
    last = row + 2 + len(lines) - 2
    bad = Highlight((row + 2, 1, last, 1), "formula", f"$B{row + 3}<>0", "bad.integer")
    return row + 2 + len(lines), (bad,)


def _left_out(content: Content, header: int) -> Table:
    import numpy as np

    say, frame, tables = content.say, content.clean.ledger.left_out.head(MOST_ROWS), data_tables()
    known, lang = messages(), content.lang
    codes = {code: text(code, lang) if code in known else code for code in frame["code"].unique().tolist()}
    kinds = {
        kind: tables[kind].label.text(lang) if kind in tables else kind
        for kind in frame["table"].unique().tolist()
    }
    fates = {fate: say(f"fate_{fate}") for fate in frame["fate"].unique().tolist()}
    reasons = [
        codes[code].replace("{value}", value).replace("{column}", column).replace("{count}", "1")
        for code, value, column in zip(frame["code"], frame["value"], frame["column"], strict=True)
    ]

    def texts(column: str, words: dict[str, str] | None = None) -> list[Any]:
        found = frame[column].tolist()
        return [words.get(v, v) if words else v or None for v in found]

    columns = (
        Column("file", say("file"), "text", texts("file"), "body.text", None, 34),
        Column("table", say("kind"), "text", texts("table", kinds), "body.text", None, 15),
        Column(
            "line", say("line"), "number", frame["line"].to_numpy(dtype=np.float64), "body.integer", None, 14
        ),
        Column("fate", say("fate"), "text", texts("fate", fates), "body.center", None, 12),
        Column("code", say("code"), "text", texts("code"), "body.center", None, 14),
        Column("column", say("column"), "text", texts("column"), "body.text", None, 14),
        Column("reason", say("reason"), "text", reasons, "body.text", None, 60),
        Column("value", say("raw_value"), "text", texts("value"), "body.text", None, 22),
        Column(
            "amount",
            say("amount"),
            "number",
            frame["cents"].to_numpy(dtype=np.float64) / 100,
            "body.money",
            None,
            14,
        ),
    )
    return Table(header, columns)
