"""What stands in the data sheets of a book, typed as cleaned tables are; what cannot count is held back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from sheetgen.grading.coding import EPOCH, column_of
from sheetgen.handed.sheets import Found, Names, find_table, is_filled, said, text_of
from sheetgen.i18n import messages
from sheetgen.ingest.fates import LEFT_OUT
from sheetgen.ingest.text import plain_wildcards
from sheetgen.ingest.types import typed
from sheetgen.scheme.tables import Field, data_tables
from sheetgen.workbook.layout import LINKS
from sheetgen.workbook.sheets.preferences import DERIVED
from sheetgen.workbook.typed import ENTERED

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.i18n import Lang
    from sheetgen.workbook.opened import OpenBook

NUMBERS: Final = ("money", "number", "integer", "price", "rating")
EXTRA: Final = "x:"
UNKNOWN: Final = "—"
LAST_DAY: Final = 109_575
"""2199-12-31"""


@dataclass(frozen=True)
class Told:
    """One table of a book. ``frame``: its records, with ``file``, ``line`` (the sheet's row) and ``key`` (the
    customer's number, NaN where staff typed the row); ``left_out``: what is not used, or doubtful, as in a
    Ledger.
    """

    frame: pd.DataFrame
    left_out: pd.DataFrame
    lang: Lang
    found: Found | None = None
    extras: Mapping[str, str] = field(default_factory=dict)
    read: tuple[int, int] = (0, 0)
    """rows, and their cents where the table has amounts"""


def names_of(table: str) -> dict[str, tuple[str, ...]]:
    """Every column that a data sheet of ours may have, by the texts that head it."""
    fields = data_tables()[table].columns.values()
    found: dict[str, tuple[str, ...]] = {f.id: (f.label.zh, f.label.en) for f in fields if f.shown}
    if table == "customers":
        found |= {f"to_{name}": said(f"link_{name}") for name in LINKS}
    if table == "preferences":
        name = data_tables()["customers"].fields["customer_name"].label
        found |= {"customer_name": (name.zh, name.en)} | {key: said(key) for key in DERIVED}
        return found
    return found | {"key": said("key"), ENTERED: said(ENTERED)}


def find_data(book: OpenBook, table: str, sheet_id: str = "") -> Found | None:
    """The table of a data sheet; rows are those that hold data, not merely a number.

    ``sheet_id``: a further sheet of a table that stands on several.
    """
    names: Names = names_of(table)
    fields = data_tables()[table].fields
    data = [key for key in fields if table != "preferences" or fields[key].owner == "staff"]
    found = find_table(book, sheet_id or table, names, data=data)
    return replace(found, sheet_id=table) if found else None


def join(told: Sequence[Told]) -> Told:
    """A table that stands on several sheets, one below the other; columns of staff's that one lacks are
    empty there.
    """
    import pandas as pd

    if len(told) == 1:
        return told[0]
    frame = pd.concat([one.frame for one in told], ignore_index=True)
    beside = [name for name in map(str, frame) if name.startswith(EXTRA)]
    return replace(
        told[0],
        frame=frame.assign(**{name: frame[name].fillna("").astype("str") for name in beside}),
        left_out=pd.concat([one.left_out for one in told], ignore_index=True),
        extras={name: header for one in told for name, header in one.extras.items()},
        read=(sum(one.read[0] for one in told), sum(one.read[1] for one in told)),
    )


def tell(found: Found, file: str, lang: Lang) -> Told:
    """The cells of a data sheet by type, every row; nothing is judged but single cells."""
    import numpy as np
    import pandas as pd

    table, n = found.sheet_id, len(found.cells)
    columns: dict[str, Any] = {}
    doubts = []
    for own in data_tables()[table].fields.values():
        if not own.shown or (own.optional and own.id not in found.columns):
            continue
        cells = found.column(own.id)
        values, flaws = typed_cells(cells, own)
        columns[column_of(own.id)] = values
        doubts.append(_doubts(found, own, cells, flaws, file, lang))
    for header, col in found.others.items():
        columns[EXTRA + header] = found.cells[col].map(text_of).astype("str")
    numbers, _ = typed_cells(found.column("key"), Field("key", "number", messages()["key"]))
    marks = found.column(ENTERED).map(is_filled).to_numpy(dtype=bool) if n else np.zeros(0, dtype=bool)
    frame = pd.DataFrame(columns, index=range(n))
    frame = frame.assign(file=file, line=found.line, key=numbers, typed=marks)
    told = pd.concat(doubts, ignore_index=True) if doubts else nothing_left_out()
    cents = int(np.nansum(frame["cents"])) if "cents" in frame else 0
    return Told(frame, told, lang, found, {EXTRA + header: header for header in found.others}, (n, cents))


def nothing_left_out() -> pd.DataFrame:
    """No rows."""
    import pandas as pd

    frame = pd.DataFrame({key: pd.Series(dtype="object") for key in LEFT_OUT})
    return frame.astype({"line": "int64", "cents": "int64"})


def _doubts(
    found: Found, own: Field, cells: pd.Series[Any], flaws: Any, file: str, lang: Lang
) -> pd.DataFrame:
    """Cells that say something, but not what their column means."""
    import numpy as np
    import pandas as pd

    rows = np.flatnonzero(flaws != "")
    if not len(rows):
        return nothing_left_out()
    texts = [text_of(cell)[:200] for cell in cells.iloc[rows]]
    return pd.DataFrame(
        {
            "file": file, "line": found.line.iloc[rows].to_numpy(), "table": found.sheet_id,
            "fate": "used", "code": flaws[rows], "column": own.label.text(lang), "value": texts, "cents": 0,
        },
        columns=list(LEFT_OUT),
    )  # fmt: skip


def typed_cells(cells: pd.Series[Any], own: Field) -> tuple[pd.Series[Any], Any]:
    """A column by its type ('', NaN, NaT where unknown; money in cents), and a code for each odd cell.

    Numbers and days stand as they are; texts are read as those of an export.
    """
    import numpy as np
    import pandas as pd

    n = len(cells)
    flaws = np.full(n, "", dtype=object)
    filled = cells.map(is_filled).to_numpy(dtype=bool) if n else np.zeros(0, dtype=bool)
    if own.type == "date":
        days = cells.map(_day).astype("datetime64[ns]") if n else pd.Series(dtype="datetime64[ns]")
        odd = filled & days.isna().to_numpy()
        if odd.any():
            told = typed(cells[odd].map(text_of).astype("str").reset_index(drop=True), "date")
            days[odd] = told.values.to_numpy()
            flaws[odd] = _flaws(told.problem)
        return days, flaws
    if own.type in NUMBERS:
        scale = 100.0 if own.type == "money" else 1.0
        numbers = np.asarray([float(v) if _is_number(v) else np.nan for v in cells], dtype=np.float64)
        numbers = np.rint(numbers * scale) if own.type == "money" else numbers
        odd = filled & np.isnan(numbers)
        if odd.any():
            told = typed(cells[odd].map(text_of).astype("str").reset_index(drop=True), own.type)
            numbers[odd] = told.values.to_numpy(dtype=np.float64)
            flaws[odd] = _flaws(told.problem)
        return pd.Series(numbers), flaws
    words = cells.map(text_of).astype("str") if n else pd.Series(dtype="str")
    if own.type in ("flag", "status"):
        known = words.map(_words(own.type))
        odd = filled & known.isna().to_numpy()
        if odd.any():
            told = typed(words[odd].reset_index(drop=True), own.type)
            known[odd] = told.values.to_numpy()
            flaws[odd] = _flaws(told.problem)
        words = known.fillna("").astype("str")
    return words, flaws


def _flaws(problem: Any) -> Any:
    import numpy as np

    return np.asarray(["" if p == "blank" else p for p in problem.tolist()], dtype=object)


def _day(cell: Any) -> Any:
    import pandas as pd

    if isinstance(cell, datetime):
        cell = cell.date()
    if isinstance(cell, date):
        return pd.Timestamp(cell)
    if _is_number(cell) and 0 < cell <= LAST_DAY:
        return pd.Timestamp(EPOCH) + pd.Timedelta(days=int(cell))
    return pd.NaT


def _is_number(cell: Any) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _words(kind: str) -> dict[str, str]:
    """What a sheet's word for a flag or a status is called in the tables."""
    ids = [key for key in messages() if key.startswith(f"{kind}_")]
    return {word: key.removeprefix(f"{kind}_") for key in ids for word in said(key)}


def judge_customers(told: Told) -> tuple[Told, pd.DataFrame]:
    """The customers, each once in the order of their numbers, and the rows held back (SG812, SG813)."""
    import pandas as pd

    frame = told.frame
    nameless = frame["customer_id"] == ""
    twice = frame["customer_id"].duplicated() & ~nameless
    held = pd.concat([_held(told, nameless, "SG812", ""), _held(told, twice, "SG813", "customer_id")])
    kept = frame[~nameless & ~twice].sort_values("key", kind="stable", na_position="last")
    kept = kept.reset_index(drop=True)
    return replace(told, frame=kept), held


def known_ids(ids: Sequence[str]) -> dict[str, str]:
    """Text of an id -> customer; in any case, and then the first one's, where nobody has it just so."""
    found: dict[str, str] = {}
    for customer in ids:
        found.setdefault(f"\0{customer.lower()}", customer)
    return found | {customer: customer for customer in ids}


def find_owner(ids: pd.Series[str], known: Mapping[str, str]) -> pd.Series[str]:
    """The customer that each id names, '' for nobody."""
    exact = ids.map(known)
    return exact.fillna(ids.map(lambda words: known.get(f"\0{words.lower()}"))).fillna("").astype("str")


def judge_records(told: Told, table: str, known: Mapping[str, str], mark: str) -> tuple[Told, pd.DataFrame]:
    """The records that count, and those held back: no day or amount (SG810), no known customer (SG811).

    ``mark`` tells orders without an id from each other.
    """
    import numpy as np
    import pandas as pd

    frame = told.frame
    owner = find_owner(frame["customer_id"], known)
    asked = ["date", "cents"] if table == "transactions" else ["date"]
    void = np.logical_or.reduce([frame[name].isna().to_numpy() for name in asked])
    stray = (owner == "").to_numpy(dtype=bool) & ~void
    held = pd.concat([_held(told, void, "SG810", asked), _held(told, stray, "SG811", "customer_id")])
    kept = frame.assign(customer_id=owner)[~void & ~stray].reset_index(drop=True)
    if table == "transactions":
        own = "#" + mark + "-" + kept["line"].astype("str")
        orders = kept["order_id"].where(kept["order_id"] != "", own)
        category = kept["category"].map(plain_wildcards)
        kept = kept.assign(
            cents=kept["cents"].astype("int64"),
            order_id=orders.map(plain_wildcards).astype("str"),
            category=category.where(category != "", UNKNOWN).astype("str"),
        )
    return replace(told, frame=kept), held


def _held(told: Told, rows: Any, code: str, column: str | list[str]) -> pd.DataFrame:
    """These rows as held back, with the cell that is to blame."""
    import numpy as np
    import pandas as pd

    found, mask = told.found, np.asarray(rows, dtype=bool)
    at = np.flatnonzero(mask)
    if not len(at) or found is None:
        return nothing_left_out()
    frame = told.frame.iloc[at]
    named = [column] if isinstance(column, str) else column
    fields = data_tables()[found.sheet_id].fields
    cents = frame["cents"].fillna(0) if "cents" in frame else pd.Series(0, index=frame.index)
    labels, values = [], []
    for row in at.tolist():
        blame = next((c for c in named if c and pd.isna(told.frame[c].iloc[row])), named[-1])
        key = "amount" if blame == "cents" else blame
        labels.append(fields[key].label.text(told.lang) if key else "")
        line = told.frame["line"].iloc[row]
        cells = found.column(key)[found.line == line].tolist() if key else []
        values.append(text_of(cells[0])[:200] if cells else "")
    return pd.DataFrame(
        {
            "file": frame["file"].to_numpy(), "line": frame["line"].to_numpy(), "table": found.sheet_id,
            "fate": "held_back", "code": code, "column": labels, "value": values,
            "cents": cents.to_numpy(dtype=np.int64),
        },
        columns=list(LEFT_OUT),
    )  # fmt: skip
