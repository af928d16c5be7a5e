"""Counts and longest waits behind the pages about many conversations."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cvi.analysis import waits
from cvi.analysis.analyse import METRICS
from cvi.analysis.batch import Batch
from cvi.analysis.metric import tenths
from tests.analysis.build import join, talk, value
from tests.analysis.test_timing import TIMED

# Reply gaps from the last row of the user: 10 - 4 = 6, 30 - 20 = 10, 100 - 40 = 60.
TYPED = talk(
    ("u", "x", 0), ("u", "x", 4), ("a", "y", 10), ("u", "x", 20), ("a", "y", 30), ("u", "x", 40),
    ("a", "y", 100),
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("responses_within_1", 0),  # waits 1, 1.5, 2: under, not at, the limit
        ("responses_within_1_5", 1),
        ("responses_within_2", 2),
        ("responses_within_3", 3),
        ("responses_within_10", 3),
        # 10 turns, so each tenth is one: the answers are the 2nd, (4th), 6th, (8th) and 10th
        ("response_time_max_2", 1),
        ("response_time_max_6", 1.5),
        ("response_time_max_10", 2),
        ("silences", 2),
        ("longest_silence_s", 35),
    ],
)
def test_answers(name, expected):
    assert value(name, TIMED) == pytest.approx(expected)


def test_tenths_without_an_answer_have_no_longest_wait():
    known = [name for name in tenths("response_time_max") if not math.isnan(value(name, TIMED))]
    assert known == [f"response_time_max_{at}" for at in (2, 6, 10)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("reply_gap_n", 3),
        ("reply_gap_max", 60),
        ("replies_within_5", 0),
        ("replies_within_10", 1),
        ("replies_within_60", 2),
        ("replies_within_120", 3),
        # 6 turns: the answers are number 1, 3 and 5 from 0, in tenths 1 + floor(10 k / 6)
        ("reply_gap_max_2", 6),
        ("reply_gap_max_6", 10),
        ("reply_gap_max_9", 60),
    ],
)
def test_replies(name, expected):
    assert value(name, TYPED) == pytest.approx(expected)


def test_nobody_was_late_where_nobody_was_heard():
    assert math.isnan(value("responses_within_1", TYPED))
    assert value("replies_within_1", talk(("u", "x", 0))) == 0
    assert value("longest_silence_s", talk(("u", "x", 0, 1), ("a", "y", 2, 1))) == 0


@pytest.mark.parametrize(
    ("what", "limits", "n", "longest"),
    [
        ("responses", waits.RESPONSE_LIMITS, "response_time_n", "response_time_max"),
        ("replies", waits.REPLY_LIMITS, "reply_gap_n", "reply_gap_max"),
    ],
)
def test_counts_grow_with_the_limit_and_agree_with_the_longest_wait(what, limits, n, longest):
    rng = np.random.default_rng(3)
    batch = Batch.of(join(*[a_call(rng, f"c{at}") for at in range(60)]))
    number, most = METRICS[n].compute(batch), METRICS[longest].compute(batch)
    counts = np.array([METRICS[waits.within(what, each)].compute(batch) for each in limits])
    assert (np.diff(counts, axis=0) >= 0).all()
    assert (counts <= number).all()
    by_tenth = np.array([METRICS[name].compute(batch) for name in tenths(longest)])
    some = ~np.isnan(most)
    assert some.sum() > 40
    assert np.nanmax(by_tenth[:, some], axis=0) == pytest.approx(most[some])
    # The mark of the curve at a limit leads to the conversations that waited that long or longer.
    for limit, count in zip(limits, counts, strict=True):
        assert ((count < number) == (most >= limit)).all()


def a_call(rng, name):
    rows, at = [], 0.0
    for turn in range(int(rng.integers(1, 20))):
        length = float(rng.integers(1, 8)) / 2
        rows.append(("ua"[turn % 2], "some words", at, length))
        at += length + float(rng.choice([0.1, 0.2, 0.5, 1, 3, 12, 60]))
    return talk(*rows, name=name)
