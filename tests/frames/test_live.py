"""A call as a relay tells it: utterances, speaking events, and the transcript that comes later."""

from __future__ import annotations

from itertools import count

import pytest

from cvi.events import Event
from tests.events.build import EPOCH, event
from tests.frames.build import about, joined, rows, said, shutdown, started, stopped, transcript

LINES = (
    # role, start, end, words, when the words were sent
    ("assistant", 2.0, 5.0, "Hi, what shall we look at?", 1.6),
    ("user", 6.0, 10.0, "My pricing page, please.", 10.3),
    ("assistant", 11.0, 16.0, "Sure. What does it convert at, and who comes there?", 10.8),
    ("user", 15.2, 18.0, "About two per cent.", 18.6),
    ("assistant", 19.5, 22.0, "Good start.", 19.4),
)
CUT = 2  # the user spoke into this line


def _call(*, both: bool = False) -> list[Event]:
    """The live events of LINES. User words carry a tone; ids are what speculation makes of them."""
    found: list[tuple[float, str, dict[str, object]]] = []
    for at, (role, start, end, text, sent) in enumerate(LINES):
        side = "user" if role == "user" else "replica"
        ids = {"turn_idx": (at + 1) // 2, "inference_id": f"{side}-{at}"}
        stop = {"duration": end - start, "interrupted": at == CUT, "role": side}
        found.append((start, "conversation.started_speaking", {"role": side, **ids}))
        found.append((end, "conversation.stopped_speaking", {**stop, **ids}))
        if both:
            found.append((start + 0.02, f"conversation.{side}.started_speaking", ids))
            old = {"duration": end - start, **ids}
            found.append((end + 0.02, f"conversation.{side}.stopped_speaking", old))
        tone = {"user_audio_analysis": f"tone {at}"} if role == "user" else {}
        words = {**ids, "inference_id": f"other-{at}"} if role == "user" else ids
        found.append(
            (sent, "conversation.utterance", {"role": side, "speech": text, **tone, **words})
        )
    numbers = count(1)
    ordered = sorted(found, key=lambda each: each[0])
    return [event(kind, at, seq=next(numbers), **given) for at, kind, given in ordered]


def _final(*, times: bool, ids: bool = False) -> Event:
    items = []
    for at, (role, start, end, text, _) in enumerate(LINES):
        item = {"role": role, "content": text}
        if times:
            item |= {"timestamp": EPOCH + start + 0.1, "seconds_from_start": start + 0.1}
            item |= {"duration": end - start - 0.2}
        if ids and role == "assistant":
            item["inference_id"] = f"replica-{at}"
        items.append(item)
    return transcript({"role": "system", "content": "You are Odile."}, *items, at=40.0)


TIMES = [(role, start, round(end - start, 6)) for role, start, end, _, _ in LINES]


@pytest.mark.parametrize("both", [False, True], ids=["one form", "both forms"])
def test_live_turns_take_their_times_from_the_speaking_events(both: bool) -> None:
    found = rows([joined(), *_call(both=both)], "turns", "role", "offset_s", "duration_s")
    assert found == TIMES


def test_live_turns_know_who_was_cut_off_and_how_the_user_sounded() -> None:
    found = rows([joined(), *_call()], "turns", "interrupted", "tone", "turn_idx")
    assert [cut for cut, _, _ in found] == [False, False, True, False, False]
    assert [tone for _, tone, _ in found] == [None, "tone 1", None, "tone 3", None]
    assert [turn for _, _, turn in found] == [0, 1, 1, 2, 2]


def test_the_transcripts_own_times_win_and_the_flags_of_the_live_events_stay() -> None:
    events = [joined(), *_call(), shutdown(30.0), _final(times=True)]
    found = rows(events, "turns", "offset_s", "duration_s", "interrupted", "tone", "turn_idx")
    assert [row[0] for row in found] == pytest.approx([start + 0.1 for _, start, _ in TIMES])
    assert [row[1] for row in found] == pytest.approx([length - 0.2 for *_, length in TIMES])
    assert [row[2] for row in found] == [False, False, True, False, False]
    assert [row[3] for row in found] == [None, "tone 1", None, "tone 3", None]
    assert [row[4] for row in found] == [0, 1, 1, 2, 2]


@pytest.mark.parametrize("ids", [False, True], ids=["without ids", "with ids"])
def test_a_transcript_without_times_gets_them_from_the_live_events(ids: bool) -> None:
    events = [joined(), *_call(both=True), _final(times=False, ids=ids), shutdown(30.0)]
    assert rows(events, "turns", "role", "offset_s", "duration_s") == TIMES
    assert about(events)["clock"] == "speaking"


def test_times_that_only_tell_starts_are_sharpened_by_the_speaking_events() -> None:
    items = [
        {"role": role, "content": text, "timestamp": EPOCH + round(start)}
        for role, start, _, text, _ in LINES
    ]
    found = rows([joined(), *_call(), transcript(*items)], "turns", "offset_s", "duration_s")
    assert found == [row[1:] for row in TIMES]


def test_a_line_the_transcript_shortens_is_still_the_one_that_was_heard() -> None:
    cut = [{"role": role, "content": text} for role, _, _, text, _ in LINES]
    cut[CUT]["content"] = "Sure. What does it convert at"
    events = [joined(), *_call(), transcript(*cut)]
    found = rows(events, "turns", "text", "offset_s", "interrupted", "turn_idx")
    assert found[CUT] == ("Sure. What does it convert at", 11.0, True, 1)


def test_the_same_short_answer_is_matched_by_time() -> None:
    events = [
        said("user", "Yes.", 10.0, turn_idx=1, inference_id="a", user_audio_analysis="firm"),
        said("user", "Yes.", 50.0, turn_idx=5, inference_id="b", user_audio_analysis="tired"),
        transcript(
            {"role": "user", "content": "yes", "timestamp": EPOCH + 49.0, "duration": 0.8},
            {"role": "assistant", "content": "Fine.", "timestamp": EPOCH + 52.0, "duration": 0.8},
        ),
    ]
    assert rows(events, "turns", "text", "tone") == [("yes", "tired"), ("Fine.", None)]


def test_the_stream_says_what_was_heard_of_a_line_that_was_cut() -> None:
    stream = {"role": "replica", "inference_id": "i", "turn_idx": 1}
    events = [
        said(
            "replica",
            "One, two, three and four.",
            1.0,
            seq=1,
            **{k: stream[k] for k in ("inference_id", "turn_idx")},
        ),
        event("conversation.utterance.streaming", 1.5, seq=2, speech="One,", final=False, **stream),
        event(
            "conversation.utterance.streaming",
            2.0,
            seq=3,
            speech="One, two,",
            final=True,
            is_interrupted=True,
            **stream,
        ),
    ]
    assert rows(events, "turns", "text", "interrupted") == [("One, two,", True)]
    whole = [
        events[0],
        event("conversation.utterance.streaming", 2.0, seq=3, speech="One", final=True, **stream),
    ]
    assert rows(whole, "turns", "text", "interrupted") == [("One, two, three and four.", None)]


def test_the_old_interruption_event_marks_line_and_speech_without_having_a_time() -> None:
    events = [
        said("replica", "Let me explain.", 1.0, seq=1, inference_id="i"),
        started("replica", 1.0, seq=2, inference_id="i"),
        stopped("replica", 3.0, seq=3, inference_id="i"),
        event("conversation.replica_interrupted", inference_id="i"),
    ]
    assert rows(events, "turns", "interrupted") == [True]
    assert rows(events, "speaking", "interrupted") == [True]


def test_a_user_who_pauses_speaks_one_turn() -> None:
    events = [
        joined(),
        *(started("user", at, seq=seq) for at, seq in ((10.0, 1), (12.8, 3))),
        *(
            stopped("user", at, seq=seq, duration=d)
            for at, seq, d in ((12.0, 2, 2.0), (15.0, 4, 2.2))
        ),
        said("user", "Well, it depends.", 15.2, seq=5, turn_idx=1),
    ]
    assert rows(events, "turns", "offset_s", "duration_s") == [(10.0, 5.0)]
    assert len(rows(events, "speaking", "idx")) == 2


def test_a_murmur_while_the_replica_speaks_is_no_part_of_the_next_turn() -> None:
    events = [
        joined(),
        started("replica", 1.0, seq=1),
        said("replica", "A long explanation.", 1.0, seq=2, inference_id="r"),
        started("user", 8.0, seq=3),
        stopped("user", 8.4, seq=4, duration=0.4),
        stopped("replica", 9.0, seq=5, duration=8.0),
        started("user", 10.0, seq=6),
        stopped("user", 12.0, seq=7, duration=2.0),
        said("user", "And then?", 12.2, seq=8, turn_idx=1),
    ]
    assert rows(events, "turns", "offset_s", "duration_s") == [(1.0, 8.0), (10.0, 2.0)]


def test_words_that_arrive_after_the_answer_began_still_come_first() -> None:
    events = [
        joined(),
        started("user", 2.0, seq=1),
        stopped("user", 4.0, seq=2, duration=2.0),
        started("replica", 4.4, seq=3),
        said("replica", "It is.", 4.5, seq=4, inference_id="r"),
        said("user", "Is it?", 4.9, seq=5, turn_idx=1),
        stopped("replica", 5.0, seq=6, duration=0.6),
    ]
    assert rows(events, "turns", "text", "offset_s") == [("Is it?", 2.0), ("It is.", 4.4)]


def test_without_speaking_events_the_order_is_that_of_the_sender() -> None:
    events = [
        said("user", "Is it?", 4.9, seq=1, turn_idx=1),
        said("replica", "It is.", 4.5, seq=2, inference_id="r"),
    ]
    assert rows(events, "turns", "text") == ["Is it?", "It is."]
    assert about(events)["clock"] == "starts"


def test_two_relays_of_which_one_keeps_no_numbers_give_each_line_once_and_in_order() -> None:
    lines = [
        ("user", "Is it?", 2.0, "u"),
        ("replica", "It is.", 3.0, "r"),
        ("user", "Good.", 5.0, "v"),
    ]
    full = [
        said(role, text, at, seq=seq, turn_idx=seq, inference_id=i)
        for seq, (role, text, at, i) in enumerate(lines)
    ]
    bare = [said(role, text, at + 0.1, inference_id=i) for role, text, at, i in lines]
    for events in (full + bare, full[1:] + bare, full + bare[:1]):
        assert rows(events, "turns", "text") == ["Is it?", "It is.", "Good."]
