"""PostgreSQL in a hurry: a fresh database is three times quicker to have."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from cvi.store.engine import open_engine

_numbers = itertools.count()


@pytest.fixture(scope="session")
def hasty_server(postgres_server: Any) -> Any:
    """The server of the run, not waiting for the disk: processes are killed here, not machines."""
    postgres_server.psql("ALTER SYSTEM SET fsync = off")
    postgres_server.psql("SELECT pg_reload_conf()")
    return postgres_server


@pytest.fixture
def postgres_engine(hasty_server: Any) -> Iterator[sa.Engine]:
    """A fresh, migrated PostgreSQL database."""
    name = f"cvi_hasty_{next(_numbers)}"
    hasty_server.psql(f"CREATE DATABASE {name} TEMPLATE cvi_template STRATEGY FILE_COPY")
    engine = open_engine(hasty_server.get_uri(name))
    yield engine
    engine.dispose()
    hasty_server.psql(f"DROP DATABASE {name} WITH (FORCE)")
