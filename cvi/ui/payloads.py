"""The event log, and the bytes of an event shown for what they are: JSON, text or neither."""

from __future__ import annotations

from typing import Any

import orjson
import streamlit as st

from cvi.store import facts, operations
from cvi.ui import clock, kept, opened, tables, workbench
from cvi.ui.literal import literal

PER_PAGE = 50
_AS_TREE = 60_000  # bytes shown as a tree; larger ones as the beginning of their text
_AS_TEXT = 12_000
STATES = {"processed": "#1E9E77", "waiting": "#2C8CCB", "failed": "#C8553D"}


def body(content: bytes, *, name: str, key: str) -> None:
    """Show the bytes of an event, however large or broken, and offer them as a file."""
    st.download_button(
        f"Download the {tables.size(len(content))} as they came",
        content,
        file_name=f"{name}.json",
        mime="application/octet-stream",
        icon=":material/download:",
        on_click="ignore",
        type="tertiary",
        key=f"{key}-file",
    )
    if not content:
        st.caption("The body is empty.")
        return
    if len(content) <= _AS_TREE and (text := _as_json(content)):
        st.json(text, expanded=2)
        return
    shown = content[:_AS_TEXT]
    try:
        st.code(shown.decode("utf-8", "strict" if len(content) == len(shown) else "ignore"),
                language=None, wrap_lines=True)  # fmt: skip
    except UnicodeDecodeError:
        st.caption("Not UTF-8 text; the bytes as hexadecimal:")
        st.code(shown.hex(" ", 2), language=None, wrap_lines=True)
    if len(content) > len(shown):
        st.caption(f"The first {tables.size(len(shown))} of {tables.size(len(content))}.")


def _as_json(content: bytes) -> str | None:
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return content.decode() if isinstance(found, dict | list) else None


def searched() -> None:
    """The event log, narrowed by type and conversation; both are in the URL."""
    here = workbench.ports()
    known = operations.event_types(here.engine, workspace=here.workspace)["event_type"].tolist()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.multiselect(
            "Types", known, key="etype", bind="query-params", placeholder="All", width=420
        )
        conversation = st.text_input(
            "Conversation id", key="econv", bind="query-params", placeholder="Any", width=320
        )
    log(conversation_id=conversation.strip() or None, types=tuple(chosen), key="epage")


def log(*, conversation_id: str | None, types: tuple[str, ...], key: str) -> None:
    """A page of the event log, newest first; a selected row shows its payload beneath."""
    slot = st.container()
    frame, total = opened.log_page(conversation_id, types, number=1, size=PER_PAGE)
    if not total:
        slot.info("No event matches.", icon=":material/inbox:")
        return
    count = -(-total // PER_PAGE)
    if int(st.session_state.get(key) or 1) > count:
        st.session_state[key] = count
    with st.container(horizontal=True, vertical_alignment="center"):
        number = st.pagination(count, key=key, bind="query-params")
        st.caption(f"{total:,} events · select a row to see its payload")
    if number > 1:
        frame, total = opened.log_page(conversation_id, types, number=number, size=PER_PAGE)
    table = f"{key}-rows-{conversation_id}-{number}-{'-'.join(types)}"
    kept.selection(table, frame["seq"].tolist())
    with slot:
        picked = st.dataframe(
            frame.assign(state=frame["state"].map(lambda state: [state])),
            hide_index=True,
            height="content" if len(frame) < 12 else 460,
            on_select="rerun",
            selection_mode="single-row",
            key=table,
            column_order=[
                "seq", "event_type", "state", "occurred_at", "received_at",
                *([] if conversation_id else ["conversation_id"]), "source", "live", "bytes",
            ],
            column_config=_columns(),
            placeholder="—",
            alt="Event log, newest first",
        )  # fmt: skip
    rows = picked["selection"]["rows"]
    if rows and rows[0] < len(frame):
        _show(int(frame["seq"].iloc[rows[0]]), key)


def _show(seq: int, key: str) -> None:
    here = workbench.ports()
    fact = facts.fact(here.engine, seq, workspace=here.workspace)
    if fact is None:
        st.caption("This event was taken back in the meantime.")
        return
    with st.container(border=True):
        st.markdown(f"**Event {seq}** · {literal(fact.event_type)}")
        body(fact.body, name=f"event-{seq}", key=f"{key}-{seq}")


def _columns() -> dict[str, Any]:
    """Made when drawn: the zone is the viewer's."""
    return {
        "seq": st.column_config.NumberColumn("No.", format="%d", width=64),
        "event_type": st.column_config.TextColumn("Type", width=260),
        "state": st.column_config.MultiselectColumn(
            "State", options=list(STATES), color=list(STATES.values()), width=100
        ),
        "occurred_at": clock.column("Happened", seconds=True, width=150),
        "received_at": clock.column("Received", seconds=True, width=150),
        "conversation_id": st.column_config.TextColumn("Conversation", width=190),
        "source": st.column_config.TextColumn("Door", width=80),
        "live": st.column_config.CheckboxColumn(
            "Live", help="Only live events may cause work, such as running a tool.", width=50
        ),
        "bytes": st.column_config.NumberColumn("Size", format="bytes", width=70),
    }
