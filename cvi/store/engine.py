"""One engine factory for both databases, with the settings that keep them honest."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url

from cvi.errors import SettingsError, StoreError

# For the verbs above, which hold connections and catch errors but build no statements.
Connection = sa.Connection
Engine = sa.Engine
DatabaseError = sa.exc.SQLAlchemyError
_NETWORK_FILE_SYSTEMS = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "glusterfs"),
        *("fuse.glusterfs", "fuse.sshfs", "fuse.rclone", "fuse.s3fs"),
    }
)
# The database did not answer, as against refusing what it was asked: try again later.
UNREACHABLE = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)
_PRAGMAS = ("busy_timeout=15000", "foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL")


def open_engine(url: str) -> sa.Engine:
    """An engine for `sqlite:///…` or `postgresql://…`.

    Raises SettingsError for another database, StoreError when a SQLite file lies on a network file
    system (its write-ahead log corrupts there).
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    try:
        return sa.create_engine(
            parsed,
            pool_size=5,
            max_overflow=10,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 10},
        )
    except ImportError as error:
        hint = "Install cvi-workbench[postgres]."
        raise SettingsError("PostgreSQL needs a driver that is missing.", hint=hint) from error


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
        raise SettingsError("A SQLite store needs a file.", hint="Use sqlite:////path/to/file.db.")
    folder = Path(path).resolve().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        hint = "Choose another folder with --data-dir or CVI_DATA_DIR."
        raise StoreError(f"{folder} cannot be made: {error.strerror}.", hint=hint) from error
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
    best, found = "", None
    for _, point, kind, *_ in (line.split(" ") for line in lines if line.count(" ") > 1):
        plain = _ESCAPE.sub(lambda code: chr(int(code[1], 8)), point)
        if folder.is_relative_to(plain) and len(plain) >= len(best):
            best, found = plain, kind
    return found


_ESCAPE = re.compile(r"\\([0-7]{3})")  # how the mount table writes a space


def database_label(engine: sa.Engine) -> str:
    """The address without its password, for pages and logs."""
    return engine.url.render_as_string(hide_password=True)


def address(engine: sa.Engine) -> str:
    """The whole address, password included, for the environment of a process of our own."""
    return engine.url.render_as_string(hide_password=False)


def is_postgres(engine: sa.Engine | sa.Connection) -> bool:
    """Is this PostgreSQL (else SQLite)?"""
    return engine.dialect.name == "postgresql"


def backup(engine: sa.Engine, target: Path) -> None:
    """Copy a SQLite store while it is in use (VACUUM INTO); PostgreSQL has pg_dump for that."""
    if is_postgres(engine):
        raise StoreError("This store is PostgreSQL.", hint="Back it up with pg_dump.")
    with engine.connect() as connection:  # no statement of SQLAlchemy, so no transaction begins
        raw: Any = connection.connection.driver_connection
        try:
            raw.execute("VACUUM INTO ?", (str(target),))
        except sqlite3.Error as error:
            hint = "Name a file that does not exist yet, in a folder that does."
            raise StoreError(f"{target} cannot be written: {error}.", hint=hint) from error
