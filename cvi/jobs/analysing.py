"""Analyse a file without a database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from cvi.analysis.analyse import METRICS, analyse
from cvi.analysis.guide import to_guides
from cvi.events import Event, parse_payload
from cvi.frames import fold
from cvi.ingest import Item, Problem, Source, read

_EVENTS = 400


def analyse_file(
    given: Source | Path | str, *, reader: str | None = None, problems: list[str]
) -> Iterator[str]:
    """One JSON line a conversation: `id`, `turns` with their sentiment, `analysis`, `metrics`.

    The order is that of the file as long as a conversation's rows stand together. What could not
    be read is appended to `problems`.
    """
    batch: list[Event] = []
    for name, story in groupby(_events(read(given, reader=reader), problems), _conversation):
        if name is None:
            continue
        if len(batch) >= _EVENTS:
            yield from _lines(batch)
            batch = []
        batch.extend(story)
    if batch:
        yield from _lines(batch)


def _conversation(event: Event) -> str | None:
    return event.conversation_id


def _events(reading: Iterator[Item | Problem], problems: list[str]) -> Iterator[Event]:
    for found in reading:
        if isinstance(found, Problem):
            problems.append(str(found))
        else:
            yield parse_payload(found.payload)


def _lines(events: list[Event]) -> Iterator[str]:
    frames = fold(events)
    analysis = analyse(frames)
    guide = to_guides(analysis)
    turns = frames.turns.merge(analysis.turn_scores, on=["conversation_id", "idx"], how="left")
    by_name = {str(name): part for name, part in turns.groupby("conversation_id", sort=False)}
    metrics = analysis.metrics.set_index("conversation_id")
    order = dict.fromkeys(event.conversation_id for event in events)
    for name in order:
        if name not in metrics.index:
            continue
        line = {
            "id": name,
            "turns": _turns(by_name.get(str(name))),
            "analysis": guide.get(str(name)),
            "metrics": {key: _number(metrics.at[name, key]) for key in METRICS},
            "not_measured": json.loads(str(metrics.at[name, "reasons"]) or "{}"),
            "version": metrics.at[name, "version"],
        }
        yield json.dumps(line, ensure_ascii=False, default=str)


def _turns(part: pd.DataFrame | None) -> list[dict[str, Any]]:
    if part is None:
        return []
    columns = ("role", "text", "sentiment_label", "sentiment_score", "sentiment_confidence")
    return [
        {"role": role, "content": text, "sentiment": _sentiment(label, score, confidence)}
        for role, text, label, score, confidence in zip(
            *(part[name] for name in columns), strict=True
        )
    ]


def _sentiment(label: object, score: float, confidence: float) -> dict[str, object] | None:
    if not isinstance(label, str):
        return None
    return {"label": label, "score": round(score, 4), "confidence": round(confidence, 4)}


def _number(value: Any) -> float | None:  # noqa: ANN401 - numpy scalar
    return None if pd.isna(value) else float(value)
