"""Figures of the quality page."""

from __future__ import annotations

import pandas as pd

from cvi.charts import canvas, quality
from cvi.charts.palette import BANDS
from cvi.selection.filters import Range

COSTS = pd.DataFrame(
    {
        "part": ["satisfaction", "depth", "balance"],
        "item": ["user sentiment", "words per assistant turn", "turn balance"],
        "n": 9,
        "metric": ["lost_user_sentiment", "lost_words_per_assistant_turn", "lost_turn_balance"],
        "costly": [8, 4, 0],
        "mean": [12.4, 3.0, 0.01],
        "p90": [15.0, 5.0, 0.0],
        "decisive": [0.5, 0.1, 0.0],
    }
)


def test_bars_have_the_colour_of_their_band():
    bins = pd.DataFrame({"low": [35, 40, 70], "high": [40, 45, 75], "n": [1, 2, 3]})
    found = quality.distribution(bins).figure.data[0].marker.color
    assert found == (BANDS["low"], BANDS["medium"], BANDS["high"])


def test_costs_show_the_costliest_at_the_top_and_leave_out_the_free():
    chart = quality.costs(COSTS)
    fig = chart.figure
    assert {trace.name for trace in fig.data} == {"satisfaction", "depth"}
    assert fig.layout.yaxis.categoryarray[-1] == "user sentiment"
    assert fig.data[0].x == (12.4,)
    mark = chart.marks[fig.data[0].customdata[0][0]]
    assert (mark.n, mark.filters.ranges) == (8, (Range("lost_user_sentiment", 1.0),))
    assert "user sentiment" in canvas.alt_of(fig)


def test_costs_of_nothing_say_why():
    assert canvas.is_blank(quality.costs(COSTS.iloc[:0]).figure)
    assert "full" in quality.costs(COSTS.assign(mean=0.0)).alt


def test_a_dot_is_a_conversation_and_titles_are_no_markup():
    rows = pd.DataFrame(
        {"conversation_id": ["a", "b"], "title": pd.Series(["<i>t</i>", None], dtype="str"),
         "quality": [50.0, 60.0], "user_talk_share": [0.25, 0.5]}
    )  # fmt: skip
    chart = quality.against(rows, "user_talk_share", title="Talk share", unit=" %", scale=100)
    fig = chart.figure
    assert fig.data[0].x == (25, 50)
    assert list(fig.data[0].customdata[0]) == [0, "&lt;i&gt;t&lt;/i&gt;"]
    assert list(fig.data[0].customdata[1]) == [1, "b"]
    assert [mark.conversation_id for mark in chart.marks] == ["a", "b"]
    blank = quality.against(rows.iloc[:0], "user_talk_share", title="Talk share")
    assert "not both measurable" in blank.alt
