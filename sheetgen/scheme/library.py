"""Find, load and list schemes: those that ship in templates/, and any scheme.yml by its path."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheetgen.errors import UsageError

if TYPE_CHECKING:
    from sheetgen.scheme.compile import Scheme

MAX_BYTES = 1_000_000
MAX_NESTING = 30


def templates_folder() -> Path:
    """Where the shipped schemes lie: inside the installed package, or beside it in a checkout."""
    inside = Path(__file__).parents[1] / "templates"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "templates"


def shipped() -> list[str]:
    """The ids of the schemes that ship, the default one first."""
    found = sorted(p.parent.name for p in templates_folder().glob("*/scheme.yml"))
    return sorted(found, key=lambda scheme_id: scheme_id != "vip-abc")


def load_scheme(name: str) -> Scheme:
    """The scheme with this id, or of this scheme.yml or its folder. Raises UsageError with line, key and fix."""
    path = Path(name)
    if path.suffix in (".yml", ".yaml") or path.is_dir():
        path = path / "scheme.yml" if path.is_dir() else path
        if not path.is_file():
            raise UsageError("scheme_file_missing", "SG701", path=path)
    else:
        path = templates_folder() / name / "scheme.yml"
        if "/" in name or "\\" in name or not path.is_file():
            import difflib

            near = difflib.get_close_matches(name, shipped(), n=1)
            raise UsageError("scheme_unknown", "SG701", name=name, near=near[0] if near else "vip-abc", known=", ".join(shipped()))
    if path.stat().st_size > MAX_BYTES:
        raise UsageError("scheme_too_big", "SG707", path=path)
    return read_scheme(path.read_text("utf-8-sig"), str(path))


def read_scheme(text: str, where: str = "scheme.yml") -> Scheme:
    """A scheme from its YAML text. Raises UsageError."""
    from io import StringIO

    from pydantic import ValidationError
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    from sheetgen.scheme.compile import compile_scheme
    from sheetgen.scheme.schema import SchemeFile

    yaml = YAML(typ="rt", pure=True)
    yaml.version = (1, 2)
    yaml.max_depth = MAX_NESTING  # type: ignore[attr-defined]
    try:
        loaded = yaml.load(StringIO(text))
    except (YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 0
        raise UsageError("scheme_yaml", "SG701", path=where, line=line, problem=getattr(error, "problem", "") or str(error)[:200]) from None
    if not isinstance(loaded, dict):
        raise UsageError("scheme_yaml", "SG701", path=where, line=1, problem="not a mapping")
    try:
        file = SchemeFile.model_validate(_plain(loaded))
    except ValidationError as error:
        first = error.errors()[0]
        place = [part for part in first["loc"] if isinstance(part, str | int)]
        raise UsageError(
            "scheme_key",
            "SG701",
            path=where,
            line=_line_of(loaded, place),
            key=".".join(map(str, place)) or "scheme",
            problem=first["msg"].removeprefix("Value error, "),
            near=_did_you_mean(place, first["type"]),
        ) from None
    return compile_scheme(file, text)


def _plain(value: Any) -> Any:
    """The loaded YAML as plain dicts, lists and scalars."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return str(value) if isinstance(value, str) else value


def _line_of(loaded: Any, place: list[str | int]) -> int:
    """The line (from 1) of the deepest key of ``place`` that exists."""
    line, node = 1, loaded
    for part in place:
        try:
            mark = node.lc.key(part) if isinstance(node, dict) else node.lc.item(part)
            line, node = mark[0] + 1, node[part]
        except (KeyError, AttributeError, IndexError, TypeError):
            break
    return line


def _did_you_mean(place: list[str | int], kind: str) -> str:
    if kind != "extra_forbidden" or not place:
        return ""
    import difflib

    from sheetgen.scheme import schema

    models = (schema.SchemeFile, schema.Metric, schema.Column, schema.Criterion, schema.Tier, schema.Parameter, schema.Window)
    known = {name for model in models for name in model.model_fields} | {"from"}
    return next(iter(difflib.get_close_matches(str(place[-1]), sorted(known), n=1)), "")
