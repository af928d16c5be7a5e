"""The quality score, part by part, against arithmetic done by hand."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from cvi.analysis import quality, richness
from cvi.analysis.batch import Batch
from cvi.analysis.metric import METRICS
from tests.analysis.build import join, moods, talk, value

# 3 + 3 turns. User: 12 words, all content and distinct, one turn of two words. Assistant: 15.
FRAMES = talk(
    ("u", "alpha bravo charlie delta"), ("a", "mike november oscar papa quebec"),
    ("u", "echo foxtrot"), ("a", "romeo sierra tango uniform victor"),
    ("u", "golf hotel india juliet kilo lima"), ("a", "whiskey xray yankee zulu amber"),
)  # fmt: skip
SCORES = moods(FRAMES, 0.5, None, 0.1, None, -0.3, None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # ln(4/3)/ln(14/3) .186753 * .35 + ln(12/5)/ln(60/5) .352315 * .35
        #   + (1/3 - .5)/(-.5) .333333 * .15 + ln(6/4)/ln(24/4) .226294 * .15
        # = .0653634 + .1233101 + .05 + .0339442
        ("quality_engagement", 27.2617646),
        # ln(15/10)/ln(12) .163171 * .4 + ln(5/5) 0 * .2 + repeats 1 * .2 = .2652685; the variety
        # of fewer than 50 words is missing, so / .8
        ("quality_depth", 33.1585581),
        # (2 * 12/27 - .3)/.6 .9814815 * .7 + 1 * .3
        ("quality_balance", 98.7037037),
        # sentiment (.8 * .1 + .1)/.5 .36 * .4 + thanks 0 + negative 1/3 > .3: 0
        #   + repairs 0: 1 * .15 + apologies 0: 1 * .15
        ("quality_satisfaction", 44.4),
        # .25 * 27.261765 + .2 * 33.158558 + .1 * 98.703704 + .45 * 44.4
        ("quality", 43.2975231),
    ],
)
def test_golden(name, expected):
    assert value(name, FRAMES, sentiment=SCORES) == pytest.approx(expected, abs=1e-6)


def test_shares_add_up_as_in_the_reference():
    assert sum(quality.WEIGHTS.values()) == pytest.approx(1)
    for part in quality.WEIGHTS:
        assert sum(item.share for item in quality.ITEMS if item.part == part) == pytest.approx(1)


@pytest.mark.parametrize("item", quality.ITEMS, ids=lambda item: item.name)
def test_points_run_from_lo_to_hi_and_are_clipped(item):
    outside = 2 * item.hi - item.lo if item.lo < item.hi else 2 * item.lo - item.hi
    found = quality.points(item, np.array([item.lo, item.hi, np.nan, max(outside, 0)]))
    assert found[0] == 0
    assert found[1] == 1
    assert np.isnan(found[2])
    assert found[3] == (1 if item.lo < item.hi else 0)


def test_zero_words_give_no_points_on_a_log_scale():
    assert quality.points(quality.ITEMS[0], np.array([0.0]))[0] == 0


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_no_score_under_four_turns(turns):
    frames = talk(*[("ua"[at % 2], "some words here") for at in range(turns)])
    assert math.isnan(value("quality_balance", frames))


def test_no_score_under_two_user_turns():
    frames = talk(("a", "x", 0, 1), ("u", "y", 2, 1), ("a", "z", 4, 1), ("a", "z", 9, 1))
    assert value("turns", frames) == 4
    assert math.isnan(value("quality_engagement", frames))


def test_satisfaction_needs_sentiment_and_the_rest_does_not():
    assert math.isnan(value("quality_satisfaction", FRAMES))
    assert value("quality_balance", FRAMES) == pytest.approx(98.703704)


def test_costliest_items():
    found = quality.costliest(Batch.of(FRAMES, sentiment=SCORES)).set_index("part")
    # engagement: words per user turn .35 * (1 - .186753) = .284636 of .25
    assert found.at["engagement", "item"] == "words per user turn"
    assert found.at["engagement", "points_lost"] == pytest.approx(7.1159150, abs=1e-6)
    # satisfaction: sentiment .4 * .64 = .256 of .45
    assert found.at["satisfaction", "item"] == "user sentiment"
    assert found.at["satisfaction", "points_lost"] == pytest.approx(11.52)
    assert found.at["satisfaction", "sentence"] == "The user's mood is +0.08 on average."
    assert found.at["balance", "item"] == "word balance"


def test_what_the_items_cost_is_stored_and_adds_up_to_what_the_score_lacks():
    lost = {item.name: value(item.lost, FRAMES, sentiment=SCORES) for item in quality.ITEMS}
    # sentiment .8 * .1 = .08: (.08 + .1)/.5 = .36 of its .4 of 45 points are won
    assert lost["user sentiment"] == pytest.approx(45 * 0.4 * 0.64)
    assert lost["user repairs"] == 0
    assert math.isnan(lost["variety of the assistant's words"])  # fewer than 50 words
    # its share of depth goes to the others: turns of 5 words are at the lower anchor
    assert lost["words per assistant turn"] == pytest.approx(20 * 0.2 / 0.8)
    assert np.nansum(list(lost.values())) == pytest.approx(100 - 43.2975231, abs=1e-6)


@pytest.mark.parametrize("scored", [True, False])
def test_costs_add_up_for_any_conversation(scored):
    rng = np.random.default_rng(5)
    parts = [a_talk(rng, f"c{at}") for at in range(80)]
    frames = join(*parts)
    mood = rng.uniform(-1, 1, len(frames.turns))
    batch = Batch.of(frames, sentiment=moods(frames, *mood) if scored else None)
    total = METRICS["quality"].compute(batch)
    lost = np.array([METRICS[item.lost].compute(batch) for item in quality.ITEMS])
    have = ~np.isnan(total)
    assert 20 < have.sum() < len(total)
    assert np.isnan(lost[:, ~have]).all()
    assert np.nansum(lost, axis=0)[have] == pytest.approx(100 - total[have])
    assert (lost[~np.isnan(lost)] >= 0).all()


def a_talk(rng, name):
    words = ["alpha", "bravo", "sorry", "thanks", "what", "delta", "echo", "great", "cannot"]
    sides = rng.choice(["u", "a"], size=rng.integers(1, 24))
    rows = [(side, " ".join(rng.choice(words, size=rng.integers(1, 30)))) for side in sides]
    return talk(*rows, name=name)


def test_costliest_leaves_out_what_was_not_scored():
    batch = Batch.of(join(talk(("u", "x")), talk(name="c2")))
    assert quality.costliest(batch).empty
    assert list(quality.costliest(batch)) == [
        "conversation_id", "part", "item", "points_lost", "sentence",
    ]  # fmt: skip


def test_variety_is_the_mean_share_of_distinct_words_in_a_moving_window():
    rng = np.random.default_rng(1)
    words = [f"w{at}" for at in rng.integers(0, 40, 130)]
    frames = talk(("a", " ".join(words[:70])), ("u", "w1 w2"), ("a", " ".join(words[70:])))
    expected = np.mean([len(set(words[at : at + 50])) / 50 for at in range(81)])
    assert richness.variety(Batch.of(frames))[0] == pytest.approx(expected)
    assert richness.variety(Batch.of(talk(("a", "a b " * 25))))[0] == pytest.approx(0.04)
    assert np.isnan(richness.variety(Batch.of(talk(("a", "a " * 49))))[0])


def test_late_failures_look_at_the_last_three_assistant_turns():
    said = ["sorry", "sorry", "fine", "I can't", "good"]
    frames = talk(*[row for text in said for row in (("u", "x"), ("a", text))])
    assert richness.late_failures(Batch.of(frames))[0] == pytest.approx(1 / 3)


def test_labels():
    steps = [(69.9, "medium"), (70, "high"), (40, "medium"), (39.9, "low"), (float("nan"), None)]
    assert [quality.label(score) for score, _ in steps] == [name for _, name in steps]
    balance = [(85, "excellent"), (84.9, "good"), (65, "good"), (45, "fair"), (44.9, "poor")]
    assert [quality.balance_label(score) for score, _ in balance] == [name for _, name in balance]
    assert quality.balance_label(float("nan")) is None


def test_a_better_conversation_scores_higher():
    def of(mood, text):
        frames = talk(
            *[("ua"[at % 2], f"{text} topic{at} detail{at} plan{at}") for at in range(12)]
        )
        return value("quality", frames, sentiment=moods(frames, *[mood, None] * 6))

    ladder = [of(-0.8, ""), of(0.0, "I see"), of(0.8, "great thank you, that helps a lot with")]
    assert all(worse < better for worse, better in pairwise(ladder))
