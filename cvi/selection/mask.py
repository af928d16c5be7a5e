"""The filter over a frame of conversations: the same choice that the store makes in SQL."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from cvi.selection.filters import BANDS, MOODS, UNKNOWN, Filters, Range, Span

Bools = npt.NDArray[np.bool_]
COLUMNS = {"personas": "persona", "replicas": "replica", "sources": "source", "outcomes": "outcome"}
STRETCHES = {"bands": ("quality", BANDS), "moods": ("user_sentiment", MOODS)}


def mask(filters: Filters, frame: pd.DataFrame) -> Bools:
    """One flag per row. Topics, tools and text are not in the frame: the store answers those."""
    keep = np.ones(len(frame), np.bool_)
    since, until = filters.instants()
    if since is not None:
        keep &= (frame["started_at"] >= pd.Timestamp(since)).to_numpy(np.bool_)
    if until is not None:
        keep &= (frame["started_at"] < pd.Timestamp(until)).to_numpy(np.bool_)
    for field, column in COLUMNS.items():
        if values := getattr(filters, field):
            keep &= _among(frame[column], values)
    for field, (metric, named) in STRETCHES.items():
        if names := getattr(filters, field):
            keep &= _within_any(frame, metric, [named[name] for name in names if name in named])
    for each in filters.ranges:
        keep &= _within(frame, each)
    return keep


def _among(column: pd.Series, values: Sequence[str]) -> Bools:
    found = column.isin(values).to_numpy(np.bool_)
    # An empty text is as unknown as none.
    return found | column.isna().to_numpy(np.bool_) if UNKNOWN in values else found


def _numbers(frame: pd.DataFrame, metric: str) -> npt.NDArray[np.float64]:
    if metric not in frame.columns:
        return np.full(len(frame), np.nan)
    return frame[metric].to_numpy(np.float64, na_value=np.nan)


def _within_any(frame: pd.DataFrame, metric: str, spans: Sequence[Span]) -> Bools:
    found = np.zeros(len(frame), np.bool_)
    for low, high in spans:
        found |= _within(frame, Range(metric, low, high))
    return found


def _within(frame: pd.DataFrame, condition: Range) -> Bools:
    values = _numbers(frame, condition.metric)
    if condition.missing:
        return np.isnan(values)
    keep = ~np.isnan(values)
    if condition.low is not None:
        keep &= values >= condition.low
    if condition.high is not None:
        keep &= (values <= condition.high) if condition.closed else (values < condition.high)
    return keep
