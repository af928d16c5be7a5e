"""Bring a database to the present shape: Alembic for what is kept, the schema for the views."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from cvi.errors import StoreError
from cvi.frames.fold import VERSION as FOLD_VERSION
from cvi.store import changes, queue, tables
from cvi.store.engine import is_postgres, reader

_SCRIPTS = Path(__file__).resolve().parent.parent / "migrations"
_METRICS = "conversation_metrics"
_ONE_AT_A_TIME = Lock()


def migrate(engine: sa.Engine, metrics: Iterable[str] = (), *, to: str = "head") -> bool:
    """Upgrade to `to`, then make or mend the views.

    Returns True when the views were (re)made; every conversation then waits to be folded again.
    Safe to call from several processes: PostgreSQL serialises them with an advisory lock, SQLite by
    its write lock. Raises StoreError when a newer program made the database.
    """
    _upgrade(engine, to)
    return sync_views(engine, metrics) if to == "head" else False


def _upgrade(engine: sa.Engine, to: str) -> None:
    config = _config()
    # Alembic's environment is one for the whole process, so threads take turns.
    with _ONE_AT_A_TIME, _altering(engine) as connection:
        if is_postgres(engine):
            connection.execute(sa.text("select pg_advisory_xact_lock(7305021)"))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, to)
        except CommandError as error:
            raise StoreError(
                f"The database cannot be brought to this version: {error}.",
                hint="A newer version made it; update the program.",
            ) from error
        _check_foreign_keys(connection)


@contextmanager
def _altering(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction in which tables may be remade.

    On SQLite foreign keys are off meanwhile: batch mode drops tables, and that would delete the
    children. The pragma only takes effect outside a transaction.
    """
    if is_postgres(engine):
        with engine.begin() as connection:
            yield connection
        return
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                yield connection
        finally:
            driver.execute("PRAGMA foreign_keys=ON")


def _check_foreign_keys(connection: sa.Connection) -> None:
    if not is_postgres(connection):
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise sa.exc.IntegrityError("foreign_key_check", None, Exception(str(broken[:3])))


def revision(engine: sa.Engine) -> str | None:
    """The revision this database is at; None when it is empty."""
    with reader(engine).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def revisions() -> list[str]:
    """All revisions, oldest first."""
    scripts = ScriptDirectory.from_config(_config())
    return [script.revision for script in scripts.walk_revisions()][::-1]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config


def shape_version() -> str:
    """Changes whenever the fold or a column of a folded view changes."""
    columns = [
        f"{table.name}.{column.name}:{column.type!r}"
        for table in tables.views.sorted_tables
        if table.name != _METRICS
        for column in table.columns
    ]
    text = "\n".join([FOLD_VERSION, *columns])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def sync_views(engine: sa.Engine, metrics: Iterable[str] = ()) -> bool:
    """Make the views match the schema; add a column for every new metric.

    Views are functions of facts, so a view of another shape is dropped, not altered, and every
    conversation is put back into the queue. Returns True when that happened.
    """
    wanted = shape_version()
    with engine.begin() as connection:
        if is_postgres(engine):
            connection.execute(sa.text("select pg_advisory_xact_lock(7305021)"))
        stale = _version(connection) != wanted
        if stale:
            tables.views.drop_all(connection)
            tables.views.create_all(connection)
            queue.reopen(connection)
            _remember(connection, wanted)
            for workspace in _seen(connection):
                changes.touch(connection, workspace=workspace)
        _add_metrics(connection, metrics)
    return stale


def _version(connection: sa.Connection) -> str | None:
    versions = tables.view_versions
    found: str | None = connection.scalar(
        sa.select(versions.c.version).where(versions.c.name == "shape")
    )
    return found


def _seen(connection: sa.Connection) -> list[str]:
    """The workspaces whose views have ever been written."""
    name = tables.view_versions.c.name
    names = connection.execute(sa.select(name).where(name.startswith("puts:"))).scalars()
    return [each.removeprefix("puts:") for each in names]


def _remember(connection: sa.Connection, version: str) -> None:
    versions = tables.view_versions
    connection.execute(sa.delete(versions).where(versions.c.name == "shape"))
    connection.execute(sa.insert(versions).values(name="shape", version=version))


def _add_metrics(connection: sa.Connection, metrics: Iterable[str]) -> None:
    present = {column["name"] for column in sa.inspect(connection).get_columns(_METRICS)}
    quote = connection.dialect.identifier_preparer.quote
    kind = sa.Double().compile(dialect=connection.dialect)
    for name in metrics:
        if name not in present:
            connection.exec_driver_sql(f"ALTER TABLE {_METRICS} ADD COLUMN {quote(name)} {kind}")
