"""The values a filter can take among some conversations, frequent ones first."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cvi.analysis import grouped
from cvi.selection.filters import UNKNOWN

MOST = 500  # topics; a longer list is for nobody


def values(frame: pd.DataFrame) -> dict[str, list[str]]:
    """persona, replica, source, outcome: UNKNOWN stands for missing ones; none if all are."""
    found = {}
    for name in ("persona", "replica", "source", "outcome"):
        ranked = _ranked(frame[name].fillna(UNKNOWN))
        found[name] = ranked if ranked != [UNKNOWN] else []
    return found


def tokens(topics: pd.DataFrame, *, most: int = MOST) -> list[str]:
    """Topics as the filter writes them (`kind:name`)."""
    (kind, kinds), (topic, names) = (grouped.coded(topics[name]) for name in ("kind", "topic"))
    counts = grouped.pairs(kind, topic, (len(kinds), len(names)))
    first = np.argsort(-counts, axis=None, kind="stable")[: min(most, (counts > 0).sum())]
    which, what = np.unravel_index(first, counts.shape)
    return [f"{kinds[a]}:{names[b]}" for a, b in zip(which, what, strict=True)]


def tools(used: pd.DataFrame) -> list[str]:
    """Names of tools; `used` has one row a conversation and tool."""
    return _ranked(used["name"].dropna())


def _ranked(column: pd.Series) -> list[str]:
    codes, names = grouped.coded(column)
    order = np.argsort(-grouped.counts(codes, len(names)), kind="stable")
    return [str(name) for name in names[order]]
