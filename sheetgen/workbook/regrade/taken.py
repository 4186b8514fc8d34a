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
from sheetgen.workbook.regrade.columns import NOTHING
from sheetgen.workbook.regrade.grids import objects, place

if TYPE_CHECKING:
    import pandas as pd

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
    import numpy as np
    import pandas as pd

    grid, id_col, key_col = block.grid, block.columns["customer_id"], block.columns["key"]
    fields = data_tables()["customers"].fields
    words, numbers = grid.words(id_col), grid.numbers(key_col)
    below = np.arange(grid.height)
    named = (words != "") & (below >= block.first)
    stray = typed_in(block, fields) & ~named & (below >= block.first)
    at = np.flatnonzero(named & (below <= last))
    issues = [
        _issue("SG525", block, r, "customer_id") for r in below[stray | (named & (below > last))].tolist()
    ]
    rows, ids, keys = at.tolist(), words[at].tolist(), np.nan_to_num(numbers[at]).tolist()
    _refuse_doubles(block, rows, ids, id_col)
    _refuse_doubles(block, rows, keys, key_col)
    issues += [_issue("SG526", block, row, "key") for row, key in zip(rows, keys, strict=True) if not key]
    known: dict[str, str] = {}
    for customer in ids:
        known.setdefault("\0" + customer.lower(), customer)
    known |= {customer: customer for customer in ids}
    frame = pd.DataFrame({f.id: column_at(block, f, at) for f in fields.values() if f.shown})
    frame["customer_id"] = pd.Series(ids, dtype="str")
    free = ~np.isnan(numbers) & (below >= block.first)
    free[at] = False
    spare = dict(zip((below[free] + 1).tolist(), numbers[free].tolist(), strict=True))
    return People(frame, tuple(rows), tuple(keys), tuple(ids), known, spare), tuple(issues)


def typed_in(block: Block, fields: Iterable[str]) -> Any:
    """By row of the sheet: whether anything is typed into one of these columns."""
    import numpy as np

    columns = [block.columns[key] for key in fields if key in block.columns]
    found = np.zeros(block.grid.height, dtype=bool)
    for col in columns:
        found |= block.grid.typed(col)
    return found


def owners_of(block: Block, people: People) -> tuple[Any, list[str]]:
    """The customer that each row names: a code a row, 0 for nobody, and the customer of each code."""
    import numpy as np

    codes, told = block.grid.coded(block.columns["customer_id"])
    found = [people.find(words) for words in told]
    known = {customer: code for code, customer in enumerate(dict.fromkeys(["", *found]))}
    codes = np.asarray([known[customer] for customer in found], dtype=np.int64)[codes]
    codes[: block.first] = 0
    return codes, list(known)


def records_of(block: Block, people: People) -> Records:
    """The rows of a detail sheet that formulas count."""
    import numpy as np
    import pandas as pd

    table, grid = block.table, block.grid
    asked = ["date", *(["amount"] if table == "transactions" else [])]
    owners, told = owners_of(block, people)
    here = typed_in(block, data_tables()[table].fields) & (np.arange(grid.height) >= block.first)
    lacking = {key: np.isnan(grid.numbers(block.columns[key])) for key in asked}
    odd = np.logical_or.reduce(list(lacking.values()))
    rows, strays = np.flatnonzero(here & (owners > 0) & ~odd), np.flatnonzero(here & (owners == 0) & ~odd)
    held = np.flatnonzero(here & ((owners == 0) | odd))
    issues = []
    for row in held.tolist():
        lacks = next((key for key in asked if lacking[key][row]), "")
        known = bool(owners[row])
        code, column = ("SG527", lacks) if known else ("SG528", "customer_id")
        issues.append(_issue(code, block, row, column))
    words = here & (owners > 0) & lacking["date"] & (grid.kinds(block.columns["date"]) != NOTHING)
    frame, others = (_records(block, found) for found in (rows, strays))
    names = objects(told)
    frame["customer_id"] = pd.Series(names[owners[rows]], dtype="str")
    return Records(
        frame, tuple(rows.tolist()), others, int((here & ~lacking["date"] & odd).sum()), len(issues),
        tuple(issues), frozenset(names[owners[words]].tolist()),
    )  # fmt: skip


