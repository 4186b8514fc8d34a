"""What runs in a process of its own: ``python -m benchmarks.jobs JOB ...`` ends with one line of JSON."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from math import isnan
from pathlib import Path
from typing import Any

from benchmarks.data import inputs
from benchmarks.meter import loaded, own_cpu, own_memory, own_peak, timed
from benchmarks.peers import excelerate, pandas_openpyxl, polars_excel, write_only
from benchmarks.regrade import converted, regrade, resave, threshold
from sheetgen.memory import keep_freed_memory

SCHEME = "vip-abc"


def build(customers: str, transactions: str, out: str) -> dict[str, Any]:
    """The product: CSV in, finished book out. All of the process counts, imports too."""
    from sheetgen.pipeline import BuildRequest
    from sheetgen.pipeline import build as run

    marks: list[tuple[str, float, float, float]] = [("start", time.perf_counter(), own_cpu(), own_peak())]

    def at(step: str) -> None:
        marks.append((step, time.perf_counter(), own_cpu(), own_peak()))

    request = BuildRequest(Path(out), paths=inputs(int(customers), int(transactions)), scheme=SCHEME)
    built = run(request, at)
    at("end")
    stages = {a[0]: [b[1] - a[1], b[2] - a[2], b[3]] for a, b in pairwise(marks)}
    rows = built.clean.ledger.rows
    return {"stages": stages, "mb": Path(out).stat().st_size / 1e6, "used": rows.get("used", 0)}


def book(customers: str, transactions: str, out: str) -> dict[str, Any]:
    """The Book of that build, pickled for the other contestants."""
    made = composed(int(customers), int(transactions))
    with Path(out).open("wb") as file:
        pickle.dump(made, file, protocol=5)
    formulas = values = 0
    for sheet in made.sheets:
        for column in sheet.table.columns if sheet.table else ():
            if column.formula:
                formulas += len(column.values)
            else:
                values += len(column.values)
    return {"formulas": formulas, "values": values}


def composed(customers: int, transactions: int) -> Any:
    """The Book that ``build`` would write."""
    return contents(customers, transactions)[0]


def contents(customers: int, transactions: int) -> tuple[Any, Any]:
    """The Book and what it is composed from."""
    from sheetgen.ingest.clean import clean
    from sheetgen.ingest.sources import read_inputs
    from sheetgen.pipeline import BuildRequest, prepare, version
    from sheetgen.scheme.library import load_scheme
    from sheetgen.workbook.compose import compose

    request = BuildRequest(Path("unused.xlsx"), paths=inputs(customers, transactions), scheme=SCHEME)
    cleaned = clean(read_inputs(request.paths, request.kinds, request.rules))
    _, content = prepare(request, load_scheme(SCHEME), cleaned, lambda step: None)
    return compose(content, version()), content


def pandas(pickled: str, out: str) -> dict[str, Any]:
    """All table blocks of the Book as plain values with ``DataFrame.to_excel``. Only the writing is timed."""
    import pandas as pd
    import xlsxwriter  # noqa: F401  # loaded before the clock starts

    made = loaded(pickled)
    frames = []
    for sheet in made.sheets:
        if sheet.table:
            columns = {
                c.id: c.values if c.kind in ("number", "date") else list(c.values)
                for c in sheet.table.columns
            }
            frames.append((sheet.name, pd.DataFrame(columns), sheet.table.header_row))
    del made
    before = own_memory()
    facts: dict[str, Any] = {}
    with timed(facts), pd.ExcelWriter(out, engine="xlsxwriter") as writer:
        for name, frame, row in frames:
            frame.to_excel(writer, sheet_name=name, startrow=row, index=False)
    return {**facts, "mb": Path(out).stat().st_size / 1e6, "loaded": before}


def plain(pickled: str, out: str) -> dict[str, Any]:
    """All table blocks cell by cell with XlsxWriter, with formulas. Only the writing is timed."""
    import numpy as np
    import xlsxwriter

    made = loaded(pickled)
    facts: dict[str, Any] = {}
    with timed(facts):
        options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        workbook = xlsxwriter.Workbook(out, options)
        body, day = workbook.add_format(), workbook.add_format({"num_format": "yyyy-mm-dd"})
        for sheet in made.sheets:
            ws = workbook.add_worksheet(sheet.name)
            for at, column in enumerate(sheet.table.columns if sheet.table else ()):
                first, look = sheet.table.first_row, day if column.kind == "date" else body
                ws.write_string(sheet.table.header_row, at, column.header)
                values = column.values
                if column.kind == "date":
                    days = np.asarray(values).astype("datetime64[D]")
                    numbers = (days - np.datetime64("1899-12-30")).astype("float64")
                    values = np.where(np.isnat(days), np.nan, numbers)
                values = values.tolist() if isinstance(values, np.ndarray) else list(values)
                if column.formula:
                    before, *rest = column.formula.split("{r}")
                    for row, value in enumerate(values, first):
                        number = str(row + 1)
                        text = "=" + number.join([before, *rest])
                        ws.write_formula(row, at, text, look, "" if value is None else value)
                    continue
                for row, value in enumerate(values, first):
                    if isinstance(value, str):
                        ws.write_string(row, at, value, look)
                    elif value is not None and not isnan(value):
                        ws.write_number(row, at, value, look)
        workbook.close()
    return {**facts, "mb": Path(out).stat().st_size / 1e6}


def splice(pickled: str, out: str) -> dict[str, Any]:
    """Our writer on the same Book. Only the writing is timed."""
    import pandas  # noqa: F401  # loaded before the clock starts

    from sheetgen.workbook.write import write_book

    made = loaded(pickled)
    before = own_memory()
    facts: dict[str, Any] = {}
    with timed(facts):
        write_book(made, Path(out))
    return {**facts, "mb": Path(out).stat().st_size / 1e6, "loaded": before}


def many(pickled: str, out: str, books: str) -> dict[str, Any]:
    """Our writer on the same Book, again and again. Only the writing is timed."""
    import pandas  # noqa: F401  # loaded before the clock starts

    from sheetgen.workbook.write import write_book

    made = loaded(pickled)
    facts: dict[str, Any] = {}
    with timed(facts):
        for _ in range(int(books)):
            write_book(made, Path(out))
    return {**facts, "mb": Path(out).stat().st_size / 1e6}


def help() -> dict[str, Any]:
    """The start of our command, in a Python of its own."""
    return _started("from sheetgen.cli import main; main()")


def bare() -> dict[str, Any]:
    """The same of a program that has nothing but typer."""
    return _started("import typer; typer.run(lambda name='': None)")


def _started(code: str) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    command = [sys.executable, "-c", code, "--help"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # its bytecode is compiled now
    with timed(facts):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return facts


def floor(packed: str) -> dict[str, Any]:
    """zlib at level 6 over every part of a finished book, and nothing else."""
    import zipfile
    import zlib

    wall = cpu = 0.0
    size = packed_size = 0
    with zipfile.ZipFile(packed) as package:
        for part in package.infolist():
            machine = zlib.compressobj(6, zlib.DEFLATED, -15)
            with package.open(part) as file:
                while block := file.read(4 << 20):
                    began, used = time.perf_counter(), own_cpu()
                    done = machine.compress(block)
                    wall, cpu = wall + time.perf_counter() - began, cpu + own_cpu() - used
                    size, packed_size = size + len(block), packed_size + len(done)
            packed_size += len(machine.flush())
    return {"timed": [wall, cpu], "xml_mb": size / 1e6, "mb": packed_size / 1e6}


def sumifs(customers: str, transactions: str, out: str, distinct: str) -> dict[str, Any]:
    """The same book with SUMIFS over the whole history in place of our metrics."""
    from benchmarks.naive import naive_book
    from sheetgen.workbook.write import write_book

    made, content = contents(int(customers), int(transactions))
    write_book(naive_book(made, content, distinct == "distinct"), Path(out))
    return {}


def read_duckdb(file: str) -> dict[str, Any]:
    """DuckDB's own reader and one aggregation over all customers."""
    import duckdb

    duckdb.sql("SELECT 1").fetchall()
    facts: dict[str, Any] = {}
    with timed(facts):
        rows = duckdb.sql(
            "SELECT 客户编号, sum(金额), count(DISTINCT 订单号), max(日期) FROM read_csv($file) GROUP BY 1",
            params={"file": file},
        ).fetchall()
    return {**facts, "cents": round(100 * sum(row[1] for row in rows))}


