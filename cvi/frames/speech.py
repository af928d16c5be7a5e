"""Speaking intervals from started / stopped events, in all their duplicated forms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cvi.events.event import Event

# Legacy and role-based forms of one happening arrive within this many seconds of each other.
_SAME = 1.0
# A speaker who never stops (a lost callback) is not counted past this length.
_LONGEST = 600.0


@dataclass(frozen=True, slots=True)
class Interval:
    """One side holding its microphone open: `start` and `end` are aware UTC."""

    role: str
    start: datetime
    end: datetime
    interrupted: bool | None = None
    inference_id: str | None = None


def intervals(kinds: Mapping[str, list[Event]]) -> list[Interval]:
    """All intervals of one conversation, by start. Events without a time or role say nothing."""
    marks = [
        event
        for kind in ("conversation.started_speaking", "conversation.stopped_speaking")
        for event in kinds.get(kind, ())
        if event.at is not None and event.properties.get("role")
    ]
    found: list[Interval] = []
    for role in ("user", "assistant"):
        side = [event for event in marks if event.properties["role"] == role]
        found.extend(_paired(role, sorted(side, key=_by_time)))
    cut = _cut_inferences(kinds.get("conversation.replica_interrupted", ()))
    marked = [_mark(each, cut) for each in found]
    return sorted(marked, key=lambda each: (each.start, each.role, each.end))


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


def _by_time(event: Event) -> tuple[datetime, bool, str]:
    # At equal times a stop closes the old interval before a start opens the next one.
    assert event.at is not None
    return (event.at, event.type.endswith("started_speaking"), event.id)


def _paired(role: str, marks: list[Event]) -> list[Interval]:
    """Pair starts with stops. A repeated start is one start; a lone stop counts by its duration."""
    done: list[Interval] = []
    opened: Event | None = None
    for mark in marks:
        if mark.type.endswith("started_speaking"):
            opened = _opened(opened, mark, done)
            continue
        closed = _close(role, opened, mark)
        if closed is not None and not _repeats(closed, done, opened):
            done.append(closed)
        elif done and closed is not None:
            done[-1] = _merge_flags(done[-1], closed)
        opened = None
    return done


def _opened(opened: Event | None, mark: Event, done: list[Interval]) -> Event | None:
    if opened is not None:
        assert opened.at is not None and mark.at is not None
        if (mark.at - opened.at).total_seconds() <= _LONGEST:
            return opened
    assert mark.at is not None
    echo = bool(done) and (mark.at - done[-1].end).total_seconds() < 0
    return opened if echo else mark


def _close(role: str, opened: Event | None, mark: Event) -> Interval | None:
    assert mark.at is not None
    length = mark.properties.get("duration_s")
    begin = opened.at if opened is not None else None
    if begin is None and isinstance(length, float) and 0 < length <= _LONGEST:
        begin = mark.at - timedelta(seconds=length)
    if begin is None or begin >= mark.at:
        return None
    flag = mark.properties.get("interrupted")
    return Interval(
        role=role,
        start=begin,
        end=mark.at,
        interrupted=flag if isinstance(flag, bool) else None,
        inference_id=mark.inference_id or (opened.inference_id if opened else None),
    )


def _repeats(closed: Interval, done: list[Interval], opened: Event | None) -> bool:
    if not done or opened is not None:
        return False
    return closed.start < done[-1].end or (closed.end - done[-1].end).total_seconds() < _SAME


def _merge_flags(kept: Interval, again: Interval) -> Interval:
    flag = kept.interrupted if again.interrupted is None else again.interrupted
    return replace(
        kept, interrupted=flag, inference_id=kept.inference_id or again.inference_id
    )


def _cut_inferences(events: Iterable[Event]) -> frozenset[str]:
    return frozenset(event.inference_id for event in events if event.inference_id)


def _mark(each: Interval, cut: frozenset[str]) -> Interval:
    return replace(each, interrupted=True) if each.inference_id in cut else each
