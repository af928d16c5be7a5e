"""Facts of some conversations → their view rows: parse, fold, analyse. No writing here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from cvi.analysis.analyse import Analysis, analyse
from cvi.analysis.guide import to_guide
from cvi.errors import BadInput
from cvi.events import Event, parse_body
from cvi.frames import Frames, fold
from cvi.store.facts import Fact


@dataclass(frozen=True, slots=True)
class Parsed:
    """Events by seq, and the seqs whose bytes no longer say anything, with the reason."""

    events: Mapping[int, Event]
    unreadable: Mapping[int, str]


def parse(facts: Iterable[Fact]) -> Parsed:
    """Parse raw bytes; an unreadable fact never hides its neighbours."""
    events: dict[int, Event] = {}
    unreadable: dict[int, str] = {}
    for fact in facts:
        try:
            events[fact.seq] = parse_body(fact.body, where=f"event {fact.seq}")
        except BadInput as error:
            unreadable[fact.seq] = str(error)
    return Parsed(events, unreadable)


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
    documents = guide_documents(analysis)
    rows: Sequence[tuple[str, str, str]] = [
        (name, texts[name], json.dumps(documents[name], default=str)) for name in texts
    ]
    columns = ["conversation_id", "transcript", "metadata"]
    return pd.DataFrame(rows, columns=columns, dtype="str")


def guide_documents(analysis: Analysis) -> dict[str, dict[str, object]]:
    """The analysis of every conversation in the guide's JSON shape."""
    tables = {name: _split(getattr(analysis, name)) for name in _ANALYSED}
    none = {name: getattr(analysis, name).iloc[:0] for name in _ANALYSED}
    documents = {}
    for name in analysis.metrics["conversation_id"]:
        own = {table: parts.get(name, none[table]) for table, parts in tables.items()}
        documents[name] = to_guide(Analysis(**own), name)
    return documents


_ANALYSED = ("metrics", "turn_scores", "topics", "insights")


def _split(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {str(name): part for name, part in table.groupby("conversation_id", sort=False)}


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
