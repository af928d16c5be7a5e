"""When calls happen."""

from __future__ import annotations

from datetime import date
from random import Random

import pytest

from cvi.demo.schedule import bad_week, starts


def test_starts_are_sorted_and_inside_the_span() -> None:
    found = starts(Random(1), end=date(2026, 3, 31), days=31, count=50)  # noqa: S311
    assert found == sorted(found)
    assert {each.month for each in found} == {3}


@pytest.mark.parametrize("day", range(1, 8))
def test_the_bad_week_is_a_whole_week_late_in_the_span(day: int) -> None:
    monday, sunday = bad_week(end=date(2026, 6, day), days=90)
    assert (monday.weekday(), sunday.weekday(), (sunday - monday).days) == (0, 6, 6)
    assert 14 <= (date(2026, 6, day) - sunday).days <= 35
