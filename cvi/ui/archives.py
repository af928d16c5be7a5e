"""Exports on the Data page: what to take out, what is being made, what can be fetched."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pandas as pd
import streamlit as st

from cvi.jobs import background, tickets
from cvi.jobs.archive import Order
from cvi.jobs.exporting import EVENTS, NAMES
from cvi.store import background as jobs
from cvi.store.background import Job
from cvi.ui import clock, tables, workbench
from cvi.ui.literal import literal

_EVERY_S = 1.0
_FORMATS = {"parquet": "Parquet", "csv": "CSV", "jsonl": "JSONL"}
_WORDS = {
    "conversations": "Conversations and metrics", "turns": "Turns", "speaking": "Speech",
    "tool_calls": "Tool calls", "perceptions": "Perceptions", "signals": "Signals",
    "topics": "Topics", "insights": "Insights", "events": "Events as they came",
}  # fmt: skip
_PATIENCE = timedelta(seconds=8)  # before somebody is told that no worker seems to run


def order() -> None:
    """What to take out of the workspace, and the button that has it made."""
    st.caption(
        "Everything in one file, made in the background: you can leave the page. With the events "
        "in it, importing the file into an empty workspace gives the same numbers."
    )
    what = st.pills(
        "Tables", NAMES, default=NAMES, selection_mode="multi", key="export-tables", wrap=True,
        format_func=_WORDS.__getitem__, label_visibility="collapsed",
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        kind = st.segmented_control(
            "Format", list(_FORMATS), format_func=_FORMATS.__getitem__, key="export-format",
            default="parquet", required=True, label_visibility="collapsed",
        )  # fmt: skip
        st.button(
            "Export", type="primary", icon=":material/archive:", disabled=not what,
            on_click=_start, args=(tuple(what), kind), key="export-start",
        )  # fmt: skip
    if what and EVENTS not in what:
        st.caption(":material/info: Without the events it cannot be imported again.")


def _start(what: tuple[str, ...], kind: str) -> None:
    here = workbench.ports()
    name = f"workspace-{datetime.now(UTC):%Y-%m-%d-%H%M}"
    chosen = tuple(each for each in NAMES if each in what)
    background.ask_export(here, Order(name, chosen, kind))


# --- what is being made --------------------------------------------------------------------------


def running(kind: str) -> None:
    """Jobs of a kind that wait or run, with their progress; asks again only while there are any."""
    busy = any(job.open for job in _jobs(kind))
    st.fragment(_running, run_every=_EVERY_S if busy else None)(kind)


def _jobs(kind: str) -> list[Job]:
    here = workbench.ports()
    return jobs.listed(here.engine, workspace=here.workspace, kinds=[kind], limit=20)


def _running(kind: str) -> None:
    found = _jobs(kind)
    busy = [job for job in found if job.open]
    for job in busy:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(job.share, text=_told(job), width="stretch")
            st.button(
                "Cancel", key=f"cancel-{job.job_id}", type="tertiary", icon=":material/close:",
                on_click=_cancel, args=(job,),
            )  # fmt: skip
    known = f"busy-{kind}"
    if st.session_state.get(known) and not busy:
        st.session_state[known] = False
        st.rerun()  # the page once more, with the result
    st.session_state[known] = bool(busy)
    _last_failure(found)


def _told(job: Job) -> str:
    what = literal(job.arguments.get("name") or "Re-analysis", limit=60)
    if job.state == jobs.WAITING:
        late = datetime.now(UTC) - job.created_at > _PATIENCE
        hint = "; see on Status whether the worker runs" if late else ""
        return f"**{what}** waits for the worker{hint}"
    return f"**{what}** · {literal(job.message or 'begins', limit=120)}"


def _cancel(job: Job) -> None:
    background.stop(workbench.ports(), job.job_id)


def _last_failure(found: Sequence[Job]) -> None:
    """Why the newest job came to nothing, until the next one or until it is put away."""
    if found and found[0].state == jobs.FAILED:
        st.error(literal(found[0].message or "It failed.", limit=600), icon=":material/error:")
        st.button(
            "Dismiss", key=f"dismiss-{found[0].job_id}", type="tertiary",
            on_click=background.delete, args=(workbench.ports(), found[0].job_id),
        )  # fmt: skip


# --- what can be fetched -------------------------------------------------------------------------


def finished() -> None:
    """Archives that are there, newest first: size, date, a link, and a way to be rid of them."""
    here = workbench.ports()
    found = background.archives(here)
    if not found:
        st.caption("No export is kept here.")
        return
    ids = [each.job.job_id for each in found]
    orders = [Order.of(dict(each.job.arguments)) for each in found]
    st.dataframe(
        pd.DataFrame(
            {
                "made": [each.made_at for each in found],
                "name": [each.path.name for each in found],
                "fetch": [f"downloads/{tickets.ticket(here.settings, name)}" for name in ids],
                "size": [tables.size(each.size) for each in found],
                "holds": [_holds(order) for order in orders],
                "delete": ":material/delete:",
            }
        ),
        hide_index=True,
        height="content",
        key=f"archives-{len(found)}-{ids[0]}",
        column_config={
            "made": clock.column("Made", width=128),
            "name": st.column_config.TextColumn("File", width=236),
            "fetch": st.column_config.LinkColumn("Fetch", display_text="Download", width=86),
            "size": st.column_config.TextColumn("Size", width=74),
            "holds": st.column_config.TextColumn("Holds", width=230),
            "delete": st.column_config.ButtonColumn(
                "Delete", key="archive-click", on_click=_delete, args=(ids,), type="tertiary",
                width=64,
            ),
        },
        alt="Finished exports, newest first",
    )  # fmt: skip
    st.caption(f"The newest {background.KEPT} are kept; a link holds for twelve hours.")


def _holds(made: Order) -> str:
    what = (
        "everything"
        if made.tables == NAMES
        else ", ".join(name.replace("_", " ") for name in made.tables)
    )
    words = "; ".join(made.chosen.words())
    return f"{what}, {made.format}{f' · {words}' if words else ''}"


def _delete(ids: Sequence[uuid.UUID]) -> None:
    click = st.session_state["archive-click"]
    if click is not None and click.row < len(ids):
        background.delete(workbench.ports(), ids[click.row])
