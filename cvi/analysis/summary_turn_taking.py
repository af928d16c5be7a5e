"""How the two sides share a conversation: talk, interruptions, silences, monologues, the floor.

Every row of a table is a condition on a stored column: its `filters` select `n` conversations of
the `of` in which the column could be measured. How long users wait is in `summary_waits`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cvi.analysis import grouped
from cvi.analysis.insights import LONG_S, LONG_WORDS
from cvi.analysis.metric import METRICS, tenths
from cvi.analysis.summary import figures, groups, labels, marked, measured, spread
from cvi.analysis.turn_taking import DOMINANT
from cvi.analysis.units import shown
from cvi.selection.filters import Filters, Range

BALANCED = (1 - DOMINANT, DOMINANT)  # of the talk: outside, one side dominates (ConvoKit)
SIDES = ("user", "assistant")
TALK = ("user_talk_share", "user_word_share")  # seconds where there are any, else words
TALK_EDGES = tuple(round(0.05 * at, 2) for at in range(21))
TIMES = (0.0, 1.0, 2.0, 3.0, 5.0, 10.0, np.inf)  # interruptions, backchannels
SILENCE_EDGES = (0.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0, np.inf)  # up to 3 s is no silence
MONOLOGUE_EDGES = (0.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, LONG_S, 90.0, 120.0, np.inf)
WORD_EDGES = (0.0, 10.0, 20.0, 40.0, 60.0, 80.0, 100.0, 125.0, float(LONG_WORDS), 200.0, np.inf)


def binned(frame: pd.DataFrame, name: str, edges: Sequence[float]) -> pd.DataFrame:
    """Conversations by metric: low, high (inf: open), n, of, share, filters. The last bin holds its
    upper edge too, if it has one."""
    values = figures(frame, name)
    known = values[~np.isnan(values)]
    cuts = np.asarray(edges, np.float64)
    place = np.searchsorted(cuts, known, side="right") - 1
    closed = bool(np.isfinite(cuts[-1]))
    if closed:
        place[known == cuts[-1]] = len(cuts) - 2
    inside = place[(place >= 0) & (place < len(cuts) - 1)]
    n = np.bincount(inside, minlength=len(cuts) - 1)
    ends = zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True)
    filters = [
        Filters(ranges=(Range(name, low, high if np.isfinite(high) else None,
                              closed=closed and high == cuts[-1]),))
        for low, high in ends
    ]  # fmt: skip
    return pd.DataFrame(
        {"low": cuts[:-1], "high": cuts[1:], "n": n, "of": len(known),
         "share": n / (len(known) or np.nan), "filters": filters}
    )  # fmt: skip


# --- talk -------------------------------------------------------------------------------------


def talk(frame: pd.DataFrame) -> pd.DataFrame:
    """`binned` user's share of the talk (see `TALK`), with `metric`, and `balanced` for bins within
    the reference band."""
    name = measured(frame, TALK)
    found = binned(frame, name, TALK_EDGES)
    inside = (found["low"] >= BALANCED[0]) & (found["high"] <= BALANCED[1])
    return found.assign(metric=name, balanced=inside)


def sides(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """How many conversations the assistant dominates, are balanced, the user dominates (index), by
    the user's share in a column: n, of, share, filters."""
    found = binned(frame, name, (0.0, *BALANCED, 1.0))
    return found.set_axis(pd.Index(["assistant", "balanced", "user"], name="side"))


def floor(frame: pd.DataFrame) -> pd.DataFrame:
    """Who held the floor in each tenth of the call, over conversations: `sides` of each tenth, with
    part (0 … 9), side and metric."""
    parts = [
        sides(frame, name).reset_index().assign(part=at, metric=name)
        for at, name in enumerate(tenths("floor"))
    ]
    return pd.concat(parts, ignore_index=True)


def floor_by_group(frame: pd.DataFrame) -> pd.DataFrame:
    """The user's share of speech by persona (or source) and tenth, a row each: group, part (0 … 9),
    median (NaN where nothing is measured), n, of, filters."""
    codes, names = grouped.coded(labels(frame))
    of = grouped.counts(codes, len(names))
    filters = groups(frame)
    parts = []
    for at, name in enumerate(tenths("floor")):
        values = figures(frame, name)
        found = pd.DataFrame(
            {
                "group": names.astype("str"),
                "part": at,
                "median": grouped.quantiles(values, codes, len(names), [0.5])[:, 0],
                "n": grouped.means(values, codes, len(names))[0],
                "of": of,
            }
        )
        measured_here = Filters(ranges=(Range(name),))
        both = [filters[str(group)].both(measured_here) for group in names]
        parts.append(found.assign(filters=marked(both, found.index)))
    return pd.concat(parts, ignore_index=True)