def load_duckdb(file: str) -> dict[str, Any]:
    """The same with all columns read, into a table: we keep every column, a query only those it names."""
    import duckdb

    duckdb.sql("SELECT 1").fetchall()
    facts: dict[str, Any] = {}
    with timed(facts):
        duckdb.sql(f"CREATE TABLE sales AS FROM read_csv('{file}')")
        rows = duckdb.sql(
            "SELECT 客户编号, sum(金额), count(DISTINCT 订单号), max(日期) FROM sales GROUP BY 1"
        ).fetchall()
    return {**facts, "cents": round(100 * sum(row[1] for row in rows))}


def read_clean(file: str) -> dict[str, Any]:
    """Our reader and the whole of cleaning. ``cents``: of all records that were read, whatever their fate."""
    import tempfile

    import pandas  # noqa: F401  # loaded before the clock starts

    from sheetgen.ingest.clean import clean
    from sheetgen.ingest.sources import read_inputs

    with tempfile.TemporaryDirectory(prefix="sheetgen-bench-") as place:
        small = Path(place) / "small.csv"
        small.write_text("客户编号,日期,金额\n1,2024-01-05,3\n", "utf-8")
        clean(read_inputs([str(small)], {}))
    facts: dict[str, Any] = {}
    with timed(facts):
        before = own_cpu()
        raw = read_inputs([file], {})
        facts["read"] = own_cpu() - before
        cleaned = clean(raw)
    return {**facts, "cents": cleaned.ledger.read_cents, "used": cleaned.ledger.rows["used"]}


OURS = ("build", "splice", "many", "read_clean", "regrade")
JOBS: dict[str, Callable[..., dict[str, Any]]] = {
    job.__name__: job
    for job in (
        build,
        book,
        pandas,
        plain,
        splice,
        many,
        help,
        bare,
        floor,
        sumifs,
        read_duckdb,
        load_duckdb,
        read_clean,
        regrade,
        resave,
        converted,
        threshold,
        pandas_openpyxl,
        write_only,
        polars_excel,
        excelerate,
    )
}

if __name__ == "__main__":
    if sys.argv[1] in OURS:
        keep_freed_memory()  # as the command does
    answer = JOBS[sys.argv[1]](*sys.argv[2:])
    print(json.dumps({"peak": own_peak(), **answer}))
