"""One conversation, read whole and kept until the data change: what the detail page draws."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from cvi.analysis import quality
from cvi.analysis.batch import Batch
from cvi.analysis.language import UNKNOWN, is_english
from cvi.charts import conversation as charts
from cvi.frames.schema import SCHEMA, Frames, empty
from cvi.store import operations, queries
from cvi.ui import workbench

_TABLES = ("turns", "speaking", "tool_calls", "signals", "perceptions", "insights")


@dataclass(frozen=True, slots=True)
class Opened:
    """`about` holds the conversation's columns and metrics; the rest are its rows, in order."""

    id: str
    about: Mapping[str, Any]
    turns: pd.DataFrame
    speaking: pd.DataFrame
    tools: pd.DataFrame
    signals: pd.DataFrame
    perceptions: pd.DataFrame
    insights: pd.DataFrame
    topics: list[str]
    guide: str | None
    reasons: Mapping[str, str]  # metric → why it is not measurable
    costs: pd.DataFrame  # part, item, points_lost, sentence; most costly first
    batch: Batch  # the same rows as the analysis reads them

    def number(self, name: str) -> float | None:
        """A numeric column or metric; None when it is missing."""
        value = self.about.get(name)
        return None if value is None or pd.isna(value) else float(value)

    def word(self, name: str) -> str | None:
        """A text column; None when it is missing."""
        value = self.about.get(name)
        return value if isinstance(value, str) and value.strip() else None


def conversation(conversation_id: str) -> Opened | None:
    """The conversation with that id; None when there is none."""
    return _opened(workbench.version(), conversation_id)


@st.cache_resource(max_entries=24, show_spinner="Reading the conversation …")
def _opened(version: str, conversation_id: str) -> Opened | None:  # noqa: ARG001 - cache key
    here = workbench.ports()
    about = queries.one_conversation(
        here.engine, conversation_id, workspace=here.workspace, names=workbench.NAMES
    )
    if about is None:
        return None
    frames = {
        name: queries.rows_of(here.engine, name, conversation_id, workspace=here.workspace)
        for name in (*_TABLES, "conversation_topics", "conversation_transcripts")
    }
    guides = frames["conversation_transcripts"]["metadata"].dropna().tolist()
    batch = _batch(about, frames)
    return Opened(
        id=conversation_id,
        about=about,
        turns=frames["turns"],
        speaking=frames["speaking"],
        tools=frames["tool_calls"],
        signals=frames["signals"],
        perceptions=frames["perceptions"],
        insights=frames["insights"].assign(evidence=_evidence(frames["insights"])),
        topics=list(dict.fromkeys(frames["conversation_topics"]["topic"].dropna().tolist())),
        guide=guides[0] if guides else None,
        reasons=why_missing(about.get("reasons")),
        costs=_costs(about, batch),
        batch=batch,
    )


def _evidence(insights: pd.DataFrame) -> pd.Series[Any]:
    """The turns each insight rests on; the store keeps them as JSON text."""
    return (
        insights["evidence"]
        .astype("object")
        .map(lambda text: list(dict.fromkeys(json.loads(text))))
    )


def why_missing(reasons: object) -> dict[str, str]:
    """Metric → why it is not measurable, from the JSON the analysis left."""
    try:
        found = json.loads(reasons) if isinstance(reasons, str) else {}
    except ValueError:
        return {}
    return {
        name: reason.removeprefix("not measured: ")
        for reason, names in found.items()
        for name in names
    }


def _batch(about: Mapping[str, Any], frames: Mapping[str, pd.DataFrame]) -> Batch:
    """The stored rows as the analysis reads them, with the sentiment it gave them."""
    row = pd.DataFrame([{name: about.get(name) for name in SCHEMA["conversations"]}])
    conversations = pd.concat([empty("conversations"), row]).astype(dict(SCHEMA["conversations"]))
    turns = frames["turns"]
    scores = turns[["sentiment_label", "sentiment_score", "sentiment_confidence"]]
    spoken = " ".join(turns["text"].dropna().tolist())
    code = about.get("language")
    english = pd.Series([is_english(code if isinstance(code, str) else UNKNOWN, spoken)])
    return Batch.of(
        Frames(
            conversations=conversations.reset_index(drop=True),
            turns=turns[list(SCHEMA["turns"])],
            speaking=frames["speaking"],
            tool_calls=frames["tool_calls"],
            perceptions=frames["perceptions"],
            signals=frames["signals"],
        ),
        sentiment=scores.rename(columns=lambda name: name.removeprefix("sentiment_")),
        english=english.set_axis(conversations["conversation_id"]),
    )


def _costs(about: Mapping[str, Any], batch: Batch) -> pd.DataFrame:
    """What cost most points of the quality score, measured on the stored rows."""
    score = about.get("quality")
    if score is None or pd.isna(score):
        return pd.DataFrame(columns=["part", "item", "points_lost", "sentence"])
    found = quality.costliest(batch).sort_values("points_lost", ascending=False)
    return found.reset_index(drop=True)


def figure(opened: Opened) -> go.Figure:
    """The timeline of a conversation; kept, because building it costs more than sending it."""
    return _figure(workbench.version(), opened.id)


@st.cache_resource(max_entries=24, show_spinner=False)
def _figure(version: str, conversation_id: str) -> go.Figure:
    opened = cast("Opened", _opened(version, conversation_id))
    return charts.timeline(opened.turns, opened.speaking, opened.tools, opened.signals)


def turn_of(opened: Opened, given: str) -> int | None:
    """The turn that a word of the URL names; None when it names none of this conversation."""
    # `isdecimal` alone lets other scripts' digits through, and int() reads those.
    known = given.isascii() and given.isdecimal() and len(given) < 10
    return int(given) if known and int(given) < len(opened.turns) else None


def log_page(
    conversation_id: str | None, types: tuple[str, ...], *, number: int, size: int
) -> tuple[pd.DataFrame, int]:
    """A page of the event log. Not kept: the log grows without the views changing."""
    here = workbench.ports()
    return operations.event_log(
        here.engine,
        workspace=here.workspace,
        types=types,
        conversation_id=conversation_id,
        limit=size,
        offset=(number - 1) * size,
    )
