"""Bring conversations in, take imports back, and keep what is stored in order."""

from __future__ import annotations

import streamlit as st

from cvi.ui import archives, importing, operations, stored, welcome, workbench

operations.progress()
if workbench.is_empty():
    welcome.demo_card()

st.subheader("Import files", anchor=False)
importing.wizard()

st.subheader("Imports", anchor=False)
stored.log()

if not workbench.is_empty():
    st.subheader("Export", anchor=False)
    archives.order()
    archives.running("export")
    archives.finished()

left, right = st.columns(2, gap="large")
with left:
    st.subheader("Analysis", anchor=False)
    stored.upkeep()
with right:
    st.subheader("Storage", anchor=False)
    stored.storage()
