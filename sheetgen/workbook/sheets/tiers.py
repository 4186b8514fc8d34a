"""客户级别: computed tier, staff's override, final tier, what follows from it. Rows may be sorted freely."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sheetgen.grading.grade import context_of
from sheetgen.scheme.expr import quote
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.book import Column, Highlight, Sheet, Table, Validation
from sheetgen.workbook.formulas import column_formula
from sheetgen.workbook.layout import FIRST, HEADER_ROW, SHEETS, letter
from sheetgen.workbook.own import own_columns
from sheetgen.workbook.sheets.parts import HEIGHTS, PAGE, STYLES, banner
from sheetgen.workbook.style import tier_colors

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content

CELLS = dict.fromkeys(("computed_tier", "final_tier", "move", "status", "due"), "calc.center") | {
    "step": "calc.step"
}
CENTERED = ("override", "previous")
WIDTHS = {
    "why": 80.0,
    "benefits": 24.0,
    "customer_name": 24.0,
    "override_reason": 18.0,
    "override_by": 10.0,
    "remark": 18.0,
    "gap": 14.0,
    "keep": 14.0,
    "owner": 10.0,
    "step": 7.0,
    "customer_id": 14.0,
}


def tiers_sheet(content: Content) -> Sheet:
    """The sheet. A row finds its customer by the number it carries, so staff's inputs stay with theirs."""
    layout, scheme = content.layout, content.scheme
    keys, key, row = layout.whole("customers", "key"), layout.own("tiers", "key"), layout.own("tiers", "row")
    state = f"INDEX({layout.whole('scores', 'state')},{row})"
    formulas = {
        "row": f"IF(INDEX({keys},ROW())={key},ROW(),IFERROR(MATCH({key},{keys},0),0))",
        "state": f'IF({row}=0,"",IF({state}="","",{state}))',  # an empty cell reads as 0, not as ""
    }
    for field in ("customer_id", "customer_name", "owner"):
        formulas[field] = f'IF({row}=0,"",INDEX({layout.whole("customers", field)},{row})&"")'
    context = context_of(scheme, content.lang)
    formulas |= {c.id: column_formula(layout, c, context) for c in scheme.computed if c.sheet == "tiers"}
    ids, spare = content.clean.tables["customers"]["customer_id"].tolist(), layout.spare["customers"]
    own = {c.id: c for c in own_columns(content, "tiers", ids, spare, _headers(content))}
    columns = [own.get(key) or _column(content, key, formulas.get(key)) for key in layout.tiers_columns]
    title = SHEETS["tiers"].text(content.lang)
    return Sheet(
        "tiers",
        title,
        banner(content, "tiers", title),
        Table(HEADER_ROW, tuple(columns), filter_rows=content.n or None),
        freeze=(FIRST - 1, 2),
        heights=HEIGHTS,
        validations=_validations(content, columns),
        highlights=_highlights(content, columns),
        page=PAGE,
        tab_color="#0B3C5D",
    )


def _headers(content: Content) -> list[str]:
    scheme, lang = content.scheme, content.lang
    labels = [f.label for f in data_tables()["customers"].fields.values()]
    labels += [c.label for c in scheme.computed] + [i.label for i in scheme.inputs]
    return [*(label.text(lang) for label in labels), content.say("key"), "state", "row"]


def _column(content: Content, key: str, formula: str | None) -> Column:
    scheme, lang, spare = content.scheme, content.lang, content.layout.spare["customers"]
    shown, width = key in scheme.tiers_sheet, WIDTHS.get(key, 11.0)
    inputs = {i.id: i for i in scheme.inputs}
    if key in inputs and inputs[key].hidden:
        return _left(content, key, inputs[key].label.text(lang))
    if key in inputs:
        return _input(content, key, width)
    if key in ("customer_id", "customer_name", "owner"):
        texts: list[Any] = [t or None for t in content.clean.tables["customers"][key].tolist()] + [
            None
        ] * spare
        label = data_tables()["customers"].fields[key].label.text(lang)
        style = "calc.id" if key == "customer_id" else "calc.text"
        return Column(key, label, "mixed", texts, style, formula, width, header_style="header_calc")
    if key in ("state", "row", "key"):
        n = content.layout.customers
        values: dict[str, list[Any]] = {
            "state": content.states(),
            "row": [float(i) for i in range(FIRST, FIRST + n)],
            "key": [float(i) for i in range(1, n + 1)],
        }
        return Column(
            key,
            content.say("key") if key == "key" else key,
            "mixed",
            values[key],
            "key.text",
            formula,
            6,
            hidden=True,
        )
    column = scheme.column(key)
    style = CELLS.get(key) or f"calc.{STYLES[column.format]}"
    note = column.note.text(lang) if column.note else ""
    return Column(
        key,
        column.label.text(lang),
        "mixed",
        content.values(key),
        style,
        formula,
        width,
        note,
        "header_calc",
        not shown,
    )


