"""Figures of the topics page: how often a topic comes up by week."""

from __future__ import annotations

import pandas as pd

from cvi.charts import canvas
from cvi.charts.chart import Chart, Mark, numbered
from cvi.charts.palette import SERIES
from cvi.selection.filters import Filters

TOPIC = SERIES[7]


def trend(table: pd.DataFrame, topic: str, token: str) -> Chart:
    """Share of each week's conversations with the topic (`token`: as the filter writes it); weeks
    without any are a gap."""
    if table.empty:
        return Chart(
            canvas.blank(
                "None of these conversations has a date, so there is no trend to show.", height=210
            )
        )
    weeks = pd.DatetimeIndex(table.index)
    about = Filters(topics=((token,),))
    marks = [
        Mark(canvas.week_label(week), int(n), period.both(about), (("share", f"{share:.0%}"),))
        for week, period, n, share in zip(
            weeks, canvas.periods(weeks), table["n"], table["share"].fillna(0), strict=True
        )
    ]
    bars = {
        "type": "bar", "x": canvas.texts(weeks), "y": canvas.values(100 * table["share"]),
        "width": canvas.bar_width(weeks), "marker": {"color": TOPIC, "line": {"width": 0}},
        "customdata": numbered(marks, table["n"].tolist(), table["of"].tolist()),
        "hovertemplate": "Week of %{x|%-d %b %Y}<br><b>%{y:.0f} %</b>: %{customdata[1]} of "
        "%{customdata[2]} conversations<extra></extra>",
    }  # fmt: skip
    total = int(table["n"].sum())
    figure = canvas.figure(
        [bars],
        alt=f"Share of conversations about {topic} by week, {total} in all",
        height=210,
        xaxis=canvas.week_axis(weeks),
        yaxis=canvas.axis(ticksuffix=" %", rangemode="tozero", nticks=5),
    )
    return Chart(figure, tuple(marks))
