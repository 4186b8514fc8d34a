"""A database by its URL: opened through Ibis, never named with its password, failing in one plain line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import unquote, urlsplit

from sheetgen.errors import InputError

PATIENCE: Final = 10
"""seconds to wait for a server"""
_LOGIN: Final = re.compile(r"(?<=://)(?P<user>[^:@/?#]*):(?P<secret>.*)@")
_SECRET: Final = re.compile(
    r"([?&;][^=&;#]*(?:pass|pwd|token|secret|key|auth)[^=&;#]*=)([^&;#]*)", re.IGNORECASE
)
_FILES: Final = ("sqlite", "duckdb")
_EXTRA: Final = {"postgres": "sheetgen[sql]", "sqlite": "sheetgen[sql]", "duckdb": "sheetgen[sql]"}


def is_url(path: str) -> bool:
    """True for ``scheme://…``, which no file is called."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", path) is not None


def masked(url: str) -> str:
    """``url`` as it may be shown: the password, and whatever looks like one, is ``***``."""
    return _hidden(url) if is_url(url) else url


def _hidden(text: str) -> str:
    return _SECRET.sub(r"\1***", _LOGIN.sub(lambda m: f"{m['user']}:***@", text))


def scheme_of(url: str) -> str:
    """The name of the backend: postgres, sqlite, duckdb …"""
    return url.partition("://")[0].lower().replace("postgresql", "postgres")


def split_table(url: str) -> tuple[str, str]:
    """(the database's URL, the table or '' for all). A ``#`` inside a password is no table."""
    base, sign, table = url.rpartition("#")
    if not sign or "@" in table or "/" in table:
        return url.replace("#", "%23"), ""
    return base.replace("#", "%23"), unquote(table)


@contextmanager
def connected(url: str, read_only: bool) -> Iterator[Any]:
    """The Ibis backend at ``url``, closed afterwards. Raises InputError (SG117)."""
    try:
        import ibis
    except ImportError:
        raise InputError("driver_missing", "SG117", url=masked(url), need="sheetgen[sql]") from None
    scheme = scheme_of(url)
    if scheme not in ibis_backends():
        raise InputError("database_unknown", "SG117", url=masked(url), known=", ".join(ibis_backends()))
    backend: Any = None
    try:
        if scheme in _FILES:
            backend = _open_file(ibis, scheme, url, read_only)
        else:
            backend = _open_server(ibis, scheme, url, read_only)
    except InputError:
        raise
    except ImportError:
        need = _EXTRA.get(scheme, f"ibis-framework[{scheme}]")
        raise InputError("driver_missing", "SG117", url=masked(url), need=need) from None
    except Exception as error:
        refuse("database_unreachable", url, error)
    with ExitStack() as stack:
        stack.callback(_close, backend)
        if scheme == "postgres" and read_only:
            # all tables as they stand at one moment
            stack.enter_context(backend.con.transaction())
        yield backend


def _close(backend: Any) -> None:
    with suppress(Exception):
        backend.disconnect()


def ibis_backends() -> tuple[str, ...]:
    """The databases that the installed Ibis knows, by name."""
    from importlib.metadata import entry_points

    return tuple(sorted(found.name for found in entry_points(group="ibis.backends")))


def refuse(key: str, url: str, error: Exception, **facts: object) -> NoReturn:
    """Raises InputError (SG117): what the driver says, on one line, without the password."""
    reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    found = _LOGIN.search(url)
    for secret in {found["secret"], unquote(found["secret"])} if found else ():
        reason = reason.replace(secret, "***") if secret else reason
    raise InputError(key, "SG117", url=masked(url), reason=_hidden(reason)[:300], **facts) from None


def _open_file(ibis: Any, scheme: str, url: str, read_only: bool) -> Any:
    path = _file_of(url)
    if not path.is_file():
        raise InputError("database_missing", "SG117", url=masked(url), path=path)
    if scheme == "duckdb":
        return ibis.duckdb.connect(path, read_only=read_only)
    import sqlite3

    mode = "ro" if read_only else "rw"
    opened = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True)
    opened.text_factory = lambda text: text.decode("utf-8", "replace")
    opened.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return ibis.sqlite.from_connection(opened)


def _file_of(url: str) -> Path:
    """``sqlite:///a/b.db`` is /a/b.db where there is one, else a/b.db below the current folder."""
    parts = urlsplit(url)
    path = Path(unquote(parts.netloc + parts.path))
    text = str(path)
    if re.match(r"[\\/]+[A-Za-z]:", text):
        return Path(text.lstrip("\\/"))
    below = Path(text.lstrip("/"))
    return below if not path.is_file() and below.is_file() else path


def _open_server(ibis: Any, scheme: str, url: str, read_only: bool) -> Any:
    if scheme != "postgres":
        return ibis.connect(url)
    import psycopg

    patience: dict[str, Any] = {} if "connect_timeout" in url else {"connect_timeout": PATIENCE}
    opened = psycopg.connect(url.replace("#", "%23"), autocommit=True, **patience)
    # whatever the server's own settings are, its texts read the same
    for setting in ("datestyle TO 'ISO, YMD'", "extra_float_digits TO 1", "lc_monetary TO 'C'"):
        opened.execute(f"SET {setting}")
    backend = ibis.postgres.from_connection(opened)
    if read_only:
        opened.execute("SET default_transaction_read_only TO on")
        opened.read_only, opened.isolation_level = True, psycopg.IsolationLevel.REPEATABLE_READ
    return backend
