"""What every scheme has besides its own: the columns of 客户级别 and the rules of rise and fall.

Both are declared in standard.yml in the language of schemes; here the scheme's own names are filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from sheetgen.i18n import Label
from sheetgen.scheme.schema import Column, Format, Parameter, SchemeFile

UPLIFTED = ("base_rank", "uplift")
"""the standard columns of schemes with an uplift only"""
TRACKED = ("start_rank", "start_below", "start_since", "under", "safe", "below", "status")
"""the standard columns of schemes with open steps only: named classes do not rise or fall by periods"""
NO_STEPS = ("next_tier", "gap", "keep")
"""the standard columns that are empty for named classes"""
SHOW: dict[Format, str] = {"money": "money", "integer": "whole"}
PERIODS = {"week": 0, "month": 1, "quarter": 3, "half_year": 6, "year": 12}


@dataclass(frozen=True)
class Input:
    """A column of 客户级别 that staff fill, or that the last book left (``hidden``; 0: nothing known)."""

    id: str
    type: Literal["text", "date", "number"]
    label: Label
    note: Label
    hidden: bool = False


@cache
def standard() -> dict[str, Any]:
    """The declarations of standard.yml."""
    from ruamel.yaml import YAML

    loaded: dict[str, Any] = YAML(typ="safe").load(
        (Path(__file__).parent / "standard.yml").read_text("utf-8")
    )
    return loaded


def standard_columns(file: SchemeFile, formats: Mapping[str, Format]) -> dict[str, Column]:
    """The standard columns that ``file`` takes. ``formats``: those of its metrics and columns."""
    shown = formats.get(file.tier_by, "decimal")
    left_out = (() if file.uplift else UPLIFTED) + (TRACKED if file.steps == "fixed" else ())
    columns = {}
    for key, spec in standard()["columns"].items():
        if key in left_out:
            continue
        value = "None" if file.steps == "fixed" and key in NO_STEPS else _filled(spec["value"], file, shown)
        format_ = shown if key in ("basis", "gap", "keep") else spec["format"]
        columns[key] = Column.model_validate({**spec, "value": value, "format": format_})
    return columns


def _filled(value: str, file: SchemeFile, shown: Format) -> str:
    """``value`` with the scheme's own names in the places in braces."""
    words, uplifted, open_ = standard()["words"], bool(file.uplift), file.steps == "open"
    kept = "max(1, min(held_rank - uplift, tier_count))" if uplifted else "held_rank"
    for place, text in (
        ("why", file.why or words["why"]),
        ("status", words["status"] if open_ else ""),
        ("margin", words["margin"] if open_ else "''"),
        ("held", words["held"] if open_ else "rank"),
        ("raised", words["raised"] if uplifted else ""),
        ("rank", words["uplifted_rank"] if uplifted else words["rank"]),
        ("base", "base_rank" if uplifted else "rank"),
        ("edge", f"max(base_rank, {kept})" if uplifted else "max(rank, held_rank)"),
        ("kept", kept),
        ("start", kept.replace("held", "start") if uplifted else "max(1, start_rank)"),
        ("uplift", file.uplift),
        ("show", SHOW.get(shown, "decimal")),
        ("by", file.tier_by),
        ("revenue", file.revenue),
    ):
        value = value.replace("{" + place + "}", text)
    return value


def inputs_of(columns: Mapping[str, Column]) -> tuple[Input, ...]:
    """The inputs of 客户级别: staff's, and of what the last book left what ``columns`` read."""
    read = " ".join(column.value for column in columns.values())
    found = []
    for key, spec in standard()["inputs"].items():
        note = Label(**spec["note"]) if "note" in spec else Label("", "")
        if "note" in spec or key in read:
            found.append(Input(key, spec["type"], Label(**spec["label"]), note, "note" not in spec))
    return tuple(found)


def tracking_parameters(file: SchemeFile) -> dict[str, Parameter]:
    """The rules of rise and fall as numbers on 参数设置; none for named classes."""
    if file.steps == "fixed":
        return {}
    track = file.tracking
    rising = [tier.id for tier in reversed(file.tiers)]
    values: dict[str, float] = {
        "track_period": PERIODS[track.period],
        "track_rise_next": track.rise == "next",
        "track_fall_after": track.fall_after,
        "track_fall_one": track.fall == "one_down",
        "track_keep_part": track.keep_part,
        "track_grace_days": track.grace_days,
        "track_lock_days": track.lock_days,
        "track_floor": rising.index(track.floor) + 1 if track.floor else 1,
    }
    return {
        key: Parameter.model_validate(
            {**spec, "value": float(values[key]), "label": Label(**spec["label"]), "note": _note(spec)}
        )
        for key, spec in standard()["tracking"].items()
    }


def _note(spec: Mapping[str, Any]) -> Label | None:
    return Label(**spec["note"]) if "note" in spec else None
