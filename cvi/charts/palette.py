"""Colours with a meaning: the two speakers look the same on every chart."""

from __future__ import annotations

# Okabe-Ito, readable on white and on near-black, and for colour-blind readers.
USER = "#2C8CCB"
ASSISTANT = "#E0752D"
GOOD = "#1E9E77"
BAD = "#C8553D"
QUIET = "#8A97A3"
BETWEEN = "#B9C2CA"  # neither side
SERIES = (USER, ASSISTANT, GOOD, "#C679A7", "#D99A1C", "#5AB4E6", "#9B7D3A", "#7478D0")
BANDS = {"high": GOOD, "medium": "#D99A1C", "low": BAD}
SENTIMENT = {"positive": GOOD, "neutral": QUIET, "negative": BAD}
OUTCOMES = {
    "completed": GOOD,
    "time_limit": "#5AB4E6",
    "in_progress": "#7478D0",
    "never_spoke": "#D99A1C",
    "nobody_came": QUIET,
    "failed": BAD,
    "unknown": BETWEEN,
}
DIVERGING = ((0.0, BAD), (0.5, BETWEEN), (1.0, GOOD))
