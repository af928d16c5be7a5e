"""One filter bar for every page of the workbench, kept in the URL and across pages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import streamlit as st

from cvi.store.filters import Filters
from cvi.ui import workbench

PRESETS = {
    "All time": None,
    "Last 7 days": 7,
    "Last 30 days": 30,
    "Last 90 days": 90,
    "Between …": None,
}
_CUSTOM = "Between …"
_KEYS = ("period", "from", "to", "persona", "source", "q")


def draw() -> None:
    """Draw the bar. Every widget is bound to the URL, and remembered where it is not drawn."""
    values = workbench.choices()
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        st.selectbox(
            "Period (UTC)",
            list(PRESETS),
            key="period",
            bind="query-params",
            persist_state="session",
            width=150,
        )
        if st.session_state.get("period") == _CUSTOM:
            _days()
        st.multiselect(
            "Persona",
            values["persona"],
            key="persona",
            bind="query-params",
            persist_state="session",
            placeholder="All",
            width=190,
        )
        st.multiselect(
            "Source",
            values["source"],
            key="source",
            bind="query-params",
            persist_state="session",
            placeholder="All",
            width=170,
        )
        st.text_input(
            "Text",
            key="q",
            bind="query-params",
            persist_state="session",
            placeholder="Said or in the title",
            width=200,
        )
        if active():
            st.button("Clear", icon=":material/filter_alt_off:", on_click=clear, type="tertiary")


def _days() -> None:
    today = datetime.now(UTC).date()
    for key, label, value in (
        ("from", "From", today - timedelta(days=29)),
        ("to", "To (inclusive)", today),
    ):
        st.date_input(
            label,
            value,
            key=key,
            bind="query-params",
            persist_state="session",
            format="YYYY-MM-DD",
            width=140,
        )


def current() -> Filters:
    """The filter that is on. Values that no longer exist select nothing rather than everything."""
    state = st.session_state
    since, until = _period(state.get("period"), state.get("from"), state.get("to"))
    return Filters(
        since=since,
        until=until,
        personas=tuple(state.get("persona") or ()),
        sources=tuple(state.get("source") or ()),
        text=state.get("q") or "",
    )


def _period(preset: object, since: object, until: object) -> tuple[date | None, date | None]:
    if preset == _CUSTOM:
        first, last = (day if isinstance(day, date) else None for day in (since, until))
        return first, last
    days = PRESETS.get(str(preset))
    if days is None:
        return None, None
    today = datetime.now(UTC).date()
    return today - timedelta(days=days - 1), today


def active() -> bool:
    """Does the bar filter anything?"""
    return current() != Filters()


def clear() -> None:
    """Back to everything."""
    st.session_state.update(period="All time", persona=[], source=[], q="")
