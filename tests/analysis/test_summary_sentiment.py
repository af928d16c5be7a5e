"""The path of the mood, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cvi.analysis import summary_sentiment as mood


def path_of(*rows):
    columns = ["conversation_id", "part", "score", "n"]
    return pd.DataFrame(rows, columns=columns).astype({"score": "float64"})


def test_short_conversations_are_left_out_when_there_are_longer_ones():
    path = path_of(("a", 0, 0.1, 4), ("a", 9, 0.2, 4), ("b", 0, 0.9, 2))
    assert set(mood.long_enough(path)["conversation_id"]) == {"a"}
    assert set(mood.long_enough(path[path["conversation_id"] == "b"])["conversation_id"]) == {"b"}


def test_a_trajectory_has_every_part_and_counts_conversations():
    found = mood.trajectory(path_of(("a", 0, 0.1, 3), ("b", 0, 0.3, 1), ("a", 9, -0.2, 2)))
    assert len(found) == 10
    assert found["n"].tolist() == [2, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert found["median"][0] == pytest.approx(0.2)
    assert np.isnan(found["median"][5])


def test_it_is_told_when_the_mood_changes():
    found = mood.trajectory(path_of(("a", 0, 0.3, 1), ("a", 4, -0.2, 1), ("a", 9, 0.1, 1)))
    assert mood.told(found) == (
        "Lowest 40-50 % of the way through (-0.20), highest at the start (+0.30)."
    )
    assert "level" in mood.told(mood.trajectory(path_of(("a", 0, 0.1, 1), ("a", 1, 0.12, 1))))
    assert mood.told(mood.trajectory(path_of())) == ""


def test_ends_weigh_parts_by_their_turns():
    found = mood.ends(path_of(("a", 0, 1.0, 3), ("a", 2, 0.0, 1), ("a", 7, 0.5, 1), ("b", 5, 1, 1)))
    assert found.loc["a"].tolist() == [0.75, 0.5]
    assert "b" not in found.index


def test_groups_go_from_start_to_end_most_fallen_first():
    path = path_of(("a", 0, 0.5, 1), ("a", 9, 0.1, 1), ("b", 0, 0.0, 1), ("b", 9, 0.2, 1))
    text = pd.Series([None, None], dtype="str")
    frame = pd.DataFrame({"conversation_id": ["a", "b"], "persona": ["x", "y"], "source": text})
    found = mood.start_to_end(path, frame)
    assert found.index.tolist() == ["x", "y"]
    assert found["change"].tolist() == pytest.approx([-0.4, 0.2])
    assert mood.start_to_end(path_of(), frame).empty


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
