"""Facts → views: a pure, order-free function of the events of any number of conversations.

Law: any permutation and any duplication of the same events folds to the same frames. Everything
that could depend on arrival order is therefore sorted by (seq, time, id) first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from cvi.events.aliases import KNOWN
from cvi.events.event import Event
from cvi.events.times import parse_seconds, parse_time
from cvi.frames import happenings, speech, turns
from cvi.frames.outcome import outcome_of
from cvi.frames.schema import SCHEMA, Frames, frame_of

VERSION = "1"

Row = tuple[Any, ...]
_FAR = datetime.max


def fold(events: Iterable[Event]) -> Frames:
    """Fold events into `Frames`. Events without a conversation are left out (they stay facts)."""
    rows: dict[str, list[Row]] = {table: [] for table in SCHEMA}
    for conversation_id, story in sorted(_by_conversation(events).items()):
        for table, found in fold_one(conversation_id, story).items():
            rows[table].extend(found)
    return Frames(**{table: frame_of(table, found) for table, found in rows.items()})


def fold_one(conversation_id: str, story: list[Event]) -> Mapping[str, list[Row]]:
    """Rows per table of one conversation, in schema column order; `story` is already ordered."""
    kinds: dict[str, list[Event]] = {}
    for event in story:
        kinds.setdefault(event.type, []).append(event)
    intervals = speech.intervals(kinds)
    spoken, facts = turns.spoken(kinds, intervals)
    start = _anchor(story, kinds, spoken, intervals)
    timed = turns.placed(spoken, start)
    return {
        "conversations": [_conversation(conversation_id, story, kinds, timed, start, facts)],
        "turns": [turns.row(conversation_id, idx, turn) for idx, turn in enumerate(timed)],
        "speaking": speech.rows(conversation_id, intervals, start),
        "tool_calls": happenings.tool_calls(conversation_id, kinds, start),
        "perceptions": happenings.perceptions(conversation_id, kinds, start),
        "signals": happenings.signals(conversation_id, kinds, start),
    }


def _by_conversation(events: Iterable[Event]) -> dict[str, list[Event]]:
    stories: dict[str, dict[str, Event]] = {}
    for event in events:
        if event.conversation_id is not None:
            stories.setdefault(event.conversation_id, {})[event.id] = event
    return {key: sorted(story.values(), key=order) for key, story in stories.items()}


def order(event: Event) -> tuple[bool, int, bool, datetime, str]:
    """Sort key (seq, time, id); events without a seq, or without a time, come after the others."""
    at = event.at.replace(tzinfo=None) if event.at else _FAR
    return (event.seq is None, event.seq or 0, event.at is None, at, event.id)


def _anchor(
    story: list[Event],
    kinds: Mapping[str, list[Event]],
    spoken: list[turns.Turn],
    intervals: list[speech.Interval],
) -> datetime | None:
    """The moment that offset 0 stands for.

    A transcript row that has both a time and `seconds_from_start` says it outright; otherwise the
    replica joining, otherwise whatever was heard first.
    """
    for turn in spoken:
        if turn.at is not None and turn.from_start is not None:
            return turn.at - timedelta(seconds=turn.from_start)
    described = [
        at for event in kinds.get("conversation.described", ()) if (at := _time_in(event, "start"))
    ]
    joined = [event.at for event in kinds.get("system.replica_joined", ()) if event.at]
    heard = [turn.at for turn in spoken if turn.at] + [each.start for each in intervals]
    first_heard = min(heard, default=None)
    for known in (min(joined, default=None), min(described, default=None)):
        # A clock that starts after the first word is wrong (another zone, a late callback).
        if known is not None and (first_heard is None or known <= first_heard):
            return known
    if first_heard is not None:
        return first_heard
    stamps = [event.at for event in story if event.at is not None]
    return min(joined + described, default=min(stamps, default=None))


def _time_in(event: Event, which: str) -> datetime | None:
    return parse_time(event.properties.get(f"{which}ed_at"))


def _conversation(
    conversation_id: str,
    story: list[Event],
    kinds: Mapping[str, list[Event]],
    timed: list[turns.Turn],
    start: datetime | None,
    facts: turns.TranscriptFacts,
) -> Row:
    described = _merged(kinds.get("conversation.described", ()))
    shutdown = _last(kinds.get("system.shutdown", ()))
    joined = _merged(kinds.get("system.replica_joined", ()))
    recording = _last(kinds.get("application.recording_ready", ()))
    reason = shutdown.properties.get("reason") if shutdown else None
    ended = _ended(shutdown, described, start, timed)
    duration = _duration(described, start, ended, timed)
    analyses = [event.properties.get("analysis") for event in kinds.get(_PERCEPTION, ())]
    return (
        conversation_id,
        _text(described.get("title")),
        _text(described.get("source")) or "tavus",
        _text(described.get("persona")),
        _text(described.get("replica")) or _text(joined.get("replica_id")),
        _status(described, shutdown, facts),
        outcome_of(
            reason=reason,
            roles={turn.role for turn in timed},
            ended=shutdown is not None,
            live=not described and not facts.found,
        ),
        reason,
        start,
        ended,
        duration,
        _number(described.get("max_duration_s")),
        turns.clock(timed, bool(kinds.get("conversation.started_speaking"))),
        facts.found,
        recording is not None,
        _text(recording.properties.get("storage_uri")) if recording else None,
        "\n\n".join(dict.fromkeys(str(text) for text in analyses if text)) or None,
        _json(described.get("labels")),
        len(story),
        sum(event.type not in KNOWN for event in story),
        facts.out_of_order,
        facts.skipped,
    )


_PERCEPTION = "application.perception_analysis"


def _merged(events: Iterable[Event]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for event in events:
        merged.update(event.properties)
    return merged


def _last(events: Iterable[Event]) -> Event | None:
    return max(events, key=order, default=None)


def _status(
    described: Mapping[str, Any], shutdown: Event | None, facts: turns.TranscriptFacts
) -> str:
    if shutdown is not None or facts.found:
        return "ended"
    return _text(described.get("status")) or "active"


def _ended(
    shutdown: Event | None,
    described: Mapping[str, Any],
    start: datetime | None,
    timed: list[turns.Turn],
) -> datetime | None:
    if shutdown is not None and shutdown.at is not None:
        return shutdown.at
    given = parse_time(described.get("ended_at"))
    last = turns.last_moment(timed)
    if given is not None and (last is None or given >= last):
        return given
    length = _number(described.get("duration_s"))
    by_length = start + timedelta(seconds=length) if start and length else None
    known = [moment for moment in (by_length, last) if moment is not None]
    return max(known, default=None)


def _duration(
    described: Mapping[str, Any],
    start: datetime | None,
    ended: datetime | None,
    timed: list[turns.Turn],
) -> float | None:
    if start is not None and ended is not None and ended > start:
        return (ended - start).total_seconds()
    given = _number(described.get("duration_s"))
    return given if given is not None else turns.last_offset(timed)


def _text(value: object) -> str | None:
    return str(value) if value not in (None, "") else None


def _number(value: object) -> float | None:
    return parse_seconds(value)


def _json(value: object) -> str | None:
    return json.dumps(value, sort_keys=True, default=str) if value else None
