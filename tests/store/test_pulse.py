"""What open pages watch, on both databases."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from cvi.store import changes, pulse, queue
from cvi.store.engine import UNREACHABLE, open_engine
from cvi.store.pulse import Beat, Watch
from tests.store.story import WORKSPACE, deliver, event


def beat(engine: sa.Engine) -> Beat:
    return pulse.beat(engine, workspace=WORKSPACE)


def touch(engine: sa.Engine, workspace: str = WORKSPACE) -> None:
    with engine.begin() as connection:
        changes.touch(connection, workspace=workspace)


def fail_one(engine: sa.Engine) -> None:
    [job] = queue.claim(engine, workspace=WORKSPACE, limit=1)
    queue.fail(engine, job, "broken", final=True)


def test_an_empty_store_has_a_beat(engine: sa.Engine) -> None:
    assert beat(engine) == (0, 0, 0)


def test_each_number_follows_its_own_matter(engine: sa.Engine) -> None:
    """Views of this workspace; arrivals; failures."""
    touch(engine)
    touch(engine, "another")
    assert beat(engine) == (1, 0, 0)
    deliver(engine, [event("a", "x", number) for number in range(3)])
    arrived = beat(engine)
    assert arrived.views == 1
    assert arrived.arrived >= 3
    assert arrived.failed == 0
    fail_one(engine)
    failed = beat(engine)
    assert failed[:2] == arrived[:2]
    assert failed.failed > 0


def test_a_watch_sees_what_others_commit(engine: sa.Engine, url_of: object) -> None:
    """Through another engine, as another process would."""
    other = open_engine(url_of(engine))  # type: ignore[operator]
    watch = Watch(engine, workspace=WORKSPACE)
    try:
        assert watch.look() == watch.look() == (0, 0, 0)
        touch(other)
        assert watch.look().views == 1
        touch(engine)
        assert watch.look().views == 2
        with other.begin() as connection:
            changes.touch(connection, workspace=WORKSPACE)
            assert watch.look().views == 2, "not before it is committed"
        assert watch.look().views == 3
        watch.close()
        touch(other)
        assert watch.look().views == 4, "it can be used again"
    finally:
        watch.close()
        other.dispose()


def test_an_idle_sqlite_is_not_queried(sqlite_engine: sa.Engine) -> None:
    """Looking costs microseconds while nobody writes."""
    watch = Watch(sqlite_engine, workspace=WORKSPACE)
    watch.look()
    asked: list[str] = []
    sa.event.listen(sqlite_engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    for _ in range(5):
        watch.look()
    assert asked == []
    touch(sqlite_engine)
    asked.clear()
    watch.look()
    assert len([text for text in asked if text.startswith("SELECT")]) == 1
    watch.close()


def test_the_beat_is_read_by_key(postgres_engine: sa.Engine) -> None:
    """However many events there are."""
    deliver(postgres_engine, [event("a", "x", number) for number in range(2000)])
    with postgres_engine.begin() as connection:
        connection.execute(sa.text("analyze"))
        plan = connection.execute(sa.text("explain select max(seq) from event_jobs")).scalars()
        assert "Index Only Scan" in "\n".join(plan)


def test_a_database_that_is_away_is_told(tmp_path: object) -> None:
    """As every other read tells it."""
    watch = Watch(open_engine("postgresql://nobody@127.0.0.1:1/none"), workspace=WORKSPACE)
    with pytest.raises(sa.exc.OperationalError):
        watch.look()


def test_a_broken_connection_is_a_database_that_does_not_answer(sqlite_engine: sa.Engine) -> None:
    """The watcher waits and asks again, through a new connection."""
    watch = Watch(sqlite_engine, workspace=WORKSPACE)
    before = watch.look()
    watch._kept.driver_connection.close()
    with pytest.raises(UNREACHABLE):
        watch.look()
    assert watch.look() == before
    watch.close()
