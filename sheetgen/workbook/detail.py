"""The hidden machinery beside a detail sheet: how far it is sorted, which rows lie outside, whose they are.

``_calc`` holds a few control cells a table, ``_transactions`` and ``_service`` list the rows outside the
sorted part (the tail): typed at the bottom, inserted in the middle (loose), or all rows of a small book once
its order is lost. Every cached value here is what LibreOffice computes for a book as just built: sorted, with
no row outside.
"""

from __future__ import annotations

from dataclasses import dataclass

from sheetgen.i18n import text
from sheetgen.scheme.functions import without_wildcards
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.book import Cell, Column, Sheet, Table
from sheetgen.workbook.derived import tail_formula
from sheetgen.workbook.formulas import MISSING, NO_ORDER, NO_WORD, NUMBERS, conditions, filled, holds
from sheetgen.workbook.layout import FIRST, LOOSE_LIMIT, SHEETS, Layout, letter

CONTROL_ROW = 2
LOOSE_ROW = 24


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
        block = _controls(layout, table, 4 + 2 * i)
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


def _controls(layout: Layout, table: str, column: int) -> Controls:
    rows, n = layout.rows[table], f"{table}_"
    ids, dates, keys = (layout.whole(table, c) for c in ("customer_id", "date", "key"))
    end = FIRST + rows - 1

    def part(whole: str, first: str, last: str) -> str:
        return f"INDEX({whole},{first}):INDEX({whole},{last})"

    top = FIRST - 1

    def last_number(whole: str) -> str:
        count = f"COUNT({whole})"
        after = part(whole, f"MIN({FIRST}+{count},1048576)", "1048576")
        return f"IF(COUNT({after})=0,{top}+{count},IFERROR(MATCH(9.99E+307,{whole},1),{top}))"

    filled = f"COUNTA({ids})-COUNTA({part(ids, '1', str(top))})"
    after = part(keys, str(FIRST + 1), f"MAX({n}keyed,{FIRST + 1})")
    before = part(keys, str(FIRST), f"MAX({n}keyed-1,{FIRST})")
    sorted_part = part(keys, str(FIRST), f"MAX({n}end,{FIRST})")
    out_of_order = f'IFERROR(MATCH(1,({after}<{before})*({after}<>""),0)+{top},{n}keyed)'
    # rows under a number that is nobody's (a customer was deleted) stay uncounted in a large book
    disturbed = f"{n}wrong>0,{n}loose>{LOOSE_LIMIT}"
    first, last = (layout.block("scores", f"{n}{side}") for side in ("first", "last"))
    owned = f"SUM({last})-SUM({first})+ROWS({first})"
    lines: list[tuple[str, str, float, bool]] = [
        ("rows", filled, rows, False),
        (
            "last",
            f"MAX({n}keyed,{last_number(dates)},{n}rows+{top})",
            end,
            False,
        ),
        ("keyed", last_number(keys), end, False),
        ("end", f"MIN({n}keyed,{out_of_order})", end, True),
        ("loose", f"MAX(0,{n}end-{top}-COUNT({sorted_part}))", 0, False),
        ("wrong", f"SUM({layout.block('scores', f'{table}_wrong')})", 0, False),
        ("orphans", f"MAX(0,{n}end-{top}-({owned}))", 0, False),
        (
            "all",
            f"IF(AND(OR({disturbed},{n}orphans>0,{n}loose+{n}last-{n}end>{n}limit),{n}last-{top}<={n}limit),1,0)",
            0,
            False,
        ),
        ("limit", "", layout.tail_rows(table), False),
        ("listed", f"IF({n}all=1,{n}last-{top},{n}loose+{n}last-{n}end)", 0, False),
        (
            "counted",
            f"SUM({layout.block('scores', f'{table}_n')})+SUM({layout.block('scores', f'{table}_loose')})",
            rows,
            False,
        ),
        ("open", f"{n}rows-{n}counted", 0, False),
        ("gate", f"IF(OR({n}listed>{n}limit,AND({n}all=0,OR({disturbed}))),1,0)", 0, False),
    ]
    cells: dict[tuple[int, int], Cell] = {}
    names = {}
    if layout.blank:  # nothing is written sorted: all rows are listed, and what is listed hangs on no slice
        told = {"wrong": "", "orphans": "", "all": "", "gate": f"IF({n}listed>{n}limit,1,0)"}
        lines = [(name, told.get(name, formula), value, array) for name, formula, value, array in lines]
    for i, (name, formula, value, array) in enumerate(lines):
        row = CONTROL_ROW + i
        cells[row, column] = Cell(n + name)
        cells[row, column + 1] = Cell(value, formula=formula or None, array=int(array))
        names[n + name] = f"_calc!${letter(column + 1)}${row + 1}"
    listed = f'IF({sorted_part}="",ROW({sorted_part}))'
    numbers = f"${letter(column)}${LOOSE_ROW + 1}:${letter(column)}${LOOSE_ROW + LOOSE_LIMIT}"
    for i in range(LOOSE_LIMIT):
        cells[LOOSE_ROW + i, column] = Cell(i + 1)
    cells[LOOSE_ROW, column + 1] = Cell(
        0, formula=f"IF({n}loose=0,0,IFERROR(SMALL({listed},{numbers}),0))", array=LOOSE_LIMIT
    )
    names[n + "loose_rows"] = (
        f"_calc!${letter(column + 1)}${LOOSE_ROW + 1}:${letter(column + 1)}${LOOSE_ROW + LOOSE_LIMIT}"
    )
    return Controls(cells, names)


