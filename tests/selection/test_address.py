"""A filter survives the link, and what a link says wrongly is named."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvi.selection.address import KEYS, from_query, to_query
from cvi.selection.filters import BANDS, MOODS, Filters, Range
from cvi.selection.periods import PERIODS

TODAY = date(2026, 11, 24)
METRICS = ("quality", "user_talk_share")

_words = st.text(min_size=1, max_size=12)
_values = st.lists(_words, max_size=3, unique=True).map(tuple)
_groups = st.lists(
    st.lists(_words, min_size=1, max_size=3, unique=True).map(tuple), max_size=2, unique=True
).map(tuple)
_numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
_ranges = st.one_of(
    st.builds(Range, st.sampled_from(METRICS), _numbers, _numbers, closed=st.booleans()),
    st.builds(Range, st.sampled_from(METRICS), missing=st.just(value=True)),
)
_filters = st.builds(
    Filters,
    since=st.none() | st.dates(),
    until=st.none() | st.dates(),
    zone=st.just("Europe/Berlin"),
    personas=_values, replicas=_values, sources=_values, outcomes=_values,
    bands=st.lists(st.sampled_from(list(BANDS)), unique=True).map(tuple),
    moods=st.lists(st.sampled_from(list(MOODS)), unique=True).map(tuple),
    topics=_groups, tools=_groups,
    ranges=st.lists(_ranges, max_size=3, unique=True).map(tuple),
    text=st.text(max_size=20),
)  # fmt: skip


def read(query: dict[str, list[str]], zone: str = "Europe/Berlin") -> tuple[Filters, list[str]]:
    return from_query(query, today=TODAY, zone=zone, metrics=METRICS)


@given(_filters)
def test_there_and_back(filters: Filters) -> None:
    """Through real percent-encoding, whatever people call their personas."""
    query = to_query(filters)
    assert set(query) <= set(KEYS)
    address = urlencode(query, doseq=True, errors="surrogatepass")
    again = parse_qs(address, keep_blank_values=True, errors="surrogatepass")
    assert read(again) == (filters, [])


@pytest.mark.parametrize("name", PERIODS)
def test_a_preset_stays_a_preset_and_has_its_days(name: str) -> None:
    found, problems = read({"period": [name]})
    assert problems == []
    assert found.since <= found.until <= TODAY
    assert to_query(found) == {"period": [name], "tz": ["Europe/Berlin"]}


def test_presets_are_what_their_names_say() -> None:
    """2026-11-24 is a Tuesday."""
    days = {name: make(TODAY) for name, (_, make) in PERIODS.items()}
    assert days["7d"] == (date(2026, 11, 18), TODAY)
    assert days["week"] == (date(2026, 11, 23), TODAY)
    assert days["last-week"] == (date(2026, 11, 16), date(2026, 11, 22))
    assert days["last-month"] == (date(2026, 10, 1), date(2026, 10, 31))


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"period": ["fortnight"]}, "fortnight"),
        ({"from": ["yesterday"]}, "2026-03-31"),
        ({"m": ["kwality:1..2"]}, "names no metric"),
        ({"m": ["quality:high"]}, "quality:40..70"),
        ({"m": ["quality:1..inf"]}, "no range"),
        ({"band": ["superb"]}, "high, medium, low"),
        ({"tz": ["Mars/Olympus"]}, "no time zone"),
    ],
)
def test_what_is_not_understood_is_named_and_the_rest_holds(
    query: dict[str, list[str]], says: str
) -> None:
    found, problems = read({**query, "persona": ["Ada"]})
    assert found == Filters(zone="Europe/Berlin", personas=("Ada",))
    assert len(problems) == 1
    assert says in problems[0]


def test_a_link_keeps_its_own_time_zone() -> None:
    """So that it shows the same conversations to everybody."""
    query = to_query(Filters(since=date(2026, 3, 1), zone="Asia/Tokyo"))
    assert read(query, zone="UTC")[0].zone == "Asia/Tokyo"
    assert read({"persona": ["Ada"]}, zone="Asia/Tokyo")[0].zone == "Asia/Tokyo"
