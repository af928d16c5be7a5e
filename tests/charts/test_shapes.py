"""The shared shapes carry the numbers, and explain themselves when there are none."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from cvi.charts import canvas, shapes
from cvi.selection.filters import Range

WEEKS = pd.DatetimeIndex(["2026-03-02", "2026-03-09"], name="week")
STATS = {"n": [4, 0], "of": [5, 0], "median": [1.5, None], "p25": [1.0, None], "p75": [2.0, None]}


def band(**more):
    table = pd.DataFrame(STATS, index=WEEKS)
    return shapes.weekly_band(
        table, "response_time_p50", what="Response time", colour="#E0752D", **more
    )


def test_a_band_has_median_and_middle_half_and_gaps_stay_gaps():
    chart = band(unit=" s", form=".1f")
    fig = chart.figure
    low, high, middle = fig.data
    assert (low.y, high.y, middle.y) == ((1.0, None), (2.0, None), (1.5, None))
    assert middle.customdata[0][3] == "4 of 5 measurable"
    mark = chart.marks[middle.customdata[0][0]]
    assert (mark.n, mark.filters.until) == (4, date(2026, 3, 8))
    assert mark.filters.ranges == (Range("response_time_p50"),)
    assert "1.5 s" in canvas.alt_of(fig)


def test_one_week_is_not_stretched_over_the_whole_axis():
    start, end = canvas.week_axis(WEEKS[:1])["range"]
    assert (pd.Timestamp(end) - pd.Timestamp(start)).days >= 42


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (pd.DataFrame(STATS, index=WEEKS).iloc[:0], "has a date"),
        (pd.DataFrame(STATS, index=WEEKS).assign(n=0), "could not be measured"),
    ],
)
def test_a_band_of_nothing_says_why(table, why):
    fig = shapes.weekly_band(table, "quality", what="Quality", colour="#1E9E77").figure
    assert canvas.is_blank(fig)
    assert why in canvas.alt_of(fig)
    assert fig.layout.annotations[0].text


def test_dots_name_the_group_and_its_n_from_the_top():
    table = pd.DataFrame(STATS, index=["<b>x</b>", "a very long name of a persona indeed"])
    fig = shapes.dots(table, "quality", what="Quality", colour="#1E9E77").figure
    rows = fig.data[1].y
    assert rows[0].startswith("&lt;b&gt;x")
    assert "…" in rows[1]
    assert rows[1].endswith(">0</span>")
    assert fig.data[1].x == (1.5, None)
    assert fig.layout.yaxis.categoryarray == rows[::-1]


def test_dots_of_nothing_say_why():
    assert canvas.is_blank(
        shapes.dots(pd.DataFrame(STATS).iloc[:0], "quality", what="Q", colour="#1E9E77").figure
    )


def test_a_histogram_carries_its_edges():
    bins = pd.DataFrame({"low": [0, 50], "high": [50, 100], "n": [3, 1]})
    chart = shapes.histogram(
        bins, "quality", ["#1E9E77", "#C8553D"], what="Quality", title="points"
    )
    fig = chart.figure
    assert fig.data[0].y == (3, 1)
    assert [list(each) for each in fig.data[0].customdata] == [[0, 0, 50], [1, 50, 100]]
    assert chart.marks[1].filters.ranges == (Range("quality", 50.0, 100.0, closed=True),)
    assert "4 conversations" in canvas.alt_of(fig)
    assert canvas.is_blank(
        shapes.histogram(
            bins.assign(n=0), "quality", ["#1E9E77"] * 2, what="Quality", title="points"
        ).figure
    )
