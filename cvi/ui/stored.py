"""What is stored: imports and their way back, upkeep, rows and bytes."""

from __future__ import annotations

import uuid

import pandas as pd
import streamlit as st

from cvi.analysis.analyse import VERSION
from cvi.jobs import background, importing
from cvi.store import facts, operations
from cvi.ui import archives, clock, tables, workbench
from cvi.ui.literal import literal

# --- what was imported ---------------------------------------------------------------------------


def log() -> None:
    """Imports, newest first, each with its way back."""
    here = workbench.ports()
    found = operations.import_log(here.engine, workspace=here.workspace)
    if found.empty:
        st.caption("Nothing has been imported yet.")
        return
    if told := st.session_state.pop("undone", None):
        st.toast(told, icon=":material/undo:")
    done = found["state"] != "undone"
    ids = found["import_id"].tolist()
    st.dataframe(
        found.assign(
            import_id=None,
            problems=found["problems"].map(lambda each: len(each) if isinstance(each, list) else 0),
            undo=done.map({True: ":material/undo: Undo", False: None}),
        ),
        hide_index=True,
        height="content" if len(found) < 12 else 420,
        key=f"imports-{len(found)}-{int(done.sum())}",
        column_order=[
            "created_at", "name", "undo", "reader", "state", "conversations", "events_new",
            "events_seen", "problems",
        ],
        column_config={
            "created_at": clock.column("Imported", width=130),
            "name": st.column_config.TextColumn("Name", width=200),
            "reader": st.column_config.TextColumn("Format", width=100),
            "state": st.column_config.TextColumn("State", width=80),
            "conversations": st.column_config.NumberColumn("Conversations", format="%,d"),
            "events_new": st.column_config.NumberColumn("New events", format="%,d"),
            "events_seen": st.column_config.NumberColumn("Known before", format="%,d"),
            "problems": st.column_config.NumberColumn("Problems", format="%,d"),
            "undo": st.column_config.ButtonColumn(
                "Take back", key="undo-click", on_click=_ask, args=(ids,), type="tertiary",
                width=90,
            ),
        },
        placeholder="—",
        alt="Imports, newest first",
    )  # fmt: skip
    wanted = st.session_state.pop("undo", None)
    row = found[found["import_id"] == wanted]
    if wanted is not None and len(row) and row["state"].iloc[0] != "undone":
        confirm(wanted, str(row["name"].iloc[0]), int(row["events_new"].iloc[0]))


def _ask(ids: list[uuid.UUID]) -> None:
    click = st.session_state["undo-click"]
    if click is not None and click.row < len(ids):
        st.session_state["undo"] = ids[click.row]


@st.dialog("Take this import back?", icon=":material/undo:")
def confirm(import_id: uuid.UUID, name: str, events: int) -> None:
    """Ask before an import is taken back."""
    st.markdown(
        f"The {events:,} events that only **{literal(name, limit=80)}** brought are removed, and "
        "the conversations they made with them. What another import or a callback also brought "
        "stays. Importing the file again brings everything back."
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it"):
            st.rerun()
        if st.button("Take it back", type="primary", icon=":material/undo:"):
            with st.spinner("Taking it back …"):
                count = importing.undo(workbench.ports(), import_id)
            st.session_state["undone"] = f"{count:,} conversations folded again or removed"
            st.rerun()


# --- upkeep --------------------------------------------------------------------------------------


def upkeep() -> None:
    """Analyse again what another version of the analysis made."""
    workbench.ports()
    made = workbench.conversations()["version"]
    stale, every = int((made != VERSION).sum()), len(made)
    st.markdown(
        f"Analysis version `{VERSION}`: "
        + (f"**{stale:,}** of {every:,} conversations were analysed by another version."
           if stale else f"all {every:,} conversations are up to date.")
    )  # fmt: skip
    with st.container(horizontal=True):
        st.button(
            f"Re-analyse {stale:,} stale", icon=":material/refresh:", disabled=not stale,
            type="primary" if stale else "secondary", on_click=_reanalyse, args=(False,),
        )  # fmt: skip
        st.button(
            "Re-analyse everything", disabled=not every, type="tertiary",
            on_click=_reanalyse, args=(True,),
        )  # fmt: skip
    archives.running("reanalyse")


def _reanalyse(everything: bool) -> None:
    background.ask_reanalysis(workbench.ports(), everything=everything)


_KINDS = {
    "Facts": ("conversation_events", "event_jobs", "imports", "import_events"),
    "Views": (
        "conversations", "turns", "speaking", "tool_calls", "perceptions", "signals",
        "conversation_transcripts", "conversation_metrics", "conversation_topics", "insights",
    ),
}  # fmt: skip


@st.cache_data(max_entries=1, show_spinner="Counting rows …")
def _counts(version: str, seq: int) -> dict[str, int]:  # noqa: ARG001 - counted anew when they change
    here = workbench.ports()
    return operations.row_counts(here.engine, workspace=here.workspace)


def storage() -> None:
    """Rows per table, and the size of the whole."""
    here = workbench.ports()
    counts = _counts(workbench.version(), facts.last_seq(here.engine, workspace=here.workspace))
    kinds = {table: kind for kind, names in _KINDS.items() for table in names}
    order = [*_KINDS, "Works"]
    rows = sorted(
        (order.index(kinds.get(name, "Works")), -count, name) for name, count in counts.items()
    )
    frame = pd.DataFrame(
        {
            "Kind": [order[kind] for kind, _, _ in rows],
            "Table": [name for _, _, name in rows],
            "Rows": [-count for _, count, _ in rows],
        }
    )
    kept = sum(each.size for each in background.archives(here))
    st.markdown(
        f"**{tables.size(operations.database_bytes(here.engine))}** on disk"
        + (f", and {tables.size(kept)} of exports" if kept else "")
    )
    with st.expander("Rows per table", type="compact"):
        st.caption(
            "Facts are kept as they came; views are made from them and can be made again; works "
            "cost money or somebody's time."
        )
        st.dataframe(
            frame,
            hide_index=True,
            height="content",
            column_config={"Rows": st.column_config.NumberColumn(format="%,d")},
            alt="Rows per table",
        )
