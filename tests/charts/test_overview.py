"""Figures of the overview."""

from __future__ import annotations

from datetime import date

import pandas as pd

from cvi.charts import canvas, overview
from cvi.charts.palette import ASSISTANT, OUTCOMES
from cvi.selection.filters import Range

WEEKS = pd.DatetimeIndex(["2026-03-02", "2026-03-09"], name="week")


def test_volume_stacks_outcomes_in_their_colours():
    table = pd.DataFrame({"completed": [3, 1], "nobody_came": [0, 2]}, index=WEEKS)
    chart = overview.volume(table)
    fig = chart.figure
    assert [trace.y for trace in fig.data] == [(3, 1), (0, 2)]
    assert fig.data[0].marker.color == OUTCOMES["completed"]
    assert fig.data[1].name == "nobody came"
    late = chart.marks[fig.data[1].customdata[1][0]]
    assert (late.n, late.filters.outcomes) == (2, ("nobody_came",))
    assert (late.filters.since, late.filters.until) == (date(2026, 3, 9), date(2026, 3, 15))
    assert fig.layout.barmode == "stack"
    assert "6 conversations" in canvas.alt_of(fig)


def test_more_than_six_outcomes_are_folded():
    table = pd.DataFrame({f"o{number}": [1, 1] for number in range(9)}, index=WEEKS)
    chart = overview.volume(table)
    assert len(chart.figure.data) == 7
    assert chart.figure.data[-1].y == (3, 3)
    assert chart.marks[-1].filters.outcomes == ("o6", "o7", "o8")


def test_volume_without_dates_says_why():
    fig = overview.volume(pd.DataFrame(index=WEEKS[:0])).figure
    assert canvas.is_blank(fig)
    assert "has a date" in canvas.alt_of(fig)


def test_response_time_has_the_assistants_colour_and_p95():
    table = pd.DataFrame(
        {"n": [2, 2], "of": [2, 2], "median": [1, 2], "p25": [1, 1], "p75": [2, 2]}, index=WEEKS
    )
    median = ("response_time_p50", table)
    chart = overview.response_time(median, ("response_time_p95", table.assign(median=[3.0, 4.0])))
    fig = chart.figure
    assert fig.data[2].line.color == ASSISTANT
    assert fig.data[3].y == (3, 4)
    slow = chart.marks[fig.data[3].customdata[1][0]]
    assert slow.filters.ranges == (Range("response_time_p95"),)
    without = overview.response_time(median, ("response_time_p95", table.assign(n=0)))
    assert len(without.figure.data) == 3
