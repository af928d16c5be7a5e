"""One engine factory for both databases, with the settings that keep them honest."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url

from cvi.errors import SettingsError, StoreError

_NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "fuse.sshfs"})
# The database did not answer, as against refusing what it was asked: try again later.
UNREACHABLE = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)
_PRAGMAS = ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000")


def open_engine(url: str) -> sa.Engine:
    """An engine for `sqlite:///…` or `postgresql://…`.

    Raises SettingsError for another database, StoreError when a SQLite file lies on a network file
    system (its write-ahead log corrupts there).
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    engine = sa.create_engine(
        parsed, pool_size=5, max_overflow=10, pool_pre_ping=True, connect_args={"connect_timeout": 10}
    )
    return engine


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except sa.exc.ArgumentError as error:
        raise SettingsError(
            "CVI_DATABASE_URL is not a database address.",
            hint="Use sqlite:////path/to/file.db or postgresql://user:password@host/name.",
        ) from error
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise SettingsError(
            f"CVI_DATABASE_URL names {backend!r}.", hint="SQLite and PostgreSQL are supported."
        )
    return parsed


def _sqlite(url: URL) -> sa.Engine:
    path = url.database
    if not path or path == ":memory:":
        raise SettingsError(
            "A SQLite store needs a file.", hint="Use sqlite:////path/to/file.db."
        )
    folder = Path(path).resolve().parent
    folder.mkdir(parents=True, exist_ok=True)
    _refuse_network(folder)
    engine = sa.create_engine(url, connect_args={"timeout": 15})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transaction handling commits before DDL and starts none at SELECT.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: sa.Connection) -> None:
    # A deferred BEGIN that reads and then writes fails at once with "database is locked".
    writes = not connection.get_execution_options().get("cvi_read_only", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def reader(engine: sa.Engine) -> sa.Engine:
    """The same engine for reads: on SQLite its transactions never wait for a writer."""
    return engine.execution_options(cvi_read_only=True)


def _refuse_network(folder: Path) -> None:
    kind = _file_system(folder)
    if kind in _NETWORK_FILE_SYSTEMS:
        raise StoreError(
            f"{folder} is on a network file system ({kind}), where SQLite's log corrupts.",
            hint="Choose a local folder with --data-dir, or use PostgreSQL.",
        )


def _file_system(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> str | None:
    """Type of the file system that holds `folder`; None where the system does not tell."""
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return None
    best = ("", None)
    for line in lines:
        _, point, kind, *_ = line.split(" ")
        under = folder.is_relative_to(point)
        if under and len(point) >= len(best[0]):
            best = (point, kind)  # type: ignore[assignment]
    return best[1]


def database_label(engine: sa.Engine) -> str:
    """The address without its password, for pages and logs."""
    return engine.url.render_as_string(hide_password=True)


def is_postgres(engine: sa.Engine | sa.Connection) -> bool:
    """Is this PostgreSQL (else SQLite)?"""
    return engine.dialect.name == "postgresql"


def backup(engine: sa.Engine, target: Path) -> None:
    """Copy a SQLite store while it is in use (VACUUM INTO); PostgreSQL has pg_dump for that."""
    if is_postgres(engine):
        raise StoreError("This store is PostgreSQL.", hint="Back it up with pg_dump.")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        raw: Any = connection.connection.driver_connection
        raw.execute("VACUUM INTO ?", (str(target),))
