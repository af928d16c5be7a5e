"""The oddest conversations and the reasons given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cvi.analysis import oddities
from cvi.analysis.analyse import METRICS  # noqa: F401 - registers the metrics


def usual(size=60, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "conversation_id": [f"c{at:02}" for at in range(size)],
            "turns": rng.integers(20, 30, size).astype(float),
            "user_word_share": rng.normal(0.4, 0.03, size),
            "silence_share": rng.uniform(0.2, 0.35, size),
            "response_time_p50": rng.uniform(0.7, 1.1, size),
            "user_interruptions": np.where(rng.random(size) < 0.2, 1.0, 0.0),
            "user_sentiment": rng.normal(0.1, 0.1, size),
        }
    )


def test_the_odd_one_is_found_and_its_reasons_are_put_into_words():
    frame = usual()
    frame.loc[7, ["silence_share", "user_word_share"]] = [0.61, 0.02]
    found = oddities.oddest(frame)
    assert found["conversation_id"].tolist() == ["c07"]
    said = found["reason"].iloc[0]
    assert "Silent for 61 % of the time, usually 2" in said
    assert "The user said 2.0 % of the words, usually 3" in said
    assert set(found["metrics"].iloc[0]) == {"silence_share", "user_word_share"}
    assert oddities.oddness(frame).idxmax() == 7


def test_one_word_is_not_one_words():
    frame = usual().assign(longest_assistant_turn_words=np.arange(60, 120).astype(float))
    frame.loc[7, ["silence_share", "user_sentiment", "longest_assistant_turn_words"]] = [0.4, -1, 1]
    said = oddities.oddest(frame)["reason"].iloc[0]
    assert "The assistant said 1 word without a break, usually " in said


def test_nothing_is_odd_among_the_usual():
    assert oddities.oddest(usual(seed=4)).empty
    assert oddities.oddness(usual()).median() < 2


def test_the_order_of_rows_does_not_matter():
    frame = usual()
    frame.loc[[3, 5], "response_time_p50"] = [9.0, 12.0]
    frame.loc[[3, 5], "silence_share"] = 0.9
    frame.loc[[3, 5], "user_sentiment"] = -0.9
    one, other = oddities.oddest(frame), oddities.oddest(frame.iloc[::-1])
    pd.testing.assert_frame_equal(one, other)
    assert one["conversation_id"].tolist() == ["c05", "c03"]


def test_of_many_odd_in_one_way_three_are_shown():
    frame = usual(200)
    frame.loc[:20, "user_word_share"] = np.linspace(0.01, 0.03, 21)
    frame.loc[:20, "silence_share"] = 0.8
    frame.loc[:20, "response_time_p50"] = 3.0
    frame.loc[50, ["user_sentiment", "response_time_p50", "turns"]] = [-1, 2.5, 60]
    found = oddities.oddest(frame)
    assert found["metrics"].map(lambda names: names[0]).value_counts().max() == 3
    assert "c50" in found["conversation_id"].tolist()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 2.0, 3.0], [-1 / 1.4826, 0, 1 / 1.4826]),
        ([0.0, 0.0, 0.0, 0.0, 2.0, 4.0], [0, 0, 0, 0, 2 / 4.4478, 4 / 4.4478]),
        ([5.0, 5.0, np.nan], [0, 0, np.nan]),
        ([np.nan], [np.nan]),
    ],
)
def test_robust_scores(values, expected):
    assert oddities.robust(np.array(values)) == pytest.approx(expected, nan_ok=True)


def test_scores_beyond_three_grow_slowly_and_keep_their_order():
    found = oddities.robust(np.array([0.0, 1.0, 2.0, 1.0, 1e3, 1e9]))
    assert found[4] < found[5] < 80


def test_short_and_unmeasured_conversations_are_never_odd():
    frame = usual()
    frame.loc[1, ["turns", "silence_share"]] = [2, 0.99]
    frame.loc[2, ["silence_share", "user_word_share", "response_time_p50"]] = np.nan
    frame.loc[2, ["user_interruptions", "user_sentiment"]] = [np.nan, -1]
    scores = oddities.oddness(frame)
    assert np.isnan(scores[1])
    assert np.isnan(scores[2])
    assert oddities.oddest(frame.head(5)).empty
    assert oddities.oddest(frame.head(0)).empty
