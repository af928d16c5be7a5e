"""How it goes: volume, speed, quality and mood at a glance, and where to look first."""

from __future__ import annotations

import streamlit as st

from cvi.ui import boards, cards, explain, filterbar, reports, states, tiles

filters = filterbar.current()
states.chosen_or_stop(filters)
board = states.tried(lambda: boards.overview(filters))
counts = board.counts

reports.dashboard_menu(filters)
tiles.row(board.tiles)

left, right = st.columns(2)
with left:
    cards.chart(
        board.volume, f"Conversations per {board.step}",
        "By how they ended. Select a bar to list it.", key="overview-volume",
    )  # fmt: skip
with right:
    cards.chart(
        board.response_time, boards.WAITS[board.wait],
        f"Until the assistant answers; median and middle half per {board.step}.",
        key="overview-response", names=board.wait, counts=counts,
    )  # fmt: skip
left, right = st.columns(2)
with left:
    cards.chart(
        board.quality, "Quality", f"Points of 100; median and middle half per {board.step}.",
        key="overview-quality", names=("quality",), counts=counts,
    )  # fmt: skip
with right:
    cards.chart(
        board.sentiment, f"Sentiment by {board.by}",
        "Of the user, -1 to +1; median, middle half, and n.",
        key="overview-sentiment", names=("user_sentiment",), counts=counts,
    )  # fmt: skip

left, right = st.columns(2)
with left, cards.card(
    "Look at these first", "Lowest quality, and what sets them apart.",
    names=("quality",), counts=counts,
):  # fmt: skip
    tiles.standouts(board.worst, colour="red", empty="No conversation has a score.")
with right, cards.card(
    "Learn from these", "Highest quality, and what they did better.",
    names=("quality",), counts=counts,
):  # fmt: skip
    tiles.standouts(board.best, colour="green", empty="No other conversation has a score.")

if board.undated:
    st.caption(f"{board.undated:,} conversations have no date and are in no chart over time.")
explain.table(counts)
