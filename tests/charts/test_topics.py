"""The trend of a topic."""

from __future__ import annotations

import pandas as pd

from cvi.charts import canvas, topics

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
