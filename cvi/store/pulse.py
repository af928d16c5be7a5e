"""What open pages watch: three numbers that grow whenever a page would show something else."""

from __future__ import annotations

import sqlite3
from typing import Any, NamedTuple

import sqlalchemy as sa

from cvi.store import tables
from cvi.store.engine import is_postgres, reader

_VERSIONS = tables.view_versions.c


class Beat(NamedTuple):
    """How far the workspace has come. The last two concern the operations pages alone.

    They are read off the end of a primary key, so they grow for other workspaces too.
    """

    views: int  # changes of the views
    arrived: int  # the last event that was to be processed
    failed: int  # the last failure


def beat(engine: sa.Engine, *, workspace: str) -> Beat:
    """Read the three numbers: one statement, three look-ups by key, however large the store."""
    changes = sa.select(sa.cast(_VERSIONS.version, sa.BigInteger)).where(
        _VERSIONS.name == f"puts:{workspace}"
    )
    arrived = sa.select(sa.func.max(tables.event_jobs.c.seq))
    failed = sa.select(sa.func.max(tables.webhook_failures.c.failure_id))
    found = (each.scalar_subquery() for each in (changes, arrived, failed))
    with _quick(engine).begin() as connection:
        row = connection.execute(sa.select(*(sa.func.coalesce(each, 0) for each in found))).one()
    return Beat._make(row)


def _quick(engine: sa.Engine) -> sa.Engine:
    """On PostgreSQL without a transaction around it: one message there and back."""
    if is_postgres(engine):
        return engine.execution_options(isolation_level="AUTOCOMMIT")
    return reader(engine)


class Watch:
    """Reads the beat again and again. Not for two threads at the same time.

    SQLite tells for microseconds whether any connection has committed since the last look; only
    then is there a query. PostgreSQL is asked each time: a listener of its own would keep a
    connection busy, and be lost behind a pooler.
    """

    def __init__(self, engine: sa.Engine, *, workspace: str) -> None:
        self._engine = engine
        self._workspace = workspace
        self._kept: Any = None  # a connection of SQLite's driver: PRAGMA data_version is per one
        self._commits: int | None = None
        self._last: Beat | None = None

    def look(self) -> Beat:
        """The beat now. Raises one of `UNREACHABLE` when the database does not answer."""
        if is_postgres(self._engine):
            return beat(self._engine, workspace=self._workspace)
        commits = self._commits_seen()
        if self._last is None or commits != self._commits:
            self._last = beat(self._engine, workspace=self._workspace)
            self._commits = commits  # read before the beat: a commit in between is seen next time
        return self._last

    def _commits_seen(self) -> int:
        if self._kept is None:
            self._kept = self._engine.raw_connection()
        try:
            (commits,) = self._kept.driver_connection.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error as error:  # the driver's own: nothing stands between
            self._kept.invalidate()
            self._kept = self._last = None
            raise sa.exc.OperationalError("PRAGMA data_version", None, error) from error
        return int(commits)

    def close(self) -> None:
        """Give the connection back; another look takes a new one."""
        kept, self._kept, self._last = self._kept, None, None
        if kept is not None:
            kept.close()
