"""The queue on a page: how it stands and how far it has got."""

from __future__ import annotations

import streamlit as st

from cvi.store import queue
from cvi.store.queue import QueueState
from cvi.ui import tables, workbench

_EVERY_S = 1.5


def state() -> QueueState:
    """The queue as it stands now."""
    here = workbench.ports()
    return queue.state(here.engine, workspace=here.workspace)


def tiles() -> None:
    """Waiting, retrying, failed and lag; refreshes itself while something waits."""
    st.fragment(_tiles, run_every=_EVERY_S if state().pending else None)()


def _tiles() -> None:
    now = state()
    with st.grid(2, gap="small", min_column_width=130):
        st.metric(
            "Waiting", f"{now.pending:,}", border=True,
            help="Events stored but not yet folded into conversations",
        )  # fmt: skip
        st.metric(
            "Retrying", f"{now.retrying:,}", border=True,
            help="Waiting events that failed before; they are tried again after 1, 2 and 4 s",
        )  # fmt: skip
        st.metric(
            "Failed", f"{now.dead:,}", border=True,
            help="Events that gave up after their retries; their payload is kept for a replay",
        )  # fmt: skip
        st.metric(
            "Lag", tables.duration(now.lag_s) if now.pending else "0 s", border=True,
            help="Age of the oldest event that waits",
        )  # fmt: skip
    _until_quiet(now)


def progress() -> None:
    """A bar while the worker settles what was appended; nothing when all is done."""
    pending = state().pending
    st.session_state["queued"] = max(pending, st.session_state.get("queued", 0)) if pending else 0
    if pending:
        st.fragment(_progress, run_every=_EVERY_S)()


def _progress() -> None:
    now = state()
    most = max(st.session_state.get("queued", 0), now.pending, 1)
    st.progress(
        1 - now.pending / most,
        text=f"Processing: {now.pending:,} of {most:,} events to go. Pages fill as it advances.",
    )
    if now.lag_s > 60:
        st.caption("Nothing moved for a minute? See on Status whether the worker is running.")
    _until_quiet(now)


def _until_quiet(now: QueueState) -> None:
    """When the queue runs dry, draw the page once more so that it shows the result."""
    busy = st.session_state.get("queue-busy", False)
    st.session_state["queue-busy"] = bool(now.pending)
    if busy and not now.pending:
        st.rerun()
