"""Participation, against hand-computed cases."""

from __future__ import annotations

import math

import pytest

from cvi.analysis.batch import Batch
from cvi.analysis.participation import QUESTIONS
from tests.analysis.build import talk, value

# Turns: user 2 words, assistant 7, user 9, assistant 1 + 4 = 5 (two rows in a row).
TEXT = talk(
    ("u", "hi there"),
    ("a", "hello how can i help you today?"),
    ("u", "i want to know the price of the plan"),
    ("a", "sure"),
    ("a", "it is ten dollars"),
)
# User speaks 4 + 4 = 8 s; the assistant 6 + 6 + 1 = 13 s, its last two rows 1 s apart.
TIMED = talk(
    ("u", "hi", 0, 4), ("a", "hello", 5, 6), ("u", "well", 9, 4), ("a", "so", 14, 6),
    ("a", "right", 21, 1), duration_s=30.0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("turns", 4),
        ("user_turns", 2),
        ("assistant_turns", 2),
        ("user_words", 11),  # 2 + 9
        ("assistant_words", 12),  # 7 + 5
        ("words_per_user_turn", 5.5),  # 11 / 2
        ("words_per_assistant_turn", 6),  # 12 / 2
        ("short_user_turn_share", 0.5),  # "hi there" of two turns
        ("user_word_share", 0.4782608696),  # 11 / 23
        # p = 11/23: -(.478261 * log2 .478261 + .521739 * log2 .521739) = .508934 + .489702
        ("turn_entropy", 0.998636),
        ("longest_user_turn_words", 9),
        ("longest_assistant_turn_words", 7),
        ("user_question_rate", 0),
        ("assistant_question_rate", 50),  # 1 of 2 turns
        ("switches_per_100_words", 13.0434783),  # 100 * 3 / 23
    ],
)
def test_from_text(name, expected):
    assert value(name, TEXT) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("user_talk_share", 0.3809523810),  # 8 / 21
        ("user_talk_share_of_call", 0.2666666667),  # 8 / 30
        ("imbalance", 0.6190476190),  # 13 / 21
        ("longest_assistant_monologue_s", 8),  # 14 .. 22, with a pause of 1 s
        ("longest_user_monologue_s", 4),
        ("interactivity", 6),  # 3 switches in half a minute
    ],
)
def test_from_times(name, expected):
    assert value(name, TIMED) == pytest.approx(expected, abs=1e-6)


def test_speaking_events_are_unioned_per_side():
    # user 0-4 and 2-6 union to 6 s; assistant 6-8: 6 / 8
    frames = talk(("u", "x"), ("a", "y"), speaking=[("u", 0, 4), ("u", 2, 6), ("a", 6, 8)])
    assert value("user_talk_share", frames) == pytest.approx(0.75)


def test_one_sided_conversation():
    frames = talk(("u", "hello is anybody there", 0, 2), duration_s=10.0)
    assert value("user_word_share", frames) == 1
    assert value("turn_entropy", frames) == 0
    assert value("assistant_turns", frames) == 0
    assert math.isnan(value("words_per_assistant_turn", frames))
    assert value("user_talk_share", frames) == 1
    assert value("imbalance", frames) == 1
    assert math.isnan(value("longest_assistant_monologue_s", frames))


def test_talk_share_is_missing_when_one_side_has_words_but_no_times():
    frames = talk(("u", "x"), ("a", "y"), speaking=[("u", 0, 4)])
    assert math.isnan(value("user_talk_share", frames))


def test_share_of_a_call_that_is_shorter_than_its_speech_is_missing():
    frames = talk(("u", "x", 0, 20), duration_s=10.0)
    assert math.isnan(value("user_talk_share_of_call", frames))


def test_words_without_text_are_no_words():
    frames = talk(("u", None), ("a", "..."))
    assert value("user_words", frames) == 0
    assert math.isnan(value("user_word_share", frames))


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("what is the price", True),
        ("um so how much would that be", True),
        ("Can you help me", True),
        ("you said ten?", True),
        ("why", True),
        ("who's that", True),
        ("Don't you think so", True),
        ("what about tomorrow", True),
        ("which city are you in", True),
        ("at what time", True),
        ("when I was young we had none", False),
        ("what I want is a table", False),
        ("I can do that", False),
        ("that is how", False),
        ("", False),
    ],
)
def test_questions(text, asks):
    assert Batch.of(talk(("u", text))).matches(QUESTIONS)[0] == asks
