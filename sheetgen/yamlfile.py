"""YAML 1.2 that people wrote: read strictly, with the line of whatever is wrong."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from sheetgen.errors import UsageError

MAX_BYTES = 1_000_000
MAX_NESTING = 30
MAX_VALUES = 20_000


def read_text_file(path: Path, too_big: str, bad_yaml: str) -> str:
    """The text of a small UTF-8 file. Raises UsageError with the message ``too_big`` or ``bad_yaml``."""
    if path.stat().st_size > MAX_BYTES:
        raise UsageError(too_big, "SG707", path=path)
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise UsageError(bad_yaml, "SG701", path=path, line=line, problem="not UTF-8") from None


def read_yaml(text: str, where: str, bad_yaml: str, above: int = 0) -> tuple[Any, dict[str, Any]]:
    """The document with its marks (for line_of), and as plain values. Raises UsageError ``bad_yaml``.

    ``above``: the lines of the file that stand above ``text``. Duplicate keys, huge or endless aliases and
    nesting past all measure are refused.
    """
    from io import StringIO

    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    yaml = YAML(typ="rt", pure=True)
    yaml.version = (1, 2)
    yaml.max_depth = MAX_NESTING
    try:
        _refuse_deep(text)
        loaded = yaml.load(StringIO(text))
        plain = _plain(loaded)
    except (YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", "") or str(error)[:200]
        line = above + mark.line + 1 if mark is not None else above
        raise UsageError(bad_yaml, "SG701", path=where, line=line, problem=problem) from None
    if not isinstance(loaded, dict):
        raise UsageError(bad_yaml, "SG701", path=where, line=above + 1, problem="not a mapping")
    return loaded, plain


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


def line_of(loaded: Any, place: list[str | int]) -> int:
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


def nearest_key(name: object, known: Collection[str], least: float = 0.6) -> str:
    """The key that was probably meant, or ''. ``least``: how like it must be, from 0 to 1."""
    import difflib

    cased = {key.casefold(): key for key in sorted(known, reverse=True)}
    found = difflib.get_close_matches(str(name).casefold(), sorted(cased), n=1, cutoff=least)
    return cased[found[0]] if found else ""
