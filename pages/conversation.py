"""One conversation: what happened, turn by turn, and what it measures to."""

from __future__ import annotations

import streamlit as st

from cvi.charts.conversation import BASES, basis
from cvi.ui import filterbar, opened, payloads, review, states, tables, turns
from cvi.ui.literal import literal

TABS = ("Transcript", "Metrics", "Tools & signals", "Raw events", "Guide JSON")


def go(conversation_id: str) -> None:
    """Open another conversation at its beginning."""
    st.query_params["id"] = conversation_id
    st.query_params.pop("turn", None)
    st.session_state.update(part=1)


def jump(idx: int) -> None:
    """Show a turn: its page, highlighted and scrolled to."""
    st.query_params["turn"] = str(idx)
    st.session_state.update(part=idx // turns.PER_PAGE + 1, tab=TABS[0])
    st.session_state["jump"] = st.session_state.get("jump", 0) + 1


def clicked(key: str) -> None:
    """Jump to the turn behind a mark of the timeline."""
    points = st.session_state[key]["selection"]["points"]
    if points and isinstance(found := points[0].get("customdata"), int) and found >= 0:
        jump(found)


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
    newest = opened.newest()
    if newest.empty:
        states.no_data()
        st.stop()
    st.markdown("**Newest conversations** · select one to open it")
    picked = st.dataframe(
        tables.conversations(newest, tables.SHOWN[:4]),
        hide_index=True,
        height="content",
        on_select="rerun",
        selection_mode="single-row",
        column_order=tables.arranged(tables.SHOWN[:4]),
        column_config=tables.settings(tables.SHOWN[:4], newest),
        key="newest",
        alt="The 20 newest conversations",
    )
    if picked["selection"]["rows"]:
        go(newest["conversation_id"].iloc[picked["selection"]["rows"][0]])
        st.rerun()
    st.stop()

# --- header --------------------------------------------------------------------------------------

before, after, place, count = opened.neighbours(found.id, filterbar.current())
with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    st.button(
        "Previous", icon=":material/arrow_back:", disabled=before is None, shortcut="k",
        on_click=go, args=(before,),
    )  # fmt: skip
    st.button(
        "Next", icon=":material/arrow_forward:", disabled=after is None, shortcut="j",
        on_click=go, args=(after,),
    )  # fmt: skip
    among = "in the filter" if filterbar.active() else "in all"
    st.caption(f"{place:,} of {count:,} {among}" if place else f"not {among} ({count:,})")
    st.page_link("pages/conversations.py", label="All conversations", icon=":material/forum:")

review.header(found)
left, right = st.columns([3, 2])
with left:
    review.figures(found)
with right:
    review.score(found)

# --- over time -----------------------------------------------------------------------------------

if len(found.turns) or len(found.speaking):
    with st.container(border=True, gap="xsmall"):
        st.plotly_chart(
            opened.figure(found),
            key=f"timeline-{found.id}",
            on_select=lambda: clicked(f"timeline-{found.id}"),
            selection_mode="points",
            config={"displayModeBar": False},
            alt="Who spoke when, and the user's sentiment",
        )
        st.caption(f"{BASES[basis(found.turns, found.speaking)]} Click a mark to go to its turn.")

# --- in detail -----------------------------------------------------------------------------------

tabs = dict(zip(TABS, st.tabs(TABS, key="tab", bind="query-params"), strict=True))

if tabs["Transcript"].open:
    with tabs["Transcript"]:
        given = st.query_params.get("turn", "")
        focus = int(given) if given.isdecimal() and int(given) < len(found.turns) else None
        if given and focus is None:
            st.caption(f"There is no turn {literal(given, limit=20)} in this conversation.")
        if focus is not None and "part" not in st.session_state:
            st.session_state["part"] = focus // turns.PER_PAGE + 1
        script, side = st.columns([5, 2], gap="medium")
        with script:
            if found.turns.empty:
                st.info(
                    "Nobody is on record as having said anything. A transcript that never came is "
                    "listed under Events.",
                    icon=":material/speaker_notes_off:",
                )
            else:
                number = 1
                if turns.pages(len(found.turns)) > 1:
                    number = st.pagination(
                        turns.pages(len(found.turns)), key="part", bind="query-params"
                    )
                start = (number - 1) * turns.PER_PAGE
                end = min(start + turns.PER_PAGE, len(found.turns)) - 1
                st.caption(f"Turns {start:,} to {end:,} of {len(found.turns):,}")
                turns.draw(
                    turns.rows(found.turns, number),
                    page=f"{found.id}/{number}",
                    focus=focus,
                    jump=st.session_state.get("jump", 0),
                    on_turn=jump,
                )
        with side:
            review.insights(found, jump)

if tabs["Metrics"].open:
    with tabs["Metrics"]:
        review.metrics(found)

if tabs["Tools & signals"].open:
    with tabs["Tools & signals"]:
        review.happenings(found)

if tabs["Raw events"].open:
    with tabs["Raw events"]:
        payloads.log(conversation_id=found.id, types=(), key="raw")

if tabs["Guide JSON"].open:
    with tabs["Guide JSON"]:
        review.guide(found)
