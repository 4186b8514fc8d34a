"""Ranges as people see them: in words (``200,000 ≤ 年消费额 ≤ 500,000``), and drawn on a line of numbers.

The drawing is plain ASCII but for its labels, so that it stands straight in every console.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from sheetgen.i18n import Label, Lang, text

if TYPE_CHECKING:
    from sheetgen.scheme.compile import Scheme
    from sheetgen.scheme.schema import Tier

FIRST_PARTS = ("rank", "cumulative")
"""the ways of cutting where a tier is the first part of all customers: the higher, the smaller its edge"""


@dataclass(frozen=True)
class Claim:
    """The numbers that a tier or score is declared to take, from ``low`` to ``high``; None: without end.

    ``low_in``, ``high_in``: whether the end itself is one of them.
    """

    label: Label
    low: float | None
    high: float | None
    low_in: bool = True
    high_in: bool = False


@dataclass(frozen=True)
class Step:
    """A lower edge as it was written, right or wrong; ``edge`` is None where there is none."""

    label: Label
    edge: float | None
    strict: bool = False


def falling_claims(steps: Sequence[Step]) -> list[Claim]:
    """What ``steps`` (highest first) claim: each up to the one before it, if that one does begin higher."""
    found: list[Claim] = []
    for i, step in enumerate(steps):
        above = steps[i - 1] if i else None
        bounded = above is not None and above.edge is not None and _higher(above, step)
        high = above.edge if above is not None and bounded else None
        found.append(
            Claim(step.label, step.edge, high, not step.strict, bool(bounded and above and above.strict))
        )
    return found


def rising_claims(steps: Sequence[Step]) -> list[Claim]:
    """What first parts (smallest first) claim: each from where the one before it ends, the last one the rest.

    The number of a customer is the part of all that stands above.
    """
    found: list[Claim] = []
    for i, step in enumerate(steps):
        before = steps[i - 1].edge if i else None
        low = before if step.edge is None or (before is not None and before < step.edge) else None
        found.append(Claim(step.label, low, step.edge))
    return found


def _higher(above: Step, below: Step) -> bool:
    if above.edge is None or below.edge is None:
        return above.edge is not None
    return (above.edge, above.strict) > (below.edge, below.strict)


def draw(claims: Sequence[Claim], show: Callable[[float], str], lang: Lang, quantum: float = 0.0) -> str:
    """``claims`` one below the other on one line of numbers, with a mark where two overlap or none covers.

    ``quantum``: the least step between two numbers; between neighbours there is nothing to cover.
    """
    marks = sorted({end for claim in claims for end in (claim.low, claim.high) if end is not None})
    width = max([5, *(len(show(mark)) + 1 for mark in marks)])
    starts = [place * (width + 1) // 2 if place % 2 == 0 else (place // 2 + 1) * (width + 1) - 1
              for place in range(2 * len(marks) + 2)]  # fmt: skip
    total = starts[-1]
    spans = [_span(claim, marks) for claim in claims]
    empty = [_empty(claim, quantum) for claim in claims]
    names = [claim.label.text(lang) for claim in claims]
    marked = {key: text(key, lang) for key in ("draw_overlap", "draw_gap")}
    margin = max(map(display_width, (*names, *marked.values()))) + 2

    numbers, ticks = [" "] * (total + width), [" "] * total
    for i, mark in enumerate(marks):
        place = starts[2 * i + 1]
        numbers[place : place + len(show(mark))] = show(mark)
        ticks[place] = "|"
    lines = [" " * margin + "".join(numbers), " " * margin + "".join(ticks)]
    for claim, span, nothing, name in zip(claims, spans, empty, names, strict=True):
        row = [" "] * total
        first, last = span
        if first <= last and not nothing:
            row[starts[first] : starts[last + 1]] = "=" * (starts[last + 1] - starts[first])
        for end, inside, sign in ((claim.low, claim.low_in, "[("), (claim.high, claim.high_in, "])")):
            if end is not None:
                row[starts[2 * marks.index(end) + 1]] = sign[0] if inside else sign[1]
        if claim.low is not None and claim.low == claim.high:
            row[starts[first]] = "#"
        if claim.low is None:
            row[0] = "<"
        if claim.high is None:
            row[-1] = ">"
        said = "".join(row) + (" " + text("draw_nothing", lang) if nothing else "")
        lines.append(_padded(name, margin) + said)
    for key, wrong in _faults(spans, empty, marks, quantum).items():
        if wrong:
            row = [" "] * total
            for place in wrong:
                sign = "x" if key == "draw_overlap" else "?"
                row[starts[place] : starts[place + 1]] = sign * (starts[place + 1] - starts[place])
            lines.append(_padded(marked[key], margin) + "".join(row))
    return "\n".join([*(line.rstrip() for line in lines), text("draw_legend", lang)])


def _span(claim: Claim, marks: list[float]) -> tuple[int, int]:
    """The first and last place of ``claim``: 2i+1 is the i-th mark itself, 2i what lies before it."""
    first = 0 if claim.low is None else 2 * marks.index(claim.low) + (1 if claim.low_in else 2)
    last = 2 * len(marks) if claim.high is None else 2 * marks.index(claim.high) + (1 if claim.high_in else 0)
    return first, last


def _empty(claim: Claim, quantum: float) -> bool:
    """Whether no number at all lies between the ends."""
    if claim.low is None or claim.high is None:
        return False
    least = claim.low + (0.0 if claim.low_in else quantum)
    most = claim.high - (0.0 if claim.high_in else quantum)
    return least > most + quantum / 1e3


def _faults(
    spans: Sequence[tuple[int, int]], empty: Sequence[bool], marks: list[float], quantum: float
) -> dict[str, list[int]]:
    """The places that two spans cover, and those that none does."""
    dead = {2 * i + 2 for i, (low, high) in enumerate(pairwise(marks)) if high - low <= quantum * 1.001}
    covered = [
        sum(
            first <= place <= last and not nothing
            for (first, last), nothing in zip(spans, empty, strict=True)
        )
        for place in range(2 * len(marks) + 1)
    ]
    alive = [place for place in range(len(covered)) if place not in dead]
    return {
        "draw_overlap": [place for place in alive if covered[place] > 1],
        "draw_gap": [place for place in alive if covered[place] == 0],
    }


def draw_scheme(scheme: Scheme, lang: Lang) -> str:
    """The tiers of a good scheme on a line of numbers; nothing for named classes, which are no ranges."""
    file = scheme.file
    if file.steps == "fixed":
        return ""
    steps = [Step(t.label, t.edge, t.over is not None) for t in file.tiers]
    if file.cut_by in FIRST_PARTS:
        return draw(rising_claims(steps), percent, lang)
    if file.cut_by == "share":
        return draw(falling_claims(steps), percent, lang)
    return draw(falling_claims(steps), plain_number, lang, scheme.quantum)


def scheme_drawn(scheme: Scheme, lang: Lang) -> Iterator[str]:
    """The edge table in words, and drawn where it can be."""
    width = max(display_width(tier.label.text(lang)) for tier in scheme.file.tiers) + 2
    for tier, words in zip(scheme.file.tiers, rules(scheme, lang), strict=True):
        yield f"  {_padded(tier.label.text(lang), width)}{words}"
    drawing = draw_scheme(scheme, lang)
    if drawing:
        yield ""
        yield from (f"  {line}" for line in drawing.splitlines())


def rules(scheme: Scheme, lang: Lang, edges: dict[str, float] | None = None) -> list[str]:
    """The edge table in words, a line a tier, highest first. ``edges``: tier id -> edge, where changed."""
    file, by = scheme.file, scheme.words["#by"].text(lang)
    edges = edges or {}
    found = []
    for i, tier in enumerate(file.tiers):
        above = file.tiers[i - 1] if i else None
        found.append(_rule(file.cut_by, file.steps, tier, above, by, lang, edges))
    return found


def _rule(
    cut_by: str, steps: str, tier: Tier, above: Tier | None, by: str, lang: Lang, edges: dict[str, float]
) -> str:
    def edge(of: Tier) -> float:
        return edges.get(of.id, of.edge or 0.0)

    if steps == "fixed":
        return text("rule_rest", lang) if tier.edge is None else f"{by} = {plain_number(edge(tier))}"
    if cut_by in FIRST_PARTS:
        if tier.edge is None:
            return text("rule_rest", lang)
        low = percent(above.edge) if above is not None and above.edge is not None else ""
        key = f"rule_{cut_by}{'_from' if low else ''}"
        return text(key, lang, by=by, low=low, high=percent(tier.edge))
    show = percent if cut_by == "share" else plain_number
    if cut_by == "share":
        by, edges = text("rule_share", lang, by=by), {}
    low = "" if tier.edge is None else show(edge(tier)) + (" < " if tier.over is not None else " ≤ ")
    high = "" if above is None else (" ≤ " if above.over is not None else " < ") + show(edge(above))
    return f"{low}{by}{high}"


def plain_number(value: float) -> str:
    """``500,000`` or ``0.25``: as many decimals as there are."""
    return f"{value:,.12g}"


def percent(part: float) -> str:
    """``0.05`` as ``5%``."""
    return f"{part * 100:.6g}%"


def display_width(words: str) -> int:
    """The columns that ``words`` take in a console: a Chinese character takes two."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in words)


def _padded(words: str, width: int) -> str:
    return words + " " * (width - display_width(words))


def steps_of(tiers: Any) -> Iterator[Step]:
    """The tiers of a scheme file that may be wrong in any way, as steps; what is no tier is passed over."""
    for tier in tiers if isinstance(tiers, list) else ():
        if isinstance(tier, dict):
            over, least = _number(tier.get("over")), _number(tier.get("at_least"))
            yield Step(_label(tier), least if over is None else over, over is not None)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _label(tier: dict[str, Any]) -> Label:
    label, name = tier.get("label"), str(tier.get("id", "?"))
    if not isinstance(label, dict):
        return Label(name, name)
    return Label(str(label.get("zh", name)), str(label.get("en", name)))
