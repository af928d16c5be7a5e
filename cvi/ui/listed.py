"""The list of conversations: its order in the URL and the session, its pages, its neighbours.

The list and the page of one conversation share the order, so that the way from one conversation to
the next is the list's, and an address of either shows the same elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cvi.analysis.metric import METRICS, offered
from cvi.charts.strip import strips
from cvi.selection.address import Query
from cvi.selection.filters import Filters
from cvi.selection.listing import KEYS, NEWEST, Listing, from_query, to_query
from cvi.store import queries, talk
from cvi.ui import filterbar, workbench
from cvi.ui.literal import literal

LIST, ONE = "pages/conversations.py", "pages/conversation.py"
PER_PAGE = 50
# What the list shows and the store can sort by, besides metrics: column → what it is called.
FACTS = {
    "started_at": "Started", "title": "Title", "persona": "Persona", "replica": "Replica",
    "source": "Source", "outcome": "Outcome", "language": "Language",
}  # fmt: skip
PICTURES = {"mood": "Mood", "talk": "Who spoke", "topics": "Topics"}  # shown, not sorted by
SORTS = (*FACTS, *offered())
COLUMNS = (*FACTS, *PICTURES, *offered())
_STATE, _WRITTEN, _OF, _PROBLEMS = "listing", "listing-query", "listing-of", "listing-problems"


# --- its place in the URL --------------------------------------------------------------------


def sync(*, one: bool = False) -> Listing:
    """Bring URL and session together: on the list, or (`one`) on the page of one conversation."""
    given = {key: st.query_params.get_all(key) for key in KEYS if key in st.query_params}
    listing, asked = current(), False
    if given and given != st.session_state.get(_WRITTEN):
        found, problems = from_query(given, sorts=SORTS, columns=COLUMNS)
        listing = listing.by(found.sort, descending=found.descending) if one else found
        asked = "page" in given
        st.session_state[_PROBLEMS] = problems
    if not one:  # another filter is another list, and begins at its beginning
        filters = filterbar.current()
        if st.session_state.get(_OF, filters) != filters and not asked:
            listing = replace(listing, page=1)
        st.session_state[_OF] = filters
    st.session_state[_STATE] = listing
    _write(listing.order if one else listing)
    return listing


def current() -> Listing:
    """The list as it was left."""
    found: Listing = st.session_state.get(_STATE, Listing())
    return found


def put(listing: Listing) -> None:
    """Show the list otherwise; the URL follows."""
    st.session_state.update({_STATE: listing, _PROBLEMS: []})
    _write(listing)


def begin() -> None:
    """The next list that is opened begins at its beginning."""
    st.session_state[_STATE] = replace(current(), page=1)


def within(listing: Listing, pages: int) -> Listing:
    """The listing at the last of its pages, which says that the one asked for does not exist."""
    found = replace(listing, page=pages)
    problem = f"There is no page {listing.page:,}; this is the last of {pages:,}."
    put(found)
    st.session_state[_PROBLEMS] = [problem]
    return found


def problems() -> None:
    """What of a link could not be understood."""
    for problem in st.session_state.get(_PROBLEMS, []):
        st.warning(literal(problem, limit=300), icon=":material/link_off:")


def query(**more: str) -> Query:
    """Parameters of a link to a conversation: the filter, the order, and more."""
    return {**filterbar.query(None, **more), **to_query(current().order)}


def _write(listing: Listing) -> None:
    wanted = to_query(listing)
    st.session_state[_WRITTEN] = wanted
    for key in KEYS:
        if key not in wanted:
            st.query_params.pop(key, None)
        elif st.query_params.get_all(key) != wanted[key]:
            st.query_params[key] = wanted[key]


def told(listing: Listing) -> str:
    """The order in words: newest first; Quality, lowest first; Title, A to Z."""
    down = listing.descending
    if listing.sort == NEWEST:
        return "newest first" if down else "oldest first"
    if listing.sort in FACTS:
        return f"{FACTS[listing.sort]}, {'Z to A' if down else 'A to Z'}"
    return f"{METRICS[listing.sort].label}, {'highest' if down else 'lowest'} first"


def sorting(listing: Listing) -> None:
    """By what, and which end first. Clicking the head of a column does the same."""
    filterbar.steer("list-sort", listing.sort)
    st.selectbox(
        "Sort by", SORTS, format_func=label, key="list-sort", width=230, on_change=_resort,
        help="Sorts the whole list, not only this page; so does a click on the head of a column. "
        "What could not be measured comes last either way.",
    )  # fmt: skip
    down = listing.descending
    st.button(
        "Descending" if down else "Ascending", key="list-order", width=134,
        icon=":material/arrow_downward:" if down else ":material/arrow_upward:",
        on_click=put, args=(listing.by(listing.sort, descending=not down),),
        help="Turn the order round",
    )  # fmt: skip


def _resort() -> None:
    name = st.session_state["list-sort"]
    put(current().by(name, descending=name == NEWEST or name not in FACTS))


def paging(listing: Listing, pages: int) -> None:
    """From page to page."""
    filterbar.steer("list-page", listing.page)
    st.pagination(pages, key="list-page", on_change=_turned)


def _turned() -> None:
    put(replace(current(), page=st.session_state["list-page"]))


def label(name: str) -> str:
    """A column with its unit, as it is offered."""
    if name not in METRICS:
        return {**FACTS, **PICTURES}[name]
    metric = METRICS[name]
    unit = {"yes = 1": "%", "share": "%"}.get(metric.unit, metric.unit)
    return metric.label if unit in metric.label.lower() else f"{metric.label} ({unit})"


# --- its rows --------------------------------------------------------------------------------


def page(filters: Filters, listing: Listing) -> queries.Page:
    """One page of the list. Never write to its frame."""
    return _page(workbench.version(), filters, listing.order, listing.page, PER_PAGE)


def newest(limit: int = 20) -> pd.DataFrame:
    """The newest conversations, for the picker."""
    return _page(workbench.version(), Filters(), Listing(), 1, limit).rows


@st.cache_resource(max_entries=32, show_spinner="Reading conversations …")
def _page(version: str, filters: Filters, order: Listing, number: int, size: int) -> queries.Page:  # noqa: ARG001 - cache key
    here = workbench.ports()
    return queries.conversation_page(
        here.engine,
        workbench.found(filters),
        workspace=here.workspace,
        names=workbench.NAMES,
        sort=order.sort,
        descending=order.descending,
        limit=size,
        offset=(number - 1) * size,
    )


_KINDS = {"lexicon": 0, "corpus": 1, "term": 2}  # names people gave come before found ones


def topics_of(conversation_ids: tuple[str, ...]) -> dict[str, list[str]]:
    """The main topics of some conversations."""
    return _topics(workbench.version(), conversation_ids)


@st.cache_data(max_entries=32, show_spinner=False)
def _topics(version: str, conversation_ids: tuple[str, ...]) -> dict[str, list[str]]:  # noqa: ARG001 - cache key
    here = workbench.ports()
    rows = queries.table_rows(
        here.engine, "conversation_topics", list(conversation_ids), workspace=here.workspace
    )
    rows = rows.sort_values("kind", key=lambda kind: kind.map(_KINDS), kind="stable")
    found: dict[str, list[str]] = {}
    for name, topic in zip(rows["conversation_id"], rows["topic"], strict=True):
        mine = found.setdefault(name, [])
        if topic not in mine and len(mine) < 3:
            mine.append(topic)
    return found


def strips_of(conversation_ids: tuple[str, ...]) -> dict[str, str]:
    """Who held the floor in some conversations, as images for cells."""
    return _strips(workbench.version(), conversation_ids)


@st.cache_data(max_entries=32, show_spinner=False)
def _strips(version: str, conversation_ids: tuple[str, ...]) -> dict[str, str]:  # noqa: ARG001 - cache key
    here = workbench.ports()
    return strips(*talk.talk_of(here.engine, conversation_ids, workspace=here.workspace))


# --- from one to the next --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Way:
    """All ids of a list in its order, and the place of each."""

    ids: tuple[str, ...]
    places: dict[str, int]


@st.cache_resource(max_entries=4, show_spinner=False)
def _way(version: str, filters: Filters, order: Listing) -> Way:  # noqa: ARG001 - cache key
    here = workbench.ports()
    ids = queries.matching_ids(
        here.engine,
        workbench.found(filters),
        workspace=here.workspace,
        names=workbench.NAMES,
        sort=order.sort,
        descending=order.descending,
    )
    return Way(tuple(ids), {name: at for at, name in enumerate(ids)})


def neighbours(
    conversation_id: str, filters: Filters, listing: Listing
) -> tuple[str | None, str | None, int | None, int]:
    """The ids before and after in the list, the place of this one from 1, and how many there are.

    From a conversation that is not in the list, the next one is the list's first.
    """
    way = _way(workbench.version(), filters, listing.order)
    at = way.places.get(conversation_id)
    if at is None:
        return None, (way.ids[0] if way.ids else None), None, len(way.ids)
    before = way.ids[at - 1] if at > 0 else None
    after = way.ids[at + 1] if at + 1 < len(way.ids) else None
    return before, after, at + 1, len(way.ids)


def walk(conversation_id: str, go: Callable[[str], None]) -> DeltaGenerator:
    """Previous and next within the list, where one is in it, and the way back to its page.

    Returns the row, which has room for what else can be done with the conversation.
    """
    listing = sync(one=True)
    before, after, place, count = neighbours(conversation_id, filterbar.current(), listing)
    row = st.container(horizontal=True, vertical_alignment="center", gap="small", key="walk")
    with row:
        st.button(
            "Previous", icon=":material/arrow_back:", disabled=before is None, shortcut="k",
            on_click=go, args=(before,), key="walk-previous",
        )  # fmt: skip
        st.button(
            "Next", icon=":material/arrow_forward:", disabled=after is None, shortcut="j",
            on_click=go, args=(after,), key="walk-next",
        )  # fmt: skip
        among = "in the filter" if filterbar.active() else "conversations"
        where = f"{place:,} of {count:,} {among}" if place else f"Not among the {count:,} {among}"
        st.caption(f"{where} · {told(listing)}", width="content")
        back = replace(listing, page=((place or 1) - 1) // PER_PAGE + 1)
        st.page_link(
            LIST, label="Back to the list", icon=":material/forum:",
            query_params={**filterbar.query(), **to_query(back)},
        )  # fmt: skip
        st.space("stretch")
    problems()
    return row
