"""The lists of the operations page: conversations that something is wrong with, types of events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from cvi.analysis.stalls import KINDS
from cvi.frames.oddities import oddities
from cvi.jobs import refold
from cvi.store import facts, health, operations
from cvi.store.engine import reader
from cvi.ui import clock, tables, workbench
from cvi.ui.literal import literal


def _read(kind: str) -> pd.DataFrame:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    return _lists(workbench.version(), now, kind)


@st.cache_data(max_entries=16, ttl=600, show_spinner="Reading …")
def _lists(version: str, now: datetime, kind: str) -> pd.DataFrame:  # noqa: ARG001 - the key
    here = workbench.ports()
    if kind == "stalled":
        found = health.stalled(here.engine, workspace=here.workspace, now=now)
    elif kind == "odd":
        found = health.odd(here.engine, workspace=here.workspace)
    else:
        found = health.without_transcript(here.engine, workspace=here.workspace)
    return found.assign(open=[tables.address(name) for name in found["conversation_id"]])


_OPEN = st.column_config.LinkColumn("Link", display_text="Open", width=60)


def _shown(frame: pd.DataFrame, columns: dict[str, Any], alt: str, **more: Any) -> Any:  # noqa: ANN401
    config = {
        "conversation_id": st.column_config.TextColumn("Conversation", width=220),
        "persona": st.column_config.TextColumn("Persona", width=120),
        "started_at": clock.column("Started", width=130),
        "open": _OPEN,
        **columns,
    }
    order = ["conversation_id", "open", *(name for name in config if name not in
             ("conversation_id", "open"))]  # fmt: skip
    return st.dataframe(
        frame, hide_index=True, height="content" if len(frame) < 12 else 430,
        column_order=order, column_config=config, placeholder="—", alt=alt, **more,
    )  # fmt: skip


def missing_transcripts(total: int) -> None:
    """Ended conversations whose transcript never came."""
    if not total:
        st.success("Every ended conversation has its transcript.", icon=":material/task_alt:")
        return
    st.caption(
        "These ended without a final transcript. Tavus sends it some minutes after the end. If it "
        "stays away, see that the callback address of the conversation is this workbench's, and "
        "import the verbose reply of the API for it: it holds the transcript."
    )
    frame = _read("quiet")
    frame["duration_s"] = pd.to_timedelta(frame["duration_s"].astype("float64").round(), unit="s")
    _shown(
        frame,
        {
            "ended_at": clock.column("Ended", width=130),
            "duration_s": st.column_config.NumberColumn("Duration", format="compact", width=90),
            "outcome": st.column_config.TextColumn("Outcome", width=110),
        },
        "Ended conversations without a transcript",
    )
    _cut(len(frame), total)


_STALLED = {"silent": "fell silent", "mute": "never spoke", "quiet": "no end came"}
_STALL_COLOURS = ["#C8553D", "#D99A1C", "#8A97A3"]


def stalled(total: int) -> None:
    """Replicas that fell silent, never spoke, or of which nothing is heard any more."""
    if not total:
        st.success("No replica stalled.", icon=":material/task_alt:")
        return
    st.caption(
        " · ".join(f"**{_STALLED[kind]}**: {meaning.lower()}" for kind, meaning in KINDS.items())
        + ". Look at the timeline; if one replica or persona stands out, tell Tavus its ids. A "
        "conversation whose end never came can be ended by its API, so that it costs nothing more."
    )
    frame = _read("stalled")
    frame["kind"] = [[_STALLED[kind]] for kind in frame["kind"]]
    _shown(
        frame,
        {
            "kind": st.column_config.MultiselectColumn(
                "How", options=list(_STALLED.values()), color=_STALL_COLOURS, width=110
            ),
            "seconds": st.column_config.NumberColumn(
                "Seconds", format="%.0f", width=80,
                help="How long it kept silent; the length of the call where it never spoke.",
            ),
            "replica": st.column_config.TextColumn("Replica", width=140),
            "outcome": st.column_config.TextColumn("Outcome", width=110),
        },
        "Conversations in which the replica stalled",
    )  # fmt: skip
    _cut(len(frame), total)


def anomalies(total: int) -> None:
    """Conversations with odd times, lost rows or unknown events; a selected one line by line."""
    if not total:
        st.success("No clock contradicts another, and no row was lost.", icon=":material/task_alt:")
        return
    st.caption(
        "Rows out of order were sorted by their time; rows without words or with an unknown "
        "speaker are left out; unknown events are kept. Latencies of such conversations deserve "
        "doubt: mend the clock or the export where they come from, then import it again. "
        "**Select a row to see what was odd, and where.**"
    )
    frame = _read("odd")
    picked = _shown(
        frame,
        {
            "clock_anomalies": st.column_config.NumberColumn("Times that go back", width=130),
            "skipped_rows": st.column_config.NumberColumn("Rows left out", width=105),
            "unknown_events": st.column_config.NumberColumn("Unknown events", width=120),
            "source": st.column_config.TextColumn("Source", width=110),
        },
        "Conversations with odd times or rows",
        on_select="rerun", selection_mode="single-row", key="odd-rows",
    )  # fmt: skip
    rows = picked["selection"]["rows"]
    if rows and rows[0] < len(frame):
        _oddities(str(frame["conversation_id"].iloc[rows[0]]))
    _cut(len(frame), total)


def _oddities(conversation_id: str) -> None:
    here = workbench.ports()
    with reader(here.engine).begin() as connection:
        stored = facts.facts_of(connection, [conversation_id], workspace=here.workspace)
    found = oddities(refold.parse(stored).events.values())
    kinds = {"clock": "time goes back", "row": "row left out", "event": "unknown event"}
    rows = [([kinds[each.kind]], each.where, each.at, each.what) for each in found[:500]]
    frame = pd.DataFrame(rows, columns=["kind", "where", "at", "what"])
    frame["at"] = pd.to_datetime(frame["at"], utc=True)
    with st.container(border=True):
        st.markdown(f"**{literal(conversation_id, limit=80)}**")
        st.dataframe(
            frame, hide_index=True, height="content" if len(frame) < 10 else 380,
            column_config={
                "kind": st.column_config.MultiselectColumn(
                    "Kind", options=list(kinds.values()), color=_STALL_COLOURS, width=120
                ),
                "where": st.column_config.TextColumn("Where", width=200),
                "at": clock.column("When", seconds=True, width=150),
                "what": st.column_config.TextColumn("What", width=420),
            },
            placeholder="—", alt="What was odd in the conversation, line by line",
        )  # fmt: skip


def types() -> None:
    """Types of events: how many, and whether this version reads them."""
    here = workbench.ports()
    found = operations.event_types(here.engine, workspace=here.workspace)
    if found.empty:
        st.info("No event has arrived yet.", icon=":material/inbox:")
        return
    told = {True: ["read"], False: ["kept, unknown to this version"]}
    known = found["known"].astype("bool")
    st.caption(
        "Unknown types are stored untouched and count once a version reads them. If one matters to "
        "you, an example from the log below is what a report needs."
    )
    st.dataframe(
        found.assign(known=known.map(lambda known: told[known])).sort_values(
            "known", key=lambda _: known, kind="stable"
        ),
        hide_index=True,
        height="content",
        column_order=["event_type", "n", "known"],
        column_config={
            "event_type": st.column_config.TextColumn("Type", width=360),
            "n": st.column_config.NumberColumn("Events", format="%,d", width=110),
            "known": st.column_config.MultiselectColumn(
                "Read by this version", options=[name for (name,) in told.values()],
                color=["#1E9E77", "#D99A1C"], width=230,
            ),
        },
        alt="Event types and how many of each",
    )  # fmt: skip


def _cut(shown: int, total: int) -> None:
    if shown < total:
        st.caption(f"The newest {shown:,} of {total:,}.")
