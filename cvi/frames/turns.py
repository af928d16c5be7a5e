"""Turns of one conversation: from the final transcript, or from live utterances until it comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cvi.events.event import Event
from cvi.events.times import parse_seconds, parse_time
from cvi.frames.speech import Interval

# An utterance is announced up to this long before its speech starts or after it ends (seconds).
_NEAR = 2.0


@dataclass(frozen=True, slots=True)
class Turn:
    """One row of speech. `from_start` is the sender's own offset in seconds, when it gave one."""

    role: str
    text: str
    at: datetime | None = None
    from_start: float | None = None
    duration_s: float | None = None
    interrupted: bool | None = None
    inference_id: str | None = None
    turn_idx: int | None = None
    speaker: str | None = None
    tone: str | None = None
    look: str | None = None


@dataclass(frozen=True, slots=True)
class TranscriptFacts:
    """What reading the transcript showed: was there one, how many rows were no speech, or late."""

    found: bool
    skipped: int = 0
    out_of_order: int = 0


def spoken(
    kinds: Mapping[str, list[Event]], intervals: list[Interval]
) -> tuple[list[Turn], TranscriptFacts]:
    """The turns in the order of speech. The final transcript wins over live utterances."""
    transcript = _best_transcript(kinds.get("application.transcription_ready", []))
    live = _utterances(kinds)
    if transcript is None:
        return _with_speech(live, intervals), TranscriptFacts(found=False)
    rows = [turn for item in transcript if (turn := _from_item(item)) is not None]
    ordered, late = _in_time(rows)
    skipped = sum(item.get("role") not in ("system", "tool") for item in transcript) - len(rows)
    enriched = _with_live(ordered, live)
    return _with_speech(enriched, intervals), TranscriptFacts(True, skipped, late)


def placed(spoken_turns: list[Turn], start: datetime | None) -> list[Turn]:
    """Give every turn its offset from `start`, or the time from its offset."""
    return [_place(turn, start) for turn in spoken_turns]


def clock(turns: list[Turn], speaking: bool) -> str:
    """The best timing at hand: speaking events, turns with ends, turns with starts, or none."""
    if speaking:
        return "speaking"
    if not turns or all(turn.from_start is None for turn in turns):
        return "none"
    timed = [turn for turn in turns if turn.from_start is not None]
    if len(timed) < len(turns):
        return "none"
    ends = all(turn.duration_s is not None for turn in timed)
    return "ends" if ends else "starts"


def last_offset(turns: list[Turn]) -> float | None:
    """Seconds from the start to the end of the last timed turn."""
    ends = [turn.from_start + (turn.duration_s or 0) for turn in turns if turn.from_start]
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


def _best_transcript(events: list[Event]) -> list[dict[str, Any]] | None:
    """The fullest transcript; among equals the last by (time, id), so that order cannot matter."""
    found = [event for event in events if isinstance(event.properties.get("transcript"), list)]
    if not found:
        return None
    return max(found, key=_fullness).properties["transcript"]  # type: ignore[no-any-return]


def _fullness(event: Event) -> tuple[int, int, float, str]:
    rows = event.properties["transcript"]
    speech = sum(item.get("role") in ("user", "assistant") for item in rows)
    timed = sum("at" in item or "seconds_from_start" in item for item in rows)
    return speech, timed, event.at.timestamp() if event.at else 0.0, event.id


def _from_item(item: Mapping[str, Any]) -> Turn | None:
    """A transcript row as a turn; None for what is not speech (system, tool, empty, unknown)."""
    text = clean(item.get("text"))
    if item.get("role") not in ("user", "assistant") or not text:
        return None
    flag = item.get("interrupted", item.get("is_interrupted"))
    return Turn(
        role=item["role"],
        text=text,
        at=parse_time(item.get("at")),
        from_start=parse_seconds(item.get("seconds_from_start")),
        duration_s=_positive(item.get("duration_s")),
        interrupted=flag if isinstance(flag, bool) else None,
        inference_id=_text(item.get("inference_id")),
        speaker=_text(item.get("speaker")),
        tone=_text(item.get("user_audio_analysis")),
        look=_text(item.get("user_visual_analysis")),
    )


def clean(value: object) -> str:
    """Text that every database can store: no NUL, no lone surrogates, no outer white space."""
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "").encode("utf-8", "replace").decode().strip()


def _in_time(turns: list[Turn]) -> tuple[list[Turn], int]:
    """Sort by time when every row has one; count the rows that were out of order."""
    offsets = [turn.from_start for turn in turns]
    moments = [turn.at for turn in turns]
    keys: list[Any] = offsets if None not in offsets else moments
    if None in keys:
        return turns, 0
    late = sum(later < earlier for earlier, later in zip(keys, keys[1:], strict=False))
    if not late:
        return turns, 0
    ranked = sorted(zip(keys, range(len(turns)), turns, strict=True), key=lambda each: each[:2])
    return [turn for _, _, turn in ranked], late


def _utterances(kinds: Mapping[str, list[Event]]) -> list[Turn]:
    """Live utterances with duplicates merged: the PAL era sends each assistant line twice."""
    final = {
        event.inference_id: event.properties
        for event in kinds.get("conversation.utterance.streaming", ())
        if event.properties.get("final")
        and event.inference_id
        and event.properties.get("role") == "assistant"
    }
    merged: dict[tuple[Any, ...], Turn] = {}
    for event in kinds.get("conversation.utterance", ()):
        turn = _from_utterance(event, final)
        if turn is None:
            continue
        key = _same_line(turn)
        merged[key] = _fuller(merged[key], turn) if key in merged else turn
    return list(merged.values())


