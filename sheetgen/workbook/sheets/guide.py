"""使用说明: how to read, edit and hand back this book; each column's meaning comes from its declaration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sheetgen.scheme.library import templates_folder
from sheetgen.workbook.book import Cell, Page, Sheet
from sheetgen.workbook.layout import SHEETS

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content

COMMON = Path(__file__).parent


def guide_sheet(content: Content) -> Sheet:
    """The sheet: the scheme's own guide.<lang>.md.j2, or the common one.

    Lines that start with ``#`` are headings, ``|`` lines are table rows (first cell bold).
    """
    cells: dict[tuple[int, int], Cell] = {}
    heights: dict[int, float] = {}
    for row, line in enumerate(_render(content).splitlines()):
        if line.startswith("# "):
            cells[row, 0] = Cell(line[2:], "title")
            heights[row] = 34
        elif line.startswith("## "):
            for col in range(3):
                cells[row, col] = Cell(line[3:] if col == 0 else None, "section")
            heights[row] = 24
        elif line.startswith("|"):
            parts = [part.strip() for part in line.strip("|").split("|")]
            for col, words in enumerate(parts[:3]):
                cells[row, col] = Cell(words or None, "body.label" if col == 0 else "body.wrap")
            heights[row] = _height(parts)
        elif line.strip():
            cells[row, 0] = Cell(line, "plain.text")
    _links(content, cells)
    return Sheet(
        "guide",
        SHEETS["guide"].text(content.lang),
        cells,
        widths={0: 26, 1: 66, 2: 54},
        heights=heights,
        page=Page(landscape=True),
        tab_color="#4A5F7A",
        gridlines=False,
    )


def _height(parts: list[str]) -> float:
    """Room for the longest wrapped cell: a row's height is not stored by itself."""
    from sheetgen.workbook.style import text_width

    widths = (26, 74, 60)
    lines = max(-(-text_width(words) // width) for words, width in zip(parts, widths, strict=False))
    return 18.0 * max(1, lines) + 2


def _links(content: Content, cells: dict[tuple[int, int], Cell]) -> None:
    """Sheet names in the first column lead to their sheets."""
    names = {label.text(content.lang): key for key, label in SHEETS.items()}
    for place, cell in list(cells.items()):
        if place[1] == 0 and cell.value in names and cell.style == "body.label":
            target = content.layout.sheet(names[str(cell.value)])
            cells[place] = Cell(cell.value, "body.link", link=f"{target}!A1")


def _render(content: Content) -> str:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    scheme, lang = content.scheme, content.lang
    own = templates_folder() / scheme.id / f"guide.{lang}.md.j2"
    path = own if own.is_file() else COMMON / f"guide.{lang}.md.j2"
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    columns = []
    for key in content.layout.shown_scores:
        if key in scheme.metrics:
            metric = scheme.metrics[key]
            columns.append((metric.label.text(lang), _describe(content, key)))
        else:
            column = scheme.column(key)
            note = column.note.text(lang) if column.note else ""
            columns.append((column.label.text(lang), note or _computed(content, key)))
    return environment.from_string(path.read_text("utf-8")).render(
        scheme=scheme.file.label.text(lang),
        source=scheme.file.source.text(lang),
        summary=scheme.file.summary.text(lang),
        as_of=content.graded.settings.as_of.isoformat(),
        run=content.run_id,
        files=[f.path.replace("\\", "/").rsplit("/", 1)[-1] for f in content.clean.files],
        tiers=[(t.label.text(lang), t.benefits.text(lang), t.follow_up_days) for t in scheme.file.tiers],
        sheets={key: label.text(lang) for key, label in SHEETS.items()},
        columns=columns,
        further=[(SHEETS[t].text(lang), content.say(f"hint_{t}")) for t in content.layout.further_tables],
        spare=content.layout.spare,
    )


def _computed(content: Content, key: str) -> str:
    """A computed column in words: how points are scaled, or the columns it is made from."""
    scheme, lang = content.scheme, content.lang
    criterion = scheme.file.criteria.get(key.removesuffix("_points"))
    if key.endswith("_points") and criterion is not None:
        if criterion.low is not None and criterion.high is not None:
            return content.say("points_scaled", low=f"{criterion.low:,.10g}", high=f"{criterion.high:,.10g}")
        return content.say("points_stepped", n=scheme.cuts[key.removesuffix("_points")] + 1)
    if key == "score":
        return content.say("score_is")
    if key == "tags":
        return "、".join(tag.label.text(lang) for tag in scheme.file.tags.values())
    known = {*scheme.metrics, *(c.id for c in scheme.computed)}
    parts = [scheme.label(name).text(lang) for name in scheme.column(key).expression.names if name in known]
    parts += [
        p.label.text(lang)
        for k, p in scheme.file.parameters.items()
        if k in scheme.column(key).expression.names
    ]
    return content.say("made_from", parts="、".join(parts) if lang == "zh" else ", ".join(parts))


def _describe(content: Content, key: str) -> str:
    """A metric in words: table, column, aggregation, condition and window, from its declaration."""
    from sheetgen.scheme.tables import data_tables

    scheme, lang = content.scheme, content.lang
    metric = scheme.metrics[key]
    table = data_tables()[metric.source]
    parts = [table.label.text(lang)]
    if metric.of:
        parts.append(table.fields[metric.of].label.text(lang))
    parts.append(content.say(f"agg_{metric.agg}"))
    if metric.where:
        parts.append(content.say("agg_where", where=metric.where))
    if metric.window:
        parts.append(scheme.file.windows[metric.window].label.text(lang))
    return " · ".join(parts) + (f"（{metric.note.text(lang)}）" if metric.note else "")
