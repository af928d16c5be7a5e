"""Sentiment of the user over a conversation, from given scores."""

from __future__ import annotations

import math

import pytest

from tests.analysis.build import moods, talk, value

SCORES = (-0.5, -0.3, 0.0, 0.1, 0.2, 0.3, 0.5, 0.9)


def of(*scores):
    """User rows with these scores, an assistant row (scored 1: must not count) after each."""
    frames = talk(*[row for _ in scores for row in (("u", "x"), ("a", "y"))])
    return frames, moods(frames, *[each for score in scores for each in (score, 1.0)])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("user_sentiment", 0.15),  # 1.2 / 8
        ("worst_user_turn", -0.5),
        ("positive_user_share", 0.375),  # .3 .5 .9
        ("negative_user_share", 0.25),  # -.5 -.3
        ("sentiment_change", 1.1),  # (.5 + .9) / 2 - (-.5 - .3) / 2
        # x = i / 7; sum((i - 3.5) y) = 7.4, sum((i - 3.5)^2) = 42; 7 * 7.4 / 42
        ("sentiment_slope", 1.2333333),
    ],
)
def test_golden(name, expected):
    frames, scores = of(*SCORES)
    assert value(name, frames, sentiment=scores) == pytest.approx(expected, abs=1e-6)


def test_change_needs_eight_scored_turns_and_slope_three():
    frames, scores = of(*SCORES[:7])
    assert math.isnan(value("sentiment_change", frames, sentiment=scores))
    frames, scores = of(*SCORES[:7], None)
    assert math.isnan(value("sentiment_change", frames, sentiment=scores))
    frames, scores = of(0.1, 0.2)
    assert math.isnan(value("sentiment_slope", frames, sentiment=scores))


def test_rows_without_a_score_do_not_count():
    frames, scores = of(0.4, None, 0.6)
    assert value("user_sentiment", frames, sentiment=scores) == pytest.approx(0.5)


def test_nothing_scored_is_missing():
    frames = talk(("u", "x"), ("a", "y"))
    for name in ("user_sentiment", "worst_user_turn", "positive_user_share", "sentiment_slope"):
        assert math.isnan(value(name, frames))
