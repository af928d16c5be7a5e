"""What do people talk about, and how does it go?"""

from __future__ import annotations

import streamlit as st

from cvi.analysis.summary_topics import KINDS
from cvi.ui import cards, explain, filterbar, states, tiles, topic_boards, topic_table

st.caption("What do people talk about, and how does it go?")
filters = filterbar.current()
states.chosen_or_stop(filters)

kind = st.segmented_control(
    "Kind of topic", list(KINDS), format_func=KINDS.__getitem__, default="lexicon", required=True,
    key="topic_kind", bind="query-params", persist_state="session", label_visibility="collapsed",
)  # fmt: skip
board = states.tried(lambda: topic_boards.topics(filters, kind))
st.caption(topic_table.about(kind, board))

if board.names:
    names = [*board.names, *board.rest]
    topic_table.draw(board.ranked, key=f"topics-{kind}", counts=board.counts)
    name = topic_table.pick(names, kind)
    found = states.tried(lambda: topic_boards.topic(filters, kind, name))
    topic_table.heading(name, found.row)
    left, right = st.columns([3, 2])
    with left:
        cards.chart(
            found.trend, f"Share of the conversations per {board.step}",
            "Select a bar to list it.", key="topic-trend",
        )  # fmt: skip
    with right, cards.card("Words", topic_table.words_about(kind, name)):
        topic_table.words(found.words, found.companions)
    if found.quotes:
        st.markdown("**In their words**")
        with st.grid(3, min_column_width=260):
            for each in found.quotes:
                tiles.quote(each)
    st.markdown("**Conversations**")
    tiles.listing(
        found.members, topic_boards.COLUMNS, key="topic-members", alt="Conversations with the topic"
    )
explain.table(board.counts)
