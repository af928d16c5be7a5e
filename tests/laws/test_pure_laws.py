"""The laws of the corridor that need no store: order-free, idempotent, schema, doors agree."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from itertools import groupby
from random import Random
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvi import ingest
from cvi.analysis.analyse import Analysis, analyse
from cvi.demo import generate
from cvi.events import Event, parse_body, parse_payload
from cvi.frames import SCHEMA, Frames, empty, fold
from cvi.ingest import Item, Source
from tests.events.build import PAYLOADS

ANALYSED = ("metrics", "turn_scores", "topics", "insights")


def _same(left: Frames | Analysis, right: Frames | Analysis) -> None:
    for name in SCHEMA if isinstance(left, Frames) else ANALYSED:
        pd.testing.assert_frame_equal(
            getattr(left, name), getattr(right, name), check_exact=True, obj=name
        )


@cache
def _demo() -> tuple[tuple[dict[str, Any], ...], ...]:
    """Generated calls of every kind and shape, as payloads."""
    sent = generate(end=date(2026, 9, 20), days=40, count=60, seed=11)
    stories = [tuple(story) for _, story in groupby(sent, key=lambda each: each["conversation_id"])]
    return tuple(story for story in stories if len(story) < 400)


@cache
def _handmade() -> tuple[Event, ...]:
    return tuple(
        parse_payload(json.loads(path.read_text())) for path in sorted(PAYLOADS.rglob("*.json"))
    )


def _events(story: Sequence[dict[str, Any]]) -> list[Event]:
    return [parse_payload(payload) for payload in story]


IDS = st.sampled_from((None, "i1", "i2", "i3"))
WORDS = st.sampled_from(
    ("Yes.", "yes", "I want", "I want to talk", "I want to talk about money", "Sure.", "", "No no.")
)
ROLES = st.sampled_from(("user", "replica", "pal", "system", "ghost"))
MOMENTS = st.none() | st.integers(0, 60).map(lambda tick: 1_793_000_000 + tick / 2)


def _optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


ITEM = _optional(
    role=ROLES,
    content=WORDS,
    timestamp=MOMENTS,
    duration=st.floats(0, 9),
    seconds_from_start=st.integers(0, 30),
    inference_id=IDS,
    tool_calls=st.lists(_optional(id=IDS, name=st.just("n"), arguments=st.just("{}")), max_size=2),
    tool_call_id=IDS,
)
PROPERTIES = {
    "conversation.utterance": _optional(role=ROLES, speech=WORDS, user_audio_analysis=WORDS),
    "conversation.utterance.streaming": _optional(
        role=ROLES, speech=WORDS, final=st.booleans(), is_interrupted=st.booleans()
    ),
    "conversation.started_speaking": _optional(role=ROLES),
    "conversation.stopped_speaking": _optional(
        role=ROLES, duration=st.floats(0, 9), interrupted=st.booleans()
    ),
    "conversation.replica_interrupted": st.just({}),
    "conversation.tool_call": _optional(
        name=st.just("n"), arguments=st.sampled_from(("{}", "{", {})), tool_call_id=IDS
    ),
    "conversation.tool_result": _optional(tool_call_id=IDS, output=WORDS),
    "application.transcription_ready": st.fixed_dictionaries(
        {"transcript": st.lists(ITEM, max_size=6)}
    ),
    "application.perception_analysis": _optional(analysis=WORDS),
    "conversation.guardrail.triggered": _optional(guardrail=WORDS),
    "conversation.objective.completed": _optional(objective_name=WORDS, output_variables=WORDS),
    "conversation.described": _optional(
        title=WORDS, status=st.sampled_from(("active", "ended")), started_at=MOMENTS
    ),
    "system.shutdown": _optional(shutdown_reason=st.sampled_from(("max_call_duration", "odd"))),
    "system.replica_joined": st.just({"replica_id": "r"}),
    "nobody.knows": st.just({"x": 1}),
}
PAYLOAD = st.one_of(
    [
        st.fixed_dictionaries(
            {
                "event_type": st.just(kind),
                "conversation_id": st.sampled_from(("c1", "c1", "c2")),
                "properties": inner,
                "timestamp": MOMENTS,
                "seq": st.none() | st.integers(1, 40),
                "turn_idx": st.none() | st.integers(1, 3),
                "inference_id": IDS,
            }
        )
        for kind, inner in PROPERTIES.items()
    ]
)
SETS = st.lists(PAYLOAD, min_size=1, max_size=14)


@settings(max_examples=150, deadline=None)
@given(SETS, st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_folds_alike(payloads: list[Any], random: Random) -> None:
    """Laws 1 and 2 on invented events."""
    events = _events(payloads)
    shuffled = events + random.choices(events, k=3)
    random.shuffle(shuffled)
    _same(fold(shuffled), fold(events))


@settings(max_examples=12, deadline=None)
@given(SETS, st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_is_analysed_alike(
    payloads: list[Any], random: Random
) -> None:
    """Laws 1 and 2 through the analysis."""
    events = _events(payloads)
    shuffled = events + random.choices(events, k=3)
    random.shuffle(shuffled)
    _same(analyse(fold(shuffled)), analyse(fold(events)))


@pytest.mark.parametrize("seed", range(3))
def test_generated_calls_fold_and_are_analysed_alike_in_any_order(seed: int) -> None:
    """Laws 1 and 2 on calls as they happen."""
    random = Random(seed)  # noqa: S311 - meant to repeat
    events = [event for story in _demo() for event in _events(story)]
    shuffled = events + random.sample(events, k=len(events) // 3)
    random.shuffle(shuffled)
    left, right = fold(shuffled), fold(events)
    _same(left, right)
    _same(analyse(left), analyse(right))


@pytest.mark.parametrize("seed", range(5))
def test_all_payload_files_fold_alike_in_any_order(seed: int) -> None:
    """Laws 1 and 2 on the files."""
    shuffled = [*_handmade(), *_handmade()]
    Random(seed).shuffle(shuffled)  # noqa: S311 - meant to repeat
    _same(fold(shuffled), fold(_handmade()))


def test_conversations_fold_alike_alone_and_together() -> None:
    """A conversation's rows do not depend on its neighbours."""
    stories = _demo()[:6]
    together = fold(event for story in stories for event in _events(story))
    for story in stories:
        alone, name = fold(_events(story)), story[0]["conversation_id"]
        for table in SCHEMA:
            frame = getattr(together, table)
            own = frame[frame["conversation_id"] == name].reset_index(drop=True)
            pd.testing.assert_frame_equal(getattr(alone, table), own, check_exact=True)


