"""Corrections: cells of the data that staff wrote anew, found against what the program wrote.

laid.py lays them over the next data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sheetgen.grading.coding import EPOCH, column_of
from sheetgen.i18n import LANGS, messages
from sheetgen.model import Issue
from sheetgen.scheme.tables import Field, data_tables
from sheetgen.workbook.kept import Correction, corrections_in
from sheetgen.workbook.opened import serial_of, text_of
from sheetgen.workbook.typed import ENTERED
from sheetgen.workbook.written import EXTRA, PLACE, kind_of, read_written

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.i18n import Lang
    from sheetgen.workbook.opened import OpenBook

MONEY: Final = "cents"


def find_corrections(book: OpenBook) -> tuple[tuple[Correction, ...], tuple[Issue, ...]]:
    """The corrections in a book, old and new; none where it does not say what was written."""
    from sheetgen.workbook.regrade.met import meet_table

    known, issues = list(corrections_in(book.state)), list[Issue]()
    book_lang: Lang = "en" if book.state.get("lang") == "en" else "zh"
    for table, base in read_written(book.state).items():
        if not book.sheets(table):
            continue
        places, now, odd = standing(book, table, base)
        met = meet_table(table, base, now)
        typed = _typed_by_hand(base)  # those are read as an input of their own
        for (at, here), cells in _edited(table, base, now, met.pairs[~typed[met.pairs[:, 0]]]).items():
            unread = {name for name in cells if (here, name) in odd}
            sheet, line = places[here]
            place = f"{sheet}!{line}"
            issues += [
                Issue("SG562", "warning", str(book.path), line, label_of(table, name, book_lang),
                      facts=(("sheet", sheet),))
                for name in sorted(unread)
            ]  # fmt: skip
            clear = {name: words for name, words in cells.items() if name not in unread}
            if table == "customers" and (renamed := clear.pop("customer_id", "")):
                was = str(base["customer_id"].iloc[at])
                renaming = (("cell", place), ("kept", renamed))
                issues.append(Issue("SG566", "warning", str(book.path), line, value=was, facts=renaming))
            if clear:
                known = _joined(known, Correction(table, _row(table, base, at), clear, place))
        gone = int((~typed[met.gone]).sum()) if len(met.gone) else 0
        if gone:
            facts = (("sheet", book.sheets(table)[0]),)
            issues.append(Issue("SG563", "warning", str(book.path), count=gone, facts=facts))
    return tuple(known), tuple(issues)


def standing(
    book: OpenBook, table: str, base: pd.DataFrame
) -> tuple[list[tuple[str, int]], pd.DataFrame, set[tuple[int, str]]]:
    """The rows of a table with the columns of ``base``: sheets and rows from 1, cells, unreadable ones."""
    import pandas as pd

    found = [_on_sheet(book, name, table, base) for name in book.sheets(table)]
    places = [(name, line) for name, one in zip(book.sheets(table), found, strict=True) for line in one[0]]
    odd: set[tuple[int, str]] = set()
    above = 0
    for lines, _, unread in found:
        odd |= {(above + row, column) for row, column in unread}
        above += len(lines)
    frames = [frame for _, frame, _ in found]
    return places, frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True), odd


def _on_sheet(
    book: OpenBook, sheet: str, table: str, base: pd.DataFrame
) -> tuple[list[int], pd.DataFrame, set[tuple[int, str]]]:
    """The same of one sheet."""
    import numpy as np
    import pandas as pd

    rows = book.workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    fields = {column_of(key): f for key, f in data_tables()[table].fields.items()}
    key = messages()["key"]
    labels: dict[str, tuple[str, ...]] = {PLACE: (key.zh, key.en)}
    labels.update({name: (f.label.zh, f.label.en) for name, f in fields.items()})
    start, places = -1, dict[str, int]()
    for i, row in enumerate(rows):
        words = [str(cell).strip() for cell in row]
        found = {
            n: next((words.index(w) for w in labels.get(n, (n.removeprefix(EXTRA),)) if w in words), -1)
            for n in map(str, base)
        }
        if found.get("customer_id", -1) >= 0:
            start, places = i, found
            break
    number = places.get(PLACE, -1)
    below = [
        (i, row)
        for i, row in enumerate(rows)
        if 0 <= start < i and number >= 0 and row[number] not in ("", None)
    ]
    odd: set[tuple[int, str]] = set()
    columns: dict[str, Any] = {}
    for name in map(str, base):
        at = places.get(name, -1)
        cells = [row[at] for _, row in below] if at >= 0 else None
        columns[name] = (
            _typed(cells, fields.get(name), name, odd) if cells is not None else base[name].iloc[:0]
        )
        if cells is None:  # a column that staff took away tells nothing
            columns.pop(name)
    frame = pd.DataFrame(columns, index=np.arange(len(below)))
    return [i + 1 for i, _ in below], frame, odd


def _typed(cells: list[Any], field: Field | None, name: str, odd: set[tuple[int, str]]) -> pd.Series[Any]:
    """Cells as a cleaned table has them; ``odd`` hears which cannot be read."""
    import numpy as np
    import pandas as pd

    kind = "number" if name in (MONEY, PLACE) else kind_of(field) if field else "text"
    if kind == "text":
        words = _words(field.type) if field and field.type in ("flag", "status") else {}
        texts = [cell if isinstance(cell, str) else text_of(cell) for cell in cells]
        return pd.Series([words.get(text.strip().casefold(), text) for text in texts], dtype="str")
    read = _serial if kind == "date" else _number
    found = [read(cell) for cell in cells]
    odd |= {(i, name) for i, (cell, v) in enumerate(zip(cells, found, strict=True))
            if v is None and str(cell).strip()}  # fmt: skip
    numbers = np.asarray([np.nan if v is None else v for v in found], dtype=np.float64)
    if kind == "date":
        whole = np.where(np.isnan(numbers), 0, numbers).astype("timedelta64[D]")
        days = np.where(np.isnan(numbers), np.datetime64("NaT"), np.datetime64(EPOCH) + whole)
        return pd.Series(days.astype("datetime64[ns]"))
    return pd.Series(np.rint(numbers * 100) if name == MONEY else numbers)


def _serial(cell: Any) -> float | None:
    return serial_of(cell) if cell not in ("", None) else None


def _number(cell: Any) -> float | None:
    if isinstance(cell, bool) or cell in ("", None):
        return None
    if isinstance(cell, int | float):
        return float(cell)
    try:
        return float(str(cell).strip().replace(",", "").replace("，", ""))
    except ValueError:
        return None


def _words(kind: str) -> dict[str, str]:
    ids = [key for key in messages() if key.startswith(f"{kind}_")]
    said = {messages()[key].text(lang): key.removeprefix(f"{kind}_") for key in ids for lang in LANGS}
    return {words.casefold(): key for words, key in said.items()}


def _typed_by_hand(base: pd.DataFrame) -> Any:
    import numpy as np

    marks = {EXTRA + messages()[ENTERED].text(lang) for lang in LANGS} & set(base.columns)
    hand = np.zeros(len(base), dtype=bool)
    for mark in marks:
        hand |= (base[mark] != "").to_numpy(dtype=bool)
    return hand


def _edited(
    table: str, base: pd.DataFrame, now: pd.DataFrame, pairs: Any
) -> dict[tuple[int, int], dict[str, str]]:
    """(place in base, place in now) of the rows that differ -> column -> staff's words."""
    import pandas as pd

    staff = {f.id for f in data_tables()[table].fields.values() if f.owner == "staff"}
    found: dict[tuple[int, int], dict[str, str]] = {}
    for name in map(str, now.columns):
        if name == PLACE or name in staff or not len(pairs):
            continue
        was, new = base[name].iloc[pairs[:, 0]], now[name].iloc[pairs[:, 1]]
        if was.dtype.kind not in "Mfiu":
            was, new = was.str.strip(), new.str.strip()
        a, b = was.reset_index(drop=True), new.reset_index(drop=True)
        other = ((a != b) & ~(pd.isna(a) & pd.isna(b))).to_numpy(dtype=bool)
        for (at, here), value in zip(pairs[other].tolist(), b[other].tolist(), strict=True):
            found.setdefault((at, here), {})[name] = said(value)
    return dict(sorted(found.items()))


