"""The first run: what this is, and three ways from nothing to a populated dashboard."""

from __future__ import annotations

import streamlit as st

from cvi.jobs import demo
from cvi.ui import condition, workbench

_DEMO_EVENTS = 33_000  # about as many as the demo has: for the bar alone


def welcome() -> None:
    """Say what this is and offer the demo, an import and the callbacks, one click each."""
    with st.container(key="state-welcome", gap="medium"):
        st.markdown(
            "### Welcome\n\nThis workbench turns the events and transcripts of your AI video "
            "conversations into answers: how well they went, where users wait, what they talk "
            "about. **No conversations yet: three ways to begin.**"
        )
        with st.grid(3, gap="small", min_column_width=280):
            with st.container(border=True, height="stretch"):
                st.markdown("**:material/auto_awesome: Look around**")
                _demo()
            with st.container(border=True, height="stretch"):
                st.markdown("**:material/upload_file: Import files**")
                st.markdown(
                    "Transcripts, replies of the Tavus API, dumps of callbacks, tables or "
                    "subtitles. You see what is in them before anything is stored."
                )
                if st.button("Choose files", icon=":material/folder_open:", key="choose-files"):
                    st.switch_page("pages/data.py")
            with st.container(border=True, height="stretch"):
                st.markdown("**:material/bolt: Connect Tavus**")
                st.markdown("New conversations appear here by themselves, as they happen.")
                condition.address(key="welcome-reveal")


def demo_card() -> None:
    """The demo alone, for the data page of an empty workbench."""
    with st.container(border=True):
        st.markdown("**A look around first?**")
        _demo()


def _demo() -> None:
    st.markdown(
        "500 generated conversations of the last 90 days, with planted problems to find. They "
        "arrive as one import, so Undo takes them away again."
    )
    # The button goes while it loads: a second click would only begin anew.
    slot = st.empty()
    if slot.button("Load demo data", icon=":material/play_arrow:", type="primary", key="demo"):
        slot.empty()
        bar = slot.progress(0.0, text="Generating conversations …")

        def advance(events: int) -> None:
            bar.progress(min(events / _DEMO_EVENTS, 1.0), text=f"{events:,} events stored")

        demo.load(workbench.ports(), progress=advance)
        st.session_state["queue-busy"] = True
        st.rerun()
