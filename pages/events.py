"""What arrived, what waits and what failed, with a way to send it round again."""

from __future__ import annotations

import streamlit as st

from cvi.ui import operations, payloads

TABS = ("Failures", "Event log", "Types", "Missing transcripts")

operations.tiles()
tabs = dict(zip(TABS, st.tabs(TABS, key="events", bind="query-params"), strict=True))

if tabs["Failures"].open:
    with tabs["Failures"]:
        operations.failures()

if tabs["Event log"].open:
    with tabs["Event log"]:
        types = operations.types()
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen = st.multiselect(
                "Types", types["event_type"].tolist(), key="etype", bind="query-params",
                placeholder="All", width=420,
            )  # fmt: skip
            conversation = st.text_input(
                "Conversation id", key="econv", bind="query-params", placeholder="Any", width=320
            )
        payloads.log(conversation_id=conversation.strip() or None, types=tuple(chosen), key="epage")

if tabs["Types"].open:
    with tabs["Types"]:
        types = operations.types()
        if types.empty:
            st.info("No event has arrived yet.", icon=":material/inbox:")
        else:
            st.dataframe(
                types,
                hide_index=True,
                height="content",
                column_order=["event_type", "n", "known"],
                column_config={
                    "event_type": st.column_config.TextColumn("Type", width=360),
                    "n": st.column_config.NumberColumn("Events", format="%,d", width=110),
                    "known": st.column_config.MultiselectColumn(
                        "Read by this version",
                        options=["read", "kept, unknown to this version"],
                        color=["#1E9E77", "#D99A1C"],
                        width=230,
                    ),
                },
                alt="Event types and how many of each",
            )
            st.caption("Unknown types are stored untouched and count once a version reads them.")

if tabs["Missing transcripts"].open:
    with tabs["Missing transcripts"]:
        quiet = operations.quiet()
        if quiet.empty:
            st.success("Every ended conversation has its transcript.", icon=":material/task_alt:")
        else:
            st.caption(
                "These ended without a final transcript. Tavus sends it some minutes after the "
                "end; if it stays away, ask the API for it with `cvi backfill`."
            )
            st.dataframe(
                quiet,
                hide_index=True,
                height="content",
                column_order=[
                    "conversation_id", "persona", "started_at", "ended_at", "outcome", "open"
                ],
                column_config={
                    "conversation_id": st.column_config.TextColumn("Conversation", width=240),
                    "persona": "Persona",
                    "started_at": st.column_config.DatetimeColumn(
                        "Started (UTC)", format="YYYY-MM-DD HH:mm", timezone="UTC"
                    ),
                    "ended_at": st.column_config.DatetimeColumn(
                        "Ended (UTC)", format="YYYY-MM-DD HH:mm", timezone="UTC"
                    ),
                    "outcome": "Outcome",
                    "open": st.column_config.LinkColumn("Link", display_text="Open"),
                },
                placeholder="—",
                alt="Ended conversations without a transcript",
            )  # fmt: skip
