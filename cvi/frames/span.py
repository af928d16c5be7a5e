"""When a conversation began and ended, from whatever knows it best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from cvi.events.event import Event
from cvi.events.times import parse_time
from cvi.frames import turns
from cvi.frames.speech import Interval
from cvi.frames.turn import Turn, seconds

# These happen after the end, or at any time: they do not tell when a conversation began.
_LATE = ("application.", "system.shutdown", "replica.", "document.")


def start_of(
    story: Iterable[Event],
    kinds: Mapping[str, list[Event]],
    spoken: Sequence[Turn],
    intervals: Sequence[Interval],
) -> datetime | None:
    """The moment that offset 0 stands for; None when only late events have a time.

    A transcript row that has both a time and `seconds_from_start` says it outright; otherwise the
    replica joining, otherwise what the describer says, otherwise whatever was heard first.
    """
    for turn in spoken:
        if turn.at is not None and turn.from_start is not None:
            return turn.at - timedelta(seconds=turn.from_start)
    joined = _earliest(event.at for event in kinds.get("system.replica_joined", ()))
    described = _earliest(
        parse_time(event.properties.get("started_at"))
        for event in kinds.get("conversation.described", ())
    )
    heard = _earliest([*(turn.at for turn in spoken), *(each.start for each in intervals)])
    # A clock that starts after the first word is wrong (another zone, a late callback). That the
    # replica joined at all means that the room waited, so the creation is not the start.
    known = described if joined is None else joined
    if known is not None and heard is not None:
        return min(known, heard)
    during = (event.at for event in story if not event.type.startswith(_LATE))
    return known or heard or _earliest(during)


def end_of(
    shutdown: datetime | None,
    described: Mapping[str, Any],
    start: datetime | None,
    timed: list[Turn],
) -> datetime | None:
    """The closing of the room, else what the describer says, else the end of the last turn."""
    if shutdown is not None:
        return shutdown
    given = parse_time(described.get("ended_at"))
    last = turns.last_moment(timed)
    if given is not None and (last is None or given >= last):
        return given
    length = seconds(described.get("duration_s"))
    by_length = start + timedelta(seconds=length) if start and length else None
    return max(filter(None, (by_length, last)), default=None)


def duration_of(
    described: Mapping[str, Any],
    start: datetime | None,
    ended: datetime | None,
    timed: list[Turn],
) -> float | None:
    """Seconds from start to end; without both, the describer's length or the last offset."""
    if start is not None and ended is not None and ended > start:
        return (ended - start).total_seconds()
    given = seconds(described.get("duration_s"))
    return given if given is not None else turns.last_offset(timed)


def _earliest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