def _input(content: Content, key: str, width: float) -> Column:
    import numpy as np

    declared = next(i for i in content.scheme.inputs if i.id == key)
    label, note = declared.label.text(content.lang), declared.note.text(content.lang)
    values, spare = content.graded.frame[key].to_numpy(), content.layout.spare["customers"]
    surface, header = ("body", "header") if key == "previous" else ("input", "header_input")
    if declared.type == "date":
        epoch = np.datetime64("1899-12-30")
        days = np.asarray(
            [np.datetime64("NaT") if math.isnan(v) else epoch + int(v) for v in values.tolist()],
            dtype="datetime64[D]",
        )
        days = np.concatenate([days, np.full(spare, np.datetime64("NaT"), "datetime64[D]")])
        return Column(key, label, "date", days, f"{surface}.date", None, 12, note, header)
    style = f"{surface}.center" if key in CENTERED else f"{surface}.text"
    return Column(
        key,
        label,
        "text",
        [v or None for v in values.tolist()] + [None] * spare,
        style,
        None,
        width,
        note,
        header,
    )


def _left(content: Content, key: str, label: str) -> Column:
    """What the last book left of each customer, a number that formulas read; empty where nothing is known."""
    numbers = [v or None for v in content.graded.frame[key].tolist()]
    cells = [*numbers, *([None] * content.layout.spare["customers"])]
    return Column(key, label, "mixed", cells, "key.text", None, 6, hidden=True)


def _validations(content: Content, columns: list[Column]) -> tuple[Validation, ...]:
    from datetime import date

    say, places = content.say, {column.id: i for i, column in enumerate(columns)}
    end = FIRST - 1 + content.layout.customers - 1

    def rows(key: str) -> tuple[int, int, int, int]:
        return (FIRST - 1, places[key], end, places[key])

    labels = {i.id: i.label.text(content.lang) for i in content.scheme.inputs}
    return (
        Validation(
            rows("override"),
            "list",
            "tier_label",
            title=labels["override"],
            prompt=say("prompt_tier"),
            error=say("error_tier"),
        ),
        Validation(
            rows("override_until"),
            "date",
            low=date(2000, 1, 1),
            high=date(2099, 12, 31),
            title=labels["override_until"],
            prompt=say("prompt_date"),
            error=say("error_date"),
        ),
    )


def _highlights(content: Content, columns: list[Column]) -> tuple[Highlight, ...]:
    """Tier colours on both tier columns, arrows and colours on what moved, red on overdue follow-ups."""
    places = {column.id: i for i, column in enumerate(columns)}
    end = FIRST - 1 + content.layout.customers - 1

    def rows(key: str) -> tuple[int, int, int, int]:
        return (FIRST - 1, places[key], end, places[key])

    found = []
    for key in ("override_reason", "override_by"):
        unsaid = f'AND(${letter(places["override"])}{FIRST}<>"",${letter(places[key])}{FIRST}="")'
        found.append(Highlight(rows(key), "formula", unsaid, "warn.center"))
    for key, rank in (("computed_tier", "held_rank"), ("final_tier", "final_rank")):
        n = len(content.scheme.file.tiers)
        for i in range(n):
            bg, font = tier_colors(n)[i]
            rule = f"${letter(places[rank])}{FIRST}={n - i}"
            found.append(Highlight(rows(key), "formula", rule, f"body.center{bg}/{font}"))
    if "status" in places:
        steady = content.scheme.words["steady"].text(content.lang)
        status = f"${letter(places['status'])}{FIRST}"
        below, after = f"${letter(places['below'])}{FIRST}", "p_track_fall_after"
        found.append(
            Highlight(rows("status"), "formula", f"AND(N({below})>0,N({below})<{after})", "warn.center")
        )
        odd = f'AND({status}<>"",{status}<>{quote(steady)})'
        found.append(Highlight(rows("status"), "formula", odd, "good.center"))
    found.append(Highlight(rows("step"), "arrows"))
    step = letter(places["step"])
    found.append(Highlight(rows("move"), "formula", f"N(${step}{FIRST})>0", "good.center"))
    found.append(Highlight(rows("move"), "formula", f"N(${step}{FIRST})<0", "warn.center"))
    day = f"${letter(places['next_follow_up'])}{FIRST}"
    for key in ("next_follow_up", "due"):
        found.append(Highlight(rows(key), "formula", f"AND(ISNUMBER({day}),{day}<p_as_of)", "bad.center"))
        found.append(Highlight(rows(key), "formula", f"AND(ISNUMBER({day}),{day}<=p_as_of+7)", "warn.center"))
    return tuple(found)
