"""Events that came in and events that were settled, side by side in time."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from cvi.charts import canvas
from cvi.charts.palette import GOOD, QUIET

HEIGHT = 180


def traffic(table: pd.DataFrame, *, every: str) -> go.Figure:
    """Bars of events received with a line of events settled; columns start, received, settled.

    `every` is hour or day. An hour in which the line stays below its bar left work behind.
    """
    received, settled = int(table["received"].sum()), int(table["settled"].sum())
    if not received and not settled:
        return canvas.blank("Nothing came in during this time.", height=HEIGHT)
    starts = pd.DatetimeIndex(table["start"])
    x = canvas.texts(starts)
    form = "%a %-d %b, %H:%M" if every == "hour" else "%a %-d %b"
    bars = {
        "type": "bar", "x": x, "y": table["received"].tolist(), "name": "received",
        "marker": {"color": canvas.faded(QUIET, 0.55)},
        "hovertemplate": "%{y:,} received<extra></extra>",
    }  # fmt: skip
    line = {
        "type": "scatter", "mode": "lines+markers", "x": x, "y": table["settled"].tolist(),
        "name": "settled", "line": {"color": GOOD, "width": 2, "shape": "linear"},
        "marker": {"size": 5}, "hovertemplate": "%{y:,} settled<extra></extra>",
    }  # fmt: skip
    ticks = x[:: max(1, len(x) // 6)]
    return canvas.figure(
        [bars, line],
        alt=f"Events by {every}: {received:,} received and {settled:,} settled since {x[0]}",
        height=HEIGHT,
        showlegend=True,
        hovermode="x unified",
        xaxis=canvas.axis(
            type="date", showgrid=False, tickvals=ticks, hoverformat=form,
            tickformat="%H:%M" if every == "hour" else "%-d %b",
        ),
        yaxis=canvas.axis(rangemode="tozero", nticks=4, tickformat="~s"),
    )  # fmt: skip
