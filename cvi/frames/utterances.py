"""Live utterances as turns: doubles merged, growing ones taken once, cut ones as they were heard.

The PAL era sends each assistant line twice; under speculative inference a user's inference id
changes while speaking, so the same words may come again, and longer, under one turn index.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from cvi.events.event import Event
from cvi.frames.turn import Turn, clean, either, flag, grows, text_or_none, words

# Two sendings of one line that has no ids arrive within this many seconds of each other.
_DOUBLE = 2.0
# So many words in common are no coincidence, even with an answer in between.
_SURE = 3
_FAR = datetime.max.replace(tzinfo=UTC)


def utterances(kinds: Mapping[str, list[Event]]) -> tuple[list[Turn], int]:
    """The lines said, in order, and how many events held no speech."""
    heard = _heard(kinds.get("conversation.utterance.streaming", ()))
    cut = {event.inference_id for event in kinds.get("conversation.replica_interrupted", ())}
    lines, skipped = _Lines(), 0
    for event in _in_order(kinds.get("conversation.utterance", [])):
        turn = _turn(event, heard, cut - {None})
        if turn is None:
            skipped += 1
        else:
            lines.add(turn)
    return lines.turns, skipped


def _in_order(events: list[Event]) -> list[Event]:
    """By seq; where only one of two relays keeps the seq, by time."""
    numbered = sum(event.seq is not None for event in events)
    if numbered in (0, len(events)) or any(event.at is None for event in events):
        return events
    return [event for _, _, event in sorted((e.at or _FAR, e.id, e) for e in events)]


def _heard(events: Iterable[Event]) -> dict[str, Mapping[str, Any]]:
    """Inference id → the stream's last word on an assistant line that was cut off."""
    return {
        event.inference_id: event.properties
        for event in events
        if event.inference_id
        and event.properties.get("interrupted") is True
        and event.properties.get("role") == "assistant"
    }


def _turn(
    event: Event, heard: Mapping[str, Mapping[str, Any]], cut: set[str | None]
) -> Turn | None:
    given = event.properties
    role, text = given.get("role"), clean(given.get("text"))
    if role not in ("user", "assistant") or not text:
        return None
    interrupted = flag(given.get("interrupted"))
    if role == "assistant":
        # The utterance is what the replica meant to say; the stream is what was heard.
        stream = heard.get(event.inference_id or "")
        text = (clean(stream.get("text")) if stream else "") or text
        interrupted = either(interrupted, True if stream or event.inference_id in cut else None)
    return Turn(
        role=role,
        text=text,
        at=event.at,
        interrupted=interrupted,
        inference_id=event.inference_id,
        turn_idx=event.turn_idx,
        tone=text_or_none(given.get("user_audio_analysis")),
        look=text_or_none(given.get("user_visual_analysis") or given.get("visual_context")),
        announced=role == "user",
    )


@dataclass(slots=True)
class _Lines:
    """The lines so far (None where one has moved on), and the last one under each id."""

    rows: list[Turn | None] = field(default_factory=list)
    last: dict[tuple[str, str, object], int] = field(default_factory=dict)

    @property
    def turns(self) -> list[Turn]:
        """The lines in order."""
        return [turn for turn in self.rows if turn is not None]

    def add(self, turn: Turn) -> None:
        """Append a line, or merge it into the one that it repeats."""
        at = self._known(turn)
        known = None if at is None else self.rows[at]
        merged = turn if known is None else _merged(known, turn)
        if at is None or (turn.role == "user" and at < len(self.rows) - 1):
            if at is not None:
                self.rows[at] = None  # what a user says is over at its last arrival
            at = len(self.rows)
            self.rows.append(merged)
        else:
            self.rows[at] = merged
        for kind, key in (("inference", turn.inference_id), ("turn", turn.turn_idx)):
            if key is not None:
                self.last[(turn.role, kind, key)] = at

    def _known(self, turn: Turn) -> int | None:
        for kind, key in (("inference", turn.inference_id), ("turn", turn.turn_idx)):
            at = None if key is None else self.last.get((turn.role, kind, key))
            if at is not None and self._repeats(at, turn):
                return at
        before = len(self.rows) - 1
        known = self.rows[before] if self.rows else None
        return before if known is not None and _is_double(known, turn) else None

    def _repeats(self, at: int, turn: Turn) -> bool:
        known = self.rows[at]
        if known is None:
            return False
        said, again = words(known.text), words(turn.text)
        if turn.role == "assistant":
            # Lines of two inferences are two lines, whatever they say.
            ids = {known.inference_id, turn.inference_id} - {None}
            return said == again and len(ids) < 2
        next_to = at == len(self.rows) - 1
        sure = next_to or min(len(said), len(again)) >= _SURE
        return sure and grows(said, again, revised=next_to)


def _is_double(known: Turn, turn: Turn) -> bool:
    """The line before, once more, from a sender that gives no ids."""
    if known.role != turn.role or (known.inference_id and turn.inference_id):
        return False
    if None not in (known.turn_idx, turn.turn_idx) and known.turn_idx != turn.turn_idx:
        return False
    if known.at is None or turn.at is None or words(known.text) != words(turn.text):
        return False
    return abs((turn.at - known.at).total_seconds()) <= _DOUBLE


def _merged(kept: Turn, again: Turn) -> Turn:
    """The fuller text; a user's words count from their last arrival, an assistant's from the first.

    An assistant line is announced when it begins, a user's when it is over.
    """
    grown = len(words(again.text)) >= len(words(kept.text))
    full, other = (again, kept) if grown else (kept, again)
    moments = [turn.at for turn in (kept, again) if turn.at is not None]
    pick = max if kept.role == "user" else min
    return replace(
        full,
        at=pick(moments, default=None),
        interrupted=either(kept.interrupted, again.interrupted),
        inference_id=full.inference_id or other.inference_id,
        turn_idx=other.turn_idx if full.turn_idx is None else full.turn_idx,
        tone=full.tone or other.tone,
        look=full.look or other.look,
    )
