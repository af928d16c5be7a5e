"""What lies behind one conversation: metrics, tools and documents, perception, the guide's JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import cast

import pandas as pd
import streamlit as st

from cvi.analysis.analyse import METRICS
from cvi.analysis.standing import standing
from cvi.charts.lanes import BASES, basis
from cvi.store import works
from cvi.ui import chartfiles, explain, filterbar, opened, tables, workbench
from cvi.ui.literal import literal
from cvi.ui.opened import Opened

_FAMILIES = {
    "quality": "Quality",
    "participation": "Participation",
    "timing": "Timing",
    "turn_taking": "Turn-taking",
    "sentiment": "Sentiment",
    "repair": "Repair",
    "outcome": "Outcome",
}
_OFFSET = st.column_config.NumberColumn("At", format="%.1f s", width=80)
_CHART = 640  # pixels, of the look at the chart
_ALL = "All conversations"

Jump = Callable[[int], None]


def chart_menu(found: Opened) -> None:
    """The timeline as a chart for paper: a look at it, and its files. Made once it is opened."""
    box = st.popover(
        "Chart", icon=":material/insert_chart:", key="chart-menu", on_change="rerun",
        help="The timeline as PNG, SVG, PDF or interactive HTML",
    )  # fmt: skip
    if not box.open:
        return
    with box, st.container(width=_CHART):
        if not (len(found.turns) or len(found.speaking)):
            st.caption("There is nothing to draw: nobody is on record as having said anything.")
            return
        drawn = opened.figure(found)
        about = BASES[basis(found.turns, found.speaking)]
        st.plotly_chart(
            drawn, key="chart-preview", config={"displayModeBar": False},
            alt="Who spoke when, and the user's sentiment",
        )  # fmt: skip
        chartfiles.menu(
            drawn, title=found.word("title") or found.id, filters=filterbar.current(),
            n=f"{len(found.turns):,} turns", key="chart-files", about=about,
        )  # fmt: skip


# --- metrics -------------------------------------------------------------------------------------


def metrics(found: Opened) -> None:
    """Every metric by family: its figure, where it stands among others, and how it is computed."""
    known, every = tables.measured(found)
    persona = found.word("persona")
    names = [f"Persona {persona}", _ALL] if persona else [_ALL]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"{known} of {every} metrics are measurable here. A dash is not a zero: the last "
            "column says what was missing."
        )
        if len(names) > 1:
            st.segmented_control(
                "Compared with", names, default=names[0], required=True, key="compared",
                label_visibility="collapsed", format_func=lambda name: literal(name, limit=40),
            )  # fmt: skip
    wide = len(names) == 1 or st.session_state.get("compared") == _ALL
    others = _others(workbench.version(), found.id, None if wide else persona)
    for family, rows in _families(found, others).items():
        st.markdown(f"**{_FAMILIES.get(family, family.capitalize())}**")
        st.dataframe(
            rows,
            hide_index=True,
            height="content",
            column_config=_COLUMNS,
            alt=f"{family} metrics of this conversation",
        )


@st.cache_data(max_entries=48, show_spinner="Comparing …")
def _others(version: str, conversation_id: str, persona: str | None) -> pd.DataFrame:  # noqa: ARG001 - cache key
    found = cast("Opened", opened.conversation(conversation_id))
    frame = workbench.conversations()
    if persona is not None:
        frame = frame[frame["persona"] == persona]
    values = {name: value for name in METRICS if (value := found.number(name)) is not None}
    return standing(frame, values, tuple(METRICS))


def _families(found: Opened, others: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Family → Metric, Value, Median, Place, n and how it is computed, or why it cannot be."""
    rows: dict[str, list[dict[str, object]]] = {name: [] for name in _FAMILIES}
    stands = others.to_dict("index")
    for name, metric in METRICS.items():
        value, other = found.number(name), stands[name]
        median = None if pd.isna(other["median"]) else other["median"]
        missing = f"{tables.NOT_MEASURABLE}: {tables.why(found, name)}"
        rows.setdefault(metric.family, []).append(
            {
                "Metric": metric.label,
                "Value": "—" if value is None else tables.shown(metric, value),
                "Median": "—" if median is None else tables.shown(metric, median),
                "Place": 100 * other["below"],
                "n": other["n"],
                "How": missing if value is None else metric.formula,
                "From": explain.NEEDS[metric.needs],
            }
        )
    return {family: pd.DataFrame(each) for family, each in rows.items() if each}


