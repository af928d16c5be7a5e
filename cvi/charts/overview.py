"""Figures of the overview: how many conversations, how quickly answered, how good, how felt."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from cvi.charts import canvas, shapes
from cvi.charts.palette import ASSISTANT, OUTCOMES, QUIET, SERIES, USER

QUALITY = SERIES[2]
_MOST = 6  # outcomes with a colour of their own


def volume(table: pd.DataFrame) -> go.Figure:
    """Stacked bars: conversations by week (index) and outcome (columns, in stacking order)."""
    if table.empty:
        return canvas.blank(
            "None of these conversations has a date, so there is nothing to show over time."
        )
    weeks = pd.DatetimeIndex(table.index)
    shown = table.iloc[:, :_MOST]
    if table.shape[1] > _MOST:
        shown = shown.assign(other=table.iloc[:, _MOST:].sum(axis=1))
    bars = [
        {
            "type": "bar", "x": canvas.texts(weeks), "y": shown[name].tolist(),
            "name": str(name).replace("_", " "), "width": canvas.bar_width(weeks),
            "marker": {"color": OUTCOMES.get(str(name), QUIET), "line": {"width": 0}},
            "customdata": [str(name)] * len(weeks),
            "hovertemplate": "Week of %{x|%-d %b %Y}<br>%{fullData.name}: <b>%{y}</b>"
            "<extra></extra>",
        }
        for name in shown
    ]  # fmt: skip
    total = int(table.to_numpy().sum())
    most = str(shown.columns[0])
    alt = f"{total} conversations in {len(weeks)} weeks by outcome, most of them {most}"
    return canvas.figure(
        bars,
        alt=alt.replace("_", " "),
        barmode="stack",
        showlegend=True,
        xaxis=canvas.week_axis(weeks),
        yaxis=canvas.axis(rangemode="tozero", nticks=5),
    )


def response_time(
    median: pd.DataFrame, p95: pd.DataFrame, *, what: str = "Response time"
) -> go.Figure:
    """The conversations' median wait by week, and their p95 above it; `what` names the wait."""
    return shapes.weekly_band(
        median, what=what, colour=ASSISTANT, unit=" s", form=".1f", upper=p95,
        rangemode="tozero", nticks=5,
    )  # fmt: skip


def quality(table: pd.DataFrame) -> go.Figure:
    """Quality by week: median and middle half."""
    return shapes.weekly_band(table, what="Quality", colour=QUALITY, nticks=5)


def sentiment(table: pd.DataFrame) -> go.Figure:
    """User sentiment by persona: median and middle half."""
    return shapes.dots(
        table, what="User sentiment", colour=USER, form="+.2f", zero=True, tickformat="+.2~f",
        nticks=6,
    )  # fmt: skip
