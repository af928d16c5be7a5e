"""Counts, means and percentiles of many groups at once, through one sort.

`codes` is the number of each value's group, 0 … size-1; -1 belongs to none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def coded(by: pd.Series) -> tuple[Ints, pd.Index]:
    """The groups of `by` as codes, and the sorted values they stand for; missing ones are -1."""
    if isinstance(by.dtype, pd.CategoricalDtype):
        present = by.cat.remove_unused_categories()
        return present.cat.codes.to_numpy().astype(np.int64), present.cat.categories
    codes, values = pd.factorize(by, sort=True)
    return codes.astype(np.int64), pd.Index(values)


def counts(codes: Ints, size: int) -> Ints:
    """How many there are of each group."""
    return np.bincount(codes[codes >= 0], minlength=size)[:size]


def pairs(rows: Ints, columns: Ints, shape: tuple[int, int]) -> Ints:
    """How many there are of each pair of groups, as a table of that shape."""
    known = (rows >= 0) & (columns >= 0)
    keys = rows[known] * shape[1] + columns[known]
    return np.bincount(keys, minlength=shape[0] * shape[1]).reshape(shape)


def sums(values: Floats, codes: Ints, size: int) -> Floats:
    """The sum of what is measured of each group; 0 where nothing is."""
    known = (codes >= 0) & ~np.isnan(values)
    found = np.bincount(codes[known], values[known], minlength=size)[:size]
    return found.astype(np.float64)


def means(values: Floats, codes: Ints, size: int) -> tuple[Ints, Floats]:
    """How many of each group are measured, and their mean; NaN where none is."""
    known = (codes >= 0) & ~np.isnan(values)
    n = np.bincount(codes[known], minlength=size)
    sums = np.bincount(codes[known], values[known], minlength=size)
    return n, np.divide(sums, n, out=np.full(size, np.nan), where=n > 0)


def quantiles(values: Floats, codes: Ints, size: int, shares: Sequence[float]) -> Floats:
    """Groups x shares: percentiles, linear between neighbours; NaN where nothing is measured."""
    known = (codes >= 0) & ~np.isnan(values)
    mine, group = values[known], codes[known]
    by_value = np.argsort(mine)
    # Small whole numbers are sorted by counting them, which keeps the order within a group.
    narrow = group[by_value].astype(np.int16 if size < 2**15 else np.int64)
    mine = mine[by_value[np.argsort(narrow, kind="stable")]]
    n = np.bincount(group, minlength=size)
    first = np.cumsum(n) - n
    found = np.full((size, len(shares)), np.nan)
    filled = n > 0
    for at, share in enumerate(shares):
        place = share * (n[filled] - 1)
        below = np.floor(place).astype(np.int64)
        low = mine[first[filled] + below]
        high = mine[first[filled] + np.minimum(below + 1, n[filled] - 1)]
        found[filled, at] = low + (high - low) * (place - below)
    return found


def least(values: Floats, ties: pd.Series, limit: int) -> Ints:
    """Positions of the `limit` lowest values, ties in the order of `ties`; missing ones never."""
    known = np.flatnonzero(~np.isnan(values))
    if limit <= 0:
        return known[:0]
    if len(known) > limit:
        cut = np.partition(values[known], limit - 1)[limit - 1]
        known = known[values[known] <= cut]
    rows = pd.DataFrame({"value": values[known], "tie": ties.iloc[known].to_numpy()})
    order = rows.sort_values(["value", "tie"], kind="stable").index.to_numpy()
    found: Ints = known[order[:limit]]
    return found
