"""Numbers and times as d3 writes them, and ticks at round places."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cvi.exports import ticks
from cvi.exports.markup import Run, lines, plain
from cvi.exports.scales import Extent, scale

MARCH = datetime(2026, 3, 5, 7, 4, 9, tzinfo=UTC).timestamp() * 1000


@pytest.mark.parametrize(
    ("value", "form", "said"),
    [
        (1234.5, "", "1,234.5"), (-2, "", "−2"), (0.5, ".0%", "50%"), (1234567, ",d", "1,234,567"),
        (0.1, "+.2~f", "+0.1"), (0, "+.2~f", "+0"), (-0.25, "+.2f", "−0.25"), (3, ".1f", "3.0"),
        (-0.001, ".1f", "0.0"), (12000, ".2s", "12k"), (1.5e6, "~s", "1.5M"), (7, "?", "7"),
        (float("nan"), ".1f", ""), (2.5, "$.2f", "$2.50"), (1200, ",.0f", "1,200"),
    ],
)  # fmt: skip
def test_numbers(value, form, said):
    assert ticks.number(value, form) == said


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("%-d %b", "5 Mar"), ("%b %Y", "Mar 2026"), ("%M:%S", "04:09"), ("day %-j %H", "day 64 07"),
        ("%H:%M:%S.%L", "07:04:09.000"), ("%d.%m.%y 100%%", "05.03.26 100%"),
    ],
)  # fmt: skip
def test_times(form, said):
    assert ticks.moment(MARCH, form) == said


def test_steps_are_round_and_about_as_many_as_asked():
    assert ticks.steps(0, 103, 6) == [0, 20, 40, 60, 80, 100]
    assert ticks.steps(-0.07, 0.16, 5) == [-0.05, 0, 0.05, 0.1, 0.15]
    assert ticks.steps(0, 3, 6, whole=True) == [0, 1, 2, 3]
    assert ticks.steps(5, 5, 6) == [5]


def test_time_steps_fit_the_span():
    hour, day = 3_600_000, 86_400_000
    found, form = ticks.time_steps(0, hour, 6)
    assert (found[1] - found[0], form) == (600_000, "%H:%M")
    found, form = ticks.time_steps(MARCH, MARCH + 900 * day, 6)
    assert form == "%b %Y"
    assert [ticks.moment(each, "%-d") for each in found] == ["1"] * len(found)
    assert 4 <= len(found) <= 8


def test_markup_is_resolved_and_entities_only_after_it():
    assert lines("<b>a</b> b<br><span style='color:#123456'>c</span>") == [
        (Run("a", bold=True), Run(" b")),
        (Run("c", colour="#123456"),),
    ]
    assert plain("&lt;b&gt;x <i>y</i>") == "<b>x y"
    assert plain("1 < 2 > 0 <unknown>") == "1 < 2 > 0 <unknown>"
    assert plain("</b>never opened") == "never opened"


def test_axes_find_their_kind_and_their_range():
    days = scale("xaxis", {}, [["2026-01-01", "2026-02-01"]])
    names = scale("yaxis", {"categoryarray": ["z", "a"]}, [["a", "b"]])
    plain_numbers = scale("yaxis", {"rangemode": "tozero"}, [[1, 2.5, None]])
    assert (days.kind, names.kind, plain_numbers.kind) == ("date", "category", "linear")
    assert names.categories == ["z", "a", "b"]
    plain_numbers.fit([Extent(1, 3)])
    assert plain_numbers.low == 0
    assert plain_numbers.high > 3
    reversed_names = scale("yaxis", {"autorange": "reversed"}, [["a"]])
    reversed_names.fit([])
    assert (reversed_names.low, reversed_names.high) == (0.5, -0.5)
