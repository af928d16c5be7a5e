"""How do users feel, and when does it change?"""

from __future__ import annotations

import streamlit as st

from cvi.ui import boards, cards, explain, filterbar, states, tiles

filters = filterbar.current()
states.chosen_or_stop(filters)
states.question(
    "How do users feel, and when does it change? Only the user's turns count.",
    filters,
)
board = states.tried(lambda: boards.sentiment(filters))
counts = board.counts

tiles.row(board.tiles)

left, right = st.columns([3, 2])
with left:
    cards.chart(
        board.trajectory, "Along the conversation",
        f"{board.told} Median and middle half of {board.followed:,} conversations.".strip(),
        key="sentiment-trajectory", names=("user_sentiment",), counts=counts,
    )  # fmt: skip
with right:
    cards.chart(
        board.distribution, "Distribution", "Mean per conversation. Select a bar to list it.",
        key="sentiment-distribution", names=("user_sentiment",), counts=counts,
    )  # fmt: skip
left, right = st.columns(2)
with left:
    cards.chart(
        board.start_to_end, f"Start to end, by {board.by}",
        "First and last 30 % of the way, median; most fallen first.",
        key="sentiment-groups", names=("user_sentiment",), counts=counts,
    )  # fmt: skip
with right:
    cards.chart(
        board.by_topic, "Sentiment by topic",
        "The topics most often discussed; median, middle half, and n.",
        key="sentiment-topics", names=("user_sentiment",), counts=counts,
    )  # fmt: skip
cards.chart(
    board.by_week, f"Sentiment per {board.step}", "Median and middle half.",
    key="sentiment-weeks", names=("user_sentiment",), counts=counts,
)  # fmt: skip

st.markdown(
    "**Most negative turns**",
    help="The user's turns with the lowest score, and what the assistant had said just before. "
    "Turns that say the same are shown once.",
)
if board.lowest:
    with st.grid(3, min_column_width=270):
        for each in board.lowest[: 12 if st.session_state.get("sentiment_all") else 6]:
            before = each["before"] if isinstance(each["before"], str) else None
            tiles.quote(each, before=before, score=f"{each['sentiment_score']:+.2f}")
    st.toggle("Show twelve", key="sentiment_all")
else:
    st.caption("No scored turn of a user is negative in these conversations.")

st.markdown(
    "**Turning points: where the mood fell or rose most**",
    help=explain.notes(("sentiment_change",), counts),
)  # fmt: skip
for rows, key, said in (
    (board.drops, "sentiment-drops", "Fell most from start to end"),
    (board.rises, "sentiment-rises", "Rose most from start to end"),
):
    if len(rows):
        st.caption(said)
        tiles.listing(rows, boards.DROPS, key=key, alt=said)
if not len(board.drops) and not len(board.rises):
    st.caption("In no conversation did the mood change measurably (8 scored turns are needed).")
explain.table(counts)
