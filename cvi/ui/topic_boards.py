"""What the topics page draws, made once per data and filter. Shared: nobody may write to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from cvi.analysis import cooccurrence, summary, summary_topics
from cvi.charts import topics as topic_charts
from cvi.charts.chart import Chart
from cvi.selection.filters import Filters
from cvi.store import queries
from cvi.ui import explain, workbench
from cvi.ui.boards import COLUMNS

_KEPT = 32


@dataclass(frozen=True)
class Topics:
    """The ranked topics of one kind."""

    ranked: pd.DataFrame
    shares: Chart
    quality: Chart
    sentiment: Chart
    together: Chart
    told: str
    names: tuple[str, ...]
    rest: tuple[str, ...]  # rows that are no topic
    without: int
    of: int
    counts: explain.Counts
    step: str


def topics(filters: Filters, kind: str) -> Topics:
    """What the chosen conversations are about."""
    return _topics(workbench.version(), filters, kind)


@st.cache_resource(max_entries=_KEPT, show_spinner="Counting topics …")
def _topics(version: str, filters: Filters, kind: str) -> Topics:
    frame = workbench.chosen(filters)
    found = summary_topics.of(workbench.topics(version), frame, kind)
    ranked = summary_topics.ranked(found, frame)
    no_topic = ranked["topic"].isin(summary_topics.REST)
    named = ranked[~no_topic]
    pairs = cooccurrence.together(found, frame, kind)
    first = pd.concat([named.head(topic_charts.MOST), ranked[no_topic]]).assign(
        rest=lambda each: each["topic"].isin(summary_topics.REST)
    )
    tokens = [summary_topics.token(kind, name) for name in first["topic"]]
    return Topics(
        ranked=ranked,
        shares=topic_charts.shares(first, tokens),
        quality=topic_charts.against_the_rest(
            first, tokens, "quality", column="quality", what="Quality", form="+.1f"
        ),
        sentiment=topic_charts.against_the_rest(
            first, tokens, "user_sentiment", column="sentiment", what="Sentiment", form="+.2f"
        ),
        together=topic_charts.together(pairs),
        told=cooccurrence.told(pairs),
        names=tuple(named["topic"]),
        rest=tuple(ranked["topic"][ranked["topic"].isin(summary_topics.REST)]),
        without=int(ranked.loc[ranked["topic"].isin(summary_topics.REST), "n"].sum()),
        of=len(frame),
        counts=explain.counted(frame, ("quality", "user_sentiment", "user_repair_rate")),
        step=summary.step(frame),
    )


@dataclass(frozen=True)
class Topic:
    """One topic: its trend, its words, what is said, and its conversations."""

    row: Mapping[str, Any]
    trend: Chart
    words: tuple[str, ...]
    companions: pd.DataFrame
    subtopics: pd.DataFrame
    quotes: tuple[dict[Any, Any], ...]
    members: pd.DataFrame


def topic(filters: Filters, kind: str, name: str) -> Topic:
    """One topic of the chosen conversations."""
    return _topic(workbench.version(), filters, kind, name)


@st.cache_resource(max_entries=_KEPT, show_spinner="Reading the topic …")
def _topic(version: str, filters: Filters, kind: str, name: str) -> Topic:
    frame, every = workbench.chosen(filters), workbench.topics(version)
    found = summary_topics.of(every, frame, kind)
    mine = summary_topics.members(found, frame, name)
    words = summary_topics.words_of(name, kind)
    ranked = _topics(version, filters, kind).ranked
    return Topic(
        row={str(key): value for key, value in ranked[ranked["topic"] == name].iloc[0].items()},
        trend=topic_charts.trend(
            summary_topics.trend(found, frame, name), name, summary_topics.token(kind, name)
        ),
        words=tuple(words),
        companions=summary_topics.companions(every, mine, frame),
        subtopics=_subtopics(every, found, frame, (kind, name)),
        quotes=tuple(_quotes(mine, words)),
        members=summary.entries(mine.head(200), COLUMNS),
    )


def _subtopics(
    every: pd.DataFrame, found: pd.DataFrame, frame: pd.DataFrame, topic: tuple[str, str]
) -> pd.DataFrame:
    """Clusters within a named topic, terms within a cluster."""
    kind, name = topic
    finer = {"lexicon": "corpus", "corpus": "term"}.get(kind)
    if finer is None or name in summary_topics.REST:
        return pd.DataFrame({"topic": [], "n": [], "lift": [], "filters": []})
    parts = cooccurrence.subtopics(every, found, frame, name, kind, finer)
    if parts.empty and finer == "corpus":
        return cooccurrence.subtopics(every, found, frame, name, kind, "term")
    return parts


def _quotes(mine: pd.DataFrame, words: list[str]) -> list[dict[Any, Any]]:
    if not words or mine.empty:
        return []
    here = workbench.ports()
    ids = mine["conversation_id"].head(24).tolist()
    turns = queries.table_rows(here.engine, "turns", ids, workspace=here.workspace)
    persona = mine.set_index("conversation_id")["persona"]
    best = summary_topics.quotes(turns, words)
    return best.assign(persona=best["conversation_id"].map(persona)).to_dict("records")
