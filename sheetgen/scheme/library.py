"""Find, load and list schemes: those that ship in templates/, and any scheme.yml by its path."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sheetgen.errors import UsageError
from sheetgen.i18n import LANGS
from sheetgen.yamlfile import line_of, nearest_key, read_text_file, read_yaml

if TYPE_CHECKING:
    from sheetgen.scheme.compile import Scheme
    from sheetgen.scheme.schema import SchemeFile

GUIDE: Final = "guide.{}.md.j2"


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
            near = nearest_key(name[:99], shipped()) or "vip-abc"
            raise UsageError("scheme_unknown", "SG701", name=name, near=near, known=", ".join(shipped()))
    text = read_text_file(path, "scheme_too_big", "scheme_yaml")
    scheme = read_scheme(text, str(path), proved=name not in shipped())
    return replace(scheme, guides=_guides(path.parent))


def load_schemes(names: Sequence[str]) -> Scheme:
    """The first of ``names``, with the others beside it. Raises UsageError."""
    if len(names) == 1:
        return load_scheme(names[0])
    found = [load_scheme(name) for name in names]
    ids = [scheme.id for scheme in found]
    twice = next((scheme_id for scheme_id in ids if ids.count(scheme_id) > 1), "")
    if twice:
        raise UsageError("scheme_twice", "SG701", name=twice)
    joined = read_scheme("\n---\n".join(scheme.text for scheme in found), " + ".join(names))
    return replace(joined, guides=found[0].guides)


def save_scheme(scheme: Scheme, folder: Path) -> None:
    """Write the scheme and its guides to a new folder, to be edited there."""
    folder.mkdir(parents=True)
    (folder / "scheme.yml").write_text(scheme.text, "utf-8")
    for lang, guide in scheme.guides.items():
        (folder / GUIDE.format(lang)).write_text(guide, "utf-8")


def _guides(folder: Path) -> dict[str, str]:
    """Language -> the guide that lies beside a scheme."""
    paths = {lang: folder / GUIDE.format(lang) for lang in LANGS}
    return {
        lang: read_text_file(path, "scheme_too_big", "scheme_yaml")
        for lang, path in paths.items()
        if path.is_file()
    }


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name too long for the system
        return False


def read_scheme(text: str, where: str = "scheme.yml", proved: bool = False) -> Scheme:
    """A scheme from its YAML text; several in one text stand side by side, each after a line ``---``.

    Raises UsageError: file, line, key and fix.

    ``proved``: its named classes are proved to be a partition, too; those that ship are proved by the tests.
    """
    from sheetgen.scheme.compile import compile_scheme

    parts = re.split(r"^---[ ]*$", text, flags=re.MULTILINE)
    if sum(bool(part.strip()) for part in parts) < 2:
        return _read_one(text, where, proved)[1]
    files, above = [], 0
    for part in parts:
        if part.strip():
            files.append(_read_one(part, where, proved, above)[0])
        above += part.count("\n")
    return compile_scheme(files[0], text, files[1:])


def _read_one(text: str, where: str, proved: bool, above: int = 0) -> tuple[SchemeFile, Scheme]:
    """``above``: the lines of the file that stand above ``text``."""
    from pydantic import ValidationError

    from sheetgen.scheme.check import place_in
    from sheetgen.scheme.compile import compile_scheme
    from sheetgen.scheme.partition import check_partition
    from sheetgen.scheme.refusal import refusal
    from sheetgen.scheme.schema import SchemeFile

    loaded, plain = read_yaml(text, where, "scheme_yaml", above)
    try:
        try:
            file = SchemeFile.model_validate(plain)
        except ValidationError as error:
            raise refusal(error, plain) from None
        scheme = compile_scheme(file, text)
        if proved:
            check_partition(scheme)
        return file, scheme
    except UsageError as error:
        place = place_in(plain, error.facts.pop("at", ()))
        line = above + line_of(loaded, place)
        error.facts.update(path=where, line=line, spot=f"{where}:{line}: ")
        raise
