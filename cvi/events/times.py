"""The four time formats Tavus uses, read into aware UTC."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# Epoch values above this are milliseconds (the year 2603 in seconds).
_MILLISECONDS_FROM = 2e10
# A number below this (March 1973 as an epoch) is no date; it counts seconds from some start.
EPOCH_FROM = 1e8
# Years outside are placeholders ("0001-01-01" is Go's empty time) or broken clocks.
_YEARS = range(1900, 2200)

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
# More digits than a date in ISO's basic format has, or a fraction: `17111215` stays a date.
_EPOCH = re.compile(r"\d{9,}|\d+\.\d*", re.ASCII)


def parse_time(value: object) -> datetime | None:
    """Read ISO 8601, RFC 1123, `YYYY-MM-DD HH:MM:SS.ffffff` or epoch seconds as aware UTC.

    A time without an offset is UTC; large numbers are milliseconds. Anything unreadable, negative
    or out of range is None: the caller keeps the raw value beside it.
    """
    if isinstance(value, datetime):
        return _in_utc(value)
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
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()[:64]):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) else None


def _in_utc(moment: datetime) -> datetime | None:
    try:
        known = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        return None
    return known if known.year in _YEARS else None


def _from_epoch(seconds: float) -> datetime | None:
    if seconds > _MILLISECONDS_FROM:
        seconds /= 1000
    if seconds < EPOCH_FROM:
        return None
    try:
        return _in_utc(datetime.fromtimestamp(round(seconds, 6), UTC))
    except (OverflowError, OSError, ValueError):
        return None


def _from_text(text: str) -> datetime | None:
    if not text or len(text) > 64 or not text.isascii():
        return None
    if _EPOCH.fullmatch(text):  # before ISO, which reads `1711121501123` as a time in 1711
        return _from_number(text)
    for read in (_iso, _rfc1123, _from_number):
        moment = read(text)
        if moment is not None:
            return moment
    return None


def _iso(text: str) -> datetime | None:
    try:
        return _in_utc(datetime.fromisoformat(text))
    except ValueError:
        return None


def _rfc1123(text: str) -> datetime | None:
    try:
        return _in_utc(parsedate_to_datetime(text))
    except (ValueError, TypeError, OverflowError):
        return None


def _from_number(text: str | float) -> datetime | None:
    seconds = parse_seconds(text)
    return None if seconds is None else _from_epoch(seconds)
