"""The control cells of the detail tables on ``_calc``: how far a sheet is sorted, what stands outside.

A table has a column of them. Where it stands on several sheets, each sheet has its own below, and the
table's first ones add them up. Every cached value is what LibreOffice computes for a book as just built.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sheetgen.i18n import text
from sheetgen.workbook.book import Cell, Sheet
from sheetgen.workbook.layout import FIRST, LOOSE_LIMIT, SHEETS, Layout, letter

CONTROL_ROW = 2
LOOSE_ROW = 24
BLOCK_ROWS = 240
"""how far below one another the sheets of a table have their cells"""
TOP = FIRST - 1

Line = tuple[str, str, float, bool]
"""name, formula ('' for a constant), value, and whether it is an array formula"""


@dataclass(frozen=True)
class Controls:
    """Cells and names of the control block."""

    cells: dict[tuple[int, int], Cell]
    names: dict[str, str]


def control_sheet(
    layout: Layout, more: dict[tuple[int, int], Cell], names: dict[str, str]
) -> tuple[Sheet, dict[str, str]]:
    """The hidden sheet ``_calc`` and the names of its cells. ``more``: further cells with their ``names``."""
    cells, found = dict(more), dict(names)
    for i, table in enumerate(layout.scheme.detail_tables):
        for block in _controls(layout, table, 4 + 2 * i):
            cells |= block.cells
            found |= block.names
    gates = [f"{table}_gate=1" for table in layout.scheme.detail_tables]
    cells[0, 0] = Cell("gate")
    cells[0, 1] = Cell(0, formula=f"IF(OR({','.join(gates)},edges_wrong=1),1,0)")
    cells[1, 0] = Cell("gate_text")
    sort = text("gate_full" if layout.blank else "gate_sort", layout.lang)
    edges = text("gate_edges", layout.lang)
    cells[1, 1] = Cell(sort, formula=f'IF(edges_wrong=1,"{edges}","{sort}")')
    found |= {"x_gate": "_calc!$B$1", "x_gate_text": "_calc!$B$2"}
    return Sheet("calc", SHEETS["calc"].text(layout.lang), cells, state="hidden"), found


def _controls(layout: Layout, table: str, column: int) -> list[Controls]:
    """The blocks of a table, one below the other."""
    if table not in layout.parts:
        listed = _loose_rows(layout, table, f"{table}_")
        return [_block(f"{table}_", _whole_table(layout, table), column, 0, listed)]
    blocks = [_block(f"{table}_", _all_sheets(layout, table), column, 0)]
    for number, sheet in enumerate(layout.sheets(table), 1):
        n = f"{table}_{number}_"
        lines, listed = _one_of_several(layout, table, number), _loose_rows(layout, sheet, n)
        blocks.append(_block(n, lines, column, number * BLOCK_ROWS, listed))
    return blocks


def _block(n: str, lines: Sequence[Line], column: int, down: int, listed: str = "") -> Controls:
    """``lines`` as cells, ``down`` rows below the top. ``listed``: the rows without a number, as an array."""
    cells: dict[tuple[int, int], Cell] = {}
    names = {}
    for row, (name, formula, value, array) in enumerate(lines, CONTROL_ROW + down):
        cells[row, column] = Cell(n + name)
        cells[row, column + 1] = Cell(value, formula=formula or None, array=int(array))
        names[n + name] = f"_calc!${letter(column + 1)}${row + 1}"
    if listed:
        first = LOOSE_ROW + down
        for i in range(LOOSE_LIMIT):
            cells[first + i, column] = Cell(i + 1)
        numbers, rows = (
            f"${letter(col)}${first + 1}:${letter(col)}${first + LOOSE_LIMIT}" for col in (column, column + 1)
        )
        formula = f"IF({n}loose=0,0,IFERROR(SMALL({listed},{numbers}),0))"
        cells[first, column + 1] = Cell(0, formula=formula, array=LOOSE_LIMIT)
        names[n + "loose_rows"] = f"_calc!{rows}"
    return Controls(cells, names)


def _part(whole: str, first: str, last: str) -> str:
    return f"INDEX({whole},{first}):INDEX({whole},{last})"


def _sorted_part(layout: Layout, sheet: str, n: str) -> str:
    return _part(layout.whole(sheet, "key"), str(FIRST), f"MAX({n}end,{FIRST})")


def _loose_rows(layout: Layout, sheet: str, n: str) -> str:
    """Array text: the number of each row of the sorted part that names no customer's number."""
    sorted_part = _sorted_part(layout, sheet, n)
    return f'IF({sorted_part}="",ROW({sorted_part}))'


