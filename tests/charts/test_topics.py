"""The trend of a topic."""

from __future__ import annotations

import pandas as pd

from cvi.charts import canvas, topics
from cvi.charts.palette import BAD, QUIET
from cvi.selection.filters import Filters, Range

WEEKS = pd.DatetimeIndex(["2026-03-02", "2026-03-09"], name="week")


def test_shares_are_percent_and_weeks_without_conversations_a_gap():
    table = pd.DataFrame({"n": [1, 0], "of": [4, 0], "share": [0.25, None]}, index=WEEKS)
    chart = topics.trend(table, "pricing", "lexicon:pricing")
    fig = chart.figure
    assert fig.data[0].y == (25, None)
    assert list(fig.data[0].customdata[0]) == [0, 1, 4]
    assert chart.marks[0].filters.topics == (("lexicon:pricing",),)
    assert "pricing" in canvas.alt_of(fig)


def test_without_dates_it_says_why():
    table = pd.DataFrame({"n": [], "of": [], "share": []}, index=WEEKS[:0])
    assert "has a date" in topics.trend(table, "pricing", "lexicon:pricing").alt


RANKED = pd.DataFrame(
    {
        "topic": ["billing", "team", "no topic found"], "n": [9, 6, 3], "share": [0.5, 0.3, 0.2],
        "rest": [False, False, True], "quality": [60.0, 80.0, None], "quality_n": [8, 6, 0],
        "quality_vs_rest": [-12.0, 3.0, None], "quality_q": [0.01, 0.4, None],
    }
)  # fmt: skip
TOKENS = ["lexicon:billing", "lexicon:team", "lexicon:none"]


def test_shares_lead_to_each_topic_and_to_those_without():
    chart = topics.shares(RANKED, TOKENS)
    assert [mark.n for mark in chart.marks] == [9, 6, 3]
    assert chart.marks[2].filters.topics == (("lexicon:none",),)
    assert chart.figure.data[0].marker.color == (topics.TOPIC, topics.TOPIC, QUIET)


def test_a_difference_that_may_be_chance_is_grey():
    chart = topics.against_the_rest(
        RANKED, TOKENS, "quality", column="quality", what="Quality", form="+.1f"
    )
    assert [mark.label for mark in chart.marks] == ["team", "billing"]
    assert chart.figure.data[0].marker.color == (QUIET, BAD)
    assert chart.marks[1].filters.ranges == (Range("quality"),)
    assert "lowest billing (-12.0)" in chart.alt
    few = RANKED.assign(quality_vs_rest=float("nan"))
    blank = topics.against_the_rest(few, TOKENS, "quality", column="quality", what="Q", form="+.1f")
    assert canvas.is_blank(blank.figure)


def test_pairs_too_rare_to_tell_are_left_out():
    pairs = pd.DataFrame(
        {
            "topic": ["a", "b"], "other": ["b", "a"], "n": [6, 6], "lift": [2.5, float("nan")],
            "filters": [Filters(topics=(("lexicon:a",), ("lexicon:b",)))] * 2,
        }
    )  # fmt: skip
    chart = topics.together(pairs)
    assert [mark.n for mark in chart.marks] == [6]
    assert chart.marks[0].values == (("lift", "2.5 × chance"),)
    assert canvas.is_blank(topics.together(pairs.iloc[:0]).figure)
