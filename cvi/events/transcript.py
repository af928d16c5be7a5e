"""The final transcript in one form, whatever keys and time formats it came with."""

from __future__ import annotations

from typing import Any

from cvi.events.aliases import FIELDS, first, role_of
from cvi.events.times import parse_seconds, parse_time

_READ = frozenset({"role", "timestamp", "duration", "duration_s", *FIELDS["text"]})


def canonical_transcript(items: object) -> list[dict[str, Any]] | None:
    """Rows of `role, text, at (ISO UTC), seconds_from_start, duration_s` plus whatever else came.

    A row that is no object, or whose role nobody knows, is kept under role `unknown`: the fold
    counts it and shows it nowhere. None when `items` is not a list.
    """
    if not isinstance(items, list):
        return None
    return [_row(item) for item in items]


def _row(item: object) -> dict[str, Any]:
    if not isinstance(item, dict):
        return {"role": "unknown", "text": str(item)}
    moment = parse_time(item.get("timestamp"))
    text = first(item, FIELDS["text"])
    row: dict[str, Any] = {key: value for key, value in item.items() if key not in _READ}
    row["role"] = role_of(item.get("role")) or "unknown"
    row["text"] = text if isinstance(text, str) else _joined_parts(text)
    if moment is not None:
        row["at"] = moment.isoformat()
    elif item.get("timestamp") is not None:
        row["timestamp"] = item["timestamp"]
    duration = parse_seconds(first(item, ("duration", "duration_s")))
    if duration is not None:
        row["duration_s"] = duration
    return row


def _joined_parts(value: object) -> str:
    """Content given as a list of parts (the OpenAI form) or missing."""
    if not isinstance(value, list):
        return "" if value is None else str(value)
    parts = (part.get("text", "") if isinstance(part, dict) else str(part) for part in value)
    return " ".join(str(part) for part in parts if part)
