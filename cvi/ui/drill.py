"""From a mark to the conversations behind it: one way for every chart, tile and table."""

from __future__ import annotations

from typing import NoReturn
from urllib.parse import urlencode

import streamlit as st

from cvi.charts.chart import Mark
from cvi.selection.filters import Filters
from cvi.ui import filterbar, listed
from cvi.ui.literal import literal

LIST, ONE = listed.LIST, listed.ONE


def open_mark(mark: Mark, filters: Filters) -> NoReturn:
    """Leave the page for the conversations of a mark, or for its only one."""
    if mark.conversation_id is not None:
        st.switch_page(ONE, query_params=filterbar.query(filters, id=mark.conversation_id))
    listed.begin()
    query = filterbar.query(filters.both(mark.filters))
    filterbar.leaving(query)
    st.switch_page(LIST, query_params=query)


def address(mark: Mark, filters: Filters) -> str:
    """The same as a link, relative to any page."""
    if mark.conversation_id is not None:
        query = filterbar.query(filters, id=mark.conversation_id)
        return f"conversation?{urlencode(query, doseq=True)}"
    return f"conversations?{urlencode(filterbar.query(filters.both(mark.filters)), doseq=True)}"


def link(label: str, filters: Filters, *, icon: str | None = None, help: str | None = None) -> None:  # noqa: A002
    """A link to the list of the conversations of a filter."""
    st.page_link(
        LIST, label=literal(label, limit=60), icon=icon, query_params=filterbar.query(filters),
        help=help,
    )  # fmt: skip


def link_one(label: str, conversation_id: str, *, turn: int | None = None) -> None:
    """A link to a conversation in this tab, at a turn if given."""
    query = filterbar.query(id=conversation_id)
    if turn is not None:
        query["turn"] = [str(turn)]
    st.page_link(
        ONE, label=literal(label, limit=42), icon=":material/arrow_forward:",
        icon_position="right", query_params=query,
    )  # fmt: skip
