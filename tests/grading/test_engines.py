"""Every engine gives the same figures to the last bit, or says plainly why not, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from sheetgen.errors import InputError, SheetgenError, UsageError
from sheetgen.grading.coding import code
from sheetgen.grading.engines import TABLE, Run, check_engine, in_duckdb, open_engine
from sheetgen.grading.measure import aggregate, measure, window_days
from sheetgen.grading.settings import start_settings
from sheetgen.ingest.clean import clean
from sheetgen.ingest.sources import read_inputs
from sheetgen.model import Clean
from sheetgen.scheme.compile import Scheme
from sheetgen.scheme.library import load_scheme, read_scheme, shipped

from ..books import SAMPLE, make
from ..conftest import need
from ..databases import PASSWORD, Postgres
from ..scheme.base import SMALL
from .base import AS_OF, cleaned, company, sale
from .test_measure import EVERY

pytestmark = pytest.mark.xdist_group("databases")
Named = Callable[[str], str]
Engines = Callable[[str], Run]
ENGINES = ["spark", "postgresql", "sqlite", "duckdb file"]


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module", autouse=True)
def spark_connect() -> Iterator[str]:
    """Where the JVM of these tests serves Spark Connect as well.

    One that is not to live long had better not optimise: a third less time.
    """
    port = closed_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx1g")
        served = {
            "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
            "spark.connect.grpc.binding.address": "127.0.0.1",
            "spark.connect.grpc.binding.port": port,
        }
        options = " ".join(f"--conf {key}={value}" for key, value in served.items())
        patch.setenv("PYSPARK_SUBMIT_ARGS", f"{options} pyspark-shell")
        yield f"sc://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Named:
    """What stands behind --engine for each kind."""
    folder = tmp_path_factory.mktemp("engines")

    def name(kind: str) -> str:
        match kind:
            case "spark":
                need("" if shutil.which("java") else "Java is not installed")
                return "spark"
            case "postgresql":
                server: Postgres = request.getfixturevalue("postgres")
                return server.url()
            case "sqlite":
                sqlite3.connect(folder / "engine.db").close()
                return f"sqlite://{folder}/engine.db"
            case _:
                import duckdb

                duckdb.connect(folder / "engine.duckdb").close()
                return f"duckdb://{folder}/engine.duckdb"

    return name


@pytest.fixture(scope="module")
def engines(named: Named) -> Iterator[Engines]:
    """Each engine opened once: a JVM takes seconds to start."""
    with ExitStack() as stack:
        opened: dict[str, Run] = {}

        def get(kind: str) -> Run:
            if kind not in opened:
                opened[kind] = stack.enter_context(open_engine(named(kind)))
            return opened[kind]

        yield get


def edges(seed: int) -> Clean:
    """Rows at every edge where engines might part: window days, equal days, blanks, case, floats."""
    dice = random.Random(seed)
    ids = [*(f"K{i}" for i in range(30)), "k1", "Ｋ1", "客户", "é", "É", "ß", "İ", "i", "I", "zz idle"]
    texts = [
        "",
        "a",
        "A",
        "ä",
        "Ä",
        "ß",
        "ẞ",
        "SS",
        "İ",
        "i",
        "I",
        "ı",
        "Σ",
        "σ",
        "ς",
        "茶",
        "Ꭰ",
        "ꭰ",
        "x" * 300,
    ]
    backs = [0, 1, 29, 30, 31, 89, 90, 91, 364, 365, 366, 729, 730, 731, 1095, 1096, -1, 5_000]
    cents = [
        0,
        1,
        -1,
        5,
        49,
        50,
        51,
        4_999_999,
        5_000_000,
        5_000_001,
        20_000_000,
        50_000_000,
        10**13,
        -(10**13),
    ]
    numbers = [None, 0.1, 0.2, 0.3, 1 / 3, 1e-9, 1e9, 2.675, 1.005, -0.0, 0.0, -2.5, 3.0, 123_456_789.123]

    def day() -> date:
        return AS_OF - timedelta(days=dice.choice(backs))

    customers = [
        {"customer_id": key, "registered_on": None if i % 5 == 0 else day(), "owner": dice.choice(texts)}
        for i, key in enumerate(ids)
    ]
    sales = [
        sale(
            dice.choice(ids[:-1]), dice.choice(cents), day(),
            order_id=dice.choice(texts) + str(dice.randint(0, 4)), category=dice.choice(texts),
            channel=dice.choice(["门店", "网店", ""]), quantity=dice.choice(numbers),
            due_on=None if dice.random() < 0.5 else day(),
        )
        for _ in range(2_000)
    ]  # fmt: skip
    served = [
        {
            "customer_id": dice.choice(ids[:-4]), "date": day(), "complaint": dice.choice(["yes", "no", ""]),
            "satisfaction": dice.choice([None, None, 1, 2, 3, 3.5, 4, 4.5, 5]),
            "next_contact": None if dice.random() < 0.6 else day(),
        }
        for _ in range(600)
    ]  # fmt: skip
    return cleaned(customers, sales, served)


@pytest.fixture(scope="module")
def data() -> dict[str, Clean]:
    return {
        "sample": clean(read_inputs([str(SAMPLE)], {})),
        "edges": edges(1),
        "random": company(5, people=60, lines=1_500),
        "nothing": cleaned([{"customer_id": "A"}]),
    }


@pytest.fixture(scope="module")
def every() -> Scheme:
    return read_scheme(SMALL.replace("metrics:\n", "metrics:" + EVERY))


@pytest.mark.parametrize("kind", ENGINES)
@pytest.mark.parametrize("scheme_id", shipped())
def test_every_scheme_measures_the_same_on_every_engine(
    kind: str, scheme_id: str, engines: Engines, data: dict[str, Clean]
) -> None:
    scheme, run = load_scheme(scheme_id), engines(kind)
    for name in ("sample", "edges"):
        settings = start_settings(scheme, AS_OF)
        ours = measure(data[name], scheme, settings)
        theirs = measure(data[name], scheme, settings, run)
        pd.testing.assert_frame_equal(ours.frame, theirs.frame, check_exact=True, obj=name)


@pytest.mark.parametrize("kind", ENGINES)
@pytest.mark.parametrize("name", ["edges", "random", "nothing"])
def test_every_aggregation_is_the_same_on_every_engine(
    kind: str, name: str, engines: Engines, data: dict[str, Clean], every: Scheme
) -> None:
    settings = start_settings(every, AS_OF)
    ours = measure(data[name], every, settings)
    theirs = measure(data[name], every, settings, engines(kind))
    pd.testing.assert_frame_equal(ours.frame, theirs.frame, check_exact=True)
    if name == "edges":
        assert ours.frame.drop(columns=["customer_id", "m_owner"]).nunique().min() > 1, (
            "a metric says nothing"
        )


def test_spark_connect_gives_the_same(
    spark_connect: str, engines: Engines, data: dict[str, Clean], every: Scheme
) -> None:
    engines("spark")
    settings = start_settings(every, AS_OF)
    with open_engine(spark_connect) as run:
        theirs = measure(data["edges"], every, settings, run)
    pd.testing.assert_frame_equal(
        measure(data["edges"], every, settings).frame, theirs.frame, check_exact=True
    )


def test_rows_in_any_order_sum_the_same(every: Scheme, data: dict[str, Clean]) -> None:
    """Floats would not."""
    settings = start_settings(every, AS_OF)
    frame = data["edges"].tables["transactions"]
    ids = data["edges"].tables["customers"]["customer_id"]
    metrics = every.metrics_from("transactions")

    def totals(rows: pd.DataFrame) -> pd.DataFrame:
        coded = code(rows, ids, metrics, every.conditions)
        return aggregate(coded, metrics, every.conditions, window_days(every, settings), AS_OF)

    pd.testing.assert_frame_equal(totals(frame), totals(frame.iloc[::-1]), check_exact=True)


def test_an_engine_sees_numbers_only(data: dict[str, Clean], every: Scheme) -> None:
    """No name, no id, no text of a customer goes to a server."""
    people = data["sample"].tables["customers"]["customer_id"]
    for table in ("transactions", "service"):
        metrics = every.metrics_from(table)
        coded = code(data["sample"].tables[table], people, metrics, every.conditions)
        assert len(metrics) > 3
        assert {str(kind) for kind in coded.table.schema.types} <= {"int64", "double"}


@pytest.mark.parametrize(
    ("values", "units"),
    [([0.1, 0.2, None], 1e9), ([1e6, 2.5], 1e9), ([9e14, 0.5], 10.0), ([], 1e9), ([2e17, 1.0], 0.01)],
)
def test_numbers_are_summed_in_the_finest_unit_that_holds(values: list[Any], units: float) -> None:
    scheme = read_scheme(SMALL.replace("metrics:\n", "metrics:" + EVERY))
    rows = [sale("A", 1, quantity=v, channel="门店") for v in values]
    clean_data = cleaned([{"customer_id": "A"}], rows)
    metrics = scheme.metrics_from("transactions")
    people = clean_data.tables["customers"]["customer_id"]
    coded = code(clean_data.tables["transactions"], people, metrics, scheme.conditions)
    assert coded.units["quantity"] == units
    found = measure(clean_data, scheme, start_settings(scheme, AS_OF)).frame["m_units"][0]
    assert found == pytest.approx(sum(v or 0 for v in values), rel=1e-15)


# the whole run


@pytest.fixture(scope="module")
def plain_digest(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make(tmp_path_factory.mktemp("plain") / "book.xlsx", scheme="weighted-score").digest


@pytest.mark.parametrize("kind", ENGINES)
def test_the_book_is_the_same(
    kind: str, named: Named, engines: Engines, plain_digest: str, tmp_path: Path
) -> None:
    engines(kind)
    built = make(tmp_path / "book.xlsx", scheme="weighted-score", engine=named(kind))
    assert built.digest == plain_digest
    book = (tmp_path / "book.xlsx").read_bytes()
    assert PASSWORD.encode() not in book and not any(tmp_path.glob("*.tmp"))


def test_nothing_is_left_in_the_database(postgres: Postgres, tmp_path: Path) -> None:
    def left() -> list[Any]:
        return postgres.do(
            "SELECT relname FROM pg_class WHERE relname LIKE 'sheetgen%' OR relname LIKE 'ibis%'"
        )

    table = pa.table({"customer": [0, 0, 1], "cents": [1, 2, None]})

    def total(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        assert left() == [(TABLE,)], "while it measures there is one table"
        return frame.group_by("customer").agg(nw.col("cents").sum())

    def wrong(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        return frame.select(nw.col("no_such_column"))

    with open_engine(postgres.url()) as run:
        for _ in range(2):
            assert run(table, [total])[0].sort_by("customer")["cents"].to_pylist()[0] == 3
            assert left() == [], "as soon as the answer is there"
        with pytest.raises(InputError) as caught:
            run(table, [wrong])
        assert left() == []
        assert PASSWORD not in str(caught.value.facts) and "***" in str(caught.value.facts["url"])
    with pytest.raises(RuntimeError, match="stop"), open_engine(postgres.url()) as run:
        run(table, [total])
        raise RuntimeError("stop")
    assert left() == []


def test_a_table_of_that_name_stays(postgres: Postgres) -> None:
    postgres.do(f"CREATE TABLE {TABLE} (mine int)", f"INSERT INTO {TABLE} VALUES (7)")
    try:
        with open_engine(postgres.url()) as run:
            (found,) = run(pa.table({"customer": [1]}), [lambda frame: frame.select("customer")])
        assert found.to_pydict() == {"customer": [1]}
        assert postgres.do(f"SELECT mine FROM {TABLE}") == [(7,)]
    finally:
        postgres.do(f"DROP TABLE {TABLE}")


# what cannot be


@pytest.mark.parametrize("name", ["", "sparc", "Duckdb", "postgres", "postgresql:/host/db", "/tmp/x.db"])
def test_an_engine_that_is_none(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_engine(name)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("scheme", ["postgresql", "sc"])
def test_an_engine_out_of_reach(scheme: str) -> None:
    name = f"{scheme}://staff:s3cret@127.0.0.1:{closed_port()}/db"
    with pytest.raises(SheetgenError) as caught, open_engine(name):
        pytest.fail("it is open")
    assert (caught.value.key, caught.value.exit_code) == ("database_unreachable", 4)
    assert "s3cret" not in str(caught.value.facts)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__, "no trace of the driver"


def test_a_wrong_engine_is_told_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="bad_engine"):
        make(tmp_path / "a.xlsx", paths=["no such file.csv"], engine="oracle")


# Spark as the command line runs it


def test_spark_is_quiet_and_leaves_nothing(tmp_path: Path) -> None:
    need("" if shutil.which("java") else "Java is not installed")
    (tmp_path / "run").mkdir()
    (tmp_path / "temp").mkdir()
    (tmp_path / "sales.csv").write_text("客户编号,日期,金额\nK1,2025-01-02,60000.50\n", "utf-8")
    command = ("build", "../sales.csv", "--engine", "spark", "--json", "-o", "a.xlsx")
    code_line = f"import sheetgen.cli as c; c.main(*{command})"
    env = {k: v for k, v in os.environ.items() if k != "PYSPARK_SUBMIT_ARGS"}
    env |= {"TMPDIR": str(tmp_path / "temp"), "PYTHONUTF8": "1"}
    env["PYTHONPATH"] = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code_line],
        cwd=tmp_path / "run",
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["tiers"]["b"] == 1
    assert [p.name for p in (tmp_path / "run").iterdir()] == ["a.xlsx"]
    assert not list((tmp_path / "temp").iterdir())


def test_spark_without_java(tmp_path: Path) -> None:
    code_line = (
        "from sheetgen.grading.engines import open_engine\n"
        "try:\n    open_engine('spark').__enter__()\n"
        "except Exception as e:\n    print(type(e).__name__, e.key, e.facts['reason'])\n"
    )
    env = {k: v for k, v in os.environ.items() if k != "JAVA_HOME"}
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("bash", "dirname", "sh", "env", "head", "ps", "uname", "sed"):
        if found := shutil.which(tool):
            (tools / tool).symlink_to(found)
    env |= {"PATH": str(tools), "TMPDIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", code_line], env=env, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("UsageError spark_does_not_start "), done.stderr
    assert len(done.stdout.split(maxsplit=2)[2]) > 5
    assert done.stderr == ""
    assert [p.name for p in tmp_path.iterdir()] == ["bin"]


def test_a_running_session_is_used_and_left_running(engines: Engines) -> None:
    from pyspark.sql import SparkSession

    engines("spark")
    session = SparkSession.getActiveSession()
    assert session is not None
    with open_engine("spark") as run:
        (found,) = run(pa.table({"a": [1, 2]}), [lambda frame: frame.select(nw.col("a").sum())])
    assert found["a"].to_pylist() == [3]
    assert session.range(3).count() == 3


def test_unknown_is_null_on_every_way_in() -> None:
    """NaN would be the largest of all numbers to Spark and PostgreSQL."""
    scheme = read_scheme(SMALL.replace("metrics:\n", "metrics:" + EVERY))
    one = cleaned([{"customer_id": "A"}], [sale("A", 1, quantity=None)])
    metrics = scheme.metrics_from("transactions")
    coded = code(
        one.tables["transactions"], one.tables["customers"]["customer_id"], metrics, scheme.conditions
    )
    assert coded.table["quantity"].null_count == coded.table["n_quantity"].null_count == 1
    assert coded.table["due_on"].null_count == 1
    windows = window_days(scheme, start_settings(scheme, AS_OF))
    totals = aggregate(coded, metrics, scheme.conditions, windows, AS_OF, in_duckdb)
    assert np.isnan(totals["m_most"].iloc[0])
