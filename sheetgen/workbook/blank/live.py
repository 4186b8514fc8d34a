"""What a build takes from the data, as formulas over the rows of a blank book: the day, and cuts by data.

Each is the twin of a function of grading/settings.py. Staff may type over any of them; then theirs holds.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from sheetgen.grading.coding import EPOCH
from sheetgen.grading.measure import ROUND
from sheetgen.grading.settings import HIGHEST
from sheetgen.scheme.expr import quote
from sheetgen.workbook.book import Cell, Sheet, Validation
from sheetgen.workbook.layout import letter
from sheetgen.workbook.removed import count_formula, state_formula
from sheetgen.workbook.sheets.basics import FIRST_DAY, LAST_DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sheetgen.scheme.compile import Scheme
    from sheetgen.workbook.content import Content
    from sheetgen.workbook.layout import Layout

START: Final = date(2000, 1, 1)
"""the as-of date while no row has one"""
TYPED_DAY: Final = "as_of_typed"
"""the workbook name of the as-of date that staff type"""
AS_OF: Final = "as_of"
TYPED_COLUMN, DAY_COLUMN, NOTE_COLUMN = 1, 3, 4
NOBODY: Final = f"{HIGHEST:.15G}"


def live_numbers(scheme: Scheme) -> frozenset[str]:
    """The numbers, by start_settings' keys, and the as-of date: formulas until staff type over them."""
    file = scheme.file
    found = {AS_OF} | {key for key, parameter in scheme.parameters.items() if parameter.any_of}
    if file.cut_by != "value":
        found |= {f"tier_{tier.id}" for tier in file.tiers if tier.edge is not None}
    for key, steps in scheme.cuts.items():
        if file.criteria[key].by_data:
            found |= {f"{key}_cut_{n}" for n in range(1, steps + 1)}
    return frozenset(found)


def newest_day(days: Mapping[str, Iterable[float]]) -> date:
    """The as-of date by the serial days of each table: the newest sale's, else the newest of all.

    The twin of the formula: every number in a date column counts. START where there is none.
    """
    known = {table: max(found) for table, numbers in days.items() if (found := list(numbers))}
    newest = known.get("transactions", max(known.values(), default=None))
    return START if newest is None else EPOCH + timedelta(days=int(newest))


def day_formula(layout: Layout) -> str:
    """What staff typed, else the newest sale's day, else the newest day of all records."""
    sales = layout.whole("transactions", "date")
    others = ",".join(layout.whole(t, "date") for t in layout.record_tables if t != "transactions")
    none = f"DATE({START.year},{START.month},{START.day})"
    rest = f"IF(COUNT({others})>0,INT(MAX({others})),{none})"
    return f"IF(ISNUMBER({TYPED_DAY}),INT({TYPED_DAY}),IF(COUNT({sales})>0,INT(MAX({sales})),{rest}))"


def _edge(layout: Layout, key: str, cut_by: str, part: float, digits: int) -> tuple[str, bool]:
    """The twin of resolve_edge, and whether it is an array formula."""
    column, some = layout.block(_sheet_of(layout, key), key), f"{part:.15g}"
    positive = f'COUNTIF({column},">0")'
    if cut_by == "share":
        exact = f'ROUND(ROUND({some}*SUMIF({column},">0"),{digits + 4}),{digits + 3})'
        return f"IF({positive}=0,{NOBODY},ROUNDUP({exact},{digits}))", False
    if cut_by == "rank":
        everyone = count_formula(layout)
        place = f"MAX(1,MIN({positive},ROUNDUP(ROUND({some}*{everyone},9),0)))"
        return f"IF({positive}=0,{NOBODY},LARGE({column},{place}))", False
    above = f'SUMIF({column},">"&{column})/SUMIF({column},">0")<{some}-1E-12'
    reached = f"MIN(IF(ISNUMBER({column}),IF({column}>0,IF({above},{column}))))"
    return f"IF({positive}=0,{NOBODY},{reached})", True


def _sheet_of(layout: Layout, key: str) -> str:
    return "scores" if key in layout.columns["scores"] else "tiers"


