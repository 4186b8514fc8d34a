"""The records that were held back, as they were read, with every cell of them that needs mending."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from sheetgen.ingest.headers import EXTRA, unit_scale
from sheetgen.ingest.marks import mark_of
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.failed import FailedTable

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.i18n import Lang
    from sheetgen.model import Raw, RawTable

BLANK: Final = {"customer_id": "SG404", "customer_name": "SG404", "date": "SG430"}
"""field -> what an empty cell of it is called; of the others, which make up the amount: SG412"""
_BY_PLACE: Final = re.compile(r"#\d+")


def held_back(raw: Raw, left_out: pd.DataFrame, lang: Lang) -> tuple[FailedTable, ...]:
    """The held-back records of each table that has any. Labels of the sources must differ."""
    mine = left_out[left_out["fate"] == "held_back"]
    by_file = dict(list(mine.groupby("file")))
    return tuple(
        _failed(table, by_file[table.source.label], lang)
        for table in raw.tables
        if table.source.label in by_file
    )


def headers_of(table: RawTable, lang: Lang) -> dict[str, str]:
    """Column id -> header, in the table's order, without fields that are had from another's column."""
    found: dict[str, str] = {}
    mapping = dict(table.source.mapping)
    fields = data_tables()[table.source.kind].fields
    for column in map(str, table.frame):
        header = mapping.get(column, column.removeprefix(EXTRA))
        if column in mapping and header in found.values():
            continue
        if column in fields and (column not in mapping or _BY_PLACE.fullmatch(header)):
            header = fields[column].label.text(lang)
        name, again = header, 2
        while name in found.values():
            name, again = f"{header} ({again})", again + 1
        found[column] = name
    return found


def _failed(table: RawTable, left_out: pd.DataFrame, lang: Lang) -> FailedTable:
    import numpy as np
    import pandas as pd

    unread = dict(table.malformed)
    told = left_out.drop_duplicates("line").sort_values("line", kind="stable")
    at = pd.Series(np.arange(len(table.line)), index=table.line.to_numpy())
    lines = [line for line in told["line"].tolist() if line in at.index or line in unread]
    told = told[told["line"].isin(lines)]
    place = at.reindex(lines)
    cells = table.frame.reindex(place.fillna(-1).astype("int64")).fillna("").reset_index(drop=True)
    headers = headers_of(table, lang)
    places = {header: column for column, header in headers.items()}
    shown = {field: places.get(header, field) for field, header in table.source.mapping}
    faults = {
        (i, shown.get(field, field)): code
        for found in (_further(table, place.to_numpy()), _decided(table, told))
        for (i, field), code in found
    }
    return FailedTable(
        source=table.source,
        headers=headers,
        cells=cells,
        line=lines,
        code=told["code"].tolist(),
        raw=[unread.get(line, "") for line in lines],
        mark=[mark_of(table.source, line) for line in lines],
        faults={key: faults[key] for key in sorted(faults)},
    )


def _decided(table: RawTable, told: pd.DataFrame) -> Iterator[tuple[tuple[int, str], str]]:
    """The cell that decided each record's fate."""
    fields = {header: field for field, header in reversed(table.source.mapping)}
    for i, (header, code) in enumerate(zip(told["column"].tolist(), told["code"].tolist(), strict=True)):
        field = fields.get(header, header)
        if field == "customer_id" and field not in table.frame:
            field = "customer_name"
        if field in table.frame:
            yield (i, field), code
        elif not header:  # it fits no header: all that is needed has to be filled in from its raw text
            yield from (((i, needed), code) for needed in _needed(table))


def _needed(table: RawTable) -> list[str]:
    """The columns without which a record cannot count."""
    wanted = ["customer_id", "date"]
    if "customer_id" not in table.frame:
        wanted[0] = "customer_name"
    if table.source.kind == "transactions":
        wanted += ["amount"] if "amount" in table.frame else ["unit_price", "quantity"]
    return [field for field in wanted if field in table.frame]


def _further(table: RawTable, place: Any) -> Iterator[tuple[tuple[int, str], str]]:
    """What else would hold these records back: a record is decided by its first fault only."""
    import numpy as np

    from sheetgen.ingest.types import typed

    fields = data_tables()[table.source.kind].fields
    wanted = _needed(table)
    read = np.flatnonzero(~np.isnan(place))
    for field in wanted if len(read) else ():
        header = dict(table.source.mapping).get(field, "")
        problems = typed(
            table.frame[field], fields[field].type, max(unit_scale(header), table.source.scale)
        ).problem
        for i, problem in zip(read.tolist(), problems[place[read].astype(np.int64)].tolist(), strict=True):
            if problem and problem != "SG415":  # which currency is foreign, only the whole run knows
                money = field in ("amount", "unit_price", "quantity")
                code = problem if problem.startswith("SG") else BLANK.get(field, "SG412")
                yield (i, field), "SG412" if money and code == "SG450" else code
