"""What a page says when it cannot show what it is for: nothing there, nothing chosen, an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pandas as pd
import streamlit as st

from cvi.errors import CviError
from cvi.selection.filters import Filters
from cvi.ui import filterbar, operations, takeaway, welcome, workbench

T = TypeVar("T")


def chosen_or_stop(filters: Filters) -> pd.DataFrame:
    """The conversations the filter selects; explains and stops when there are none."""
    everything = tried(workbench.conversations)
    if everything.empty:
        no_data()
        st.stop()
    chosen = tried(lambda: workbench.chosen(filters))
    if chosen.empty:
        nothing_selected(len(everything))
        st.stop()
    return chosen


def question(words: str, filters: Filters) -> None:
    """What the page is about, in one line, and the way to take its rows along."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(words)
        st.space("stretch")
        with st.container(width="content"):  # a fragment is as wide as it may be
            takeaway.rows_menu(filters, key="page-rows")


def no_data() -> None:
    """No conversation at all: they are on their way, or say how to get some."""
    if not operations.state().pending:
        welcome.welcome()
        return
    with st.container(border=True, key="state-arriving"):
        st.markdown("### Conversations are being analysed")
        operations.progress()
        st.caption("The dashboard appears here by itself when they are.")


def nothing_selected(of: int) -> None:
    """The filter selects nothing: say so and offer the way back."""
    with st.container(border=True, key="state-nothing", horizontal_alignment="center"):
        st.markdown("### No conversation matches the filter", text_alignment="center")
        st.markdown(f"There are {of:,} conversations in all.", text_alignment="center")
        st.button(
            "Clear the filter",
            icon=":material/filter_alt_off:",
            on_click=filterbar.clear,
            key="clear-nothing",
        )


def tried(work: Callable[[], T]) -> T:
    """The result of `work`; an error we know is explained, and the page stops there."""
    try:
        return work()
    except CviError as error:
        hint = error.hint or "See the log of the server."
        st.error(hint, title=error.message, icon=":material/error:")
        st.button("Try again", icon=":material/refresh:", key="try-again")
        st.stop()
