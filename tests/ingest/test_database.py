"""Tables of databases: the same cells as a CSV of them, in one order, read only, and no password anywhere."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sheetgen.connect import connected, is_url, masked, split_table
from sheetgen.errors import ColumnsError, InputError, SheetgenError
from sheetgen.i18n import LANGS, text
from sheetgen.ingest.clean import clean
from sheetgen.ingest.database import read_database
from sheetgen.ingest.rules import NO_RULES, ReadRules
from sheetgen.ingest.sources import read_inputs
from sheetgen.model import RawTable

from ..books import make, write_csv
from ..databases import PASSWORD, QUOTED, Postgres

pytestmark = pytest.mark.xdist_group("databases")
Make = Callable[..., str]
KINDS = ["postgresql", "sqlite", "duckdb"]
PEOPLE = [
    ("K1", "甲公司", "张三", "2024-01-05"),
    ("K2", "乙公司", None, None),
    ("K3", None, "李四", "2023-12-31"),
]
SALES = [
    (3, "K1", "2025-03-01", Decimal("1234.50"), "o1", 2.5, True),
    (1, "K2", "2025-02-01", Decimal("-0.05"), "o2", 0.1, False),
    (10, "K1", "2025-01-01", Decimal("60000"), "o3", None, None),
    (2, None, None, None, None, None, None),
    (4, "K3", "2025-01-01", Decimal("7.00"), "o'4; DROP", 1e6, True),
]
TYPES = {
    "postgresql": ("int PRIMARY KEY", "text", "date", "numeric(12,2)", "varchar(40)", "float8", "boolean"),
    "sqlite": ("INTEGER PRIMARY KEY", "TEXT", "DATE", "DECIMAL(12,2)", "VARCHAR(40)", "REAL", "BOOLEAN"),
    "duckdb": ("INTEGER PRIMARY KEY", "VARCHAR", "DATE", "DECIMAL(12,2)", "VARCHAR", "DOUBLE", "BOOLEAN"),
}


def fill(kind: str, run: Callable[[str, Any], Any], sales: list[Any] = SALES) -> None:
    mark = "%s" if kind == "postgresql" else "?"
    kinds = TYPES[kind]
    people = "customer_id varchar(9), 客户名称 varchar(20), 负责人 varchar(20), 登记日期 date"
    run(f"CREATE TABLE customers ({people})", ())
    names = ("id", "customer_id", "date", "amount", "order_id", "quantity", "vip")
    run(f"CREATE TABLE orders ({', '.join(f'{n} {k}' for n, k in zip(names, kinds, strict=True))})", ())
    run("CREATE VIEW big_orders AS SELECT * FROM orders WHERE amount > 100", ())
    run("CREATE TABLE settings (name varchar(20), value int)", ())
    for row in PEOPLE:
        run(f"INSERT INTO customers VALUES ({', '.join([mark] * 4)})", row)
    for sale in sales:
        cells = [str(c) if isinstance(c, Decimal) and kind == "sqlite" else c for c in sale]
        run(f"INSERT INTO orders VALUES ({', '.join([mark] * 7)})", cells)


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """A database of a kind with customers, orders, a view and a table that means nothing."""

    def make_one(kind: str, sales: list[Any] = SALES, name: str = "shop") -> str:
        if kind == "postgresql":
            import psycopg

            server: Postgres = request.getfixturevalue("postgres")
            server.do(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
            with psycopg.connect(server.url(name), autocommit=True) as connection:
                fill(kind, connection.execute, sales)
            return server.url(name)
        path = tmp_path / f"{name}.{kind}"
        if kind == "sqlite":
            with sqlite3.connect(path) as lite:
                fill(kind, lite.execute, sales)
            lite.close()
        else:
            import duckdb

            with duckdb.connect(path) as duck:
                fill(kind, duck.execute, sales)
        return f"{kind}://{path}"

    return make_one


def the_table(url: str, **rules: Any) -> RawTable:
    tables, _ = read_database(url, None, ReadRules(**rules))
    assert len(tables) == 1
    return tables[0]


@pytest.mark.parametrize("kind", KINDS)
def test_cells_are_what_a_csv_would_hold(kind: str, database: Make) -> None:
    table = the_table(database(kind) + "#orders")
    assert table.source.kind == "transactions"
    assert (table.source.sheet, table.source.rows, table.structure) == ("orders", 5, 0)
    assert table.line.tolist() == [1, 2, 3, 4, 5], "sorted by the first column, as numbers"
    frame = table.frame
    assert frame["x:id"].tolist() == ["1", "2", "3", "4", "10"]
    assert frame["customer_id"].tolist() == ["K2", "", "K1", "K3", "K1"]
    assert frame["date"].tolist() == ["2025-02-01", "", "2025-03-01", "2025-01-01", "2025-01-01"]
    assert [Decimal(a or 0) for a in frame["amount"]] == [
        Decimal(a) for a in ("-0.05", "0", "1234.5", "7", "60000")
    ]
    assert frame["quantity"].tolist() == ["0.1", "", "2.5", "1000000", ""]
    assert frame["x:vip"].tolist() == ["FALSE", "", "TRUE", "TRUE", ""]
    assert frame["order_id"].tolist()[3] == "o'4; DROP"
    assert (frame.dtypes == "str").all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_the_rows_in_the_database_means_nothing(kind: str, database: Make) -> None:
    first = the_table(database(kind) + "#orders")
    again = the_table(database(kind, SALES[::-1], "again") + "#orders")
    pd.testing.assert_frame_equal(first.frame, again.frame)
    assert first.source.sha256 == again.source.sha256
    changed = [(*SALES[0][:3], Decimal("1234.51"), *SALES[0][4:]), *SALES[1:]]
    other = the_table(database(kind, changed, "changed") + "#orders")
    assert other.source.sha256 != first.source.sha256


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_table_all_that_are_understood(kind: str, database: Make) -> None:
    tables, issues = read_database(database(kind), None, NO_RULES)
    assert {t.source.sheet: t.source.kind for t in tables} == {
        "customers": "customers",
        "orders": "transactions",
    }
    assert issues == [], "a view would count its rows twice"


@pytest.mark.parametrize("kind", KINDS)
def test_a_view_by_its_name(kind: str, database: Make) -> None:
    assert the_table(database(kind) + "#big_orders").frame["x:id"].tolist() == ["3", "10"]


def test_every_database_gives_the_same_clean_tables(database: Make) -> None:
    found = [clean(read_inputs([database(kind)], {})) for kind in KINDS]
    for other in found[1:]:
        assert other.ledger.rows == found[0].ledger.rows and other.ledger.cents == found[0].ledger.cents
        for name in ("customers", "transactions"):
            drop = [c for c in ("file",) if c in other.tables[name]]
            pd.testing.assert_frame_equal(
                other.tables[name].drop(columns=drop), found[0].tables[name].drop(columns=drop)
            )
    assert found[0].ledger.cents["used"] == 123450 - 5 + 6000000 + 700
    assert found[0].ledger.rows["held_back"] == 1 and found[0].ledger.balances


def test_a_schema_and_a_name_with_a_dot(postgres: Postgres, database: Make) -> None:
    url = database("postgresql", name="schemas")
    postgres.do(
        "CREATE SCHEMA crm",
        "CREATE TABLE crm.sales AS SELECT * FROM orders WHERE id < 3",
        'CREATE TABLE "a.b" AS SELECT * FROM orders WHERE id = 4',
        database="schemas",
    )
    assert len(the_table(url + "#crm.sales").frame) == 2
    assert len(the_table(url + "#a.b").frame) == 1


def test_exact_and_odd_values_of_postgresql(postgres: Postgres) -> None:
    """Whatever the server's settings are (this one writes German dates), and however strange the type."""
    postgres.do(
        "DROP TABLE IF EXISTS odd",
        "CREATE TABLE odd (customer_id uuid, date timestamptz, amount numeric, due_on timestamp, worth money,"
        " picture bytea, tags text[], more jsonb, quantity real, paid_on date, blank char(3))",
        "INSERT INTO odd VALUES ('00000000-0000-0000-0000-000000000001', '2024-12-31 23:30+00',"
        " 123456789.123456, '2024-02-29 00:00', 1234.5, '\\x00ff', '{a,b}', '{\"k\": 1}', 0.1,"
        " 'infinity', '')",
    )
    table = the_table(postgres.url() + "#odd")
    row = table.frame.iloc[0]
    assert row["amount"] == "123456789.123456"
    assert row["due_on"] == "2024-02-29" and row["paid_on"] == "infinity"
    assert row["date"] == "2024-12-31 23:30:00+00"
    assert (row["x:worth"], row["x:picture"], row["x:tags"], row["quantity"]) == (
        "1234.50",
        "",
        "{a,b}",
        "0.1",
    )
    found = clean(read_inputs([postgres.url() + "#odd"], {})).tables["transactions"].iloc[0]
    assert str(found["date"].date()) == "2025-01-01", "the day in China"


