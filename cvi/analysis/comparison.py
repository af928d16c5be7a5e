"""Candidates for what changed: one period against another, in every group that has a name.

Each main metric is compared over all conversations and within each persona and topic, and so are
the shares of outcomes and topics. What of it is worth saying is decided in `changes`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cvi.analysis import grouped, ranktest
from cvi.analysis.grouped import Ints
from cvi.analysis.speech import Bools
from cvi.analysis.summary import figures, groups, labels, measured
from cvi.analysis.summary_topics import REST
from cvi.selection.filters import EVERYTHING, Filters

LEAST = 8  # measured conversations on each side, below which nothing is compared
LARGE = 0.147  # Cliff's delta below which a difference is called negligible (Romano et al. 2006)
LARGE_SHARE = 0.05  # the same for the share of an outcome or topic
TOPICS = 20  # the most frequent ones are compared

# Several names of one line: the first that any conversation has.
WATCHED: tuple[tuple[str, ...], ...] = (
    ("quality",), ("user_sentiment",), ("sentiment_change",), ("completed",),
    ("response_time_p50", "reply_gap_p50"), ("response_time_p95", "reply_gap_p95"),
    ("user_talk_share", "user_word_share"), ("user_repair_rate",), ("user_thanks_rate",),
    ("user_interruptions",), ("silence_share",), ("overlap_share",),
    ("longest_assistant_monologue_s", "longest_assistant_turn_words"), ("words_per_user_turn",),
    ("duration_s",), ("turns",), ("assistant_apology_rate",), ("tool_success_share",),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """Some conversations: rows of the frame, how they are called, and their filter."""

    name: str
    where: str
    rows: Ints
    filters: Filters


@dataclass(frozen=True, slots=True)
class Sides:
    """The frame, which of its rows are recent and which earlier, and the filters that say so."""

    frame: pd.DataFrame
    recent: Bools
    earlier: Bools
    now: Filters
    before: Filters


@dataclass(frozen=True, slots=True)
class Candidate:
    """A comparison: of a metric, or of the share of those in `part` of the group's."""

    metric: str
    group: Group
    effect: float
    p: float
    large: float
    part: Group | None = None


def candidates(both: Sides, topics: pd.DataFrame | None, kind: str) -> list[Candidate]:
    """Every comparison for which there are enough conversations."""
    named = [_everybody(both.frame), *_personas(both.frame), *_topics(both.frame, topics, kind)]
    found = [*_of_metrics(both, named), *_of_outcomes(both, named), *_of_topics(both, named)]
    return [each for each in found if not np.isnan(each.p)]


# --- groups -----------------------------------------------------------------------------------


def _everybody(frame: pd.DataFrame) -> Group:
    return Group("", "", np.arange(len(frame)), EVERYTHING)


def _personas(frame: pd.DataFrame) -> list[Group]:
    codes, names = grouped.coded(labels(frame))
    filters = groups(frame)
    if len(names) < 2:
        return []
    return [
        Group(str(name), f" with {name}", np.flatnonzero(codes == at), filters[name])
        for at, name in enumerate(names)
    ]


def _topics(frame: pd.DataFrame, topics: pd.DataFrame | None, kind: str) -> list[Group]:
    if topics is None or frame.empty:
        return []
    known = topics[~topics["topic"].isin(REST).to_numpy()]
    codes, names = grouped.coded(known["topic"])
    at = known["at"].to_numpy(np.int64)
    largest = np.argsort(-grouped.counts(codes, len(names)), kind="stable")[:TOPICS]
    return [
        Group(f"{kind}:{names[each]}", f" about {names[each]}", at[codes == each],
               Filters(topics=((f"{kind}:{names[each]}",),)))
        for each in sorted(largest.tolist())
    ]  # fmt: skip


# --- comparisons ------------------------------------------------------------------------------


def _of_metrics(both: Sides, named: Sequence[Group]) -> Iterator[Candidate]:
    """Every watched metric in every group."""
    at = np.concatenate([group.rows for group in named])
    codes = np.repeat(np.arange(len(named)), [len(group.rows) for group in named])
    rows = np.flatnonzero(both.recent | both.earlier)  # what is in neither is not even sorted
    place = np.full(len(both.frame), -1)
    place[rows] = np.arange(len(rows))
    inside = place[at] >= 0
    at, codes, recent = place[at[inside]], codes[inside], both.recent[rows]
    for names in WATCHED:
        metric = measured(both.frame, names)
        values = figures(both.frame, metric)[rows]
        found = ranktest.mann_whitney(values, recent, at, codes, len(named))
        enough = np.minimum(found.n, found.others) >= LEAST
        p = np.where(enough, found.p, np.nan)
        for group, effect, chance in zip(named, found.effect.tolist(), p.tolist(), strict=True):
            yield Candidate(metric, group, effect, chance, LARGE)


def _of_outcomes(both: Sides, named: Sequence[Group]) -> Iterator[Candidate]:
    """The share of each outcome, over all and by persona."""
    codes, names = grouped.coded(both.frame["outcome"])
    for at, name in enumerate(names):
        rows = np.flatnonzero(codes == at)
        part = Group(str(name), str(name).replace("_", " "), rows, Filters(outcomes=(str(name),)))
        for group in named:
            if not group.filters.topics:
                yield _share(both, group, part)


def _of_topics(both: Sides, named: Sequence[Group]) -> Iterator[Candidate]:
    """The share of each topic."""
    for part in named:
        if part.filters.topics:
            yield _share(both, named[0], part)


def members(size: int, rows: Ints) -> Bools:
    """Rows as one flag each."""
    found = np.zeros(size, np.bool_)
    found[rows] = True
    return found


def _share(both: Sides, group: Group, part: Group) -> Candidate:
    inside, hit = members(len(both.frame), group.rows), members(len(both.frame), part.rows)
    counts = [
        float((inside & side & chosen).sum())
        for side in (both.recent, both.earlier)
        for chosen in (hit, inside)
    ]
    found = ranktest.proportions(*(np.array([each]) for each in counts))
    enough = min(counts[1], counts[3]) >= LEAST and counts[0] + counts[2] >= LEAST
    p = float(found.p[0]) if enough else float("nan")
    return Candidate("", group, float(found.effect[0]), p, LARGE_SHARE, part)
