"""The top of the page about one conversation: what it was, how it ended, what it measures to."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from cvi.analysis.analyse import METRICS
from cvi.analysis.quality import WEIGHTS
from cvi.charts.spans import clock
from cvi.selection.filters import zone_of
from cvi.ui import filterbar, scorestrip, tables
from cvi.ui.literal import literal
from cvi.ui.opened import Opened

_TILES = (
    "duration_s", "turns", "user_word_share", "response_time_p50", "silence_share",
    "user_interruptions", "user_sentiment",
)  # fmt: skip
# What is said beneath a figure, where it can be measured: a prefix and the metric.
_BENEATH = {
    "response_time_p50": ("p95", "response_time_p95"),
    "user_sentiment": ("change", "sentiment_change"),
    "user_word_share": ("of speech", "user_talk_share"),
}
_LABELS = {
    "user_word_share": "User's words", "response_time_p50": "Response",
    "silence_share": "Silence",
    "user_interruptions": "Interrupted", "user_sentiment": "Mood",
}  # fmt: skip
_OUTCOMES: dict[str, Any] = {
    "completed": ("green", ":material/check_circle:"),
    "time_limit": ("blue", ":material/timer:"),
    "in_progress": ("violet", ":material/graphic_eq:"),
    "never_spoke": ("orange", ":material/mic_off:"),
    "nobody_came": ("gray", ":material/person_off:"),
    "failed": ("red", ":material/error:"),
}
_CLOCKS = {
    "speaking": "from speaking events",
    "ends": "from turns with start and length",
    "starts": "starts of turns only",
    "none": "none known",
}


def header(found: Opened) -> None:
    """Title, and what kind of conversation it was, in one glance."""
    st.subheader(literal(found.word("title") or found.id, limit=160), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        outcome = found.word("outcome")
        colour, icon = _OUTCOMES.get(outcome or "", ("gray", ":material/help:"))
        st.badge(literal(_ended(found)), color=colour, icon=icon)
        for name, icon, shade in (
            ("persona", ":material/psychology:", "primary"),
            ("replica", ":material/face:", "gray"),
            ("source", ":material/input:", "gray"),
        ):
            if said := found.word(name):
                st.badge(literal(said, limit=60), icon=icon, color=shade, help=name.capitalize())  # type: ignore[arg-type]
        for topic in found.topics[:3]:
            st.badge(literal(topic, limit=40), icon=":material/sell:", color="gray", help="Topic")
    st.caption(" · ".join(_facts(found)))


def _ended(found: Opened) -> str:
    """The outcome, and the reason that the platform gave for the end."""
    outcome = (found.word("outcome") or "outcome unknown").replace("_", " ")
    reason = (found.word("shutdown_reason") or "").replace("_", " ")
    return f"{outcome}: {reason}" if reason and reason != outcome else outcome


def _facts(found: Opened) -> list[str]:
    language = found.word("language") or "unknown"
    clock = _CLOCKS.get(found.word("clock") or "none", "unknown")
    facts = [
        literal(started(found)),
        f"language {literal(language)}",
        f"times: {clock}",
        f"id `{found.id.replace('`', chr(39))}`",
    ]
    return facts + [literal(f"{name}: {value}", limit=60) for name, value in _labels(found)[:6]]


def _labels(found: Opened) -> list[tuple[str, object]]:
    try:
        labels = json.loads(found.word("labels") or "{}")
    except ValueError:
        return []
    flat = labels.items() if isinstance(labels, dict) else ()
    return [(name, value) for name, value in flat if isinstance(value, str | int | float)]


def started(found: Opened) -> str:
    """When it began, in the time zone of the filter (the viewer's), with its name."""
    value = found.about.get("started_at")
    if not isinstance(value, datetime) or pd.isna(value):
        return "start unknown"
    zone = zone_of(filterbar.current().zone)
    moment = (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(zone)
    return f"{moment:%a %d %b %Y %H:%M} ({zone.key})"


def figures(found: Opened) -> None:
    """Seven figures with their units in one row; a missing one says so and why."""
    with st.grid(len(_TILES), gap="small", min_column_width=112):
        for name in _TILES:
            metric, value = METRICS[name], found.number(name)
            about = f"{metric.label}: {metric.formula}"
            if value is None:
                about = f"{metric.label}: {tables.NOT_MEASURABLE}, {tables.why(found, name)}"
            st.metric(
                _LABELS.get(name, metric.label),
                "—" if value is None else _figure(name, value),
                delta=tables.NOT_MEASURABLE if value is None else _beneath(found, name),
                delta_color="off",
                delta_arrow="off",
                help=literal(about, limit=600),
            )


def _figure(name: str, value: float) -> str:
    """A figure in a narrow column: a length reads as a clock."""
    return clock(value) if name == "duration_s" else tables.figure(METRICS[name], value)


def _beneath(found: Opened, name: str) -> str | None:
    prefix, other = _BENEATH.get(name, ("", ""))
    value = found.number(other) if other else None
    return None if value is None else f"{prefix} {tables.figure(METRICS[other], value)}"


def score(found: Opened) -> None:
    """The quality score as a strip of its parts, each as wide as it weighs, and what cost most."""
    value = found.number("quality")
    if value is None:
        why = literal(tables.why(found, "quality"), limit=400)
        st.caption(f"**Quality** is not measurable: {why}")
        return
    parts = [
        scorestrip.Part(part, 100 * weight, found.number(f"quality_{part}"))
        for part, weight in WEIGHTS.items()
    ]
    costs = found.costs[found.costs["points_lost"] >= 0.5].head(3)
    lost = list(zip(costs["points_lost"].tolist(), costs["sentence"].tolist(), strict=True))
    st.html(scorestrip.markup(value, parts, lost))
