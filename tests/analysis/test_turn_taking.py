"""Interruptions, backchannels, overlap and the floor, against hand-computed cases."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cvi.analysis.batch import Batch
from cvi.analysis.metric import METRICS, tenths
from cvi.analysis.turn_taking import floor_map
from tests.analysis.build import join, talk, value

CALL = talk(
    ("a", "hello and welcome", 0), ("u", "hi", 3),  # into the greeting: no interruption
    ("a", "let me explain", 7),
    ("u", "mhm", 10),  # .4 s inside: backchannel
    ("u", "yeah right", 12),  # 1 s inside, listener tokens: backchannel
    ("u", "wait i disagree", 14),  # 1 s of overlap: interruption
    ("a", "tell me", 17.7),  # .3 s of overlap, takes the floor: neither
    ("u", "the point is", 23),
    ("a", "sorry", 26),  # 2 s of overlap: the assistant interrupts
    ("u", "ok", 31),
    ("a", "so then", 33),  # flagged as interrupted without an overlap
    speaking=[
        ("a", 0, 5), ("u", 3, 6), ("a", 7, 15, True), ("u", 10, 10.4), ("u", 12, 13),
        ("u", 14, 18), ("a", 17.7, 22), ("u", 23, 28), ("a", 26, 30), ("u", 31, 32),
        ("a", 33, 36, True),
    ],
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("user_interruptions", 2),  # at 14 (7-15 is flagged too, and counts once) and 33-36
        ("assistant_interruptions", 1),
        ("backchannels", 2),
        ("overlap_share", 0.1861111111),  # (2 + .4 + 1 + 1 + .3 + 2) / 36
    ],
)
def test_golden(name, expected):
    assert value(name, CALL) == pytest.approx(expected, abs=1e-6)


def test_words_inside_the_others_speech_are_an_interruption_unless_listener_tokens():
    spans = [("u", 0, 1), ("a", 2, 10), ("u", 4, 6)]
    rows = [("u", "x", 0), ("a", "y", 2)]
    meant = talk(*rows, ("u", "no no stop that", 4), speaking=spans)
    token = talk(*rows, ("u", "yeah", 4), speaking=spans)
    assert (value("user_interruptions", meant), value("backchannels", meant)) == (1, 0)
    assert (value("user_interruptions", token), value("backchannels", token)) == (0, 1)


def test_a_flag_on_the_transcript_row_counts_and_the_greeting_never_does():
    frames = talk(("a", "hello", 0, 2, True), ("u", "x", 3, 1), ("a", "y", 5, 2, True))
    assert value("user_interruptions", frames) == 1
    assert value("assistant_interruptions", frames) == 0


def test_nobody_is_interrupted_when_the_user_opens_and_sides_start_together():
    frames = talk(("u", "x", 0, 3), ("a", "y", 0, 4))
    assert value("user_interruptions", frames) == 0
    assert value("assistant_interruptions", frames) == 0
    assert value("overlap_share", frames) == 0.75


def test_floor_windows_of_a_short_call():
    # span 40: windows of 10 every 2, from 0 to 30 = 16. The user has min(10, 20 - s) of 10 s:
    # over 6 for s = 0..12 (7 windows), under 4 for s = 18..30 (7), between for 14 and 16.
    frames = talk(("u", "x", 0, 20), ("a", "y", 20, 20))
    assert value("floor_dominance", frames) == pytest.approx(14 / 16)
    found = floor_map(Batch.of(frames))
    assert found["side"].tolist() == ["user"] * 7 + ["balanced"] * 2 + ["assistant"] * 7
    assert found["start_s"].tolist() == pytest.approx(list(range(0, 31, 2)))


def test_floor_windows_of_a_long_call_are_150_s_every_30_s():
    frames = talk(("u", "x", 0, 300), ("a", "y", 300, 300))
    found = floor_map(Batch.of(frames))
    assert found["start_s"].tolist() == pytest.approx([30 * at for at in range(16)])


def test_silent_windows_have_no_side_and_do_not_count():
    # speech only 0-1 and 39-40: the window at 0 is the user's, the one at 30 the assistant's
    frames = talk(("u", "x", 0, 1), ("a", "y", 39, 1))
    side = floor_map(Batch.of(frames))["side"]
    assert side.notna().tolist() == [True, *[False] * 14, True]
    assert value("floor_dominance", frames) == 1


def test_floor_map_covers_timed_conversations_only_and_survives_a_broken_clock():
    wild = talk(("u", "x", 0, 1), ("a", "y", 9e8, 1), name="c2")
    found = floor_map(Batch.of(join(talk(("u", "x")), wild)))
    assert found["conversation_id"].unique().tolist() == ["c2"]
    assert len(found) <= 2_001


def test_untimed_conversations_have_no_counts():
    frames = talk(("a", "x"), ("u", "y"))
    for name in ("user_interruptions", "backchannels", "overlap_share", "floor_dominance"):
        assert math.isnan(value(name, frames))


def floors(frames):
    return [value(name, frames) for name in tenths("floor")]


def test_the_floor_by_tenth_of_the_call_is_the_users_share_of_speech():
    # span 40, tenths of 4 s: the user speaks 0-14, the assistant 14-20 and 30-40, nobody 20-30
    frames = talk(("u", "x", 0, 14), ("a", "y", 14, 6), ("a", "y", 30, 10))
    found = floors(frames)
    assert found[:5] == pytest.approx([1, 1, 1, 0.5, 0])
    assert math.isnan(found[5])  # 20-24
    assert math.isnan(found[6])  # 24-28
    assert found[7:] == pytest.approx([0, 0, 0])
    assert value("user_speech_s", frames) == 14
    assert value("assistant_speech_s", frames) == 16


def test_the_floor_is_a_share_and_needs_times():
    share = np.array(floors(CALL))
    assert ((share >= 0) & (share <= 1)).all()
    assert math.isnan(value("floor_1", talk(("a", "x"), ("u", "y"))))
    both = join(talk(("u", "x"), name="c0"), CALL)
    alone = METRICS["floor_4"].compute(Batch.of(both)).tolist()
    assert math.isnan(alone[0])
    assert alone[1] == pytest.approx(share[3])
