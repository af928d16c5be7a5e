"""From a conversation as a file tells it to the two events it stands for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from cvi.events.aliases import FIELDS, first, role_of
from cvi.events.event import canonical_json
from cvi.events.times import parse_seconds, parse_time
from cvi.ingest.item import Item

ROLE_KEYS = ("role", "side", "from", "sender", "author", "speaker")
TEXT_KEYS = (*FIELDS["text"], "utterance", "value", "body")
TIME_KEYS = ("timestamp", "time", "started_at", "start_time", "start", "at")
END_KEYS = ("end", "ended_at", "end_time")

# A number below this (March 1973 as an epoch) is no date: it counts seconds from the start.
_EPOCH_FROM = 1e8
_ID_LENGTH = 190
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,2}):(\d{2}(?:[.,]\d+)?)")


def events_of(
    conversation_id: str, *, about: Mapping[str, Any], rows: Sequence[Any], where: str
) -> tuple[Item, Item]:
    """`conversation.described` and `application.transcription_ready`, timed by the data alone."""
    known = {key: value for key, value in about.items() if value is not None}
    times = [at for row in rows if isinstance(row, dict) and (at := _time(row))]
    start = parse_time(known.get("started_at")) or min(times, default=None)
    end = parse_time(known.get("ended_at")) or max(times, default=None)
    described = {"source": "file", "labels": {}, "status": "ended", **known}
    return (
        _item("conversation.described", conversation_id, start, described, where),
        _item("application.transcription_ready", conversation_id, end, {"transcript": rows}, where),
    )


def _time(row: Mapping[str, Any]) -> datetime | None:
    return parse_time(row.get("timestamp"))


def _item(
    kind: str, conversation_id: str, at: datetime | None, properties: dict[str, Any], where: str
) -> Item:
    payload: dict[str, Any] = {"event_type": kind, "conversation_id": conversation_id}
    if at is not None:
        payload["timestamp"] = at.isoformat()
    payload["properties"] = properties
    return Item(payload, where, conversation_id)


def id_from(content: object) -> str:
    """An id for a conversation that came without one; the same content has the same id."""
    return f"file-{hashlib.sha256(canonical_json(content).encode()).hexdigest()[:16]}"


def clean_id(value: object) -> str:
    """An id as parsing will keep it, short enough to take a suffix; empty when there is none."""
    text = "" if value is None else str(value).replace("\x00", "").strip()
    return text.encode("utf-8", "replace").decode()[:_ID_LENGTH]


class Seen:
    """The ids met so far in one file (some 200 bytes each), to tell a repeat from a clash."""

    def __init__(self) -> None:
        self._digests: dict[str, bytes] = {}

    def place(self, conversation_id: str, content: object) -> str | None:
        """The id to use: as given, with `#2`, `#3` … on a clash, None for an exact repeat."""
        text = canonical_json(content).encode()
        digest = hashlib.blake2b(text, digest_size=8).digest()
        name, count = conversation_id, 1
        while name in self._digests:
            if self._digests[name] == digest:
                return None
            count += 1
            name = f"{conversation_id}#{count}"
        self._digests[name] = digest
        return name


def shape_row(row: Mapping[str, Any], roles: Mapping[str, str]) -> dict[str, Any]:
    """A turn with `role`, `content` and times under the names that parsing knows; the rest stays.

    `roles` maps a role or speaker as written (lower case) to user or assistant.
    """
    shaped = dict(row)
    role = role_in(row, roles)
    if role is not None:
        shaped["role"] = role
        if role_of(role) is None:
            # Parsing turns a strange role into `unknown`; as the speaker its name survives.
            shaped.setdefault("speaker", role)
    if first(row, FIELDS["text"]) is None and (text := first(row, TEXT_KEYS)) is not None:
        shaped["content"] = text
    start = first(row, TIME_KEYS)
    if start is not None:
        _set_start(shaped, start)
    if isinstance(offset := shaped.get("seconds_from_start"), str):
        shaped["seconds_from_start"] = offset_of(offset)
    if first(row, ("duration", "duration_s")) is None and (end := first(row, END_KEYS)) is not None:
        _set_duration(shaped, start, end)
    return shaped


def role_in(row: Mapping[str, Any], roles: Mapping[str, str]) -> str | None:
    """The role as written, unless someone said what it means; None when there is none."""
    given = [str(row[key]).strip() for key in ROLE_KEYS if row.get(key) not in (None, "")]
    if roles:
        meant = next((roles[name.lower()] for name in given if name.lower() in roles), None)
        if meant is not None:
            return meant
    return given[0] if given and given[0] else None


def offset_of(value: object) -> float | None:
    """Seconds from the start: a small number, or a clock such as `1:02:03.5`."""
    if isinstance(value, str) and (clock := _CLOCK.fullmatch(value.strip())):
        hours, minutes, seconds = clock.groups()
        return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))
    number = parse_seconds(value)
    return number if number is not None and 0 <= number < _EPOCH_FROM else None


def _set_start(shaped: dict[str, Any], start: object) -> None:
    offset = offset_of(start)
    if offset is None:
        shaped["timestamp"] = start
        return
    shaped.pop("timestamp", None)
    shaped.setdefault("seconds_from_start", offset)


def _set_duration(shaped: dict[str, Any], start: object, end: object) -> None:
    begin, finish = offset_of(start), offset_of(end)
    if begin is None or finish is None:
        since, until = parse_time(start), parse_time(end)
        if since is None or until is None:
            return
        begin, finish = 0.0, (until - since) / timedelta(seconds=1)
    if finish >= begin:
        shaped["duration"] = round(finish - begin, 6)


def label_value(text: str) -> str | int | float:
    """A label from a table's cell: a number where it is plainly one (`02139` stays text)."""
    if re.fullmatch(r"-?(0|[1-9]\d{0,14})", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?(0|[1-9]\d{0,14})\.\d{1,15}", text) else text


def lower_keys(roles: Mapping[str, str]) -> dict[str, str]:
    """Roles by name in lower case, as `shape_row` expects them."""
    return {name.strip().lower(): role for name, role in roles.items()}


def missing_roles(rows: Iterable[Any]) -> list[int]:
    """The turns (from 1) that say nothing about who spoke."""
    return [
        index
        for index, row in enumerate(rows, 1)
        if not isinstance(row, dict) or not row.get("role")
    ]
