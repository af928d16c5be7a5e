"""What arrived, what waits, what failed and what looks wrong, each with the way to mend it."""

from __future__ import annotations

import streamlit as st

from cvi.ui import ailing, clock, failures, health, operations, payloads, sections
from cvi.ui.sections import Section

number = health.counts()
health.board(number, key="events")
with st.grid(2, gap="small", min_column_width=380):
    with st.container(height="stretch"):
        operations.tiles()
    health.traffic()
st.caption(clock.said())

sections.tabs(
    {
        "failures": Section("Failures", number["failures"], failures.failed),
        "transcripts": Section(
            "Missing transcripts",
            number["transcripts"],
            lambda: ailing.missing_transcripts(number["transcripts"]),
        ),
        "stalled": Section(
            "Stalled replicas", number["stalled"], lambda: ailing.stalled(number["stalled"])
        ),
        "anomalies": Section(
            "Anomalies", number["anomalies"], lambda: ailing.anomalies(number["anomalies"])
        ),
        "types": Section("Unknown types", number["types"], ailing.types),
        "log": Section("Event log", None, payloads.searched),
    },
    key="events",
)