@settings(max_examples=60, deadline=None)
@given(st.lists(PAYLOAD, max_size=4))
def test_frames_have_every_column_and_dtype_whatever_is_in_them(payloads: list[Any]) -> None:
    """Law 4: rows or no rows, the schema is the schema, and idx counts from 0."""
    frames = fold(_events(payloads))
    for table, columns in SCHEMA.items():
        frame = getattr(frames, table)
        assert list(frame.columns) == list(columns)
        assert frame.dtypes.tolist() == empty(table).dtypes.tolist()
        if "idx" in frame:
            counted = frame.groupby("conversation_id").cumcount()
            assert frame["idx"].tolist() == counted.tolist()


def test_empty_frames_keep_their_schema_and_are_not_shared() -> None:
    """Law 4, and an empty frame that somebody fills leaves the next one empty."""
    frames = fold([])
    for table, columns in SCHEMA.items():
        frame = getattr(frames, table)
        assert len(frame) == 0
        assert [str(dtype) for dtype in frame.dtypes] == [str(dtype) for dtype in columns.values()]
        frame["conversation_id"] = "x"
        frame.loc[0, "conversation_id"] = "x"
    assert all(len(empty(table)) == 0 for table in SCHEMA)
    assert len(analyse(fold([])).metrics) == 0


