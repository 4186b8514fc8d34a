"""Texts on the hidden sheet ``_sheetgen``, written anew: key and value a row, a long value in pieces."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from sheetgen.workbook.attested import DIGESTS, digests_of
from sheetgen.workbook.patch.edits import Constant, Edit
from sheetgen.workbook.regrade.grids import text_of
from sheetgen.workbook.sheets.state import CHUNK
from sheetgen.workbook.written import as_csv

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.workbook.regrade.grids import Grid

LEVEL: Final = 3


def longer(base: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """``base`` with the rows of ``more`` below, whose further columns are no part of it."""
    import numpy as np
    import pandas as pd

    if not len(more):
        return base
    columns: dict[str, pd.Series[Any]] = {}
    for name in map(str, base):
        kind = base[name].dtype
        wanted = more[name] if name in more else pd.Series([None] * len(more), dtype="object")
        if kind.kind in "iu" and wanted.isna().any():
            kind = np.dtype("float64")
        filled = wanted if kind.kind in "fiuM" else wanted.astype("object").fillna("")
        columns[name] = pd.concat([base[name].astype(kind), filled.reset_index(drop=True).astype(kind)])
    return pd.DataFrame(columns).reset_index(drop=True)


def packed_text(frame: pd.DataFrame) -> str:
    """A table of written_tables as ``_sheetgen`` keeps it."""
    numbers = frame["key"].astype("float64").round().astype("Int64")
    return base64.b64encode(zlib.compress(as_csv(frame.assign(key=numbers)), LEVEL)).decode("ascii")


def signed(texts: Mapping[str, str], state: Mapping[str, str]) -> dict[str, str]:
    """``texts`` and the digests of all entries, where the book has any."""
    if DIGESTS not in state:
        return dict(texts)
    told = json.loads(state[DIGESTS]) | json.loads(digests_of(texts.items()))
    return {**texts, DIGESTS: json.dumps(told, sort_keys=True)}


def stored(grid: Grid, texts: Mapping[str, str]) -> dict[int, dict[int, Edit]]:
    """The edits that make ``_sheetgen`` hold ``texts``, by row and column."""
    there: dict[str, list[int]] = {}
    for row, key in enumerate(grid.words(0).tolist()):
        there.setdefault(key, []).append(row)
    cells: dict[int, dict[int, Edit]] = {}
    below = grid.height
    for key, text in texts.items():
        pieces = [text[i : i + CHUNK] for i in range(0, len(text), CHUNK)]
        rows = there.get(key, [])
        if text == "".join(text_of(grid.at(row, 1)) for row in rows):
            continue
        more = range(below, below + max(0, len(pieces) - len(rows)))
        below += len(more)
        for row, piece in zip([*rows, *more], pieces, strict=False):
            cells[row] = {0: Constant(key), 1: Constant(piece)}
        for row in rows[len(pieces) :]:
            cells[row] = {0: Constant(None), 1: Constant(None)}
    return cells
