"""One call for each summary page: its figures and tables, made once per data and filter.

Boards are shared by all sessions: nobody may write to what is in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from cvi.analysis import summary, summary_quality, summary_sentiment, summary_topics
from cvi.analysis.quality import WEIGHTS
from cvi.analysis.summary import Tile
from cvi.analysis.units import shown
from cvi.charts import overview as overview_charts
from cvi.charts import quality as quality_charts
from cvi.charts import sentiment as sentiment_charts
from cvi.charts.chart import Chart
from cvi.selection.filters import Filters
from cvi.store import queries
from cvi.ui import explain, filterbar, workbench

# `version` is not read by the functions below: it is the part of their cache key that changes
# whenever the data do.
COLUMNS = ("quality", "user_sentiment", "turns", "duration_s")
SCATTER: Mapping[str, tuple[str, str, float]] = {  # metric → title, unit on the axis, factor
    "user_talk_share": ("Talk share", " %", 100),
    "user_word_share": ("Word share", " %", 100),
    "response_time_p50": ("Response time", " s", 1),
    "reply_gap_p50": ("Reply gap", " s", 1),
    "duration_s": ("Length", " s", 1),
    "turns": ("Turns", "", 1),
    "user_repair_rate": ("Repairs", "", 1),
}
_SENTIMENT_EDGES = [round(-1 + 0.1 * at, 1) for at in range(21)]
_QUALITY_EDGES = [float(at) for at in range(0, 101, 5)]
_KEPT = 32


def period_before(filters: Filters, day: date) -> pd.DataFrame | None:
    """The conversations of the equally long period before, or None without a period."""
    if filters.since is None:
        return None
    since, until = summary.previous(filters.since, filters.until, day)
    return workbench.chosen(replace(filters, since=since, until=until, period=""))


# --- overview ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Overview:
    """Everything the overview draws."""

    tiles: tuple[Tile, ...]
    volume: Chart
    response_time: Chart
    quality: Chart
    start_to_end: Chart
    worst: pd.DataFrame
    best: pd.DataFrame
    counts: explain.Counts
    step: str
    by: str
    wait: tuple[str, str]  # the metrics of waiting that could be measured: median and p95
    undated: int


OVERVIEW = (
    "completed", "duration_s", "user_repair_rate", "user_sentiment", "quality",
)  # fmt: skip


def overview(filters: Filters) -> Overview:
    """The overview of the chosen conversations."""
    return _overview(workbench.version(), filters, filterbar.today(filters.zone))


@st.cache_resource(max_entries=_KEPT, show_spinner="Summing up …")
def _overview(version: str, filters: Filters, day: date) -> Overview:  # noqa: ARG001
    frame, before = workbench.chosen(filters), period_before(filters, day)
    wait = _wait(frame)
    names = (*OVERVIEW, _talk(frame), *wait)
    week = summary.by_week
    worst, best = summary.extremes(frame, "quality")
    return Overview(
        tiles=_tiles(frame, before),
        volume=overview_charts.volume(summary.volume(frame)),
        response_time=overview_charts.response_time(
            (wait[0], week(frame, wait[0])), (wait[1], week(frame, wait[1])), what=WAITS[wait]
        ),
        quality=overview_charts.quality(week(frame, "quality")),
        start_to_end=sentiment_charts.start_to_end(
            summary_sentiment.start_to_end(frame), summary.groups(frame)
        ),
        worst=_explained(worst, frame),
        best=_explained(best, frame, best=True),
        counts=explain.counted(frame, names),
        step=summary.step(frame),
        by=summary.grouping(frame),
        wait=wait,
        undated=summary.undated(frame),
    )


WAITS: Mapping[tuple[str, str], str] = {
    ("response_time_p50", "response_time_p95"): "Response time",
    # Message times alone: from the user's message to the answer, typing and speaking included.
    ("reply_gap_p50", "reply_gap_p95"): "Reply gap",
}


def _wait(frame: pd.DataFrame) -> tuple[str, str]:
    best = summary.measured(frame, [median for median, _ in WAITS])
    return next(pair for pair in WAITS if pair[0] == best)


def _talk(frame: pd.DataFrame) -> str:
    return summary.measured(frame, ("user_talk_share", "user_word_share"))


def _tiles(frame: pd.DataFrame, before: pd.DataFrame | None) -> tuple[Tile, ...]:
    talk, wait = _talk(frame), _wait(frame)
    slow = summary.spread(frame, wait[1]).median
    return (
        summary.count_tile(frame, before),
        summary.tile(frame, before, "completed", stat="mean"),
        summary.tile(frame, before, "duration_s", label="Length"),
        summary.tile(
            frame, before, talk,
            label="User talk share" if talk == "user_talk_share" else "User word share",
        ),
        summary.tile(
            frame, before, wait[0], label=WAITS[wait],
            note=f"p95 {shown(slow, 's')}",
        ),
        summary.tile(frame, before, "user_repair_rate", label="Repair rate", stat="mean"),
        summary.tile(frame, before, "user_sentiment", label="Sentiment"),
        summary.tile(frame, before, "quality"),
    )  # fmt: skip


def _explained(found: pd.DataFrame, frame: pd.DataFrame, *, best: bool = False) -> pd.DataFrame:
    reasons = summary_quality.reasons(found, frame, best=best)
    listed = summary.entries(found, ("quality",)).assign(reason=reasons.to_numpy())
    return listed.assign(badge=listed["quality"].round())


# --- sentiment --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sentiment:
    """Everything the sentiment page draws."""

    tiles: tuple[Tile, ...]
    trajectory: Chart
    told: str
    followed: int
    distribution: Chart
    start_to_end: Chart
    by_topic: Chart
    by_week: Chart
    lowest: tuple[dict[Any, Any], ...]
    drops: pd.DataFrame
    rises: pd.DataFrame
    counts: explain.Counts
    step: str
    by: str


DROPS = ("sentiment_change", "user_sentiment", "worst_user_turn")
SENTIMENT = ("user_sentiment", "positive_user_share", "negative_user_share", "sentiment_change")


def sentiment(filters: Filters) -> Sentiment:
    """How the users of the chosen conversations feel."""
    return _sentiment(workbench.version(), filters, filterbar.today(filters.zone))


@st.cache_resource(max_entries=_KEPT, show_spinner="Following the mood …")
def _sentiment(version: str, filters: Filters, day: date) -> Sentiment:
    frame, before = workbench.chosen(filters), period_before(filters, day)
    followed = summary_sentiment.long_enough(frame)
    course = summary_sentiment.trajectory(followed)
    bins = summary.histogram(frame, "user_sentiment", _SENTIMENT_EDGES)
    return Sentiment(
        tiles=(
            summary.tile(frame, before, "user_sentiment", label="Sentiment"),
            summary.tile(frame, before, "positive_user_share", label="Positive turns", stat="mean"),
            summary.tile(frame, before, "negative_user_share", label="Negative turns", stat="mean"),
            summary.tile(frame, before, "sentiment_change", label="Start to end"),
        ),
        trajectory=sentiment_charts.trajectory(course, summary_sentiment.among(frame)),
        told=summary_sentiment.told(course),
        followed=len(followed),
        distribution=sentiment_charts.distribution(bins),
        start_to_end=sentiment_charts.start_to_end(
            summary_sentiment.start_to_end(frame), summary.groups(frame)
        ),
        by_topic=sentiment_charts.by_topic(
            summary_sentiment.by_topic(
                frame, summary_topics.of(workbench.topics(version), frame, "lexicon"), "lexicon"
            )
        ),
        by_week=sentiment_charts.by_week(summary.by_week(frame, "user_sentiment")),
        lowest=_lowest(frame),
        drops=summary.entries(summary_sentiment.drops(frame), DROPS),
        rises=summary.entries(summary_sentiment.rises(frame), DROPS),
        counts=explain.counted(frame, SENTIMENT),
        step=summary.step(frame),
        by=summary.grouping(frame),
    )


def _lowest(frame: pd.DataFrame) -> tuple[dict[Any, Any], ...]:
    here, about = workbench.ports(), ["conversation_id", "persona", "started_at"]
    worst = summary.standouts(frame, "worst_user_turn", lowest=True, limit=200)
    ids = worst["conversation_id"].tolist()
    turns = queries.table_rows(here.engine, "turns", ids, workspace=here.workspace)
    found = summary_sentiment.different(summary_sentiment.lowest(turns)).head(12)
    found = found.drop(columns="started_at").merge(worst[about], on="conversation_id")
    return tuple(summary_sentiment.with_context(found, turns).to_dict("records"))


# --- quality ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Quality:
    """Everything the quality page draws."""

    tiles: tuple[Tile, ...]
    distribution: Chart
    parts: Chart
    costs: Chart
    told: str
    by_group: Chart
    by_week: Chart
    by_group_and_week: Chart
    against: str  # the first of SCATTER that was measured
    bands: Mapping[str, int]
    counts: explain.Counts
    step: str
    by: str


QUALITY = ("quality", *(f"quality_{part}" for part in WEIGHTS))


def quality(filters: Filters) -> Quality:
    """How good the chosen conversations are."""
    return _quality(workbench.version(), filters, filterbar.today(filters.zone))


@st.cache_resource(max_entries=_KEPT, show_spinner="Adding up the scores …")
def _quality(version: str, filters: Filters, day: date) -> Quality:  # noqa: ARG001
    frame, before = workbench.chosen(filters), period_before(filters, day)
    bins = summary.histogram(frame, "quality", _QUALITY_EDGES)
    costs = summary_quality.costs(frame)
    return Quality(
        tiles=tuple(summary.tile(frame, before, name) for name in QUALITY),
        distribution=quality_charts.distribution(bins),
        parts=quality_charts.parts(summary_quality.part_table(frame)),
        costs=quality_charts.costs(costs),
        told=summary_quality.told(costs),
        by_group=quality_charts.by_group(
            summary.by_group(frame, "quality"), summary.groups(frame)
        ),
        by_week=quality_charts.by_week(summary.by_week(frame, "quality")),
        by_group_and_week=quality_charts.by_group_and_week(
            summary.by_group_and_week(frame, "quality"), summary.step(frame)
        ),
        against=summary.measured(frame, list(SCATTER)),
        bands={str(band): int(n) for band, n in summary_quality.bands(frame)["n"].items()},
        counts=explain.counted(frame, QUALITY),
        step=summary.step(frame),
        by=summary.grouping(frame),
    )  # fmt: skip


def against(filters: Filters, name: str) -> Chart:
    """Quality over another metric."""
    return _against(workbench.version(), filters, name)


@st.cache_resource(max_entries=_KEPT)
def _against(version: str, filters: Filters, name: str) -> Chart:  # noqa: ARG001
    title, unit, factor = SCATTER[name]
    rows = summary_quality.sample(workbench.chosen(filters), (name, "quality"))
    return quality_charts.against(rows, name, title=title, unit=unit, scale=factor)


def scored(filters: Filters) -> pd.DataFrame:
    """The conversations with the lowest scores, each with the reason."""
    return _scored(workbench.version(), filters)


@st.cache_resource(max_entries=_KEPT)
def _scored(version: str, filters: Filters) -> pd.DataFrame:  # noqa: ARG001
    frame = workbench.chosen(filters)
    lowest = summary.standouts(frame, "quality", lowest=True, limit=100)
    reasons = summary_quality.reasons(lowest, frame)
    return summary.entries(lowest, QUALITY).assign(reason=reasons.to_numpy())