def _records(block: Block, rows: Any) -> pd.DataFrame:
    import pandas as pd

    fields = data_tables()[block.table].fields
    found = {column_of(f.id): column_at(block, f, rows) for f in fields.values() if _kept(f, block)}
    frame = pd.DataFrame(found)
    for key, declared in fields.items():
        if key not in frame or key == "customer_id":
            continue
        if declared.type == "text":
            frame[key] = frame[key].where(frame[key] != NO_WORD, "")
        if declared.type == "id":  # each empty one is its own
            empty = frame[key] == ""
            number = block.sheet_id.partition(".")[2]
            sheet = f"{NO_ORDER}{number}." if number else NO_ORDER
            own = [f"{sheet}{row + 1}" for row in rows[empty.to_numpy()].tolist()]
            frame.loc[empty, key] = pd.Series(own, index=frame.index[empty], dtype="str")
    if "cents" in frame:
        frame["cents"] = frame["cents"].astype("int64")
    return frame


def stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The rows of a table's sheets one below the other; a column that one lacks says nothing there."""
    import pandas as pd

    if len(frames) == 1:
        return frames[0]
    found = pd.concat(frames, ignore_index=True)
    texts = {str(name): found[name].fillna("") for name in found if found[name].dtype == "str"}
    return found.assign(**texts)


def rows_by_customer(block: Block, people: People) -> dict[str, int]:
    """Customer -> the first row of a sheet that names them."""
    import numpy as np

    owners, told = owners_of(block, people)
    codes, first = np.unique(owners, return_index=True)
    order = np.argsort(first, kind="stable")
    return {told[c]: r for c, r in zip(codes[order].tolist(), first[order].tolist(), strict=True) if c}


def table_of(block: Block, rows: Sequence[int], ids: Sequence[str], table: str) -> pd.DataFrame:
    """These rows as the table of their kind."""
    import numpy as np
    import pandas as pd

    fields, at = data_tables()[table].fields, np.asarray(rows, dtype=np.int64)
    frame = pd.DataFrame({f.id: column_at(block, f, at) for f in fields.values() if f.shown})
    frame["customer_id"] = pd.Series(list(ids), dtype="str")
    return frame


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


def column_at(block: Block, declared: Field, rows: Any) -> pd.Series[Any]:
    """A field of these rows (an array), typed as a cleaned table has it."""
    import numpy as np
    import pandas as pd

    col = block.columns.get(declared.id, -1)
    if declared.type == "date":
        days = block.grid.numbers(col)[rows]
        none = np.isnan(days) | (days == 0)
        found = np.datetime64(EPOCH) + np.floor(np.where(none, 0, days)).astype("timedelta64[D]")
        return pd.Series(np.where(none, np.datetime64("NaT"), found).astype("datetime64[ns]"))
    if declared.type in NUMBERS:
        values = block.grid.numbers(col)[rows]
        return pd.Series(np.rint(values * 100) if declared.type == "money" else values)
    words = _words(declared.type)
    codes, told = block.grid.coded(col)
    return pd.Series(pd.array([words(said) for said in told], dtype="str").take(codes[rows]))


def _words(kind: str) -> Callable[[str], str]:
    """What a sheet's word for a flag or a status is called in the tables."""
    if kind not in ("flag", "status"):
        return lambda words: words
    ids = [key for key in messages() if key.startswith(f"{kind}_")]
    known = {
        said: key.removeprefix(f"{kind}_") for key in ids for said in (messages()[key].zh, messages()[key].en)
    }
    return lambda words: known.get(words, words)
