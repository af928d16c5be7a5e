"""The row of a conversation: how it ended, when it began, what describes it."""

from __future__ import annotations

from itertools import permutations

import pytest

from cvi.events import Event
from cvi.events.aliases import SHUTDOWN_REASONS
from cvi.frames import SCHEMA, fold
from tests.events.build import event
from tests.frames.build import (
    about,
    joined,
    said,
    shutdown,
    started,
    stopped,
    transcript,
)

TALK = transcript(("user", "Hi."), ("assistant", "Hello."), at=95.0)
GREETING = transcript(("assistant", "Hello?"), at=95.0)

OUTCOMES = {
    "max_call_duration": ("time_limit", "never_spoke"),
    "participant_left_timeout": ("completed", "never_spoke"),
    "participant_absent_timeout": ("nobody_came", "nobody_came"),
    "bot_could_not_join_meeting_it_was_probably_ended": ("failed", "failed"),
    "daily_room_has_been_deleted": ("completed", "never_spoke"),
    "exception_encountered_during_conversation_startup": ("failed", "failed"),
    "end_conversation_endpoint_hit": ("completed", "never_spoke"),
    "internal_error": ("failed", "failed"),
}


def _described(at: float | None = None, **given: object) -> Event:
    return event("conversation.described", at, **given)


def test_the_table_knows_every_documented_reason() -> None:
    assert set(OUTCOMES) == set(SHUTDOWN_REASONS)


@pytest.mark.parametrize("suffix", ["", " reached"])
@pytest.mark.parametrize("reason", OUTCOMES)
def test_a_reason_gives_its_outcome_in_both_spellings(reason: str, suffix: str) -> None:
    spelled = "internal error occurred at step 4" if reason == "internal_error" else reason
    spoke, silent = OUTCOMES[reason]
    closed = shutdown(90.0, spelled + suffix)
    assert about([joined(), closed, TALK])["outcome"] == spoke
    assert about([joined(), closed, GREETING])["outcome"] == silent
    assert about([closed])["shutdown_reason"] == reason


def test_before_the_transcript_comes_a_closed_call_that_nobody_relayed_is_not_silent() -> None:
    assert about([joined(), shutdown(90.0)])["outcome"] == "completed"
    heard = [joined(), said("replica", "Hello?", 2.0), shutdown(90.0)]
    assert about(heard)["outcome"] == "never_spoke"
    voice = [started("user", 3.0), stopped("user", 4.0)]
    assert about([*heard, *voice])["outcome"] == "completed"


