"""Talk, interruptions, silences, monologues and the floor over many conversations."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cvi.analysis import summary_turn_taking as taking
from cvi.analysis.metric import tenths
from cvi.selection.filters import Range
from cvi.selection.mask import mask
from tests.analysis.build import talk
from tests.analysis.frame import assert_marks_lead_to_what_they_count, frame_of, many

FRAME = frame_of(many(50), persona=["one", "two"] * 25)
TABLES = {
    "talk": taking.talk,
    "floor": taking.floor,
    "interruptions": taking.interruptions,
    "by group": lambda frame: taking.interruptions_by_group(frame, "user"),
    "silences": taking.silences,
    "monologues": taking.monologues,
    "lengths": taking.lengths,
}


@pytest.mark.parametrize("name", TABLES)
def test_every_row_leads_to_the_conversations_it_counts(name):
    found = TABLES[name](FRAME)
    assert_marks_lead_to_what_they_count(found, FRAME)
    assert found["n"].sum() > 0
    assert (found["n"] <= found["of"]).all()


@pytest.mark.parametrize("name", TABLES)
def test_nothing_is_measured_of_text_and_of_nothing(name):
    for frame in (frame_of(talk(("u", "x"))), FRAME.head(0)):
        found = TABLES[name](frame)
        for _, row in found.iterrows():
            assert int(mask(row["filters"], frame).sum()) == row["n"]


@pytest.mark.parametrize("name", ["talk", "silences"])
def test_bins_hold_every_measured_conversation_once(name):
    found = TABLES[name](FRAME)
    assert found["n"].sum() == found["of"].iloc[0] > 30
    assert found["share"].sum() == pytest.approx(1)


def frame_with(**columns):
    size = len(next(iter(columns.values())))
    text = pd.Series(["x"] * size, dtype="str")
    base = pd.DataFrame({"conversation_id": [f"c{at}" for at in range(size)]})
    return base.assign(persona=text, source=text, **columns)


def test_bins_are_closed_below_and_the_last_one_above():
    found = taking.binned(frame_with(floor_1=[0.0, 0.4, 0.5, 1.0, np.nan]), "floor_1",
                          (0.0, 0.4, 0.6, 1.0))  # fmt: skip
    assert found["n"].tolist() == [1, 2, 1]
    assert found["of"].eq(4).all()


def test_talk_falls_back_on_words_and_says_which():
    assert taking.talk(FRAME)["metric"].eq("user_talk_share").all()
    words = taking.talk(frame_with(user_word_share=[0.5, 0.1]))
    assert words["metric"].eq("user_word_share").all()
    balanced = words[words["balanced"]]
    assert (balanced["low"].min(), balanced["high"].max()) == (0.4, 0.6)
    assert balanced["n"].sum() == 1


def test_the_floor_by_tenth_counts_who_dominates():
    columns = {name: [0.5, 0.5, 0.5] for name in tenths("floor")}
    columns["floor_3"] = [0.0, 0.7, np.nan]
    found = taking.floor(frame_with(**columns))
    third = found[found["part"] == 2].set_index("side")["n"]
    assert third.to_dict() == {"assistant": 1, "balanced": 0, "user": 1}
    assert found[found["part"] == 0].set_index("side")["n"]["balanced"] == 3
    by_group = taking.floor_by_group(frame_with(**columns))
    assert by_group["part"].tolist() == list(range(10))
    assert by_group["median"].iloc[2] == pytest.approx(0.35)
    assert by_group[["n", "of"]].iloc[2].tolist() == [2, 3]
    assert by_group["filters"].iloc[2].ranges == (Range("floor_3"),)


def test_interruptions_per_minute_are_pooled():
    frame = frame_with(
        user_interruptions=[3.0, 0.0, np.nan, 1.0], assistant_interruptions=[0.0] * 4,
        backchannels=[0.0] * 4, duration_s=[60.0, 180.0, 600.0, np.nan],
    )  # fmt: skip
    found = taking.interruptions(frame).loc["user"]
    assert found["times"] == 4
    assert found["per_min"] == pytest.approx(3 / 4)  # the one without a length is left out
    assert (found["n"], found["of"]) == (2, 3)


def test_monologues_over_a_minute_are_flagged():
    frame = frame_with(
        longest_assistant_monologue_s=[61.0, 10.0, 300.0], longest_user_turn_words=[5.0, 170.0, 9.0]
    )
    found = taking.monologues(frame)
    flagged = found[found["flagged"]].groupby("side")["n"].sum()
    assert flagged.to_dict() == {"assistant": 2, "user": 1}
    assert found[found["side"] == "user"]["unit"].eq("words").all()


def test_it_is_told_who_talks():
    said = taking.told(frame_with(user_word_share=[0.5, 0.3, 0.2, 0.45]))
    assert said == (
        "In the typical conversation users have 38 % of the words. The assistant dominates 50 % of "
        "the conversations, the user 0 %."
    )
    assert taking.told(frame_with(user_word_share=[np.nan])) == ""
