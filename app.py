"""The navigation: which pages there are, in which order. Run it with `cvi serve` or `cvi ui`."""

from __future__ import annotations

import streamlit as st

from cvi.ui import filterbar, live, workbench

st.set_page_config(
    page_title="CVI Workbench", page_icon="📊", layout="wide", initial_sidebar_state=220
)

PAGES = {
    "Explore": [
        st.Page("pages/overview.py", title="Overview", icon=":material/dashboard:", default=True),
        st.Page("pages/conversations.py", title="Conversations", icon=":material/forum:"),
        st.Page("pages/conversation.py", title="Conversation", icon=":material/chat:"),
    ],
    "Questions": [
        st.Page("pages/topics.py", title="Topics", icon=":material/category:"),
        st.Page("pages/sentiment.py", title="Sentiment", icon=":material/mood:"),
        st.Page("pages/quality.py", title="Quality", icon=":material/verified:"),
        st.Page("pages/turn_taking.py", title="Turn-taking", icon=":material/swap_horiz:"),
    ],
    "Operate": [
        st.Page("pages/data.py", title="Data", icon=":material/database:"),
        st.Page("pages/events.py", title="Events", icon=":material/bolt:"),
        st.Page("pages/status.py", title="Status", icon=":material/monitor_heart:"),
    ],
}
FILTERED = {"Overview", "Conversations", "Topics", "Sentiment", "Quality", "Turn-taking"}

# Tables and charts need the width more than the margins do; figures stand under one another.
STYLE = """<style>
.stMainBlockContainer { padding-left: 2rem; padding-right: 2rem; }
.stApp { font-variant-numeric: tabular-nums; }
/* Streamlit writes white on buttons of the primary colour, which is bright in the dark theme. */
[data-testid^="stBaseButton-primary"]:enabled { color: light-dark(#FFFFFF, #0F161D); }
</style>"""

page = st.navigation(PAGES)
st.html(STYLE)
st.title(page.title)
workbench.stop_if_unreachable()
filterbar.sync(page.title)
live.draw(page.title)
if page.title in FILTERED and not workbench.is_empty():
    filterbar.draw()
page.run()
