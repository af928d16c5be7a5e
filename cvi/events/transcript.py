"""The final transcript in one form, whatever keys and time formats it came with."""

from __future__ import annotations

from typing import Any

from cvi.events.aliases import FIELDS, UNREAD, role_of, take
from cvi.events.plain import lenient_json
from cvi.events.times import EPOCH_FROM, parse_seconds, parse_time


def canonical_transcript(items: object) -> list[dict[str, Any]] | None:
    """Rows of `role, text, at (ISO UTC), seconds_from_start, duration_s` plus whatever else came.

    A row that is no object, or whose role nobody knows, is kept under role `unknown`: the fold
    counts it and shows it nowhere. A list written as JSON text is read. None when it is no list.
    """
    if isinstance(items, str) and items.lstrip().startswith("["):
        try:
            items = lenient_json(items)
        except ValueError:
            return None
    if not isinstance(items, list):
        return None
    return [_row(item) for item in items]


def text_of(value: object) -> str:
    """Content as text; the OpenAI form gives a list of parts, and some rows have none."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        return "" if value is None else str(value)
    parts = (part.get("text", "") if isinstance(part, dict) else str(part) for part in value)
    return " ".join(str(part) for part in parts if part)


def _row(item: object) -> dict[str, Any]:
    if not isinstance(item, dict):
        return {"role": "unknown", "text": str(item)}
    row, unread = dict(item), dict[str, Any]()
    given = row.pop("role", None)
    role = role_of(given)
    if role is None and given is not None:
        unread["role"] = given
    text = text_of(take(row, FIELDS["text"], unread))
    duration = take(row, ("duration", "duration_s"), unread)
    stamp = take(row, ("timestamp", "at"), unread)
    offset = row.pop("seconds_from_start", None)
    times = _times(stamp, offset, unread) | _length(duration, unread)
    kept = {key: value for key, value in row.items() if value is not None}
    found = {**kept, "role": role or "unknown", "text": text, **times}
    return {**found, UNREAD: unread} if unread else found


def _times(stamp: object, offset: object, unread: dict[str, Any]) -> dict[str, Any]:
    """`at` and `seconds_from_start`; a small number as the time stamp is an offset too."""
    found: dict[str, Any] = {}
    moment, seconds = parse_time(stamp), parse_seconds(offset)
    number = None if isinstance(stamp, str) else parse_seconds(stamp)
    if moment is not None:
        found["at"] = moment.isoformat()
    elif number is not None and 0 <= number < EPOCH_FROM and seconds is None:
        seconds = number
    elif stamp is not None:
        unread["timestamp"] = stamp
    if seconds is not None:
        found["seconds_from_start"] = seconds
    elif offset is not None:
        unread["seconds_from_start"] = offset
    return found


def _length(duration: object, unread: dict[str, Any]) -> dict[str, Any]:
    seconds = parse_seconds(duration)
    if seconds is None and duration is not None:
        unread["duration"] = duration
    return {} if seconds is None else {"duration_s": seconds}
