"""The parts of the page about one conversation: header, figures, score, insights, side rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from cvi.analysis.analyse import METRICS
from cvi.ui import tables
from cvi.ui.literal import literal
from cvi.ui.opened import Opened

PARTS = ("engagement", "depth", "balance", "satisfaction")
_TILES = (
    "duration_s", "turns", "user_word_share",
    "response_time_p50", "response_time_p95", "silence_share",
    "user_sentiment", "sentiment_change", "user_interruptions",
)  # fmt: skip
_OUTCOMES: dict[str, Any] = {
    "completed": ("green", ":material/check_circle:"),
    "time_limit": ("blue", ":material/timer:"),
    "in_progress": ("violet", ":material/graphic_eq:"),
    "never_spoke": ("orange", ":material/mic_off:"),
    "nobody_came": ("gray", ":material/person_off:"),
    "failed": ("red", ":material/error:"),
}
_KINDS = {
    "problem": (":material/report:", "Problem"),
    "opportunity": (":material/lightbulb:", "Opportunity"),
    "engagement": (":material/favorite:", "Engagement"),
    "strategy": (":material/route:", "Strategy"),
}
_FAMILIES = {
    "quality": "Quality",
    "participation": "Participation",
    "timing": "Timing",
    "turn_taking": "Turn-taking",
    "sentiment": "Sentiment",
    "repair": "Repair",
    "outcome": "Outcome",
}


def header(found: Opened) -> None:
    """Title, and what kind of conversation it was, in one glance."""
    st.subheader(literal(found.word("title") or found.id, limit=160), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        outcome = found.word("outcome")
        colour, icon = _OUTCOMES.get(outcome or "", ("gray", ":material/help:"))
        st.badge(literal((outcome or "outcome unknown").replace("_", " ")), color=colour, icon=icon)
        if persona := found.word("persona"):
            st.badge(literal(persona, limit=60), icon=":material/face:", color="primary")
        if source := found.word("source"):
            st.badge(literal(source, limit=60), icon=":material/input:", color="gray")
        for topic in found.topics[:4]:
            st.badge(literal(topic, limit=40), icon=":material/sell:", color="gray")
    language = found.word("language") or "unknown"
    st.caption(
        f"{literal(_started(found))} · language {literal(language)} "
        f"· id `{found.id.replace('`', chr(39))}`"
    )


def _started(found: Opened) -> str:
    stamp = tables.moment(found.about.get("started_at"))
    return "start unknown" if stamp == "unknown" else stamp


def figures(found: Opened) -> None:
    """Nine figures with their units; a missing one says so and why."""
    with st.grid(3, gap="small", min_column_width=150):
        for name in _TILES:
            metric, value = METRICS[name], found.number(name)
            about = f"{metric.label}: {metric.formula}"
            if value is None:
                about = f"{metric.label}: {tables.NOT_MEASURABLE}, {tables.why(found, name)}"
            st.metric(
                tables.short(name),
                "—" if value is None else tables.figure(metric, value),
                delta=tables.NOT_MEASURABLE if value is None else None,
                delta_color="off",
                delta_arrow="off",
                help=literal(about, limit=600),
                border=True,
                height="stretch",
            )


def score(found: Opened) -> None:
    """The quality score with its four parts, and what cost most of its points."""
    with st.container(border=True, height="stretch", gap="small"):
        value = found.number("quality")
        if value is None:
            st.markdown("**Quality**")
            st.caption(f"Not measurable: {literal(tables.why(found, 'quality'), limit=400)}")
            return
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.markdown("**Quality**", help=literal(METRICS["quality"].formula, limit=900))
            st.markdown(f"**{value:.0f}** of 100")
        for part in PARTS:
            points = found.number(f"quality_{part}")
            shown = "not measurable" if points is None else f"{points:.0f}"
            st.progress(
                0.0 if points is None else min(max(points / 100, 0.0), 1.0),
                text=f"{part.capitalize()} · {shown}",
            )
        costs = found.costs.head(2)
        for lost, sentence in zip(costs["points_lost"], costs["sentence"], strict=True):
            st.caption(f":red[−{lost:.0f} points] · {literal(sentence)}")


def insights(found: Opened, on_jump: Callable[[int], None]) -> None:
    """What stands out, each with the turns it rests on as buttons."""
    st.markdown("**Points of interest**")
    if found.insights.empty:
        st.caption("Nothing stands out by the rules. That is no verdict on the conversation.")
    rows = found.insights.sort_values("confidence", ascending=False).to_dict("records")
    for row in rows:
        icon, name = _KINDS.get(str(row["kind"]), (":material/info:", str(row["kind"])))
        with st.container(border=True, gap="xsmall"):
            sure = "" if pd.isna(row["confidence"]) else f" · {row['confidence']:.0%} sure"
            st.caption(f"{icon} {literal(name)}{sure}")
            st.markdown(literal(row["message"], limit=400))
            with st.container(horizontal=True, gap="xsmall"):
                for idx in _evidence(row["evidence"]):
                    st.button(
                        f"#{idx}",
                        key=f"insight-{row['idx']}-{idx}",
                        on_click=on_jump,
                        args=(idx,),
                        type="tertiary",
                        icon=":material/arrow_forward:",
                        help="Jump to this turn",
                    )


def _evidence(text: object) -> list[int]:
    try:
        found = json.loads(text) if isinstance(text, str) else []
    except ValueError:
        return []
    return [int(idx) for idx in dict.fromkeys(found)]


def metrics(found: Opened) -> None:
    """Every metric by family: its figure, and how it is computed or why it cannot be."""
    known, every = tables.measured(found)
    st.caption(
        f"{known} of {every} metrics are measurable here. A dash is not a zero: the right column "
        "says what was missing."
    )
    frames = tables.families(found)
    order = [name for name in _FAMILIES if name in frames]
    for family in [*order, *(name for name in frames if name not in order)]:
        st.markdown(f"**{_FAMILIES.get(family, family.capitalize())}**")
        st.dataframe(
            frames[family],
            hide_index=True,
            height="content",
            column_config={
                "Metric": st.column_config.TextColumn(width=210),
                "Value": st.column_config.TextColumn(width=140),
            },
            alt=f"{family} metrics of this conversation",
        )


def happenings(found: Opened) -> None:
    """Tool calls with their arguments, signals, and what perception reported."""
    if found.tools.empty and found.signals.empty and found.perceptions.empty:
        st.info(
            "No tool call, signal or perception report came with this conversation. They arrive "
            "as live events: see Status for the webhook address.",
            icon=":material/build:",
        )
        return
    if len(found.tools):
        _tools(found.tools)
    if len(found.signals):
        st.markdown("**Signals**")
        st.dataframe(
            found.signals,
            hide_index=True,
            column_order=["offset_s", "kind", "name", "detail"],
            column_config={"offset_s": _OFFSET, "kind": "Kind", "name": "Name", "detail": "Detail"},
            placeholder="—",
            alt="Guardrails, objectives and other signals",
        )
    for row in found.perceptions.head(20).to_dict("records"):
        st.markdown(f"**Perception** · {literal(row['kind'])}")
        st.text(str(row["content"])[:8000])


def _tools(tools: pd.DataFrame) -> None:
    st.markdown("**Tool calls**")
    picked = st.dataframe(
        tools,
        hide_index=True,
        height="content" if len(tools) < 10 else 380,
        on_select="rerun",
        selection_mode="single-row",
        key="tool-rows",
        column_order=["offset_s", "name", "modality", "status", "problem", "result"],
        column_config={
            "offset_s": _OFFSET,
            "name": st.column_config.TextColumn("Tool", width=200),
            "modality": st.column_config.TextColumn("Asked by", width=80),
            "status": st.column_config.TextColumn("Status", width=90),
            "problem": "Problem",
            "result": "Result",
        },
        placeholder="—",
        alt="Tool calls",
    )
    rows = picked["selection"]["rows"] or [0]
    row = tools.iloc[min(rows[0], len(tools) - 1)]
    with st.container(border=True):
        st.markdown(f"Arguments of **{literal(row['name'])}**")
        arguments = row["arguments"] if isinstance(row["arguments"], str) else ""
        if arguments:
            st.code(_pretty(arguments), language="json", wrap_lines=True)
        else:
            st.caption("The call came without arguments.")


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)[:20_000]
    except ValueError:
        return text[:20_000]


_OFFSET = st.column_config.NumberColumn("At", format="%.1f s", width=80)


def guide(found: Opened) -> None:
    """The analysis in the guide's JSON shape, as stored beside the transcript."""
    if found.guide is None:
        st.info(
            "There is no transcript yet, so there is no analysis.", icon=":material/data_object:"
        )
        return
    st.download_button(
        "Download",
        found.guide,
        file_name="analysis.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
    )
    if len(found.guide) <= 200_000:
        st.json(found.guide, expanded=2)
    else:
        st.caption("It is too large to show here.")
