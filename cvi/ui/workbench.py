"""What pages ask for: the open store, and cached frames that follow the data."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from cvi.analysis import choices as offered
from cvi.analysis import summary_topics
from cvi.analysis.analyse import METRICS
from cvi.bootstrap import Ports, open_ports, settings_here
from cvi.errors import CviError
from cvi.selection.filters import Filters
from cvi.selection.mask import mask
from cvi.store import facts, memory, queries

NAMES = tuple(METRICS)
_FEW = 5_000  # conversations whose turns are looked up one by one; beyond, all turns are searched


@st.cache_resource(show_spinner="Opening the store …")
def ports() -> Ports:
    """The open store, one per process."""
    return open_ports(settings_here())


def stop_if_unreachable() -> None:
    """Explain and stop when the store cannot be opened, instead of a stack trace."""
    try:
        ports()
    except CviError as error:
        st.error(error.message, icon=":material/cloud_off:")
        st.markdown(error.hint or "See the log of the server.")
        st.stop()


def is_empty() -> bool:
    """Has nothing ever arrived in this workspace?"""
    return facts.last_seq(ports().engine, workspace=ports().workspace) == 0


def version() -> str:
    """Changes when any view changes: pass it to every cached read."""
    return queries.views_version(ports().engine, workspace=ports().workspace)


def conversations() -> pd.DataFrame:
    """One row a conversation with all metrics, shared by all sessions. Never write to it."""
    return _conversations(version())


@st.cache_resource(max_entries=1, show_spinner="Reading conversations …")
def _conversations(version_key: str) -> pd.DataFrame:
    return _memory()[0].at(int(version_key))


@st.cache_resource(show_spinner=False)
def _memory() -> tuple[memory.Memory, memory.Memory]:
    """Conversations and topics, read once per process and mended from then on."""
    engine, workspace = ports().engine, ports().workspace
    return (
        memory.conversations(engine, workspace=workspace, names=NAMES),
        memory.topics(engine, workspace=workspace),
    )


def chosen(filters: Filters) -> pd.DataFrame:
    """The conversations the filter selects, with their times in the zone of the filter.

    Shared by all sessions: never write to it.
    """
    return _chosen(version(), filters)


@st.cache_resource(max_entries=8, show_spinner=False)
def _chosen(version_key: str, filters: Filters) -> pd.DataFrame:
    frame = _conversations(version_key)
    keep = mask(filters, frame)
    kept = frame if keep.all() else frame[keep]
    if filters.topics:
        kept = kept[summary_topics.about(topics(version_key), kept, filters.topics)]
    asked = Filters(tools=filters.tools, text=filters.text.strip())
    if asked.active:
        ids = kept["conversation_id"]
        among = tuple(ids) if len(ids) <= _FEW else None
        kept = kept[ids.isin(_matching(version_key, asked, among))]
    return kept.assign(started_at=kept["started_at"].dt.tz_convert(filters.zone))


def found(filters: Filters) -> Filters | list[str]:
    """What to ask SQL for: the filter, or the ids it selects if it took a search to find them and
    they are few."""
    if not (filters.text.strip() or filters.topics or filters.tools):
        return filters
    ids = chosen(filters)["conversation_id"]
    return ids.tolist() if len(ids) <= _FEW else filters


@st.cache_data(max_entries=64, show_spinner="Searching …")
def _matching(version_key: str, filters: Filters, among: tuple[str, ...] | None) -> list[str]:
    here = ports()
    return queries.related_ids(here.engine, filters, among, workspace=here.workspace)


@st.cache_data(max_entries=4, show_spinner=False)
def _choices(version_key: str) -> dict[str, list[str]]:
    here = ports()
    used = queries.tools_used(here.engine, workspace=here.workspace)
    found = offered.values(_conversations(version_key))
    return {**found, "topic": offered.tokens(topics(version_key)), "tool": offered.tools(used)}


def choices() -> dict[str, list[str]]:
    """Values the filters can take, frequent ones first: see `cvi.analysis.choices`."""
    return _choices(version())


@st.cache_resource(max_entries=1, show_spinner="Reading topics …")
def topics(version_key: str) -> pd.DataFrame:
    """All topics of all conversations, shared by all sessions. Never write to it."""
    return _memory()[1].at(int(version_key))
