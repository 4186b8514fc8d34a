"""What stands in a book's data sheets, as the tables that grading starts from: no cell is believed twice.

Cells are taken as the book's own formulas see them: a date or an amount is a number, an id is exactly its
text. A row that they cannot count is held back with its cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sheetgen.errors import InputError
from sheetgen.grading.coding import EPOCH, column_of
from sheetgen.i18n import messages
from sheetgen.model import Issue
from sheetgen.scheme.tables import Field, data_tables
from sheetgen.workbook.formulas import NO_ORDER, NO_WORD
from sheetgen.workbook.regrade.blocks import Block
from sheetgen.workbook.regrade.grids import EMPTY, number_of, place, text_of

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.workbook.patch.view import Cell

NUMBERS = ("number", "integer", "price", "rating", "money")


@dataclass(frozen=True)
class People:
    """The rows of 客户信息 that name a customer. ``rows``: their places, ``keys``: their numbers (0: none).

    ``known``: text of an id -> customer, any case where only one has it.
    """

    frame: pd.DataFrame
    rows: tuple[int, ...]
    keys: tuple[float, ...]
    ids: tuple[str, ...]
    known: Mapping[str, str]
    spare_keys: Mapping[int, float] = field(default_factory=dict)
    """the numbers of prepared rows, by sheet row from 1"""

    @cached_property
    def row_of(self) -> dict[str, int]:
        """The sheet row of each customer, from 1."""
        return {customer: row + 1 for customer, row in zip(self.ids, self.rows, strict=True)}

    @cached_property
    def first_row(self) -> dict[str, int]:
        """The first sheet row, from 1, with an id in any case (lower case here)."""
        found: dict[str, int] = {}
        for row, customer in sorted(zip(self.rows, self.ids, strict=True)):
            found.setdefault(customer.lower(), row + 1)
        return found

    def sorted_by(self, order: Mapping[str, int]) -> People:
        """The same customers in the order of these numbers, those without one last."""
        last = 1 << 30
        at = sorted(range(len(self.ids)), key=lambda i: (order.get(self.ids[i], last), self.rows[i]))
        rows, keys, ids = (
            tuple(self.rows[i] for i in at), tuple(self.keys[i] for i in at), tuple(self.ids[i] for i in at)
        )  # fmt: skip
        frame = self.frame.iloc[at].reset_index(drop=True)
        return replace(self, frame=frame, rows=rows, keys=keys, ids=ids)

    def find(self, words: str) -> str:
        """The customer that an id in another sheet names, as formulas find it; empty for nobody."""
        return self.known.get(words) or self.known.get("\0" + words.lower(), "")


@dataclass(frozen=True)
class Records:
    """The counted rows of a detail sheet. ``rows``: the sheet row of each.

    ``strays``: whole rows of nobody, which only the sums by month count. ``halves``: how many rows have a
    day, but no amount.
    """

    frame: pd.DataFrame
    rows: tuple[int, ...]
    strays: pd.DataFrame
    halves: int = 0
    held_back: int = 0
    issues: tuple[Issue, ...] = ()
    doubtful: frozenset[str] = field(default_factory=frozenset)
    """customers with a row whose day is words: formulas call it an error"""


def people_of(block: Block, last: int) -> tuple[People, tuple[Issue, ...]]:
    """The customers down to the sheet row ``last``, where formulas end.

    Raises InputError (SG524) where two rows have one id or one number.
    """
    import pandas as pd

    grid, id_col, key_col = block.grid, block.columns["customer_id"], block.columns["key"]
    fields = data_tables()["customers"].fields
    own = [block.columns[key] for key in fields if key in block.columns]
    rows, issues = [], []
    for row in _below(block):
        here = grid.cells[row]
        if text_of(here.get(id_col, EMPTY)):
            if row <= last:
                rows.append(row)
            else:
                issues.append(_issue("SG525", block, row, "customer_id"))
        elif any(_typed(here.get(col, EMPTY)) for col in own):
            issues.append(_issue("SG525", block, row, "customer_id"))
    ids = [text_of(grid.at(row, id_col)) for row in rows]
    keys = [number_of(grid.at(row, key_col)) or 0.0 for row in rows]
    _refuse_doubles(block, rows, ids, id_col)
    _refuse_doubles(block, rows, keys, key_col)
    issues += [_issue("SG526", block, row, "key") for row, key in zip(rows, keys, strict=True) if not key]
    known: dict[str, str] = {}
    for customer in ids:
        known.setdefault("\0" + customer.lower(), customer)
    known |= {customer: customer for customer in ids}
    frame = pd.DataFrame({f.id: _column(block, f, rows) for f in fields.values() if f.shown})
    frame["customer_id"] = pd.Series(ids, dtype="str")
    taken = set(rows)
    spare = {
        row + 1: number
        for row in _below(block)
        if row not in taken and (number := number_of(grid.at(row, key_col))) is not None
    }
    return People(frame, tuple(rows), tuple(keys), tuple(ids), known, spare), tuple(issues)


def records_of(block: Block, people: People) -> Records:
    """The rows of a detail sheet that formulas count."""
    import pandas as pd

    table, grid = block.sheet_id, block.grid
    fields = data_tables()[table].fields
    typed = [block.columns[key] for key in fields if key in block.columns]
    asked = ["date", *(["amount"] if table == "transactions" else [])]
    rows, ids, strays, issues, doubtful, halves = [], [], [], [], set(), 0
    for row in _below(block):
        here = grid.cells[row]
        if not any(_typed(here.get(col, EMPTY)) for col in typed):
            continue
        customer = people.find(text_of(here.get(block.columns["customer_id"], EMPTY)))
        day = here.get(block.columns["date"], EMPTY)
        odd = [key for key in asked if number_of(here.get(block.columns[key], EMPTY)) is None]
        if customer and not odd:
            rows.append(row)
            ids.append(customer)
            continue
        column = odd[0] if customer else "customer_id"
        issues.append(_issue("SG527" if customer else "SG528", block, row, column))
        if not odd:
            strays.append(row)
        halves += "date" not in odd and bool(odd)
        if customer and day.kind not in ("", "n"):
            doubtful.add(customer)
    frame, others = (_records(block, found) for found in (rows, strays))
    frame["customer_id"] = pd.Series(ids, dtype="str")
    return Records(frame, tuple(rows), others, halves, len(issues), tuple(issues), frozenset(doubtful))


def _records(block: Block, rows: Sequence[int]) -> pd.DataFrame:
    import pandas as pd

    fields = data_tables()[block.sheet_id].fields
    found = {column_of(f.id): _column(block, f, rows) for f in fields.values() if _kept(f, block)}
    frame = pd.DataFrame(found)
    for key, declared in fields.items():
        if key not in frame or key == "customer_id":
            continue
        if declared.type == "text":
            frame[key] = frame[key].where(frame[key] != NO_WORD, "")
        if declared.type == "id":  # each empty one is its own
            own = pd.Series([f"{NO_ORDER}{row + 1}" for row in rows], dtype="str")
            frame[key] = frame[key].where(frame[key] != "", own)
    if "cents" in frame:
        frame["cents"] = frame["cents"].astype("int64")
    return frame


def rows_by_customer(block: Block, people: People) -> dict[str, int]:
    """Customer -> the first row of a sheet that names them."""
    found: dict[str, int] = {}
    for row in _below(block):
        customer = people.find(text_of(block.grid.at(row, block.columns["customer_id"])))
        if customer:
            found.setdefault(customer, row)
    return found


def table_of(block: Block, rows: Sequence[int], ids: Sequence[str], table: str) -> pd.DataFrame:
    """These rows as the table of their kind."""
    import pandas as pd

    fields = data_tables()[table].fields
    frame = pd.DataFrame({f.id: _column(block, f, rows) for f in fields.values() if f.shown})
    frame["customer_id"] = pd.Series(list(ids), dtype="str")
    return frame


def _below(block: Block) -> Iterable[int]:
    return (row for row in sorted(block.grid.cells) if row >= block.first)


def _typed(cell: Cell) -> bool:
    return cell.formula is None and cell.kind != ""


def _kept(declared: Field, block: Block) -> bool:
    return declared.shown and (not declared.optional or declared.id in block.columns)


def _refuse_doubles(block: Block, rows: Sequence[int], values: Sequence[Any], col: int) -> None:
    seen: dict[Any, int] = {}
    for row, value in zip(rows, values, strict=True):
        if value and value in seen:
            cells = f"{place(seen[value], col)}, {place(row, col)}"
            raise InputError("regrade_doubled", "SG524", sheet=block.grid.name, cells=cells)
        seen[value] = row


def _issue(code: str, block: Block, row: int, column: str) -> Issue:
    cell = place(row, block.columns[column])
    facts = (("sheet", block.grid.name), ("cell", cell))
    return Issue(code, "warning", f"#{block.grid.name}", row + 1, column, facts=facts)


def _column(block: Block, declared: Field, rows: Sequence[int]) -> pd.Series[Any]:
    """A field of these rows, typed as a cleaned table has it."""
    import numpy as np
    import pandas as pd

    col = block.columns.get(declared.id)
    cells = [block.grid.at(row, col) if col is not None else EMPTY for row in rows]
    if declared.type == "date":
        days = np.asarray([number_of(cell) or np.nan for cell in cells], dtype=np.float64)
        epoch, known = np.datetime64(EPOCH), np.where(np.isnan(days), 0, days)
        found = epoch + np.floor(known).astype("timedelta64[D]")
        return pd.Series(np.where(np.isnan(days), np.datetime64("NaT"), found).astype("datetime64[ns]"))
    if declared.type in NUMBERS:
        numbers = [number_of(cell) for cell in cells]
        values = np.asarray([np.nan if v is None else v for v in numbers], dtype=np.float64)
        return pd.Series(np.rint(values * 100) if declared.type == "money" else values)
    words = _words(declared.type)
    return pd.Series([words(text_of(cell)) for cell in cells], dtype="str")


def _words(kind: str) -> Callable[[str], str]:
    """What a sheet's word for a flag or a status is called in the tables."""
    if kind not in ("flag", "status"):
        return lambda words: words
    ids = [key for key in messages() if key.startswith(f"{kind}_")]
    known = {
        said: key.removeprefix(f"{kind}_") for key in ids for said in (messages()[key].zh, messages()[key].en)
    }
    return lambda words: known.get(words, words)
