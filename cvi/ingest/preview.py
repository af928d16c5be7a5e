"""Reading a file, and the dry run that shows what reading it would bring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cvi.events import Event, parse_payload
from cvi.ingest.detect import reader_for
from cvi.ingest.item import Header, Item, Options, Problem, Reading
from cvi.ingest.source import DOCUMENT_BYTES, Source

SAMPLE_ROWS = 5
SHOWN_PROBLEMS = 200
# A hostile file may invent a role or a speaker a row; a preview shows no more than this.
_SHOWN_NAMES = 50
_TRANSCRIPT = "application.transcription_ready"
_UTTERANCE = "conversation.utterance"
_SPOKEN = ("user", "assistant")


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file holds. `complete` is False when reading stopped at the limit."""

    name: str
    reader: str
    conversations: int
    turns: int
    with_times: int
    events: Mapping[str, int]
    roles: Mapping[str, int]
    speakers: Mapping[str, str]
    mapping: Mapping[str, str]
    columns: tuple[str, ...]
    sample: tuple[Mapping[str, Any], ...]
    problems: tuple[Problem, ...]
    problem_count: int
    bytes: int
    sha256: str
    complete: bool


def read(
    given: Source | Path | str,
    *,
    reader: str | None = None,
    mapping: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
    document_bytes: int = DOCUMENT_BYTES,
) -> Reading:
    """The items and problems of a file, lazily. The format is settled before this returns.

    Raises BadInput or TooLarge when the file as a whole cannot be read.
    """
    source = Source.of(given)
    options = Options(mapping=mapping or {}, roles=roles or {}, document_bytes=document_bytes)
    return reader_for(source, reader, mapped=bool(mapping)).read(source, options)


def preview(
    given: Source | Path | str,
    *,
    reader: str | None = None,
    mapping: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
    limit: int | None = None,
    tap: Callable[[Item], None] = lambda _item: None,
) -> Preview:
    """Read a file without keeping anything; `limit` stops after so many conversations.

    `tap` is told every item that was counted.
    """
    source = Source.of(given)
    chosen = reader_for(source, reader, mapped=bool(mapping))
    options = Options(mapping=mapping or {}, roles=roles or {})
    header = chosen.header(source, options) if chosen.header else Header((), {})
    tally, complete = _Tally(), True
    for found in chosen.read(source, options):
        if limit is not None and tally.is_past(found, limit):
            complete = False
            break
        tally.add(found)
        if isinstance(found, Item):
            tap(found)
    size, sha256 = source.fingerprint()
    return Preview(
        name=source.name,
        reader=chosen.name,
        conversations=len(tally.per_call),
        turns=sum(map(max, tally.per_call.values())),
        with_times=tally.with_times,
        events=dict(tally.events.most_common()),
        roles=dict(tally.roles.most_common()),
        speakers=tally.speakers,
        mapping=header.mapping,
        columns=header.columns,
        sample=tuple(tally.sample or tally.sample_events),
        problems=tuple(tally.problems),
        problem_count=tally.problem_count,
        bytes=size,
        sha256=sha256,
        complete=complete,
    )


@dataclass(slots=True)
class _Tally:
    """Counts while reading. `per_call`: turns in the final transcript, and as live utterances."""

    per_call: dict[str, tuple[int, int]] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)
    roles: Counter[str] = field(default_factory=Counter)
    speakers: dict[str, str] = field(default_factory=dict)
    with_times: int = 0
    sample: list[dict[str, Any]] = field(default_factory=list)
    sample_events: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0

    def is_past(self, found: Item | Problem, limit: int) -> bool:
        """Whether this belongs to a conversation beyond the limit."""
        new = isinstance(found, Item) and found.conversation_id not in self.per_call
        return new and len(self.per_call) >= limit

    def add(self, found: Item | Problem) -> None:
        if isinstance(found, Problem):
            self.problem_count += 1
            if len(self.problems) < SHOWN_PROBLEMS:
                self.problems.append(found)
            return
        event = parse_payload(found.payload)
        self.events[_limited(event.type, self.events)] += 1
        rows = _turns(event)
        if event.conversation_id is not None:
            final, live = self.per_call.get(event.conversation_id, (0, 0))
            heard = event.type == _UTTERANCE
            said = sum(row.get("role") in _SPOKEN for row in rows)
            counts = (final, live + said) if heard else (max(final, said), live)
            self.per_call[event.conversation_id] = counts
        for row in rows:
            self._add_row(row, event)
        if len(self.sample_events) < SAMPLE_ROWS:
            self.sample_events.append(
                {
                    "conversation_id": event.conversation_id,
                    "event_type": event.type,
                    "at": event.at.isoformat() if event.at else None,
                }
            )

    def _add_row(self, row: Mapping[str, Any], event: Event) -> None:
        role, speaker = str(row.get("role") or "none"), row.get("speaker")
        self.roles[_limited(role, self.roles)] += 1
        time = _time_of(row, event)
        self.with_times += time is not None and role in _SPOKEN
        if isinstance(speaker, str) and len(self.speakers) < _SHOWN_NAMES:
            self.speakers.setdefault(speaker, role)
        if len(self.sample) < SAMPLE_ROWS:
            self.sample.append(
                {
                    "conversation_id": event.conversation_id,
                    "role": role,
                    "text": row.get("text"),
                    "time": time,
                }
            )


def _limited(name: str, counter: Counter[str]) -> str:
    return name if name in counter or len(counter) < _SHOWN_NAMES else "(other)"


def _turns(event: Event) -> list[dict[str, Any]]:
    if event.type == _UTTERANCE:
        return [dict(event.properties)]
    rows = event.properties.get("transcript") if event.type == _TRANSCRIPT else None
    return rows if isinstance(rows, list) else []


def _time_of(row: Mapping[str, Any], event: Event) -> str | None:
    if event.type == _UTTERANCE:
        return event.at.isoformat() if event.at else None
    offset = row.get("seconds_from_start")
    return row.get("at") or (None if offset is None else f"+{offset} s")
