"""How good are they, and what costs points?"""

from __future__ import annotations

import streamlit as st

from cvi.selection.filters import Filters
from cvi.ui import boards, cards, drill, explain, filterbar, states, tiles

filters = filterbar.current()
states.chosen_or_stop(filters)
states.question(
    "How good are they, and what costs points? The score counts signs of the user's satisfaction "
    "and effort in the words. It does not know whether what was said is correct.",
    filters,
)
board = states.tried(lambda: boards.quality(filters))
counts = board.counts

tiles.row(board.tiles, per_block=5)

left, right = st.columns(2)
with left:
    cards.chart(
        board.distribution, "Distribution",
        "High from 70, medium from 40. Select a bar to list it.",
        key="quality-distribution", names=("quality",), counts=counts,
    )  # fmt: skip
with right:
    cards.chart(
        board.parts, "The four parts",
        "Points of 100; median and middle half. In brackets: weight.",
        key="quality-parts", names=boards.QUALITY[1:], counts=counts,
    )  # fmt: skip
left, right = st.columns(2)
with left:
    cards.chart(
        board.costs, "What costs points", board.told or "Points lost by each item of the score.",
        key="quality-costs", names=("quality",), counts=counts,
    )  # fmt: skip
with right:
    name = st.selectbox(
        "Quality against", list(boards.SCATTER), key="against", bind="query-params",
        index=list(boards.SCATTER).index(board.against),
        format_func=lambda name: boards.SCATTER[name][0], width=220,
    )  # fmt: skip
    cards.chart(
        boards.against(filters, name), f"Quality against {boards.SCATTER[name][0].lower()}",
        "One dot per conversation. Select one to open it.", key=f"quality-against-{name}",
    )  # fmt: skip
left, right = st.columns(2)
with left:
    cards.chart(
        board.by_group, f"Quality by {board.by}", "Median, middle half, and n.",
        key="quality-groups", names=("quality",), counts=counts,
    )  # fmt: skip
with right:
    cards.chart(
        board.by_week, f"Quality per {board.step}", "Median and middle half.",
        key="quality-weeks", names=("quality",), counts=counts,
    )  # fmt: skip
cards.chart(
    board.by_group_and_week, f"Quality by {board.by} and {board.step}",
    "Median score, red at 40 and below, green from 90. Select a square to list it.",
    key="quality-squares", names=("quality",), counts=counts,
)  # fmt: skip

st.markdown("**Lowest scores first**", help="The hundred lowest, and what sets each apart.")
rows = states.tried(lambda: boards.scored(filters))
with st.container(horizontal=True, gap="small", vertical_alignment="center"):
    for band, n in board.bands.items():
        drill.link(f"{n:,} {band}", filters.both(Filters(bands=(band,))))
if len(rows):
    tiles.listing(
        rows, boards.QUALITY, key="quality-list", alt="Conversations by quality",
        reason="What sets it apart",
    )  # fmt: skip
else:
    st.caption("No scored conversation: none has a score.")
explain.table(counts)