def test_what_sqlite_lets_into_any_column(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as lite:
        lite.execute("CREATE TABLE t (customer_id INTEGER, date DATETIME, amount REAL, untyped, bits BLOB)")
        lite.execute("INSERT INTO t VALUES ('00123', '2024/1/5', 'abc', 7, x'ff00')")
        lite.execute("INSERT INTO t VALUES (9, '2024-01-06 00:00:00', 0.1, NULL, NULL)")
        lite.execute("INSERT INTO t VALUES (10, 45296, 1e15, 'x', NULL)")
        lite.execute("INSERT INTO t VALUES (cast(x'ff' AS TEXT), NULL, 1, NULL, NULL)")
    lite.close()
    frame = the_table(f"sqlite://{tmp_path}/a.db#t").frame
    assert set(frame["amount"]) == {"abc", "0.1", "1.00000000000000E+15", "1"}
    assert set(frame["date"]) == {"2024/1/5", "2024-01-06", "45296", ""}
    assert set(frame["customer_id"]) == {"123", "9", "10", "\ufffd"}, "an INTEGER column keeps no zeros"


def test_blank_rows_and_totals_are_structure(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as lite:
        lite.execute("CREATE TABLE t (客户编号 TEXT, 日期 TEXT, 金额 TEXT)")
        rows = [("K1", "2024-01-05", "5"), ("合计", None, "5"), (None, " ", "")]
        lite.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    lite.close()
    table = the_table(f"sqlite://{tmp_path}/a.db#t")
    assert (len(table.frame), table.structure, table.source.rows) == (1, 2, 3)


def test_several_tables_of_one_kind(tmp_path: Path) -> None:
    """As with the sheets of a workbook: those with the same fields are read, a poorer one is told of."""
    with sqlite3.connect(tmp_path / "a.db") as lite:
        for name in ("orders_2024", "orders_2025"):
            lite.execute(f"CREATE TABLE {name} (客户编号 TEXT, 日期 TEXT, 金额 TEXT, 订单号 TEXT)")
            lite.execute(f"INSERT INTO {name} VALUES ('K1', '2024-01-05', '5', '{name}')")
        lite.execute("CREATE TABLE orders_old (客户编号 TEXT, 日期 TEXT, 金额 TEXT)")
    lite.close()
    tables, issues = read_database(f"sqlite://{tmp_path}/a.db", None, NO_RULES)
    assert [t.source.sheet for t in tables] == ["orders_2024", "orders_2025"]
    assert [(i.code, i.file) for i in issues] == [("SG309", "a.db#orders_old")]


def test_a_mapping_names_columns(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as lite:
        lite.execute("CREATE TABLE t (who TEXT, day TEXT, paid TEXT)")
        lite.execute("INSERT INTO t VALUES ('K1', '2024-01-05', '5')")
    lite.close()
    url = f"sqlite://{tmp_path}/a.db"
    mapping = {"customer_id": "who", "date": "#2", "amount": "paid"}
    assert the_table(url + "#t", mapping=mapping).frame.iloc[0].tolist() == ["K1", "2024-01-05", "5"]
    with pytest.raises(ColumnsError) as caught:
        the_table(url + "#t")
    assert "paid" in caught.value.facts["found"]
    with pytest.raises(ColumnsError) as caught:
        read_database(url, None, NO_RULES)
    assert (caught.value.key, caught.value.facts["found"]) == ("tables_unknown", "t")


def test_a_kind_that_is_asked_for(database: Make, tmp_path: Path) -> None:
    url = database("sqlite")
    raw = read_inputs([], {"customers": [url + "#customers"], "transactions": [url + "#orders"]})
    assert sorted(t.source.kind for t in raw.tables) == ["customers", "transactions"]


# the source is left as it was


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_can_be_written(kind: str, database: Make) -> None:
    url = database(kind)
    with connected(url, read_only=True) as backend, pytest.raises(Exception, match=r"(?i)read.?only"):
        backend.con.execute("INSERT INTO settings VALUES ('x', 1)")
    with connected(url, read_only=True) as backend:
        assert backend.con.execute("SELECT count(*) FROM settings").fetchone()[0] == 0


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_the_file_is_left_as_it_was(kind: str, database: Make, tmp_path: Path) -> None:
    url = database(kind)
    path = tmp_path / f"shop.{kind}"
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    read_database(url, None, NO_RULES)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_file_that_is_not_there_is_not_made(kind: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_database(f"{kind}://{tmp_path}/none.db#t", None, NO_RULES)
    assert (caught.value.key, caught.value.code) == ("database_missing", "SG117")
    assert not list(tmp_path.iterdir())


def test_a_path_below_the_current_folder(
    database: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database("sqlite")
    monkeypatch.chdir(tmp_path)
    for url in ("sqlite:///shop.sqlite", "sqlite://shop.sqlite", f"sqlite:///{tmp_path}/shop.sqlite"):
        assert the_table(f"{url}#orders").source.rows == 5


# what cannot be


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("sqlite://{tmp}/text.db#t", "database_unreachable"),
        ("duckdb://{tmp}/text.db#t", "database_unreachable"),
        ("postgresql://staff:s3cret@127.0.0.1:{port}/shop#t", "database_unreachable"),
        ("postgresql://staff:s3cret@127.0.0.1:99999999/shop#t", "database_unreachable"),
        ("postgresql://staff:s3c#ret@127.0.0.1:{port}/shop", "database_unreachable"),
        ("postgresql://staff:s3cret%zz@127.0.0.1:{port}/shop", "database_unreachable"),
        ("postgresql://127.0.0.1:{port}/shop?user=staff&password=s3cret#t", "database_unreachable"),
        ("oracel://staff:s3cret@host/shop#t", "database_unknown"),
        ("oracle://staff:s3cret@host/shop#t", "driver_missing"),
    ],
)
def test_a_database_that_cannot_be_opened(url: str, key: str, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database " * 100)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(InputError) as caught:
        read_inputs([url.format(tmp=tmp_path, port=port)], {})
    error = caught.value
    assert (error.key, error.code, error.exit_code) == (key, "SG117", 4)
    assert error.__suppress_context__ or error.__context__ is None, (
        "a driver's own words may hold the password"
    )
    for lang in LANGS:
        words = text(error.key, lang, **error.facts)
        assert "s3c" not in words and "{" not in words and "\n" not in words


def test_a_wrong_password_and_a_wrong_database(postgres: Postgres) -> None:
    for url in (postgres.url(password="wr%40ng%20pass"), postgres.url("nowhere")):
        with pytest.raises(InputError) as caught:
            read_database(url, None, NO_RULES)
        words = str(caught.value.facts)
        assert caught.value.key == "database_unreachable"
        assert not any(secret in words for secret in ("wr@ng", "wr%40ng", PASSWORD, QUOTED))


def test_a_table_that_is_not_there(database: Make) -> None:
    with pytest.raises(InputError) as caught:
        the_table(database("sqlite") + "#order")
    assert caught.value.key == "table_missing"
    assert str(caught.value.facts["known"]).startswith("orders")


def test_a_table_that_may_not_be_read(postgres: Postgres, database: Make) -> None:
    url = database("postgresql", name="locked")
    postgres.do("DROP ROLE IF EXISTS guest", "CREATE ROLE guest LOGIN PASSWORD 'gu3st'", database="locked")
    guest = url.replace(f"staff:{QUOTED}", "guest:gu3st")
    with pytest.raises(InputError) as caught:
        the_table(guest + "#orders")
    assert caught.value.key == "database_failed"
    assert "permission" in str(caught.value.facts["reason"]) and "gu3st" not in str(caught.value.facts)


def test_without_ibis(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['ibis'] = None\n"
        "from sheetgen.ingest.sources import read_inputs\n"
        "try:\n    read_inputs(['sqlite:///a.db#t'], {})\n"
        "except Exception as e:\n    print(e.key, e.facts['need'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "driver_missing sheetgen[sql]", done.stderr


# the whole run


@pytest.mark.parametrize("verb", ["build", "check"])
@pytest.mark.parametrize("more", [[], ["--json"], ["-v"]])
@pytest.mark.parametrize(("change", "code"), [("", 3), ("#none", 4), ("port", 4)])
def test_no_password_anywhere(
    change: str,
    code: int,
    more: list[str],
    verb: str,
    database: Make,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Not in the book, its state, the JSON, stdout or stderr, for a run that works and one that does not."""
    from sheetgen.cli import main

    url = database("postgresql")
    url = url.replace("127.0.0.1:", "127.0.0.1:1") if change == "port" else url + change
    capfd.readouterr()
    with pytest.raises(SystemExit) as done:
        main(verb, url, *more, "-o", str(tmp_path / "a.xlsx"))
    said = "".join(capfd.readouterr())
    assert done.value.code == code, said
    assert said and not any(secret in said for secret in (PASSWORD, QUOTED, "%23ss", "p#ss"))
    if verb == "build" and code == 3 and more == ["--json"]:
        files = json.loads(said)["files"]
        assert {f["encoding"] for f in files} == {"postgres"}
        assert all(f["path"].startswith("postgresql://staff:***@127.0.0.1:") for f in files)
    for book in tmp_path.glob("*.xlsx"):
        with zipfile.ZipFile(book) as package:
            data = b"".join(package.read(part) for part in package.namelist())
        for secret in (PASSWORD, QUOTED, "p#ss", "%23ss"):
            assert secret.encode() not in data and secret.encode("utf-16-le") not in data


def test_the_book_is_that_of_the_same_data_in_files(database: Make, tmp_path: Path) -> None:
    built = make(tmp_path / "db.xlsx", paths=[database("postgresql")])
    again = make(tmp_path / "again.xlsx", paths=[database("postgresql", SALES[::-1])])
    assert (built.run_id, built.digest) == (again.run_id, again.digest)
    write_csv(
        tmp_path / "c.csv",
        ["customer_id", "客户名称", "负责人", "登记日期"],
        [["" if c is None else c for c in r] for r in PEOPLE],
    )
    names = ["id", "customer_id", "date", "amount", "order_id", "quantity", "vip"]
    rows = [["" if c is None else c for c in row] for row in sorted(SALES, key=lambda r: r[0])]
    write_csv(tmp_path / "o.csv", names, rows)
    plain = make(tmp_path / "csv.xlsx", paths=[tmp_path / "c.csv", tmp_path / "o.csv"])
    assert plain.tiers == built.tiers
    pd.testing.assert_frame_equal(plain.graded.frame, built.graded.frame)


# URLs


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:p@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u:p@x:y@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u:p/q?r#s@h/d#t", "postgresql://u:***@h/d#t"),
        ("postgresql://:p@h/d", "postgresql://:***@h/d"),
        ("postgresql://u@h:5432/d", "postgresql://u@h:5432/d"),
        ("mysql://h/d?user=u&password=p&ssl=1", "mysql://h/d?user=u&password=***&ssl=1"),
        ("sc://h:15002/;token=abc", "sc://h:15002/;token=***"),
        ("sqlite:///a/b.db#t", "sqlite:///a/b.db#t"),
        ("C:\\a:b@c.csv", "C:\\a:b@c.csv"),
    ],
)
def test_what_is_shown_of_a_url(url: str, shown: str) -> None:
    assert masked(url) == shown


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("postgresql://u:p@h/d#s.t", ("postgresql://u:p@h/d", "s.t")),
        ("postgresql://u:p#q@h/d", ("postgresql://u:p%23q@h/d", "")),
        ("postgresql://u:p#q@h/d#t", ("postgresql://u:p%23q@h/d", "t")),
        ("sqlite:///a.db#%E8%AE%A2%E5%8D%95", ("sqlite:///a.db", "订单")),
        ("sqlite:///a.db#订单", ("sqlite:///a.db", "订单")),
        ("sqlite:///a.db#", ("sqlite:///a.db", "")),
    ],
)
def test_a_url_and_its_table(url: str, parts: tuple[str, str]) -> None:
    assert split_table(url) == parts


@pytest.mark.parametrize("path", ["a.csv", "C:\\a.csv", "C:/a.csv", "/a/b.db", "a:b", "://x", "订单://x"])
def test_paths_are_no_urls(path: str) -> None:
    assert not is_url(path)


def test_errors_are_of_the_house() -> None:
    with pytest.raises(SheetgenError):
        read_database("nothing://x", None, NO_RULES)
