"""What a guide may say of its book: columns, edges, settings and examples, all from the declaration."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from sheetgen.grading.settings import HIGHEST
from sheetgen.grading.ties import tie_notes
from sheetgen.i18n import text
from sheetgen.scheme.drawing import percent, plain_number, rules
from sheetgen.workbook.layout import SHEETS, table_of, title_of

if TYPE_CHECKING:
    from sheetgen.model import Issue
    from sheetgen.workbook.content import Content


def facts_of(content: Content) -> dict[str, Any]:
    """All that a guide may name: the book, its sheets and columns, and the numbers of its scheme."""
    scheme, lang = content.scheme, content.lang
    columns = []
    for key in content.layout.shown_scores:
        if key in scheme.metrics:
            metric = scheme.metrics[key]
            columns.append((metric.label.text(lang), _describe(content, key)))
        else:
            column = scheme.column(key)
            note = column.note.text(lang) if column.note else ""
            columns.append((column.label.text(lang), note or _computed(content, key)))
    return numbers_of(content) | {
        "scheme": scheme.file.label.text(lang),
        "source": scheme.file.source.text(lang),
        "summary": scheme.file.summary.text(lang),
        "as_of": content.graded.settings.as_of.isoformat(),
        "run": content.run_id,
        "files": [f.path.replace("\\", "/").rsplit("/", 1)[-1] for f in content.clean.files],
        "sheets": {key: label.text(lang) for key, label in SHEETS.items()},
        "columns": columns,
        "notes": [note.message(lang) for note in _ties(content)],
        "further": [(SHEETS[t].text(lang), content.say(f"hint_{t}")) for t in content.layout.further_tables]
        + _parts(content),
        "spare": content.layout.spare,
    }


def _parts(content: Content) -> list[tuple[str, str]]:
    """The further sheets of detail tables that one does not hold, and what stands there."""
    lang, layout = content.lang, content.layout
    further = [sheet for table in layout.parts for sheet in layout.sheets(table)[1:]]
    names = [(title_of(sheet).text(lang), SHEETS[table_of(sheet)].text(lang)) for sheet in further]
    return [(name, content.say("guide_part", sheet=first)) for name, first in names]


def _ties(content: Content) -> tuple[Issue, ...]:
    graded = content.graded
    return tie_notes(content.scheme, graded.settings, graded.frame, content.lang)


def numbers_of(content: Content) -> dict[str, Any]:
    """``tiers``: (label, rule, benefits, days) of each, highest first.

    By tier id ``tier`` (its label), ``edge``, ``at`` and ``above`` (the edge as a number, and a step more),
    ``days`` and ``rate``; by criterion ``weight``; by parameter ``number``. ``result``: an example, computed.
    """
    scheme, lang, settings = content.scheme, content.lang, content.graded.settings
    tiers, edges = scheme.file.tiers, _edges(content)
    said = rules(scheme, lang, edges)
    rising = {tier.id: i for i, tier in enumerate(reversed(tiers))}
    days = {t.id: plain_number(settings.tables["tier_follow_up"][rising[t.id]]) for t in tiers}
    relative = scheme.file.cut_by != "value"
    if relative:
        cuts = {t.id: settings.tables["tier_cut"][rising[t.id]] for t in tiers if t.edge is not None}
        said = [f"{words}{_now(content, cuts.get(t.id))}" for words, t in zip(said, tiers, strict=True)]
    return {
        "tiers": [
            (t.label.text(lang), rule, t.benefits.text(lang), days[t.id])
            for t, rule in zip(tiers, said, strict=True)
        ],
        "tier": {t.id: t.label.text(lang) for t in tiers},
        "edge": {
            t.id: percent(t.edge) if relative else plain_number(edges[t.id])
            for t in tiers
            if t.edge is not None
        },
        "at": edges,
        "above": {key: round(edge + scheme.quantum, scheme.edge_digits) for key, edge in edges.items()},
        "days": days,
        "rate": {t.id: plain_number(settings.tables["tier_points_rate"][rising[t.id]]) for t in tiers},
        "weight": {
            key: plain_number(settings.numbers[f"{key}_weight"])
            for key, criterion in scheme.file.criteria.items()
            if criterion.weight is not None
        },
        "number": {
            key: percent(settings.numbers[key])
            if p.format == "percent"
            else plain_number(settings.numbers[key])
            for key, p in scheme.parameters.items()
        },
        "result": _examples(content),
    }


def _edges(content: Content) -> dict[str, float]:
    """Tier id -> its edge as it is written on 参数设置: without the step of a strict one."""
    scheme, found = content.scheme, {}
    cuts = reversed(content.graded.settings.tables["tier_cut"])
    for tier, cut in zip(scheme.file.tiers, cuts, strict=True):
        if tier.edge is not None and scheme.file.cut_by == "value":
            step = scheme.quantum if tier.over is not None else 0.0
            found[tier.id] = round(cut - step, scheme.edge_digits)
    return found


def _now(content: Content, cut: float | None) -> str:
    """What a relative edge comes to in this book."""
    if cut is None:
        return ""
    if content.layout.blank:
        return text("rule_live", content.lang)
    if cut >= HIGHEST / 10:
        return text("rule_nobody", content.lang)
    return text("rule_now", content.lang, edge=plain_number(cut))


def _examples(content: Content) -> Callable[..., str]:
    """``result(column, fact=number, …)``: what the column comes to for such a customer, as it is shown.

    What is not named is nothing: 0, or unknown. The grading is that of the book itself.
    """
    import numpy as np
    import pandas as pd

    from sheetgen.grading.grade import empty_inputs, grade
    from sheetgen.model import Facts

    scheme, settings = content.scheme, content.graded.settings

    @cache
    def graded(facts: tuple[tuple[str, float], ...]) -> pd.Series[Any]:
        given, row = dict(facts), {}
        for key, metric in scheme.metrics.items():
            nothing = "" if metric.format == "text" else np.nan if metric.empty == "unknown" else 0.0
            row[key] = [given.get(key, nothing)]
        frame = Facts(pd.DataFrame({"customer_id": ["?"], **row}), settings.as_of)
        return grade(frame, empty_inputs(scheme, 1), scheme, settings, content.lang).frame.iloc[0]

    def result(column: str, **facts: float) -> str:
        value = graded(tuple(sorted(facts.items())))[column]
        if isinstance(value, str):
            return value
        known = {*scheme.metrics, *(c.id for c in scheme.computed)}
        if column in known and scheme.format(column) == "percent":
            return percent(float(value))
        return plain_number(float(value))

    return result


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
        parts.append(table.columns[metric.of].label.text(lang))
    parts.append(content.say(f"agg_{metric.agg}"))
    if metric.where:
        parts.append(content.say("agg_where", where=metric.where))
    if metric.window:
        parts.append(scheme.file.windows[metric.window].label.text(lang))
    return " · ".join(parts) + (f"（{metric.note.text(lang)}）" if metric.note else "")