def _of_sheet(layout: Layout, sheet: str, n: str, beyond: str = "") -> list[Line]:
    """How far a sheet is filled and sorted. ``beyond``: the number from which customers stand elsewhere."""
    rows = layout.rows_on(sheet)
    ids, dates, keys = (layout.whole(sheet, c) for c in ("customer_id", "date", "key"))
    end = TOP + rows

    def last_number(whole: str) -> str:
        count = f"COUNT({whole})"
        after = _part(whole, f"MIN({FIRST}+{count},1048576)", "1048576")
        return f"IF(COUNT({after})=0,{TOP}+{count},IFERROR(MATCH(9.99E+307,{whole},1),{TOP}))"

    filled = f"COUNTA({ids})-COUNTA({_part(ids, '1', str(TOP))})"
    after = _part(keys, str(FIRST + 1), f"MAX({n}keyed,{FIRST + 1})")
    before = _part(keys, str(FIRST), f"MAX({n}keyed-1,{FIRST})")
    falls = f"(({after}<{before})+({after}>={beyond})>0)" if beyond else f"({after}<{before})"
    out_of_order = f'IFERROR(MATCH(1,{falls}*({after}<>""),0)+{TOP},{n}keyed)'
    return [
        ("rows", filled, rows, False),
        ("last", f"MAX({n}keyed,{last_number(dates)},{n}rows+{TOP})", end, False),
        ("keyed", last_number(keys), end, False),
        ("end", f"MIN({n}keyed,{out_of_order})", end, True),
        ("loose", f"MAX(0,{n}end-{TOP}-COUNT({_sorted_part(layout, sheet, n)}))", 0, False),
    ]


def _counted(layout: Layout, table: str) -> Line:
    rows = (f"SUM({layout.block('scores', f'{table}_{helper}')})" for helper in ("n", "loose"))
    return ("counted", "+".join(rows), layout.rows[table], False)


def _wrong(layout: Layout, table: str) -> Line:
    return ("wrong", f"SUM({layout.block('scores', f'{table}_wrong')})", 0, False)


def _whole_table(layout: Layout, table: str) -> list[Line]:
    """The cells of a table that stands on one sheet."""
    n = f"{table}_"
    # rows under a number that is nobody's (a customer was deleted) stay uncounted in a large book
    disturbed = f"{n}wrong>0,{n}loose>{LOOSE_LIMIT}"
    first, last = (layout.block("scores", f"{n}{side}") for side in ("first", "last"))
    owned = f"SUM({last})-SUM({first})+ROWS({first})"
    lines = [
        *_of_sheet(layout, table, n),
        _wrong(layout, table),
        ("orphans", f"MAX(0,{n}end-{TOP}-({owned}))", 0, False),
        (
            "all",
            f"IF(AND(OR({disturbed},{n}orphans>0,{n}loose+{n}last-{n}end>{n}limit),{n}last-{TOP}<={n}limit),1,0)",
            0,
            False,
        ),
        ("limit", "", layout.tail_rows(table), False),
        ("listed", f"IF({n}all=1,{n}last-{TOP},{n}loose+{n}last-{n}end)", 0, False),
        _counted(layout, table),
        ("open", f"{n}rows-{n}counted", 0, False),
        ("gate", f"IF(OR({n}listed>{n}limit,AND({n}all=0,OR({disturbed}))),1,0)", 0, False),
    ]
    if layout.blank:  # nothing is written sorted: all rows are listed, and what is listed hangs on no slice
        told = {"wrong": "", "orphans": "", "all": "", "gate": f"IF({n}listed>{n}limit,1,0)"}
        lines = [(name, told.get(name, formula), value, array) for name, formula, value, array in lines]
    return lines


def _one_of_several(layout: Layout, table: str, number: int) -> list[Line]:
    """The cells of one of the sheets of a table.

    ``from``: the number from which on customers are its own; ``before``: the rows outside on the sheets
    before it; ``strays``: rows of its sorted part whose customer stands on another sheet.
    """
    sheets, n = layout.sheets(table), f"{table}_{number}_"
    sheet, beyond = sheets[number - 1], f"{table}_{number + 1}_from" if number < len(sheets) else ""
    sorted_part, above = _sorted_part(layout, sheet, n), f"{table}_{number - 1}_"
    strays = f'COUNTIF({sorted_part},"<"&{n}from)'
    if beyond:
        strays += f'+COUNTIF({sorted_part},">="&{beyond})'
    return [
        ("from", "", layout.parts[table][number - 1].key if number > 1 else 1, False),
        *_of_sheet(layout, sheet, n, beyond),
        ("strays", strays, 0, False),
        ("before", f"{above}before+{above}listed" if number > 1 else "", 0, False),
        ("listed", f"{n}loose+{n}last-{n}end", 0, False),
    ]


def _all_sheets(layout: Layout, table: str) -> list[Line]:
    """The cells of a table that stands on several sheets: such a book is large, and never listed whole."""
    n, parts = f"{table}_", [f"{table}_{i}_" for i in range(1, len(layout.parts[table]) + 1)]
    disturbed = ",".join(f"{p}loose>{LOOSE_LIMIT},{p}strays>0" for p in parts)
    return [
        ("rows", "+".join(f"{p}rows" for p in parts), layout.rows[table], False),
        _wrong(layout, table),
        ("limit", "", layout.tail_rows(table), False),
        ("listed", "+".join(f"{p}listed" for p in parts), 0, False),
        _counted(layout, table),
        ("open", f"{n}rows-{n}counted", 0, False),
        ("gate", f"IF(OR({n}listed>{n}limit,{n}wrong>0,{disturbed}),1,0)", 0, False),
    ]
