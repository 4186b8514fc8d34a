"""Find, load and list schemes: those that ship in templates/, and any scheme.yml by its path."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheetgen.errors import UsageError

if TYPE_CHECKING:
    from sheetgen.scheme.compile import Scheme

MAX_BYTES = 1_000_000
MAX_NESTING = 30
MAX_VALUES = 20_000


def templates_folder() -> Path:
    """Where the shipped schemes lie: inside the installed package, or beside it in a checkout."""
    inside = Path(__file__).parents[1] / "templates"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "templates"


def sample_folder() -> Path:
    """Where the sample data lie: inside the installed package, or beside it in a checkout."""
    inside = Path(__file__).parents[1] / "sample_data"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "sample_data"


def shipped() -> list[str]:
    """The ids of the schemes that ship, the default one first."""
    found = sorted(p.parent.name for p in templates_folder().glob("*/scheme.yml"))
    return sorted(found, key=lambda scheme_id: scheme_id != "vip-abc")


def load_scheme(name: str) -> Scheme:
    """The scheme with this id, or of this scheme.yml or its folder. Raises UsageError: line, key and fix."""
    path = Path(name)
    if name not in shipped() and (path.suffix in (".yml", ".yaml") or _is_folder(path)):
        path = path / "scheme.yml" if path.is_dir() else path
        if not path.is_file():
            raise UsageError("scheme_file_missing", "SG701", path=path)
    else:
        path = templates_folder() / name / "scheme.yml"
        if name not in shipped():
            import difflib

            near = difflib.get_close_matches(name, shipped(), n=1)
            raise UsageError(
                "scheme_unknown",
                "SG701",
                name=name,
                near=near[0] if near else "vip-abc",
                known=", ".join(shipped()),
            )
    if path.stat().st_size > MAX_BYTES:
        raise UsageError("scheme_too_big", "SG707", path=path)
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise UsageError("scheme_yaml", "SG701", path=path, line=line, problem="not UTF-8") from None
    return read_scheme(text, str(path))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name too long for the system
        return False


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
    yaml.max_depth = MAX_NESTING
    try:
        _refuse_deep(text)
        loaded = yaml.load(StringIO(text))
        plain = _plain(loaded)
    except (YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 0
        raise UsageError(
            "scheme_yaml",
            "SG701",
            path=where,
            line=line,
            problem=getattr(error, "problem", "") or str(error)[:200],
        ) from None
    if not isinstance(loaded, dict):
        raise UsageError("scheme_yaml", "SG701", path=where, line=1, problem="not a mapping")
    try:
        file = SchemeFile.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        place = [part for part in first["loc"] if isinstance(part, str | int)]
        raise UsageError(
            "scheme_key",
            "SG701",
            path=where,
            line=_line_of(loaded, place),
            name=".".join(map(str, place)) or "scheme",
            problem=first["msg"].removeprefix("Value error, "),
            near=_did_you_mean(place, first["type"]),
        ) from None
    return compile_scheme(file, text)


def _plain(loaded: Any) -> Any:
    """The loaded YAML as plain values. Raises ValueError where aliases make it huge or endless."""
    seen = 0

    def plain(value: Any, depth: int) -> Any:
        nonlocal seen
        seen += 1
        if seen > MAX_VALUES or depth > MAX_NESTING:
            raise ValueError("too many values, or an alias of itself")
        if isinstance(value, dict):
            return {str(k): plain(v, depth + 1) for k, v in value.items()}
        if isinstance(value, list):
            return [plain(v, depth + 1) for v in value]
        return str(value) if isinstance(value, str) else value

    return plain(loaded, 0)


def _refuse_deep(text: str) -> None:
    """Raises ValueError for brackets nested past all measure: YAML scans in the square of their depth."""
    if any(text.count(bracket) > MAX_VALUES // 10 for bracket in "[{"):
        raise ValueError("too many brackets")


def _line_of(loaded: Any, place: list[str | int]) -> int:
    """The line (from 1) of the deepest key of ``place`` that exists."""
    line, node = 1, loaded
    for part in place:
        try:
            places: Any = node.lc
            mark = places.key(part) if isinstance(node, dict) else places.item(part)
            line, node = mark[0] + 1, node[part]
        except (KeyError, AttributeError, IndexError, TypeError):
            break
    return line


def _did_you_mean(place: list[str | int], kind: str) -> str:
    if kind != "extra_forbidden" or not place:
        return ""
    import difflib

    from sheetgen.scheme import schema

    models = (
        schema.SchemeFile,
        schema.Metric,
        schema.Column,
        schema.Criterion,
        schema.Tier,
        schema.Parameter,
        schema.Window,
    )
    known = {name for model in models for name in model.model_fields} | {"from"}
    return next(iter(difflib.get_close_matches(str(place[-1]), sorted(known), n=1)), "")