def _row(table: str, base: pd.DataFrame, at: int) -> dict[str, str]:
    staff = {f.id for f in data_tables()[table].fields.values() if f.owner == "staff"}
    return {str(n): said(base[n].iloc[at]) for n in base if n != PLACE and n not in staff}


def said(value: Any) -> str:
    """A value of a cleaned table as text that tells it exactly."""
    import pandas as pd

    if value is None or pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, str):
        return value
    number = float(value)
    return str(int(number)) if number == int(number) else repr(number)


def _joined(known: list[Correction], new: Correction) -> list[Correction]:
    """``known`` with one more: a row that was corrected before is still the same row of the data."""
    for i, old in enumerate(known):
        if old.table == new.table and _same({**old.row, **old.cells}, new.row):
            cells = {n: w for n, w in {**old.cells, **new.cells}.items() if w != old.row.get(n, "")}
            one = [replace(old, cells=cells, place=new.place)] if cells else []
            return [*known[:i], *one, *known[i + 1 :]]
    return [*known, new]


def _same(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return all(other[name] == words for name, words in one.items() if name in other)


def label_of(table: str, column: str, lang: Lang) -> str:
    """How people call a column of a table."""
    fields = {column_of(key): f for key, f in data_tables()[table].fields.items()}
    return fields[column].label.text(lang) if column in fields else column.removeprefix(EXTRA)
