"""The hidden list of a blank book's rows, sorted by customer: each customer owns a slice of it.

Staff type in any order and nothing is written sorted, so the book sorts by itself: each row gets a number
made of its customer's row and its own, the smallest come first, and metrics read the slice that a binary
search finds. Adding up rows that nobody sorted would cost customers x rows for each metric.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sheetgen.workbook.detail import hidden_list, listed, looked_up

if TYPE_CHECKING:
    from sheetgen.workbook.book import Sheet
    from sheetgen.workbook.layout import Layout

STEP: Final = 1_048_576
"""more than a sheet has rows"""


def sorted_tail(layout: Layout, table: str) -> Sheet:
    """The sheet. Rows that list nothing come first, then rows of nobody, then customers as they stand."""
    own, n, size = f"tail_{table}", f"{table}_", layout.tail_rows(table)
    at = {key: f"${letter}{{r}}" for key, letter in layout.columns[own].items()}
    rank, rows = (layout.whole(own, key) for key in ("rank", "row"))
    most = f"MIN({n}listed,{size})"
    first = listed(layout, table)
    formulas = {
        "row": first["row"],
        "found": first["found"],
        "whom": first["who"],
        "rank": f"IF({at['row']}=0,0,{at['whom']}*{STEP}+ROW())",
        "slot": f"IF(ROW()-1<={size}-{most},0,"
        f"SMALL(INDEX({rank},2):INDEX({rank},{most}+1),ROW()-1-{size}+{most}))",
        "who": f"INT({at['slot']}/{STEP})",
        "at": f"IF({at['who']}=0,0,INDEX({rows},{at['slot']}-{at['who']}*{STEP}))",
        **looked_up(layout, table, at["at"], at["who"]),
    }
    return hidden_list(layout, own, [(key, formulas[key]) for key in layout.columns[own]], size)


def sorted_slices(layout: Layout, table: str) -> dict[str, str]:
    """The helper columns of 价值评分 for ``table``: the customer's rows on the sorted list.

    No row is loose or wrong here; those of nobody are told by how many are not counted.
    """
    n, who = f"{table}_", layout.tail(table, "who")
    first, last = layout.own("scores", f"{n}first"), layout.own("scores", f"{n}last")
    own_id = layout.own("scores", "customer_id")
    return {
        f"{n}first": f"IFERROR(MATCH(ROW()-0.5,{who},1),0)+2",
        f"{n}last": f"IFERROR(MATCH(ROW()+0.5,{who},1),0)+1",
        f"{n}n": f'IF(OR({last}<{first},{own_id}=""),0,{last}-{first}+1)',
        f"{n}wrong": "0",
        f"{n}loose": "0",
    }
