"""How it goes: volume, speed, quality and mood at a glance, and where to look first."""

from __future__ import annotations

import streamlit as st

from cvi.ui import boards, explain, filterbar, states, tiles

filters = filterbar.current()
states.chosen_or_stop(filters)
board = states.tried(lambda: boards.overview(filters))
counts = board.counts

tiles.row(board.tiles)

left, right = st.columns(2)
with (
    left,
    tiles.card(f"Conversations per {board.step}", "By how they ended. Select a bar to list it."),
):
    bar = tiles.chart(board.volume, "overview-volume", select=True)
with right, tiles.card(
    boards.WAITS[board.wait],
    f"Until the assistant answers; median and middle half per {board.step}.",
    names=board.wait, counts=counts,
):  # fmt: skip
    tiles.chart(board.response_time, "overview-response")
if bar:
    week, outcome = str(bar[0]["x"]), str(tiles.picked(bar))
    behind = states.tried(lambda: boards.of_week(filters, week, outcome))
    with tiles.card(f"{len(behind)} conversations, {outcome.replace('_', ' ')}, {week[:10]}"):
        tiles.listing(
            behind, boards.COLUMNS, key="overview-behind", alt="Conversations behind the bar"
        )
left, right = st.columns(2)
with left, tiles.card(
    "Quality", f"Points of 100; median and middle half per {board.step}.",
    names=("quality",), counts=counts,
):  # fmt: skip
    tiles.chart(board.quality, "overview-quality")
with right, tiles.card(
    f"Sentiment by {board.by}", "Of the user, -1 to +1; median, middle half, and n.",
    names=("user_sentiment",), counts=counts,
):  # fmt: skip
    tiles.chart(board.sentiment, "overview-sentiment")

left, right = st.columns(2)
with left, tiles.card(
    "Look at these first", "Lowest quality, and what sets them apart.",
    names=("quality",), counts=counts,
):  # fmt: skip
    tiles.standouts(board.worst, colour="red", empty="No conversation has a score.")
with right, tiles.card(
    "Learn from these", "Highest quality, and what they did better.",
    names=("quality",), counts=counts,
):  # fmt: skip
    tiles.standouts(board.best, colour="green", empty="No other conversation has a score.")

if board.undated:
    st.caption(f"{board.undated:,} conversations have no date and are in no chart over time.")
explain.table(counts)
