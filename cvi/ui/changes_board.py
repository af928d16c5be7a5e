"""What changed, the worst week, the oddest conversations. Shared: nobody may write to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import pandas as pd
import streamlit as st

from cvi.analysis import changes, oddities, summary, summary_topics, summary_weeks
from cvi.analysis.changes import Change
from cvi.analysis.filter_words import period
from cvi.analysis.summary import previous
from cvi.selection.filters import Filters
from cvi.ui import drill, filterbar, workbench
from cvi.ui.literal import literal

_KEPT = 16


@dataclass(frozen=True)
class Changed:
    """`now` and `before` are the periods compared, in words; empty where there are none."""

    found: tuple[Change, ...]
    told: str
    now: str
    before: str
    worst: str
    worst_week: Filters | None


def changed(filters: Filters) -> Changed:
    """The period of the filter against the one before; the last full week without a period."""
    return _changed(workbench.version(), filters, filterbar.today(filters.zone))


@st.cache_resource(max_entries=_KEPT, show_spinner="Looking for changes …")
def _changed(version: str, filters: Filters, day: date) -> Changed:
    ranked = summary_weeks.ranked(workbench.chosen(filters))
    worst = summary_weeks.worst(ranked)
    week = ranked["filters"].iloc[0] if worst else None
    everything = replace(filters, since=None, until=None, period="")
    frame = workbench.chosen(everything)
    both = _periods(filters, frame, day)
    if both is None:
        told = "There is no full week to compare: these conversations have no dates."
        return Changed((), told, "", "", worst, week)
    topics = summary_topics.of(workbench.topics(version), frame, "lexicon")
    found = changes.changed(frame, *both, topics)
    now, before = (period(each) for each in both)
    return Changed(found.found, found.told, now, before, worst, week)


def _periods(filters: Filters, frame: pd.DataFrame, day: date) -> tuple[Filters, Filters] | None:
    if filters.since is None:
        return summary_weeks.last_full(frame, day)
    since, until = previous(filters.since, filters.until, day)
    zone = filters.zone
    now = Filters(since=filters.since, until=filters.until or day, zone=zone)
    return now, Filters(since=since, until=until, zone=zone)


@st.cache_resource(max_entries=_KEPT, show_spinner="Looking for the unusual …")
def _oddest(version: str, filters: Filters, limit: int) -> pd.DataFrame:  # noqa: ARG001
    frame = workbench.chosen(filters)
    found = oddities.oddest(frame, limit=limit)
    rows = frame.set_index("conversation_id", drop=False).loc[found["conversation_id"]]
    listed = summary.entries(rows, ())
    return listed.assign(badge=found["oddness"].round(1), reason=found["reason"])


def oddest(filters: Filters, *, limit: int = 5) -> pd.DataFrame:
    """The oddest conversations of the filter, as `tiles.standouts` draws them."""
    return _oddest(workbench.version(), filters, limit)


# --- drawing ---------------------------------------------------------------------------------


def draw(filters: Filters) -> None:
    """The card: sentences, each with the way to its conversations."""
    board = changed(filters)
    with st.container(border=True, gap="xsmall", key="card-changes"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown("**What changed**", help=_HOW)
            if board.now:
                st.caption(f"{board.now}, against {board.before}")
        for change in board.found:
            _line(change, filters)
        st.caption(board.told)
        if board.worst:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(f":material/event: {literal(board.worst, limit=400)}")
                if board.worst_week is not None:
                    drill.link("List that week", filters.both(board.worst_week))


_HOW = (
    "Medians and shares of the main metrics, in all and by persona, topic and outcome, compared "
    "with the period before by rank (Mann-Whitney) or by share. Stated is what remains after "
    "correction for the number of comparisons (Benjamini-Hochberg, 5 %), is large enough to "
    "matter, and rests on enough conversations. Without a period in the filter: the last full week "
    "against the four before."
)
_ICONS = {True: ":green[:material/trending_up:]", False: ":red[:material/trending_down:]"}


def _line(change: Change, filters: Filters) -> None:
    everything = replace(filters, since=None, until=None, period="")
    icon = _ICONS.get(change.better, ":gray[:material/trending_flat:]")  # type: ignore[arg-type]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"{icon} {literal(change.sentence, limit=400)}")
        drill.link(f"{change.n:,} now", everything.both(change.filters))
        drill.link(f"{change.n_before:,} before", everything.both(change.before_filters))
