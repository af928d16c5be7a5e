"""Migrations: from empty and from every revision, in one process or four, with nothing lost."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from cvi.analysis.analyse import METRICS
from cvi.errors import StoreError
from cvi.jobs.settle import settle_all
from cvi.store import migrate as migrations
from cvi.store import tables
from cvi.store.engine import open_engine
from cvi.store.migrate import migrate, revision, revisions
from tests.jobs import processes
from tests.store.story import count, deliver, dump, ports_of, rows, sql_dump, story

_numbers = itertools.count()
pytestmark = pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A database without any table."""
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path}/empty.db")
        yield engine
        engine.dispose()
        return
    server = request.getfixturevalue("postgres_server")
    name = f"cvi_empty_{next(_numbers)}"
    server.psql(f"CREATE DATABASE {name} STRATEGY FILE_COPY")
    engine = open_engine(server.get_uri(name))
    yield engine
    engine.dispose()
    server.psql(f"DROP DATABASE {name} WITH (FORCE)")


def _index(index: Any) -> str:
    where = {key: str(value) for key, value in index.get("dialect_options", {}).items()}
    return repr((index["name"], index["column_names"], index["unique"], where))


def _shape(engine: sa.Engine) -> dict[str, Any]:
    """Everything a schema consists of, by table."""
    seen = sa.inspect(engine)
    return {
        name: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in seen.get_columns(name)],
            seen.get_pk_constraint(name),
            sorted(map(repr, seen.get_unique_constraints(name))),
            sorted(map(repr, seen.get_check_constraints(name))),
            sorted(map(repr, seen.get_foreign_keys(name))),
            sorted(_index(each) for each in seen.get_indexes(name)),
        )
        for name in sorted(seen.get_table_names())
    }


def _differences(engine: sa.Engine) -> list[Any]:
    def ours(_object: object, name: str | None, kind: str, *_: object) -> bool:
        mine = {table.name for table in tables.kept.sorted_tables}
        return (kind != "table" or name in mine) and (kind != "column" or name != "xid")

    with engine.connect() as connection:
        options = {"include_object": ours, "compare_type": True}
        found: list[Any] = compare_metadata(
            MigrationContext.configure(connection, opts=options), tables.kept
        )
    return found


def test_from_empty_the_database_is_the_model(empty: sa.Engine) -> None:
    """Migrations and tables say the same."""
    assert revision(empty) is None
    assert migrate(empty, METRICS) is True
    assert revision(empty) == revisions()[-1]
    assert _differences(empty) == []


def test_a_difference_would_be_seen(empty: sa.Engine) -> None:
    """The comparison above can fail."""
    migrate(empty)
    with empty.begin() as connection:
        connection.exec_driver_sql("alter table imports add column stray text")
        connection.exec_driver_sql("drop index ix_webhook_failures_seq")
    assert len(_differences(empty)) == 2


def test_again_changes_nothing(empty: sa.Engine) -> None:
    """Every start migrates."""
    migrate(empty, METRICS)
    before = _shape(empty)
    deliver(empty, story("a"))
    assert migrate(empty, METRICS) is False
    assert _shape(empty) == before
    assert count(empty, "conversation_events") == len(story("a"))


@pytest.mark.parametrize("at", revisions())
def test_rows_of_every_revision_survive(empty: sa.Engine, at: str) -> None:
    """Facts that were there before are there after, and the shape is that of a new database."""
    migrate(empty, to=at)
    deliver(empty, story("old"))
    before = sql_dump(empty, ["conversation_events", "event_jobs"])
    assert migrate(empty, METRICS) is True
    assert sql_dump(empty, before) == before
    upgraded = _shape(empty)
    tables.views.drop_all(empty)
    with empty.begin() as connection:
        tables.kept.drop_all(connection)
        connection.exec_driver_sql("drop table alembic_version")
    migrate(empty, METRICS)
    assert _shape(empty) == upgraded


def test_four_processes_at_once(empty: sa.Engine) -> None:
    """As when four workers start on a new database."""
    url = empty.url.render_as_string(hide_password=False)
    started = [processes.start(processes.migrate_store, url) for _ in range(4)]
    assert [processes.ended(each) for each in started] == [0] * 4
    assert _differences(empty) == []
    assert migrate(empty, METRICS) is False


def test_a_database_of_a_newer_program_is_explained(engine: sa.Engine) -> None:
    """Not a stack trace from the migration tool."""
    with engine.begin() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")
    with pytest.raises(StoreError, match="9999") as caught:
        migrate(engine)
    assert "newer" in caught.value.hint


