"""The data of a book, table by table: from its sheets, and where one is gone as it was written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from sheetgen.errors import InputError
from sheetgen.grading.coding import column_of
from sheetgen.grading.removed import FIELD
from sheetgen.handed.restored import as_written, marked, no_cells, with_gone
from sheetgen.handed.sheets import Found, text_of, unlike
from sheetgen.handed.tables import (
    EXTRA,
    Told,
    find_data,
    find_owner,
    join,
    judge_customers,
    judge_records,
    nothing_left_out,
    tell,
    typed_cells,
)
from sheetgen.model import Issue
from sheetgen.scheme.tables import data_tables
from sheetgen.siblings import Look, nowhere
from sheetgen.workbook.layout import Layout, further_sheets, table_of, title_of

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.i18n import Lang
    from sheetgen.scheme.compile import Scheme
    from sheetgen.workbook.opened import OpenBook

ESSENTIAL: Final = {"transactions": ("date", "amount")}
"""columns without which a sheet tells nothing; of other detail tables: the date"""


@dataclass(frozen=True)
class Taking:
    """A book while its data are taken. ``written``: its tables as the program wrote them."""

    book: OpenBook
    scheme: Scheme
    lang: Lang
    written: Mapping[str, pd.DataFrame]
    base: pd.DataFrame
    name: str
    own: Mapping[str, set[str]] = field(default_factory=dict)
    """headers of staff's own columns by sheet, which go their own way"""
    elsewhere: Look = nowhere
    """who stands in another book of the split"""

    def find_all(self, table: str) -> list[Found | None]:
        """The sheets of a table. Raises InputError (SG523) where one of several is gone."""
        further = [sheet for sheet in further_sheets(self.book.state) if table_of(sheet) == table]
        found = [self.find(table, sheet) for sheet in (table, *further)]
        for sheet, one in zip((table, *further), found, strict=True):
            if one is None and any(found):
                raise InputError("rebuild_sheet_gone", "SG523", path=self.name, sheet=self.sheet(sheet))
        return found

    def find(self, table: str, sheet_id: str = "") -> Found | None:
        """A data sheet without staff's own columns."""
        found = find_data(self.book, table, sheet_id)
        mine = self.own.get(table, set())
        if found is None or not mine:
            return found
        return replace(found, others={h: col for h, col in found.others.items() if h not in mine})

    def sheet(self, table: str) -> str:
        """What the sheet of a table is called, also where it is gone."""
        return self.book.names.get(table) or title_of(table).text(self.lang)

    def mark(self) -> str:
        """What tells rows of this book from those of another."""
        return self.book.sha256[:6]


def take_customers(taking: Taking) -> tuple[Told, dict[str, str], list[Issue]]:
    """客户信息, and the customers who stand in another book of the split now, each with its name.

    Raises InputError (SG523) where neither the sheet nor its rows as written are there.
    """
    found = taking.find("customers")
    if found is None:
        told, issues = as_written(taking, "customers")
        return told, {}, issues
    told = tell(found, f"{taking.name}#{found.name}", taking.lang)
    if "key" not in found.columns:
        told = replace(told, frame=_numbered(taking, told.frame))
    told, issues = _without_gone(taking, told)
    told, moved, more = with_gone(taking, told)
    told, held = judge_customers(told)
    told = replace(told, left_out=_joined(told.left_out, held))
    written = int(json.loads(taking.book.state.get("rows", "{}")).get("customers", 0))
    frame = told.frame
    if len(taking.base):
        by_hand = ~frame["customer_id"].isin(taking.base.index)
    else:
        by_hand = frame["key"].isna() | (frame["key"] > written)
    return marked(replace(told, frame=frame.assign(typed=frame["typed"] | by_hand))), moved, [*issues, *more]


def _numbered(taking: Taking, frame: pd.DataFrame) -> pd.DataFrame:
    """The customers with the numbers that they were written with: ``_base`` stands in their order."""
    number = {customer: float(i) for i, customer in enumerate(taking.base.index.tolist(), 1)}
    return frame.assign(key=frame["customer_id"].map(number).astype("float64"))


def take_records(taking: Taking, table: str, known: Mapping[str, str]) -> tuple[Told, list[Issue]]:
    """A detail table. Raises InputError (SG523) where the scheme needs it and it is gone for good."""
    wanted = table in ("transactions", "service", *taking.scheme.detail_tables)
    sheets = taking.find_all(table)
    essential = ESSENTIAL.get(table, ("date",))
    whole = [one for one in sheets if one is not None and all(key in one.columns for key in essential)]
    if len(whole) < len(sheets):
        wrote = int(json.loads(taking.book.state.get("rows", "{}")).get(table, 0))
        if not wrote and table not in taking.written and not taking.book.names.get(table):
            empty = Found(table, taking.sheet(table), {}, {}, no_cells(), no_cells().index.to_series())
            return replace(_whole(taking, tell(empty, "", taking.lang)), found=None), []
        told, issues = as_written(taking, table, must=wanted)
        owner = find_owner(told.frame["customer_id"], known)
        return replace(
            told, frame=told.frame.assign(customer_id=owner)[owner != ""].reset_index(drop=True)
        ), issues
    pieces = [
        _records_on(taking, one, known, taking.mark() + ("" if i == 1 else f".{i}"))
        for i, one in enumerate(whole, 1)
    ]
    return marked(join([told for told, _ in pieces])), [issue for _, found in pieces for issue in found]


