"""A book's sheets as calamine reads them, each looked at before, as it lays out a sheet's whole rectangle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol
from zipfile import BadZipFile, ZipFile, ZipInfo

from sheetgen.errors import InputError


class Looked(Protocol):
    """A package that was looked through."""

    def check_cells(self, part: ZipInfo, data: bytes) -> None:
        """Raise InputError (SG108) for a sheet that is too sparse."""


@dataclass(frozen=True)
class Sheets:
    """The sheets of the package ``data``. ``parts``: sheet -> what may be its part; ``others``: what may be
    that of any other sheet; ``looked``: None where nothing is to be refused.
    """

    looked: Looked | None
    data: bytes
    workbook: Any
    parts: Mapping[str, Sequence[ZipInfo]]
    others: Sequence[ZipInfo]
    checked: set[str] = field(default_factory=set)

    @property
    def sheet_names(self) -> list[str]:
        """The names, in the order of the tabs."""
        names: list[str] = self.workbook.sheet_names
        return names

    @property
    def sheets_metadata(self) -> list[Any]:
        """Name, kind and state of each."""
        told: list[Any] = self.workbook.sheets_metadata
        return told

    def get_sheet_by_name(self, name: str) -> Any:
        """A sheet of calamine's. Raises InputError (SG108) for one that is too sparse."""
        for part in self.parts.get(name, self.others) if self.looked else ():
            if self.looked and part.filename not in self.checked:
                self.looked.check_cells(part, self.data)
                self.checked.add(part.filename)
        return self.workbook.get_sheet_by_name(name)


def sheets_of(data: bytes, looked: Looked | None) -> Sheets:
    """The sheets of the package ``data``. Raises CalamineError."""
    from io import BytesIO

    from python_calamine import CalamineWorkbook

    from sheetgen.workbook.patch.package import open_package

    workbook = CalamineWorkbook.from_filelike(BytesIO(data))
    found: dict[str, list[ZipInfo]] = {}
    others: list[ZipInfo] = []
    with suppress(InputError, BadZipFile):  # no xlsx has no parts
        with ZipFile(BytesIO(data)) as archive:
            others += [i for i in archive.infolist() if "worksheets" in i.filename.lower()]
        package = open_package(data, lambda *_: None)
        for sheet in package.sheets:
            if sheet.part:
                found.setdefault(sheet.name, []).append(package.members[sheet.part.lower()].info)
    return Sheets(looked, data, workbook, found, others)
