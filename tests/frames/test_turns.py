"""Turns from the final transcript and from live lines: which win, and in what order."""

from __future__ import annotations

from itertools import permutations

import pytest

from cvi.events import Event
from tests.events.build import EPOCH, event
from tests.frames.build import about, joined, rows, said, transcript

ASK, TELL = ("user", "What now?"), ("assistant", "Rest.")


def _turns(*events: Event) -> list[tuple[str, str]]:
    return rows(events, "turns", "role", "text")


def test_the_final_transcript_beats_live_lines() -> None:
    live = [said("user", "Wha now", 1.0, seq=1), said("replica", "Rest", 2.0, seq=2)]
    assert _turns(*live, transcript(ASK, TELL)) == [ASK, TELL]


def test_a_transcript_of_nothing_leaves_the_lines_that_were_heard() -> None:
    events = [
        said("user", "What now?", 1.0),
        transcript(("system", "You are kind."), ("user", " ")),
    ]
    assert _turns(*events) == [ASK]
    assert about(events)["has_transcript"] is True
    assert about(events)["skipped_rows"] == 1


def test_of_two_transcripts_the_fullest_wins_and_then_the_latest() -> None:
    short, full = transcript(ASK, at=950.0), transcript(ASK, TELL, at=900.0)
    late = transcript(ASK, ("assistant", "Rest well."), at=910.0)
    padded = transcript(ASK, ("user", ""), ("user", " "), at=990.0)
    for order in permutations((short, full, padded)):
        assert _turns(*order) == [ASK, TELL]
    for order in permutations((short, full, late)):
        assert _turns(*order) == [ASK, ("assistant", "Rest well.")]


def test_system_prompts_tool_rows_and_call_rows_are_no_turns_and_not_counted() -> None:
    call = {"role": "assistant", "content": "", "tool_calls": [{"name": "n"}]}
    events = [transcript(("system", "You are kind."), ASK, call, ("tool", "done"), TELL)]
    assert _turns(*events) == [ASK, TELL]
    assert about(events)["skipped_rows"] == 0


def test_empty_texts_and_unknown_roles_are_skipped_and_counted() -> None:
    odd = [("user", "  "), ("ghost", "boo"), {"role": "user"}]
    events = [transcript(ASK, *odd, TELL)]
    assert _turns(*events) == [ASK, TELL]
    assert about(events)["skipped_rows"] == 3
    live = [said("user", " ", 1.0), said("ghost", "boo", 2.0), said("user", "What now?", 3.0)]
    assert _turns(*live) == [ASK]
    assert about(live)["skipped_rows"] == 2


def test_rows_that_are_no_objects_do_not_stop_the_fold() -> None:
    event_ = event("application.transcription_ready", 9.0, transcript=["hello", None, 7, ASK])
    assert about([event_])["skipped_rows"] == 4


def test_rows_out_of_order_are_put_in_order_and_counted() -> None:
    items = [
        {"role": "user", "content": text, "seconds_from_start": at}
        for text, at in (("one", 1.0), ("three", 9.0), ("two", 5.0), ("four", 12.0))
    ]
    assert rows([transcript(*items)], "turns", "text") == ["one", "two", "three", "four"]
    assert about([transcript(*items)])["clock_anomalies"] == 1
    assert about([transcript(*items[:2])])["clock_anomalies"] == 0


def test_live_lines_are_ordered_by_seq_then_time_then_id() -> None:
    events = [
        said("user", "second", 1.0, seq=2),
        said("replica", "first", 9.0, seq=1),
        said("user", "third", 0.5, seq=3),
    ]
    for order in permutations(events):
        assert [text for _, text in _turns(*order)] == ["first", "second", "third"]


@pytest.mark.parametrize("ids", [{"inference_id": "r"}, {"turn_idx": 3}, {}])
def test_pal_and_replica_saying_one_line_say_it_once(ids: dict[str, object]) -> None:
    events = [said("pal", "Rest.", 2.0, **ids), said("replica", "Rest.", 2.004, **ids)]
    assert _turns(*events) == [TELL]
    assert rows(events, "turns", "started_at") == [2.0]


