"""Law 6: `kill -9` anywhere in settle, start again: the same end, nothing lost, nothing twice."""

from __future__ import annotations

import signal

import pytest
import sqlalchemy as sa

from cvi.jobs.settle import settle_all
from cvi.store.queue import MOST_LOST
from tests.jobs import killing, processes
from tests.store.story import count, deliver, dump, ports_of, rows, story

KILLED = -signal.SIGKILL
NONE = {"lost": 0, "doubled": 0}


@pytest.fixture
def waiting(engine: sa.Engine) -> sa.Engine:
    """A store with everything still to do."""
    killing.make_effects(engine)
    deliver(engine, killing.payloads())
    return engine


@pytest.fixture
def clean(sqlite_engine: sa.Engine, engine: sa.Engine) -> object:
    """The views of a run that nobody disturbed, on the same database; the store is empty again."""
    killing.make_effects(engine)
    deliver(engine, killing.payloads())
    settle_all(ports_of(engine))
    views = dump(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("drop table effects")
        for table in ("event_jobs", "conversation_events", *views):
            connection.exec_driver_sql(f"delete from {table}")
    return views


def _run(engine: sa.Engine, *arguments: object) -> int:
    url = engine.url.render_as_string(hide_password=False)
    return processes.ended(processes.start(killing.work, url, *arguments))


@pytest.mark.parametrize("point", killing.POINTS)
def test_kill_anywhere(clean: object, waiting: sa.Engine, point: str) -> None:
    """P11: three kills at each point, then one run to the end."""
    unfinished = []
    for nth in (1, 2, 2):
        assert _run(waiting, point, nth) == KILLED
        unfinished.append(count(waiting, "event_jobs", "state = 0"))
    assert unfinished[-1] > 0, "the last kill interrupted nothing"
    assert count(waiting, "event_jobs", "state = 0 and claims > 0") > 0 or point == "committed"
    assert _run(waiting, "never", 0) == 0
    assert count(waiting, "event_jobs", "state <> 1") == 0
    assert killing.faults(waiting) == NONE
    assert dump(waiting) == clean


@pytest.mark.parametrize(
    ("mutant", "point", "fault"),
    [("acknowledged later", "committed", "doubled"), ("acknowledged first", "folded", "lost")],
)
def test_the_checker_catches_a_broken_acknowledgement(
    waiting: sa.Engine, mutant: str, point: str, fault: str
) -> None:
    """Two transactions double, acknowledging first loses: so the test above can fail."""
    assert _run(waiting, point, 1, mutant) == KILLED
    assert _run(waiting, "never", 0, mutant) == 0
    found = killing.faults(waiting)
    assert found[fault] > 0
    assert found == {**NONE, fault: found[fault]}


def test_what_kills_its_worker_is_bounded_and_alone(engine: sa.Engine) -> None:
    """P13: the deadly conversation is buried after so many deaths, all others are processed."""
    deliver(engine, [*story("a"), *story("deadly"), *story("z")])
    url = engine.url.render_as_string(hide_password=False)
    deaths = 0
    while processes.ended(processes.start(killing.die_on, url, "deadly")) == KILLED:
        deaths += 1
        assert deaths <= MOST_LOST + 1
    assert deaths == MOST_LOST
    shown = rows(engine, "select conversation_id from conversations order by 1")
    assert shown == [("a",), ("z",)]
    failed = rows(
        engine,
        "select conversation_id, count(*), min(error_message) from webhook_failures group by 1",
    )
    assert failed == [("deadly", len(story("deadly")), f"its worker died {MOST_LOST} times")]
    assert count(engine, "event_jobs", "state = 0") == 0