def number_formulas(layout: Layout) -> dict[str, tuple[str, bool]]:
    """Key of a live number -> its formula, and whether it is an array; without the as-of date."""
    scheme, found = layout.scheme, dict[str, tuple[str, bool]]()
    for key, parameter in scheme.parameters.items():
        if parameter.any_of:
            column = layout.block("scores", parameter.any_of)
            found[key] = f'IF(COUNTIF({column},">0")+COUNTIF({column},"<0")>0,1,0)', False
    file = scheme.file
    if file.cut_by != "value":
        for tier in file.tiers:
            if tier.edge is not None:
                edge = _edge(layout, file.tier_by, file.cut_by, tier.edge, scheme.edge_digits)
                found[f"tier_{tier.id}"] = edge
    for key, steps in scheme.cuts.items():
        criterion = file.criteria[key]
        if not criterion.by_data:
            continue
        column = layout.block(_sheet_of(layout, key), key)
        parts = sorted(criterion.cuts, reverse=criterion.cut_by != "share")
        for n in range(1, steps + 1):
            if criterion.quantiles is not None:
                quantile = f"ROUND(PERCENTILE({column},{n}/{criterion.quantiles}),2)"
                found[f"{key}_cut_{n}"] = f"IF(COUNT({column})=0,0,{quantile})", False
            else:
                digits = ROUND.get(scheme.format(key), 0)
                found[f"{key}_cut_{n}"] = _edge(layout, key, criterion.cut_by, parts[n - 1], digits)
    return found


def live_parameters(content: Content, sheet: Sheet, names: Mapping[str, str]) -> tuple[Sheet, dict[str, str]]:
    """参数设置 of a blank book: the day that staff may type beside the one that holds, and live numbers."""
    say, names = content.say, dict(names)
    cells, at = dict(sheet.cells), _place(names["p_as_of"])
    row = at[0]
    cells[row, TYPED_COLUMN] = Cell(None, "input.date")
    cells[row, DAY_COLUMN] = Cell(
        content.graded.settings.as_of, "calc.day", formula=day_formula(content.layout)
    )
    cells[row, NOTE_COLUMN] = Cell(say("as_of_live_note"), "plain.text")
    names[TYPED_DAY] = names["p_as_of"]
    own = f"{content.layout.sheet('parameters')}!"
    names["p_as_of"] = f"{own}${letter(DAY_COLUMN)}${row + 1}"
    rules = [rule for rule in sheet.validations if rule.where != (row, TYPED_COLUMN, row, TYPED_COLUMN)]
    rules.append(
        Validation(
            (row, TYPED_COLUMN, row, TYPED_COLUMN), "date", low=FIRST_DAY, high=LAST_DAY, title=say("as_of"),
            prompt=say("prompt_as_of"), error=say("error_date"),
        )
    )  # fmt: skip
    for key, (formula, array) in number_formulas(content.layout).items():
        if key in content.graded.settings.changed:
            continue
        place = _place(names[f"p_{key}"])
        was = cells[place]
        style = "input.edge" if was.style == "input.money" else was.style
        cells[place] = replace(was, formula=formula, array=int(array), style=style)
    for place, cell in cells.items():
        if cell.style == "calc.date" and cell.formula:
            cells[place] = replace(cell, style="calc.day")
    return replace(sheet, cells=cells, validations=tuple(rules), protect=True), names


def _place(refers: str) -> tuple[int, int]:
    """Row and column of ``参数设置!$B$4``."""
    from sheetgen.workbook.patch.refs import area_of

    area = area_of(refers.rpartition("!")[2].replace("$", ""))
    assert area is not None
    return area.first_row, area.first_col


def without_circle(content: Content, sheets: Iterable[Sheet]) -> tuple[Sheet, ...]:
    """The sheets of a scheme with relative edges: these hang on every customer's number, so no number may
    wait for them. Only 客户级别 is withheld where they are wrong.
    """
    layout = content.layout
    if layout.scheme.file.cut_by == "value":
        return tuple(sheets)
    full = content.say("gate_full")
    row = layout.own("tiers", "row")
    shown = f"INDEX({layout.whole('scores', 'state')},{row})"
    told = {
        "scores": state_formula(layout, quote(full)),
        "tiers": f'IF({row}=0,"",IF(AND(edges_wrong=1,{shown}<>""),x_gate_text,{shown}))',
    }
    if _sheet_of(layout, layout.scheme.file.tier_by) == "tiers":
        del told["tiers"]
    gates = ",".join(f"{table}_gate=1" for table in layout.scheme.detail_tables)

    def mended(sheet: Sheet) -> Sheet:
        if sheet.id == "calc":
            gate = replace(sheet.cells[0, 1], formula=f"IF(OR({gates}),1,0)")
            return replace(sheet, cells={**sheet.cells, (0, 1): gate})
        if sheet.id not in told or sheet.table is None:
            return sheet
        columns = [replace(c, formula=told[sheet.id]) if c.id == "state" else c for c in sheet.table.columns]
        return replace(sheet, table=replace(sheet.table, columns=tuple(columns)))

    return tuple(map(mended, sheets))
