"""Who waits, who talks, who interrupts: how the two sides take turns."""

from __future__ import annotations

import streamlit as st

from cvi.ui import cards, explain, filterbar, states, tiles, turn_taking_board
from cvi.ui.literal import literal

filters = filterbar.current()
states.chosen_or_stop(filters)
states.question(
    "Who waits, who talks, who interrupts?",
    filters,
)
board = states.tried(lambda: turn_taking_board.turn_taking(filters))
counts, wait = board.counts, board.wait

tiles.row(board.tiles, per_block=3)

left, right = st.columns(2)
with left:
    cards.chart(
        board.ecdf, f"{wait.label}: how many answers come in time",
        turn_taking_board.about_curve(wait),
        key="taking-ecdf", names=(wait.typical, wait.late), counts=counts,
    )  # fmt: skip
with right:
    by = st.segmented_control(
        "Compare waits by", list(turn_taking_board.BY), default=board.compare_by, required=True,
        format_func=lambda name: board.by.capitalize() if name == "group"
        else turn_taking_board.BY[name],
        key="waits_by", bind="query-params", label_visibility="collapsed",
    )  # fmt: skip
    chart, told = states.tried(lambda: turn_taking_board.longest(filters, by))
    cards.chart(
        chart, "Where users wait longest",
        literal(told, limit=400) or "From the median (dot) to the p95 (line) of all answers.",
        key=f"taking-longest-{by}", names=(wait.typical, wait.late), counts=counts,
    )  # fmt: skip
left, right = st.columns(2)
with left:
    cards.chart(
        board.waits, f"{wait.label} per {board.step}", "Median, p90 and p95 over all answers.",
        key="taking-waits", names=(wait.typical, wait.late), counts=counts,
    )  # fmt: skip
with right:
    cards.chart(
        board.talk, "Who talks", board.told or "The user's share of the talk.",
        key="taking-talk", names=(board.talk_metric,), counts=counts,
    )  # fmt: skip
left, right = st.columns(2)
with left:
    cards.chart(
        board.floor, "The floor along the call",
        "Share of the conversations in which one side speaks over 60 % of each tenth.",
        key="taking-floor",
    )  # fmt: skip
with right:
    cards.chart(
        board.floor_map, f"The floor by {board.by}",
        "Blue: users speak more, orange: the assistant does.", key="taking-floor-map",
    )  # fmt: skip
left, right = st.columns(2)
with left:
    cards.chart(
        board.interruptions, f"Interruptions by {board.by}",
        "A minute of conversation, by the side that cuts in. Short agreement is no interruption.",
        key="taking-interruptions",
        names=("user_interruptions", "assistant_interruptions", "backchannels"), counts=counts,
    )  # fmt: skip
with right:
    cards.chart(
        board.silences, "Longest silence", "Conversations; red from 10 s.",
        key="taking-silences", names=("longest_silence_s",), counts=counts,
    )  # fmt: skip
left, right = st.columns(2)
with left:
    cards.chart(
        board.assistant_monologues, "Longest monologue of the assistant",
        f"Conversations; red from {board.flagged[1]}.", key="taking-assistant-monologues",
        names=board.monologues[1:], counts=counts,
    )  # fmt: skip
with right:
    cards.chart(
        board.user_monologues, "Longest monologue of the user",
        f"Conversations; red from {board.flagged[0]}.",
        key="taking-user-monologues", names=board.monologues[:1], counts=counts,
    )  # fmt: skip
explain.table(counts)
