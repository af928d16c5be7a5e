"""The four time formats, and everything that only looks like one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvi.events.times import parse_seconds, parse_time

MOMENT = datetime(2026, 10, 26, 8, 53, 20, tzinfo=UTC)
EXACT = MOMENT.replace(microsecond=957838)

SAME = {
    "ISO with microseconds and Z": ("2026-10-26T08:53:20.957838Z", EXACT),
    "ISO with nanoseconds": ("2026-10-26T08:53:20.957838412Z", EXACT),
    "ISO in seconds": ("2026-10-26T08:53:20Z", MOMENT),
    "ISO with an offset": ("2026-10-26T10:53:20+02:00", MOMENT),
    "ISO without a zone is UTC": ("2026-10-26T08:53:20", MOMENT),
    "ISO basic": ("20261026T085320Z", MOMENT),
    "surrounded by white space": (" 2026-10-26T08:53:20Z\n", MOMENT),
    "SQL": ("2026-10-26 08:53:20.957838", EXACT),
    "RFC 1123": ("Mon, 26 Oct 2026 08:53:20 GMT", MOMENT),
    "RFC 1123 with an offset": ("Mon, 26 Oct 2026 03:53:20 -0500", MOMENT),
    "epoch": (1793004800, MOMENT),
    "epoch float": (1793004800.957838, EXACT),
    "epoch text": ("1793004800.957838", EXACT),
    "milliseconds": (1793004800958, MOMENT.replace(microsecond=958000)),
    "milliseconds as text": ("1793004800958", MOMENT.replace(microsecond=958000)),
    "milliseconds that read as a date in 1711": (
        "1711121501123",
        datetime(2024, 3, 22, 15, 31, 41, 123000, tzinfo=UTC),
    ),
    "an eight-digit date": ("20261026", MOMENT.replace(hour=0, minute=0, second=0)),
}


@pytest.mark.parametrize("name", SAME)
def test_a_time_is_read_into_aware_utc(name: str) -> None:
    value, wanted = SAME[name]
    found = parse_time(value)
    assert found == wanted
    assert found.tzinfo is UTC


HOSTILE = {
    "nothing": None,
    "true": True,
    "false": False,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "minus infinity": float("-inf"),
    "negative": -1793004800,
    "zero": 0,
    "an offset, not a date": 41.5,
    "huge": 1e300,
    "an integer past every float": 10**400,
    "a century past the end": 7.5e9,
    "empty": "",
    "blank": "   ",
    "words": "yesterday",
    "NaN in words": "nan",
    "infinity in words": "Infinity",
    "underscores": "1_793_004_800",
    "full-width digits": "１７９３００４８００",
    "full-width ISO": "２０２６-10-26T08:53:20Z",
    "Go's empty time": "0001-01-01T00:00:00Z",
    "year 9999": "9999-12-31T23:59:59Z",
    "month 13": "2026-13-01T00:00:00Z",
    "second 60": "2026-10-26T08:53:60Z",
    "endless": "9" * 10_000,
    "a list": [2026, 10, 26],
    "an object": {"seconds": 1793004800},
    "NUL": "\x00",
    "half a surrogate pair": "\ud800",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_time_is_none(name: str) -> None:
    assert parse_time(HOSTILE[name]) is None


def test_a_datetime_is_moved_to_utc_unless_that_leaves_the_calendar() -> None:
    east = timezone(timedelta(hours=2))
    assert parse_time(datetime(2026, 10, 26, 10, 53, 20, tzinfo=east)) == MOMENT
    assert parse_time(MOMENT.replace(tzinfo=None)) == MOMENT
    assert parse_time(datetime.min.replace(tzinfo=east)) is None


LENGTHS = {
    "an integer": (3, 3.0),
    "a float": (2.5, 2.5),
    "text": (" 2.5 ", 2.5),
    "with an exponent": ("1e3", 1000.0),
    "negative": (-1.5, -1.5),
    "true": (True, None),
    "nothing": (None, None),
    "NaN": (float("nan"), None),
    "infinity": ("inf", None),
    "an integer past every float": (10**400, None),
    "full-width digits": ("２", None),
    "underscores": ("1_0", None),
    "with a unit": ("3 s", None),
    "a list": ([3], None),
}


@pytest.mark.parametrize("name", LENGTHS)
def test_a_length_is_a_finite_number_or_none(name: str) -> None:
    value, wanted = LENGTHS[name]
    assert parse_seconds(value) == wanted


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none()))
def test_no_value_whatever_raises(value: object) -> None:
    found = parse_time(value)
    assert found is None or (found.tzinfo is UTC and 1900 <= found.year < 2200)


@given(st.datetimes(datetime(1973, 4, 1), datetime(2199, 12, 30)))  # noqa: DTZ001
def test_the_four_formats_agree(moment: datetime) -> None:
    known = moment.replace(tzinfo=UTC, microsecond=moment.microsecond // 1000 * 1000)
    assert parse_time(known.isoformat()) == known
    assert parse_time(known.strftime("%Y-%m-%d %H:%M:%S.%f")) == known
    assert parse_time(known.timestamp()) == known
    whole = known.replace(microsecond=0)
    assert parse_time(whole.strftime("%a, %d %b %Y %H:%M:%S GMT")) == whole
