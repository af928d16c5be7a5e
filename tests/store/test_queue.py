"""The queue: claims are disjoint and fenced, failures bounded, the dead can be sent round again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from cvi.store import queue, tables
from cvi.store.queue import LEASE, MOST_LOST, Claim, FailureFilter
from tests.store.story import WORKSPACE, count, deliver, event, rows

NOW = datetime.now(UTC) + timedelta(days=1)  # everything is due by then


@pytest.fixture
def full(engine: sa.Engine) -> sa.Engine:
    """Ten events of five conversations wait."""
    deliver(engine, [event(f"c{n % 5}", f"type.{n % 2}", n) for n in range(10)])
    return engine


def _claim(
    engine: sa.Engine, limit: int = 100, now: datetime = NOW, lease: timedelta = LEASE
) -> list[Claim]:
    return queue.claim(engine, workspace=WORKSPACE, limit=limit, now=now, lease=lease)


def _one(engine: sa.Engine, seq: int, now: datetime) -> Claim:
    """Let all leases end, then claim this job; the others are given back."""
    held = _claim(engine, now=now)
    queue.release(engine, [job for job in held if job.seq != seq], now=now)
    return next(job for job in held if job.seq == seq)


def _finish(engine: sa.Engine, held: list[Claim]) -> int:
    with engine.begin() as connection:
        return queue.finish(connection, held)


def test_oldest_first_up_to_the_limit(full: sa.Engine) -> None:
    """And the next call takes the next ones."""
    assert [job.seq for job in _claim(full, 4)] == [1, 2, 3, 4]
    assert [job.seq for job in _claim(full, 4)] == [5, 6, 7, 8]
    assert [job.seq for job in _claim(full, 4)] == [9, 10]
    assert _claim(full) == []


def test_workers_hold_disjoint_jobs(engine: sa.Engine) -> None:
    """Also when they claim at the same moment."""
    deliver(engine, [event("c", "x", n) for n in range(200)])
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda _: _claim(engine, 7), range(40)))
    taken = [job.seq for part in parts for job in part]
    assert sorted(taken) == list(range(1, 201))


def test_a_claim_skips_rows_another_transaction_holds(postgres_engine: sa.Engine) -> None:
    """Not even waiting for them."""
    deliver(postgres_engine, [event("c", "x", n) for n in range(4)])
    with postgres_engine.connect() as other, other.begin():
        other.execute(sa.text("select * from event_jobs where seq < 3 for update"))
        assert [job.seq for job in _claim(postgres_engine)] == [3, 4]


def test_the_limit_holds_whatever_plan_is_chosen(postgres_engine: sa.Engine) -> None:
    """A sub-select that takes and skips locks must run once, not once a row."""
    deliver(postgres_engine, [event("c", "x", n) for n in range(50)])

    @sa.event.listens_for(postgres_engine, "begin")
    def _worst_plan(connection: sa.Connection) -> None:
        for way in ("hashagg", "hashjoin", "mergejoin", "material", "sort", "indexscan"):
            connection.exec_driver_sql(f"set local enable_{way} = off")

    assert len(_claim(postgres_engine, 5)) == 5


def test_a_lease_ends(full: sa.Engine) -> None:
    """Then another worker gets the job, and the claims are counted."""
    first = _claim(full)
    assert _claim(full, now=NOW + LEASE - timedelta(microseconds=1)) == []
    again = _claim(full, now=NOW + LEASE)
    assert [job.seq for job in again] == [job.seq for job in first]
    assert {job.claims for job in again} == {2}


def test_the_lease_can_be_chosen(full: sa.Engine) -> None:
    """For tests, and for work that takes long."""
    _claim(full, lease=timedelta(0))
    assert len(_claim(full, lease=timedelta(days=1))) == 10
    assert _claim(full, now=NOW + timedelta(hours=23)) == []


def test_finishing(full: sa.Engine) -> None:
    """Done is done, once."""
    held = _claim(full, 3)
    assert _finish(full, held) == 3
    assert _finish(full, held) == 0
    assert count(full, "event_jobs", "state = 1") == 3
    assert len(_claim(full, now=NOW + 2 * LEASE)) == 7


def test_a_late_finisher_changes_nothing(full: sa.Engine) -> None:
    """The fence: its lease ran out and another holds the job, so its effect is rolled back."""
    late = _claim(full, 1)
    current = [_one(full, late[0].seq, NOW + LEASE)]
    with full.connect() as connection, connection.begin() as effect:
        connection.execute(sa.text("insert into view_versions values ('effect', '1')"))
        assert queue.finish(connection, late) == 0
        effect.rollback()
    assert count(full, "view_versions", "name = 'effect'") == 0
    assert queue.fail(full, late[0], "late") is False
    queue.release(full, late)
    assert rows(full, "select claims, failures, state from event_jobs where seq = 1") == [(2, 0, 0)]
    assert _finish(full, current) == 1


def test_finishing_looks_jobs_up_by_key(full: sa.Engine) -> None:
    """Not by reading the whole table, which grows for ever."""
    held, seen = _claim(full, 3), []

    @sa.event.listens_for(full, "before_cursor_execute")
    def _note(*given: object) -> None:
        seen.append(given[2:4])

    _finish(full, held)
    statement, values = next(each for each in seen if "UPDATE event_jobs" in str(each[0]))
    with full.begin() as connection:
        if full.dialect.name == "postgresql":
            connection.exec_driver_sql("set local enable_seqscan = off")
        ask = "explain " if full.dialect.name == "postgresql" else "explain query plan "
        plan = " ".join(map(str, connection.exec_driver_sql(ask + str(statement), values)))  # type: ignore[arg-type]
    assert "SCAN event_jobs" not in plan
    assert "Seq Scan on event_jobs" not in plan


def test_retries_after_1_2_and_4_seconds_then_one_failure(engine: sa.Engine) -> None:
    """P12: with the error, the count and the very bytes."""
    deliver(engine, [event("c", "poison")])
    now = NOW
    for wait in (1, 2, 4):
        [job] = _claim(engine, now=now)
        assert queue.fail(engine, job, f"try at {wait}", now=now) is False
        assert _claim(engine, now=now + timedelta(seconds=wait, milliseconds=-1)) == []
        now += timedelta(seconds=wait)
    [job] = _claim(engine, now=now)
    assert queue.fail(engine, job, "last\x00 words", now=now) is True
    assert _claim(engine, now=now + timedelta(days=9)) == []
    [found] = rows(
        engine,
        "select f.retry_count, f.error_message, f.state, f.event_type, f.conversation_id, "
        "f.payload, e.body from webhook_failures f join conversation_events e on e.seq = f.seq",
    )
    assert found[:5] == (3, "last words", "open", "poison", "c")
    assert bytes(found[5]) == bytes(found[6])
    assert queue.fail(engine, job, "again", now=now) is True
    assert count(engine, "webhook_failures") == 1


def test_a_final_failure_is_buried_at_once(full: sa.Engine) -> None:
    """What cannot be read will not become readable by waiting."""
    job = _claim(full, 1)[0]
    assert queue.fail(full, job, "not JSON", final=True) is True
    assert rows(full, "select seq, retry_count from webhook_failures") == [(1, 0)]


def test_a_job_claimed_too_often_is_buried(full: sa.Engine) -> None:
    """P13: also when it fails in between."""
    for turn in range(MOST_LOST + 1):
        job = _one(full, 1, NOW + timedelta(days=turn))
    assert job.claims == MOST_LOST + 1
    assert queue.fail(full, job, "error") is True


def test_release_costs_nothing(full: sa.Engine) -> None:
    """Given back: due at once, no claim counted, no failure noted."""
    held = _claim(full, 2)
    queue.release(full, held, now=NOW)
    again = [job for job in _claim(full) if job.seq in (1, 2)]
    assert [(job.seq, job.claims, job.failures) for job in again] == [(1, 1, 0), (2, 1, 0)]


def _bury_all(engine: sa.Engine) -> None:
    for job in _claim(engine, now=NOW + timedelta(days=1)):
        queue.fail(engine, job, "no", final=True)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (FailureFilter(), 10),
        (FailureFilter(failure_ids=[3]), 1),
        (FailureFilter(failure_ids=[99]), 0),
        (FailureFilter(event_types=["type.1"]), 5),
        (FailureFilter(conversation_ids=["c1", "c2"]), 4),
        (FailureFilter(event_types=["type.1"], conversation_ids=["c1"]), 1),
    ],
)
def test_replay_chooses(full: sa.Engine, chosen: FailureFilter, expected: int) -> None:
    """P14: one, by filter, or all; twice is once."""
    _bury_all(full)
    assert queue.replay(full, chosen, workspace="other") == 0
    assert queue.replay(full, chosen, workspace=WORKSPACE, now=NOW) == expected
    assert queue.replay(full, chosen, workspace=WORKSPACE, now=NOW) == 0
    assert {(job.claims, job.failures) for job in _claim(full)} <= {(1, 0)}
    assert count(full, "event_jobs", "state = 0") == expected
    assert count(full, "webhook_failures", "state = 'replayed'") == expected


def test_a_replayed_job_may_fail_again(full: sa.Engine) -> None:
    """Then it has a second failure row, and the first stays as history."""
    _bury_all(full)
    queue.replay(full, FailureFilter(failure_ids=[1]), workspace=WORKSPACE, now=NOW)
    _bury_all(full)
    assert rows(
        full, "select state, count(*) from webhook_failures where seq = 1 group by state order by 1"
    ) == [("open", 1), ("replayed", 1)]


def test_state_of_the_queue(full: sa.Engine) -> None:
    """Waiting, in a retry, buried, and how long the oldest has waited."""
    empty = queue.state(full, workspace="other")
    assert (empty.pending, empty.retrying, empty.dead, empty.lag_s) == (0, 0, 0, 0.0)
    first, second, third, *_ = _claim(full)
    _finish(full, [first])
    queue.fail(full, second, "later", now=NOW)
    queue.fail(full, third, "never", final=True)
    with full.begin() as connection:
        events = tables.conversation_events
        early = sa.update(events).where(events.c.seq == 2)
        connection.execute(early.values(received_at=datetime(2026, 1, 1, tzinfo=UTC)))
    found = queue.state(full, workspace=WORKSPACE, now=datetime(2026, 1, 1, 0, 1, tzinfo=UTC))
    assert (found.pending, found.retrying, found.dead, found.lag_s) == (8, 1, 1, 60.0)
    assert queue.state(full, workspace=WORKSPACE, now=datetime(2020, 1, 1, tzinfo=UTC)).lag_s == 0


def test_is_due(full: sa.Engine) -> None:
    """Without claiming."""
    assert queue.is_due(full, workspace=WORKSPACE)
    assert not queue.is_due(full, workspace="other")
    assert not queue.is_due(full, workspace=WORKSPACE, now=datetime(2020, 1, 1, tzinfo=UTC))
    _claim(full)
    assert not queue.is_due(full, workspace=WORKSPACE, now=NOW)


def test_reopening_waits_for_one_job_a_conversation(full: sa.Engine) -> None:
    """Enough to have it folded again; what waits or is buried is left as it is."""
    held = _claim(full)
    _finish(full, held[:9])
    with full.begin() as connection:
        queue.reopen(connection, ["c0", "c1"], workspace=WORKSPACE, now=NOW)
    waiting = "select seq from event_jobs where state = 0 order by seq"
    assert rows(full, waiting) == [(6,), (7,), (10,)]
    _finish(full, _claim(full, now=NOW + timedelta(days=1)))
    with full.begin() as connection:
        queue.reopen(connection)
    assert rows(full, waiting) == [(6,), (7,), (8,), (9,), (10,)]
