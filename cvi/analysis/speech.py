"""Arithmetic on speech intervals of many conversations at once. A leaf: arrays in, arrays out.

An interval belongs to a conversation (`code`) and a side (`user`); times are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SAME_S = 0.05  # clocks that differ by less tell the same moment
NEAR_S = 1.0  # a transcript row this far from a speaking interval may still be its text


@dataclass(frozen=True)
class Speech:
    """Intervals by conversation, side and start; disjoint per side once they went through `union`.

    `row` is the transcript row that holds the words, or -1.
    """

    code: Ints
    user: Bools
    start: Floats
    end: Floats
    row: Ints
    interrupted: Bools

    @property
    def side(self) -> Ints:
        """One number per conversation and side; the other side is `side ^ 1`."""
        number: Ints = self.code * 2 + self.user
        return number

    @property
    def length(self) -> Floats:
        """Seconds."""
        return self.end - self.start

    def take(self, chosen: npt.NDArray[np.generic]) -> Speech:
        """The intervals at these positions, or where a mask is true."""
        return Speech(
            self.code[chosen], self.user[chosen], self.start[chosen],
            self.end[chosen], self.row[chosen], self.interrupted[chosen],
        )  # fmt: skip


@dataclass(frozen=True)
class Holds:
    """Stretches of one side holding the floor, by conversation and start.

    `span` is the position of the first interval of the stretch.
    """

    code: Ints
    user: Bools
    start: Floats
    end: Floats
    span: Ints

    def handovers(self, *, to_user: bool) -> Ints:
        """Positions of the stretches that took the floor over from the other side."""
        after = np.arange(1, len(self.code))
        taken = (self.code[1:] == self.code[:-1]) & (self.user[1:] != self.user[:-1])
        found: Ints = after[taken & (self.user[1:] == to_user)]
        return found


@dataclass(frozen=True)
class Segments:
    """The time line cut at every start and stop: who speaks in each piece, by time."""

    code: Ints
    start: Floats
    length: Floats
    user: Bools
    assistant: Bools


def locate(group: Ints, at: Floats, asked_group: Ints, asked_at: Floats) -> Ints:
    """Position of the last point at or before each question in its own group, or -1.

    Points must be sorted by (group, at); questions may come in any order.
    """
    if not len(group):
        return np.full(len(asked_group), -1)
    groups, times = np.concatenate([group, asked_group]), np.concatenate([at, asked_at])
    order = np.lexsort((np.arange(len(groups)) >= len(group), times, groups))
    found = np.empty(len(order), np.int64)
    found[order] = np.cumsum(order < len(group)) - 1
    asked = found[len(group) :]
    return np.where((asked >= 0) & (group[asked] == asked_group), asked, -1)


def nearest(speech: Speech, side: Ints, start: Floats, row: Ints) -> Ints:
    """The transcript row of each interval, or -1. Rows come sorted by (side, start).

    A row that starts with the interval wins over one announced while or shortly after it, which
    is how Tavus announces user turns.
    """
    if not len(row):
        return np.full(len(speech.code), -1)
    near = locate(side, start, speech.side, speech.start + SAME_S)
    late = locate(side, start, speech.side, speech.end + NEAR_S)
    early = speech.start - NEAR_S
    announced = np.where((late >= 0) & (start[late] >= early), row[late], -1)
    return np.where((near >= 0) & (start[near] >= early), row[near], announced)


def running_max(values: Floats, group: Ints) -> Floats:
    """Largest value so far within each group; `group` ascends.

    Works on ranks: shifting each group by a large number would cost precision.
    """
    order = np.lexsort((values, group))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return values[order][np.maximum.accumulate(rank)]


def changes(*keys: npt.NDArray[np.generic]) -> Bools:
    """True at the first element and wherever any of the keys differs from the one before."""
    found = np.ones(len(keys[0]), np.bool_)
    if len(found) > 1:
        found[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    return found


def union(raw: Speech) -> Speech:
    """Merge intervals of one side that overlap or touch. Any of the merged flags counts."""
    sorted_ = raw.take(np.lexsort((raw.end, raw.start, raw.side)))
    reach = running_max(sorted_.end, sorted_.side)
    new = changes(sorted_.side)
    new[1:] |= sorted_.start[1:] > reach[:-1]
    first = np.flatnonzero(new)
    if not len(first):
        return sorted_
    kept = sorted_.take(first)
    flags = np.logical_or.reduceat(sorted_.interrupted, first)
    ends = reach[np.append(first[1:], len(new)) - 1]
    return Speech(kept.code, kept.user, kept.start, ends, kept.row, flags)


def hosts(speech: Speech) -> Ints:
    """For each interval the one of the other side that was under way at its start, or -1."""
    at = locate(speech.side, speech.start, speech.side ^ 1, speech.start)
    if not len(at):
        return at
    return np.where((at >= 0) & (speech.end[at] > speech.start), at, -1)


def contained(speech: Speech, host: Ints) -> Bools:
    """Intervals that lie wholly inside one of the other side: they never took the floor."""
    if not len(host):
        return np.zeros(0, np.bool_)
    shorter: Bools = speech.end < speech.end[host]
    level = (speech.end == speech.end[host]) & (speech.start > speech.start[host])
    found: Bools = (host >= 0) & (shorter | level)
    return found


def holds(speech: Speech, inside: Bools, pause: float) -> Holds:
    """Merge neighbouring intervals of one side; a longer own pause (s) starts a new stretch."""
    kept = np.flatnonzero(~inside)
    order = kept[np.lexsort((speech.start[kept], speech.code[kept]))]
    taken = speech.take(order)
    new = changes(taken.side)
    new[1:] |= taken.start[1:] - taken.end[:-1] > pause
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(new))[: len(first)] - 1
    span = order[first]
    return Holds(taken.code[first], taken.user[first], taken.start[first], taken.end[last], span)


def segments(speech: Speech) -> Segments:
    """Cut the time line of each conversation at every start and stop."""
    code, user = np.tile(speech.code, 2), np.tile(speech.user, 2)
    at = np.concatenate([speech.start, speech.end])
    step = np.repeat([1, -1], len(speech.code))
    order = np.lexsort((at, code))
    code, user, at, step = code[order], user[order], at[order], step[order]
    talks = np.cumsum(np.where(user, step, 0)) > 0
    answers = np.cumsum(np.where(user, 0, step)) > 0
    length = np.zeros(len(at))
    length[:-1] = np.diff(at) if len(at) else at
    kept = (length > 0) & ~np.append(changes(code)[1:], True)[: len(at)]
    return Segments(code[kept], at[kept], length[kept], talks[kept], answers[kept])
