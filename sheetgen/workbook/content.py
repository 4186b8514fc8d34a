"""What a book is composed from, arranged as the sheets need it: keys given, rows sorted, links resolved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sheetgen.errors import InputError
from sheetgen.grading.coding import EPOCH
from sheetgen.grading.derive import with_columns
from sheetgen.grading.removed import told_in
from sheetgen.i18n import Lang, text
from sheetgen.model import Clean, Graded
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.kept import NO_KEPT, Kept
from sheetgen.workbook.layout import FIRST, PART_ROWS, SHEETS, Layout, Part, spare_rows
from sheetgen.workbook.removed import removed_word

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from sheetgen.scheme.compile import Scheme
    from sheetgen.workbook.review import Review

NO_FIGURES: Mapping[str, float] = {}


@dataclass(frozen=True)
class Content:
    """``records``: the detail tables sorted by customer (column ``key``, 1 for the first one), then date.

    ``slices``: table -> (first row, last row, number of rows) of each customer row, prepared ones included,
    as the helper columns of 价值评分 show them. ``ledger``: the rows of 级别变动, oldest first.
    ``reviews``: the lines of 疑似重复. ``last_figures``: what the monitoring of the last book came to.
    """

    clean: Clean
    graded: Graded
    scheme: Scheme
    layout: Layout
    records: dict[str, pd.DataFrame]
    slices: dict[str, tuple[Any, Any, Any]]
    ledger: pd.DataFrame
    run_id: str
    reviews: tuple[Review, ...] = ()
    last_figures: Mapping[str, float] = field(default_factory=dict)
    kept: Kept = NO_KEPT
    """what staff added and corrected"""
    series: str = ""
    """the run of the first book of all that followed on one another; empty for the first one"""
    homes: Mapping[str, Any] = field(default_factory=dict)
    """table on several sheets -> the number of the sheet that each customer row has its rows on"""
    split: str = ""
    """of a book of a split, what it says of the others, as JSON (share/split.py)"""

    @property
    def lang(self) -> Lang:
        """The book's language."""
        return self.layout.lang

    @property
    def n(self) -> int:
        """The number of customers."""
        return self.layout.rows["customers"]

    def say(self, key: str, **facts: object) -> str:
        """A text of messages/ in the book's language."""
        return text(key, self.lang, **facts)

    @property
    def counted(self) -> int:
        """The customers that count: all but those marked as deleted."""
        return self.n - int(self.removed.sum())

    @property
    def longest(self) -> int:
        """The rows of the customer who has most of them in one table."""
        return max(int(n.max(initial=0)) for _, _, n in self.slices.values())

    @property
    def as_of_serial(self) -> float:
        """The as-of date as a serial day."""
        return float((self.graded.settings.as_of - EPOCH).days)

    def values(self, column: str) -> list[Any]:
        """A metric or computed column as cell values, prepared rows too; ``None`` where empty."""
        cells = shown(self.graded.frame[column].to_numpy(), self.lang)
        return self.in_place(cells) + [None] * self.layout.spare["customers"]

    def states(self) -> list[Any]:
        """The states of the rows of 价值评分 and 客户级别, prepared ones too."""
        return self.in_place([1.0] * self.n) + [None] * self.layout.spare["customers"]

    def in_place(self, cells: list[Any]) -> list[Any]:
        """``cells``, one a customer, with the word that stands there for those marked as deleted."""
        word = removed_word(self.lang)
        for i in self.removed.nonzero()[0].tolist():
            cells[i] = word
        return cells

    @property
    def removed(self) -> Any:
        """Which customers are marked as deleted, a bool array."""
        return told_in(self.graded.frame)


def shown(values: Any, lang: Lang) -> list[Any]:
    """Computed values as a cell shows them: NaN is empty, an infinity is called an error."""
    import numpy as np
    import pandas as pd

    if values.dtype == object or values.dtype.kind not in "fiu":
        empty = pd.isna(values).tolist()
        return [None if gone or v == "" else v for v, gone in zip(values.tolist(), empty, strict=True)]
    numbers = values.astype(np.float64)
    if np.isfinite(numbers).all():
        return list(numbers.tolist())
    error = text("cell_error", lang)
    return [None if math.isnan(v) else error if math.isinf(v) else v for v in numbers.tolist()]


def filled(clean: Clean) -> frozenset[str]:
    """The optional fields (``table.field``) that any record has."""
    return frozenset(
        f"{table}.{field.id}"
        for table, frame in clean.tables.items()
        for field in data_tables()[table].fields.values()
        if field.optional and field.id in frame and frame[field.id].notna().any()
    )


