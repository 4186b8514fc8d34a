"""A book to be graded anew, and what its names lead to: parameters, words, the figures of the last period."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sheetgen.errors import InputError
from sheetgen.grading.coding import EPOCH
from sheetgen.i18n import Label, text
from sheetgen.workbook.layout import RECORDS, Part, further_sheets, part_id, table_of, title_of
from sheetgen.workbook.patch.ahead import at_once
from sheetgen.workbook.patch.edits import Edits
from sheetgen.workbook.patch.package import Package
from sheetgen.workbook.patch.proved import Look, patched
from sheetgen.workbook.patch.refs import column
from sheetgen.workbook.regrade.blocks import sheet_name
from sheetgen.workbook.regrade.grids import Grid, grid_of, number_of, place, text_of

if TYPE_CHECKING:
    from sheetgen.i18n import Lang
    from sheetgen.scheme.compile import Scheme

_PLACE: Final = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!\$([A-Z]+)\$(\d+)(?::\$([A-Z]+)\$(\d+))?")


@dataclass(frozen=True)
class Source:
    """The book: its package, the names of our sheets by id, what it says of itself, and its scheme."""

    package: Package
    names: Mapping[str, str]
    state: Mapping[str, str]
    scheme: Scheme
    grids: dict[str, Grid] = field(default_factory=dict)

    @property
    def lang(self) -> Lang:
        """The book's language."""
        return "en" if self.state.get("lang") == "en" else "zh"

    @property
    def renamed(self) -> dict[str, str]:
        """The sheets that have another name than they were written with."""
        return {s: name for s, name in self.names.items() if name and name != title_of(s).text(self.lang)}

    def sheets(self, table: str) -> tuple[str, ...]:
        """The ids of the sheets that a table was written on."""
        further = sum(table_of(sheet) == table for sheet in further_sheets(self.state))
        return tuple(part_id(table, number) for number in range(1, further + 2))

    def onto(self, package: Package, edits: Edits, state: Mapping[str, str] | None = None) -> Source:
        """The book as ``package``, made of it by ``edits``; ``state``: what ``_sheetgen`` says anew."""
        touched = {*edits.cells, *(more.sheet for more in edits.append)}
        kept = {name: grid for name, grid in self.grids.items() if name not in touched}
        return replace(self, package=package, grids=kept, state={**self.state, **(state or {})})

    def patched(self, edits: Edits, look: Look) -> Source:
        """The book with these edits. Raises ReconcileError (SG533) where anything else would change."""
        if edits == Edits():
            return self
        return self.onto(patched(self.package, edits, look), edits)

    def grid(self, sheet_id: str) -> Grid:
        """A sheet of ours, read once. Raises InputError (SG523) where it is gone."""
        name = sheet_name(self.names, sheet_id, self.lang)
        if name not in self.grids:
            self.grids[name] = grid_of(self.package, name)
        return self.grids[name]

    def read(self, sheet_ids: Iterable[str]) -> None:
        """Read sheets of ours, some at the same time.

        Raises InputError (SG105, SG510, SG523).
        """
        names = [sheet_name(self.names, sheet_id, self.lang) for sheet_id in sheet_ids]
        left = [name for name in names if name not in self.grids]
        _ = self.package.worksheets, self.package.strings  # found out here, not by each
        self.grids.update(zip(left, at_once(partial(grid_of, self.package), left), strict=True))

    def named(self) -> dict[str, tuple[str, int, int, int]]:
        """Workbook name -> sheet, first row, column, last row."""
        found = {}
        for name, here, refers in self.package.names:
            at = _PLACE.fullmatch(refers)
            if at and not here:
                sheet = (at[1] or at[2]).replace("''", "'")
                found[name] = (sheet, int(at[4]) - 1, column(at[3]), int(at[6] or at[4]) - 1)
        return found


def limit_of(source: Source, table: str) -> int:
    """How many rows the tail sheet of a detail table can hold."""
    return _control(source, f"{table}_limit")


