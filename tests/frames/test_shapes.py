"""Equal happenings in two shapes give equal rows."""

from __future__ import annotations

import pandas as pd
import pytest

from cvi.frames import fold
from cvi.frames.schema import SCHEMA, Frames
from tests.events.build import of

# Two tellings of one happening, and the columns that only the better one can fill.
PAIRS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "shutdown": (("webhook/shutdown.guide",), ("webhook/shutdown.real",), ("ended_at", "replica")),
    "joined": (("webhook/joined.guide",), ("webhook/joined.real",), ("started_at",)),
    "joined in the PAL era": (("webhook/joined.real",), ("webhook/joined.pal-era",), ()),
    "joined said twice": (
        ("webhook/pal_joined.real",),
        ("webhook/pal_joined.real", "webhook/joined.pal-era"),
        ("events",),
    ),
    "recording": (("webhook/recording.legacy",), ("webhook/recording.real",), ()),
    "perception": (
        ("room/perception.real",),
        ("room/perception.hyphen",),
        ("started_at", "offset_s"),
    ),
    "perception by two doors": (
        ("room/perception.real",),
        ("room/perception.real", "room/perception.hyphen", "webhook/perception.real"),
        ("events",),
    ),
    "utterance": (
        ("webhook/utterance.guide",),
        ("room/utterance.user",),
        ("started_at", "inference_id", "turn_idx", "tone", "look"),
    ),
    "utterance of old captures": (
        ("webhook/utterance.guide",),
        ("room/utterance.legacy",),
        ("started_at", "offset_s", "duration_s", "inference_id", "look", "clock"),
    ),
    "utterance said by pal and replica": (
        ("room/utterance.replica",),
        ("room/utterance.replica", "room/utterance.pal"),
        ("events",),
    ),
    "speaking in both forms": (
        ("room/started.user", "room/stopped.user", "room/started.replica", "room/stopped.replica"),
        (
            "room/started.user",
            "room/stopped.user",
            "room/started.replica",
            "room/stopped.replica",
            "room/user_started.real",
            "room/user_stopped.real",
            "room/replica_started.real",
            "room/replica_stopped.real",
        ),
        ("events", "started_at", "ended_at", "duration_s", "end_s"),
    ),
    "speaking in the old form": (
        ("room/started.user", "room/stopped.user", "room/started.replica", "room/stopped.replica"),
        (
            "room/user_started.real",
            "room/user_stopped.real",
            "room/replica_started.real",
            "room/replica_stopped.real",
        ),
        ("started_at", "interrupted"),
    ),
    "tool call without and with an id": (
        ("room/tool_call.registry",),
        ("room/tool_call.registry", "room/tool_call.object", "tool_api/call.real"),
        ("events",),
    ),
    "guardrail": (
        ("room/guardrail.real",),
        ("room/guardrail.real", "webhook/guardrail_callback.real"),
        ("events",),
    ),
    "objective": (
        ("room/objective_completed.real",),
        ("room/objective_completed.real", "webhook/objective_callback.real"),
        ("events",),
    ),
    "echo": (("control/echo.text",), ("control/echo.text",), ()),
    "overwritten context": (("control/overwrite.real",), ("control/overwrite.real",), ()),
    "transcript with times as text": (
        ("webhook/transcript.guide",),
        ("webhook/transcript.iso",),
        ("started_at", "ended_at"),
    ),
    "transcript with offsets": (
        ("webhook/transcript.guide",),
        ("webhook/transcript.real",),
        ("started_at", "ended_at", "offset_s", "duration_s", "clock", "inference_id"),
    ),
    "transcript without times": (
        ("webhook/transcript.guide",),
        ("webhook/transcript.legacy",),
        ("started_at", "ended_at", "offset_s", "duration_s", "clock"),
    ),
}


def _without(frames: Frames, columns: tuple[str, ...]) -> dict[str, pd.DataFrame]:
    return {
        table: getattr(frames, table).drop(columns=[c for c in columns if c in SCHEMA[table]])
        for table in SCHEMA
    }


@pytest.mark.parametrize("name", PAIRS)
def test_two_tellings_fold_alike(name: str) -> None:
    one, other, loose = PAIRS[name]
    left, right = _without(fold(of(*one)), loose), _without(fold(of(*other)), loose)
    for table in SCHEMA:
        pd.testing.assert_frame_equal(left[table], right[table], check_exact=True)


@pytest.mark.parametrize("pair", ["echo", "overwrite", "respond"])
def test_a_control_in_the_guides_flat_form_has_the_same_properties(pair: str) -> None:
    real = "control/echo.text" if pair == "echo" else f"control/{pair}.real"
    guide, sent = of(f"control/{pair}.guide", real)
    assert (guide.type, guide.properties) == (sent.type, sent.properties)


def test_a_control_without_a_conversation_is_a_fact_without_a_view() -> None:
    assert fold(of("control/echo.guide", "webhook/perception_tool_call.guide")).signals.empty


def test_callbacks_that_belong_to_no_conversation_have_no_view() -> None:
    found = fold(of("webhook/training.ready", "webhook/document.flat"))
    assert found.conversations.empty


@pytest.mark.parametrize("live", ["room/tool_call.real", "room/tool_call.registry"])
def test_a_call_in_the_room_and_in_the_transcript_is_one_call(live: str) -> None:
    events = of(live, "webhook/transcript.tools", "webhook/joined.real")
    calls = fold(events).tool_calls
    assert calls["name"].tolist() == ["book_review"]
    assert calls["tool_call_id"].tolist() == ["call_m3"]
    assert calls["result"].tolist() == ["booked"]
    assert calls["turn_idx"].tolist() == [4]
