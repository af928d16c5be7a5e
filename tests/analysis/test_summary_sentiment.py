"""The path of the mood, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cvi.analysis import summary_sentiment as mood
from cvi.analysis.metric import tenths

NAN = float("nan")


def frame_of(*rows, **columns):
    """Conversations a, b, … with the path of their mood as {tenth: score}."""
    names = tenths("mood")
    found = pd.DataFrame([{names[at - 1]: score for at, score in row.items()} for row in rows],
                         columns=names, dtype="float64")  # fmt: skip
    found.insert(0, "conversation_id", list("abcdef"[: len(rows)]))
    return found.assign(**columns)


def test_short_conversations_are_left_out_when_there_are_longer_ones():
    frame = frame_of({1: 0.1}, {1: 0.9}, {}, sentiment_change=[0.2, NAN, NAN],
                     user_sentiment=[0.1, 0.9, NAN])  # fmt: skip
    assert mood.long_enough(frame)["conversation_id"].tolist() == ["a"]
    assert mood.long_enough(frame.tail(2))["conversation_id"].tolist() == ["b"]


def test_a_trajectory_has_every_part_and_counts_conversations():
    found = mood.trajectory(frame_of({1: 0.1, 10: -0.2}, {1: 0.3}))
    assert len(found) == 10
    assert found["n"].tolist() == [2, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert found["median"][0] == pytest.approx(0.2)
    assert np.isnan(found["median"][5])
    assert found["metric"].tolist() == [f"mood_{at}" for at in range(1, 11)]


def test_it_is_told_when_the_mood_changes():
    found = mood.trajectory(frame_of({1: 0.3, 5: -0.2, 10: 0.1}))
    assert mood.told(found) == (
        "Lowest 40-50 % of the way through (-0.20), highest at the start (+0.30)."
    )
    assert "level" in mood.told(mood.trajectory(frame_of({1: 0.1, 2: 0.12})))
    assert mood.told(mood.trajectory(frame_of())) == ""


def test_groups_go_from_start_to_end_most_fallen_first():
    text = pd.Series([None, None, None], dtype="str")
    frame = frame_of({}, {}, {}, persona=["x", "y", "x"], source=text,
                     mood_start=[0.5, 0.0, 0.9], mood_end=[0.1, 0.2, NAN])  # fmt: skip
    found = mood.start_to_end(frame)
    assert found.index.tolist() == ["x", "y"]
    assert found["n"].tolist() == [1, 1]
    assert found["change"].tolist() == pytest.approx([-0.4, 0.2])
    assert mood.start_to_end(frame.head(0)).empty


def test_equal_turns_are_shown_once_with_their_number():
    turns = pd.DataFrame({"text": ["no", "never", "no"], "idx": [1, 2, 3]})
    found = mood.different(turns)
    assert found["text"].tolist() == ["no", "never"]
    assert found["times"].tolist() == [2, 1]


def test_context_is_what_the_assistant_said_just_before():
    turns = pd.DataFrame(
        {"conversation_id": "a", "idx": [0, 1, 2, 3], "text": ["Hm?", "no", "x", "bad"],
         "role": ["assistant", "user", "user", "user"]}
    )  # fmt: skip
    found = mood.with_context(turns[turns["idx"].isin([1, 3])][["conversation_id", "idx"]], turns)
    assert found["before"].tolist()[0] == "Hm?"
    assert pd.isna(found["before"].tolist()[1])


def test_the_lowest_turns_are_the_users_negative_ones():
    turns = pd.DataFrame(
        {
            "conversation_id": ["a", "a", "b", "b", "c"],
            "role": ["user", "assistant", "user", "user", "user"],
            "text": ["bad", "terrible", "worse", "fine", "unscored"],
            "sentiment_score": [-0.4, -0.9, -0.8, 0.2, np.nan],
        }
    )
    assert mood.lowest(turns)["text"].tolist() == ["worse", "bad"]
    assert mood.lowest(turns, limit=1)["text"].tolist() == ["worse"]
    assert mood.lowest(turns.iloc[:0]).empty
