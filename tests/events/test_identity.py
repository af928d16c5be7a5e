"""What makes two payloads one happening, and what no payload can do to the parser."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvi.errors import BadInput
from cvi.events import parse_body, parse_payload
from cvi.events.plain import DEEPEST
from cvi.frames import fold
from tests.events.build import stored

BASE: dict[str, Any] = {
    "event_type": "conversation.utterance",
    "message_type": "conversation",
    "conversation_id": "c4",
    "webhook_url": "https://cb.example.test/1",
    "timestamp": "2026-10-26T08:00:00Z",
    "seq": 5,
    "turn_idx": 2,
    "inference_id": "i1",
    "properties": {"role": "user", "speech": "Hello there", "score": 2.0},
}


def _id(**changes: Any) -> str:
    return parse_payload({**BASE, **changes}).id


SAME = {
    "key order": json.dumps(dict(reversed(BASE.items()))),
    "white space": json.dumps(BASE, indent=4),
    "the callback address": json.dumps({**BASE, "webhook_url": "https://other.test"}),
    "no callback address": json.dumps({k: v for k, v in BASE.items() if k != "webhook_url"}),
    "a delivery id of a relay": json.dumps({**BASE, "id": "d-1", "workspace_id": "w"}),
    "the form of the time": json.dumps({**BASE, "timestamp": 1792998000 + 3600}),
    "numbers as JavaScript writes them": json.dumps(BASE).replace("2.0", "2"),
    "a null": json.dumps({**BASE, "properties": {**BASE["properties"], "note": None}}),
    "properties as text": json.dumps({**BASE, "properties": json.dumps(BASE["properties"])}),
    "properties at the top": json.dumps(
        {**{k: v for k, v in BASE.items() if k != "properties"}, **BASE["properties"]}
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_this_does_not_make_it_another_happening(name: str) -> None:
    assert parse_body(SAME[name].encode()).id == parse_payload(BASE).id


OTHER: dict[str, dict[str, Any]] = {
    "type": {"event_type": "conversation.utterance.streaming"},
    "conversation": {"conversation_id": "c5"},
    "time": {"timestamp": "2026-10-26T08:00:00.000001Z"},
    "no time": {"timestamp": None},
    "an unreadable time": {"timestamp": "soon"},
    "another unreadable time": {"timestamp": "later"},
    "seq": {"seq": 6},
    "an unreadable seq": {"seq": "six"},
    "a broken seq": {"seq": 5.5},
    "turn": {"turn_idx": 3},
    "inference": {"inference_id": "i2"},
    "inference below": {"properties": {**BASE["properties"], "inference_id": "i9"}},
    "words": {"properties": {**BASE["properties"], "speech": "Hello"}},
    "other words beside": {"properties": {**BASE["properties"], "text": "Hullo"}},
    "an unknown role": {"properties": {**BASE["properties"], "role": "ghost"}},
    "another unknown role": {"properties": {**BASE["properties"], "role": "spirit"}},
    "a new property": {"properties": {**BASE["properties"], "x": 0}},
    "a new field": {"y": 0},
    "a field that a property hides": {"score": 3},
    "properties that are a list": {"properties": ["a"]},
    "properties that are another list": {"properties": ["b"]},
}


def test_any_other_field_makes_it_another_happening() -> None:
    ids = [parse_payload(BASE).id, *(_id(**change) for change in OTHER.values())]
    assert len(set(ids)) == len(ids)


def test_two_doubles_of_one_delivery_are_one_event_in_the_views() -> None:
    events = [parse_payload(BASE), parse_body(orjson.dumps({**BASE, "webhook_url": "https://b"}))]
    assert fold(events).conversations["events"].tolist() == [1]


def test_two_chunks_of_audio_are_two_happenings_of_which_only_the_length_is_kept() -> None:
    chunk = stored("control/echo.audio")
    sent = [{**chunk, "properties": {**chunk["properties"], "audio": c * 100_000}} for c in "AB"]
    first, second = (parse_payload(each) for each in sent)
    assert first.id != second.id
    assert first.properties["audio"] == second.properties["audio"] == 100_000
    assert len(fold([first, second]).signals) == 2


def test_frames_count_for_the_identity_and_are_dropped() -> None:
    seen = stored("room/perception_tool_call.vision")
    moved = json.loads(json.dumps(seen).replace("iVBORw1=", "iVBORw2="))
    first, second = parse_payload(seen), parse_payload(moved)
    assert first.id != second.id
    assert first.properties["frames"] == second.properties["frames"] == 2


def test_an_unknown_type_is_kept_and_counted() -> None:
    event = parse_payload(
        {"event_type": "Vendor.New-Thing", "conversation_id": "c4", "x": {"y": 1}}
    )
    assert (event.type, event.raw_type) == ("Vendor.New-Thing", "Vendor.New-Thing")
    assert event.properties == {"x": {"y": 1}}
    found = fold([event, parse_payload(BASE)]).conversations
    assert found[["events", "unknown_events"]].to_numpy().tolist() == [[2, 1]]


@pytest.mark.parametrize("name", ["conversation.guardrail_hit", "application.Guardrail.v2"])
def test_anything_named_guardrail_is_one(name: str) -> None:
    assert parse_payload({"event_type": name}).type == "conversation.guardrail.triggered"


def test_an_api_reply_is_not_mistaken_for_a_training_callback() -> None:
    reply = {"conversation_id": "c4", "status": "active", "replica_id": "r"}
    assert parse_payload(reply).type == "unknown"
    assert parse_payload({}).type == "unknown"


@pytest.mark.parametrize("levels", [DEEPEST + 1, 500, 1_000, 5_000, 200_000])
def test_deep_nesting_is_bad_input(levels: int) -> None:
    body = b'{"properties":' + b"[" * levels + b"]" * levels + b"}"
    with pytest.raises(BadInput, match="line 7"):
        parse_body(body, where="line 7")
    if levels <= 5_000:
        nested: Any = 1
        for _ in range(levels):
            nested = {"a": nested}
        with pytest.raises(BadInput, match="nested"):
            parse_payload({"event_type": "x", "properties": nested})


def test_nesting_within_reason_is_fine() -> None:
    nested: Any = 1
    for _ in range(DEEPEST - 2):
        nested = [nested]
    event = parse_payload(
        {"event_type": "conversation.respond", "conversation_id": "c", "x": nested}
    )
    assert len(fold([event]).signals) == 1


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"7", b'"x"', b"null", b"{", b"\xff", b"{}{}", b"a=b"]
)
def test_what_is_no_object_is_bad_input(body: bytes) -> None:
    with pytest.raises(BadInput, match="event 12"):
        parse_body(body, where="event 12")


def test_text_that_no_database_stores_is_mended() -> None:
    body = rb"""{"event_type": "conversation.utterance", "conversation_id": "c\u0000\ud8004",
        "inference_id": "i\u0000", "turn_idx": 1, "properties":
        {"role": "user", "speech": "h\u0000i \ud83d\ude00 \udc00", "k\u0000": "\ud800"}}"""
    event = parse_body(body)
    assert event.conversation_id == "c?4"
    assert event.inference_id == "i"
    assert event.properties == {"role": "user", "text": "hi 😀 ?", "k": "?"}


def test_numbers_that_json_does_not_know_become_null_or_floats() -> None:
    big = "9" * 400
    body = f'{{"event_type": "x", "a": NaN, "b": [Infinity, 1e999], "c": {big}, "d": {2**70}}}'
    endless = f'{{"event_type": "x", "c": {"9" * 5000}}}'
    assert parse_body(body.encode()).properties == {"b": [None, None], "d": float(2**70)}
    assert parse_body(endless.encode()).properties == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
KINDS = st.sampled_from(
    (
        "system.shutdown",
        "system.replica_joined",
        "application.transcription_ready",
        "application.recording_ready",
        "application.perception_analysis",
        "conversation.utterance",
        "conversation.utterance.streaming",
        "conversation.tool_call",
        "conversation.tool_result",
        "conversation.perception_tool_call",
        "conversation.started_speaking",
        "conversation.stopped_speaking",
        "conversation.replica_interrupted",
        "conversation.echo",
        "conversation.described",
        "conversation.objective.completed",
        "nobody.knows",
    )
)
NAMES = st.sampled_from(
    (
        "role",
        "speech",
        "text",
        "transcript",
        "duration",
        "arguments",
        "name",
        "frames",
        "audio",
        "analysis",
        "tool_call_id",
        "output",
        "status",
        "labels",
        "started_at",
        "ended_at",
        "duration_s",
        "interrupted",
        "reason",
        "content",
        "timestamp",
        "seconds_from_start",
    )
)
ROW = st.dictionaries(NAMES, JSON | st.sampled_from(("user", "replica", "tool")), max_size=6)
VALUES = JSON | ROW | st.lists(ROW, max_size=4)
PAYLOADS = st.builds(
    lambda kind, envelope, properties: {
        **envelope,
        "event_type": kind,
        "conversation_id": "c",
        "properties": properties,
    },
    KINDS,
    st.dictionaries(st.sampled_from(("timestamp", "seq", "turn_idx", "inference_id")), JSON),
    st.dictionaries(NAMES, VALUES, max_size=6) | JSON,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PAYLOADS, max_size=5))
def test_whatever_stands_in_a_payload_it_parses_and_folds(payloads: list[dict[str, Any]]) -> None:
    events = [parse_payload(each) for each in payloads]
    for event in events:
        orjson.dumps(event.properties)
    frames = fold(events)
    assert len(frames.conversations) == bool(payloads)


@settings(max_examples=60, deadline=None)
@given(PAYLOADS)
def test_bytes_and_objects_give_one_event(payload: dict[str, Any]) -> None:
    assert parse_body(json.dumps(payload).encode()) == parse_payload(payload)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60) | st.text(alphabet='{}[]":,0a\\u', max_size=40).map(str.encode))
def test_no_bytes_raise_anything_but_bad_input(body: bytes) -> None:
    with suppress(BadInput):
        parse_body(body)
