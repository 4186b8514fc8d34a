"""What is at hand while raw data are brought into a book, and what has come of them so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sheetgen.model import Issue
from sheetgen.workbook.patch.edits import Append, Constant, Edit
from sheetgen.workbook.patch.order import Order
from sheetgen.workbook.regrade.compared import Compared, value_of
from sheetgen.workbook.regrade.edited import Edited
from sheetgen.workbook.regrade.raw import Data
from sheetgen.workbook.written import PLACE

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.workbook.regrade.source import Source

UNNUMBERED: Final = 0.0
"""in place of the number of a customer who has none"""


@dataclass
class Desk:
    """What is at hand, and what has come so far."""

    source: Source
    data: Data
    sheets: Mapping[str, Compared]
    known: bool
    keys: dict[str, float]
    """the number of every customer on 客户信息"""
    cells: dict[str, dict[int, dict[int, Edit]]]
    appended: list[Append]
    told: list[Edited]
    issues: list[Issue]
    texts: dict[str, str]
    refused: tuple[int, int] = (0, 0)
    orders: dict[str, Order] = field(default_factory=dict)
    """by sheet"""
    longest: int = 0
    """the most rows that one customer has or would have in order"""


def constants(sheet: Compared, home: int, frame: pd.DataFrame, at: int, lang: Any) -> dict[int, Edit]:
    """The cells of a new row of one of the sheets of a table."""
    found: dict[int, Edit] = {}
    places = sheet.places_on[home]
    for column in frame.columns:
        if column == PLACE or column not in places or column not in sheet.now:
            continue
        value = value_of(sheet.field(column), frame[column].iloc[at], lang)
        if value is not None:
            found[places[column]] = Constant(value)
    return found