def _from_utterance(event: Event, final: Mapping[str, Mapping[str, Any]]) -> Turn | None:
    text = clean(event.properties.get("text"))
    role = event.properties.get("role")
    if role not in ("user", "assistant") or not text:
        return None
    flag = event.properties.get("interrupted")
    streamed = final.get(event.inference_id or "") if role == "assistant" else None
    if streamed is not None and streamed.get("interrupted") is True:
        # The utterance is what the replica meant to say; the stream is what was heard.
        text, flag = clean(streamed.get("text")) or text, True
    return Turn(
        role=role,
        text=text,
        at=event.at,
        interrupted=flag if isinstance(flag, bool) else None,
        inference_id=event.inference_id,
        turn_idx=event.turn_idx,
        tone=_text(event.properties.get("user_audio_analysis")),
        look=_text(event.properties.get("user_visual_analysis")),
    )


def _same_line(turn: Turn) -> tuple[Any, ...]:
    if turn.role == "assistant" and turn.inference_id:
        return (turn.role, turn.inference_id, turn.text)
    if turn.turn_idx is not None:
        # With speculative inference a user's inference id changes while speaking.
        return (turn.role, turn.turn_idx, turn.text[:12].lower())
    return (turn.role, turn.inference_id, turn.text, None if turn.inference_id else turn.at)


def _fuller(kept: Turn, again: Turn) -> Turn:
    """The longer text, at the earlier time."""
    longer = max(kept, again, key=lambda turn: len(turn.text))
    moments = [turn.at for turn in (kept, again) if turn.at is not None]
    return replace(
        longer,
        at=min(moments, default=None),
        interrupted=kept.interrupted if again.interrupted is None else again.interrupted,
        tone=kept.tone or again.tone,
        look=kept.look or again.look,
    )


def _with_live(turns: list[Turn], live: list[Turn]) -> list[Turn]:
    """Carry what only live events know (tone, look, interruption) onto the transcript's rows."""
    if not live:
        return turns
    known: dict[tuple[str, str], list[Turn]] = {}
    for turn in live:
        known.setdefault((turn.role, _key(turn.text)), []).append(turn)
    return [_joined(turn, known.get((turn.role, _key(turn.text)), [])) for turn in turns]


def _key(text: str) -> str:
    return " ".join(text.lower().split())[:80]


def _joined(turn: Turn, matches: list[Turn]) -> Turn:
    if not matches:
        return turn
    match = matches.pop(0)
    timed = turn.at is not None or turn.from_start is not None
    return replace(
        turn,
        at=turn.at if timed else match.at,
        interrupted=match.interrupted if turn.interrupted is None else turn.interrupted,
        inference_id=turn.inference_id or match.inference_id,
        turn_idx=match.turn_idx,
        tone=turn.tone or match.tone,
        look=turn.look or match.look,
    )


def _with_speech(turns: list[Turn], intervals: list[Interval]) -> list[Turn]:
    """Give turns without a duration the speaking interval they belong to.

    Ids do not match under speculative inference, so the join is by role and time; an assistant
    turn is announced when it starts, a user turn when it ends.
    """
    if not intervals:
        return turns
    sides = {role: [each for each in intervals if each.role == role] for role in _ROLES}
    cursor = dict.fromkeys(_ROLES, 0)
    found: list[Turn] = []
    for turn in turns:
        side, begin = sides[turn.role], cursor[turn.role]
        hit = _match(turn, side, begin) if turn.at else None
        if hit is None:
            found.append(turn)
            continue
        cursor[turn.role] = hit + 1
        found.append(_timed_by(turn, side[hit]))
    return found


_ROLES = ("user", "assistant")


def _match(turn: Turn, side: list[Interval], begin: int) -> int | None:
    assert turn.at is not None
    best: tuple[float, int] | None = None
    for position in range(begin, len(side)):
        each = side[position]
        if (each.start - turn.at).total_seconds() > _NEAR:
            break
        mark = each.start if turn.role == "assistant" else each.end
        distance = abs((mark - turn.at).total_seconds())
        within = each.start <= turn.at <= each.end
        if (within or distance <= _NEAR) and (best is None or distance < best[0]):
            best = (distance, position)
    return best[1] if best else None


def _timed_by(turn: Turn, each: Interval) -> Turn:
    if turn.duration_s is not None:
        return replace(turn, interrupted=_either(turn.interrupted, each.interrupted))
    return replace(
        turn,
        at=each.start,
        from_start=None,
        duration_s=round((each.end - each.start).total_seconds(), 6),
        interrupted=_either(turn.interrupted, each.interrupted),
    )


def _either(one: bool | None, other: bool | None) -> bool | None:
    return other if one is None else one


def _place(turn: Turn, start: datetime | None) -> Turn:
    if turn.at is not None and start is not None:
        return replace(turn, from_start=round((turn.at - start).total_seconds(), 6))
    if turn.from_start is not None and start is not None:
        return replace(turn, at=start + timedelta(seconds=turn.from_start))
    return turn


def _positive(value: object) -> float | None:
    seconds = parse_seconds(value)
    return seconds if seconds is not None and seconds >= 0 else None


def _text(value: object) -> str | None:
    return clean(value) or None
