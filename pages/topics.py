"""What do people talk about, and how does it go?"""

from __future__ import annotations

import streamlit as st

from cvi.analysis.summary_topics import KINDS, token
from cvi.selection.filters import Filters
from cvi.ui import cards, drill, explain, filterbar, states, tiles, topic_boards, topic_table
from cvi.ui.literal import literal

filters = filterbar.current()
states.chosen_or_stop(filters)
states.question(
    "What do people talk about, and how does it go?",
    filters,
)

kind = st.segmented_control(
    "Kind of topic", list(KINDS), format_func=KINDS.__getitem__, default="lexicon", required=True,
    key="topic_kind", bind="query-params", persist_state="session", label_visibility="collapsed",
)  # fmt: skip
board = states.tried(lambda: topic_boards.topics(filters, kind))
st.caption(topic_table.about(kind, board))

if board.names:
    left, middle, right = st.columns(3)
    with left:
        cards.chart(
            board.shares, "How often", "Conversations with the topic; the largest.",
            key=f"topics-shares-{kind}",
        )  # fmt: skip
    with middle:
        cards.chart(
            board.quality, "Quality against the rest",
            "Median points; grey: may be chance.",
            key=f"topics-quality-{kind}", names=("quality",), counts=board.counts,
        )  # fmt: skip
    with right:
        cards.chart(
            board.sentiment, "Sentiment against the rest",
            "Median of the user; grey: may be chance.",
            key=f"topics-sentiment-{kind}", names=("user_sentiment",), counts=board.counts,
        )  # fmt: skip
    st.markdown("**All topics** · select a row to look into it")
    names = [*board.names, *board.rest]
    topic_table.draw(board.ranked, key=f"topics-{kind}", counts=board.counts)
    name = topic_table.pick(names, kind)
    found = states.tried(lambda: topic_boards.topic(filters, kind, name))
    topic_table.heading(name, found.row)
    drill.link(
        f"List its {int(found.row['n']):,} conversations",
        filters.both(Filters(topics=((token(kind, name),),))), icon=":material/forum:",
    )  # fmt: skip
    left, right = st.columns([3, 2])
    with left:
        cards.chart(
            found.trend, f"Share of the conversations per {board.step}",
            "Select a bar to list it.", key="topic-trend",
        )  # fmt: skip
    with right, cards.card("Words and sub-topics", topic_table.words_about(kind, name)):
        topic_table.words(found.words, found.companions)
        topic_table.subtopics(found.subtopics, filters)
    if found.quotes:
        st.markdown("**In their words**")
        with st.grid(3, min_column_width=260):
            for each in found.quotes:
                tiles.quote(each)
    st.markdown("**Newest conversations**")
    tiles.listing(
        found.members, topic_boards.COLUMNS, key="topic-members", alt="Conversations with the topic"
    )
    cards.chart(
        board.together, "Topics that go together", literal(board.told, limit=300) or
        "How many times as often as by chance two topics share a conversation.",
        key=f"topics-together-{kind}",
    )  # fmt: skip
explain.table(board.counts)