def tail_sheet(layout: Layout, table: str) -> Sheet:
    """The hidden list of rows outside the sorted part of ``table``."""
    n, size, own = f"{table}_", layout.tail_rows(table), f"tail_{table}"
    formulas = listed(layout, table)
    mine = {end: f"INDEX({layout.whole('scores', f'{n}{end}')},$C{{r}})" for end in ("first", "last", "n")}
    for end in ("first", "last"):
        formulas[end] = f"IF($C{{r}}=0,0,IF({mine['n']}=0,0,{mine[end]}))"
    formulas |= looked_up(layout, table, "$A{r}", "$C{r}")
    for key in layout.distinct(table):
        formulas[key] = _first_of_its_kind(layout, table, key)
    return hidden_list(layout, own, [(key, formulas[key]) for key in layout.columns[own]], size)


def listed(layout: Layout, table: str) -> dict[str, str]:
    """The row of the detail sheet that a row of the tail sheet lists, where its customer is found in any case
    (columns A and B), and where the customer stands.
    """
    n, known = f"{table}_", layout.block("customers", "customer_id")
    ids, customers = layout.whole(table, "customer_id"), layout.whole("customers", "customer_id")
    typed = f'INDEX({ids},$A{{r}})&""'
    rows = f"INDEX({n}loose_rows,ROW()-1)"
    outside = f"IF(ROW()-1<={n}loose,{rows},{n}end+ROW()-1-{n}loose)"
    # an id pasted as a number is met by its digits; Excel never takes the one for the other
    number = f"MATCH(VALUE({typed}),{customers},0)"
    number = f"IFERROR(IF(EXACT(INDEX({customers},{number}),{typed}),{number},0),0)"
    any_case = f"IFERROR(MATCH({without_wildcards(typed)},{customers},0),{number})"
    exact = f"EXACT({known},{typed})"
    same_case = f"IF(SUMPRODUCT(--{exact})=0,$B{{r}},SUMPRODUCT(MAX({exact}*ROW({known}))))"
    return {
        "row": f"IF(ROW()-1>{n}listed,0,IF({n}all=1,ROW()+{FIRST - 2},{outside}))",
        "found": f'IF($A{{r}}=0,0,IF(INDEX({ids},$A{{r}})="",0,{any_case}))',
        "who": f"IF($B{{r}}<{FIRST},0,IF(EXACT(INDEX({customers},$B{{r}}),{typed}),$B{{r}},{same_case}))",
    }


def looked_up(layout: Layout, table: str, at: str, who: str) -> dict[str, str]:
    """The fields that metrics need, as formulas of a tail sheet: of the row ``at`` of the detail sheet; idle
    while ``who`` is 0.
    """
    fields, formulas = data_tables()[table].columns, {}
    for field in layout.tail_fields(table):
        cell = f"INDEX({layout.whole(table, field)},{at})"
        kind = fields[field].type
        if fields[field].value:
            formulas[field] = tail_formula(layout, table, fields[field])
        elif kind == "date":
            formulas[field] = f"IF({who}=0,0,IF(ISNUMBER({cell}),{cell},0))"
        elif kind in ("money", "number", "integer", "rating", "price"):
            formulas[field] = f"IF({who}=0,{MISSING},IF(ISNUMBER({cell}),{cell},{MISSING}))"
        else:
            empty = f'"{NO_ORDER}"&{at}' if kind == "id" else f'"{NO_WORD}"'
            formulas[field] = f'IF({who}=0,"",IF({cell}="",{empty},{cell}&""))'
    return formulas


