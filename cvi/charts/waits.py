"""How long one conversation's user waited for each answer. For paper: pages draw it themselves."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from cvi.charts import canvas
from cvi.charts.palette import ASSISTANT, BAD, QUIET
from cvi.charts.spans import DAY_S


def answers(since: Sequence[float], waits: Sequence[float], *, slow: float) -> go.Figure:
    """A bar an answer, as high as the wait (s), where the user had stopped (s from the start);
    waits over `slow` in red, which a dotted line marks."""
    if not waits:
        return canvas.blank("No answer could be timed.", height=180)
    last = max(since)
    over = sum(wait > slow for wait in waits)
    style = "%M:%S" if last < 3600 else "%H:%M:%S" if last < DAY_S else "day %-j %H:%M"
    bars = {
        "type": "bar", "x": [round(at * 1000) for at in since], "y": list(waits),
        "width": max(last, 1.0) * 1000 / max(60, 2 * len(waits)),
        "marker": {"color": [BAD if wait > slow else ASSISTANT for wait in waits],
                   "line": {"width": 0}},
        "hovertemplate": "%{y:.1f} s<extra></extra>",
    }  # fmt: skip
    line = {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": slow, "y1": slow,
        "layer": "below", "line": {"color": QUIET, "width": 1, "dash": "dot"},
    }  # fmt: skip
    answered = f"{len(waits)} answers" if len(waits) > 1 else "one answer"
    return canvas.figure(
        [bars],
        alt=f"Waits for {answered}, the longest {max(waits):.1f} s, {over} over {slow:g} s",
        height=180,
        shapes=[line],
        xaxis={"type": "date", "tickformat": style, "range": [-last * 10, last * 1020 + 1000],
               "showgrid": False},
        yaxis=canvas.axis(ticksuffix=" s", rangemode="tozero", nticks=5),
    )  # fmt: skip
