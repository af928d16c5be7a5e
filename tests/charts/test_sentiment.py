"""Figures of the sentiment page."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cvi.charts import canvas, sentiment
from cvi.charts.palette import BAD, GOOD, SENTIMENT, USER
from cvi.selection.filters import Filters, Range

PATH = pd.DataFrame(
    {
        "metric": ["mood_1", "mood_2", "mood_3"],
        "n": [3, 0, 2],
        "median": [0.1, np.nan, -0.2],
        "p25": 0.0,
        "p75": 0.3,
    }
).rename_axis("part")


def test_the_trajectory_is_the_users_and_keeps_gaps():
    chart = sentiment.trajectory(PATH)
    fig = chart.figure
    assert chart.marks[2].filters.ranges == (Range("sentiment_change"), Range("mood_3"))
    line = fig.data[2]
    assert line.line.color == USER
    assert line.y == (0.1, None, -0.2)
    assert canvas.alt_of(fig).endswith("+0.10 at the start, -0.20 at the end")
    assert canvas.is_blank(sentiment.trajectory(PATH.assign(n=0)).figure)


def test_bars_are_coloured_by_their_side_of_neutral():
    bins = pd.DataFrame({"low": [-0.5, -0.1, 0.4], "high": [-0.4, 0.0, 0.5], "n": 1})
    found = sentiment.distribution(bins).figure.data[0].marker.color
    assert found == (SENTIMENT["negative"], SENTIMENT["neutral"], SENTIMENT["positive"])


def test_groups_that_fell_are_marked():
    table = pd.DataFrame(
        {"start": [0.4, 0.0], "end": [0.1, 0.2], "n": [3, 4], "change": [-0.3, 0.2]},
        index=["x", "y"],
    )
    chart = sentiment.start_to_end(table, {"x": Filters(personas=("X",))})
    fig = chart.figure
    assert chart.marks[0].filters.personas == ("X",)
    assert [mark.n for mark in chart.marks] == [3, 4]
    assert fig.data[-1].marker.color == (BAD, GOOD)
    assert fig.data[-2].x == (0.4, 0.0)
    assert fig.data[-1].x == (0.1, 0.2)
    assert "x (-0.30)" in canvas.alt_of(fig)
    assert canvas.is_blank(sentiment.start_to_end(table.iloc[:0], {}).figure)
