"""What the turn-taking page draws, once per data and filter. Shared: nobody may write to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd
import streamlit as st

from cvi.analysis import summary, summary_topics, summary_waits
from cvi.analysis import summary_turn_taking as taking
from cvi.analysis.insights import LONG_S, LONG_WORDS
from cvi.analysis.metric import METRICS
from cvi.analysis.summary import Tile
from cvi.analysis.units import shown
from cvi.charts import floor as floor_charts
from cvi.charts import turn_taking as charts
from cvi.charts.chart import Chart
from cvi.selection.filters import Filters
from cvi.store import queries
from cvi.ui import boards, explain, filterbar, workbench

_KEPT = 16
BY: Mapping[str, str] = {  # in the address → label
    "group": "Persona", "topic": "Topic", "tool": "Tool used", "position": "Position in the call",
}  # fmt: skip
TILES = ("user_talk_share", "user_interruptions", "assistant_interruptions", "silence_share")


@dataclass(frozen=True)
class TurnTaking:
    """Everything the page draws but the comparison of waits."""

    tiles: tuple[Tile, ...]
    ecdf: Chart
    waits: Chart
    talk: Chart
    told: str
    floor: Chart
    floor_map: Chart
    interruptions: Chart
    silences: Chart
    user_monologues: Chart
    assistant_monologues: Chart
    lengths: pd.DataFrame
    wait: summary_waits.Wait
    talk_metric: str
    monologues: tuple[str, str]  # the metrics of the user's and the assistant's
    flagged: tuple[str, str]  # from what on those are long
    compare_by: str  # what waits are compared by at first: of one persona, its topics
    counts: explain.Counts
    step: str
    by: str


def turn_taking(filters: Filters) -> TurnTaking:
    """How the two sides of the chosen conversations take turns."""
    return _turn_taking(workbench.version(), filters, filterbar.today(filters.zone))


@st.cache_resource(max_entries=_KEPT, show_spinner="Listening for pauses …")
def _turn_taking(version: str, filters: Filters, day: date) -> TurnTaking:  # noqa: ARG001
    frame, before = workbench.chosen(filters), boards.period_before(filters, day)
    wait = summary_waits.measured(frame)
    talk = taking.talk(frame)
    talk_metric = str(talk["metric"].iloc[0])
    monologues = taking.monologues(frame)
    user, assistant = (monologues[monologues["side"] == side] for side in taking.SIDES)
    names = (
        *TILES,
        talk_metric,
        wait.typical,
        wait.late,
        wait.longest,
        *taking.LENGTHS,
        "backchannels",
        "longest_silence_s",
        *(x["metric"].iloc[0] for x in (user, assistant)),
    )
    by_user = taking.interruptions_by_group(frame, "user")
    by_assistant = taking.interruptions_by_group(frame, "assistant")
    return TurnTaking(
        tiles=_tiles(frame, before, wait, str(assistant["metric"].iloc[0])),
        ecdf=charts.ecdf(
            summary_waits.ecdf(frame, wait), summary_waits.ecdf_by_group(frame, wait),
            what=wait.label,
            human=summary_waits.HUMAN_BAND_S if wait is summary_waits.ANSWERS else None,
        ),
        waits=charts.by_week(summary_waits.by_week(frame, wait), wait.typical, what=wait.label),
        talk=charts.talk(talk, what=METRICS[talk_metric].label),
        told=taking.told(frame),
        floor=floor_charts.floor(taking.floor(frame)),
        floor_map=floor_charts.floor_map(taking.floor_by_group(frame)),
        interruptions=charts.interruptions(by_user, by_assistant, by_assistant.index),
        silences=charts.stretches(
            taking.silences(frame), what="Longest silence", unit="s", flag=10.0
        ),
        user_monologues=_monologues(user, "user"),
        assistant_monologues=_monologues(assistant, "assistant"),
        lengths=taking.lengths(frame),
        wait=wait,
        talk_metric=talk_metric,
        monologues=(str(user["metric"].iloc[0]), str(assistant["metric"].iloc[0])),
        flagged=(_flag(user)[1], _flag(assistant)[1]),
        compare_by="group" if len(by_user) > 1 else "topic",
        counts=explain.counted(frame, tuple(dict.fromkeys(names))),
        step=summary.step(frame),
        by=summary.grouping(frame),
    )  # fmt: skip


def _monologues(table: pd.DataFrame, side: str) -> Chart:
    return charts.stretches(
        table, what=METRICS[str(table["metric"].iloc[0])].label, unit=str(table["unit"].iloc[0]),
        side=side, flag=_flag(table)[0],
    )  # fmt: skip


def _flag(table: pd.DataFrame) -> tuple[float, str]:
    spoken = table["unit"].iloc[0] == "s"
    return (LONG_S, "a minute") if spoken else (float(LONG_WORDS), f"{LONG_WORDS} words")


def _tiles(
    frame: pd.DataFrame, before: pd.DataFrame | None, wait: summary_waits.Wait, monologue: str
) -> tuple[Tile, ...]:
    pooled = summary_waits.overall(frame, wait)
    note = f"p95 of all answers {shown(float(pooled['p95']), 's')}"
    return (
        summary.tile(frame, before, wait.typical, label=wait.label, note=note),
        *(summary.tile(frame, before, name, stat=_STAT.get(name, "median")) for name in TILES),
        summary.tile(
            frame,
            before,
            monologue,
            note="" if METRICS[monologue].unit == "s" else METRICS[monologue].unit,
        ),
    )


_STAT = {"user_interruptions": "mean", "assistant_interruptions": "mean"}


def about_curve(wait: summary_waits.Wait) -> str:
    """What the curve of waits shows, and whether gaps between people are a reference for it."""
    human = (
        f"Grey: gaps between people ({summary_waits.HUMAN_SOURCE})."
        if wait is summary_waits.ANSWERS
        else "Typing and speaking are part of these gaps, so there is no human reference for them."
    )
    return (
        f"All answers pooled, up to each limit. {human} Select a point for the conversations with "
        "a slower answer."
    )


def longest(filters: Filters, by: str) -> tuple[Chart, str]:
    """Where users wait longest by persona, topic, tool or position; and the sentence about it."""
    return _longest(workbench.version(), filters, by)


@st.cache_resource(max_entries=2 * _KEPT, show_spinner="Comparing waits …")
def _longest(version: str, filters: Filters, by: str) -> tuple[Chart, str]:
    frame = workbench.chosen(filters)
    wait = summary_waits.measured(frame)
    table = _waits(version, frame, wait, by)
    told = (
        "The longest wait of each conversation in each tenth of it: median and p95."
        if by == "position"
        else summary_waits.told(table, summary_waits.overall(frame, wait))
    )
    return charts.longest(table, what=wait.label), told


def _waits(version: str, frame: pd.DataFrame, wait: summary_waits.Wait, by: str) -> pd.DataFrame:
    if by == "topic":
        topics = summary_topics.of(workbench.topics(version), frame, "lexicon")
        return summary_waits.by_topic(frame, wait, topics, "lexicon")
    if by == "tool":
        return summary_waits.by_tool(frame, wait, _tools(version))
    if by == "position":
        return summary_waits.by_tenth(frame, wait)
    return summary_waits.by_group(frame, wait)


@st.cache_resource(max_entries=2, show_spinner=False)
def _tools(version: str) -> pd.DataFrame:  # noqa: ARG001
    here = workbench.ports()
    return queries.tools_used(here.engine, workspace=here.workspace)
