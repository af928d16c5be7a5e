"""What was odd in the facts of one conversation, line by line: the counts of the fold explained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from cvi.events.aliases import KNOWN, UNREAD
from cvi.events.event import Event
from cvi.frames import turns
from cvi.frames.fold import order
from cvi.frames.turn import Turn

CLOCK, ROW, EVENT = "clock", "row", "event"


@dataclass(frozen=True, slots=True)
class Oddity:
    """One finding: `kind` is clock, row or event; `where` is the row of the transcript (from 1) or
    the event; `at` is when it happened, where that is known."""

    kind: str
    where: str
    at: datetime | None
    what: str


def oddities(events: Iterable[Event]) -> list[Oddity]:
    """Rows whose times go back, rows that are no speech, and events that no version knows."""
    story = sorted(events, key=order)
    final = [event for event in story if event.type == "application.transcription_ready"]
    items = turns.best_transcript(final) or []
    rows = [(at, item, turns.from_item(item)) for at, item in enumerate(items, 1)]
    spoken = [(at, turn) for at, _, turn in rows if turn is not None]
    lost = [
        Oddity(ROW, f"row {at}", None, _why_no_speech(item))
        for at, item, turn in rows
        if turn is None and turns.should_speak(item)
    ]
    wordless = [] if spoken else [each for each in story if each.type == "conversation.utterance"]
    return [*_backwards(spoken), *lost, *_silent(wordless), *_unknown(story)]


def _backwards(spoken: list[tuple[int, Turn]]) -> Iterator[Oddity]:
    """As the fold sorts: by offsets where every row has one, else by times."""
    offsets = [turn.from_start for _, turn in spoken]
    moments = [turn.at for _, turn in spoken]
    keys: list[Any] = offsets if None not in offsets else moments
    if None in keys:
        return
    for before, now in pairwise(range(len(keys))):
        if keys[now] < keys[before]:
            gap = keys[before] - keys[now]
            seconds = gap.total_seconds() if isinstance(gap, timedelta) else gap
            (earlier, _), (row, turn) = spoken[before], spoken[now]
            what = f"{seconds:,.2f} s before row {earlier}, which stands above it"
            yield Oddity(CLOCK, f"row {row}", turn.at, what)


def _why_no_speech(item: Mapping[str, Any]) -> str:
    if item.get("role") in ("user", "assistant"):
        return "no words"
    unread = item.get(UNREAD)
    given = unread.get("role") if isinstance(unread, dict) else None
    return "no role" if given is None else f"“{given}” is neither the user nor the assistant"


def _silent(heard: Iterable[Event]) -> Iterator[Oddity]:
    for event in heard:
        said = event.properties.get("text")
        role = event.properties.get("role")
        if role not in ("user", "assistant") or not str(said or "").strip():
            what = "no words" if role in ("user", "assistant") else "nobody known said it"
            yield Oddity(ROW, event.type, event.at, what)


def _unknown(story: Iterable[Event]) -> Iterator[Oddity]:
    for event in story:
        if event.type not in KNOWN:
            yield Oddity(EVENT, event.type, event.at, "kept untouched; no version reads it yet")
