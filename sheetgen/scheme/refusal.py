"""What is wrong with the shape of a scheme file, in both languages, and the word that was meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, get_args

from sheetgen.errors import UsageError
from sheetgen.i18n import LANGS, Lang, messages, text
from sheetgen.scheme.ranges import wrong_cuts, wrong_tiers, wrong_tracking
from sheetgen.yamlfile import nearest_key

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails


def refusal(error: ValidationError, plain: dict[str, Any]) -> UsageError:
    """The first thing that pydantic found, with ``at`` for its place; tiers and cuts are drawn."""
    first = error.errors()[0]
    place = tuple(part for part in first["loc"] if isinstance(part, str | int))
    problem = first["msg"].removeprefix("Value error, ")
    better = None
    if first["type"] == "value_error" and place == ("tiers",):
        better = wrong_tiers(plain)
    elif first["type"] == "value_error" and place[:1] == ("criteria",) and len(place) == 2:
        better = wrong_cuts(plain, str(place[1]))
    elif first["type"] == "value_error" and not place:
        better = wrong_tracking(plain)
    if better is not None:
        better.facts["problem"] = problem
        return better
    near, name = _meant(first, place), ".".join(map(str, place)) or "scheme"
    zh, en = (_said(first, problem, near, lang) for lang in LANGS)
    facts = {"name": name, "problem": problem, "near": near}
    return UsageError("scheme_key", "SG701", at=place, spot="", problem_zh=zh, problem_en=en, **facts)


def _said(first: ErrorDetails, problem: str, near: str, lang: Lang) -> str:
    key = problem if problem in messages() else f"key_{first['type']}"  # a validator may name a text
    if key not in messages():
        return problem if lang == "en" else text("key_other", lang)
    return text(key, lang, **first.get("ctx", {})) + (text("key_near", lang, near=near) if near else "")


def _meant(first: ErrorDetails, place: tuple[str | int, ...]) -> str:
    if first["type"] == "literal_error":
        choices = re.findall(r"'([^']*)'", str(first.get("ctx", {}).get("expected", "")))
        return nearest_key(first["input"], choices)
    if first["type"] != "extra_forbidden" or not place:
        return ""
    from sheetgen.scheme.schema import SchemeFile

    return nearest_key(place[-1], set(_keys(SchemeFile, set())))


def _keys(kind: Any, seen: set[Any]) -> Iterator[str]:
    """Every key that a scheme file may have, at any depth."""
    fields = getattr(kind, "model_fields", None)
    if fields is None:
        for part in get_args(kind):
            yield from _keys(part, seen)
    elif kind not in seen:
        seen.add(kind)
        for name, field in fields.items():
            yield field.alias or name
            yield from _keys(field.annotation, seen)
