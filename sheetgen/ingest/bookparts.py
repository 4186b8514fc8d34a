"""Which worksheet is which part of the package, so that what was seen in the part is known of the sheet."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from sheetgen.ingest.package import Package
from sheetgen.ingest.sheets import Sheet

if TYPE_CHECKING:
    import pyarrow as pa


def with_scans(sheets: list[Sheet], package: Package | None) -> list[Sheet]:
    """The sheets with the error cells and hidden rows that the reader does not tell."""
    if package is None or not any(scan.errors or scan.hidden for scan in package.scans.values()):
        return sheets
    parts = sheet_parts(package.small)
    by_part = {name.lower(): scan for name, scan in package.scans.items()}
    found = []
    for sheet in sheets:
        scan = by_part.get(parts.get(sheet.name, ""))
        found.append(
            replace(_with_errors(sheet, scan.errors), hidden_rows=tuple(scan.hidden)) if scan else sheet
        )
    return found


def sheet_parts(small: Mapping[str, bytes]) -> dict[str, str]:
    """Sheet name -> its part, in lower case. Empty where the package does not say."""
    book = next((name for name in small if name.split("/")[-1] == "workbook.xml"), "")
    folder = posixpath.dirname(book)
    try:
        root = ElementTree.fromstring(small[book])
        links = ElementTree.fromstring(small[posixpath.join(folder, "_rels", "workbook.xml.rels")])
    except (KeyError, ElementTree.ParseError):
        return {}
    targets = {link.get("Id", ""): link.get("Target", "").replace("\\", "/") for link in links}
    found = {}
    for sheet in root.iter():
        if sheet.tag.rpartition("}")[2] != "sheet":
            continue
        link = next((value for key, value in sheet.attrib.items() if key.endswith("}id")), "")
        target = targets.get(link, "")
        whole = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
        found[sheet.get("name", "")] = posixpath.normpath(whole).lower()
    return found


def _with_errors(sheet: Sheet, errors: Mapping[tuple[int, int], str]) -> Sheet:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    columns: list[Any] = list(sheet.columns)
    by_column: dict[int, dict[int, str]] = {}
    for (row, column), text in errors.items():
        if row < sheet.height and column < len(columns):
            by_column.setdefault(column, {})[row] = text
    for at, cells in by_column.items():
        rows = sorted(cells)
        mask = np.zeros(sheet.height, dtype=bool)
        mask[rows] = True
        whole: pa.Array = columns[at].combine_chunks()
        mask &= pc.equal(whole, "").to_numpy(zero_copy_only=False)
        words = pa.array([cells[row] for row in rows if mask[row]], pa.large_utf8())
        columns[at] = pa.chunked_array([pc.replace_with_mask(whole, pa.array(mask), words)])
    return replace(sheet, columns=tuple(columns))
