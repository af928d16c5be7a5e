"""Failures by error, traffic by hour, stalled replicas, odd conversations: on both databases."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from cvi.jobs.settle import settle_all
from cvi.store import facts, failures, health, queue
from cvi.store.traffic import traffic
from tests.store.story import START, WORKSPACE, Payload, event, ports_of, story

NOW = datetime.now(UTC)
HERE = {"workspace": WORKSPACE}


def _deliver(engine: sa.Engine, payloads: list[Payload | bytes], at: datetime = NOW) -> None:
    made = [
        facts.incoming(
            each if isinstance(each, bytes) else json.dumps(each).encode(),
            source="webhook", live=True, received_at=at,
        )
        for each in payloads
    ]  # fmt: skip
    facts.append(engine, made, workspace=WORKSPACE)
    settle_all(ports_of(engine))


def _speech(name: str, role: str, start: float, end: float) -> list[Payload]:
    return [
        event(name, f"conversation.{kind}_speaking", at, role=role)
        for kind, at in (("started", start), ("stopped", end))
    ]


def test_an_empty_store_has_nothing_wrong(engine: sa.Engine) -> None:
    """Every read has its columns all the same."""
    assert not any(health.counts(engine, now=NOW, **HERE).values())
    assert list(failures.groups(engine, **HERE)) == [
        "event_type", "error", "n", "conversations", "first", "last", "messages",
    ]  # fmt: skip
    assert health.stalled(engine, now=NOW, **HERE).empty
    assert health.odd(engine, **HERE).empty
    assert health.without_transcript(engine, **HERE).empty
    edges = [NOW - timedelta(hours=2), NOW - timedelta(hours=1), NOW]
    assert traffic(engine, edges, **HERE)["received"].tolist() == [0, 0]


def test_failures_of_one_kind_stand_together(engine: sa.Engine) -> None:
    """Where in the body it broke makes no new group, and a group is replayed alone."""
    _deliver(engine, [b"{cut", b'{"a": 1, cut', b"[1, 2]"])
    found = failures.groups(engine, **HERE)
    assert found["n"].sum() == 3
    first = found.iloc[0]
    assert first["first"] <= first["last"]
    rows = failures.members(
        engine, event_type=first["event_type"], errors=first["messages"], **HERE
    )
    assert len(rows) == first["n"]
    one = failures.one(engine, int(rows["failure_id"].iloc[0]), **HERE)
    assert one is not None
    assert len(one.payload) == rows["bytes"].iloc[0]
    assert failures.one(engine, 999, **HERE) is None
    chosen = queue.FailureFilter(event_types=[first["event_type"]], errors=first["messages"])
    assert queue.replay(engine, chosen, **HERE) == first["n"]
    assert failures.groups(engine, **HERE)["n"].sum() == 3 - first["n"]


def test_traffic_counts_what_came_and_what_was_settled(engine: sa.Engine) -> None:
    """Each event in the hour it came in; settled in the hour of its claim, gaps of undo and all."""
    _deliver(engine, [*story("old")], at=NOW - timedelta(hours=3))
    _deliver(engine, [*story("new")], at=NOW - timedelta(minutes=1))
    facts.append(
        engine, [facts.incoming(b"{}", source="webhook", live=True, received_at=NOW)], **HERE
    )
    with engine.begin() as connection:  # as an undo leaves it
        connection.execute(sa.text("delete from event_jobs where seq = 2"))
        connection.execute(sa.text("delete from conversation_events where seq = 2"))
    n = len(story("x"))
    edges = [NOW + timedelta(hours=hour) for hour in (-4, -2, -1, 1)]
    found = traffic(engine, edges, **HERE)
    assert found["received"].tolist() == [n - 1, 0, n + 1]
    assert found["settled"].tolist() == [0, 0, 2 * n - 1]
    assert traffic(engine, edges, workspace="other")["received"].sum() == 0


@pytest.mark.parametrize("hour", [-1, 1])
def test_stalled_replicas(engine: sa.Engine, hour: int) -> None:
    """Silent for more than 30 s, never a word, and nothing any more; good ones are not listed."""
    end = [event("gone", "system.shutdown", 90, shutdown_reason="participant_left_timeout")]
    silent = [
        *_speech("silent", "user", 1, 3),
        *_speech("silent", "assistant", 40, 42),
        event("silent", "system.shutdown", 50, shutdown_reason="participant_left_timeout"),
    ]
    mute = [
        event("mute", "system.replica_joined", 0, replica_id="r1"),
        *_speech("mute", "user", 1, 3),
        event("mute", "system.shutdown", 50, shutdown_reason="participant_left_timeout"),
        event("mute", "application.transcription_ready", 60,
              transcript=[{"role": "user", "content": "Hello?"}]),
    ]  # fmt: skip
    nobody = [
        event("nobody", "system.replica_joined", 0),
        event("nobody", "system.shutdown", 9, shutdown_reason="participant_absent_timeout"),
    ]
    running = [event("running", "system.replica_joined", 0, replica_id="r1")]
    _deliver(engine, [*story("good"), *silent, *mute, *nobody, *running, *end])
    now = NOW + timedelta(hours=2) if hour > 0 else NOW
    found = health.stalled(engine, now=now, **HERE)
    kinds = {row.conversation_id: row.kind for row in found.itertuples()}
    lost = {"running": "quiet"} if hour > 0 else {}
    assert kinds == {"silent": "silent", "mute": "mute", **lost}
    assert found.set_index("conversation_id").loc["silent", "seconds"] == 37.0
    assert health.counts(engine, now=now, **HERE)["stalled"] == len(kinds)
    assert health.counts(engine, now=now, workspace="other")["stalled"] == 0


def test_a_longer_call_that_was_agreed_on_is_waited_for(engine: sa.Engine) -> None:
    """Two hours are no loss when four were agreed on; a day is."""
    _deliver(
        engine,
        [
            event("long", "system.replica_joined", 0),
            event("long", "conversation.described", 0, max_duration_s=4 * 3600),
        ],
    )
    assert health.stalled(engine, now=NOW + timedelta(hours=2), **HERE).empty
    assert len(health.stalled(engine, now=NOW + timedelta(hours=25), **HERE)) == 1


def test_odd_rows_and_missing_transcripts_are_listed_and_counted(engine: sa.Engine) -> None:
    """Times that go back, a speaker nobody knows, an event nobody knows."""
    rows = [
        {"role": "user", "content": "one", "timestamp": START.timestamp() + 9},
        {"role": "assistant", "content": "two", "timestamp": START.timestamp() + 5},
        {"role": "mediator", "content": "three", "timestamp": START.timestamp() + 12},
    ]
    _deliver(
        engine,
        [
            event("odd", "application.transcription_ready", 31, transcript=rows),
            event("odd", "brand.new", 3),
            event("bare", "system.shutdown", 9, shutdown_reason="participant_left_timeout"),
        ],
    )
    [odd] = health.odd(engine, **HERE).to_dict("records")
    assert (odd["clock_anomalies"], odd["skipped_rows"], odd["unknown_events"]) == (1, 1, 1)
    assert health.without_transcript(engine, **HERE)["conversation_id"].tolist() == ["bare"]
    counts = health.counts(engine, now=NOW, **HERE)
    assert counts == {"quiet": 1, "stalled": 0, "odd": 1, "unknown": 1, "unknown_events": 1}
