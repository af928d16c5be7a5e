"""The conversations the filter selects, fifty a page, sorted and cut in SQL."""

from __future__ import annotations

import streamlit as st

from cvi.analysis.analyse import METRICS
from cvi.analysis.metric import offered
from cvi.ui import filterbar, opened, states, tables, takeaway, workbench

MORE = [name for name in offered() if name not in tables.SHOWN]

filters = filterbar.current()

with st.container(horizontal=True, vertical_alignment="bottom", key="table-controls"):
    sort = st.selectbox(
        "Sort by", list(tables.SORTS), format_func=tables.SORTS.__getitem__, key="sort",
        bind="query-params", persist_state="session", width=220,
    )  # fmt: skip
    order = st.segmented_control(
        "Order", ["descending", "ascending"], default="descending", required=True, key="order",
        bind="query-params", persist_state="session",
    )  # fmt: skip
    extra = st.multiselect(
        "More columns", MORE, format_func=tables.SORTS.__getitem__, key="columns",
        bind="query-params", persist_state="session", placeholder="Add metrics", width=300,
    )  # fmt: skip

above = st.container()
down = order == "descending"
page = opened.page(filters, sort=sort, descending=down, number=1, size=tables.PER_PAGE)
pages = max(1, -(-page.total // tables.PER_PAGE))
if int(st.session_state.get("page") or 1) > pages:
    st.session_state["page"] = pages
if not page.total:
    if filterbar.active():
        states.nothing_selected(len(workbench.conversations()))
    else:
        states.no_data()
    st.stop()

with st.container(horizontal_alignment="center"):
    number = st.pagination(pages, key="page", bind="query-params", persist_state="session")
if number > 1:
    page = opened.page(filters, sort=sort, descending=down, number=number, size=tables.PER_PAGE)

metrics = list(dict.fromkeys([*tables.SHOWN, *([sort] if sort in METRICS else []), *extra]))
actions = above.container(horizontal=True, vertical_alignment="center", gap="small")
rows = tables.conversations(page.rows, metrics)
picked = above.dataframe(
    rows,
    hide_index=True,
    height="content",
    on_select="rerun",
    selection_mode="multi-row",
    column_order=tables.arranged(metrics),
    column_config=tables.settings(metrics, page.rows),
    key=f"conversations-{hash((filters, sort, order, number, workbench.version()))}",
    placeholder="—",
    alt="Conversations the filter selects",
)  # fmt: skip
chosen = [at for at in picked["selection"]["rows"] if at < len(page.rows)]

with actions:
    if st.button(
        "Open", icon=":material/chat:", type="primary", disabled=len(chosen) != 1,
        help="Select one row, then open it",
    ):  # fmt: skip
        st.switch_page(
            "pages/conversation.py",
            query_params={"id": page.rows["conversation_id"].iloc[chosen[0]]},
        )
    first = (number - 1) * tables.PER_PAGE + 1
    told = f", {len(chosen)} selected" if chosen else ""
    st.caption(f"{first:,} to {first + len(page.rows) - 1:,} of {page.total:,} conversations{told}")
    st.space("stretch")
    takeaway.rows_menu(
        filters,
        key="conversations",
        ids=page.rows["conversation_id"].iloc[chosen].tolist() if chosen else None,
        label=f"Export {len(chosen):,} selected" if chosen else f"Export all {page.total:,}",
    )
