"""The conversations the filter selects, fifty a page, sorted and cut in SQL."""

from __future__ import annotations

import streamlit as st

from cvi.ui import columns, filterbar, listed, presets, rows, states, takeaway, workbench

filters, listing = filterbar.current(), listed.sync()
if chosen := rows.opened():
    st.switch_page(listed.ONE, query_params=listed.query(id=chosen))

if not states.tried(lambda: len(workbench.conversations())):
    states.no_data()
    st.stop()
presets.draw(filters)
page = states.tried(lambda: listed.page(filters, listing))
pages = max(1, -(-page.total // listed.PER_PAGE))
if listing.page > pages:
    listing = listed.within(listing, pages)
    page = listed.page(filters, listing)
listed.problems()
if not page.total:
    states.nothing_selected(len(workbench.conversations()))
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom", key="table-controls"):
    listed.sorting(listing)
    columns.chooser(listing)
    st.space("stretch")
    actions = st.container(horizontal=True, vertical_alignment="bottom", width="content")

first = (listing.page - 1) * listed.PER_PAGE + 1
with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    st.markdown(
        f"**{first:,} to {first + len(page.rows) - 1:,} of {page.total:,} conversations**, "
        f"{listed.told(listing)}"
    )
    rows.glance(filters)

picked = rows.draw(page, listing, filters)
with st.container(horizontal_alignment="center"):
    listed.paging(listing, pages)

with actions:
    if picked:
        st.button(
            f"Unpick {len(picked):,}", icon=":material/close:", type="tertiary",
            on_click=rows.unpick, key="unpick",
        )  # fmt: skip
    if st.button(
        "Open", icon=":material/chat:", shortcut="o", disabled=len(picked) != 1, key="open-picked",
        help="Opens the conversation that is picked. Or use the arrow at its beginning.",
    ):  # fmt: skip
        st.switch_page(listed.ONE, query_params=listed.query(id=picked[0]))
    takeaway.rows_menu(
        filters, key="conversations", ids=picked or None,
        label=f"Export {len(picked):,} picked" if picked else f"Export all {page.total:,}",
    )  # fmt: skip
