"""One conversation's analysis in the JSON shape of the guide, with what we add to it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from cvi.analysis import quality
from cvi.analysis.analyse import Analysis
from cvi.errors import NotFound

FEELING = 0.1  # mean P(positive) - P(negative) that is more than neutral talk
MIXED = 0.25  # share of both positive and negative turns


def to_guide(analysis: Analysis, conversation_id: str) -> dict[str, Any]:
    """keyTopics, insights, sentiment and conversationQuality as the guide has them, plus engine,
    version, language, coverage, evidence and reasons. None where not measurable.

    Raises NotFound for a conversation that was not analysed.
    """
    row = _of(analysis.metrics, conversation_id)
    if row.empty:
        raise NotFound(f"Conversation {conversation_id} was not analysed.")
    figures = row.iloc[0]
    topics = _of(analysis.topics, conversation_id).sort_values("rank")
    turns = _of(analysis.turn_scores, conversation_id)
    engines = turns["sentiment_engine"].dropna().unique().tolist()
    return {
        "keyTopics": topics["topic"].tolist(),
        "insights": _insights(_of(analysis.insights, conversation_id)),
        "sentiment": _sentiment(figures, turns),
        "conversationQuality": _quality(figures),
        "engine": engines[0] if engines else None,
        "version": str(figures["version"]),
        "language": _known(figures["language"]),
        "coverage": round(float(figures["coverage"]), 4),
        "reasons": json.loads(figures["reasons"]),
    }


def _of(table: pd.DataFrame, conversation_id: str) -> pd.DataFrame:
    return table[table["conversation_id"] == conversation_id]


def _known(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _insights(table: pd.DataFrame) -> list[dict[str, Any]]:
    columns = ("kind", "message", "confidence", "evidence")
    return [
        {"type": kind, "message": message, "confidence": float(sure), "evidence": list(evidence)}
        for kind, message, sure, evidence in zip(*(table[name] for name in columns), strict=True)
    ]


def _sentiment(figures: pd.Series, turns: pd.DataFrame) -> dict[str, Any]:
    """The type, and the mean confidence of the turns that speak for it (of all when mixed)."""
    kind = feeling(
        float(figures["user_sentiment"]),
        float(figures["positive_user_share"]),
        float(figures["negative_user_share"]),
    )
    scored = turns[turns["sentiment_score"].notna()]
    of_kind = scored[scored["sentiment_label"] == kind]
    sure = (scored if of_kind.empty else of_kind)["sentiment_confidence"].mean()
    score = figures["user_sentiment"]
    return {
        "type": kind,
        "confidence": None if kind is None else round(float(sure), 4),
        "score": None if kind is None else round(float(score), 4),
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


def _quality(figures: pd.Series) -> dict[str, Any]:
    parts = {part: float(figures[f"quality_{part}"]) for part in quality.WEIGHTS}
    total = float(figures["quality"])
    return {
        "score": None if np.isnan(total) else round(total),
        "engagement": quality.label(parts["engagement"]),
        "depth": quality.label(parts["depth"]),
        "balance": quality.balance_label(parts["balance"]),
        "satisfaction": quality.label(parts["satisfaction"]),
        "parts": {part: None if np.isnan(value) else round(value, 1)
                  for part, value in parts.items()},
    }  # fmt: skip
