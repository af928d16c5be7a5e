"""Sentiment of the user over a conversation, from given scores."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from cvi.analysis.batch import Batch
from cvi.analysis.metric import METRICS, tenths
from tests.analysis.build import join, moods, talk, value

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


def path_of(frames, scores):
    """The path as it was once asked of the database: tenth of idx / (last idx + 1), user turns
    that have a score."""
    turns = frames.turns.assign(score=scores["score"])
    last = turns.groupby("conversation_id")["idx"].transform("max")
    part = turns["idx"] * 10 // (last + 1)
    said = turns[(turns["role"] == "user") & turns["score"].notna()].assign(part=part)
    return said.groupby(["conversation_id", "part"])["score"].agg(["mean", "sum", "count"])


def test_the_path_of_the_mood_is_the_mean_of_each_tenth_of_the_transcript():
    rng = np.random.default_rng(11)
    parts = [
        talk(*[("ua"[int(rng.integers(2))], "x") for _ in range(rng.integers(1, 60))],
             name=f"c{at:02}")
        for at in range(40)
    ]  # fmt: skip
    frames = join(*parts)
    given = [None if rng.random() < 0.1 else rng.uniform(-1, 1) for _ in range(len(frames.turns))]
    scores = moods(frames, *given)
    batch = Batch.of(frames, sentiment=scores)
    path = path_of(frames, scores)
    for at in range(10):
        found = pd.Series(METRICS[f"mood_{at + 1}"].compute(batch), index=batch.ids).dropna()
        expected = path.xs(at, level="part")["mean"]
        assert found.to_dict() == pytest.approx(expected.to_dict())
    for name, side in (("start", path.query("part < 3")), ("end", path.query("part >= 7"))):
        sums = side.groupby("conversation_id")[["sum", "count"]].sum()
        found = pd.Series(METRICS[f"mood_{name}"].compute(batch), index=batch.ids).dropna()
        assert found.to_dict() == pytest.approx((sums["sum"] / sums["count"]).to_dict())


def test_a_short_conversation_fills_only_some_tenths():
    frames = talk(("u", "x"), ("a", "y"), ("u", "z"))  # rows 0, 1, 2 of 3: tenths 1, 4, 7
    found = {name: value(name, frames, sentiment=moods(frames, 0.5, None, -0.5))
             for name in tenths("mood")}  # fmt: skip
    assert {name: score for name, score in found.items() if not math.isnan(score)} == {
        "mood_1": 0.5, "mood_7": -0.5,
    }  # fmt: skip
