"""The table of conversations: draws a page of the list, opens a row, remembers what is picked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from cvi.analysis import summary
from cvi.analysis.metric import METRICS
from cvi.analysis.units import shown
from cvi.selection.filters import Filters
from cvi.selection.listing import Listing
from cvi.store.queries import Page
from cvi.ui import columns, kept, listed, states, workbench

_SHOWN, _PICKED, _OF, _ROUND = "rows-shown", "rows-picked", "rows-picked-of", "rows-round"
_HEIGHT = 32


def opened() -> str | None:
    """The conversation whose arrow was clicked.

    Rows are numbered as they were when they were drawn: ask before drawing them again.
    """
    click = st.session_state.get(columns.GO)
    ids: tuple[str, ...] = st.session_state.get(_SHOWN, ())
    return ids[click["row"]] if click and click["row"] < len(ids) else None


def draw(page: Page, listing: Listing, filters: Filters) -> tuple[str, ...]:
    """The table. Returns the ids of the picked conversations: of this page and those before."""
    ids = tuple(page.rows["conversation_id"])
    before = picked(filters)
    st.session_state[_SHOWN] = ids
    key = _key(listing, filters)
    kept.selection(key, ids)
    names = columns.shown(listing)
    event = st.dataframe(
        columns.frame(page.rows, names),
        hide_index=True,
        height="content",
        row_height=_HEIGHT,
        on_select=lambda: _sorted(key, listing),
        # Heads select their column: sorting is then ours, over the whole list and not the page.
        selection_mode=["multi-row", "single-column"],
        selection_default=_marked(ids, before),
        column_order=[columns.GO, *names, columns.LINK],
        column_config=columns.settings(page.rows, names, listing),
        key=key,
        placeholder="—",
        alt="Conversations the filter selects, with their metrics",
    )  # fmt: skip
    marked = [ids[at] for at in event["selection"]["rows"] if at < len(ids)]
    found = (*(each for each in before if each not in ids), *marked)
    st.session_state[_PICKED] = found
    return found


def picked(filters: Filters) -> tuple[str, ...]:
    """What was picked on all pages of this list; another filter begins anew."""
    if st.session_state.get(_OF) != filters:
        st.session_state.update({_OF: filters, _PICKED: ()})
    found: tuple[str, ...] = st.session_state[_PICKED]
    return found


def unpick() -> None:
    """Pick nothing."""
    st.session_state[_PICKED] = ()
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1


def _marked(ids: tuple[str, ...], before: tuple[str, ...]) -> Any:  # noqa: ANN401 - Streamlit's own mapping
    return {"selection": {"rows": [at for at, each in enumerate(ids) if each in before]}}


def _key(listing: Listing, filters: Filters) -> str:
    """Another one for another list. New data leave it as it is: the reader keeps his place."""
    parts = (filters, listing.order, listing.page)
    return f"rows-{hash((*parts, st.session_state.get(_ROUND, 0)))}"


def _sorted(key: str, listing: Listing) -> None:
    """Sort by the head that was clicked."""
    heads = st.session_state[key]["selection"]["columns"]
    if heads and (found := columns.sorted_by(listing, heads[0])):
        listed.put(found)


_FEW = Listing(columns=("started_at", "outcome", "quality", "user_sentiment", "talk", "topics"))


def offer(go: Callable[[str], None]) -> None:
    """The newest conversations to choose one of; what to do where there are none."""
    if chosen := opened():
        go(chosen)
        st.rerun()
    newest = states.tried(listed.newest)
    if newest.empty:
        states.no_data()
        return
    st.session_state[_SHOWN] = tuple(newest["conversation_id"])
    names = columns.shown(_FEW)
    st.markdown("**Newest conversations** · the arrow opens one")
    st.dataframe(
        columns.frame(newest, names),
        hide_index=True,
        height="content",
        row_height=_HEIGHT,
        column_order=[columns.GO, *names, columns.LINK],
        column_config=columns.settings(newest, names, _FEW),
        key="newest",
        placeholder="—",
        alt="The 20 newest conversations",
    )


# --- the figures above it --------------------------------------------------------------------

_GLANCE = (
    ("Quality", ("quality",), "median"),
    ("Response", ("response_time_p50", "reply_gap_p50"), "median"),
    ("User share", ("user_talk_share", "user_word_share"), "median"),
    ("Sentiment", ("user_sentiment",), "median"),
    ("Completed", ("completed",), "mean"),
)


def glance(filters: Filters) -> None:
    """Medians of what the filter selects, in one line."""
    st.markdown(_glance(workbench.version(), filters))


@st.cache_data(max_entries=64, show_spinner=False)
def _glance(version: str, filters: Filters) -> str:  # noqa: ARG001 - cache key
    frame = workbench.chosen(filters)
    parts = []
    for label, names, stat in _GLANCE:
        name = summary.measured(frame, names)
        unit = METRICS[name].unit
        parts.append(f"{label} **{shown(getattr(summary.spread(frame, name), stat), unit)}**")
    return " · ".join(parts)
