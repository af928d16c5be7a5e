"""One conversation: what happened, turn by turn, and what it measures to."""

from __future__ import annotations

import streamlit as st

from cvi.ui import (
    detail,
    filterbar,
    instrument,
    listed,
    opened,
    payloads,
    recording,
    reports,
    review,
    rows,
    takeaway,
)
from cvi.ui.literal import literal

TABS = (
    "Transcript", "Metrics", "Tools & documents", "Perception & signals", "Raw events",
    "Guide JSON",
)  # fmt: skip


def go(conversation_id: str) -> None:
    """Open another conversation at its beginning."""
    st.query_params["id"] = conversation_id
    st.query_params.pop("turn", None)


def jump(idx: int) -> None:
    """Show a turn in the transcript, from another tab."""
    st.query_params["turn"] = str(idx)
    st.session_state["tab"] = TABS[0]


# --- which conversation --------------------------------------------------------------------------

wanted = st.query_params.get("id", "")
found = opened.conversation(wanted) if wanted else None
if found is None:
    if wanted:
        st.warning(
            f"There is no conversation with the id {literal(wanted, limit=80)}. It may have been "
            "taken back with its import, or its events still wait to be processed (see Events).",
            icon=":material/search_off:",
        )
    rows.offer(go)
    st.stop()

# --- header --------------------------------------------------------------------------------------

with listed.walk(found.id, go):
    detail.chart_menu(found)
    # A fragment is as wide as it may be, which parts the buttons.
    with st.container(width="content"):
        takeaway.rows_menu(filterbar.current(), key="conversation", ids=[found.id])
    with st.container(width="content"):
        reports.conversation_menu(found)

review.header(found)
review.figures(found)
review.score(found)

# --- in detail -----------------------------------------------------------------------------------

tabs = dict(zip(TABS, st.tabs(TABS, key="tab", bind="query-params"), strict=True))

if tabs["Transcript"].open:
    with tabs["Transcript"]:
        given = st.query_params.get("turn", "")
        focus = opened.turn_of(found, given)
        if given and focus is None:
            st.caption(f"There is no turn {literal(given, limit=20)} in this conversation.")
        playing = recording.player(found.word("recording_uri"))
        if len(found.turns) or len(found.speaking):
            instrument.draw(found, focus=focus, recording=playing)
        else:
            st.info(
                "Nobody is on record as having said anything. A transcript that never came is "
                "listed under Events.",
                icon=":material/speaker_notes_off:",
            )

if tabs["Metrics"].open:
    with tabs["Metrics"]:
        detail.metrics(found)

if tabs["Tools & documents"].open:
    with tabs["Tools & documents"]:
        detail.tools(found, jump)

if tabs["Perception & signals"].open:
    with tabs["Perception & signals"]:
        detail.perception(found)

if tabs["Raw events"].open:
    with tabs["Raw events"]:
        payloads.log(conversation_id=found.id, types=(), key="raw")

if tabs["Guide JSON"].open:
    with tabs["Guide JSON"]:
        detail.guide(found)
