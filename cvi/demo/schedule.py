"""When calls happen: a weekly rhythm over a span of days, and the week in which things go wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random

# Monday to Sunday, relative; and hours of the day (UTC) from seven
# on. Founders book late now and then.
_DAYS = (1.0, 1.15, 1.2, 1.1, 0.85, 0.1, 0.08)
_FIRST_HOUR = 7
_HOURS = (0.3, 0.8, 1.4, 1.7, 1.5, 0.7, 1.1, 1.6, 1.5, 1.2, 0.8, 0.35, 0.3, 0.25, 0.15)
# Calls start on a booked slot, plus the minutes people are late.
_SLOTS = (0, 15, 30, 45)
# The bad week is the calendar week around this share of the span: week 9 of 13.
_BAD_SHARE = 8.5 / 13


def starts(rng: Random, *, end: date, days: int, count: int) -> list[datetime]:
    """`count` start times, in order, on the `days` days up to and including `end`."""
    span = [end - timedelta(days=days - 1 - offset) for offset in range(days)]
    weights = [_DAYS[day.weekday()] for day in span]
    chosen = rng.choices(span, weights, k=count)
    return sorted(_at(rng, day) for day in chosen)


def bad_week(*, end: date, days: int) -> tuple[date, date]:
    """Monday and Sunday of the calendar week in which the planted drop happens."""
    middle = end - timedelta(days=days - 1 - int(days * _BAD_SHARE))
    monday = middle - timedelta(days=middle.weekday())
    return monday, monday + timedelta(days=6)


def _at(rng: Random, day: date) -> datetime:
    hour = _FIRST_HOUR + rng.choices(range(len(_HOURS)), _HOURS)[0]
    late = min(rng.expovariate(1 / 130), 11 * 60)
    slot = datetime.combine(day, time(hour, rng.choice(_SLOTS)), UTC)
    return slot + timedelta(seconds=round(late, 3))
