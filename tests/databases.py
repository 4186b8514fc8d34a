"""A real PostgreSQL for the tests: in a folder of its own, on a port of its own, and stopped for sure."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

PASSWORD = "p#ss/w:rd@1"
"""with all that may upset a URL"""
QUOTED = "p%23ss%2Fw%3Ard%401"
_PLACES = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt", "/opt/local/lib")


def programs() -> Path | None:
    """The folder of initdb and pg_ctl, the newest one."""
    found = sorted(
        (p.parent for place in _PLACES for p in Path(place).glob("**/bin/initdb")),
        key=lambda p: [int(n) for n in p.parts[-2].split(".") if n.isdigit()],
    )
    if found:
        return found[-1]
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def missing() -> str:
    """Why there can be no PostgreSQL, or ''."""
    if programs() is None:
        return "PostgreSQL is not installed (apt-get install postgresql)"
    if os.name == "posix" and os.geteuid() == 0 and not (shutil.which("runuser") and _user()):
        return "PostgreSQL does not run as root, and there is no other user to run it as"
    return ""


def _user() -> str:
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), "")


class Postgres:
    """A server. ``url(database)`` is how the user ``staff`` reaches it; the sort order is not the C one."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sheetgen-pg-"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])

    def __enter__(self) -> Postgres:
        try:
            secret = self.folder / "password"
            secret.write_text(PASSWORD)
            if self._as_other:
                shutil.chown(self.folder, self._as_other)
                shutil.chown(secret, self._as_other)
            options = ["-U", "staff", "--pwfile", str(secret), "-A", "scram-sha-256", "-E", "UTF8"]
            self._run("initdb", "-D", str(self.folder / "data"), *options, "--no-sync", "--locale=C.UTF-8")
            network = f"-c listen_addresses=127.0.0.1 -p {self.port} -c unix_socket_directories={self.folder}"
            quick = "-c fsync=off -c max_connections=20 -c shared_buffers=16MB -c datestyle=german"
            self._ctl("start", "-o", f"{network} {quick}", "-l", str(self.folder / "log"))
        except BaseException:
            self._clear()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()

    def _clear(self) -> None:
        try:
            self._ctl("stop", "-m", "immediate")
        except subprocess.CalledProcessError:
            pass
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _as_other(self) -> str:
        return _user() if os.name == "posix" and os.geteuid() == 0 else ""

    def _ctl(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-t", "60", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        folder = programs()
        assert folder is not None
        command = [str(folder / program), *arguments]
        if self._as_other:
            command = ["runuser", "-u", self._as_other, "--", *command]
        # its output must not stay open in the server, or reading it would wait for the server's end
        subprocess.run(
            command, check=True, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=120,
        )  # fmt: skip

    def url(self, database: str = "postgres", password: str = QUOTED) -> str:
        """The URL of a database."""
        return f"postgresql://staff:{password}@127.0.0.1:{self.port}/{database}"

    def do(self, *statements: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run statements; the rows of the last one."""
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []
