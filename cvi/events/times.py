"""The four time formats Tavus uses, read into aware UTC."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# Epoch values above this are milliseconds (the year 2603 in seconds).
_MILLISECONDS_FROM = 2e10


def parse_time(value: object) -> datetime | None:
    """Read ISO 8601, RFC 1123, `YYYY-MM-DD HH:MM:SS.ffffff` or epoch seconds as aware UTC.

    A time without an offset is UTC. Anything unreadable, negative or out of range is None: the
    caller keeps the raw value beside it.
    """
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _from_number(value)
    if isinstance(value, str):
        return _from_text(value.strip())
    return None


def parse_seconds(value: object) -> float | None:
    """A length or offset in seconds from a number or numeric text; None when it is neither."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) else None


def _from_epoch(seconds: float) -> datetime | None:
    if not math.isfinite(seconds) or seconds <= 0:
        return None
    if seconds > _MILLISECONDS_FROM:
        seconds /= 1000
    try:
        return datetime.fromtimestamp(round(seconds, 6), UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _from_text(text: str) -> datetime | None:
    if not text or len(text) > 64:
        return None
    for read in (_iso, _rfc1123, _from_number):
        moment = read(text)
        if moment is not None:
            return moment
    return None


def _iso(text: str) -> datetime | None:
    try:
        return parse_time(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def _rfc1123(text: str) -> datetime | None:
    try:
        return parse_time(parsedate_to_datetime(text))
    except (ValueError, TypeError, OverflowError):
        return None


def _from_number(text: str | float) -> datetime | None:
    seconds = parse_seconds(text)
    return None if seconds is None else _from_epoch(seconds)
