"""What is configured, what is running, and where callbacks go."""

from __future__ import annotations

import streamlit as st

from cvi.ui import condition

condition.alarms()
left, right = st.columns(2, gap="medium")
with left, st.container(border=True, height="stretch"):
    st.subheader("Callbacks", anchor=False)
    condition.callbacks()
with right, st.container(border=True, height="stretch"):
    st.subheader("Health", anchor=False)
    condition.checks()
st.subheader("Settings", anchor=False)
condition.settings()
