"""Which week was worst, and why."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from cvi.analysis import summary_weeks as weeks
from cvi.selection.mask import mask
from tests.analysis.test_changes import history


def test_the_last_full_week_and_those_before_it():
    now, before = weeks.last_full(history(), date(2026, 2, 9))
    assert (now.since, now.until) == (date(2026, 2, 2), date(2026, 2, 8))
    assert (before.since, before.until) == (date(2026, 1, 5), date(2026, 2, 1))
    now, _ = weeks.last_full(history(), date(2026, 2, 8))  # Sunday is not over
    assert now.since == date(2026, 1, 26)
    assert weeks.last_full(history(), date(2026, 1, 7)) is None
    assert weeks.last_full(history().head(0), date(2026, 2, 9)) is None


def test_weeks_are_those_of_the_viewers_zone():
    frame = history()
    local = frame.assign(started_at=frame["started_at"].dt.tz_convert("Pacific/Auckland"))
    now, _ = weeks.last_full(local, date(2026, 2, 9))
    assert now.zone == "Pacific/Auckland"
    found = weeks.ranked(local)
    for _, row in found.iterrows():
        assert mask(row["filters"], local).sum() == row["n"]


def test_the_bad_week_is_worst_with_the_items_that_cost_more():
    frame = history().assign(lost_user_sentiment=4.0, lost_late_apologies=0.0)
    bad = (frame["started_at"] >= "2026-01-19") & (frame["started_at"] < "2026-01-26")
    frame.loc[bad, "quality"] -= 15
    frame.loc[bad, "lost_user_sentiment"] = 16.5
    found = weeks.ranked(frame)
    assert found.index[0] == pd.Timestamp("2026-01-19")
    assert found["q"].iloc[0] < 0.001
    assert found["rest"].iloc[0] == pytest.approx(frame.loc[~bad, "quality"].median())
    said = weeks.worst(found)
    assert said.startswith("The week of 19 Jan 2026 was worst: quality 5")
    assert said.endswith("More points than in other weeks were lost to user sentiment (12.5).")


def test_no_week_stands_out_of_weeks_alike():
    said = weeks.worst(weeks.ranked(history()))
    assert said.startswith("No week stands out. The week of ")
    assert "was lowest, by no more than chance or too little to matter: quality 6" in said


def test_the_lowest_of_weeks_alike_has_its_reason_too():
    frame = history()
    lowest = weeks.ranked(frame).index[0]
    its = frame["started_at"].dt.tz_localize(None).between(lowest, lowest + pd.Timedelta(days=7))
    frame = frame.assign(lost_user_sentiment=np.where(its, 9.0, 4.0))
    said = weeks.worst(weeks.ranked(frame))
    assert said.startswith("No week stands out.")
    assert said.endswith("More points than in other weeks were lost to user sentiment (5.0).")


def test_weeks_with_few_scores_are_not_ranked():
    frame = history()
    late = frame["started_at"] >= "2026-02-02"
    frame.loc[late & (frame.index % 10 > 0), "quality"] = np.nan
    assert pd.Timestamp("2026-02-02") not in weeks.ranked(frame).index
    assert weeks.ranked(frame.head(0)).empty
    assert weeks.worst(weeks.ranked(frame.head(0))) == ""
