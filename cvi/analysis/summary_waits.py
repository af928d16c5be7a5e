"""How long users wait: over conversations, over all answers taken together, and where most.

A percentile "over answers" pools the answers of all conversations. It comes from stored counts
under fixed limits (`cvi.analysis.waits`), which add up, and is interpolated along the logarithm
between two limits (short waits are more frequent than long ones): exact to the limits that enclose
it, never an average of averages. Percentiles "over
conversations" are those of one figure a conversation.

Every row carries the `filters` that select its conversations and their number `n`; `of` counts
those that could not be measured too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cvi.analysis import grouped
from cvi.analysis.grouped import Floats, Ints
from cvi.analysis.metric import PARTS, tenths
from cvi.analysis.summary import FEWEST, figures, groups, labels, marked, places
from cvi.analysis.summary_topics import token
from cvi.analysis.units import shown
from cvi.analysis.waits import REPLY_LIMITS, RESPONSE_LIMITS, within
from cvi.selection.filters import Filters, Range

# People answer each other after about 0.2 s (most gaps are between 0.1 and 0.3 s), although it
# takes them over 0.6 s to make an answer: they begin while the other still speaks.
HUMAN_GAP_S = 0.2
HUMAN_BAND_S = (0.1, 0.3)
HUMAN_SOURCE = "Levinson & Torreira 2015; Kendrick 2015"
CLEARLY = 1.2  # times as long as over all answers, from which it is said who waits longest
_SHARES = {"p50": 0.5, "p90": 0.9, "p95": 0.95}


@dataclass(frozen=True, slots=True)
class Wait:
    """The stored columns of one way to measure a wait."""

    label: str
    what: str
    limits: tuple[float, ...]
    number: str
    longest: str
    typical: str
    late: str

    @property
    def tenths(self) -> tuple[str, ...]:
        """The longest wait in each tenth of a conversation."""
        return tenths(self.longest)


ANSWERS = Wait(
    "Response time", "responses", RESPONSE_LIMITS,
    "response_time_n", "response_time_max", "response_time_p50", "response_time_p95",
)  # fmt: skip
# Message times alone: from the user's message to the answer, typing and speaking included.
REPLIES = Wait(
    "Reply gap", "replies", REPLY_LIMITS,
    "reply_gap_n", "reply_gap_max", "reply_gap_p50", "reply_gap_p95",
)  # fmt: skip


def measured(frame: pd.DataFrame) -> Wait:
    """Response times where any conversation has one, else reply gaps."""
    return ANSWERS if (figures(frame, ANSWERS.number) > 0).any() else REPLIES


# --- all answers together ---------------------------------------------------------------------


def ecdf(frame: pd.DataFrame, wait: Wait) -> pd.DataFrame:
    """The share of all answers that came sooner than each limit.

    Columns limit (s), answers (under it), of_answers, share, and the conversations with an answer
    that took the limit or longer: n, of (those with any answer), filters.
    """
    number, longest = _counted(frame, wait), figures(frame, wait.longest)
    total, measurable = float(np.nansum(number)), int((~np.isnan(longest)).sum())
    rows = [
        {
            "limit": limit,
            "answers": int(np.nansum(figures(frame, within(wait.what, limit)))),
            "n": int((longest >= limit).sum()),
            "filters": Filters(ranges=(Range(wait.longest, limit),)),
        }
        for limit in wait.limits
    ]
    found = pd.DataFrame(rows).assign(of_answers=int(total), of=measurable)
    return found.assign(share=found["answers"] / (total or np.nan))


def ecdf_by_group(frame: pd.DataFrame, wait: Wait) -> pd.DataFrame:
    """`ecdf` of each persona (or source) under one another, with its `group`."""
    codes, names = grouped.coded(labels(frame))
    filters = groups(frame)
    parts = []
    for at, name in enumerate(names):
        mine = ecdf(frame[codes == at], wait)
        both = [filters[name].both(each) for each in mine["filters"]]
        parts.append(mine.assign(group=name, filters=marked(both, mine.index)))
    return pd.concat(parts, ignore_index=True) if parts else ecdf(frame, wait).assign(group="")


def _counted(frame: pd.DataFrame, wait: Wait) -> Floats:
    """Answers of each conversation; missing where one of their counts under the limits is (an
    earlier version of the analysis had none, or other limits)."""
    counts = (figures(frame, within(wait.what, limit)) for limit in wait.limits)
    counted = ~np.isnan(np.sum([*counts], axis=0))
    return np.where(counted, figures(frame, wait.number), np.nan)


def percentiles(
    counts: Floats,
    number: Floats,
    longest: Floats,
    limits: Sequence[float],
    shares: Sequence[float],
) -> Floats:
    """Groups x shares: percentiles of pooled answers, from their counts under each limit (groups x
    limits), their number and the longest. Logarithmic within the limits that enclose each, the
    longest being the last; linear below the first limit. NaN without answers."""
    size = len(number)
    below = np.hstack([np.zeros((size, 1)), counts, number[:, None]])
    edges = np.hstack([np.zeros((size, 1)), np.tile(limits, (size, 1)), longest[:, None]])
    edges = np.minimum(edges, longest[:, None])
    row = np.arange(size)
    found = np.full((size, len(shares)), np.nan)
    for at, share in enumerate(shares):
        target = share * number
        high = np.maximum((below >= target[:, None]).argmax(axis=1), 1)
        start, width = below[row, high - 1], below[row, high] - below[row, high - 1]
        part = np.divide(target - start, width, out=np.zeros(size), where=width > 0)
        low = edges[row, high - 1]
        linear = low + part * (edges[row, high] - low)
        with np.errstate(divide="ignore", invalid="ignore"):
            steep = low * (edges[row, high] / low) ** part
        found[:, at] = np.where(low > 0, steep, linear)
    return np.where(number[:, None] > 0, found, np.nan)


def _waits(frame: pd.DataFrame, wait: Wait, at: Ints, codes: Ints, size: int) -> pd.DataFrame:
    """n, of, answers, typical (median over conversations of their medians), p50, p90, p95 (over
    answers) and longest by group; `at` are rows of the frame, `codes` their group."""

    def sums(name: str) -> Floats:
        return grouped.sums(figures(frame, name)[at], codes, size)

    typical = figures(frame, wait.typical)[at]
    number = grouped.sums(_counted(frame, wait)[at], codes, size)
    counts = np.array([sums(within(wait.what, limit)) for limit in wait.limits]).T
    longest = grouped.quantiles(figures(frame, wait.longest)[at], codes, size, [1.0])[:, 0]
    cuts = percentiles(counts, number, longest, wait.limits, [*_SHARES.values()])
    found = {
        "n": grouped.means(typical, codes, size)[0],
        "of": grouped.counts(codes, size),
        "answers": number.astype(np.int64),
        "typical": grouped.quantiles(typical, codes, size, [0.5])[:, 0],
        **{name: cuts[:, place] for place, name in enumerate(_SHARES)},
        "longest": longest,
    }
    return pd.DataFrame(found)


def overall(frame: pd.DataFrame, wait: Wait) -> pd.Series:
    """`_waits` of all conversations together, as one row."""
    every = np.arange(len(frame))
    return _waits(frame, wait, every, np.zeros(len(frame), np.int64), 1).iloc[0]


def by_week(frame: pd.DataFrame, wait: Wait) -> pd.DataFrame:
    """By week (index): n, of, answers, typical, p50, p90, p95, longest; see `_waits`."""
    week, weeks = places(frame)
    return _waits(frame, wait, np.arange(len(frame)), week, len(weeks)).set_index(weeks)


# --- where users wait longest -----------------------------------------------------------------


def by_group(frame: pd.DataFrame, wait: Wait) -> pd.DataFrame:
    """By persona (or source; index), longest p95 first, those with fewer than FEWEST conversations
    last: see `_waits`; and filters."""
    codes, names = grouped.coded(labels(frame))
    found = _waits(frame, wait, np.arange(len(frame)), codes, len(names))
    filters = groups(frame)
    return _ordered(found, names, [filters[name] for name in names], wait)


def by_topic(frame: pd.DataFrame, wait: Wait, topics: pd.DataFrame, kind: str) -> pd.DataFrame:
    """By topic (index), as `by_group`; `topics` is what `summary_topics.of` found of that kind."""
    codes, names = grouped.coded(topics["topic"])
    found = _waits(frame, wait, topics["at"].to_numpy(np.int64), codes, len(names))
    filters = [Filters(topics=((token(kind, str(name)),),)) for name in names]
    return _ordered(found, names, filters, wait)


def by_tool(frame: pd.DataFrame, wait: Wait, calls: pd.DataFrame) -> pd.DataFrame:
    """By tool used (index), as `by_group`; `calls` has conversation_id and name. Conversations
    whose tool calls were captured, and had none, are a row of their own."""
    used = calls[["conversation_id", "name"]].dropna().drop_duplicates()
    at = np.asarray(
        pd.Index(frame["conversation_id"]).get_indexer(pd.Index(used["conversation_id"]))
    )
    codes, names = grouped.coded(used["name"][at >= 0])
    without = np.flatnonzero(figures(frame, "tool_calls") == 0)
    at = np.concatenate([at[at >= 0], without]).astype(np.int64)
    codes = np.concatenate([codes, np.full(len(without), len(names))])
    found = _waits(frame, wait, at, codes, len(names) + 1)
    filters = [Filters(tools=((str(name),),)) for name in names]
    filters.append(Filters(ranges=(Range("tool_calls", 0, 0, closed=True),)))
    found = _ordered(found, names.append(pd.Index(["no tool call"])), filters, wait)
    return found[found["of"] > 0]


def by_tenth(frame: pd.DataFrame, wait: Wait) -> pd.DataFrame:
    """By position (index: 0-10 %, …): the longest wait of each conversation there. n, of, p50, p90
    and p95 over conversations, longest, filters."""
    rows = []
    for name in wait.tenths:
        values = figures(frame, name)
        known = values[~np.isnan(values)]
        cuts = np.quantile(known, [*_SHARES.values(), 1]) if len(known) else [np.nan] * 4
        row = dict(zip((*_SHARES, "longest"), cuts, strict=True))
        rows.append({"n": len(known), "of": len(frame), **row,
                     "filters": Filters(ranges=(Range(name),))})  # fmt: skip
    step = 100 // PARTS
    spans = [f"{step * part}-{step * (part + 1)} %" for part in range(PARTS)]
    return pd.DataFrame(rows, index=pd.Index(spans, name="position"))


def _ordered(
    found: pd.DataFrame, names: pd.Index, filters: list[Filters], wait: Wait
) -> pd.DataFrame:
    both = [each.both(Filters(ranges=(Range(wait.typical),))) for each in filters]
    named = found.set_axis(pd.Index(names.astype("str"), name="group"))
    named = named.assign(filters=marked(both, named.index), enough=named["n"] >= FEWEST)
    order = ["enough", "p95", "n"]
    return named.sort_values(order, ascending=False, na_position="last", kind="stable")


def told(table: pd.DataFrame, rest: pd.Series) -> str:
    """Who waits longest, in one sentence; empty when nobody clearly does. `rest` is `overall`."""
    known = table[table["n"] >= FEWEST].dropna(subset=["p50"])
    if len(known) < 2:
        return ""
    slower = [name for name in ("p50", "p95") if known[name].max() >= CLEARLY * rest[name]]
    if not slower:
        return ""
    first = known.sort_values(slower[0], ascending=False, kind="stable").iloc[0]
    return (
        f"Longest with {first.name}: half of {first['answers']:,} answers take more than "
        f"{shown(first['p50'], 's')}, one in twenty more than {shown(first['p95'], 's')}; over all "
        f"it is {shown(rest['p50'], 's')} and {shown(rest['p95'], 's')}."
    )
