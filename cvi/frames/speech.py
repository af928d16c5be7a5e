"""Speaking intervals from started / stopped events, in all their duplicated forms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cvi.events.event import Event
from cvi.frames.turn import either, flag, seconds

# Two starts, or two stops, this close together are one (seconds).
_SAME = 1.0
# The two forms of one event, legacy and with a role, are sent in one go.
_FORMS = 0.25
# A speaker who never stops (a lost event) is not counted past this length.
_LONGEST = 600.0


@dataclass(frozen=True, slots=True)
class Interval:
    """One side holding its microphone open: `start` and `end` are aware UTC."""

    role: str
    start: datetime
    end: datetime
    interrupted: bool | None = None
    inference_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Mark:
    """A start or a stop. `length` is how long the sender says that the speech was."""

    at: datetime
    starts: bool
    inference_id: str | None
    length: float | None
    interrupted: bool | None


def intervals(kinds: Mapping[str, list[Event]]) -> list[Interval]:
    """All intervals of one conversation, by start. Events without a time or role say nothing."""
    sides: dict[str, list[Event]] = {"user": [], "assistant": []}
    for kind in ("conversation.started_speaking", "conversation.stopped_speaking"):
        for event in kinds.get(kind, ()):
            if event.at is not None and event.properties.get("role") in sides:
                sides[event.properties["role"]].append(event)
    found = [each for role, events in sides.items() for each in _paired(role, _marks(events))]
    cuts = kinds.get("conversation.replica_interrupted", ())
    return sorted(_cut(found, cuts), key=lambda each: (each.start, each.role, each.end))


def rows(
    conversation_id: str, found: list[Interval], start: datetime | None
) -> list[tuple[Any, ...]]:
    """Rows of the `speaking` table; offsets in seconds from `start`."""
    zero = start or (found[0].start if found else None)
    return [
        (
            conversation_id,
            idx,
            each.role,
            each.start,
            _since(zero, each.start),
            _since(zero, each.end),
            each.interrupted,
            each.inference_id,
        )
        for idx, each in enumerate(found)
    ]


def _since(zero: datetime | None, moment: datetime) -> float | None:
    return round((moment - zero).total_seconds(), 6) if zero else None


def _marks(events: Iterable[Event]) -> list[_Mark]:
    """The marks of one side by time, the second form of each left out."""
    marks: list[_Mark] = []
    last: dict[tuple[bool, str], int] = {}
    # At equal times a stop closes the old interval before a start opens the next one.
    timed = [(event.at, _starts(event), event.id, event) for event in events if event.at]
    for at, starts, _, event in sorted(timed, key=lambda each: each[:3]):
        mark = _mark(event, at, starts=starts)
        key = (mark.starts, mark.inference_id or "")
        known = last.get(key) if mark.inference_id else None
        if known is not None and _seconds(marks[known].at, at) <= _FORMS:
            marks[known] = _both(marks[known], mark)
            continue
        last[key] = len(marks)
        marks.append(mark)
    return marks


def _starts(event: Event) -> bool:
    return event.type.endswith("started_speaking")


def _mark(event: Event, at: datetime, *, starts: bool) -> _Mark:
    return _Mark(
        at=at,
        starts=starts,
        inference_id=event.inference_id,
        length=seconds(event.properties.get("duration_s")) or None,
        interrupted=flag(event.properties.get("interrupted")),
    )


def _both(kept: _Mark, again: _Mark) -> _Mark:
    return replace(
        kept,
        length=again.length if kept.length is None else kept.length,
        interrupted=either(kept.interrupted, again.interrupted),
    )


def _paired(role: str, marks: Iterable[_Mark]) -> list[Interval]:
    """Pair starts with stops. A lone stop counts by its duration, a lone start not at all."""
    done: list[Interval] = []
    opened: _Mark | None = None
    for mark in marks:
        if mark.starts:
            opened = _opened(opened, mark)
            continue
        begin = _begin(opened, mark, done[-1].end if done else None)
        if begin is not None:
            done.append(_interval(role, begin, mark, opened))
        elif opened is None and done and _seconds(done[-1].end, mark.at) <= _SAME:
            done[-1] = replace(done[-1], interrupted=either(done[-1].interrupted, mark.interrupted))
        opened = None
    return done


def _seconds(since: datetime, until: datetime) -> float:
    return (until - since).total_seconds()


def _opened(opened: _Mark | None, mark: _Mark) -> _Mark:
    """The start that the next stop belongs to: a repeated one is one, a later one begins anew."""
    if opened is None or _seconds(opened.at, mark.at) > _LONGEST:
        return mark
    same = opened.inference_id is not None and opened.inference_id == mark.inference_id
    return opened if same or _seconds(opened.at, mark.at) <= _SAME else mark


def _begin(opened: _Mark | None, stop: _Mark, free: datetime | None) -> datetime | None:
    """When the speech that `stop` ends began; None when that is not known.

    `free` is the end of this side's speech before. Start and stop of one inference belong
    together; otherwise the sender's duration outweighs a start that may belong to a lost stop.
    """
    length = stop.length
    if opened is not None and (span := _seconds(opened.at, stop.at)) > 0:
        same = opened.inference_id is not None and opened.inference_id == stop.inference_id
        agreed = length is not None and abs(length - span) <= _SAME
        if agreed or (span <= _LONGEST and (same or length is None)):
            return opened.at
    if length is None or length > _LONGEST:
        return None
    begin = stop.at - timedelta(seconds=length)
    if free is None or begin >= free:
        return begin
    return free if _seconds(free, stop.at) > _SAME else None


def _interval(role: str, begin: datetime, stop: _Mark, opened: _Mark | None) -> Interval:
    return Interval(
        role=role,
        start=begin,
        end=stop.at,
        interrupted=stop.interrupted,
        inference_id=stop.inference_id or (opened.inference_id if opened else None),
    )


def _cut(found: list[Interval], cuts: Iterable[Event]) -> list[Interval]:
    """Mark the assistant's speech that `replica_interrupted` speaks of, by inference or by time."""
    ids = {event.inference_id for event in cuts if event.inference_id}
    moments = [event.at for event in cuts if event.at is not None and not event.inference_id]
    return [
        replace(each, interrupted=True)
        if each.role == "assistant"
        and (each.inference_id in ids or any(_during(each, at) for at in moments))
        else each
        for each in found
    ]


def _during(each: Interval, at: datetime) -> bool:
    return each.start <= at <= each.end + timedelta(seconds=_SAME)
