"""Facts of some conversations → their view rows: parse, fold, analyse, put."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from cvi.analysis.analyse import Analysis, analyse
from cvi.analysis.guide import to_guides
from cvi.errors import BadInput
from cvi.events import Event, parse_body
from cvi.frames import Frames, fold
from cvi.store import facts, views
from cvi.store.engine import Connection
from cvi.store.facts import Fact

# A live conversation is folded with every event it gains: what it had is not parsed again.
_SMALL, _REMEMBERED = 2_048, 8_192
_parse_small = lru_cache(_REMEMBERED)(parse_body)


@dataclass(frozen=True, slots=True)
class Parsed:
    """Events by seq, and the seqs whose bytes no longer say anything, with the reason."""

    events: Mapping[int, Event]
    unreadable: Mapping[int, str]


def parse(stored: Iterable[Fact]) -> Parsed:
    """Parse raw bytes; an unreadable fact never hides its neighbours."""
    events: dict[int, Event] = {}
    unreadable: dict[int, str] = {}
    for fact in stored:
        try:
            read = _parse_small if len(fact.body) <= _SMALL else parse_body
            events[fact.seq] = read(fact.body, where=f"event {fact.seq}")
        except BadInput as error:
            unreadable[fact.seq] = str(error)
    return Parsed(events, unreadable)


@dataclass(frozen=True, slots=True)
class Folded:
    """What the facts of some conversations come to, and which facts those were."""

    parsed: Parsed
    live: Collection[int]  # seqs of facts that may cause work
    seen: Mapping[str, tuple[int, int]]  # conversation → number of facts, the newest seq
    rows: Mapping[str, pd.DataFrame]


def fold_facts(stored: Sequence[Fact], names: Collection[str]) -> Folded:
    """Fold and analyse the facts of the conversations `names`, some of which may have none."""
    parsed = parse(stored)
    seen = dict.fromkeys(names, (0, 0))
    for fact in stored:
        if fact.conversation_id is not None:
            count, newest = seen.get(fact.conversation_id, (0, 0))
            seen[fact.conversation_id] = (count + 1, max(newest, fact.seq))
    live = {fact.seq for fact in stored if fact.live}
    rows = view_rows(parsed.events.values()) if seen else {}
    return Folded(parsed, live, seen, rows)


def put_fresh(connection: Connection, folded: Folded, *, workspace: str) -> set[str]:
    """Put the views of all conversations whose facts are still those that were folded.

    Returns the others: their view would be an old one, so nothing of them is written.
    """
    names = list(folded.seen)
    views.lock(connection, names, workspace=workspace)
    now = facts.sizes(connection, names, workspace=workspace)
    moved = {name for name, was in folded.seen.items() if now.get(name, (0, 0, 0))[:2] != was}
    rows = {table: _without(frame, moved) for table, frame in folded.rows.items()}
    fresh = [name for name in names if name not in moved]
    views.put(connection, rows, fresh, workspace=workspace)
    return moved


def _without(frame: pd.DataFrame, moved: set[str]) -> pd.DataFrame:
    return frame[~frame["conversation_id"].isin(moved)] if moved else frame


def view_rows(events: Iterable[Event]) -> Mapping[str, pd.DataFrame]:
    """Every view table of the conversations in `events`, ready to be put."""
    frames = fold(events)
    analysis = analyse(frames)
    scores = analysis.turn_scores
    turns = frames.turns.assign(
        sentiment_label=scores["sentiment_label"].array,
        sentiment_score=scores["sentiment_score"].array,
        sentiment_confidence=scores["sentiment_confidence"].array,
    )
    evidence = analysis.insights["evidence"].map(json.dumps)
    return {
        "conversations": frames.conversations,
        "turns": turns,
        "speaking": frames.speaking,
        "tool_calls": frames.tool_calls,
        "perceptions": frames.perceptions,
        "signals": frames.signals,
        "conversation_metrics": analysis.metrics,
        "conversation_topics": analysis.topics,
        "insights": analysis.insights.assign(evidence=evidence.astype("str")),
        "conversation_transcripts": _transcripts(frames, analysis),
    }


def _transcripts(frames: Frames, analysis: Analysis) -> pd.DataFrame:
    """The guide's `conversation_transcripts`: JSON transcript and JSON analysis."""
    texts = _guide_transcripts(frames.turns)
    documents = to_guides(analysis)
    rows: Sequence[tuple[str, str, str]] = [
        (name, texts[name], json.dumps(documents[name], default=str)) for name in texts
    ]
    columns = ["conversation_id", "transcript", "metadata"]
    return pd.DataFrame(rows, columns=columns, dtype="str")


def _guide_transcripts(turns: pd.DataFrame) -> dict[str, str]:
    stamps = turns["started_at"].dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    timed = turns["started_at"].notna().to_numpy()
    items: dict[str, list[dict[str, object]]] = {}
    for name, role, text, stamp, known in zip(
        turns["conversation_id"], turns["role"], turns["text"], stamps, timed, strict=True
    ):
        row = {"role": role, "content": text, **({"timestamp": stamp} if known else {})}
        items.setdefault(name, []).append(row)
    return {name: json.dumps(rows, ensure_ascii=False) for name, rows in items.items()}