def parts_of(source: Source) -> dict[str, tuple[Part, ...]]:
    """The sheets of each detail table that has several: the rows they tell of, and whose come first.

    Where no metric needs the table nothing tells, and all customers are the last sheet's.
    """
    found = {}
    for table in RECORDS:
        if further := range(2, len(source.sheets(table)) + 1):
            told = (
                [_control(source, f"{table}_{n}_{key}") for key in ("rows", "from")] for n in (1, *further)
            )
            found[table] = tuple(Part(rows, first) for rows, first in told)
    return found


def _control(source: Source, name: str) -> int:
    """A number of ``_calc``, 0 where it is not there."""
    found = source.named().get(name)
    cell = source.grid("calc").at(found[1], found[2]) if found else None
    return int(number_of(cell) or 0) if cell else 0


def parameters_of(
    source: Source, as_of: date | None, live: frozenset[str] = frozenset()
) -> tuple[dict[str, Any], tuple[date, date | None]]:
    """The numbers of 参数设置, by start_settings' keys, and both dates. Raises InputError (SG529).

    ``live``: those that come from the data (a blank book's) and are left out.
    """
    names, grid = source.named(), source.grid("parameters")
    numbers: dict[str, Any] = {}
    for name, (sheet, row, col, _) in names.items():
        if not name.startswith("p_") or sheet != grid.name:
            continue
        cell, key = grid.at(row, col), name.removeprefix("p_")
        if key in live:
            continue
        if number_of(cell) is None and not (key.startswith("keep_") and not text_of(cell)):
            raise InputError("regrade_parameter", "SG529", sheet=grid.name, cell=place(row, col))
        numbers[key] = number_of(cell)
    if "as_of" not in numbers and as_of is None:
        raise InputError("regrade_column", "SG523", sheet=grid.name, column="p_as_of")
    day = as_of or EPOCH + timedelta(days=int(numbers["as_of"]))
    numbers.pop("as_of", None)
    last = names.get("last_as_of")
    serial = number_of(grid.at(last[1], last[2])) if last else None
    return numbers, (day, EPOCH + timedelta(days=int(serial)) if serial else None)


def words_of(source: Source, name: str) -> list[str]:
    """The texts under a workbook name, from top to bottom."""
    found = source.named().get(name)
    if not found:
        return []
    grid = source.grid("parameters")
    return [text_of(grid.at(row, found[2])) for row in range(found[1], found[3] + 1)]


def with_words(source: Source) -> Source:
    """The scheme with the benefits that stand on 参数设置. Raises InputError (SG529) for another label."""
    labels, benefits, tiers = (
        words_of(source, "tier_label"),
        words_of(source, "tier_benefits"),
        source.scheme.file.tiers,
    )
    if [tier.label.text(source.lang) for tier in tiers] != labels:
        raise InputError("regrade_tier_label", "SG529", sheet=source.names["parameters"])
    told = [t.model_copy(update={"benefits": Label(w, w)}) for t, w in zip(tiers, benefits, strict=True)]
    file = source.scheme.file.model_copy(update={"tiers": told})
    return replace(source, scheme=replace(source.scheme, file=file))


def figures_of(source: Source) -> dict[str, float]:
    """What the monitoring of the last period came to, as the book tells beside its own figures."""
    from sheetgen.workbook.figures import FIGURES
    from sheetgen.workbook.sheets.monitor import LAST, NOW

    names, found = source.named(), {}
    for figure in FIGURES:
        at = names.get(f"fig_{figure.id}")
        number = number_of(source.grid("overview").at(at[1], at[2] + LAST - NOW)) if at else None
        if number is not None:
            found[figure.id] = number
    if (day := _told_day(source)) is not None:
        found["as_of"] = float((day - EPOCH).days)
    return found


def _told_day(source: Source) -> date | None:
    """The day of the last period's figures, as the line above them says."""
    before, after = map(re.escape, text("period_book", source.lang, date="\0").split("\0"))
    said, grid = re.compile(rf"{before}(\d{{4}}-\d\d-\d\d){after}"), source.grid("overview")
    for row, cells in grid.cells.items():
        for col, cell in cells.items():
            if cell.formula is not None and (found := said.search(grid.formula(row, col) or "")):
                return date.fromisoformat(found[1])
    return None
