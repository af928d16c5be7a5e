"""What changed: one period against another, in sentences that carry their evidence.

A change is stated when it is beyond chance after correction for the number of comparisons, large
enough to matter, and rests on enough conversations.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np
import pandas as pd

from cvi.analysis import grouped, ranktest
from cvi.analysis.comparison import LEAST, Candidate, Group, Sides, candidates, members
from cvi.analysis.grouped import Floats, Ints
from cvi.analysis.metric import METRICS, Metric
from cvi.analysis.summary import figures
from cvi.analysis.units import is_flat, shown
from cvi.selection.filters import Filters, Range
from cvi.selection.mask import mask

FOREMOST = 3  # conversations named as weighing most
SURE = 0.05  # of the changes stated, the share that may be chance
BEYOND = 0.15  # how much further a group must have changed than all did, to be named besides
_WANTED, _UNWANTED = ("completed",), ("failed", "never_spoke", "nobody_came")


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `now` and `before` are medians (means where `stat` says so); `effect` is Cliff's
    delta, or the difference of two shares; `q` the corrected p value.

    `filters` select the `n` conversations it rests on, `before_filters` the `n_before` of the
    period before; `conversations` are the ids of those that weigh most.
    """

    sentence: str
    metric: str  # or "" for the share of an outcome or topic
    group: str  # "" for all conversations
    better: bool | None  # None where neither way is better
    now: float
    before: float
    stat: str
    effect: float
    q: float
    n: int
    n_before: int
    filters: Filters
    before_filters: Filters
    conversations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed, surest first; `tested` comparisons were made over `n` and `n_before`."""

    found: tuple[Change, ...]
    tested: int
    n: int
    n_before: int

    @property
    def told(self) -> str:
        """What to say when there is no change, or about the comparison as a whole."""
        if min(self.n, self.n_before) < LEAST:
            return (
                f"Too few conversations to compare: {self.n} now, {self.n_before} before; it takes "
                f"{LEAST} each."
            )
        number = len(self.found)
        what = {0: "No change", 1: "One change"}.get(number, f"{number} changes")
        return (
            f"{what} beyond chance in {self.tested} comparisons of {self.n:,} conversations with "
            f"the {self.n_before:,} before."
        )


def changed(
    frame: pd.DataFrame,
    now: Filters,
    before: Filters,
    topics: pd.DataFrame | None = None,
    *,
    kind: str = "lexicon",
    limit: int = 8,
) -> Changes:
    """What changed from the conversations of one filter to those of another, of one frame.

    `topics` is what `summary_topics.of` found of that kind for the frame; without, none are named.
    """
    recent = mask(now, frame)
    both = Sides(frame, recent, mask(before, frame) & ~recent, now, before)
    tests = candidates(both, topics, kind)
    q = ranktest.corrected(np.array([each.p for each in tests]))
    sure = [
        (each, chance)
        for each, chance in zip(tests, q.tolist(), strict=True)
        if chance <= SURE and abs(each.effect) >= each.large
    ]
    stated = (_stated(both, each, chance) for each, chance in _foremost(sure))
    found = islice((each for each in stated if each is not None), limit)
    return Changes(tuple(found), len(tests), int(recent.sum()), int(both.earlier.sum()))


def _foremost(sure: list[tuple[Candidate, float]]) -> list[tuple[Candidate, float]]:
    """Surest and largest first; a group only where it changed further than all conversations, and
    one group for each metric (its others have changed with it)."""
    order = sorted(sure, key=lambda each: (each[1], -abs(each[0].effect)))
    overall = {_line(each): each.effect for each, _ in order if not each.group.name}
    kept, seen = [], set()
    for each, q in order:
        line = _line(each)
        if each.group.name:
            beyond = abs(each.effect) - abs(overall.get(line, 0.0))
            if (line in overall and beyond < BEYOND) or line in seen:
                continue
            seen.add(line)
        kept.append((each, q))
    return kept


def _line(each: Candidate) -> str:
    return each.metric or (each.part.name if each.part else "")


# --- words ------------------------------------------------------------------------------------


def _stated(both: Sides, each: Candidate, q: float) -> Change | None:
    """The change in words; None when it would be printed as nothing."""
    if each.part is not None:
        return _share_stated(both, each, each.part, q)
    metric, values = METRICS[each.metric], figures(both.frame, each.metric)
    rows = each.group.rows[~np.isnan(values[each.group.rows])]
    mine, others = rows[both.recent[rows]], rows[both.earlier[rows]]
    typical = _typical(values[mine], values[others], metric, up=each.effect > 0)
    if typical is None:
        return None
    stat, now, before = typical
    condition = each.group.filters.both(Filters(ranges=(Range(each.metric),)))
    return Change(
        f"{metric.label}{each.group.where} {'rose' if each.effect > 0 else 'fell'}: "
        f"{shown(now, metric.unit)} after {shown(before, metric.unit)} "
        f"({len(mine):,} conversations, {len(others):,} before).",
        each.metric, each.group.name, _better(metric, each.effect), now, before, stat,
        each.effect, q, len(mine), len(others),
        both.now.both(condition), both.before.both(condition),
        _weightiest(both.frame, mine, values * np.sign(each.effect)),
    )  # fmt: skip


def _better(metric: Metric, effect: float) -> bool | None:
    return None if metric.better == "neither" else (effect > 0) == (metric.better == "higher")


def _typical(
    mine: Floats, others: Floats, metric: Metric, *, up: bool
) -> tuple[str, float, float] | None:
    """Medians, or means where medians do not show the difference (most values are equal); None
    where neither does."""
    for stat in ("median", "mean"):
        now, before = (float(getattr(np, stat)(each)) for each in (mine, others))
        if not is_flat(now - before, metric.unit) and (now > before) == up:
            return stat, now, before
    return None


def _share_stated(both: Sides, each: Candidate, part: Group, q: float) -> Change:
    size, up = len(both.frame), each.effect > 0
    inside, hit = members(size, each.group.rows), members(size, part.rows)
    now, before = (float(hit[inside & side].mean()) for side in (both.recent, both.earlier))
    mine = np.flatnonzero(inside & both.recent & hit)
    n_before = int((inside & both.earlier & hit).sum())
    what = f"Conversations{part.where}" if part.filters.topics else f"Outcome {part.where}"
    chosen = each.group.filters.both(part.filters)
    better = None if part.name not in (*_WANTED, *_UNWANTED) else up == (part.name in _WANTED)
    return Change(
        f"{what}{each.group.where} became {'more' if up else 'less'} frequent: "
        f"{shown(now, 'share')} after {shown(before, 'share')} "
        f"({len(mine):,} conversations, {n_before:,} before).",
        "", each.group.name, better, now, before, "share", each.effect, q, len(mine), n_before,
        both.now.both(chosen), both.before.both(chosen),
        _weightiest(both.frame, mine, _newest(both.frame)),
    )  # fmt: skip


def _newest(frame: pd.DataFrame) -> Floats:
    """The later a conversation began, the more."""
    return np.asarray(frame["started_at"].dt.tz_localize(None).to_numpy(), np.float64)


def _weightiest(frame: pd.DataFrame, rows: Ints, worth: Floats) -> tuple[str, ...]:
    """Ids of the conversations of the rows that are worth most; ties by id."""
    ids = frame["conversation_id"].iloc[rows]
    best = grouped.least(-worth[rows], ids, FOREMOST)
    return tuple(ids.iloc[best].tolist())
