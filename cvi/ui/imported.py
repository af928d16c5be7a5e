"""What the last import did: counts, problems, where to look, the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from cvi.ingest import Problem
from cvi.jobs import importing
from cvi.jobs.importing import Imported
from cvi.ui import tables, workbench
from cvi.ui.literal import literal


@dataclass(frozen=True, slots=True)
class Told:
    """One file: what was done, or why nothing was."""

    name: str
    done: Imported | None = None
    error: str = ""


def outcome() -> bool:
    """Draw it; False when there is nothing to tell."""
    told: list[Told] = st.session_state.get("imported") or []
    if message := st.session_state.pop("import-undone", None):
        st.toast(message, icon=":material/undo:")
    if not told:
        return False
    with st.container(border=True, key="imported"):
        for at, each in enumerate(told):
            if each.done is None:
                name = literal(each.name, limit=80)
                st.error(f"{name}: {literal(each.error, limit=600)}", icon=":material/error:")
            else:
                _done(each.done, at)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(
                "pages/conversations.py", label="See the conversations", icon=":material/forum:"
            )
            st.button(
                "Dismiss", type="tertiary", on_click=lambda: st.session_state.pop("imported", None)
            )
    return True


def _done(done: Imported, at: int) -> None:
    """One file that was imported."""
    name = literal(done.name, limit=80)
    if done.nothing:
        st.warning(f"**{name}**: not one conversation could be read.", icon=":material/report:")
    else:
        new = f"{done.events_new:,} new events" if done.events_new else "nothing new"
        st.success(
            f"**{name}**: {done.conversations:,} conversations, {new}, "
            f"{done.events_seen:,} already known.",
            icon=":material/check_circle:",
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        links = [f"[{literal(each, limit=30)}]({tables.address(each)})" for each in done.first]
        rest = done.conversations - len(links)
        more = f" and {rest:,} more" if rest > 0 else ""
        if links:
            st.caption(f"Look at {', '.join(links)}{more}")
        st.space("stretch")
        if done.events_new and st.button(
            "Undo", icon=":material/undo:", type="tertiary", key=f"import-undo-{at}",
            help="Takes away what only this import brought",
        ):  # fmt: skip
            _undo(done, at)
    if done.problem_count:
        with st.expander(f"{done.problem_count:,} notes and problems", type="compact"):
            problems(done.problems)


def _undo(done: Imported, at: int) -> None:
    with st.spinner("Taking it back …"):
        count = importing.undo(workbench.ports(), done.import_id)
    told = list(st.session_state.get("imported") or [])
    st.session_state["imported"] = told[:at] + told[at + 1 :]
    what = "conversation" if count == 1 else "conversations"
    st.session_state["import-undone"] = f"{count:,} {what} taken back or folded again"
    st.rerun()


def problems(found: Sequence[Problem]) -> None:
    """Problems with their line and how to mend them."""
    rows = [(each.where, each.line, each.what, each.hint) for each in found]
    frame = pd.DataFrame(rows, columns=["where", "line", "what", "hint"])
    st.dataframe(
        frame.astype({"line": "Int64"}),
        hide_index=True,
        height="content" if len(frame) < 10 else 360,
        column_order=["line", "what", "hint", "where"],
        column_config={
            "line": st.column_config.NumberColumn("Line", format="%d", width=60),
            "what": st.column_config.TextColumn("What", width=380),
            "hint": st.column_config.TextColumn("What to do", width=380),
            "where": st.column_config.TextColumn("Where", width=160),
        },
        placeholder="—",
        alt="Problems found in the file",
    )
