"""A patch that is proved before anybody relies on it: nothing differs but what was told."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sheetgen.errors import ReconcileError
from sheetgen.workbook.patch.apply import apply
from sheetgen.workbook.patch.edits import Edits
from sheetgen.workbook.patch.known import inherited
from sheetgen.workbook.patch.package import Package, open_package
from sheetgen.workbook.patch.semantic import Difference, differences

Look = Callable[[str, bytes], object]
"""looks through a package's bytes as it is opened; raises InputError"""


def patched(package: Package, edits: Edits, look: Look) -> Package:
    """The package with these edits; itself where they change no byte. Raises ReconcileError (SG533)."""
    data = apply(package, edits)
    if data == package.data:
        return package
    after = inherited(package, open_package(data, look, package.name))
    prove(differences(package, after, edits))
    return after


def prove(wrong: Sequence[Difference]) -> None:
    """Raise ReconcileError (SG533) where anything differs that should not."""
    if wrong:
        place = f"{wrong[0].part} {wrong[0].where}: {wrong[0].what}"
        raise ReconcileError("regrade_proof", "SG533", place=place, count=len(wrong))
