"""Do two sets of conversations differ by more than chance? For many groups at once. A leaf.

The Mann-Whitney test compares ranks: no shape of distribution is assumed, and one freak value
counts no more than any other largest value. Many tests at once find something by chance alone, so
p values are corrected (Benjamini & Hochberg 1995: of what is reported, at most the stated share is
expected to be chance).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from cvi.analysis.grouped import Floats, Ints
from cvi.analysis.speech import Bools, changes


@dataclass(frozen=True)
class Compared:
    """Per group: sizes of both sides, effect (Cliff's delta, -1 … 1: how much more often a value of
    the one side is higher than lower) and p (two-sided); NaN without both sides."""

    n: Ints
    others: Ints
    effect: Floats
    p: Floats


def mann_whitney(values: Floats, mine: Bools, at: Ints, codes: Ints, size: int) -> Compared:
    """One side (`mine`) against the other within each group, on measured values. `at` are members
    of groups as places in `values`, `codes` their groups: a value may be in several.

    Normal approximation with correction for ties and continuity (good from about 8 a side).
    """
    order = np.argsort(values)[: int((~np.isnan(values)).sum())]
    place = np.full(len(values), -1)
    place[order] = np.arange(len(order))
    known = (codes >= 0) & (place[at] >= 0)
    # One sort of plain numbers by group and value: several times faster than sorting by two keys.
    keys = np.sort(codes[known] * max(len(order), 1) + place[at[known]])
    group, rank = np.divmod(keys, max(len(order), 1))
    chosen = order[rank]
    return from_sorted(values[chosen], group, mine[chosen], size)


def from_sorted(values: Floats, codes: Ints, mine: Bools, size: int) -> Compared:
    """The same for values without gaps that come sorted by group and value."""
    total = np.bincount(codes, minlength=size)
    place = np.arange(len(codes)) - (np.cumsum(total) - total)[codes]
    tie = np.cumsum(changes(codes, values)) - 1 if len(codes) else codes
    length = np.bincount(tie)
    rank = (np.bincount(tie, place) / np.maximum(length, 1) + 1)[tie] if len(codes) else values
    n = np.bincount(codes[mine], minlength=size)
    ranks = np.bincount(codes[mine], rank[mine], minlength=size)
    first = np.flatnonzero(changes(tie)) if len(codes) else codes
    cubes = length.astype(np.float64) ** 3 - length
    ties = np.bincount(codes[first], cubes, minlength=size).astype(np.float64)
    return _compared(n, total - n, ranks - n * (n + 1) / 2, ties)


def against_rest(values: Floats, at: Ints, codes: Ints, size: int) -> Compared:
    """The members of each group against all other values; one ranking serves all groups. `at` are
    members as places in `values`, each once in a group; `codes` (-1: none) their groups."""
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    block = np.cumsum(changes(values[order])) - 1 if len(order) else order
    length = np.bincount(block).astype(np.float64)
    rank = np.full(len(values), np.nan)
    rank[order] = (np.cumsum(length) - (length - 1) / 2)[block]
    inside = (codes >= 0) & ~np.isnan(rank[at])
    n = np.bincount(codes[inside], minlength=size)
    sums = np.bincount(codes[inside], rank[at[inside]], minlength=size)
    ties = np.full(size, float((length**3 - length).sum()))
    return _compared(n, len(known) - n, sums - n * (n + 1) / 2, ties)


def _compared(n: Ints, others: Ints, wins: Floats, ties: Floats) -> Compared:
    """`wins`: pairs in which the one side is higher (equal ones count half)."""
    pairs, total = (n * others).astype(np.float64), (n + others).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = np.where(pairs > 0, 2 * wins / pairs - 1, np.nan)
        spread = pairs / 12 * (total + 1 - ties / (total * (total - 1)))
        far = np.maximum(np.abs(wins - pairs / 2) - 0.5, 0)
        z = np.where(spread > 0, far / np.sqrt(spread), 0)
    return Compared(n, others, effect, np.where(pairs > 0, two_sided(z), np.nan))


def proportions(hits: Floats, n: Floats, other_hits: Floats, others: Floats) -> Compared:
    """Shares of two sets: the effect is their difference, p that of the pooled z test."""
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = hits / n - other_hits / others
        pooled = (hits + other_hits) / (n + others)
        error = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / others))
        z = np.where(error > 0, np.abs(effect) / error, 0)
    return Compared(n.astype(np.int64), others.astype(np.int64), effect, two_sided(z))


def two_sided(z: Floats) -> Floats:
    """P of a standard normal value at least this far from 0."""
    return np.array([math.erfc(abs(each) / math.sqrt(2)) for each in z.tolist()])


def corrected(p: Floats) -> Floats:
    """Benjamini-Hochberg adjusted p values; NaN stays NaN and is no test."""
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(-p[known], kind="stable")]
    rank = np.arange(len(order), 0, -1)
    found = np.full(len(p), np.nan)
    found[order] = np.minimum.accumulate(p[order] * len(order) / rank).clip(max=1)
    return found
