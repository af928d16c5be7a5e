"""Times as the viewer reads them: in the zone that all pages share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from cvi.selection.filters import zone_of
from cvi.ui import filterbar


def zone() -> ZoneInfo:
    """The zone of the filter: the browser's, unless another was chosen."""
    return zone_of(filterbar.current().zone)


def moment(value: object, *, seconds: bool = False) -> str:
    """A time in words; `unknown` when there is none."""
    stamp = pd.to_datetime(value, utc=True) if value is not None else pd.NaT  # type: ignore[call-overload]
    if pd.isna(stamp):
        return "unknown"
    return str(stamp.tz_convert(zone()).strftime("%Y-%m-%d %H:%M" + (":%S" if seconds else "")))


def column(label: str, *, seconds: bool = False, width: int | None = None) -> Any:  # noqa: ANN401
    """A table column of times in the viewer's zone."""
    form = "YYYY-MM-DD HH:mm" + (":ss" if seconds else "")
    return st.column_config.DatetimeColumn(label, format=form, timezone=zone().key, width=width)


def said() -> str:
    """Which zone the times on this page are in."""
    return f"Times are in {zone().key.replace('_', ' ')}."


def edges(hours: int) -> tuple[list[datetime], str]:
    """Borders of the last hours, or of the days where there are many, up to now; and which."""
    now = datetime.now(zone())
    if hours <= 48:
        last = now.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
        made = [last - timedelta(hours=each) for each in range(hours - 1, -2, -1)]
        return [each.astimezone(zone()) for each in made], "hour"
    today = now.date()
    days = [today - timedelta(days=each) for each in range(hours // 24 - 1, -2, -1)]
    return [datetime(day.year, day.month, day.day, tzinfo=zone()) for day in days], "day"
