"""How good are they, and what costs points?"""

from __future__ import annotations

import streamlit as st

from cvi.ui import boards, cards, explain, filterbar, states, tiles

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
    name = st.segmented_control(
        "Against", list(boards.SCATTER), format_func=lambda name: boards.SCATTER[name][0],
        default="user_talk_share", required=True, key="against", bind="query-params",
        label_visibility="collapsed",
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

st.markdown("**Conversations, lowest score first**")
rows = states.tried(lambda: boards.scored(filters))
counted = ", ".join(f"{n:,} {name}" for name, n in board.bands.items())
none = "" if len(rows) else " No scored conversation: none has a score."
st.caption(f"In all {counted}.{none}")
if len(rows):
    tiles.listing(
        rows, boards.QUALITY, key="quality-list", alt="Conversations by quality",
        reason="What sets it apart",
    )  # fmt: skip
explain.table(counts)
