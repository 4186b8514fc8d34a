"""A table of a database by its URL: read as text cells, in an order of our own, and never written to."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from sheetgen.connect import connected, masked, refuse, split_table
from sheetgen.errors import ColumnsError, InputError, SheetgenError
from sheetgen.ingest.cells import arrow
from sheetgen.ingest.opening import Opening, find_opening, refuse_columns, refuse_unclear
from sheetgen.ingest.reading import layout_of, raw_table, whole_body
from sheetgen.ingest.rules import ReadRules
from sheetgen.ingest.sheets import number_text
from sheetgen.ingest.structure import structural
from sheetgen.ingest.text import map_text
from sheetgen.model import Issue, RawTable, SourceFile

if TYPE_CHECKING:
    import pandas as pd

_MIDNIGHT: Final = re.compile(r"[ T]00:00(?::00(?:\.0+)?)?$")
_TRUE: Final = frozenset(("true", "t", "1"))
_FALSE: Final = frozenset(("false", "f", "0"))
_KNOWN: Final = (
    "SELECT table_name, table_type NOT LIKE '%VIEW%' FROM information_schema.tables"
    " WHERE table_schema = current_schema()"
)
_TABLES: Final = {
    "sqlite": "SELECT name, type = 'table' FROM sqlite_master"
    " WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%'",
    "postgres": _KNOWN,
    "duckdb": _KNOWN,
}
"""what tables and views there are, and which of them are tables"""
_MOST_NAMED: Final = 12


def read_database(url: str, kind: str | None, rules: ReadRules) -> tuple[list[RawTable], list[Issue]]:
    """The table that ``url`` names behind ``#``; without it, all tables whose columns are recognised.

    A record's line is its place when the records are sorted by their columns, from the first to the last.
    Raises InputError (SG117), ColumnsError.
    """
    base, table = split_table(url)
    with connected(base, read_only=True) as backend:
        try:
            if table:
                return [_read(backend, base, _named(backend, base, table), kind, rules)], []
            return _read_all(backend, base, kind, rules)
        except SheetgenError:
            raise
        except Exception as error:
            refuse("database_failed", base, error)


def _named(backend: Any, url: str, table: str) -> Any:
    """The table called so; ``schema.table`` where no table bears the whole name."""
    schema, _, name = table.rpartition(".")
    for call, options in ((table, {}), (name, {"database": schema} if schema else {})):
        with suppress(Exception):
            return backend.table(call, **options)
    raise _table_missing(backend, url, table)


def _table_missing(backend: Any, url: str, table: str) -> InputError:
    from difflib import get_close_matches

    known = _names(backend, views=True)
    near = get_close_matches(table.rpartition(".")[2], known, cutoff=0.5) or known[:_MOST_NAMED]
    return InputError("table_missing", "SG117", url=masked(url), table=table, known=", ".join(near) or "—")


def _read_all(
    backend: Any, url: str, kind: str | None, rules: ReadRules
) -> tuple[list[RawTable], list[Issue]]:
    """Views are left alone, they would count a table's rows twice. Of each kind the fullest table is read,
    and all that have the very same fields."""
    names = _names(backend, views=False)
    openings: dict[str, Opening] = {}
    for name in names:
        with suppress(Exception):
            opening = find_opening([list(backend.table(name).columns)], kind, rules.mapping)
            if opening:
                openings[name] = opening
    if not openings:
        found = ", ".join(names[:_MOST_NAMED]) or "—"
        raise ColumnsError("tables_unknown", "SG301", path=masked(url), found=found)
    tables, issues = [], []
    for wanted in dict.fromkeys(o.match.kind for o in openings.values()):
        fields = {name: set(o.match.fields) for name, o in openings.items() if o.match.kind == wanted}
        read = {name: _read(backend, url, backend.table(name), kind, rules) for name in fields}
        best = max(fields, key=lambda name: (not read[name].frame.empty, len(fields[name])))
        tables += [read[name] for name in fields if fields[name] == fields[best]]
        left = [read[name].source.label for name in fields if fields[name] != fields[best]]
        issues += [Issue("SG309", "warning", label) for label in left]
    return tables, issues


def _names(backend: Any, views: bool) -> list[str]:
    asked = _TABLES.get(backend.name)
    if asked is None:
        return sorted(backend.list_tables())
    return sorted(name for name, own in backend.con.execute(asked).fetchall() if own or views)


def _read(backend: Any, url: str, table: Any, kind: str | None, rules: ReadRules) -> RawTable:
    import numpy as np
    import pyarrow as pa

    names, shown = list(table.columns), f"{masked(url)}#{table.get_name()}"
    opening = find_opening([names], kind, rules.mapping)
    if opening is None:
        refuse_columns(shown, [names], kind, rules.mapping)
    refuse_unclear(shown, opening)
    cells = _sorted(_cells(table), [table[name].type().is_numeric() for name in names])
    columns = pa.table({name: arrow(cells[name]) for name in cells})
    dropped = structural(columns, layout_of(opening))
    kept = columns.filter(pa.array(~dropped))
    line = (np.flatnonzero(~dropped) + 1).astype(np.int64)
    source = SourceFile(masked(url), "", str(backend.name), _digest(names, cells), 0, str(table.get_name()))
    return raw_table(source, opening, whole_body(opening, kept.columns, line, int(dropped.sum()), (), 0))


def _cells(table: Any) -> pd.DataFrame:
    """All cells as text, columns c0, c1 …  The database itself writes them: what it stores, to the digit."""
    import ibis
    import pandas as pd

    kinds = [table[name].type() for name in table.columns]
    empty = ibis.literal("")
    asked = {
        f"c{i}": empty if kind.is_binary() else table[name].cast("string")
        for i, (name, kind) in enumerate(zip(table.columns, kinds, strict=True))
    }
    found = table.select(**asked).to_pyarrow()
    columns = {}
    for i, kind in enumerate(kinds):
        text = pd.Series(found.column(f"c{i}").to_pandas(), dtype="str").fillna("")
        columns[f"c{i}"] = _plain(text.reset_index(drop=True), kind)
    return pd.DataFrame(columns)


def _plain(text: pd.Series[str], kind: Any) -> pd.Series[str]:
    """One spelling for what databases write in several: 1 and t, 1e2 and 100.0, a day with the hour 00:00."""
    if kind.is_boolean():
        return map_text(text, _flag)
    if kind.is_floating():
        return map_text(text, _number)
    if kind.is_decimal():
        return text.str.replace(r"[$,]", "", regex=True)  # the type money
    if kind.is_timestamp() and kind.timezone is None:
        return map_text(text, lambda cell: _MIDNIGHT.sub("", cell))
    return text


def _flag(cell: str) -> str:
    word = cell.strip().casefold()
    return "TRUE" if word in _TRUE else "FALSE" if word in _FALSE else cell


def _number(cell: str) -> str:
    try:
        return number_text(float(cell))
    except (ValueError, OverflowError):
        return cell


def _sorted(cells: pd.DataFrame, numeric: Sequence[bool]) -> pd.DataFrame:
    """The records by their columns from the first to the last: numbers by size, texts by their characters."""
    import pandas as pd

    keys: dict[str, pd.Series[Any]] = {}
    for is_number, (name, column) in zip(numeric, cells.items(), strict=True):
        if is_number:
            keys[f"n{name}"] = pd.to_numeric(column, errors="coerce").astype("float64")
        keys[str(name)] = column
        if keys[next(iter(keys))].is_unique:
            break
    order = pd.DataFrame(keys).sort_values(list(keys), kind="stable", na_position="last").index
    return cells.reindex(order).reset_index(drop=True)


def _digest(names: Sequence[str], cells: pd.DataFrame) -> str:
    found = hashlib.sha256(json.dumps(list(names)).encode())
    for name in cells:
        found.update(json.dumps(cells[name].tolist()).encode())
    return found.hexdigest()
