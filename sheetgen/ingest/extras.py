"""Columns that no field claims: kept as text, and identity cards among them checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetgen.ingest.fates import Verdict
from sheetgen.ingest.headers import EXTRA
from sheetgen.ingest.stack import Stack
from sheetgen.ingest.text import distinct, spread_text
from sheetgen.ingest.types import Typed, typed
from sheetgen.ingest.values import id_card

if TYPE_CHECKING:
    import pandas as pd


def extra_columns(stack: Stack) -> tuple[dict[str, pd.Series[str]], list[Verdict]]:
    """The further columns as text. Identity cards are checked; what lost its digits is left empty."""
    found: dict[str, pd.Series[str]] = {}
    verdicts = []
    for name in map(str, stack.cells):
        if not name.startswith(EXTRA):
            continue
        if any(word in name.casefold() for word in ("身份证", "idcard", "id card")):
            cards = id_cards(stack.column(name))
            found[name] = cards.values
            for code in ("SG403", "SG455"):
                verdicts.append(Verdict(code, "used", cards.has(code), name))
        else:
            found[name] = typed(stack.column(name), "text").values
    return found, verdicts


def id_cards(column: pd.Series[str]) -> Typed:
    """A column of identity card numbers."""
    import numpy as np

    codes, cells = distinct(column)
    pairs = [id_card(cell) for cell in cells]
    problems = np.array([p for _, p in pairs], dtype=object)
    return Typed(spread_text(codes, [t for t, _ in pairs]), problems, codes)
