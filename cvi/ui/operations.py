"""The queue on a page: how it stands, how far it has got, and its failures with a way back."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from cvi.store import operations, queue
from cvi.store.queue import FailureFilter, QueueState
from cvi.ui import payloads, tables, workbench
from cvi.ui.literal import literal

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
    with st.grid(4, gap="small", min_column_width=130):
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


def failures() -> None:
    """Open failures with error and payload, and their replay: one, some, by type, or all."""
    here = workbench.ports()
    found = operations.failures(here.engine, workspace=here.workspace)
    if told := st.session_state.pop("replayed", None):
        st.toast(told, icon=":material/replay:")
    if found.empty:
        st.success(
            "No failures. Events that cannot be processed would wait here, with their payload.",
            icon=":material/check_circle:",
        )
        return
    bar = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    picked = st.dataframe(
        found,
        hide_index=True,
        height="content" if len(found) < 10 else 380,
        on_select="rerun",
        selection_mode="multi-row",
        key=f"failures-{len(found)}-{found['failure_id'].iloc[0]}",
        column_order=[
            "created_at", "event_type", "error_message", "conversation_id", "retry_count"
        ],
        column_config=_COLUMNS,
        placeholder="—",
        alt="Events that could not be processed",
    )  # fmt: skip
    rows = [at for at in picked["selection"]["rows"] if at < len(found)]
    with bar:
        _replays(found, [int(found["failure_id"].iloc[at]) for at in rows])
    if rows:
        _failure(found.iloc[rows[0]])
    else:
        st.caption("Select a row to see its error and payload.")


def _replays(found: pd.DataFrame, ids: list[int]) -> None:
    st.button(
        f"Replay {len(ids)} selected" if ids else "Replay selected",
        icon=":material/replay:", type="primary", disabled=not ids,
        on_click=replay, args=(FailureFilter(failure_ids=ids),),
    )  # fmt: skip
    st.button(
        f"Replay all {len(found):,}", icon=":material/replay:",
        on_click=replay, args=(FailureFilter(),),
    )  # fmt: skip
    types = sorted(found["event_type"].unique().tolist())
    kind = st.selectbox(
        "Of type", types, index=None, placeholder="Replay by type", label_visibility="collapsed",
        key="replay-type", width=260,
    )  # fmt: skip
    st.button(
        "Replay type", disabled=kind is None, on_click=replay,
        args=(FailureFilter(event_types=[kind] if kind else []),),
    )  # fmt: skip


def replay(chosen: FailureFilter) -> None:
    """Send failures round again, and say how many."""
    here = workbench.ports()
    count = queue.replay(here.engine, chosen, workspace=here.workspace)
    st.session_state["replayed"] = f"{count:,} sent round again"
    st.session_state["queue-busy"] = True


def _failure(row: pd.Series) -> None:
    with st.container(border=True):
        st.markdown(f"**Failure {row['failure_id']}** · {literal(row['event_type'])}")
        st.code(str(row["error_message"]), language=None, wrap_lines=True)
        payloads.body(
            bytes(row["payload"]), name=f"failure-{row['failure_id']}",
            key=f"failure-{row['failure_id']}",
        )  # fmt: skip


_COLUMNS = {
    "created_at": st.column_config.DatetimeColumn(
        "Failed (UTC)", format="YYYY-MM-DD HH:mm:ss", timezone="UTC", width=150
    ),
    "event_type": st.column_config.TextColumn("Type", width=200),
    "error_message": st.column_config.TextColumn("Error", width=420),
    "conversation_id": st.column_config.TextColumn("Conversation", width=180),
    "retry_count": st.column_config.NumberColumn("Retries", width=70),
}


def types() -> pd.DataFrame:
    """Event types in the store: how many, and whether this version reads them."""
    here = workbench.ports()
    found = operations.event_types(here.engine, workspace=here.workspace)
    told = {True: ["read"], False: ["kept, unknown to this version"]}
    return found.assign(known=found["known"].astype("bool").map(lambda known: told[known]))


def quiet() -> pd.DataFrame:
    """Ended conversations whose transcript never came, with a link to each."""
    here = workbench.ports()
    found = operations.quiet_conversations(here.engine, workspace=here.workspace)
    return found.assign(open=[tables.address(name) for name in found["conversation_id"]])
