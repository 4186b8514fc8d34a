"""价值评分: metrics, points and total score of every customer, all live formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sheetgen.grading.grade import context_of
from sheetgen.workbook.blank.tail import sorted_slices
from sheetgen.workbook.book import Column, Highlight, Sheet, Table
from sheetgen.workbook.detail import slice_columns
from sheetgen.workbook.formulas import column_formula, metric_formula
from sheetgen.workbook.layout import FIRST, HEADER_ROW, SHEETS
from sheetgen.workbook.removed import state_formula
from sheetgen.workbook.sheets.parts import HEIGHTS, PAGE, STYLES, banner

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content

WIDTHS = {"money": 14.0, "text": 14.0, "date": 12.0}


def scores_sheet(content: Content) -> Sheet:
    """The sheet. Row r shows the customer in row r of 客户信息, whoever that is after a sort."""
    layout, scheme = content.layout, content.scheme
    whole = layout.whole("customers", "customer_id")
    formulas: dict[str, str] = {
        "customer_id": f'IF(INDEX({whole},ROW())="","",INDEX({whole},ROW()))',
        "customer_name": f'INDEX({layout.whole("customers", "customer_name")},ROW())&""',
        "state": state_formula(layout),
        "key": f"N(INDEX({layout.whole('customers', 'key')},ROW()))",
    }
    context = context_of(scheme, content.lang)
    formulas |= {key: metric_formula(layout, key) for key in scheme.metrics}
    formulas |= {c.id: column_formula(layout, c, context) for c in scheme.computed if c.sheet == "scores"}
    for table in scheme.detail_tables:
        formulas |= sorted_slices(layout, table) if layout.blank else slice_columns(layout, table)
    shown = {"customer_id", "customer_name", *layout.shown_scores}
    columns = [_column(content, key, formulas[key], key in shown) for key in layout.scores_columns]
    title = SHEETS["scores"].text(content.lang)
    return Sheet(
        "scores",
        title,
        banner(content, "scores", title),
        Table(HEADER_ROW, tuple(columns), filter_rows=content.n or None),
        freeze=(FIRST - 1, 2),
        heights=HEIGHTS,
        highlights=_bars(content, columns),
        page=PAGE,
        tab_color="#B07A00",
        protect=True,
    )


def _column(content: Content, key: str, formula: str, shown: bool) -> Column:
    values, label, style, width, note = _looks(content, key)
    return Column(key, label, "mixed", values, style, formula, width, note, "header_calc", hidden=not shown)


def _looks(content: Content, key: str) -> tuple[list[Any], str, str, float, str]:
    """Cached values, header, style, width and note of a column."""
    scheme, lang, spare = content.scheme, content.lang, content.layout.spare["customers"]
    if key in scheme.metrics:
        metric = scheme.metrics[key]
        note = metric.note.text(lang) if metric.note else ""
        return (
            content.values(key),
            metric.label.text(lang),
            f"calc.{STYLES[metric.format]}",
            WIDTHS.get(metric.format, 10),
            note,
        )
    if key in {c.id for c in scheme.computed}:
        column = scheme.column(key)
        note = column.note.text(lang) if column.note else ""
        return (
            content.values(key),
            column.label.text(lang),
            f"calc.{STYLES[column.format]}",
            WIDTHS.get(column.format, 10),
            note,
        )
    if key in ("customer_id", "customer_name"):
        texts = content.clean.tables["customers"][key].tolist() + [None] * spare
        from sheetgen.scheme.tables import data_tables

        field = data_tables()["customers"].fields[key]
        return (
            texts,
            field.label.text(lang),
            "calc.id" if key == "customer_id" else "calc.text",
            field.width,
            "",
        )
    if key == "state":
        return content.states(), key, "key.text", 8, ""
    if key == "key":
        return (
            [float(i) for i in range(1, content.layout.customers + 1)],
            content.say("key"),
            "key.text",
            6,
            "",
        )
    table, _, helper = key.rpartition("_")
    first, last, n = content.slices[table]
    by_helper = {"first": first, "last": last, "n": n, "part": content.homes.get(table)}
    values = by_helper[helper].tolist() if helper in by_helper else [0.0] * content.layout.customers
    return values, key, "key.text", 8, ""


def _bars(content: Content, columns: list[Column]) -> tuple[Highlight, ...]:
    """Data bars on the money the tiers go by and on the score."""
    places = {column.id: i for i, column in enumerate(columns)}
    colors = {content.scheme.file.revenue: "#5AA5E0", "score": "#F2B134"}
    end = FIRST - 1 + content.layout.customers - 1
    return tuple(
        Highlight((FIRST - 1, places[key], end, places[key]), "data_bar", color=color)
        for key, color in colors.items()
        if key in places
    )
