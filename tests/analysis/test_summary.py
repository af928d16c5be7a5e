"""Summaries checked against figures computed by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from cvi.analysis import summary
from cvi.analysis.analyse import METRICS  # registers the metrics  # noqa: F401

NAN = float("nan")


def frame_of(**columns):
    """Conversations c0, c1 … with the given columns; what is not given is missing."""
    size = len(next(iter(columns.values())))
    text = pd.Series([None] * size, dtype="str")
    base = pd.DataFrame({"conversation_id": [f"c{number}" for number in range(size)]})
    for name in ("title", "persona", "source", "outcome"):
        base[name] = pd.Series(columns.get(name, text), dtype="str")
    days = pd.Series(columns.get("started_at", [None] * size))
    times = pd.to_datetime(days, utc=True, format="ISO8601")
    base["started_at"] = times.astype("datetime64[us, UTC]")
    for name, values in columns.items():
        if name not in base:
            base[name] = pd.Series(values, dtype="float64")
    return base


def test_spread_leaves_out_what_was_not_measured():
    found = summary.spread(frame_of(quality=[10, 20, 30, 40, NAN]), "quality")
    assert (found.n, found.of, found.coverage) == (4, 5, 0.8)
    assert (found.mean, found.median, found.p25, found.p75) == (25, 25, 17.5, 32.5)
    assert found.p95 == pytest.approx(38.5)


@pytest.mark.parametrize("frame", [frame_of(quality=[NAN, NAN]), frame_of(turns=[1.0]),
                                   frame_of(quality=[])])  # fmt: skip
def test_spread_of_nothing_measured_is_missing_and_not_zero(frame):
    found = summary.spread(frame, "quality")
    assert found.n == 0
    assert np.isnan([found.mean, found.median, found.p95]).all()


def test_table_counts_measured_and_all_by_group():
    frame = frame_of(quality=[1, 3, NAN, 7], persona=["a", "a", "b", "c"])
    found = summary.table(frame, "quality", frame["persona"])
    assert found["n"].tolist() == [2, 0, 1]
    assert found["of"].tolist() == [2, 1, 1]
    assert found["coverage"].tolist() == [1, 0, 1]
    assert found["median"].tolist()[0] == 2
    assert np.isnan(found["median"]["b"])


DAYS = ["2026-03-02", "2026-03-08 23:59", "2026-03-17", None]


def test_weeks_begin_on_monday_and_empty_ones_are_there():
    frame = frame_of(quality=[10, 30, NAN, 50], started_at=DAYS)
    found = summary.by_week(frame, "quality")
    assert found.index.strftime("%m-%d").tolist() == ["03-02", "03-09", "03-16"]
    assert found["of"].tolist() == [2, 0, 1]
    assert found["n"].tolist() == [2, 0, 0]
    assert found["median"].iloc[0] == 20
    assert found["median"].iloc[1:].isna().all()
    assert summary.undated(frame) == 1


def test_long_spans_are_counted_by_month():
    frame = frame_of(turns=[1, 2, 3], started_at=["2024-01-31", "2024-03-01", "2026-01-05"])
    assert summary.step(frame) == "month"
    found = summary.by_week(frame, "turns")
    assert len(found) == 25
    assert found["of"].iloc[[0, 1, 2, -1]].tolist() == [1, 0, 1, 1]


def test_volume_counts_outcomes_and_names_the_unknown():
    frame = frame_of(started_at=DAYS, outcome=["completed", None, "completed", "failed"])
    found = summary.volume(frame)
    assert found.columns.tolist() == ["completed", "unknown"]  # the failed one has no date
    assert found["completed"].tolist() == [1, 0, 1]
    assert found["unknown"].tolist() == [1, 0, 0]


def test_nothing_dated_gives_empty_tables():
    frame = frame_of(turns=[1, 2])
    assert summary.by_week(frame, "turns").empty
    assert summary.volume(frame).empty
    assert summary.step(frame) == "week"


def test_groups_are_sources_where_no_persona_is_known():
    frame = frame_of(quality=[1, 9, 5], source=["x", "y", None])
    assert summary.grouping(frame) == "source"
    assert summary.by_group(frame, "quality").index.tolist() == ["y", "no source", "x"]


def test_many_groups_are_folded_into_others():
    frame = frame_of(turns=range(14), persona=[f"p{number:02}" for number in range(14)])
    found = summary.by_group(frame, "turns")
    assert len(found) == 10
    assert found.loc["5 others", "of"] == 5


def test_every_bar_of_a_histogram_lists_as_many_as_it_shows():
    values = np.round(np.linspace(-1, 1, 41), 2)
    frame = frame_of(user_sentiment=[*values, NAN])
    edges = [round(-1 + 0.1 * at, 1) for at in range(21)]
    bins = summary.histogram(frame, "user_sentiment", edges)
    assert bins["n"].sum() == 41
    listed = [len(summary.within(frame, "user_sentiment", low, high))
              for low, high in zip(bins["low"], bins["high"], strict=True)]  # fmt: skip
    assert listed == bins["n"].tolist()


def test_a_tile_states_value_n_and_change():
    now, before = frame_of(quality=[70.0] * 6 + [NAN]), frame_of(quality=[60.0] * 5)
    found = summary.tile(now, before, "quality")
    assert (found.value, found.n, found.of, found.change) == ("70", 6, 7, "+10")
    assert found.direction == "higher"
    assert found.clear


def test_too_few_before_means_no_change_is_stated():
    found = summary.tile(frame_of(quality=[70.0] * 9), frame_of(quality=[60.0] * 4), "quality")
    assert found.change is None
    assert found.before == 4


def test_a_change_within_the_noise_is_not_clear():
    spread_out = [0.0, 20, 40, 60, 80, 100]
    shifted = [value + 5 for value in spread_out]
    found = summary.tile(frame_of(quality=shifted), frame_of(quality=spread_out), "quality")
    assert found.change == "+5"
    assert not found.clear


def test_a_tile_without_a_measurement_says_so():
    found = summary.tile(frame_of(turns=[1.0]), None, "quality", note="p95 1 s")
    assert (found.value, found.n, found.note, found.spark) == ("not measurable", 0, "", ())


def test_the_count_of_weeks_without_conversations_is_zero():
    assert summary.count_tile(frame_of(turns=[1] * 4, started_at=DAYS), None).spark == (2, 0, 1)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (date(2026, 3, 8), date(2026, 3, 14), (date(2026, 3, 1), date(2026, 3, 7))),
        (date(2026, 3, 8), None, (date(2026, 3, 5), date(2026, 3, 7))),
        (date(2026, 3, 8), date(2026, 3, 1), (date(2026, 3, 7), date(2026, 3, 7))),
    ],
)
def test_the_period_before_is_as_long(since, until, expected):
    assert summary.previous(since, until, date(2026, 3, 10)) == expected


@pytest.mark.parametrize("since", [date.min, date(2, 1, 1), date(1000, 1, 1)])
def test_the_period_before_ends_where_the_calendar_begins(since: date) -> None:
    """A link may say any day at all."""
    first, last = summary.previous(since, None, date(2026, 3, 10))
    assert date.min == first <= last <= since


def test_standouts_leave_out_the_unmeasured():
    frame = frame_of(quality=[5, NAN, 3, 3])
    worst = summary.standouts(frame, "quality", lowest=True)
    assert worst["conversation_id"].tolist() == ["c2", "c3", "c0"]
    best = summary.standouts(frame, "quality", lowest=False, limit=1)
    assert best["conversation_id"].tolist() == ["c0"]


@pytest.mark.parametrize(("values", "low", "high"), [([1], 1, 0), ([1, 2, 3], 2, 1), ([NAN], 0, 0),
                                                     (list(range(20)), 5, 5)])  # fmt: skip
def test_no_conversation_is_both_among_the_lowest_and_the_highest(values, low, high):
    worst, best = summary.extremes(frame_of(quality=values), "quality")
    assert (len(worst), len(best)) == (low, high)
    assert not set(worst["conversation_id"]) & set(best["conversation_id"])


def test_a_listing_links_and_is_newest_first():
    frame = frame_of(user_talk_share=[0.25, NAN, 0.5, 1], started_at=DAYS, source=["s"] * 4)
    frame.loc[0, "conversation_id"] = "a/b&c"
    found = summary.listing(frame, ["user_talk_share"])
    assert found["conversation"].tolist() == ["c2", "c1", "a/b&c", "c3"]
    assert found["link"].tolist()[2] == "conversation?id=a%2Fb%26c"
    assert found["user_talk_share"].tolist()[0] == 50  # percent
    assert np.isnan(found["user_talk_share"].tolist()[1])


def test_the_argument_is_never_written_to():
    frame = frame_of(quality=[1, NAN], started_at=DAYS[:2])
    kept = frame.copy()
    summary.listing(frame, ["quality"])
    summary.by_week(frame, "quality")
    summary.by_group(frame, "quality")
    pd.testing.assert_frame_equal(frame, kept)
