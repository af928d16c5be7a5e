"""A selection that stays with its rows when others come, go or move between two runs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import streamlit as st


def selection(key: str, ids: Sequence[Hashable]) -> None:
    """Call just before the table `key` is drawn; `ids` names its rows, in order.

    A table knows its selection by position, so a conversation that arrives on top would hand it on
    to the neighbour. Rows that are no longer there leave the selection.
    """
    remembered = f"{key}-ids"
    before, st.session_state[remembered] = st.session_state.get(remembered), list(ids)
    state = st.session_state.get(key)
    if not before or state is None or before == list(ids):
        return
    rows = state["selection"]["rows"]
    places = {name: at for at, name in enumerate(ids)}
    chosen = [before[at] for at in rows if at < len(before)]
    kept = [places[name] for name in chosen if name in places]
    if kept != rows:
        st.session_state[key] = {"selection": {"rows": kept, "columns": [], "cells": []}}
