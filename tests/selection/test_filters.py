"""Two filters joined, days in their zone, and the mask over a frame."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd

from cvi.selection.filters import Filters, Range
from cvi.selection.mask import mask

FRAME = pd.DataFrame(
    {
        "conversation_id": ["a", "b", "c", "d"],
        "persona": pd.array(["Ada", "Bo", None, "Ada"], dtype="str"),
        "started_at": pd.to_datetime(
            ["2026-03-01T22:30Z", "2026-03-02T10:00Z", None, "2026-03-03T00:00Z"], utc=True
        ),
        "quality": [30.0, 55.0, None, 70.0],
        "user_sentiment": [0.1, -0.05, None, -0.5],
    }
)


def ids(filters: Filters) -> str:
    return "".join(FRAME.loc[mask(filters, FRAME), "conversation_id"])


def test_days_are_those_of_the_zone():
    day = date(2026, 3, 2)
    assert ids(Filters(since=day, until=day)) == "b"
    assert ids(Filters(since=day, until=day, zone="Europe/Berlin")) == "b"
    assert ids(Filters(since=day, until=day, zone="Asia/Kolkata")) == "ab"
    begin, end = Filters(since=day, until=day, zone="Asia/Kolkata").instants()
    assert begin == datetime(2026, 3, 1, 18, 30, tzinfo=UTC)
    assert end == datetime(2026, 3, 2, 18, 30, tzinfo=UTC)


def test_the_edges_of_the_calendar_are_days_too():
    for zone in ("Pacific/Kiritimati", "America/Los_Angeles"):
        for day in (date.min, date.max):
            Filters(since=day, until=day, zone=zone).instants()


def test_unknown_is_a_value():
    assert ids(Filters(personas=("",))) == "c"
    assert ids(Filters(personas=("", "Bo"))) == "bc"


def test_bands_and_moods_are_half_open():
    assert ids(Filters(bands=("medium", "high"))) == "bd"
    assert ids(Filters(moods=("positive",))) == "a"
    assert ids(Filters(moods=("neutral", "negative"))) == "bd"


def test_a_range_may_be_open_closed_or_about_being_measurable():
    assert ids(Filters(ranges=(Range("quality"),))) == "abd"
    assert ids(Filters(ranges=(Range("quality", missing=True),))) == "c"
    assert ids(Filters(ranges=(Range("quality", 55.0, 70.0),))) == "b"
    assert ids(Filters(ranges=(Range("quality", 55.0, 70.0, closed=True),))) == "bd"
    assert ids(Filters(ranges=(Range("no_such_metric"),))) == ""


def test_both_is_what_both_select():
    one = Filters(since=date(2026, 3, 1), until=date(2026, 3, 2), period="week", bands=("low",))
    other = Filters(since=date(2026, 3, 2), personas=("Ada",), topics=(("lexicon:x",),))
    found = one.both(other)
    assert (found.since, found.until, found.period) == (date(2026, 3, 2), date(2026, 3, 2), "")
    assert (found.bands, found.personas, found.topics) == (("low",), ("Ada",), (("lexicon:x",),))
    assert one.both(Filters()).period == "week"
    assert one.both(one) == one


def test_demands_that_exclude_each_other_select_nothing():
    found = Filters(personas=("Ada",)).both(Filters(personas=("Bo",)))
    assert ids(found) == ""


def test_topics_and_ranges_add_up():
    found = Filters(topics=(("a",),)).both(Filters(topics=(("b",), ("a",))))
    assert found.topics == (("a",), ("b",))
    assert not Filters(zone="Asia/Tokyo").active
    assert found.active
