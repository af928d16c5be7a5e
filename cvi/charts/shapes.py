"""Shapes several pages draw: a band over weeks, dots with their spread by group, a histogram."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from cvi.charts import canvas
from cvi.charts.palette import QUIET

FEW = 5  # a week with fewer conversations is drawn hollow
_NO_DATE = "None of these conversations has a date, so there is nothing to show over time."
_NONE = "{what} could not be measured in any of these conversations."


def _told(table: pd.DataFrame, what: str, form: str, unit: str) -> str:
    """The weekly chart in words, for readers who cannot see it."""
    known = table["median"].dropna()
    return (
        f"{what} by week: median {known.iloc[0]:{form}}{unit} at first, "
        f"{known.iloc[-1]:{form}}{unit} at last, {int(table['n'].sum())} conversations"
    )


def weekly_band(
    table: pd.DataFrame,
    *,
    what: str,
    colour: str,
    unit: str = "",
    form: str = ".0f",
    upper: pd.DataFrame | None = None,
    **yaxis: Any,  # noqa: ANN401
) -> go.Figure:
    """Median by week as a line over the middle half as a band; `upper` adds the median of
    another table (p95) as a dotted line. Index of the tables: week."""
    if table.empty:
        return canvas.blank(_NO_DATE)
    if not table["n"].sum():
        return canvas.blank(_NONE.format(what=what))
    weeks = pd.DatetimeIndex(table.index)
    x = canvas.texts(weeks)
    middle, low, high = (canvas.values(table[name]) for name in ("median", "p25", "p75"))
    hover = [f"{n} of {of} measurable" for n, of in zip(table["n"], table["of"], strict=True)]
    step = "Week of %{x|%-d %b %Y}"
    edge = {"type": "scatter", "mode": "lines", "x": x, "hoverinfo": "skip", "connectgaps": True}
    main: dict[str, Any] = {
        "type": "scatter", "mode": "lines+markers", "x": x, "y": middle, "name": "median",
        "line": {"color": colour, "width": 2.5}, "marker": {"color": colour, "size": 7,
                   "symbol": ["circle-open" if n < FEW else "circle" for n in table["n"]]},
        "connectgaps": True, "customdata": list(zip(low, high, hover, strict=True)),
        "hovertemplate": f"{step}<br>median <b>%{{y:{form}}}{unit}</b><br>half of them "
        f"%{{customdata[0]:{form}}} to %{{customdata[1]:{form}}}{unit}"
        "<br>%{customdata[2]}<extra></extra>",
    }  # fmt: skip
    traces: list[dict[str, Any]] = [
        {**edge, "y": low, "line": {"width": 0}, "showlegend": False},
        {**edge, "y": high, "line": {"width": 0}, "fill": "tonexty", "name": "middle half",
         "fillcolor": canvas.faded(colour, 0.18)},
        main,
    ]  # fmt: skip
    if upper is not None and upper["n"].sum():
        traces.append(
            {**edge, "y": canvas.values(upper["median"]), "name": "p95",
             "hoverinfo": None,
             "line": {"color": colour, "width": 1.5, "dash": "dot"},
             "hovertemplate": f"{step}<br>p95 <b>%{{y:{form}}}{unit}</b><extra></extra>"}
        )  # fmt: skip
    return canvas.figure(
        traces,
        alt=_told(table, what, form, unit),
        showlegend=upper is not None,
        xaxis=canvas.week_axis(weeks),
        yaxis=canvas.axis(ticksuffix=unit, **yaxis),
    )


def dots(
    table: pd.DataFrame,
    *,
    what: str,
    colour: str,
    unit: str = "",
    form: str = ".0f",
    zero: bool = False,
    **xaxis: Any,  # noqa: ANN401
) -> go.Figure:
    """By group (the index), sorted as given from the top: median as a dot, the middle half as a
    bar, n beside the name. Groups without a value are named, with an n of 0."""
    if table.empty or not table["n"].sum():
        return canvas.blank(_NONE.format(what=what))
    names = [canvas.label(name) for name in table.index]
    counted = zip(names, table["n"], strict=True)
    rows = [f"{name} <span style='color:{QUIET}'>{n}</span>" for name, n in counted]
    span_x: list[float | None] = []
    span_y: list[str] = []
    for row, low, high in zip(rows, table["p25"], table["p75"], strict=True):
        span_x += [*canvas.values(pd.Series([low, high])), None]
        span_y += [row, row, row]
    traces: list[dict[str, Any]] = [
        {"type": "scatter", "mode": "lines", "x": span_x, "y": span_y, "hoverinfo": "skip",
         "line": {"color": canvas.faded(colour, 0.35), "width": 8}, "name": "middle half"},
        {"type": "scatter", "mode": "markers", "x": canvas.values(table["median"]), "y": rows,
         "name": "median", "marker": {"color": colour, "size": 11},
         "customdata": [
             [str(name), low, high, f"{n} of {of} measurable"]
             for name, low, high, n, of in zip(
                 table.index, canvas.values(table["p25"]), canvas.values(table["p75"]),
                 table["n"], table["of"], strict=True)
         ],
         "hovertemplate": f"<b>%{{customdata[0]}}</b><br>median <b>%{{x:{form}}}{unit}</b><br>half "
         f"of them %{{customdata[1]:{form}}} to %{{customdata[2]:{form}}}{unit}"
         "<br>%{customdata[3]}<extra></extra>"},
    ]  # fmt: skip
    first = table["median"].dropna()
    alt = f"{what} by group, highest {first.index[0]} ({first.iloc[0]:{form}}{unit})"
    shapes = [_line_at_zero()] if zero else []
    return canvas.figure(
        traces,
        alt=alt,
        height=max(canvas.HEIGHT, 50 + 30 * len(rows)),
        xaxis=canvas.axis(ticksuffix=unit, **xaxis),
        yaxis=canvas.axis(
            categoryorder="array", categoryarray=rows[::-1], showgrid=False, ticklabelstandoff=6
        ),
        shapes=shapes,
    )


def _line_at_zero() -> dict[str, Any]:
    return {
        "type": "line", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1, "layer": "below",
        "line": {"color": QUIET, "width": 1, "dash": "dot"},
    }  # fmt: skip


def histogram(
    bins: pd.DataFrame, colours: list[str], *, what: str, title: str, form: str = ".0f"
) -> go.Figure:
    """Conversations per bin (low, high, n), each bar with its colour. Bars can be selected: their
    customdata is [low, high]."""
    total = int(bins["n"].sum())
    if not total:
        return canvas.blank(_NONE.format(what=what))
    middle = (bins["low"] + bins["high"]) / 2
    bars = {
        "type": "bar", "x": middle.tolist(), "y": bins["n"].tolist(),
        "width": (0.92 * (bins["high"] - bins["low"])).tolist(),
        "marker": {"color": colours, "line": {"width": 0}},
        "customdata": bins[["low", "high"]].to_numpy().tolist(),
        "hovertemplate": f"{what} %{{customdata[0]:{form}}} to %{{customdata[1]:{form}}}"
        f"<br><b>%{{y}}</b> of {total} conversations<extra></extra>",
    }  # fmt: skip
    largest = bins.iloc[int(bins["n"].to_numpy().argmax())]
    alt = (
        f"Distribution of {what.lower()} over {total} conversations, most often "
        f"{largest['low']:{form}} to {largest['high']:{form}}"
    )
    return canvas.figure(
        [bars],
        alt=alt,
        xaxis=canvas.axis(title, showgrid=False, tickformat=form),
        yaxis=canvas.axis("conversations", rangemode="tozero", nticks=5),
    )
