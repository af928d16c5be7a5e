"""A map of squares: groups down, positions across, a colour for the value of each.

The squares are bars, because those can be selected.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from cvi.charts import canvas
from cvi.charts.chart import Chart, Mark, numbered


def squares(
    table: pd.DataFrame,
    *,
    alt: str,
    blank: str,
    colour: Callable[[float], str],
    said: Callable[[float], str],
    value: str = "median",
    **xaxis: Any,  # noqa: ANN401
) -> Chart:
    """One square per row of the table: group, place (0, 1 …), where (the place in words), the
    value, n and filters. Groups with most conversations at the top; rows without any are left out.
    """
    known = table[table["n"] > 0]
    if known.empty:
        return Chart(canvas.blank(blank))
    sizes = known.groupby("group")["n"].max().sort_values(ascending=False, kind="stable")
    labels = dict(zip(sizes.index, (canvas.label(name) for name in sizes.index), strict=True))
    words = [said(float(each)) for each in known[value]]
    marks = [
        Mark(f"{group}, {where}", int(n), filters, ((value, word),))
        for group, where, n, word, filters in zip(
            known["group"], known["where"], known["n"], words, known["filters"], strict=True
        )
    ]
    bars = {
        "type": "bar", "orientation": "h", "base": known["place"].tolist(), "x": [1] * len(known),
        "y": [labels[name] for name in known["group"]], "width": 0.94,
        "marker": {"color": [colour(float(each)) for each in known[value]], "line": {"width": 0}},
        "customdata": numbered(
            marks, [canvas.label(name) for name in known["group"]], known["where"].tolist(), words,
            known["n"].tolist(),
        ),
        "hovertemplate": "<b>%{customdata[1]}</b>, %{customdata[2]}<br><b>%{customdata[3]}</b>"
        "<br>%{customdata[4]} conversations<extra></extra>",
    }  # fmt: skip
    figure = canvas.figure(
        [bars],
        alt=alt,
        height=max(canvas.HEIGHT, 60 + 34 * len(labels)),
        barmode="overlay",
        xaxis=canvas.axis(range=[0, int(known["place"].max()) + 1], showgrid=False, **xaxis),
        yaxis=canvas.row_axis(list(labels.values())),
    )
    return Chart(figure, tuple(marks))


def mixed(share: float, low: str, middle: str, high: str) -> str:
    """The colour between three: low at 0, middle at a half, high at 1."""
    share = min(max(share, 0.0), 1.0)
    ends = (low, middle) if share < 0.5 else (middle, high)
    part = 2 * share if share < 0.5 else 2 * share - 1
    start, stop = ([int(end[at : at + 2], 16) for at in (1, 3, 5)] for end in ends)
    return "#" + "".join(
        f"{round(a + part * (b - a)):02X}" for a, b in zip(start, stop, strict=True)
    )
