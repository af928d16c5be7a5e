"""The ranked table of topics, the choice of one, and its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from cvi.analysis.summary_topics import KINDS, REST
from cvi.analysis.units import shown_change
from cvi.selection.filters import Filters
from cvi.ui import drill, explain
from cvi.ui.literal import literal
from cvi.ui.topic_boards import Topics

_ABOUT: Mapping[str, str] = {
    "lexicon": "Topics of the lexicon: named once a conversation says enough of their words.",
    "corpus": "Groups of conversations that use the same words, named by their heaviest terms.",
    "term": "Words and pairs a conversation repeats that no named topic covers.",
}
_MISSING: Mapping[str, str] = {
    "lexicon": "No topic of the lexicon was found in these conversations.",
    "corpus": "There are no clusters yet: they are found once 20 conversations have been said, "
    "in the background.",
    "term": "No term is repeated in these conversations.",
}


def about(kind: str, board: Topics) -> str:
    """What is listed, and of how many."""
    if not board.names:
        return _MISSING[kind]
    without = f" {board.without:,} of {board.of:,} have none." if board.without else ""
    return f"{_ABOUT[kind]}{without}"


def draw(ranked: pd.DataFrame, *, key: str, counts: explain.Counts) -> None:
    """The table; selecting a row chooses its topic."""
    config = st.column_config
    trended = any(len(each) > 1 for each in ranked["trend"])
    top = float(100 * ranked["share"].max())
    columns: dict[str, Any] = {
        "topic": config.TextColumn("Topic", width=150),
        "share": config.ProgressColumn(
            "Share", format="%.0f %%", min_value=0, max_value=top, width=120,
            help="Share of the conversations in which the topic comes up",
        ),
        "n": config.NumberColumn("n", format="%,d", width=60, help="Conversations with the topic"),
        "quality": config.NumberColumn(
            "Quality", format="%.0f", width=80, help=explain.note("quality", *counts["quality"])
        ),
        "quality_vs_rest": config.NumberColumn(
            "vs rest", format="%+.1f", width=70,
            help="Median quality of its conversations minus that of all others, in points; empty "
            "with fewer than 5 on either side",
        ),
        "sentiment": config.NumberColumn(
            "Sentiment", format="%+.2f", width=90,
            help=explain.note("user_sentiment", *counts["user_sentiment"]),
        ),
        "sentiment_vs_rest": config.NumberColumn(
            "vs rest ", format="%+.2f", width=70,
            help="Median sentiment minus that of all others",
        ),
        "repair": config.NumberColumn(
            "Repairs", format="%.1f", width=80,
            help=explain.note("user_repair_rate", *counts["user_repair_rate"]),
        ),
        "low": config.NumberColumn(
            "Low quality", format="%.1f ×", width=95,
            help="How many times as often its conversations are of low quality (under 40)",
        ),
        "trend": config.LineChartColumn("Trend", width=130, y_min=0, help="Share by week"),
    }  # fmt: skip
    hidden = {name for name in ("low",) if ranked[name].isna().all()}
    order = [name for name in columns if name not in hidden and (name != "trend" or trended)]
    shown = ranked.assign(share=100 * ranked["share"], trend=ranked["trend"].map(list))
    st.dataframe(
        shown, hide_index=True, column_order=order, column_config=columns, key=key,
        on_select=lambda: _clicked(key, ranked["topic"].tolist()), selection_mode="single-row",
        placeholder="—", height=min(38 + 35 * len(shown), 420), alt="Topics, most frequent first",
    )  # fmt: skip


def _clicked(key: str, names: Sequence[str]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows and rows[0] < len(names):
        st.session_state["about"] = names[rows[0]]


def pick(names: Sequence[str], kind: str) -> str:
    """The topic that is looked at: in the URL, set by the table or by the list."""
    if st.session_state.get("about") not in names:
        st.session_state["about"] = names[0]
    return st.selectbox(
        f"Look into one of the {KINDS[kind].lower()}", names, key="about", bind="query-params",
        width=340,
    )  # fmt: skip


def heading(name: str, row: Mapping[str, Any]) -> None:
    """The topic's name, and how its conversations go."""
    parts = [f"{int(row['n']):,} conversations ({100 * row['share']:.0f} %)"]
    if pd.notna(row["quality"]):
        versus = ""
        if pd.notna(row["quality_vs_rest"]):
            versus = f" ({shown_change(row['quality_vs_rest'], 'points')} against the rest)"
        parts.append(f"median quality {row['quality']:.0f}{versus}")
    else:
        parts.append("quality not measurable")
    if pd.notna(row["sentiment"]):
        parts.append(f"sentiment {row['sentiment']:+.2f}")
    if pd.notna(row["low"]):
        parts.append(f"low quality {row['low']:.1f} × as often")
    st.markdown(f"#### {literal(name).capitalize()}")
    st.caption(" · ".join(parts))


def words_about(kind: str, name: str) -> str:
    """What the words beneath are."""
    if name in REST:
        return "What these conversations repeat instead."
    return "What counts as this topic." if kind == "lexicon" else "What the topic is named by."


def words(own: Sequence[str], companions: pd.DataFrame) -> None:
    """The topic's words, and the terms that set its conversations apart."""
    if own:
        more = f" :gray[and {len(own) - 14} more]" if len(own) > 14 else ""
        st.markdown(" ".join(f":gray-badge[{literal(word)}]" for word in own[:14]) + more)
    if len(companions):
        st.caption("Often said in the same conversations")
        terms = zip(companions["topic"], companions["n"], strict=True)
        st.markdown(" ".join(f":blue-badge[{literal(term)} {n}]" for term, n in terms))
    if not own and companions.empty:
        st.caption("No words to show.")


def subtopics(parts: pd.DataFrame, filters: Filters) -> None:
    """What the topic is made of, each part with the way to its conversations."""
    if parts.empty:
        return
    st.caption("Within it, more often than elsewhere")
    with st.container(horizontal=True, gap="xsmall"):
        for part in parts.head(8).to_dict("records"):
            drill.link(
                f"{part['topic']} {part['n']:,}", filters.both(part["filters"]),
                help=f"{part['lift']:.1f} times as often as in all conversations",
            )  # fmt: skip
