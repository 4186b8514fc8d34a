"""The charts of a sheet, drawn through a workbook that write.py opened."""

from __future__ import annotations

from typing import Any

from sheetgen.workbook.book import Chart, Series
from sheetgen.workbook.celltext import clean_text
from sheetgen.workbook.style import DEEP, FONT, INK, LINE, TIER_COLORS, font_on

GRID = {"major_gridlines": {"visible": True, "line": {"color": LINE}}}
ROUND = ("doughnut", "pie")
MOST_LABELS = 12
COLORS_OF_TIERS = tuple(background for background, _ in TIER_COLORS)
COLORS = ("#0B3C5D", "#A65628", "#5AA5E0", "#F2B134", "#6A1B9A")


def add_chart(workbook: Any, sheet: Any, chart: Chart) -> int:
    """Draw ``chart`` on ``sheet`` (both XlsxWriter's). Returns XlsxWriter's code, 0 for done."""
    main = [series for series in chart.series if not series.kind]
    lines = [series for series in chart.series if series.kind]
    drawn = workbook.add_chart({"type": chart.kind if main else "line"})
    for at, series in enumerate(main or lines):
        drawn.add_series(_series(chart, series, at))
    if main and lines:
        over = workbook.add_chart({"type": "line"})
        for at, series in enumerate(lines, len(main)):
            over.add_series(_series(chart, series, at))
        over.set_y2_axis(_axis("", ""))
        drawn.combine(over)
    drawn.set_title({"name": chart_text(chart.title), "overlay": False, "name_font": _font(12, bold=True)})
    drawn.set_legend(_legend(chart))
    drawn.set_size({"width": chart.width, "height": chart.height})
    drawn.set_chartarea({"border": {"color": LINE}})
    if chart.kind in ROUND:
        if chart.kind == "doughnut":
            drawn.set_hole_size(55)
    else:
        across, up = (
            _axis(chart.x_title, chart.category_format),
            _axis(chart.y_title, chart.value_format) | GRID,
        )
        if chart.value_max is not None:
            up |= {"min": 0, "max": chart.value_max}
        if chart.kind == "bar":  # values run across, and the first category stands on top
            across, up = (
                up,
                across
                | {
                    "reverse": True,
                    "crossing": "max",
                    "major_gridlines": {"visible": False},
                    "interval_unit": 1,
                },
            )
        drawn.set_x_axis(across)
        drawn.set_y_axis(up)
    code: int = sheet.insert_chart(
        chart.row, chart.col, drawn, {"description": clean_text(chart.alt), "decorative": False}
    )
    return code


def chart_text(text: str) -> str:
    """``text`` as a title or series name: what looks like a reference would otherwise become one."""
    text = clean_text(text).replace("!", "！")
    return f" {text}" if text.startswith("=") else text


def _font(size: int, bold: bool = False) -> dict[str, object]:
    return {"name": FONT, "size": size, "bold": bold, "color": DEEP if bold else INK}


def _axis(title: str, value_format: str) -> dict[str, object]:
    axis: dict[str, object] = {"num_font": _font(9), "line": {"color": LINE}}
    if title:
        axis |= {"name": chart_text(title), "name_font": _font(9)}
    if value_format:
        axis["num_format"] = value_format
    return axis


def _legend(chart: Chart) -> dict[str, object]:
    if len(chart.series) < 2 and chart.kind not in ROUND:
        return {"none": True}
    return {"position": "right" if chart.kind in ROUND else "bottom", "font": _font(9)}


def _labelled(chart: Chart, series: Series) -> bool:
    """Whether the columns are few enough to carry their numbers."""
    return (
        chart.kind in ("bar", "column") and len(chart.series) == 1 and len(series.values_data) <= MOST_LABELS
    )


def _series(chart: Chart, series: Series, at: int) -> dict[str, object]:
    color = series.color or COLORS[at % len(COLORS)]
    made: dict[str, object] = {
        "name": chart_text(series.name),
        "categories": "=" + series.categories.removeprefix("="),
        "values": "=" + series.values.removeprefix("="),
        "categories_data": ["" if value is None else value for value in series.categories_data],
        "values_data": list(series.values_data),
    }
    if series.kind == "line" or chart.kind == "line":
        made |= {
            "line": {"color": color, "width": 2.25},
            "marker": {"type": "circle", "size": 5, "fill": {"color": color}, "border": {"color": color}},
        }
    elif series.point_colors or chart.kind in ROUND:
        points = series.point_colors or COLORS_OF_TIERS
        made["points"] = [{"fill": {"color": c}, "border": {"color": LINE}} for c in points]
    else:
        made |= {"fill": {"color": color}, "gap": 60}
    if chart.kind in ROUND:
        inks = [{"font": _font(9) | {"color": font_on(c)}} for c in series.point_colors or COLORS_OF_TIERS]
        made["data_labels"] = {
            "percentage": True,
            "font": _font(9),
            "custom": inks[: len(series.values_data)],
        }
    elif _labelled(chart, series):
        labels: dict[str, object] = {"value": True, "font": _font(9)}
        made["data_labels"] = labels | ({"num_format": chart.value_format} if chart.value_format else {})
    if series.secondary:
        made["y2_axis"] = True
    return made
