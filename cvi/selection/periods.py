"""Periods by name: from which day to which, seen from today."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

Days = tuple[date, date]  # both included


def _last(days: int) -> Callable[[date], Days]:
    return lambda today: (today - timedelta(days=days - 1), today)


def _week(today: date) -> Days:
    return today - timedelta(days=today.weekday()), today


def _week_before(today: date) -> Days:
    monday = today - timedelta(days=today.weekday() + 7)
    return monday, monday + timedelta(days=6)


def _month(today: date) -> Days:
    return today.replace(day=1), today


def _month_before(today: date) -> Days:
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


PERIODS: Mapping[str, tuple[str, Callable[[date], Days]]] = {  # name in links → label, days
    "today": ("Today", _last(1)),
    "7d": ("Last 7 days", _last(7)),
    "30d": ("Last 30 days", _last(30)),
    "90d": ("Last 90 days", _last(90)),
    "365d": ("Last 365 days", _last(365)),
    "week": ("This week", _week),
    "last-week": ("Last week", _week_before),
    "month": ("This month", _month),
    "last-month": ("Last month", _month_before),
}