def test_foreign_keys_are_on_again_after_a_failure(sqlite_engine: sa.Engine) -> None:
    """The pooled connection must not keep what a migration switched off."""
    with sqlite_engine.begin() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")
    with pytest.raises(StoreError):
        migrate(sqlite_engine)
    with sqlite_engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


# --- views -----------------------------------------------------------------------------------


def test_another_shape_remakes_the_views_and_refolds_everything(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No conversation may be missing from the pages because the program was updated."""
    deliver(engine, [*story("a"), *story("b"), b"unreadable"])
    settle_all(ports_of(engine))
    before = dump(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("drop table turns")
        connection.exec_driver_sql("create table turns (idx integer)")
    monkeypatch.setattr(migrations, "FOLD_VERSION", "another")
    assert migrate(engine, METRICS) is True
    assert count(engine, "conversations") == 0
    assert settle_all(ports_of(engine)).done == 2  # one job a conversation
    assert dump(engine) == before
    assert migrate(engine, METRICS) is False


def test_a_column_more_or_less_is_another_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    """The version is derived, nobody has to remember it."""
    before = migrations.shape_version()
    more = sa.MetaData()
    for table in tables.views.sorted_tables:
        table.to_metadata(more)
    more.tables["turns"].append_column(sa.Column("extra", sa.Text))
    monkeypatch.setattr(tables, "views", more)
    assert migrations.shape_version() != before


def test_new_metrics_get_their_columns(engine: sa.Engine) -> None:
    """Without touching the rows that are there."""
    deliver(engine, story("a"))
    settle_all(ports_of(engine))
    assert migrate(engine, [*METRICS, "brand_new"]) is False
    assert rows(engine, "select brand_new from conversation_metrics") == [(None,)]
    present = {each["name"] for each in sa.inspect(engine).get_columns("conversation_metrics")}
    assert set(METRICS) <= present
    with engine.begin() as connection:
        connection.exec_driver_sql("update conversation_metrics set brand_new = 0.5")
    assert rows(engine, "select brand_new from conversation_metrics") == [(0.5,)]


# --- the traps of batch mode -----------------------------------------------------------------

_ALTER_PARENT = '''
"""Throw-away: alter a table that others refer to, and one that has a CHECK."""

import sqlalchemy as sa
from alembic import op

revision = "9000"
down_revision = "{head}"


def upgrade():
    again = {{"sqlite_autoincrement": True}}  # reflection does not see it
    with op.batch_alter_table("conversation_events", table_kwargs=again) as batch:
        batch.alter_column("source", nullable=True)
    with op.batch_alter_table("event_jobs") as batch:
        batch.alter_column("failures", server_default="0")
'''


@pytest.fixture
def altered_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The migrations of the project, and one more."""
    import shutil

    scripts = tmp_path / "migrations"
    shutil.copytree(migrations._SCRIPTS, scripts)
    text = _ALTER_PARENT.format(head=revisions()[-1])
    (scripts / "versions" / "9000_parent.py").write_text(text)
    monkeypatch.setattr(migrations, "_SCRIPTS", scripts)


@pytest.mark.usefixtures("altered_parent")
def test_altering_a_parent_keeps_its_children(engine: sa.Engine) -> None:
    """With foreign keys on, dropping the old parent table would have deleted every child row."""
    deliver(engine, story("a"))
    kept = {name: count(engine, name) for name in ("conversation_events", "event_jobs")}
    before = _shape(engine)["event_jobs"]
    migrate(engine, METRICS)
    assert revision(engine) == "9000"
    assert {name: count(engine, name) for name in kept} == kept
    after = _shape(engine)["event_jobs"]
    assert after[3] == before[3]
    assert after[3], "the CHECK is gone"
    assert after[5] == before[5], "the partial index is gone"
    with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
        connection.exec_driver_sql("update event_jobs set state = 7")


@pytest.mark.usefixtures("altered_parent")
def test_a_remade_table_still_never_gives_a_seq_twice(sqlite_engine: sa.Engine) -> None:
    """Batch mode loses AUTOINCREMENT unless the migration asks for it."""
    deliver(sqlite_engine, story("a"))
    migrate(sqlite_engine, METRICS)
    with sqlite_engine.begin() as connection:
        connection.exec_driver_sql("delete from event_jobs where seq = 8")
        connection.exec_driver_sql("delete from conversation_events where seq = 8")
    deliver(sqlite_engine, story("b")[:1])
    assert rows(sqlite_engine, "select max(seq) from conversation_events") == [(9,)]
