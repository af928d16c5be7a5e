"""The batch: turns, tiers of time, grouped arithmetic."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cvi.analysis.batch import Batch
from cvi.analysis.rows import Lexicon
from tests.analysis.build import join, moods, nothing, talk


def test_rows_in_a_row_are_one_turn_unless_a_long_pause_lies_between():
    frames = talk(
        ("u", "one", 0, 1), ("u", "two three", 2, 1), ("u", "four", 7, 1), ("a", "x", 8, 1)
    )
    floors = Batch.of(frames).floors
    # 1 -> 2 pauses 1 s (same turn); 3 -> 7 pauses 4 s (new turn)
    assert floors.user.tolist() == [True, True, False]
    assert floors.words.tolist() == [3, 1, 1]
    assert floors.of_row.tolist() == [0, 0, 1, 2]
    untimed = talk(("u", "one"), ("u", "two three"), ("u", "four"), ("a", "x"))
    assert Batch.of(untimed).floors.words.tolist() == [4, 1]


def test_rows_of_unknown_roles_and_conversations_are_left_out():
    frames = join(talk(("s", "prompt"), ("u", "hi"), ("a", "hello")), talk(("u", "x"), name="c2"))
    batch = Batch.of(replace(frames, conversations=frames.conversations.iloc[:1]))
    assert batch.rows.text == ["hi", "hello"]
    assert batch.rows.idx.tolist() == [1, 2]


def test_unsorted_turns_are_put_in_order_with_their_sentiment():
    frames = talk(("u", "first"), ("a", "second"), ("u", "third"))
    scores = moods(frames, 0.1, None, 0.3)
    turned = replace(frames, turns=frames.turns.iloc[::-1])
    batch = Batch.of(turned, sentiment=scores.iloc[::-1])
    assert batch.rows.text == ["first", "second", "third"]
    assert batch.rows.score.tolist()[::2] == [0.1, 0.3]


@pytest.mark.parametrize(
    ("clock", "starts"),
    [("speaking", [0.0]), ("ends", [5.0]), ("starts", []), ("none", []), (None, [])],
)
def test_speech_comes_from_the_tier_that_the_clock_names(clock, starts):
    frames = talk(("u", "x", 5, 1), speaking=[("u", 0, 2)], clock=clock)
    assert Batch.of(frames).speech.start.tolist() == starts


def test_speech_drops_empty_backward_and_timeless_intervals():
    frames = talk(("u", "x"), speaking=[("u", 3, 3), ("u", 5, 4), ("a", 1, 2), ("u", None, 9)])
    batch = Batch.of(frames)
    assert batch.speech.start.tolist() == [1.0]
    assert not batch.timed[0]  # the user has a row and no speech time


def test_rows_of_speaking_intervals_are_found_by_time():
    frames = talk(("a", "hello", 0), ("u", "announced late", 6.5), ("a", "bye", 20),
                  speaking=[("a", 0, 3), ("u", 4, 6), ("a", 9, 12), ("a", 20, 21)])  # fmt: skip
    batch = Batch.of(frames)
    # by side, assistant first: 0-3 -> row 0, 9-12 -> none near, 20-21 -> row 2, user 4-6 -> row 1
    assert batch.speech.row.tolist() == [0, -1, 2, 1]


def test_english_flags_follow_the_ids_and_default_to_english():
    frames = join(talk(("u", "x")), talk(("u", "y"), name="c2"), talk(name="c3"))
    batch = Batch.of(frames, english=pd.Series({"c2": False, "c1": True}))
    assert batch.english.tolist() == [True, False, True]


def test_grouped_arithmetic():
    batch = Batch.of(join(talk(), talk(name="c2"), talk(name="c3")))
    code, values = np.array([0, 0, 0, 2]), np.array([1.0, 2.0, 4.0, 5.0])
    assert batch.total(code, values).tolist() == [7, 0, 5]
    np.testing.assert_allclose(batch.mean(code, values), [7 / 3, np.nan, 5])
    np.testing.assert_allclose(batch.largest(code, -values), [-1, np.nan, -5])
    # p90 of 1 2 4: place .9 * 2 = 1.8 -> 2 + .8 * 2 = 3.6
    np.testing.assert_allclose(batch.percentile(code, values, 0.9), [3.6, np.nan, 5])
    # slope of 1 2 4 over 0 1 2: sum(-1*1 + 1*4) / 2 = 1.5
    np.testing.assert_allclose(
        batch.slope(code, np.array([0.0, 1, 2, 0]), values), [1.5, np.nan, np.nan]
    )
    assert batch.place(code).tolist() == [0, 1, 2, 0]


def test_percentile_equals_numpys():
    rng = np.random.default_rng(0)
    batch = Batch.of(join(talk(), talk(name="c2")))
    values, code = rng.normal(size=37), np.repeat([0, 1], [20, 17])
    for share in (0, 0.5, 0.9, 0.95, 1):
        expected = [np.quantile(values[code == at], share) for at in (0, 1)]
        np.testing.assert_allclose(batch.percentile(code, values, share), expected)


def test_lexicon_reads_only_rows_with_a_trigger_and_curly_apostrophes_are_straight():
    batch = Batch.of(talk(("u", "I can\u2019t"), ("a", "we can"), ("u", None)))
    assert batch.matches(Lexicon("a", re.compile("can't"), frozenset({"can't"}), "")).tolist() == [
        True, False, False,
    ]  # fmt: skip
    assert not batch.matches(Lexicon("b", re.compile("can"), frozenset({"absent"}), "")).any()
    assert batch.matches(Lexicon("c", re.compile("can"), frozenset(), "")).sum() == 2


def test_a_batch_of_nothing():
    batch = Batch.of(nothing())
    assert len(batch) == len(batch.floors.code) == len(batch.speech.code) == len(batch.words) == 0