_COLUMNS = {
    "Metric": st.column_config.TextColumn(width=200),
    "Value": st.column_config.TextColumn(width=124),
    "Median": st.column_config.TextColumn(
        width=124, help="Of the conversations it is compared with, where they could be measured."
    ),
    "Place": st.column_config.ProgressColumn(
        "Percentile", min_value=0, max_value=100, format="%.0f", width=92,
        help="How many of 100 of those conversations lie below this one; ties count half.",
    ),
    "n": st.column_config.NumberColumn(
        width=54, help="Conversations compared with that could be measured."
    ),
    "How": st.column_config.TextColumn("How it is computed, or why it cannot be", width=420),
    "From": st.column_config.TextColumn(width=150),
}  # fmt: skip


# --- tools and documents -------------------------------------------------------------------------


def tools(found: Opened, on_jump: Jump) -> None:
    """Tool calls with arguments, result and status; the documents that came of them."""
    if len(found.tools):
        _calls(found, on_jump)
    else:
        st.info(
            "No tool call came with this conversation. They arrive as live events: see Status for "
            "the webhook address.",
            icon=":material/build:",
        )
    here = workbench.ports()
    documents = works.documents(here.engine, found.id, workspace=here.workspace)
    st.markdown("**Documents**")
    if documents.empty:
        st.caption("No document was generated from this conversation.")
        return
    st.dataframe(
        documents,
        hide_index=True,
        height="content",
        column_config={
            "title": "Title",
            "document_type": "Kind",
            "created_at": st.column_config.DatetimeColumn("Made", format="YYYY-MM-DD HH:mm"),
        },
        alt="Documents generated from this conversation",
    )


def _calls(found: Opened, on_jump: Jump) -> None:
    calls = found.tools
    st.markdown("**Tool calls** · select one to see its arguments and result")
    picked = st.dataframe(
        calls,
        hide_index=True,
        height="content" if len(calls) < 10 else 380,
        on_select="rerun",
        selection_mode="single-row",
        key=f"tool-rows-{found.id}",
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
    row = calls.iloc[min(rows[0], len(calls) - 1)]
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{literal(row['name'])}**")
            _open_turn(found, row["offset_s"], on_jump)
        for label, name in (("Arguments", "arguments"), ("Result", "result")):
            text = row[name] if isinstance(row[name], str) else ""
            st.caption(label if text else f"{label}: none came with the call.")
            if text:
                st.code(_pretty(text), language="json", wrap_lines=True)


def _open_turn(found: Opened, offset: float, on_jump: Jump) -> None:
    """A button to the turn under way at that second, where that can be told."""
    begun = found.turns["idx"][found.turns["offset_s"] <= offset]
    if len(begun):
        turn = int(begun.iloc[-1])
        st.button(
            f"Open turn #{turn}", icon=":material/arrow_forward:", type="tertiary",
            on_click=on_jump, args=(turn,), key="open-tool-turn",
        )  # fmt: skip


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)[:20_000]
    except ValueError:
        return text[:20_000]


# --- perception, signals, guide ------------------------------------------------------------------


def perception(found: Opened) -> None:
    """What the replica saw and heard, and the signals of guardrails, objectives and control."""
    noted = found.turns[found.turns["tone"].notna() | found.turns["look"].notna()]
    if not (len(found.signals) or len(found.perceptions) or len(noted)):
        st.info(
            "No signal and no perception report came with this conversation. They arrive as live "
            "events: see Status for the webhook address.",
            icon=":material/visibility_off:",
        )
        return
    if len(found.signals):
        st.markdown("**Signals**")
        st.dataframe(
            found.signals,
            hide_index=True,
            height="content" if len(found.signals) < 10 else 380,
            column_order=["offset_s", "kind", "name", "detail"],
            column_config={"offset_s": _OFFSET, "kind": "Kind", "name": "Name", "detail": "Detail"},
            placeholder="—",
            alt="Guardrails, objectives and other signals",
        )
    for row in found.perceptions.head(20).to_dict("records"):
        st.markdown(f"**Perception** · {literal(row['kind'])}")
        for line in str(row["content"])[:8000].splitlines():
            st.markdown(_lead(line))
    if len(noted):
        st.markdown("**Tone and look, turn by turn**")
        st.dataframe(
            noted,
            hide_index=True,
            height="content" if len(noted) < 10 else 380,
            column_order=["idx", "offset_s", "tone", "look", "text"],
            column_config={
                "idx": st.column_config.NumberColumn("Turn", format="#%d", width=64),
                "offset_s": _OFFSET, "tone": "Tone", "look": "Look", "text": "Words",
            },
            placeholder="—",
            alt="Notes on tone and look of turns",
        )  # fmt: skip


def _lead(line: str) -> str:
    """A line as it is, but for the bold lead that reports begin lines with ("**Setting:** …")."""
    if lead := re.match(r"\s*\*\*([^*]+)\*\*", line):
        return f"**{literal(lead[1])}** {literal(line[lead.end() :], limit=4000)}"
    return literal(line, limit=4000)


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
