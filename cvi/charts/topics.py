"""Figures of the topics page: how often a topic comes up by week."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from cvi.charts import canvas
from cvi.charts.palette import SERIES

TOPIC = SERIES[7]


def trend(table: pd.DataFrame, topic: str) -> go.Figure:
    """Share of each week's conversations with the topic; weeks without any are a gap."""
    if table.empty:
        return canvas.blank(
            "None of these conversations has a date, so there is no trend to show.", height=210
        )
    weeks = pd.DatetimeIndex(table.index)
    bars = {
        "type": "bar", "x": canvas.texts(weeks), "y": canvas.values(100 * table["share"]),
        "width": canvas.bar_width(weeks), "marker": {"color": TOPIC, "line": {"width": 0}},
        "customdata": table[["n", "of"]].to_numpy().tolist(),
        "hovertemplate": "Week of %{x|%-d %b %Y}<br><b>%{y:.0f} %</b>: %{customdata[0]} of "
        "%{customdata[1]} conversations<extra></extra>",
    }  # fmt: skip
    total = int(table["n"].sum())
    return canvas.figure(
        [bars],
        alt=f"Share of conversations about {topic} by week, {total} in all",
        height=210,
        xaxis=canvas.week_axis(weeks),
        yaxis=canvas.axis(ticksuffix=" %", rangemode="tozero", nticks=5),
    )
