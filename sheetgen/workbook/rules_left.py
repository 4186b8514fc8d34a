"""The rules that a book was written by, and the numbers of 参数设置 that staff have set since."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from sheetgen.grading.standing import LastRules
from sheetgen.workbook.sheets.state import PREPARED

if TYPE_CHECKING:
    from sheetgen.scheme.compile import Scheme
    from sheetgen.workbook.opened import OpenBook

KEEP = "keep_"


def rules_of(state: Mapping[str, str]) -> LastRules:
    """The rules that the book was written by, as its state says."""
    if "settings" not in state or "as_of" not in state:
        return LastRules()
    changed = {key: float(value) for key, value in json.loads(state["settings"]).get("changed", {}).items()}
    # a blank book was never graded before staff filled it
    as_of = None if PREPARED in state else date.fromisoformat(state["as_of"])
    return LastRules(state.get("scheme", ""), state.get("scheme_text", ""), changed, as_of)


def changed_parameters(book: OpenBook, scheme: Scheme) -> dict[str, float]:
    """The numbers staff set, by start_settings' keys: those on 参数设置 that differ from what the book
    was written with, and those they set in earlier books.

    Only where the book was graded by the same scheme: another scheme's numbers mean something else.
    """
    state, sheet = book.state, book.names["parameters"]
    if not sheet or state.get("scheme") != scheme.id or "settings" not in state:
        return {}
    settings = json.loads(state["settings"])
    written = as_written(settings, scheme)
    cells = book.workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    changed = {key: float(value) for key, value in settings.get("changed", {}).items()}
    places, formulas = _parameter_places(book.data, sheet if PREPARED in state else "")
    for key, (row, col) in places.items():
        if key in formulas:
            continue  # a blank book's own, that follows the data
        cell = cells[row][col] if row < len(cells) and col < len(cells[row]) else ""
        number = isinstance(cell, int | float) and not isinstance(cell, bool)
        if key.startswith(KEEP) and key not in written and number:
            changed[key] = float(cell)  # a keep line of its own, where the book was written with none
        elif key.startswith(KEEP) and cell == "":
            changed.pop(key, None)
        elif number and key in written and abs(float(cell) - written[key]) > 1e-9:
            changed[key] = float(cell)
    return changed


def as_written(settings: dict[str, Any], scheme: Scheme) -> dict[str, float]:
    """Every number of 参数设置 as the program wrote it."""
    written = {str(key): float(value) for key, value in settings["numbers"].items()}
    tables = settings["tables"]
    for i, tier in enumerate(reversed(scheme.file.tiers)):
        if tier.edge is not None:
            step = scheme.quantum if tier.over is not None else 0.0
            written[f"tier_{tier.id}"] = round(tables["tier_cut"][i] - step, scheme.edge_digits)
        own = settings.get("changed", {}).get(f"{KEEP}{tier.id}", tier.keep)
        if own is not None:
            written[f"{KEEP}{tier.id}"] = float(own)
        written[f"follow_up_{tier.id}"] = tables["tier_follow_up"][i]
        written[f"points_rate_{tier.id}"] = tables["tier_points_rate"][i]
    for key in scheme.cuts:
        written |= {f"{key}_cut_{n}": float(cut) for n, cut in enumerate(tables[f"{key}_cut"], 1)}
    return written


def _parameter_places(data: bytes, sheet: str = "") -> tuple[dict[str, tuple[int, int]], frozenset[str]]:
    """Parameter key -> (row, column) from 0, by the workbook's ``p_…`` names; and formulas on ``sheet``."""
    from io import BytesIO

    from openpyxl import load_workbook
    from openpyxl.utils import column_index_from_string

    book = load_workbook(BytesIO(data), read_only=True, keep_links=False)
    found = {}
    for name, defined in book.defined_names.items():
        place = re.fullmatch(r".*!\$([A-Z]+)\$(\d+)", defined.attr_text or "")
        if name.startswith("p_") and place:
            found[name.removeprefix("p_")] = (int(place[2]) - 1, column_index_from_string(place[1]) - 1)
    cells = list(book[sheet].iter_rows(values_only=True)) if sheet in book.sheetnames else []
    book.close()
    return found, frozenset(key for key, at in found.items() if _is_formula(cells, *at))


def _is_formula(cells: list[tuple[Any, ...]], row: int, col: int) -> bool:
    """Whether a cell is one; an array formula is no text."""
    value = cells[row][col] if row < len(cells) and col < len(cells[row]) else None
    plain = isinstance(value, str | int | float | date) or value is None
    return not plain or str(value).startswith("=")
