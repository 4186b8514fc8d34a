"""Ranges that do not fit together: tiers and cuts of a scheme file that may still be wrong in any way."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sheetgen.errors import UsageError
from sheetgen.i18n import Label
from sheetgen.scheme.drawing import (
    FIRST_PARTS,
    Claim,
    Step,
    draw,
    falling_claims,
    percent,
    plain_number,
    rising_claims,
    steps_of,
)
from sheetgen.yamlfile import nearest_key

if TYPE_CHECKING:
    from sheetgen.scheme.schema import SchemeFile


def wrong_tiers(plain: dict[str, Any]) -> UsageError | None:
    """Why the tiers of ``plain`` are no clean cut, with a drawing; None where it is something else."""
    tiers, cut_by = plain.get("tiers"), str(plain.get("cut_by", "value"))
    if not isinstance(tiers, list) or len(tiers) < 2 or not all(isinstance(tier, dict) for tier in tiers):
        return None
    names, steps = [str(tier.get("id", "?")) for tier in tiers], list(steps_of(tiers))
    for i, name in enumerate(names):
        if name in names[:i]:
            return UsageError("tier_twice", "SG702", spot="", at=("tiers", i, "id"), name=name)
        if tiers[i].get("at_least") is not None and tiers[i].get("over") is not None:
            return UsageError("tier_two_edges", "SG702", spot="", at=("tiers", i, "over"), name=name)
    return _wrong_edge(names, steps, cut_by) or _wrong_order(names, steps, cut_by)


def _wrong_edge(names: list[str], steps: list[Step], cut_by: str) -> UsageError | None:
    """An edge that lacks, that is one too many, or that is no part where it should be."""
    for i, (name, step) in enumerate(zip(names, steps, strict=True)):
        at, drawn = ("tiers", i, "over" if step.strict else "at_least"), drawn_tiers(steps, cut_by)
        if (step.edge is None) == (i == len(steps) - 1):
            if step.edge is not None and cut_by != "value" and (step.strict or not 0 < step.edge <= 1):
                edge = f"{step.edge:g}"
                return UsageError(
                    "tier_no_part", "SG702", spot="", at=at, name=name, edge=edge, cut_by=cut_by
                )
        elif step.edge is None:
            return UsageError("tier_no_edge", "SG702", spot="", at=at, name=name, **drawn)
        else:
            edge = shown_as(cut_by)(step.edge)
            return UsageError("tier_floor", "SG702", spot="", at=at, name=name, edge=edge, **drawn)
    return None


def _wrong_order(names: list[str], steps: list[Step], cut_by: str) -> UsageError | None:
    for i, (above, step) in enumerate(pairwise(steps[:-1]), 1):
        if not _clean(above, step, cut_by):
            at = ("tiers", i, "over" if step.strict else "at_least")
            facts = {"name": names[i], "edge": _sign(step, cut_by), "above": names[i - 1]}
            facts |= {"high": _sign(above, cut_by), **drawn_tiers(steps, cut_by)}
            parts = cut_by in FIRST_PARTS
            return UsageError("parts_order" if parts else "tiers_order", "SG702", spot="", at=at, **facts)
    return None


def _clean(above: Step, below: Step, cut_by: str) -> bool:
    if above.edge is None or below.edge is None:
        return False
    if cut_by in FIRST_PARTS:
        return above.edge < below.edge
    return (above.edge, above.strict) > (below.edge, below.strict)


def _sign(step: Step, cut_by: str) -> str:
    return f"{'>' if step.strict else '≥'} {shown_as(cut_by)(step.edge or 0.0)}"


def wrong_tracking(plain: dict[str, Any]) -> UsageError | None:
    """A floor that is no tier, or a keep line that makes no sense beside its edge."""
    tiers, tracking = list(plain.get("tiers") or ()), plain.get("tracking")
    ids = [str(tier.get("id")) for tier in tiers if isinstance(tier, dict)]
    floor = tracking.get("floor") if isinstance(tracking, dict) else None
    if floor and floor not in ids:
        near = nearest_key(floor, ids, least=0.0)
        at = ("tracking", "floor")
        return UsageError(
            "tier_unknown", "SG701", spot="", at=at, name=floor, near=near, known=", ".join(ids)
        )
    for i, (name, step, tier) in enumerate(zip(ids, steps_of(tiers), tiers, strict=False)):
        keep = tier.get("keep")
        if keep is not None and (step.edge is None or plain.get("cut_by", "value") != "value"):
            return UsageError("keep_no_edge", "SG702", spot="", at=("tiers", i, "keep"), name=name)
        if isinstance(keep, int | float) and step.edge is not None and keep > step.edge:
            facts = {"name": name, "keep": plain_number(keep), "edge": plain_number(step.edge)}
            return UsageError("keep_above", "SG702", spot="", at=("tiers", i, "keep"), **facts)
    return None


def wrong_cuts(plain: dict[str, Any], key: str) -> UsageError | None:
    """Where the cuts of the criterion ``key`` do not rise, with a drawing of what each score would take."""
    criterion = (plain.get("criteria") or {}).get(key)
    cuts = criterion.get("cuts") if isinstance(criterion, dict) else None
    if not isinstance(cuts, list) or not all(isinstance(c, int | float) for c in cuts):
        return None
    for i, (low, high) in enumerate(pairwise(cuts), 1):
        if high <= low:
            facts: dict[str, Any] = {"name": key, "was": plain_number(low), "now": plain_number(high)}
            at = ("criteria", key, "cuts", i)
            return UsageError(
                "cuts_order", "SG702", spot="", at=at, **facts, **_drawn_cuts([float(c) for c in cuts])
            )
    return None


def _drawn_cuts(cuts: Sequence[float]) -> dict[str, str]:
    """Score n+1 begins at the n-th cut; it ends at the next one, if that one is higher."""
    lows: list[float | None] = [None, *cuts]
    ends: list[float | None] = [*cuts, None]
    claims = [
        Claim(Label(f"{n} 分", f"score {n}"), low, high if _rises(low, high) else None)
        for n, (low, high) in enumerate(zip(lows, ends, strict=True), 1)
    ]
    return _drawn(claims, "value")


def _rises(low: float | None, high: float | None) -> bool:
    return low is None or high is None or low < high


def drawn_tiers(steps: Sequence[Step], cut_by: str, quantum: float = 0.0) -> dict[str, str]:
    """The facts ``drawing_zh`` and ``drawing_en`` of an error about tiers."""
    claims = rising_claims(steps) if cut_by in FIRST_PARTS else falling_claims(steps)
    return _drawn(claims, cut_by, quantum)


def _drawn(claims: Sequence[Claim], cut_by: str, quantum: float = 0.0) -> dict[str, str]:
    show = shown_as(cut_by)
    return {
        "drawing_zh": draw(claims, show, "zh", quantum),
        "drawing_en": draw(claims, show, "en", quantum),
    }


def shown_as(cut_by: str) -> Any:
    """How an edge is shown: parts as percent."""
    return plain_number if cut_by == "value" else percent


def check_edges(file: SchemeFile, quantum: float, digits: int) -> None:
    """Raises UsageError when two edges come to the same once a strict one is taken a step higher."""
    from sheetgen.scheme.rounding import round_half_away

    above: float | None = None
    for i, tier in enumerate(file.tiers[:-1]):
        cut = float(round_half_away((tier.edge or 0.0) + (quantum if tier.over is not None else 0.0), digits))
        if above is not None and cut >= above:
            steps = [Step(t.label, t.edge, t.over is not None) for t in file.tiers]
            drawn, key = drawn_tiers(steps, "value", quantum), "over" if tier.over is not None else "at_least"
            facts: dict[str, Any] = {"tier": tier.id, "step": f"{quantum:g}", **drawn}
            raise UsageError("edges_meet", "SG702", spot="", at=("tiers", i, key), **facts)
        above = cut
