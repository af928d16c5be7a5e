"""How it goes: volume, speed, quality and mood at a glance, and where to look first."""

from __future__ import annotations

import streamlit as st

from cvi.ui import (
    boards,
    cards,
    changes_board,
    explain,
    filterbar,
    reports,
    states,
    takeaway,
    tiles,
)

filters = filterbar.current()
states.chosen_or_stop(filters)
board = states.tried(lambda: boards.overview(filters))
counts = board.counts

with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    st.caption("How it goes, what changed, and where to look first.")
    st.space("stretch")
    with st.container(width="content"):  # a fragment is as wide as it may be
        takeaway.rows_menu(filters, key="overview")
    with st.container(width="content"):
        reports.dashboard_menu(filters)
tiles.row(board.tiles)
states.tried(lambda: changes_board.draw(filters))

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
        board.start_to_end, f"Sentiment from start to end, by {board.by}",
        "Of the user, median of the first and last 30 %; most fallen first.",
        key="overview-start-to-end", names=("user_sentiment",), counts=counts,
    )  # fmt: skip

first, second, third = st.columns(3)
with first, cards.card(
    "Look at these first", "Lowest quality, and what sets them apart.",
    names=("quality",), counts=counts,
):  # fmt: skip
    tiles.standouts(board.worst, colour="red", empty="No conversation has a score.")
with second, cards.card(
    "The oddest", "Furthest from the usual in several figures; 1 is usual."
):  # fmt: skip
    odd = states.tried(lambda: changes_board.oddest(filters))
    tiles.standouts(odd, colour="orange", empty="None is far from the usual.")
with third, cards.card(
    "Learn from these", "Highest quality, and what they did better.",
    names=("quality",), counts=counts,
):  # fmt: skip
    tiles.standouts(board.best, colour="green", empty="No other conversation has a score.")

if board.undated:
    st.caption(f"{board.undated:,} conversations have no date and are in no chart over time.")
explain.table(counts)
