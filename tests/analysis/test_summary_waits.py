"""Waits of many conversations, against the answers themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cvi.analysis import summary_topics, timing
from cvi.analysis import summary_waits as waits
from cvi.analysis.batch import Batch
from tests.analysis.build import join, talk
from tests.analysis.frame import a_call, assert_marks_lead_to_what_they_count, frame_of, many

CALLS = many(40)
FRAME = frame_of(CALLS, persona=["quick", "slow"] * 20, tool_calls=[0.0, 1.0, np.nan, 2.0] * 10)


def answers_of(calls):
    batch = Batch.of(calls)
    taken, wait = timing.answers(batch)
    kept = timing.plausible(wait)
    return batch.holds.code[taken][kept], wait[kept]


CODE, EVERY = answers_of(CALLS)


def test_the_curve_is_that_of_all_answers_together():
    found = waits.ecdf(FRAME, waits.ANSWERS)
    expected = [np.mean(limit > EVERY) for limit in waits.ANSWERS.limits]
    assert found["share"].tolist() == pytest.approx(expected)
    assert found["share"].is_monotonic_increasing
    assert found["of_answers"].eq(len(EVERY)).all()
    assert_marks_lead_to_what_they_count(found, FRAME)


def test_curves_by_group_add_up():
    found = waits.ecdf_by_group(FRAME, waits.ANSWERS)
    whole = waits.ecdf(FRAME, waits.ANSWERS)
    assert set(found["group"]) == {"quick", "slow"}
    summed = found.groupby("limit")[["answers", "of_answers", "n"]].sum()
    for name in summed:
        assert summed[name].tolist() == whole[name].tolist()
    assert_marks_lead_to_what_they_count(found, FRAME)


@pytest.mark.parametrize(("name", "share"), [("p50", 0.5), ("p90", 0.9), ("p95", 0.95)])
def test_pooled_percentiles_are_right_to_the_limits_that_enclose_them(name, share):
    found = waits.overall(FRAME, waits.ANSWERS)
    edges = np.array([0, *waits.ANSWERS.limits, np.inf])
    exact = np.quantile(EVERY, share, method="inverted_cdf")
    place = np.searchsorted(edges, exact, side="right")
    assert edges[place - 1] <= found[name] <= min(edges[place], EVERY.max())
    assert found["answers"] == len(EVERY)
    assert found["longest"] == pytest.approx(EVERY.max())


def test_percentiles_are_linear_between_limits():
    # 4 under 1 s, 4 more under 2 s, 2 above, up to 6 s
    counts, number = np.array([[4.0, 8.0], [0.0, 0.0]]), np.array([10.0, 0.0])
    found = waits.percentiles(counts, number, np.array([6.0, np.nan]), (1, 2), (0.2, 0.5, 0.9, 1))
    # a quarter of the way from 1 to 2; the last ones lie between 2 and 6: 2 * 3 ** (1 / 2)
    assert found[0].tolist() == pytest.approx([0.5, 2**0.25, 12**0.5, 6])
    assert np.isnan(found[1]).all()


def test_no_percentile_is_beyond_the_longest_answer():
    found = waits.percentiles(np.array([[5.0]]), np.array([5.0]), np.array([0.2]), (1,), (0.5, 1))
    assert found[0].tolist() == pytest.approx([0.1, 0.2])


def test_weeks_and_groups_count_each_answer_once():
    week = waits.by_week(FRAME, waits.ANSWERS)
    assert week["answers"].sum() == len(EVERY)
    group = waits.by_group(FRAME, waits.ANSWERS)
    assert group["answers"].sum() == len(EVERY)
    assert group["of"].sum() == len(FRAME)
    assert_marks_lead_to_what_they_count(group, FRAME)


def test_the_slow_persona_comes_first_and_is_told():
    rng = np.random.default_rng(1)
    pace = [(3.2, 4.0), (0.4, 0.7), (0.4, 0.7)] * 10
    calls = join(*[a_call(rng, f"c{at:02}", waits=mine) for at, mine in enumerate(pace)])
    frame = frame_of(calls, persona=["slow", "a", "b"] * 10)
    found = waits.by_group(frame, waits.ANSWERS)
    assert found.index[0] == "slow"
    said = waits.told(found, waits.overall(frame, waits.ANSWERS))
    assert said.startswith("Longest with slow: half of 60 answers take more than 3.")
    even = waits.by_group(frame[frame["persona"] != "slow"], waits.ANSWERS)
    assert waits.told(even, waits.overall(frame[frame["persona"] != "slow"], waits.ANSWERS)) == ""


def test_a_long_tail_is_told_and_few_conversations_come_last():
    table = pd.DataFrame(
        {"n": [9, 9, 1], "answers": [90, 90, 10], "p50": [2.0, 2.0, 50.0],
         "p95": [90.0, 5.0, 60.0]},
        index=["dragging", "brisk", "single"],
    )  # fmt: skip
    said = waits.told(table, pd.Series({"p50": 2.0, "p95": 40.0}))
    assert said.startswith("Longest with dragging: ")
    assert "one in twenty more than 1 min 30 s" in said
    rng = np.random.default_rng(1)
    calls = join(*[a_call(rng, f"c{at:02}", waits=(0.4, 0.7)) for at in range(12)])
    calls = join(calls, a_call(rng, "slow", waits=(8, 9)))
    frame = frame_of(calls, persona=[*["usual"] * 12, "rare"])
    assert waits.by_group(frame, waits.ANSWERS).index.tolist() == ["usual", "rare"]


def test_topics_are_those_of_the_conversations_and_lead_to_them():
    topics = pd.DataFrame(
        {"conversation_id": ["c000", "c001", "c001"], "kind": "lexicon", "rank": 1,
         "topic": ["price", "price", "health"], "weight": 0.1}
    )  # fmt: skip
    found = waits.by_topic(FRAME, waits.ANSWERS, summary_topics.of(topics, FRAME, "lexicon"),
                           "lexicon")  # fmt: skip
    assert found.at["price", "answers"] == np.isin(CODE, [0, 1]).sum()
    assert found.at["health", "answers"] == (CODE == 1).sum()
    assert found.at["price", "filters"].topics == (("lexicon:price",),)
    assert found.at[summary_topics.NONE, "filters"].topics == (("lexicon:none",),)


def test_tools_and_conversations_without_one():
    calls = pd.DataFrame({"conversation_id": ["c001", "c001", "c003"], "name": ["a", "a", "b"]})
    found = waits.by_tool(FRAME, waits.ANSWERS, calls)
    assert found.at["a", "of"] == 1
    assert found.at["a", "answers"] == (CODE == 1).sum()
    assert found.at["no tool call", "of"] == 10
    assert_marks_lead_to_what_they_count(found.loc[["no tool call"]], FRAME)
    nobody = waits.by_tool(FRAME.assign(tool_calls=np.nan), waits.ANSWERS, calls.head(0))
    assert nobody.empty


def test_positions_are_over_conversations_and_lead_to_them():
    found = waits.by_tenth(FRAME, waits.ANSWERS)
    assert found.index.tolist()[0] == "0-10 %"
    assert found["longest"].max() == pytest.approx(EVERY.max())
    assert_marks_lead_to_what_they_count(found, FRAME)


def test_without_speech_times_the_gaps_between_messages_stand_in():
    typed = join(*[
        talk(("u", "x", 0), ("a", "y", gap), ("u", "x", gap + 9), ("a", "y", gap + 40), name=name)
        for name, gap in (("c1", 4), ("c2", 25))
    ])  # fmt: skip
    frame = frame_of(typed)
    assert waits.measured(FRAME) is waits.ANSWERS
    assert waits.measured(frame) is waits.REPLIES
    found = waits.overall(frame, waits.REPLIES)
    assert found["answers"] == 4
    assert found["longest"] == 31
    assert 20 <= found["p50"] <= 30  # 4, 25, 31, 31
    assert_marks_lead_to_what_they_count(waits.ecdf(frame, waits.REPLIES), frame)


def test_nothing_measured_is_nothing_said():
    frame = frame_of(join(talk(("u", "x")), talk(("u", "y"), name="c2")))
    found = waits.ecdf(frame, waits.ANSWERS)
    assert found["share"].isna().all()
    assert found["n"].eq(0).all()
    assert np.isnan(waits.overall(frame, waits.ANSWERS)["p95"])
    assert (
        waits.told(waits.by_group(frame, waits.ANSWERS), waits.overall(frame, waits.ANSWERS)) == ""
    )
    none = frame.head(0)
    assert waits.by_week(none, waits.ANSWERS).empty
    assert waits.ecdf_by_group(none, waits.ANSWERS)["n"].sum() == 0
