"""What pages ask for: the open store, and cached frames that follow the data."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from cvi.analysis.analyse import METRICS
from cvi.bootstrap import Ports, open_ports, settings_here
from cvi.errors import CviError
from cvi.store import queries
from cvi.store.filters import Filters

NAMES = tuple(METRICS)


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


def version() -> str:
    """Changes when any view changes: pass it to every cached read."""
    return queries.views_version(ports().engine, workspace=ports().workspace)


def conversations() -> pd.DataFrame:
    """One row a conversation with all metrics, shared by all sessions. Never write to it."""
    return _conversations(version())


@st.cache_resource(max_entries=2, show_spinner="Reading conversations …")
def _conversations(version_key: str) -> pd.DataFrame:
    here = ports()
    return queries.load_metrics(here.engine, workspace=here.workspace, names=NAMES)


def chosen(filters: Filters) -> pd.DataFrame:
    """The conversations the filter selects."""
    frame = conversations()
    kept = frame[filters.mask(frame)]
    if filters.text.strip():
        kept = kept[kept["conversation_id"].isin(_matching(version(), filters))]
    return kept


@st.cache_data(max_entries=64, show_spinner="Searching …")
def _matching(version_key: str, filters: Filters) -> set[str]:
    here = ports()
    return set(queries.matching_ids(here.engine, filters, workspace=here.workspace))


@st.cache_data(max_entries=4)
def _choices(version_key: str) -> dict[str, list[str]]:
    here = ports()
    return queries.choices(here.engine, workspace=here.workspace)


def choices() -> dict[str, list[str]]:
    """Values the filters can take."""
    return _choices(version())