def test_one_line_said_in_two_inferences_is_two_lines() -> None:
    ids = [{"turn_idx": 3, "inference_id": name} for name in "ab"]
    events = [said("replica", "Sorry?", 2.0 + at, **each) for at, each in enumerate(ids)]
    assert _turns(*events) == [("assistant", "Sorry?")] * 2


def test_a_user_line_growing_under_one_turn_is_one_line() -> None:
    grown = ["I", "I want", "I want two", "I want to talk", "I want to talk about Fridays."]
    events = [
        said("user", text, 1.0 + at, seq=at, turn_idx=4, inference_id=f"spec-{at}")
        for at, text in enumerate(grown)
    ]
    for order in (events, events[::-1]):
        assert _turns(*order) == [("user", grown[-1])]
        assert rows(order, "turns", "started_at", "inference_id") == [(5.0, "spec-4")]


def test_a_line_may_grow_across_an_answer_but_short_ones_are_said_twice() -> None:
    events = [
        said("user", "I want to talk", 1.0, seq=1, turn_idx=4),
        said("replica", "Sure.", 2.0, seq=2, turn_idx=4, inference_id="r"),
        said("user", "I want to talk about Fridays.", 4.0, seq=3, turn_idx=4),
        said("user", "Yes.", 5.0, seq=4, turn_idx=5),
        said("replica", "Sure?", 6.0, seq=5, turn_idx=5, inference_id="s"),
        said("user", "Yes.", 7.0, seq=6, turn_idx=5),
    ]
    texts = [text for _, text in _turns(*events)]
    assert texts == ["Sure.", "I want to talk about Fridays.", "Yes.", "Sure?", "Yes."]


def test_different_lines_of_one_turn_stay_apart() -> None:
    events = [
        said("user", text, 1.0 + at, seq=at, turn_idx=4, inference_id=f"{at}")
        for at, text in enumerate(("Good morning.", "Is this on?"))
    ]
    assert [text for _, text in _turns(*events)] == ["Good morning.", "Is this on?"]


def test_a_conversation_of_one_side_has_that_side_only() -> None:
    events = [joined(), said("replica", "Anybody there?", 2.0), said("replica", "Hello?", 9.0)]
    assert {role for role, _ in _turns(*events)} == {"assistant"}


def test_a_conversation_without_any_time_has_turns_and_no_clock() -> None:
    events = [transcript(ASK, TELL, at=None), said("user", "x"), joined(None)]
    found = about(events)
    assert _turns(*events) == [ASK, TELL]
    assert [found[name] for name in ("started_at", "ended_at", "duration_s")] == [None] * 3
    assert found["clock"] == "none"
    assert rows(events, "turns", "started_at", "offset_s") == [(None, None)] * 2


FULL = {"timestamp": EPOCH + 4.0, "seconds_from_start": 3.0, "duration": 2.0}
TIERS = {
    "ends": ([FULL, {**FULL, "timestamp": EPOCH + 8.0, "seconds_from_start": 7.0}], "ends"),
    "offsets alone": ([{"seconds_from_start": 0.0}, {"seconds_from_start": 4.0}], "starts"),
    "starts": ([{"timestamp": EPOCH + 1}, {"timestamp": EPOCH + 3}], "starts"),
    "a row without a time": ([FULL, {}], "none"),
    "no times": ([{}, {}], "none"),
}


@pytest.mark.parametrize("tier", TIERS)
def test_the_clock_is_the_best_that_every_turn_has(tier: str) -> None:
    times, wanted = TIERS[tier]
    items = [
        {"role": role, "content": text, **at}
        for (role, text), at in zip((ASK, TELL), times, strict=True)
    ]
    assert about([transcript(*items)])["clock"] == wanted


def test_offsets_alone_give_a_duration_from_the_very_start() -> None:
    item = {"role": "user", "content": "All in one.", "seconds_from_start": 0, "duration": 30}
    assert about([transcript(item, at=None)])["duration_s"] == 30.0


@pytest.mark.parametrize("value", [1e300, -1e9, "1e12", float("nan")])
def test_an_impossible_offset_or_length_is_no_time(value: object) -> None:
    item = {"role": "user", "content": "Hm.", "timestamp": EPOCH + 5, "seconds_from_start": value}
    assert rows([transcript({**item, "duration": value})], "turns", "started_at", "duration_s") == [
        (5.0, None)
    ]
