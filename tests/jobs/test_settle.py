"""Settle: what is claimed is folded, put, reacted to and acknowledged at once, or not at all."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from cvi.bootstrap import Ports
from cvi.events import Event
from cvi.jobs import refold
from cvi.jobs.reactions import REACTIONS
from cvi.jobs.settle import Settled, settle, settle_all
from cvi.store import changes, queue, views
from cvi.store.queries import views_version
from tests.store.story import WORKSPACE, count, deliver, dump, event, ports_of, rows, story

NOW = datetime.now(UTC) + timedelta(days=1)
POISON = "test.poison"


@pytest.fixture(autouse=True)
def poison() -> Iterator[None]:
    """An event whose reaction fails."""

    def fails(_connection: object, _event: Event, _workspace: str) -> None:
        raise RuntimeError("poison\x00 taken")

    REACTIONS.add(POISON, fails)
    yield
    REACTIONS._items.pop(POISON)


@pytest.fixture
def ports(engine: sa.Engine) -> Ports:
    """An empty store on each database."""
    return ports_of(engine)


def _at(point: str, act: Callable[[], object]) -> Callable[[str], None]:
    """Do something once, when settle reaches a point."""
    waiting = [act]

    def reach(where: str) -> None:
        if where == point and waiting:
            waiting.pop()()

    return reach


def test_nothing_due_is_nothing_done(ports: Ports) -> None:
    """And no write."""
    assert settle(ports) == Settled()
    assert views_version(ports.engine, workspace=WORKSPACE) == "0"


def test_a_conversation_becomes_its_views(ports: Ports) -> None:
    """All of them, and the caches are told."""
    deliver(ports.engine, story("a"))
    assert settle_all(ports) == Settled(claimed=8, done=8)
    shown = dump(ports.engine)
    assert [row["conversation_id"] for row in shown["conversations"]] == ["a"]
    assert len(shown["turns"]) == 4
    assert len(shown["tool_calls"]) == len(shown["conversation_metrics"]) == 1
    assert count(ports.engine, "event_jobs", "state = 1") == 8
    assert views_version(ports.engine, workspace=WORKSPACE) == "1"


def test_the_points_are_reached_in_order(ports: Ports) -> None:
    """A test that kills at a point relies on that."""
    deliver(ports.engine, story("a"))
    seen: list[str] = []
    settle(ports, reach=seen.append)
    assert seen == ["claimed", "folded", "finishing", "committed"]


def test_events_without_a_conversation_are_acknowledged(ports: Ports) -> None:
    """They have no views."""
    deliver(ports.engine, [event(None, "replica.training", 0), event(None, "what.ever", 1)])
    assert settle_all(ports).done == 2
    assert not any(dump(ports.engine).values())


def test_an_unknown_event_is_counted_not_failed(ports: Ports) -> None:
    """P17."""
    deliver(ports.engine, [*story("a"), event("a", "x.y", 3)])
    assert settle_all(ports).failed == 0
    assert rows(ports.engine, "select unknown_events from conversations") == [(1,)]


def test_unreadable_bytes_fail_at_once_and_alone(ports: Ports) -> None:
    """P18: with the reason and the bytes."""
    body = b'{"conversation_id": "a", oh'
    deliver(ports.engine, [*story("a"), body, event(None, "loose")])
    assert settle_all(ports) == Settled(claimed=10, done=9, failed=1)
    [(payload, error, retries)] = rows(
        ports.engine, "select payload, error_message, retry_count from webhook_failures"
    )
    assert bytes(payload) == body
    assert "not JSON" in error
    assert retries == 0


def test_a_poison_conversation_does_not_fail_its_neighbours(ports: Ports) -> None:
    """P9, P12: they are processed at once; the poison is tried four times and buried."""
    deliver(ports.engine, [*story("a"), event("p", POISON), *story("z")])
    now = NOW
    assert settle(ports, now=now) == Settled(claimed=17, done=16, failed=1)
    for wait in (1, 2, 4):
        assert settle(ports, now=now + timedelta(seconds=wait, milliseconds=-1)).claimed == 0
        now += timedelta(seconds=wait)
        assert settle(ports, now=now).failed == 1
    assert settle(ports, now=now + timedelta(days=1)).claimed == 0
    [(name, error, retries)] = rows(
        ports.engine, "select conversation_id, error_message, retry_count from webhook_failures"
    )
    assert (name, error, retries) == ("p", "RuntimeError: poison taken", 3)
    assert [row["conversation_id"] for row in dump(ports.engine)["conversations"]] == ["a", "z"]


def test_many_failures_are_no_reason_to_suspect_a_killer(ports: Ports) -> None:
    """Each job is claimed once a try: a failure that was told costs no quarantine."""
    deliver(ports.engine, [event(f"p{number}", POISON) for number in range(60)])
    now, claimed = NOW, 0
    for wait in (0, 1, 2, 4):
        now += timedelta(seconds=wait)
        step = settle(ports, now=now)
        assert (step.failed, step.again) == (60, 0)
        claimed += step.claimed
    assert claimed == 4 * 60


def test_a_poison_event_without_a_conversation_fails_alone(ports: Ports) -> None:
    """Events without a conversation are processed together, but are not one."""
    loose = [event(None, "what.ever", number) for number in range(3)]
    deliver(ports.engine, [loose[0], event(None, POISON), *loose[1:]])
    assert settle(ports) == Settled(claimed=4, done=3, failed=1)


def test_a_mended_poison_can_be_replayed(ports: Ports) -> None:
    """P14: the end is that of a run in which nothing was ever wrong."""
    deliver(ports.engine, [*story("a"), event("a", POISON, 5)])
    for day in range(5):
        settle(ports, now=NOW + timedelta(days=day))
    assert count(ports.engine, "webhook_failures") == 9
    REACTIONS._items[POISON] = lambda *_: None
    queue.replay(ports.engine, queue.FailureFilter(), workspace=WORKSPACE)
    assert settle_all(ports).done == 9
    healed = dump(ports.engine)
    with ports.engine.begin() as connection:
        views.drop(connection, ["a"], workspace=WORKSPACE)
    refold_all(ports)
    assert dump(ports.engine) == healed


def refold_all(ports: Ports) -> None:
    """Rebuild."""
    from cvi.jobs.rebuild import rebuild

    rebuild(ports)


@pytest.mark.parametrize(
    "text", ["nul \x00 inside", "lone \ud800 surrogate", "\x00", "\ufffe\uffff", "\u202e\U0001f600"]
)
def test_odd_characters_anywhere_are_no_poison(ports: Ports, text: str) -> None:
    """Whatever some database cannot store is left out of the views; the raw bytes keep it."""
    told = [
        event("a", "conversation.described", 0, title=text, persona=text, labels={text: text}),
        event("a", "system.replica_joined", 0, replica_id=text),
        event("a", "conversation.utterance", 1, role="user", speech=f"hello {text}"),
        event("a", "conversation.tool_call", 2, name=text, tool_call_id=text,
              arguments={text: [text, float("nan")]}),
        event("a", "conversation.tool_call", 2, name="t2", arguments=f"no json {text}"),
        event("a", "conversation.tool_result", 3, tool_call_id=text, result=text, status=text),
        event("a", "application.perception_analysis", 4, analysis=text),
        event("a", "conversation.objective.completed", 5, objective_name=text, output={text: text}),
        event("a", "conversation.guardrail.triggered", 6, guardrail=text),
        event("a", "application.recording_ready", 7, bucket_name=text, s3_key=text),
        event("a", "system.shutdown", 8, shutdown_reason=text),
        event("a", text, 8),
        event("a", "application.transcription_ready", 9, transcript=[
            {"role": "user", "content": text, "speaker": text, "inference_id": text},
            {"role": text, "content": text}, {"role": "assistant", "content": [text]}]),
    ]  # fmt: skip
    deliver(ports.engine, told)
    settle(ports)
    assert rows(ports.engine, "select event_type, error_message from webhook_failures") == []
    assert count(ports.engine, "event_jobs", "state = 1") == len(told)
    assert rows(ports.engine, "select count(*) from llm_tool_executions") == [(2,)]


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_the_first_and_the_last_year_are_no_poison(ports: Ports, year: str) -> None:
    """Some senders write the zero time of their language."""
    from cvi.analysis.analyse import METRICS
    from cvi.store.queries import load_metrics

    deliver(ports.engine, [{**each, "timestamp": f"{year}-06-01T00:00:00Z"} for each in story("a")])
    settle(ports)
    assert rows(ports.engine, "select error_message from webhook_failures") == []
    loaded = load_metrics(ports.engine, workspace=WORKSPACE, names=tuple(METRICS))
    assert len(loaded) == 1


# --- two workers -----------------------------------------------------------------------------


def test_facts_that_arrive_while_folding_are_not_missed(ports: Ports) -> None:
    """The view that was folded is an old one by then, so it is not put, and the job comes back."""
    told = story("a")
    deliver(ports.engine, told[:3])
    step = settle(ports, reach=_at("folded", lambda: deliver(ports.engine, told[3:])))
    assert step == Settled(claimed=3, done=0, again=3)
    assert count(ports.engine, "conversations") == 0
    assert rows(ports.engine, "select claims from event_jobs where seq <= 3") == [(0,)] * 3
    assert settle_all(ports).done == len(told)
    assert rows(ports.engine, "select events from conversations") == [(len(told),)]


def test_only_the_conversation_that_moved_is_put_off(ports: Ports) -> None:
    """Its neighbours in the group are done."""
    deliver(ports.engine, [*story("a"), *story("b")[:3]])
    step = settle(ports, reach=_at("folded", lambda: deliver(ports.engine, story("b")[3:])))
    assert (step.done, step.again) == (8, 3)
    assert rows(ports.engine, "select conversation_id from conversations") == [("a",)]


def test_an_older_view_never_replaces_a_newer_one(ports: Ports) -> None:
    """A worker stalls after folding, its lease ends, another one does all the work meanwhile."""
    told = story("a")
    deliver(ports.engine, told[:3])

    def meanwhile() -> None:
        deliver(ports.engine, told[3:])
        settle(ports, now=NOW)

    step = settle(ports, reach=_at("folded", meanwhile))
    assert step.done == 0
    assert rows(ports.engine, "select events from conversations") == [(len(told),)]
    assert count(ports.engine, "event_jobs", "state = 1") == len(told)


def test_a_worker_that_lost_its_lease_changes_nothing(ports: Ports) -> None:
    """Its effect rolls back, though no fact arrived: the fence alone stops it."""
    deliver(ports.engine, story("a"))
    before: list[object] = []

    def meanwhile() -> None:
        settle(ports, now=NOW)
        before.append((dump(ports.engine), views_version(ports.engine, workspace=WORKSPACE)))

    assert settle(ports, reach=_at("folded", meanwhile)) == Settled(claimed=8, again=8)
    after = (dump(ports.engine), views_version(ports.engine, workspace=WORKSPACE))
    assert [after] == before
    assert count(ports.engine, "llm_tool_executions") == 1


def test_what_is_still_ours_is_given_back_at_once(ports: Ports) -> None:
    """One lost job must not keep the rest of its group waiting for the lease to end."""
    deliver(ports.engine, [*story("a"), *story("b")])

    def another_takes_a() -> None:
        with ports.engine.begin() as connection:
            queue.wake(connection, [1])

    settle(ports, reach=_at("folded", another_takes_a))
    assert len(queue.claim(ports.engine, workspace=WORKSPACE, limit=100)) == 16


def test_an_event_that_turns_live_while_it_is_processed_still_acts(ports: Ports) -> None:
    """It was read as history; the worker that read it so must not acknowledge it."""
    call = [each for each in story("a") if "tool_call" in each["event_type"]]
    deliver(ports.engine, call, live=False)
    settle(ports, reach=_at("folded", lambda: deliver(ports.engine, call, live=True)))
    assert count(ports.engine, "llm_tool_executions") == 0
    settle_all(ports)
    assert count(ports.engine, "llm_tool_executions") == 1


@pytest.mark.timeout(60)
def test_two_workers_at_once_end_where_one_does(postgres_engine: sa.Engine) -> None:
    """Also for the very first put, when nobody has counted the changes yet."""
    from concurrent.futures import ThreadPoolExecutor

    ports = ports_of(postgres_engine)
    deliver(postgres_engine, [each for n in range(12) for each in story(f"c{n}")])
    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(lambda _: settle_all(ports, limit=9), range(3)))
    assert sum(each.failed for each in outcomes) == 0
    settle(ports, now=NOW)
    assert count(postgres_engine, "event_jobs", "state <> 1") == 0
    assert count(postgres_engine, "conversations") == 12


def test_counting_changes_from_two_transactions(postgres_engine: sa.Engine) -> None:
    """The second waits for the first instead of failing on the same new row."""
    from threading import Thread

    first = postgres_engine.connect()
    transaction = first.begin()
    changes.touch(first, workspace=WORKSPACE)

    def second() -> None:
        with postgres_engine.begin() as connection:
            changes.touch(connection, workspace=WORKSPACE)

    thread = Thread(target=second)
    thread.start()
    transaction.commit()
    first.close()
    thread.join(20)
    assert views_version(postgres_engine, workspace=WORKSPACE) == "2"


# --- suspects --------------------------------------------------------------------------------


def _claimed_often(engine: sa.Engine, name: str, times: int) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.text("update event_jobs set claims = :n where conversation_id = :name"),
            {"n": times, "name": name},
        )


def test_a_suspect_is_processed_alone(ports: Ports) -> None:
    """With all its jobs; the others are given back unharmed."""
    deliver(ports.engine, [*story("a"), *story("s"), *story("z")])
    _claimed_often(ports.engine, "s", 3)
    assert settle(ports) == Settled(claimed=24, done=8, again=16)
    assert rows(ports.engine, "select distinct conversation_id, state, claims from event_jobs "
                              "order by 1") == [("a", 0, 0), ("s", 1, 4), ("z", 0, 0)]  # fmt: skip
    assert settle(ports) == Settled(claimed=16, done=16)


def test_a_suspect_without_a_conversation_is_alone_too(ports: Ports) -> None:
    """Other events without a conversation are no part of it."""
    deliver(ports.engine, [event(None, "x", 1), event(None, "x", 2)])
    with ports.engine.begin() as connection:
        connection.exec_driver_sql("update event_jobs set claims = 5 where seq = 1")
    assert settle(ports) == Settled(claimed=2, done=1, again=1)


def test_too_many_deaths_bury(ports: Ports) -> None:
    """With the number of deaths in the failure."""
    deliver(ports.engine, [*story("s"), *story("z")])
    _claimed_often(ports.engine, "s", queue.MOST_LOST)
    assert settle(ports) == Settled(claimed=16, failed=8, again=8)
    assert settle(ports) == Settled(claimed=8, done=8)
    assert rows(ports.engine, "select distinct error_message from webhook_failures") == [
        (f"its worker died {queue.MOST_LOST} times",)
    ]


# --- the database, not the event -------------------------------------------------------------


@pytest.mark.parametrize("kind", [sa.exc.OperationalError, sa.exc.InterfaceError])
def test_a_database_that_is_away_is_no_failure_of_the_event(
    ports: Ports, monkeypatch: pytest.MonkeyPatch, kind: type[sa.exc.DBAPIError]
) -> None:
    """The error reaches the worker, and no retry is spent."""
    deliver(ports.engine, story("a"))

    def away(*_: object, **__: object) -> None:
        raise kind("select", {}, Exception("gone"))

    with monkeypatch.context() as patch:
        patch.setattr(views, "put", away)
        with pytest.raises(kind):
            settle(ports)
    assert count(ports.engine, "event_jobs", "failures > 0") == 0
    assert settle(ports, now=NOW).done == 8


def test_the_order_of_arrival_does_not_matter(ports: Ports) -> None:
    """Nor does how the events are cut into batches."""
    told = [each for n in range(3) for each in story(f"c{n}")]
    deliver(ports.engine, told)
    settle_all(ports)
    expected = dump(ports.engine)
    shuffle = random.Random(3)  # noqa: S311
    for limit in (1, 5):
        with ports.engine.begin() as connection:
            for table in ("event_jobs", "conversation_events"):
                connection.exec_driver_sql(f"delete from {table}")
        shuffle.shuffle(told)
        for payload in told:
            deliver(ports.engine, [payload])
        settle_all(ports, limit=limit)
        assert dump(ports.engine) == expected


def test_groups_are_bounded_by_weight(ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a batch of heavy conversations does not fill the memory."""
    from cvi.jobs import rebuild

    monkeypatch.setattr(rebuild, "_BYTES_AT_ONCE", 1)
    folds: list[int] = []
    parse = refold.parse
    monkeypatch.setattr(refold, "parse", lambda stored: folds.append(len(stored)) or parse(stored))
    deliver(ports.engine, [each for name in "abc" for each in story(name)])
    assert settle_all(ports).done == 24
    assert folds == [8, 8, 8]
