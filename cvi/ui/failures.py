"""Failures on a page: by error, then one by one with what came in, each with its way back."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from cvi.store import failures, queue
from cvi.store.queue import FailureFilter
from cvi.ui import clock, kept, payloads, tables, workbench
from cvi.ui.literal import literal

_UNREADABLE = (
    "The body that came in is no event: cut off on its way, or sent by something else than Tavus. "
    "A replay helps once this program reads it."
)
_TRIED = (
    "It was tried four times over some seconds. When the cause is mended (a full disk, a database "
    "that was away, a newer version of this program), replay it."
)


def failed() -> None:
    """Open failures by error; the selected error with its events and their payload."""
    here = workbench.ports()
    found = failures.groups(here.engine, workspace=here.workspace)
    if told := st.session_state.pop("replayed", None):
        st.toast(told, icon=":material/replay:")
    if found.empty:
        st.success(
            "No failures. Events that cannot be processed would wait here, with their payload.",
            icon=":material/check_circle:",
        )
        return
    total = int(found["n"].sum())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Nothing is lost: what failed waits here with its payload until it is replayed.")
        st.space("stretch")
        st.button(
            f"Replay all {total:,}", icon=":material/replay:", on_click=replay,
            args=(FailureFilter(),), key="replay-all",
        )  # fmt: skip
    _group(found.iloc[_chosen(found)])


def _chosen(found: pd.DataFrame) -> int:
    """The table of errors; the position of the selected one, the first unless another is."""
    kept.selection("failures", list(zip(found["event_type"], found["error"], strict=True)))
    picked = st.dataframe(
        found,
        hide_index=True,
        height="content" if len(found) < 9 else 330,
        on_select="rerun",
        selection_mode="single-row",
        key="failures",
        column_order=["error", "event_type", "n", "conversations", "first", "last"],
        column_config={
            "error": st.column_config.TextColumn("Error", width=400),
            "event_type": st.column_config.TextColumn("Type", width=200),
            "n": st.column_config.NumberColumn("Events", format="%,d", width=70),
            "conversations": st.column_config.NumberColumn(
                "Conversations", format="%,d", width=105
            ),
            "first": clock.column("First seen", seconds=True, width=150),
            "last": clock.column("Last seen", seconds=True, width=150),
        },
        alt="Errors and how many events met each",
    )
    rows = [at for at in picked["selection"]["rows"] if at < len(found)]
    return rows[0] if rows else 0


def _group(row: pd.Series) -> None:
    """One error: what it means, its events, the payload of one of them."""
    kind, errors, count = str(row["event_type"]), list(row["messages"]), int(row["n"])
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{literal(kind, limit=80)}** · {count:,} event{'s' * (count != 1)}")
            st.space("stretch")
            st.button(
                f"Replay these {count:,}" if count > 1 else "Replay this one", type="primary",
                icon=":material/replay:", on_click=replay, key="replay-group",
                args=(FailureFilter(event_types=[kind], errors=errors),),
            )  # fmt: skip
        st.caption(_UNREADABLE if kind == "unreadable" else _TRIED)
        here = workbench.ports()
        members = failures.members(
            here.engine, workspace=here.workspace, event_type=kind, errors=errors
        )
        if members.empty:  # replayed in the meantime, by somebody else
            st.caption("These were replayed in the meantime.")
            return
        at = _member(members, count, f"{kind}-{errors[0]}") if len(members) > 1 else 0
        _payload(int(members["failure_id"].iloc[at]), alone=count == 1)


def _member(members: pd.DataFrame, count: int, group: str) -> int:
    key = f"failed-{group}"
    kept.selection(key, members["failure_id"].tolist())
    picked = st.dataframe(
        members,
        hide_index=True,
        height="content" if len(members) < 6 else 220,
        on_select="rerun",
        selection_mode="single-row",
        key=key,
        column_order=["created_at", "error_message", "conversation_id", "retry_count", "bytes"],
        column_config={
            "created_at": clock.column("Failed", seconds=True, width=150),
            "error_message": st.column_config.TextColumn("Error", width=420),
            "conversation_id": st.column_config.TextColumn("Conversation", width=200),
            "retry_count": st.column_config.NumberColumn("Retries", width=70),
            "bytes": st.column_config.NumberColumn("Size", format="bytes", width=70),
        },
        placeholder="—",
        alt="Events that met this error, newest first",
    )
    if len(members) < count:
        st.caption(f"The newest {len(members):,} of {count:,}. Select one to see its payload.")
    rows = [at for at in picked["selection"]["rows"] if at < len(members)]
    return rows[0] if rows else 0


def _payload(failure_id: int, *, alone: bool) -> None:
    here = workbench.ports()
    found = failures.one(here.engine, failure_id, workspace=here.workspace)
    if found is None:
        st.caption("This event was taken back in the meantime.")
        return
    st.code(found.error, language=None, wrap_lines=True)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"What came in ({tables.size(len(found.payload))}):", width="content")
        if not alone:
            st.button(
                "Replay only this one", icon=":material/replay:", type="tertiary",
                on_click=replay, args=(FailureFilter(failure_ids=[failure_id]),), key="replay-one",
            )  # fmt: skip
    payloads.body(found.payload, name=f"failure-{failure_id}", key=f"failure-{failure_id}")


def replay(chosen: FailureFilter) -> None:
    """Send failures round again, and say how many."""
    here = workbench.ports()
    count = queue.replay(here.engine, chosen, workspace=here.workspace)
    st.session_state["replayed"] = f"{count:,} sent round again"
    st.session_state["queue-busy"] = True