def arrange(
    clean: Clean,
    graded: Graded,
    scheme: Scheme,
    lang: Lang,
    ledger: pd.DataFrame,
    run_id: str,
    reviews: tuple[Review, ...] = (),
    last_figures: Mapping[str, float] = NO_FIGURES,
    prepared: dict[str, int] | None = None,
    kept: Kept = NO_KEPT,
    part_rows: int = PART_ROWS,
) -> Content:
    """Sort the detail tables by customer and lay out the book.

    ``prepared``: the empty rows by table of a blank book.
    ``part_rows``: the rows of a detail table that go on one sheet; what is beyond goes on further ones.
    Raises InputError (SG620) where a customer alone has more.
    """
    import numpy as np
    import pandas as pd

    ids = clean.tables["customers"]["customer_id"]
    rows = {table: len(frame) for table, frame in clean.tables.items()}
    extras = {table: tuple(found) for table, found in clean.extras.items()}
    for sheet in dict.fromkeys(column.sheet for column in kept.columns):
        extras[sheet] = (*extras.get(sheet, ()), *kept.ids(sheet))
    spare = spare_rows(rows) if prepared is None else prepared
    layout = Layout(scheme, lang, rows, spare, extras, filled(clean), prepared is not None)
    key_of = pd.Series(np.arange(1, len(ids) + 1), index=ids.to_numpy())
    records = {}
    for table in layout.record_tables:
        columns = [field.id for field in layout.fields(table)]
        frame = with_columns(clean.tables[table], table, columns, graded.settings.as_of)
        keyed = frame.assign(key=key_of.reindex(frame["customer_id"]).to_numpy(dtype=np.int64))
        order = ["key", "date"] + (["order_id"] if "order_id" in frame else [])
        records[table] = keyed.sort_values(order, kind="stable").reset_index(drop=True)
    parts = {table: parted(frame["key"].to_numpy(), part_rows) for table, frame in records.items()}
    for table, found in parts.items():
        _fitting(layout, table, found, part_rows, ids)
    layout = replace(layout, parts={table: found for table, found in parts.items() if len(found) > 1})
    homes, slices = {}, {}
    for table, frame in records.items():
        home, slices[table] = _slices_of(layout, table, frame["key"].to_numpy())
        if table in layout.parts:
            homes[table] = home + 1.0
    return Content(
        clean, graded, scheme, layout, records, slices, ledger, run_id, reviews, last_figures, kept,
        homes=homes,
    )  # fmt: skip


def parted(keys: npt.NDArray[Any], part_rows: int) -> tuple[Part, ...]:
    """The sheets that rows sorted by ``keys`` fill: a customer who does not fit whole begins the next one.

    A part of more than ``part_rows`` is a single customer's.
    """
    import numpy as np

    starts = [0]
    while len(keys) - starts[-1] > part_rows:
        start = starts[-1]
        stop = int(np.searchsorted(keys, keys[start + part_rows], side="left"))
        if stop == start:
            stop = int(np.searchsorted(keys, keys[start], side="right"))
        if stop == len(keys):
            break
        starts.append(stop)
    ends = [*starts[1:], len(keys)]
    return tuple(Part(b - a, int(keys[a]) if b > a else 1) for a, b in zip(starts, ends, strict=True))


def _fitting(layout: Layout, table: str, parts: tuple[Part, ...], most: int, ids: pd.Series[str]) -> None:
    """Raises InputError (SG620) for a customer who fits on no sheet."""
    for part in parts:
        if part.rows > most:
            facts = {"customer": ids.iloc[part.key - 1], "count": part.rows, "limit": most}
            raise InputError("part_rows", "SG620", sheet=SHEETS[table].text(layout.lang), **facts)


def _slices_of(layout: Layout, table: str, keys: npt.NDArray[Any]) -> tuple[Any, tuple[Any, Any, Any]]:
    """Of each customer row the number of its sheet, from 0, and first row, last row, number of rows there."""
    import numpy as np

    numbers, known = np.arange(1, layout.customers + 1), layout.rows["customers"]
    first, last = (np.searchsorted(keys, numbers, side=side) for side in ("left", "right"))
    count = np.where(numbers <= known, last - first, 0)
    parts = layout.parts.get(table, (Part(len(keys), 1),))
    home = np.searchsorted([one.key for one in parts[1:]], numbers, side="right")
    above = np.cumsum([0, *(one.rows for one in parts)])[home]
    first, last = first - above + FIRST, last - above + FIRST - 1
    if layout.blank and table in layout.scheme.detail_tables:
        # of the hidden sorted list, where all rows are idle
        first, last = (np.full(layout.customers, layout.tail_rows(table) + end) for end in (2, 1))
    return home, (first.astype(float), last.astype(float), count.astype(float))
