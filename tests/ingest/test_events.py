"""Dumps of webhook bodies."""

from __future__ import annotations

import json

import pytest

from cvi.ingest.events import unwrap

BODY = {
    "properties": {"replica_id": "r1"},
    "conversation_id": "c1",
    "webhook_url": "https://hooks.example.test/w",
    "event_type": "system.replica_joined",
    "timestamp": "2026-09-21T14:13:21.472000Z",
}
OBJECTIVE = {"conversation_id": "c1", "objective_name": "budget", "output_variables": {"a": 1}}
WRAPPED = [
    ("bare", BODY),
    ("body", {"body": BODY, "headers": {"a": "b"}}),
    ("body as text", {"body": json.dumps(BODY)}),
    ("event", {"event": BODY}),
    ("payload", {"id": 3, "type": "webhook", "payload": BODY}),
    ("payload as text", {"received_at": "2026", "payload": json.dumps(BODY)}),
    ("wrapper in a wrapper", {"event": {"body": json.dumps(BODY)}}),
    ("event is a word", {"event": "received", "body": BODY}),
]


@pytest.mark.parametrize(("_name", "record"), WRAPPED, ids=[name for name, _ in WRAPPED])
@pytest.mark.parametrize("shape", ["jsonl", "json", "pretty", "page"])
def test_a_callback_comes_out_unchanged(read, _name, record, shape) -> None:
    data = {
        "jsonl": f"{json.dumps(record)}\n{json.dumps(record)}",
        "json": json.dumps([record, record]),
        "pretty": json.dumps([record, record], indent=2),
        "page": json.dumps({"events": [record, record]}),
    }[shape]
    found = read(data, "dump.jsonl" if shape == "jsonl" else "dump.json")
    assert found.problems == []
    assert [item.payload for item in found.items] == [BODY, BODY]
    assert found.ids == ["c1"]


UNTYPED = [
    ({"conversation_id": "c1", "properties": {"guardrail": "prices"}}, "c1"),
    (OBJECTIVE, "c1"),
    ({"replica_id": "r1", "status": "ready"}, None),
    ({"document_id": "d1", "status": "ready"}, None),
]


@pytest.mark.parametrize(("body", "conversation"), UNTYPED)
def test_callbacks_without_a_type_are_known_by_their_keys(read, body, conversation) -> None:
    found = read(json.dumps(body), "dump.jsonl")
    assert [item.payload for item in found.items] == [body]
    assert found.ids == [conversation]


def test_unknown_types_are_kept(read) -> None:
    body = {**BODY, "event_type": "application.brand_new"}
    assert read([body], "dump.json").items[0].payload == body


def test_what_is_no_callback_is_named(read) -> None:
    lines = [BODY, {"foo": 1}, {"body": "not json"}, {"body": {"a": 1}}, BODY]
    found = read("\n".join(map(json.dumps, lines)), "dump.jsonl")
    assert found.lines == [2, 3, 4]
    assert len(found.items) == 2
    assert "foo" in found.problems[0].what


def test_a_row_of_an_event_log_gives_the_callback_inside_it() -> None:
    inner = {"event_type": "system.shutdown", "conversation_id": "c", "properties": {"reason": "x"}}
    for key in ("event_data", "body"):
        for held in (inner, json.dumps(inner)):
            row = {"seq": 1, "event_type": "system.shutdown", "conversation_id": "c", key: held}
            assert unwrap(row) == inner