ENDINGS: dict[str, tuple[list[Event], str, str | None]] = {
    "live": ([joined(), said("user", "Hi.", 2.0)], "active", "in_progress"),
    "launched by us": ([_described(0.0, title="t"), joined()], "active", "in_progress"),
    "described as active": ([_described(0.0, status="active")], "active", "in_progress"),
    "described as over": ([_described(0.0, status="ended")], "ended", None),
    "in the guide's word": ([_described(0.0, status="completed")], "ended", None),
    "imported": ([_described(0.0, status="ended", source="file"), TALK], "ended", None),
    "a transcript whose shutdown was lost": ([joined(), TALK], "ended", None),
    "a recording whose shutdown was lost": (
        [joined(), event("application.recording_ready", 99.0)],
        "ended",
        None,
    ),
    "an end without a reason": ([event("system.shutdown", 90.0), TALK], "ended", "completed"),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_status_and_outcome_say_no_more_than_the_events(name: str) -> None:
    events, status, outcome = ENDINGS[name]
    found = about(events)
    assert (found["status"], found["outcome"]) == (status, outcome)


def test_a_conversation_under_way_has_a_length_and_no_end() -> None:
    found = about([joined(), said("user", "Hi.", 12.0)])
    assert (found["ended_at"], found["duration_s"]) == (None, 12.0)


def test_the_rooms_own_shutdown_hides_neither_reason_nor_time() -> None:
    events = [shutdown(90.0, "max_call_duration"), event("system.shutdown"), joined(), TALK]
    for order in permutations(events):
        found = about(order)
        assert (found["shutdown_reason"], found["ended_at"]) == ("max_call_duration", 90.0)


LATE: dict[str, tuple[list[Event], float | None]] = {
    "joined": ([joined(1.0), said("user", "Hi.", 5.0)], 1.0),
    "joined twice": ([joined(1.4), joined(1.0)], 1.0),
    "an anchor in the transcript": (
        [
            joined(1.0),
            transcript(
                {
                    "role": "user",
                    "content": "x",
                    "timestamp": 1_793_000_009,
                    "seconds_from_start": 8.5,
                }
            ),
        ],
        0.5,
    ),
    "joined after the first word": ([joined(7.0), said("user", "Hi.", 5.0)], 5.0),
    "joined late in a room made early": (
        [_described(started_at=1_793_000_000 - 60), joined(7.0), said("user", "Hi.", 5.0)],
        5.0,
    ),
    "described": ([_described(started_at=1_793_000_003), said("user", "Hi.", 5.0)], 3.0),
    "described after the first word": (
        [_described(started_at=1_793_000_900), said("user", "Hi.", 5.0)],
        5.0,
    ),
    "described without a start": ([_described(2.0, title="t"), shutdown(90.0)], 2.0),
    "speech": ([started("user", 4.0), stopped("user", 6.0)], 4.0),
    "a call in the room": ([event("conversation.tool_call", 6.0, name="n"), shutdown(90.0)], 6.0),
    "only late events": ([shutdown(90.0), TALK, event("application.recording_ready", 99.0)], None),
}


@pytest.mark.parametrize("name", LATE)
def test_the_start_is_what_knows_it_best(name: str) -> None:
    events, wanted = LATE[name]
    for order in permutations(events):
        assert about(order)["started_at"] == wanted


def test_only_late_events_give_an_end_and_no_start() -> None:
    found = about([shutdown(90.0), TALK])
    assert (found["started_at"], found["ended_at"], found["duration_s"]) == (None, 90.0, None)


def test_an_end_is_the_shutdown_or_the_description_or_the_last_word() -> None:
    item = {"role": "user", "content": "x", "timestamp": 1_793_000_010, "duration": 4.0}
    assert about([joined(), transcript(item), shutdown(90.0)])["ended_at"] == 90.0
    told = _described(started_at=1_793_000_000, ended_at=1_793_000_060)
    assert about([told, transcript(item)])["ended_at"] == 60.0
    early = _described(started_at=1_793_000_000, ended_at=1_793_000_002)
    assert about([early, transcript(item)])["ended_at"] == 14.0
    length = _described(started_at=1_793_000_000, duration_s=30)
    assert about([length, transcript(item)])["duration_s"] == 30.0


def test_descriptions_are_merged_and_an_empty_value_says_nothing() -> None:
    events = [
        _described(1.0, title="Old", persona="p1", labels={"a": 1}, status="ended"),
        _described(2.0, title="New", persona="", labels={"b": 2}, status="active"),
        _described(3.0, labels={}, max_duration_s="600"),
    ]
    for order in permutations(events):
        found = about(order)
        assert (found["title"], found["persona"], found["status"]) == ("New", "p1", "ended")
        assert (found["labels"], found["max_duration_s"]) == ('{"a": 1, "b": 2}', 600.0)


def test_the_replica_is_known_from_any_event_that_names_it() -> None:
    assert about([event("system.shutdown", 9.0, face_id="r7")])["replica"] == "r7"
    assert about([_described(replica="r8"), joined()])["replica"] == "r8"


def test_a_recording_has_its_address_built_from_bucket_and_key() -> None:
    found = about([event("application.recording_ready", 9.0, bucket_name="b", s3_key="k/1")])
    assert (found["has_recording"], found["recording_uri"]) == (True, "s3://b/k/1")


def test_every_text_can_be_stored() -> None:
    bad = "a\x00b\ud800"
    events = [
        _described(0.0, title=bad, persona=bad, labels={bad: bad}),
        event("system.shutdown", 9.0, shutdown_reason=bad),
        event("application.perception_analysis", 8.0, analysis=bad),
        event("conversation.tool_call", 7.0, name=bad, arguments={bad: bad}, tool_call_id=bad),
        event("conversation.guardrail.triggered", 6.0, guardrail=bad, reason=bad),
        said("user", bad, 5.0),
    ]
    frames = fold(events)
    for table in SCHEMA:
        for value in getattr(frames, table).select_dtypes("str").to_numpy().ravel():
            assert not isinstance(value, str) or "\x00" not in value.encode().decode()