def _records_on(
    taking: Taking, found: Found, known: Mapping[str, str], mark: str
) -> tuple[Told, list[Issue]]:
    """What stands on one sheet of a detail table. ``mark`` tells its rows from those of any other sheet."""
    told = tell(found, f"{taking.name}#{found.name}", taking.lang)
    told, issues = _without_gone(taking, told)
    told, held = judge_records(_whole(taking, told), found.sheet_id, known, mark)
    by_hand = told.frame["key"].isna() if "key" in found.columns else False
    told = replace(told, frame=told.frame.assign(typed=told.frame["typed"] | by_hand))
    return replace(told, left_out=_joined(told.left_out, held)), issues


def take_preferences(taking: Taking, known: Mapping[str, str]) -> Told:
    """客户偏好: what staff recorded, a row for each customer of whom they did."""
    import pandas as pd

    found = taking.find("preferences")
    if found is None:
        fields = [f for f in data_tables()["preferences"].fields.values() if f.shown]
        frame = pd.DataFrame({f.id: pd.Series(dtype="str") for f in fields}).assign(line=0, file="")
        if len(taking.base):
            frame = _preferences_of_base(taking, frame, known)
        return Told(frame, nothing_left_out(), taking.lang)
    told = tell(found, f"{taking.name}#{found.name}", taking.lang)
    owner = find_owner(told.frame["customer_id"], known)
    frame = told.frame.assign(customer_id=owner)[owner != ""].drop_duplicates("customer_id")
    return replace(told, frame=frame.drop(columns=["key", "typed"]).reset_index(drop=True))


def _preferences_of_base(taking: Taking, frame: pd.DataFrame, known: Mapping[str, str]) -> pd.DataFrame:
    import pandas as pd

    own = {
        key.removeprefix("preferences."): key
        for key in map(str, taking.base)
        if key.startswith("preferences.")
    }
    told = pd.DataFrame({key: taking.base[column].map(text_of) for key, column in own.items()})
    told = told[(told != "").any(axis=1)]
    told = told[told.index.isin(known)]
    return told.assign(customer_id=told.index, line=0, file="").reset_index(drop=True)[list(frame.columns)]


def widened(
    taking: Taking, customers: Told, graded: Mapping[str, Found], owners: Mapping[str, pd.Series[str]]
) -> tuple[Told, list[Issue]]:
    """The customers with the columns that staff added to 客户级别 or 价值评分, and what is said of them."""
    frame, extras, issues = customers.frame, dict(customers.extras), []
    fields = data_tables()["customers"].columns.values()
    for sheet_id, found in graded.items():
        owner = owners[sheet_id]
        for header, col in found.others.items():
            words = found.cells[col].map(text_of)[(owner != "").to_numpy()]
            words.index = owner[owner != ""].to_numpy()
            words = words[~words.index.duplicated()]
            if header in taking.own.get(sheet_id, set()) or not (words != "").any():
                continue
            taken = [*extras.values(), *(f.label.text(taking.lang) for f in fields)]
            name = unlike(header, taken)
            extras[EXTRA + name] = name
            frame = frame.assign(
                **{EXTRA + name: frame["customer_id"].map(words).fillna("").astype("str").to_numpy()}
            )
            facts = (("sheet", found.name), ("place", taking.sheet("customers")))
            issues.append(Issue("SG804", "note", f"{taking.name}#{found.name}", 0, name, facts=facts))
    return replace(customers, frame=frame, extras=extras), issues


def _joined(left_out: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """Rows held back, and the doubtful cells of all others."""
    import pandas as pd

    if not len(held):
        return left_out
    gone = set(held["line"].tolist())
    rest = left_out[~left_out["line"].isin(gone)]
    return pd.concat([held, rest], ignore_index=True) if len(rest) else held.reset_index(drop=True)


def _whole(taking: Taking, told: Told) -> Told:
    """With the optional columns that the scheme asks for, empty where the book has none."""
    import numpy as np
    import pandas as pd

    frame, table = told.frame, told.found.sheet_id if told.found else ""
    layout = Layout(taking.scheme, taking.lang, {table: 0}, {table: 0}, {})
    for own in layout.fields(table):
        name = column_of(own.id)
        if name in frame or own.value:
            continue
        empty, _ = typed_cells(pd.Series(np.full(len(frame), None), dtype=object), own)
        frame = frame.assign(**{name: empty})
    return replace(told, frame=frame)


def _without_gone(taking: Taking, told: Told) -> tuple[Told, list[Issue]]:
    """Columns that staff took away, filled as they were written where rows can be told again (SG803)."""
    found, frame, issues = told.found, told.frame, []
    if found is None:
        return told, []
    base = taking.written.get(found.sheet_id)
    wanted = [f for f in data_tables()[found.sheet_id].fields.values() if f.shown and not f.optional]
    gone = [f for f in wanted if f.id not in found.columns]
    if base is None or FIELD not in base:
        gone = [f for f in gone if f.id != FIELD]  # a book of before, which had no such column
    for own in gone:
        name = column_of(own.id)
        if base is not None and name in base and "key" in found.columns:
            frame = _filled(frame, base, found.sheet_id, name)
        facts = (("sheet", found.name),)
        issues.append(
            Issue(
                "SG803", "warning", f"{taking.name}#{found.name}", 0, own.label.text(taking.lang), facts=facts
            )
        )
    return replace(told, frame=frame), issues


def _filled(frame: pd.DataFrame, base: pd.DataFrame, table: str, name: str) -> pd.DataFrame:
    from sheetgen.workbook.regrade.met import meet_table

    met = meet_table(table, base, frame.drop(columns=[name]))
    column = frame[name].copy()
    column.iloc[met.pairs[:, 1]] = base[name].to_numpy()[met.pairs[:, 0]]
    return frame.assign(**{name: column})
