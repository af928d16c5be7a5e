"""The engine: addresses, pragmas, transactions that neither lock up nor lose, backups."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from cvi.errors import SettingsError, StoreError
from cvi.store import engine as engines
from cvi.store import tables
from cvi.store.arrow import read_frame
from cvi.store.engine import backup, database_label, open_engine, reader
from cvi.store.migrate import migrate
from tests.store.story import count, deliver, event, story


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_postgres_means_psycopg_3(scheme: str) -> None:
    """Whatever driver an address names, it is this one."""
    found = open_engine(f"{scheme}://user:hidden@db.example/cvi")
    assert (found.dialect.name, found.dialect.driver) == ("postgresql", "psycopg")
    assert "hidden" not in database_label(found)


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense", "", "sqlite://", "sqlite:///:memory:"])
def test_other_addresses_are_refused(url: str) -> None:
    """The error says what an address looks like."""
    with pytest.raises(SettingsError) as caught:
        open_engine(url)
    assert "sqlite" in caught.value.hint.lower()


def test_pragmas_are_in_force_on_every_connection(sqlite_engine: sa.Engine) -> None:
    """Also on a second connection of the pool, and for readers."""
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 15000}
    with sqlite_engine.connect() as first, reader(sqlite_engine).connect() as second:
        for connection in (first, second):
            found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
            assert found == wanted


def _add_one(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        seen = connection.scalar(sa.text("select version from view_versions where name = 'n'"))
        connection.execute(
            sa.text("update view_versions set version = :v where name = 'n'"),
            {"v": str(int(seen or 0) + 1)},
        )


def test_reading_then_writing_never_meets_a_locked_database(sqlite_engine: sa.Engine) -> None:
    """4 threads × 100 transactions: a deferred BEGIN failed 318 of 400 at once."""
    with sqlite_engine.begin() as connection:
        connection.execute(sa.text("insert into view_versions values ('n', '0')"))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: _add_one(sqlite_engine), range(400)))
    assert count(sqlite_engine, "view_versions", "name = 'n' and version = '400'") == 1


def test_a_reader_does_not_wait_for_a_writer(sqlite_engine: sa.Engine) -> None:
    """The pages are shown while a long write is under way."""
    deliver(sqlite_engine, story("a"))
    with sqlite_engine.begin() as writer:
        writer.execute(sa.text("delete from event_jobs"))
        with reader(sqlite_engine).begin() as connection:
            assert connection.scalar(sa.text("select count(*) from event_jobs")) == len(story("a"))


def test_foreign_keys_are_enforced(engine: sa.Engine) -> None:
    """A job without its event cannot be."""
    with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
        connection.execute(
            sa.text(
                "insert into event_jobs (seq, state, claims, failures, due) "
                "values (99, 0, 0, 0, '2026-01-01 00:00:00')"
            )
        )


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
tmpfs /run tmpfs rw 0 0
nas:/vol /srv/data nfs4 rw 0 0
/dev/sdb1 /srv/data/local ext4 rw 0 0
//nas/home /home/My\\040Files cifs rw 0 0
broken line
short
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib/cvi", "ext4"),
        ("/srv/data/cvi", "nfs4"),
        ("/srv/data/local/cvi", "ext4"),
        ("/srv/database", "ext4"),
        ("/home/My Files/cvi", "cifs"),
    ],
)
def test_the_file_system_of_a_folder(tmp_path: Path, folder: str, kind: str) -> None:
    """The longest mount point that holds the folder counts, whatever is written around it."""
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert engines._file_system(Path(folder), mounts) == kind


def test_no_mount_table_means_no_answer(tmp_path: Path) -> None:
    """As on macOS and Windows."""
    assert engines._file_system(tmp_path, tmp_path / "none") is None


def test_a_store_on_a_network_file_system_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its write-ahead log would corrupt there; the error names a way out."""
    monkeypatch.setattr(engines, "_file_system", lambda folder: "nfs4")
    with pytest.raises(StoreError, match="network file system") as caught:
        open_engine(f"sqlite:///{tmp_path}/x.db")
    assert "PostgreSQL" in caught.value.hint


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be made"):
        open_engine(f"sqlite:///{tmp_path}/file/deeper/x.db")


def test_backup_while_writing(sqlite_engine: sa.Engine, tmp_path: Path) -> None:
    """The copy is whole: as many jobs as events, though a writer never paused."""
    deliver(sqlite_engine, story("a"))
    stop, written = threading.Event(), threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            deliver(sqlite_engine, [event(f"c{number}", "x", number)])
            number += 1
            if number == 5:
                written.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert written.wait(20)
        backup(sqlite_engine, tmp_path / "copy.db")
    finally:
        stop.set()
        writer.join()
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        events, jobs = (
            copy.execute(f"select count(*) from {name}").fetchone()[0]
            for name in ("conversation_events", "event_jobs")
        )
    assert events == jobs >= len(story("a")) + 5


def test_a_backup_never_overwrites(sqlite_engine: sa.Engine, tmp_path: Path) -> None:
    """And the connection it used goes on as before."""
    target = tmp_path / "copy.db"
    target.write_bytes(b"precious")
    with pytest.raises(StoreError, match="cannot be written"):
        backup(sqlite_engine, target)
    assert target.read_bytes() == b"precious"
    assert deliver(sqlite_engine, story("a")) == len(story("a"))


def test_postgres_is_backed_up_by_its_own_tool(postgres_engine: sa.Engine, tmp_path: Path) -> None:
    """The hint names it."""
    with pytest.raises(StoreError) as caught:
        backup(postgres_engine, tmp_path / "copy.db")
    assert "pg_dump" in caught.value.hint


def test_another_process_cannot_take_the_log_away_after_a_bulk_read(tmp_path: Path) -> None:
    """Two copies of SQLite in one process lose each other's locks; then whoever closes the
    database last, in any process, removes the write-ahead log that this one still writes to."""
    path = tmp_path / "store.db"
    engine = open_engine(f"sqlite:///{path}")
    migrate(engine)
    query = sa.select(tables.conversations).where(tables.conversations.c.workspace_id == "w")
    assert read_frame(engine, query).empty
    other = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
        "c.execute('pragma user_version = 7'); c.close()"
    )
    subprocess.run([sys.executable, "-c", other, str(path)], check=True)
    assert path.with_name("store.db-wal").exists()
    with reader(engine).begin() as connection:
        assert connection.scalar(sa.text("pragma user_version")) == 7
