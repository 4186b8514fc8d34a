"""Is a book what it should be? Every result against a fresh computation, and what staff did to it.

Nothing is written. Edits of staff are no fault; a cell that shows something else than its formula comes to
is, and so is a formula that was typed over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sheetgen.model import Issue

if TYPE_CHECKING:
    from sheetgen.regrade import Regraded
    from sheetgen.workbook.regrade.stale import Stale


@dataclass(frozen=True)
class CheckedBook:
    """``regraded``: what a re-grade would make of the book. ``wrong``: the cells that show something else.

    ``uncalculated``: no formula shows anything, for a program saved the book that does not calculate.
    """

    path: Path
    regraded: Regraded
    wrong: tuple[Stale, ...] = ()
    uncalculated: bool = False

    @property
    def intact(self) -> bool:
        """Whether every computed cell has its formula and shows what that comes to."""
        return not (self.wrong or self.uncalculated or self.typed_over)

    @property
    def typed_over(self) -> int:
        """How many formulas somebody typed over."""
        return sum(1 for edit in self.regraded.edits if edit.kind == "typed_over")


def is_book(path: Path) -> bool:
    """Whether this is a workbook that the program made, by the sheet that only its books have."""
    import re
    from zipfile import BadZipFile, ZipFile

    if path.suffix.lower() not in (".xlsx", ".xlsm") or not path.is_file():
        return False
    try:
        with ZipFile(path) as package:
            names = [n for n in package.namelist() if n.lower().replace("\\", "/") == "xl/workbook.xml"]
            if not names or package.getinfo(names[0]).file_size > 50_000_000:
                return False
            return re.search(rb"""name=["']_sheetgen["']""", package.read(names[0])) is not None
    except (BadZipFile, OSError, RuntimeError):
        return False


def check_book(path: Path, password: str = "") -> CheckedBook:
    """Check the book at ``path``. Raises InputError where it is past patching, PasswordError."""
    from sheetgen.examine import examine
    from sheetgen.regrade import RegradeRequest
    from sheetgen.workbook.publish import digest
    from sheetgen.workbook.regrade.stale import stale_cells, without_results

    seen = examine(RegradeRequest(path, password=password, dry_run=True))
    source, cells = seen.source, seen.edits.cells
    found = replace(seen.found, digest=digest(path, lambda _: seen.book.data), sha256=seen.book.sha256,
                    run_id=seen.book.state.get("run_id", ""))  # fmt: skip
    if without_results(source, cells):
        found = replace(found, issues=(*found.issues, Issue("SG596", "warning", str(path))))
        return CheckedBook(path, found, uncalculated=True)
    wrong = tuple(stale_cells(source, cells))
    issues = [*found.issues]
    for sheet in dict.fromkeys(cell.sheet for cell in wrong):
        mine = [cell for cell in wrong if cell.sheet == sheet]
        facts = (("sheet", sheet), ("cell", mine[0].cell), ("should", mine[0].should))
        issues.append(
            Issue("SG595", "error", f"#{sheet}", value=mine[0].shows, count=len(mine), facts=facts)
        )  # fmt: skip
    return CheckedBook(path, replace(found, issues=tuple(issues)), wrong)
