"""Replies of the Tavus API."""

from __future__ import annotations

import json

import pytest

from cvi.events import parse_payload
from cvi.ingest import tavus

JOINED = {
    "properties": {"replica_id": "r1"},
    "conversation_id": "c1",
    "event_type": "system.replica_joined",
    "timestamp": "2026-09-21T14:13:21.472000Z",
}
REPLY = {
    "conversation_id": "c1",
    "conversation_name": "Mentor hour",
    "conversation_url": "https://tavus.daily.co/c1",
    "callback_url": "https://hooks.example.test/w?key=secret",
    "status": "ended",
    "replica_id": "r1",
    "persona_id": "p1",
    "created_at": "2026-09-21T14:12:00.123456Z",
    "updated_at": "2026-09-21T14:33:26.000001Z",
    "properties": {"max_call_duration": 600},
    "events": [JOINED],
}
SHAPES = [
    ("object", json.dumps(REPLY), "a.json"),
    ("pretty", json.dumps(REPLY, indent=2), "a.json"),
    ("list", json.dumps([REPLY]), "a.json"),
    ("page", json.dumps({"data": [REPLY], "total_count": 1}), "a.json"),
    ("pretty page", json.dumps({"data": [REPLY], "total_count": 1}, indent=2), "a.json"),
    ("jsonl", json.dumps(REPLY) + "\n", "a.jsonl"),
]


@pytest.mark.parametrize(("_name", "data", "file"), SHAPES, ids=[name for name, *_ in SHAPES])
def test_every_shape_of_reply(read, _name, data, file) -> None:
    found = read(data, file)
    assert found.problems == []
    assert found.items[1].payload == JOINED
    assert found.about() == {
        "title": "Mentor hour",
        "persona": "p1",
        "replica": "r1",
        "source": "tavus",
        "labels": {},
        "status": "ended",
        "started_at": "2026-09-21T14:12:00.123456Z",
        "max_duration_s": 600,
    }


def test_an_event_of_a_reply_is_the_callback(read) -> None:
    callback = {**JOINED, "webhook_url": "https://hooks.example.test/w"}
    event = read(REPLY, "a.json").items[1].payload
    assert parse_payload(event).id == parse_payload(callback).id


def test_no_secret_of_the_callback_address_is_kept(read) -> None:
    assert "secret" not in str(read(REPLY, "a.json").items)


def test_a_list_row_without_events_is_only_described(read) -> None:
    row = {key: value for key, value in REPLY.items() if key != "events"}
    assert len(read({"data": [row, {**row, "conversation_id": "c2"}]}, "a.json").items) == 2


def test_later_names_of_replica_and_persona() -> None:
    about = tavus.described({"conversation_id": "c", "face_id": "f", "pal_id": "p"})["properties"]
    assert (about["replica"], about["persona"]) == ("f", "p")


def test_a_transcript_at_the_top_counts_only_when_no_event_has_one() -> None:
    turns = [{"role": "user", "content": "Hi"}]
    ready = {"event_type": "application.transcription_ready", "properties": {"transcript": []}}
    alone = list(tavus.payloads_of({**REPLY, "transcript": turns}))
    assert alone[-1]["properties"] == {"transcript": turns}
    both = list(tavus.payloads_of({**REPLY, "transcript": turns, "events": [ready]}))
    assert [each["event_type"] for each in both[1:]] == ["application.transcription_ready"]
    assert both[1]["conversation_id"] == "c1"


def test_odd_replies_are_named(read) -> None:
    lines = [
        REPLY,
        {**REPLY, "conversation_id": None},
        {**REPLY, "events": "soon"},
        {**REPLY, "events": [1, JOINED]},
    ]
    found = read("\n".join(map(json.dumps, lines)), "a.jsonl")
    assert found.lines == [2, 3, 4]
    assert len(found.items) == 5
