"""The hidden machinery beside a detail sheet: how far it is sorted, which rows lie outside, whose they are.

``_calc`` holds a few control cells a table (controls.py), ``_transactions`` and ``_service`` list the rows
outside the sorted part (the tail): typed at the bottom, inserted in the middle (loose), or all rows of a
small book once its order is lost. Where a table stands on several sheets, its tail lists the rows of one
after those of another. Every cached value here is what LibreOffice computes for a book as just built:
sorted, with no row outside.
"""

from __future__ import annotations

from sheetgen.scheme.functions import without_wildcards
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.book import Column, Sheet, Table
from sheetgen.workbook.derived import tail_formula
from sheetgen.workbook.formulas import (
    MISSING,
    NO_ORDER,
    NO_WORD,
    NUMBERS,
    conditions,
    filled,
    holds,
    my_column,
)
from sheetgen.workbook.layout import FIRST, SHEETS, Layout


def tail_sheet(layout: Layout, table: str) -> Sheet:
    """The hidden list of rows outside the sorted part of ``table``."""
    n, size, own = f"{table}_", layout.tail_rows(table), f"tail_{table}"
    formulas = listed(layout, table)
    mine = {end: f"INDEX({layout.whole('scores', f'{n}{end}')},$C{{r}})" for end in ("first", "last", "n")}
    for end in ("first", "last"):
        formulas[end] = f"IF($C{{r}}=0,0,IF({mine['n']}=0,0,{mine[end]}))"
    formulas |= looked_up(layout, table, "$A{r}", "$C{r}")
    if table in layout.parts:
        formulas["part"] = _counted_up(table, len(layout.parts[table]))
        formulas["home"] = f"IF($C{{r}}=0,0,INDEX({layout.whole('scores', f'{n}part')},$C{{r}}))"
    for key in layout.distinct(table):
        formulas[key] = _first_of_its_kind(layout, table, key)
    return hidden_list(layout, own, [(key, formulas[key]) for key in layout.columns[own]], size)


def listed(layout: Layout, table: str) -> dict[str, str]:
    """The row of the detail sheet that a row of the tail sheet lists, where its customer is found in any case
    (columns A and B), and where the customer stands.
    """
    n, known = f"{table}_", layout.block("customers", "customer_id")
    ids, customers = _there(layout, table, "customer_id"), layout.whole("customers", "customer_id")
    typed = f'INDEX({ids},$A{{r}})&""'
    if table in layout.parts:
        sheets = range(1, len(layout.parts[table]) + 1)
        each = (_outside(f"{n}{i}_", f"ROW()-1-{n}{i}_before") for i in sheets)
        row = f"CHOOSE({layout.own(f'tail_{table}', 'part')},{','.join(each)})"
    else:
        row = f"IF({n}all=1,ROW()+{FIRST - 2},{_outside(n, 'ROW()-1')})"
    # an id pasted as a number is met by its digits; Excel never takes the one for the other
    number = f"MATCH(VALUE({typed}),{customers},0)"
    number = f"IFERROR(IF(EXACT(INDEX({customers},{number}),{typed}),{number},0),0)"
    any_case = f"IFERROR(MATCH({without_wildcards(typed)},{customers},0),{number})"
    exact = f"EXACT({known},{typed})"
    same_case = f"IF(SUMPRODUCT(--{exact})=0,$B{{r}},SUMPRODUCT(MAX({exact}*ROW({known}))))"
    return {
        "row": f"IF(ROW()-1>{n}listed,0,{row})",
        "found": f'IF($A{{r}}=0,0,IF(INDEX({ids},$A{{r}})="",0,{any_case}))',
        "who": f"IF($B{{r}}<{FIRST},0,IF(EXACT(INDEX({customers},$B{{r}}),{typed}),$B{{r}},{same_case}))",
    }


def _outside(n: str, place: str) -> str:
    """The row that is the ``place``-th outside the sorted part of a sheet: first the loose ones."""
    return f"IF({place}<={n}loose,INDEX({n}loose_rows,{place}),{n}end+{place}-{n}loose)"


def _counted_up(table: str, sheets: int) -> str:
    """The number of the sheet whose row a row of the tail sheet lists."""
    passed = "".join(f"+(ROW()-1>{table}_{i}_before)" for i in range(2, sheets + 1))
    return f"IF(ROW()-1>{table}_listed,0,1{passed})"


def _there(layout: Layout, table: str, column: str) -> str:
    """A whole column of the sheet whose row a row of the tail sheet lists."""
    return layout.one_of(table, column, layout.own(f"tail_{table}", "part") if table in layout.parts else "")


def looked_up(layout: Layout, table: str, at: str, who: str) -> dict[str, str]:
    """The fields that metrics need, as formulas of a tail sheet: of the row ``at`` of the detail sheet; idle
    while ``who`` is 0.
    """
    fields, formulas = data_tables()[table].columns, {}
    for field in layout.tail_fields(table):
        cell = f"INDEX({_there(layout, table, field)},{at})"
        kind = fields[field].type
        if fields[field].value:
            formulas[field] = tail_formula(layout, table, fields[field])
        elif kind == "date":
            formulas[field] = f"IF({who}=0,0,IF(ISNUMBER({cell}),{cell},0))"
        elif kind in ("money", "number", "integer", "rating", "price"):
            formulas[field] = f"IF({who}=0,{MISSING},IF(ISNUMBER({cell}),{cell},{MISSING}))"
        else:
            place = f'{layout.own(f"tail_{table}", "part")}&"."&{at}' if table in layout.parts else at
            empty = f'"{NO_ORDER}"&{place}' if kind == "id" else f'"{NO_WORD}"'
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
        column = layout.one_of(table, name, f"${tail['home']}{{r}}" if table in layout.parts else "")
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
    n = f"{table}_"
    keys, ids, dates = (my_column(layout, table, c) for c in ("key", "customer_id", "date"))
    key, own_id = layout.own("scores", "key"), layout.own("scores", "customer_id")
    first, last = layout.own("scores", f"{n}first"), layout.own("scores", f"{n}last")
    end, every = f"{n}end", f"{n}all=1,"
    part = {}
    if sheets := range(1, len(layout.parts.get(table, ())) + 1):
        mine_of_all = layout.own("scores", f"{n}part")
        end, every = f"CHOOSE({mine_of_all},{','.join(f'{n}{i}_end' for i in sheets)})", ""
        part[f"{n}part"] = "1" + "".join(f"+({key}>={n}{i}_from)" for i in sheets[1:])
    sorted_part = f"INDEX({keys},{FIRST}):INDEX({keys},{end})"

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
        f"{n}n": f'IF(OR({every}{nobody}),0,COUNTIFS({mine(keys)},{key},{mine(ids)},"<>"))',
        f"{n}wrong": f"IF(OR({nobody}),0,SUMPRODUCT({strangers}))",
        f"{n}loose": f'IF(OR({n}listed=0,{own_id}=""),0,{outside})',
        **part,
    }
