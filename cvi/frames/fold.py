"""Facts → views: a pure, order-free function of the events of any number of conversations.

Law: any permutation and any duplication of the same events folds to the same frames. Everything
that could depend on arrival order is therefore sorted by (seq, time, id) first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from cvi.events.aliases import KNOWN
from cvi.events.event import Event
from cvi.events.times import parse_seconds
from cvi.frames import happenings, span, speech, turns
from cvi.frames.outcome import outcome_of
from cvi.frames.schema import SCHEMA, Frames, frame_of
from cvi.frames.tool_calls import tool_calls
from cvi.frames.turn import text_or_none

VERSION = "2"

Row = tuple[Any, ...]
Kinds = Mapping[str, list[Event]]
_FAR = datetime.max.replace(tzinfo=UTC)

# These are sent when a conversation is over.
_AFTERWARDS = (
    "system.shutdown",
    "application.transcription_ready",
    "application.recording_ready",
    "application.post_call_action_executed",
)
_HEARD = ("conversation.utterance", "conversation.utterance.streaming")


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
    start = span.start_of(story, kinds, spoken, intervals)
    timed = turns.placed(spoken, start)
    perceived = happenings.perceptions(conversation_id, kinds, start)
    heard = frozenset(each.role for each in intervals)
    about = {
        **_facts(story, kinds),
        **_span(kinds, timed, start),
        **_ending(kinds, {turn.role for turn in timed} | (set() if facts.found else heard), facts),
        "conversation_id": conversation_id,
        "clock": turns.clock(timed, heard),
        "perception": "\n\n".join(row[3] for row in perceived if row[2] == "analysis") or None,
        "clock_anomalies": facts.out_of_order,
        "skipped_rows": facts.skipped,
    }
    if about["status"] != "ended":
        about["ended_at"] = None
    return {
        "conversations": [tuple(about[name] for name in SCHEMA["conversations"])],
        "turns": [turns.row(conversation_id, idx, turn) for idx, turn in enumerate(timed)],
        "speaking": speech.rows(conversation_id, intervals, start),
        "tool_calls": tool_calls(conversation_id, kinds, start),
        "perceptions": perceived,
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
    at = event.at or _FAR
    return (event.seq is None, event.seq or 0, event.at is None, at, event.id)


def _facts(story: list[Event], kinds: Kinds) -> dict[str, Any]:
    """What describes a conversation, and what was counted."""
    described = _described(kinds)
    recordings = kinds.get("application.recording_ready", [])
    given = (event.properties.get("replica_id") for event in story)
    return {
        "title": _text(described.get("title")),
        "source": _text(described.get("source")) or "tavus",
        "persona": _text(described.get("persona")),
        "replica": _text(described.get("replica")) or next(filter(None, map(_text, given)), None),
        "max_duration_s": parse_seconds(described.get("max_duration_s")),
        "labels": _json(described.get("labels")),
        "has_recording": bool(recordings),
        "recording_uri": _last_said(recordings, "storage_uri"),
        "events": len(story),
        "unknown_events": sum(event.type not in KNOWN for event in story),
    }


def _span(kinds: Kinds, timed: list[turns.Turn], start: datetime | None) -> dict[str, Any]:
    described = _described(kinds)
    closed = [event.at for event in kinds.get("system.shutdown", ()) if event.at]
    ended = span.end_of(max(closed, default=None), described, start, timed)
    return {
        "started_at": start,
        "ended_at": ended,
        "duration_s": span.duration_of(described, start, ended, timed),
    }


def _ending(kinds: Kinds, roles: set[str], facts: turns.TranscriptFacts) -> dict[str, Any]:
    shutdowns = kinds.get("system.shutdown", [])
    reason = _reason(shutdowns)
    statuses = {_text(event.properties.get("status")) for event in kinds.get(_DESCRIBED, ())}
    over = bool({"ended", "completed"} & statuses) or any(kinds.get(each) for each in _AFTERWARDS)
    listened = bool(roles) or facts.found or any(kinds.get(each) for each in _HEARD)
    return {
        "status": "ended" if over else "active",
        "outcome": outcome_of(
            reason=reason,
            ended=bool(shutdowns),
            silent=listened and "user" not in roles,
            live=not over,
        ),
        "shutdown_reason": reason,
        "has_transcript": facts.found,
    }


_DESCRIBED = "conversation.described"


def _described(kinds: Kinds) -> dict[str, Any]:
    """All descriptions in one; a later one outweighs, an empty value says nothing."""
    merged: dict[str, Any] = {}
    for event in kinds.get(_DESCRIBED, ()):
        for key, value in event.properties.items():
            before = merged.get(key)
            if isinstance(before, dict) and isinstance(value, dict):
                merged[key] = {**before, **value}
            elif value not in (None, "", {}, []):
                merged[key] = value
    return merged


def _reason(shutdowns: list[Event]) -> str | None:
    """Why the room closed; the room's own copy of the event may not say."""
    said = [str(event.properties.get("reason") or "unknown") for event in shutdowns]
    return next((reason for reason in reversed(said) if reason != "unknown"), (*said, None)[0])


def _last_said(events: Iterable[Event], name: str) -> str | None:
    said = (_text(event.properties.get(name)) for event in events)
    return next(filter(None, reversed(list(said))), None)


def _text(value: object) -> str | None:
    return None if value is None else text_or_none(str(value))


def _json(value: object) -> str | None:
    return json.dumps(value, sort_keys=True, default=str) if value else None