def hidden_list(layout: Layout, sheet_id: str, formulas: list[tuple[str, str]], size: int) -> Sheet:
    """A tail sheet: a column a formula, with the values that it has while nothing is listed."""
    import numpy as np

    def column(key: str, formula: str) -> Column:
        if formula.endswith('&""))'):
            return Column(key, key, "mixed", [""] * size, "plain.text", formula, 10)
        idle = np.full(size, float(MISSING) if formula.endswith(f"{MISSING}))") else 0.0)
        return Column(key, key, "number", idle, "plain.text", formula, 10)

    block = Table(0, tuple(column(key, formula) for key, formula in formulas), filtered=False)
    return Sheet(sheet_id, SHEETS[sheet_id].text(layout.lang), table=block, state="hidden")


def numbers_sheet(layout: Layout, longest: int) -> tuple[Sheet, dict[str, str]]:
    """1, 2, 3 … as far as a customer's slice may reach (``longest`` and the prepared rows), and its name."""
    import numpy as np

    size = longest + max(layout.spare.values())
    column = Column("n", "n", "number", np.arange(1.0, size + 1), "plain.text", None, 8)
    block, name = Table(0, (column,), filtered=False), SHEETS["numbers"].text(layout.lang)
    return Sheet("numbers", name, table=block, state="hidden"), {NUMBERS: f"{name}!$A$2:$A${size + 1}"}


def _first_of_its_kind(layout: Layout, table: str, key: str) -> str:
    """1 when a tail row counts for a distinct metric.

    It is in the window, and neither the customer's slice nor an earlier tail row has the same text in the
    window.
    """
    field, tests = layout.scheme.metrics[key].of, conditions(layout, key)
    tail = layout.columns[f"tail_{table}"]
    value = f"${tail[field]}{{r}}"
    counts = "*".join(holds(f"${tail[test[0]]}{{r}}", test) for test in tests)

    def cells(name: str) -> str:
        column = layout.whole(table, name)
        return f"INDEX({column},${tail['first']}{{r}}):INDEX({column},${tail['last']}{{r}})"

    owner = f"({cells('key')}=INDEX({layout.whole('customers', 'key')},$C{{r}}))"
    texts = filled(cells(field), table, field)
    same = "*".join([owner, f"({texts}={value})", *(holds(cells(test[0]), test) for test in tests)])
    in_slice = f"IF(${tail['first']}{{r}}=0,0,SUMPRODUCT({same}))"

    def so_far(name: str) -> str:
        return f"${tail[name]}$1:${tail[name]}{{r}}"

    seen = "*".join(
        [
            f"({so_far('who')}=$C{{r}})",
            f"({so_far(field)}={value})",
            *(holds(so_far(test[0]), test) for test in tests),
        ]
    )
    return f"IF($C{{r}}=0,0,IF({counts}>0,IF({in_slice}>0,0,IF(SUMPRODUCT({seen})>1,0,1)),0))"


def slice_columns(layout: Layout, table: str) -> dict[str, str]:
    """The helper columns of 价值评分 for ``table``.

    First and last row of the customer's slice, its rows, the rows in it that name another customer, and the
    rows outside.
    """
    n, (keys, ids, dates) = f"{table}_", (layout.whole(table, c) for c in ("key", "customer_id", "date"))
    key, own_id = layout.own("scores", "key"), layout.own("scores", "customer_id")
    first, last = layout.own("scores", f"{n}first"), layout.own("scores", f"{n}last")
    sorted_part = f"INDEX({keys},{FIRST}):INDEX({keys},{n}end)"

    def mine(column: str) -> str:
        return f"INDEX({column},{first}):INDEX({column},{last})"

    who = layout.tail(table, "who")
    nobody = f'{last}<{first},{own_id}=""'
    told = f'(({mine(ids)}<>"")+({mine(dates)}<>"")>0)'
    own = f"({mine(keys)}={key})*EXACT({mine(ids)},{own_id})"
    strangers = f'({mine(keys)}<>"")*(1-{own})*{told}'
    outside = f"IF(ISNUMBER(MATCH(ROW(),{who},0)),COUNTIF({who},ROW()),0)"
    return {
        f"{n}first": f"IFERROR(MATCH({key}-0.5,{sorted_part},1),0)+{FIRST}",
        f"{n}last": f"IFERROR(MATCH({key}+0.5,{sorted_part},1),0)+{FIRST - 1}",
        f"{n}n": f'IF(OR({n}all=1,{nobody}),0,COUNTIFS({mine(keys)},{key},{mine(ids)},"<>"))',
        f"{n}wrong": f"IF(OR({nobody}),0,SUMPRODUCT({strangers}))",
        f"{n}loose": f'IF(OR({n}listed=0,{own_id}=""),0,{outside})',
    }
