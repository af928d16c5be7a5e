"""Axes of the conversation charts: lanes over time, words over turns, the mood below."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cvi.charts.spans import DAY_S

LANES = {"user": 1.0, "assistant": 0.0}
NAMES = {"user": "User", "assistant": "Assistant"}


def words(turns: pd.DataFrame) -> pd.Series[int]:
    """Words of each turn."""
    return turns["text"].fillna("").str.split().map(len).astype("int64")


def last_second(
    turns: pd.DataFrame, speaking: pd.DataFrame, tools: pd.DataFrame, signals: pd.DataFrame
) -> float:
    """Seconds from the start to the last thing there is to draw, at least 1."""
    ends = [
        (turns["offset_s"] + turns["duration_s"].fillna(0.0)).max(),
        speaking["end_s"].max() if len(speaking) else None,
        tools["offset_s"].max() if len(tools) else None,
        signals["offset_s"].max() if len(signals) else None,
    ]
    known = [float(end) for end in ends if end is not None and pd.notna(end)]
    return max([*known, 1.0])


def time_axes(last: float, marks: bool, moods: bool) -> dict[str, Any]:
    """Two lanes over seconds; a third for marks, and the mood, where there are any."""
    style = "%M:%S" if last < 3600 else "%H:%M:%S" if last < DAY_S else "day %-j %H:%M"
    lanes = {**LANES, "tools": -0.85} if marks else dict(LANES)
    return {
        "xaxis": {
            "type": "date",
            "range": [-last * 8, last * 1008],
            "tickformat": style,
            "anchor": "y2" if moods else "y",
        },
        "yaxis": {
            "range": [-1.25 if marks else -0.5, 1.5],
            "tickvals": list(lanes.values()),
            "ticktext": [NAMES.get(name, "Tools") for name in lanes],
            "domain": [0.42, 1] if moods else [0, 1],
        },
    } | _mood_axis(moods)


def order_axes(turns: pd.DataFrame, moods: bool) -> dict[str, Any]:
    """Words up (user) and down (assistant) over the turns in their order."""
    counts = words(turns)
    most = max(int(counts.max()) if len(counts) else 0, 1)
    few = {"dtick": 1} if len(turns) <= 20 else {"nticks": 12}
    return {
        "xaxis": {
            "range": [-0.7, max(len(turns), 2) - 0.3],
            "title": {"text": "Turn", "standoff": 4},
            "tickformat": ",d",
            "anchor": "y2" if moods else "y",
            **few,
        },
        "yaxis": {
            "title": {"text": "Words"},
            "range": [-most * 1.1, most * 1.1],
            "tickvals": [-most, 0, most],
            "ticktext": [f"{most:,}", "0", f"{most:,}"],
            "domain": [0.42 * moods, 1],
        },
    } | _mood_axis(moods)


def _mood_axis(moods: bool) -> dict[str, Any]:
    if not moods:
        return {}
    return {
        "yaxis2": {
            "domain": [0, 0.32],
            "range": [-1.15, 1.15],
            "tickvals": [-1, 0, 1],
            "ticktext": ["−1", "Mood 0", "+1"],
            "zeroline": True,
        }
    }
