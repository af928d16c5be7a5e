"""How good are they, and what costs points?"""

from __future__ import annotations

import streamlit as st

from cvi.ui import boards, explain, filterbar, states, tiles

st.caption(
    "How good are they, and what costs points? The score counts signs of the user's satisfaction "
    "and effort in the words. It does not know whether what was said is correct."
)
filters = filterbar.current()
states.chosen_or_stop(filters)
board = states.tried(lambda: boards.quality(filters))
counts = board.counts

tiles.row(board.tiles, per_block=5)

left, right = st.columns(2)
with left, tiles.card(
    "Distribution", "High from 70, medium from 40. Select a bar to list it.",
    names=("quality",), counts=counts,
):  # fmt: skip
    bar = tiles.chart(board.distribution, "quality-distribution", select=True)
with right, tiles.card(
    "The four parts", "Points of 100; median and middle half. In brackets: weight.",
    names=boards.QUALITY[1:], counts=counts,
):  # fmt: skip
    tiles.chart(board.parts, "quality-parts")
left, right = st.columns(2)
with left, tiles.card(
    "What costs points", board.told or "Points lost by each item of the score.",
    names=("quality",), counts=counts,
):  # fmt: skip
    cost = tiles.chart(board.costs, "quality-costs", select=True)
with right, tiles.card("Quality against …", "One dot per conversation. Select one to list it."):
    name = st.segmented_control(
        "Against", list(boards.SCATTER), format_func=lambda name: boards.SCATTER[name][0],
        default="user_talk_share", required=True, key="against", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    dot = tiles.chart(boards.against(filters, name), f"quality-against-{name}", select=True)
left, right = st.columns(2)
with (
    left,
    tiles.card(
        f"Quality by {board.by}", "Median, middle half, and n.", names=("quality",), counts=counts
    ),
):
    tiles.chart(board.by_group, "quality-groups")
with (
    right,
    tiles.card(
        f"Quality per {board.step}", "Median and middle half.", names=("quality",), counts=counts
    ),
):
    tiles.chart(board.by_week, "quality-weeks")

st.markdown("**Conversations, lowest score first**")
band = st.segmented_control(
    "Band", list(board.bands), key="band", bind="query-params", label_visibility="collapsed"
)
low, high = tiles.picked(bar) or (None, None)
item = tiles.picked(cost)
rows = states.tried(
    lambda: boards.scored(
        filters,
        band=band,
        edges=None if low is None else (low, high),
        item=str(item[0]) if item else None,
        only=str(tiles.picked(dot)[0]) if dot else None,
    )
)
counted = ", ".join(f"{n:,} {name}" for name, n in board.bands.items())
what = tiles.selected(len(rows), bar=tiles.picked(bar), item=item, dot=tiles.picked(dot))
st.caption(f"In all {counted}. {what}")
if len(rows):
    tiles.listing(
        rows, boards.QUALITY, key="quality-list", alt="Conversations by quality",
        reason="What sets it apart",
    )  # fmt: skip
explain.table(counts)
