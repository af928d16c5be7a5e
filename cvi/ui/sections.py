"""Tabs whose labels carry a count, with the open one in the URL under a name that stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True, slots=True)
class Section:
    """One tab: its title, how many things wait in it (None: nothing to count), what draws it."""

    title: str
    count: int | None
    draw: Callable[[], None]


def tabs(sections: Mapping[str, Section], *, key: str) -> None:
    """Draw the tabs, and the content of the open one only.

    Streamlit binds a tab to the URL by its label, and a label with a count changes; so the name is
    bound here.
    """
    labels = {name: _label(each) for name, each in sections.items()}
    wanted = st.query_params.get(key)
    # New labels, or a tab opened from elsewhere, make new tabs: the default decides again.
    state = f"{key}-tabs-{st.session_state.get(f'{key}-turn', 0)}-{hash(tuple(labels.values()))}"
    drawn = st.tabs(
        list(labels.values()),
        default=labels.get(wanted or ""),
        key=state,
        on_change=_remember,
        args=(key, state, {label: name for name, label in labels.items()}),
    )
    for tab, section in zip(drawn, sections.values(), strict=True):
        if tab.open:
            with tab:
                section.draw()


def _label(section: Section) -> str:
    if not section.count:
        return section.title
    return f"{section.title} ({section.count:,})"


def _remember(key: str, state: str, names: Mapping[str, str]) -> None:
    st.query_params[key] = names[st.session_state[state]]


def show(key: str, name: str) -> None:
    """Open a tab from elsewhere on the page; for callbacks."""
    st.query_params[key] = name
    st.session_state[f"{key}-turn"] = st.session_state.get(f"{key}-turn", 0) + 1
