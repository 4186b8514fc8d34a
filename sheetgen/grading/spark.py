"""A Spark session to measure in: one that runs, one started for the run, or a cluster's by Spark Connect."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from sheetgen.connect import PATIENCE, refuse
from sheetgen.errors import UsageError

_PORT: Final = 15002
_QUICKLY: Final = 15
"""seconds the JVM has to end by itself"""


@contextmanager
def local_session() -> Iterator[Any]:
    """The running session, which is left running; else one as Spark's own configuration says (without one:
    all cores of this machine), quiet, in a folder of its own, and gone afterwards.

    Raises UsageError when pyspark or Java is missing.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise UsageError("engine_missing", "SG601", need="sheetgen[spark]") from None
    running = SparkSession.getActiveSession()
    if running is not None:
        yield running
        return
    folder = Path(tempfile.mkdtemp(prefix="sheetgen-spark-"))
    try:
        session = _start(folder)
        try:
            yield session
        finally:
            _stop(session)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path) -> Any:
    from pyspark import SparkConf, SparkContext
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    settings = {
        "spark.app.name": "sheetgen",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.local.dir": str(folder),
        "spark.driver.defaultJavaOptions": f"-Djava.io.tmpdir={folder} -XX:-UsePerfData",
    }
    conf = SparkConf(loadDefaults=False).setAll(list(settings.items()))
    said = folder / "log"
    try:
        with warnings.catch_warnings(), said.open("w") as log:
            warnings.simplefilter("ignore")
            gateway = launch_gateway(conf, {"stdout": log, "stderr": log})  # type: ignore[no-untyped-call]
            session = SparkSession(SparkContext(conf=conf, gateway=gateway))
    except Exception as error:
        lines = said.read_text("utf-8", errors="replace").split("\n") if said.exists() else []
        reason = next((line for line in reversed(lines) if line.strip()), str(error))
        raise UsageError("spark_does_not_start", "SG601", reason=reason.strip()[:300]) from None
    if str(session.sparkContext.master).startswith("local"):
        session.conf.set("spark.sql.shuffle.partitions", str(session.sparkContext.defaultParallelism))
    return session


def _stop(session: Any) -> None:
    """The session and its JVM, so that the next run in this process starts anew."""
    from pyspark import SparkContext

    gateway: Any = SparkContext._gateway
    with suppress(Exception):
        session.stop()
    with suppress(Exception):
        gateway.shutdown()
    with suppress(Exception):
        gateway.proc.stdin.close()
        gateway.proc.wait(_QUICKLY)
    SparkContext._gateway = None
    SparkContext._jvm = None


@contextmanager
def remote_session(url: str) -> Iterator[Any]:
    """A session of the Spark Connect server ``sc://host[:port]``. Raises InputError (SG117), UsageError."""
    import socket
    from urllib.parse import urlsplit

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of a pandas newer than what Spark was tested with
        try:
            from pyspark.sql.connect.session import SparkSession
        except ImportError:
            raise UsageError("engine_missing", "SG601", need="sheetgen[spark]") from None
        try:
            # the client itself would try for ten minutes
            parts = urlsplit(url)
            with socket.create_connection((parts.hostname or "", parts.port or _PORT), PATIENCE):
                pass
            session = SparkSession.builder.remote(url).create()
        except Exception as error:
            refuse("database_unreachable", url, error)
        try:
            yield session
        finally:
            with suppress(Exception):
                session.stop()
