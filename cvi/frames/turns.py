"""Turns of one conversation: from the final transcript, or from live utterances until it comes."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from cvi.events.event import Event
from cvi.events.times import parse_time
from cvi.frames.matching import with_live, with_speech
from cvi.frames.speech import Interval
from cvi.frames.turn import LONGEST_S, Turn, clean, flag, seconds, text_or_none
from cvi.frames.utterances import utterances

__all__ = ["TranscriptFacts", "Turn", "clean", "clock", "placed", "row", "spoken"]


@dataclass(frozen=True, slots=True)
class TranscriptFacts:
    """What reading the speech showed: a transcript or not, rows without speech, rows too late."""

    found: bool
    skipped: int = 0
    out_of_order: int = 0


def spoken(
    kinds: Mapping[str, list[Event]], intervals: list[Interval]
) -> tuple[list[Turn], TranscriptFacts]:
    """The turns in the order of speech. The final transcript wins over live utterances."""
    items = best_transcript(kinds.get("application.transcription_ready", []))
    live, wordless = utterances(kinds)
    rows = [turn for item in items or () if (turn := from_item(item)) is not None]
    skipped = sum(should_speak(item) for item in items or ()) - len(rows)
    if not rows:
        # A transcript of nothing says less than a single line that was heard.
        facts = TranscriptFacts(items is not None, skipped + wordless)
        return with_speech(live, intervals), facts
    ordered, late = _in_time(rows)
    enriched = with_live(ordered, live)
    return with_speech(enriched, intervals), TranscriptFacts(
        found=True, skipped=skipped, out_of_order=late
    )


def placed(spoken_turns: list[Turn], start: datetime | None) -> list[Turn]:
    """Give every turn its offset from `start`, or the time from its offset."""
    return [_place(turn, start) for turn in spoken_turns]


def clock(turns: list[Turn], heard: AbstractSet[str]) -> str:
    """The best timing at hand: speaking events, turns with ends, turns with starts, or none.

    `heard` are the roles with speaking intervals: they count when nobody who has words is missing.
    """
    if heard and {turn.role for turn in turns} <= heard:
        return "speaking"
    if not turns or any(turn.from_start is None for turn in turns):
        return "none"
    return "ends" if all(turn.duration_s is not None for turn in turns) else "starts"


def last_offset(turns: list[Turn]) -> float | None:
    """Seconds from the start to the end of the last timed turn."""
    ends = [
        turn.from_start + (turn.duration_s or 0) for turn in turns if turn.from_start is not None
    ]
    return max(ends, default=None)


def last_moment(turns: list[Turn]) -> datetime | None:
    """The end of the last timed turn."""
    ends = [turn.at + timedelta(seconds=turn.duration_s or 0) for turn in turns if turn.at]
    return max(ends, default=None)


def row(conversation_id: str, idx: int, turn: Turn) -> tuple[Any, ...]:
    """A row of the `turns` table in schema order."""
    return (
        conversation_id,
        idx,
        turn.role,
        turn.text,
        turn.speaker,
        turn.at,
        turn.from_start,
        turn.duration_s,
        turn.interrupted,
        turn.inference_id,
        turn.turn_idx,
        turn.tone,
        turn.look,
    )


def best_transcript(events: list[Event]) -> list[dict[str, Any]] | None:
    """The fullest transcript; among equals the last by (time, id), so that order cannot matter."""
    found = [event for event in events if isinstance(event.properties.get("transcript"), list)]
    if not found:
        return None
    return max(found, key=_fullness).properties["transcript"]  # type: ignore[no-any-return]


def _fullness(event: Event) -> tuple[int, int, float, str]:
    rows = [turn for item in event.properties["transcript"] if (turn := from_item(item))]
    timed = sum(turn.at is not None or turn.from_start is not None for turn in rows)
    return len(rows), timed, event.at.timestamp() if event.at else 0.0, event.id


def should_speak(item: Mapping[str, Any]) -> bool:
    """System prompts, tool answers and the announcement of a tool call are no speech."""
    calls_only = bool(item.get("tool_calls")) and not clean(item.get("text"))
    return item.get("role") not in ("system", "tool") and not calls_only


def from_item(item: Mapping[str, Any]) -> Turn | None:
    """A transcript row as a turn; None for what is not speech (system, tool, empty, unknown)."""
    text = clean(item.get("text"))
    if item.get("role") not in ("user", "assistant") or not text:
        return None
    return Turn(
        role=item["role"],
        text=text,
        at=parse_time(item.get("at")),
        from_start=seconds(item.get("seconds_from_start"), least=-LONGEST_S),
        duration_s=seconds(item.get("duration_s")),
        interrupted=flag(item.get("interrupted", item.get("is_interrupted"))),
        inference_id=text_or_none(item.get("inference_id")),
        speaker=text_or_none(item.get("speaker")),
        tone=text_or_none(item.get("user_audio_analysis")),
        look=text_or_none(item.get("user_visual_analysis")),
    )


def _in_time(turns: list[Turn]) -> tuple[list[Turn], int]:
    """Sort by time when every row has one; count the rows that were out of order."""
    offsets = [turn.from_start for turn in turns]
    moments = [turn.at for turn in turns]
    keys: list[Any] = offsets if None not in offsets else moments
    if None in keys:
        return turns, 0
    late = sum(later < earlier for earlier, later in pairwise(keys))
    if not late:
        return turns, 0
    ranked = sorted(zip(keys, range(len(turns)), turns, strict=True), key=lambda each: each[:2])
    return [turn for _, _, turn in ranked], late


def _place(turn: Turn, start: datetime | None) -> Turn:
    if turn.at is not None and start is not None:
        return replace(turn, from_start=round((turn.at - start).total_seconds(), 6))
    if turn.from_start is not None and start is not None:
        return replace(turn, at=start + timedelta(seconds=turn.from_start))
    return turn