Door = Callable[[Sequence[dict[str, Any]]], list[Event]]


def _webhook(story: Sequence[dict[str, Any]]) -> list[Event]:
    return [parse_body(json.dumps(payload).encode()) for payload in story]


def _dump(story: Sequence[dict[str, Any]]) -> list[Event]:
    lines = "\n".join(json.dumps(payload) for payload in story)
    return _read(lines.encode(), "dump.jsonl", "events")


def _wrapped(story: Sequence[dict[str, Any]]) -> list[Event]:
    """As a catcher of callbacks keeps them: the body as text, in no order at all."""
    caught = [{"received": at, "body": json.dumps(body, indent=1)} for at, body in enumerate(story)]
    return _read(json.dumps(caught[::-1]).encode(), "caught.json", "events")


def _reply(story: Sequence[dict[str, Any]]) -> list[Event]:
    """As `GET /v2/conversations/{id}?verbose=true` tells it; the description is the reply's own."""
    told = [payload for payload in story if payload["event_type"] != "conversation.described"]
    about = next(payload for payload in story if payload not in told)
    given = about["properties"]
    reply = {
        "conversation_id": about["conversation_id"],
        "conversation_name": given.get("title"),
        "status": given.get("status"),
        "created_at": about["timestamp"],
        "persona_id": given.get("persona"),
        "replica_id": given.get("replica"),
        "properties": {"max_call_duration": given.get("max_duration_s")},
        "events": told,
    }
    return _read(json.dumps(reply).encode(), "reply.json", "tavus")


def _read(data: bytes, name: str, reader: str) -> list[Event]:
    found = list(ingest.read(Source.from_bytes(data, name)))
    assert ingest.detect(Source.from_bytes(data, name)) == reader
    assert all(isinstance(each, Item) for each in found)
    return [parse_payload(each.payload) for each in found if isinstance(each, Item)]


def _tavus_story(at: int) -> list[dict[str, Any]]:
    """A generated call whose description is what the API would say of it."""
    story = [json.loads(json.dumps(payload)) for payload in _demo()[at]]
    for payload in story:
        if payload["event_type"] == "conversation.described":
            given = payload["properties"]
            given.update(source="tavus", labels={}, status="ended", started_at=payload["timestamp"])
    return story


@pytest.mark.parametrize(
    "door", [_dump, _wrapped, _reply], ids=["dump", "wrapped dump", "verbose reply"]
)
@pytest.mark.parametrize("at", [0, 7, 19, 23, 31])
def test_every_door_gives_equal_frames_and_metrics(door: Door, at: int) -> None:
    """Law 7, its pure part."""
    story = _tavus_story(at)
    through, straight = door(story), _webhook(story)
    assert {event.id for event in through} == {event.id for event in straight}
    left, right = fold(through), fold(straight)
    _same(left, right)
    _same(analyse(left), analyse(right))


def test_two_doors_at_once_add_nothing() -> None:
    """Law 7 with law 1: the callbacks, and then the backfill of the same call."""
    story = _tavus_story(7)
    _same(fold([*_webhook(story), *_reply(story), *_dump(story)]), fold(_webhook(story)))


NUMBERS = (
    '{"event_type": "conversation.tool_call", "conversation_id": "c1", "properties": {"name": "n",'
    ' "arguments": {"a": 2.0, "b": NaN, "c": 36893488147419103232, "d": "\\ud800"}}}'
)


def test_doors_agree_on_numbers_that_json_hardly_knows() -> None:
    """Law 7: NaN, integers past 64 bits, 2.0 for 2, half a surrogate pair."""
    (read,) = _read(NUMBERS.encode(), "dump.jsonl", "events")
    assert read == parse_body(NUMBERS.encode())
    wanted = '{"a":2,"b":null,"c":3.6893488147419103e+19,"d":"?"}'
    assert fold([read]).tool_calls["arguments"].tolist() == [wanted]