# --- interruptions and backchannels -----------------------------------------------------------

INTERRUPTIONS = {side: f"{side}_interruptions" for side in SIDES}


def interruptions(frame: pd.DataFrame) -> pd.DataFrame:
    """By side that interrupts (index), and `backchannels`: metric, times, per_min (times / minutes
    of the conversations counted), n (conversations with any), of, share, filters."""
    rows = {**INTERRUPTIONS, "backchannels": "backchannels"}
    every = np.zeros(len(frame), np.int64)
    parts = [_times(frame, name, every, 1).assign(metric=name) for name in rows.values()]
    filters = [_any(name) for name in rows.values()]
    found = pd.concat(parts).set_axis(pd.Index(list(rows), name="side"))
    return found.assign(filters=marked(filters, found.index))


def interruptions_by_group(frame: pd.DataFrame, side: str) -> pd.DataFrame:
    """By persona (or source; index), most per minute first: as `interruptions`."""
    codes, names = grouped.coded(labels(frame))
    found = _times(frame, INTERRUPTIONS[side], codes, len(names))
    of_group = groups(frame)
    filters = [of_group[name].both(_any(INTERRUPTIONS[side])) for name in names]
    found = found.set_axis(pd.Index(names.astype("str"), name="group"))
    found = found.assign(filters=marked(filters, found.index))
    return found.sort_values("per_min", ascending=False, na_position="last", kind="stable")


def _any(name: str) -> Filters:
    return Filters(ranges=(Range(name, 1),))


def _times(frame: pd.DataFrame, name: str, codes: grouped.Ints, size: int) -> pd.DataFrame:
    values, seconds = figures(frame, name), figures(frame, "duration_s")
    known = ~np.isnan(values)
    times = grouped.sums(values, codes, size)
    timed = known & (seconds > 0)
    minutes = grouped.sums(np.where(timed, seconds / 60, np.nan), codes, size)
    rate = grouped.sums(np.where(timed, values, np.nan), codes, size) / np.where(
        minutes > 0, minutes, np.nan
    )
    n, of = grouped.counts(codes[values >= 1], size), grouped.counts(codes[known], size)
    share = np.divide(n, of, out=np.full(size, np.nan), where=of > 0)
    return pd.DataFrame(
        {"times": times.astype(np.int64), "per_min": rate, "n": n, "of": of, "share": share}
    )


# --- silences, monologues, lengths ------------------------------------------------------------


def silences(frame: pd.DataFrame) -> pd.DataFrame:
    """Conversations by their longest silence (s): `binned`; the first bin had none over 3 s."""
    return binned(frame, "longest_silence_s", SILENCE_EDGES)


def monologues(frame: pd.DataFrame) -> pd.DataFrame:
    """Conversations by the longest monologue of each side, in seconds where there are times, else
    in words: `binned` under one another, with side, metric, unit, and `flagged` over 60 s or 150
    words (call-ai-metrics; 150 words are 60 s of quick speech)."""
    parts = []
    for side in SIDES:
        names = (f"longest_{side}_monologue_s", f"longest_{side}_turn_words")
        name = measured(frame, names)
        spoken = name == names[0]
        found = binned(frame, name, MONOLOGUE_EDGES if spoken else WORD_EDGES)
        limit = LONG_S if spoken else LONG_WORDS
        parts.append(
            found.assign(side=side, metric=name, unit=METRICS[name].unit,
                         flagged=found["low"] >= limit)
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


LENGTHS = (
    "words_per_user_turn", "words_per_assistant_turn", "longest_user_turn_words",
    "longest_assistant_turn_words", "user_speaking_rate", "assistant_speaking_rate",
    "user_think_time_p50",
)  # fmt: skip


def lengths(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn lengths and paces by metric (index): label, unit, n, of, median, p25, p75, p95,
    filters."""
    rows = []
    for name in LENGTHS:
        found = spread(frame, name)
        stats = {stat: getattr(found, stat) for stat in ("n", "of", "median", "p25", "p75", "p95")}
        about = {"label": METRICS[name].label, "unit": METRICS[name].unit}
        rows.append({**about, **stats, "filters": Filters(ranges=(Range(name),))})
    return pd.DataFrame(rows, index=pd.Index(LENGTHS, name="metric"))


def told(frame: pd.DataFrame) -> str:
    """Who talks, in one sentence; empty when nothing was measured."""
    name = measured(frame, TALK)
    found = spread(frame, name)
    if not found.n:
        return ""
    what = "speech" if name == TALK[0] else "words"
    share = {side: shown(value, "share") for side, value in sides(frame, name)["share"].items()}
    return (
        f"In the typical conversation users have {shown(found.median, 'share')} of the {what}. The "
        f"assistant dominates {share['assistant']} of the conversations, the user {share['user']}."
    )
