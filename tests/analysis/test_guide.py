"""The guide's JSON shape."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from cvi.analysis.analyse import METRICS, Analysis
from cvi.analysis.guide import feeling, to_guide
from cvi.errors import NotFound

NAN = float("nan")


def analysis(**figures):
    """An analysis of one conversation with these figures; all others are missing."""
    row = dict.fromkeys(METRICS, NAN) | figures
    rest = {"language": "en", "coverage": 0.5, "reasons": '{"why": ["turns"]}', "version": "v1"}
    turns = pd.DataFrame(
        {
            "conversation_id": "c1",
            "idx": [0, 1, 2],
            "sentiment_label": ["positive", None, "neutral"],
            "sentiment_score": [0.8, NAN, 0.0],
            "sentiment_confidence": [0.9, NAN, 0.6],
            "sentiment_engine": ["e", None, "e"],
        }
    )
    topics = pd.DataFrame(
        {"conversation_id": "c1", "rank": [2, 1], "topic": ["market", "funding"], "weight": 1.0,
         "kind": "term"}
    )  # fmt: skip
    insights = pd.DataFrame(
        {"conversation_id": ["c1"], "idx": [0], "kind": ["opportunity"], "message": ["m"],
         "confidence": [0.9], "evidence": [[1, 2]]}
    )  # fmt: skip
    return Analysis(
        pd.DataFrame([{"conversation_id": "c1", **row, **rest}]), turns, topics, insights
    )


FIGURES = {
    "user_sentiment": 0.4, "positive_user_share": 0.5, "negative_user_share": 0.0,
    "quality": 86.6, "quality_engagement": 75.0, "quality_depth": 71.0, "quality_balance": 90.0,
    "quality_satisfaction": 41.0,
}  # fmt: skip


def test_shape_of_the_guide():
    found = to_guide(analysis(**FIGURES), "c1")
    assert found["keyTopics"] == ["funding", "market"]
    assert found["insights"] == [
        {"type": "opportunity", "message": "m", "confidence": 0.9, "evidence": [1, 2]}
    ]
    assert found["sentiment"] == {"type": "positive", "confidence": 0.9, "score": 0.4, "turns": 2}
    quality = found["conversationQuality"]
    assert (quality["score"], quality["engagement"], quality["depth"], quality["balance"]) == (
        87, "high", "high", "excellent",
    )  # fmt: skip
    assert quality["satisfaction"] == "medium"
    assert (found["engine"], found["version"], found["reasons"]) == ("e", "v1", {"why": ["turns"]})


def test_what_is_not_measurable_is_null_and_everything_is_json():
    found = to_guide(analysis(), "c1")
    assert found["sentiment"]["type"] is None
    assert found["sentiment"]["confidence"] is None
    assert found["conversationQuality"]["score"] is None
    assert found["conversationQuality"]["parts"]["depth"] is None
    json.dumps(found, allow_nan=False)
    json.dumps(to_guide(analysis(**FIGURES), "c1"), allow_nan=False)


@pytest.mark.parametrize(
    ("mean", "positive", "negative", "kind"),
    [
        (0.5, 0.8, 0.0, "positive"),
        (-0.5, 0.0, 0.8, "negative"),
        (0.05, 0.1, 0.1, "neutral"),
        (0.2, 0.5, 0.3, "mixed"),
        (NAN, NAN, NAN, None),
    ],
)
def test_feeling(mean, positive, negative, kind):
    assert feeling(mean, positive, negative) == kind


def test_confidence_of_a_kind_that_no_turn_has_is_the_mean_of_all():
    figures = FIGURES | {"user_sentiment": -0.3, "positive_user_share": 0.0}
    found = to_guide(analysis(**figures), "c1")["sentiment"]
    assert found["type"] == "negative"
    assert found["confidence"] == pytest.approx(np.mean([0.9, 0.6]))


def test_unknown_conversation():
    with pytest.raises(NotFound):
        to_guide(analysis(), "c9")
