"""Where metrics are computed: DuckDB in this process, Spark, or a database by its URL.

An engine is one function: it takes a table of numbers (coding.py) and queries in Narwhals, has them computed
where it lives, and gives the answers back. It leaves nothing behind.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from sheetgen.connect import connected, is_url, masked, refuse, scheme_of
from sheetgen.errors import SheetgenError, UsageError

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw
    import pyarrow as pa

Query = Callable[["nw.LazyFrame[Any]"], "nw.LazyFrame[Any]"]
Run = Callable[["pa.Table", Sequence[Query]], "list[pa.Table]"]
TABLE: Final = "sheetgen_measured"


def check_engine(name: str) -> None:
    """Raises UsageError when ``name`` is neither duckdb nor spark nor a URL."""
    if name not in ("duckdb", "spark") and not is_url(name):
        raise UsageError("bad_engine", "SG601", value=masked(name))


@contextmanager
def open_engine(name: str) -> Iterator[Run]:
    """The engine ``duckdb``, ``spark``, ``sc://host`` (Spark Connect) or any other URL that Ibis opens.

    Raises UsageError (no such engine, no Java), InputError (SG117: out of reach, or it failed at the query).
    """
    check_engine(name)
    if name == "duckdb":
        yield in_duckdb
        return
    opened = _spark if name == "spark" or scheme_of(name) == "sc" else _database
    with opened(name) as run:
        yield _plainly(name, run)


def in_duckdb(table: pa.Table, queries: Sequence[Query]) -> list[pa.Table]:
    """Runs ``queries`` in DuckDB, within this process."""
    import duckdb

    with duckdb.connect(":memory:") as connection:
        return _answers(connection.from_arrow(table), queries)


def _answers(native: Any, queries: Sequence[Query]) -> list[pa.Table]:
    import narwhals.stable.v2 as nw

    frame = nw.from_native(native).lazy()
    return [query(frame).collect("pyarrow").to_arrow() for query in queries]


def _plainly(name: str, run: Run) -> Run:
    def run_plainly(table: pa.Table, queries: Sequence[Query]) -> list[pa.Table]:
        try:
            return run(table, queries)
        except SheetgenError:
            raise
        except Exception as error:
            refuse("engine_failed", name, error)

    return run_plainly


@contextmanager
def _database(url: str) -> Iterator[Run]:
    """The numbers go into a temporary table of this session, which is dropped whatever happens."""
    with connected(url, read_only=False) as backend:

        def run(table: pa.Table, queries: Sequence[Query]) -> list[pa.Table]:
            # only what was made here is dropped: the database may have a lasting table of this name
            native = _load(backend, table)
            try:
                return _answers(native, queries)
            finally:
                with suppress(Exception):
                    backend.raw_sql(f"DROP TABLE {TABLE}")

        yield run


def _load(backend: Any, table: pa.Table) -> Any:
    if backend.name != "postgres":
        return backend.create_table(TABLE, obj=table, temp=True)
    import ibis
    import pyarrow.csv

    # COPY takes a second where rows of INSERT take a minute
    native = backend.create_table(TABLE, schema=ibis.Schema.from_pyarrow(table.schema), temp=True)
    packed = io.BytesIO()
    pyarrow.csv.write_csv(table, packed, pyarrow.csv.WriteOptions(include_header=False))
    with backend.con.transaction(), backend.con.cursor() as cursor:
        with cursor.copy(f"COPY {TABLE} FROM STDIN (FORMAT csv)") as copy:
            copy.write(packed.getbuffer())
        cursor.execute(f"ANALYZE {TABLE}")
    return native


@contextmanager
def _spark(name: str) -> Iterator[Run]:
    from sheetgen.grading.spark import local_session, remote_session

    with remote_session(name) if is_url(name) else local_session() as session:
        yield lambda table, queries: _answers(session.createDataFrame(table), queries)
