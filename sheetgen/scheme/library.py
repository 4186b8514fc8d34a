"""Find, load and list schemes: those that ship in templates/, and any scheme.yml by its path."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sheetgen.errors import UsageError
from sheetgen.yamlfile import line_of, nearest_key, read_text_file, read_yaml

if TYPE_CHECKING:
    from sheetgen.scheme.compile import Scheme


def templates_folder() -> Path:
    """Where the shipped schemes lie: inside the installed package, or beside it in a checkout."""
    inside = Path(__file__).parents[1] / "templates"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "templates"


def sample_folder() -> Path:
    """Where the sample data lie: inside the installed package, or beside it in a checkout."""
    inside = Path(__file__).parents[1] / "sample_data"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "sample_data"


def sample_paths(scheme_id: str) -> tuple[str, ...]:
    """The sample data for a scheme: the company's, and what the scheme's own folder adds to it."""
    own = templates_folder() / scheme_id / "sample"
    return (str(sample_folder()), str(own)) if own.is_dir() else (str(sample_folder()),)


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
    text = read_text_file(path, "scheme_too_big", "scheme_yaml")
    return read_scheme(text, str(path))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name too long for the system
        return False


def read_scheme(text: str, where: str = "scheme.yml") -> Scheme:
    """A scheme from its YAML text. Raises UsageError."""
    from pydantic import ValidationError

    from sheetgen.scheme.compile import compile_scheme
    from sheetgen.scheme.schema import SchemeFile

    loaded, plain = read_yaml(text, where, "scheme_yaml")
    try:
        file = SchemeFile.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        place = [part for part in first["loc"] if isinstance(part, str | int)]
        raise UsageError(
            "scheme_key",
            "SG701",
            path=where,
            line=line_of(loaded, place),
            name=".".join(map(str, place)) or "scheme",
            problem=first["msg"].removeprefix("Value error, "),
            near=_did_you_mean(place, first["type"]),
        ) from None
    return compile_scheme(file, text)


def _did_you_mean(place: list[str | int], kind: str) -> str:
    if kind != "extra_forbidden" or not place:
        return ""
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
    return nearest_key(place[-1], known)
