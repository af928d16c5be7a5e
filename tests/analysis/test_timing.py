"""Timing, against hand-computed cases."""

from __future__ import annotations

import math

import pytest

from tests.analysis.build import talk, value

# waits: 3-2 = 1, 9.5-10 = -.5 (dropped), 16.5-15 = 1.5, 55-20 = 35 (dropped), 61-59 = 2
# think: 9-5 = 4, 14-12 = 2, 19-18 = 1, 58-57 = 1
TIMED = talk(
    ("u", "a b", 0, 2), ("a", "a b c", 3, 2),
    ("u", "a b", 9, 1), ("a", "a b c", 9.5, 2.5),
    ("u", "a b", 14, 1), ("a", "a b c", 16.5, 1.5),
    ("u", "a b", 19, 1), ("a", "a b c", 55, 2),
    ("u", "a b", 58, 1), ("a", "a b c", 61, 2),
    duration_s=70.0, clock_anomalies=2,
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("duration_s", 70),
        ("response_time_p50", 1.5),  # of 1, 1.5, 2
        ("response_time_p90", 1.9),  # place .9 * 2 = 1.8 -> 1.5 + .8 * .5
        ("response_time_p95", 1.95),  # place 1.9
        ("response_time_max", 2),
        ("response_time_n", 3),
        ("response_time_dropped", 2),
        ("user_think_time_p50", 1.5),  # of 1, 1, 2, 4
        ("silence_s", 39),  # 5..9 and 20..55
        ("silence_share", 0.6190476190),  # 39 / 63
        ("user_speaking_rate", 100),  # 10 words in 6 s
        ("assistant_speaking_rate", 90),  # 15 words in 10 s
        ("time_to_first_user_word", 0),
        ("clock_anomalies", 2),
    ],
)
def test_golden(name, expected):
    assert value(name, TIMED) == pytest.approx(expected, abs=1e-6)


def test_a_backchannel_is_no_user_turn_that_waits_for_an_answer():
    # "mhm" at 5 lies inside 0-10; the assistant's next start 12 answers nobody.
    frames = talk(("a", "x", 0, 10), ("u", "mhm", 5, 0.3), ("a", "y", 12, 2), ("u", "z", 15, 1))
    assert math.isnan(value("response_time_p50", frames))
    assert value("response_time_n", frames) == 0
    assert value("user_think_time_p50", frames) == 1  # 15 - 14


def test_an_answer_is_measured_from_the_last_stop_before_it():
    frames = talk(("u", "x", 0, 1), ("u", "y", 6, 1), ("a", "z", 7.5, 1))
    assert value("response_time_max", frames) == 0.5


def test_reply_gaps_run_from_the_last_row_of_the_user_and_drop_negative_ones():
    # 10 - 4 = 6, 20 - 12 = 8, 29 - 30 < 0
    frames = talk(("u", "x", 0), ("u", "x", 4), ("a", "y", 10), ("u", "x", 12), ("a", "y", 20),
                  ("u", "x", 30), ("a", "y", 29))  # fmt: skip
    assert value("reply_gap_p50", frames) == 7
    assert value("reply_gap_p95", frames) == pytest.approx(7.9)
    assert math.isnan(value("reply_gap_p50", talk(("a", "y", 1), ("u", "x", 2))))
    assert math.isnan(value("reply_gap_p50", talk(("u", "x"), ("a", "y"))))


def test_first_user_word_comes_from_the_row_or_the_speech():
    assert value("time_to_first_user_word", talk(("a", "x", 0), ("u", "y", 4.5))) == 4.5
    spoken = talk(("a", "x"), ("u", "y"), speaking=[("a", 0, 1), ("u", 3, 4)])
    assert value("time_to_first_user_word", spoken) == 3
    assert math.isnan(value("time_to_first_user_word", talk(("a", "x", 0))))
    assert math.isnan(value("time_to_first_user_word", talk(("u", "x", -5.0))))


def test_speaking_rate_with_turn_ends_counts_only_turns_that_have_one():
    # 4 words in 2 s; the second row has no length
    frames = talk(("u", "a b c d", 0, 2), ("u", "e f", 2.5, None), clock="ends")
    assert value("user_speaking_rate", frames) == pytest.approx(120)
    spoken = talk(("u", "a b c d"), ("u", "e f"), speaking=[("u", 0, 3)])
    assert value("user_speaking_rate", spoken) == pytest.approx(120)  # 6 words in 3 s


def test_a_single_turn_has_no_silence_and_no_answer():
    frames = talk(("u", "x", 1, 2))
    assert value("silence_s", frames) == 0
    assert value("silence_share", frames) == 0
    assert math.isnan(value("response_time_max", frames))
