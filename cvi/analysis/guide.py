"""The analysis of conversations in the JSON shape of the guide, with what we add to it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from cvi.analysis import quality
from cvi.analysis.analyse import Analysis
from cvi.errors import NotFound

FEELING = 0.1  # mean P(positive) - P(negative) that is more than neutral talk
MIXED = 0.25  # share of both positive and negative turns

Document = dict[str, Any]
_FIGURES = (
    "user_sentiment",
    "positive_user_share",
    "negative_user_share",
    "quality",
    *(f"quality_{part}" for part in quality.WEIGHTS),
    "version",
    "language",
    "coverage",
    "reasons",
)


def to_guide(analysis: Analysis, conversation_id: str) -> Document:
    """One conversation's document: see `to_guides`.

    Raises NotFound for a conversation that was not analysed.
    """
    found = to_guides(analysis).get(conversation_id)
    if found is None:
        raise NotFound(f"Conversation {conversation_id} was not analysed.")
    return found


def to_guides(analysis: Analysis) -> dict[str, Document]:
    """Conversation id → keyTopics, insights, sentiment and conversationQuality as the guide has
    them, plus engine, version, language, coverage, evidence and reasons. None: not measurable.
    """
    topics = _grouped(analysis.topics.sort_values("rank"), ("topic",))
    insights = _grouped(analysis.insights, ("kind", "message", "confidence", "evidence"))
    turns = _grouped(
        analysis.turn_scores, ("sentiment_label", "sentiment_confidence", "sentiment_engine")
    )
    figures: list[Document] = analysis.metrics[list(_FIGURES)].to_dict("records")  # type: ignore[assignment]
    return {
        name: _document(row, topics.get(name, []), insights.get(name, []), turns.get(name, []))
        for name, row in zip(analysis.metrics["conversation_id"].tolist(), figures, strict=True)
    }


def _grouped(table: pd.DataFrame, columns: tuple[str, ...]) -> dict[str, list[tuple[Any, ...]]]:
    """Rows of each conversation as plain tuples, in the order they stand."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    values = (table[name].tolist() for name in columns)
    rows: Iterable[tuple[Any, ...]] = zip(*values, strict=True)
    for name, row in zip(table["conversation_id"].tolist(), rows, strict=True):
        found.setdefault(name, []).append(row)
    return found


def _document(
    figures: Document,
    topics: list[tuple[Any, ...]],
    insights: list[tuple[Any, ...]],
    turns: list[tuple[Any, ...]],
) -> Document:
    scored = [(label, sure) for label, sure, _ in turns if isinstance(label, str)]
    engine = next((engine for _, _, engine in turns if isinstance(engine, str)), None)
    language = figures["language"]
    return {
        "keyTopics": [topic for (topic,) in topics],
        "insights": [
            {"type": kind, "message": text, "confidence": float(sure), "evidence": list(evidence)}
            for kind, text, sure, evidence in insights
        ],
        "sentiment": _sentiment(figures, scored),
        "conversationQuality": _quality(figures),
        "engine": engine,
        "version": str(figures["version"]),
        "language": language if isinstance(language, str) else None,
        "coverage": round(float(figures["coverage"]), 4),
        "reasons": json.loads(figures["reasons"]),
    }


def _sentiment(figures: Document, scored: list[tuple[str, float]]) -> Document:
    """The type, and the mean confidence of the turns that speak for it (of all when mixed)."""
    score = float(figures["user_sentiment"])
    kind = feeling(
        score, float(figures["positive_user_share"]), float(figures["negative_user_share"])
    )
    sure = [each for label, each in scored if label == kind] or [each for _, each in scored]
    return {
        "type": kind,
        "confidence": None if kind is None or not sure else round(sum(sure) / len(sure), 4),
        "score": None if kind is None else round(score, 4),
        "turns": len(scored),
    }


def feeling(mean: float, positive: float, negative: float) -> str | None:
    """positive, negative, neutral, or mixed when both kinds of turn are common; None for NaN."""
    if np.isnan(mean):
        return None
    if min(positive, negative) >= MIXED:
        return "mixed"
    if abs(mean) < FEELING:
        return "neutral"
    return "positive" if mean > 0 else "negative"


def _quality(figures: Document) -> Document:
    parts = {part: float(figures[f"quality_{part}"]) for part in quality.WEIGHTS}
    total = float(figures["quality"])
    return {
        "score": None if np.isnan(total) else round(total),
        "engagement": quality.label(parts["engagement"]),
        "depth": quality.label(parts["depth"]),
        "balance": quality.balance_label(parts["balance"]),
        "satisfaction": quality.label(parts["satisfaction"]),
        "parts": {
            part: None if np.isnan(value) else round(value, 1) for part, value in parts.items()
        },
    }
