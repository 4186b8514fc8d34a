"""The criteria on 参数设置: weights with their ends or cuts in a table, all further numbers a row each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetgen.scheme.numbers import points_note, rule_parameters
from sheetgen.workbook.book import Cell
from sheetgen.workbook.layout import letter

if TYPE_CHECKING:
    from sheetgen.workbook.sheets.parameter_page import ParameterPage


def criteria_section(page: ParameterPage) -> None:
    """The table of weighted criteria; then units, limits, decay and neutral values, where there are any."""
    criteria = page.content.scheme.file.criteria.values()
    if not criteria:
        return
    page.section("section_criteria")
    if any(not criterion.added for criterion in criteria):
        _weights(page)
    if any(rule_parameters(page.content.scheme.file).values()) or any(c.cut_by != "value" for c in criteria):
        _rules(page)


def _weights(page: ParameterPage) -> None:
    """Criterion, weight, and the values for 0 and 100 points, the cuts, or both side by side."""
    content, say, scheme = page.content, page.content.say, page.content.scheme
    settings, criteria = content.graded.settings, scheme.file.criteria
    most, first = max(scheme.cuts.values(), default=0), 2
    heads = [say("cut_n", n=n) for n in range(1, most + 1)]
    if any(criterion.low is not None for criterion in criteria.values()):
        heads = [say("zero_at"), say("full_at"), *heads]
        first = 4
    page.heads(say("criterion"), say("weight"), *heads, inputs=tuple(range(1, 2 + len(heads))))
    for key, criterion in criteria.items():
        if criterion.added:
            continue
        page.cells[page.row, 0] = Cell(scheme.label(key).text(content.lang), "body.label")
        page.number(f"p_{key}_weight", page.row, 1, settings.numbers[f"{key}_weight"], "decimal", 0, 1_000)
        format_ = scheme.format(key)
        if criterion.low is not None:
            for col, end in ((2, "low"), (3, "high")):
                value = settings.numbers[f"{key}_{end}"]
                page.number(f"p_{key}_{end}", page.row, col, value, format_, None, None)
        else:
            cuts = settings.tables[f"{key}_cut"]
            for n, cut in enumerate(cuts):
                page.number(f"p_{key}_cut_{n + 1}", page.row, first + n, cut, format_, None, None)
            ends = f"${letter(first)}${page.row + 1}", f"${letter(first + len(cuts) - 1)}${page.row + 1}"
            page.names[f"{key}_cut"] = f"{content.layout.sheet('parameters')}!{':'.join(ends)}"
        page.row += 1
    page.row += 1


def _rules(page: ParameterPage) -> None:
    """How each criterion earns its points, where weight and cuts do not say it, and the numbers of that."""
    content, say, scheme = page.content, page.content.say, page.content.scheme
    page.section("section_rules")
    page.heads(say("parameter"), say("value"), say("note"), inputs=(1,))
    for owner, numbers in rule_parameters(scheme.file).items():
        note = points_note(scheme.file, owner, scheme.metrics) if owner in scheme.file.criteria else None
        if note is not None:
            page.cells[page.row, 0] = Cell(scheme.label(owner).text(content.lang), "body.label")
            page.cells[page.row, 1] = Cell(None, "calc.text")
            page.cells[page.row, 2] = Cell(note.text(content.lang) + _parts(page, owner), "plain.text")
            page.row += 1
        for key, parameter in numbers.items():
            page.cells[page.row, 0] = Cell(parameter.label.text(content.lang), "body.label")
            value, limits = content.graded.settings.numbers[key], (parameter.low, parameter.high)
            page.number(f"p_{key}", page.row, 1, value, parameter.format, *limits)
            page.row += 1
    page.row += 1


def _parts(page: ParameterPage, key: str) -> str:
    """The declared parts that the cuts were made from."""
    criterion = page.content.scheme.file.criteria[key]
    if criterion.cut_by == "value":
        return ""
    parts = ", ".join(f"{cut * 100:.6g}%" for cut in criterion.cuts)
    return page.content.say(f"cuts_by_{criterion.cut_by}", parts=parts)
