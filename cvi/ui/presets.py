"""Problems as chips above the list: each a filter to switch on and off, with its count."""

from __future__ import annotations

import streamlit as st

from cvi.analysis import presets
from cvi.analysis.filter_words import described
from cvi.analysis.presets import PRESETS
from cvi.selection.filters import Filters
from cvi.ui import filterbar, workbench
from cvi.ui.literal import literal


def draw(filters: Filters) -> None:
    """A chip for each problem; the counts are within what the filter selects."""
    counts = _counts(workbench.version(), filters)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="presets"):
        st.caption("Problems", width="content")
        for each in PRESETS:
            on, n = each.on(filters), counts[each.name]
            st.button(
                f"{each.label} {n:,}",
                key=f"preset-{each.name}",
                type="primary" if on else "secondary",
                icon=":material/check:" if on else None,
                disabled=not on and not n,
                on_click=filterbar.put,
                args=(each.toggled(filters),),
                help=literal(f"{each.reason} Filter: {described(each.filters)}.", limit=600),
            )


@st.cache_data(max_entries=64, show_spinner=False)
def _counts(version: str, filters: Filters) -> dict[str, int]:  # noqa: ARG001 - cache key
    return presets.counts(workbench.chosen(filters))
