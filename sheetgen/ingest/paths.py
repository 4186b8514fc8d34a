"""From what people name to files: folders, patterns the shell left alone, names that nearly fit."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sheetgen.connect import is_url
from sheetgen.errors import InputError

KINDS: Final[dict[str, str]] = {
    **dict.fromkeys((".csv", ".tsv", ".txt"), "text"),
    **dict.fromkeys((".xlsx", ".xlsm", ".xltx", ".xltm"), "xlsx"),
    **dict.fromkeys((".xls", ".xlt", ".et", ".ett"), "xls"),
    ".xlsb": "xlsb",
    ".ods": "ods",
    ".parquet": "parquet",
    **dict.fromkeys((".sav", ".zsav"), "sav"),
    ".sas7bdat": "sas7bdat",
}
"""what a file is by its extension"""
_MARKS: Final = ("~$", ".~lock", "._", ".")
"""what open programs and file systems leave beside a table"""
_UNSHOWN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def kind_of(name: str) -> str:
    """What the extension says: a value of KINDS, or '' for one that is not known."""
    lower = name.lower().removesuffix(".gz")
    return next((kind for end, kind in KINDS.items() if lower.endswith(end)), "")


def shown(path: object) -> str:
    r"""A path as people may see it: what turns or hides text is written out, as in ``\u202e``."""
    return _UNSHOWN.sub(lambda found: f"\\u{ord(found[0]):04x}", str(path))


def is_mark(path: str) -> bool:
    """Whether a name is of the traces that open programs leave, and no table."""
    return Path(path).name.startswith(("~$", ".~lock"))


def all_files(paths: Sequence[str]) -> list[tuple[str, bool]]:
    """(file, found in a folder) for every path, in the order given."""
    return [(f, not is_url(path) and Path(path).is_dir()) for path in paths for f in files_of(path)]


def files_of(path: str) -> list[str]:
    """``path``, or the readable files of that folder or pattern by name. Raises InputError (SG101)."""
    if is_url(path):
        return [path]
    there = Path(path)
    if there.is_dir():
        found = sorted(str(p) for p in there.iterdir() if p.is_file() and _is_input(p))
        if not found:
            raise InputError("folder_empty", "SG101", path=shown(path))
        return found
    if not there.exists() and glob.has_magic(path):
        names = sorted(glob.glob(path, recursive=True))  # noqa: PTH207  # keeps the path as it was written
        found = [name for name in names if Path(name).is_file() and _is_input(Path(name))]
        if not found:
            raise InputError("pattern_empty", "SG101", path=shown(path))
        return found
    if not there.exists():
        raise missing(there)
    return [path]


def _is_input(path: Path) -> bool:
    return not path.name.startswith(_MARKS) and bool(kind_of(path.name))


def missing(path: Path) -> InputError:
    """The error for a file that is not there, with the nearest name that is."""
    near = _nearest(path)
    key = "file_missing" if near else "file_missing_alone"
    return InputError(key, "SG101", path=shown(path), near=shown(near))


def _nearest(path: Path) -> str:
    from difflib import get_close_matches

    folder = path.parent
    names = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
    lower = {n.lower(): n for n in names}
    close = get_close_matches(path.name.lower(), list(lower), n=1, cutoff=0.5)
    return lower[close[0]] if close else ""
