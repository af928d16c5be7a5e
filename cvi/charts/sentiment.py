"""Figures of the sentiment page. They are all about the user, whose colour they carry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cvi.charts import canvas, shapes
from cvi.charts.chart import Chart, Mark, numbered
from cvi.charts.palette import BAD, GOOD, QUIET, SENTIMENT, USER
from cvi.selection.filters import EVERYTHING, Filters, Range

_NONE = "No turn of a user could be scored in these conversations."


def trajectory(table: pd.DataFrame, among: str = "sentiment_change") -> Chart:
    """Median score and middle half of the conversations by tenth of the way (index: part).

    `among` is the metric that all of them have.
    """
    if not table["n"].sum():
        return Chart(canvas.blank(_NONE))
    step = 100 / len(table)
    x = [step * (part + 0.5) for part in table.index]
    span = [f"{step * part:.0f}-{step * (part + 1):.0f} %" for part in table.index]
    low, high, middle = (canvas.values(table[name]) for name in ("p25", "p75", "median"))
    found = zip(span, table["n"], table["metric"], table["median"], table["p25"], table["p75"],
                strict=True)  # fmt: skip
    marks = [
        Mark(
            f"{where} of the way", int(n), Filters(ranges=(Range(among), Range(metric))),
            shapes.spread_words(half, lower, upper, form="+.2f", unit=""),
        )
        for where, n, metric, half, lower, upper in found
    ]  # fmt: skip
    edge = {"type": "scatter", "mode": "lines", "x": x, "hoverinfo": "skip", "line": {"width": 0}}
    traces: list[dict[str, Any]] = [
        {**edge, "y": low, "showlegend": False},
        {**edge, "y": high, "fill": "tonexty", "fillcolor": canvas.faded(USER, 0.18),
         "name": "middle half"},
        {"type": "scatter", "mode": "lines+markers", "x": x, "y": middle, "name": "median",
         "line": {"color": USER, "width": 2.5}, "marker": {"color": USER, "size": 7},
         "customdata": numbered(marks, span, low, high, table["n"].tolist()),
         "hovertemplate": "%{customdata[1]} of the way<br>median <b>%{y:+.2f}</b><br>half of them "
         "%{customdata[2]:+.2f} to %{customdata[3]:+.2f}<br>%{customdata[4]} conversations"
         "<extra></extra>"},
    ]  # fmt: skip
    known = table["median"].dropna()
    figure = canvas.figure(
        traces,
        alt=f"User sentiment along the conversation: {known.iloc[0]:+.2f} at the start, "
        f"{known.iloc[-1]:+.2f} at the end",
        height=canvas.HEIGHT + 30,
        xaxis=canvas.axis(
            range=[0, 100], showgrid=False,
            tickvals=[0, 25, 50, 75, 100], ticktext=["start", "25 %", "50 %", "75 %", "end"],
        ),
        yaxis=canvas.axis(tickformat="+.1f", nticks=6),
        shapes=[_level()],
    )  # fmt: skip
    return Chart(figure, tuple(marks))


def _level() -> dict[str, object]:
    return {
        "type": "line", "y0": 0, "y1": 0, "xref": "paper", "x0": 0, "x1": 1, "layer": "below",
        "line": {"color": QUIET, "width": 1, "dash": "dot"},
    }  # fmt: skip


def distribution(bins: pd.DataFrame) -> Chart:
    """Conversations by mean sentiment of their user."""
    colours = [_side(low, high) for low, high in zip(bins["low"], bins["high"], strict=True)]
    return shapes.histogram(
        bins, "user_sentiment", colours, what="User sentiment", title="mean of the user's turns",
        form="+.1f",
    )  # fmt: skip


def _side(low: float, high: float) -> str:
    middle = (low + high) / 2
    return SENTIMENT["positive" if middle > 0.1 else "negative" if middle < -0.1 else "neutral"]


def by_week(table: pd.DataFrame) -> Chart:
    """User sentiment by week."""
    return shapes.weekly_band(
        table, "user_sentiment", what="User sentiment", colour=USER, form="+.2f",
        tickformat="+.2~f", nticks=5,
    )  # fmt: skip


def by_topic(table: pd.DataFrame, *, most: int = 12) -> Chart:
    """User sentiment by topic: the topics most often discussed, happiest at the top."""
    shown = table.head(most).sort_values("median", ascending=False, na_position="last")
    return shapes.dots(
        shown, None, what="User sentiment", colour=USER, form="+.2f", zero=True,
        groups=dict(zip(shown.index, shown["filters"], strict=True)), tickformat="+.2~f", nticks=6,
    )  # fmt: skip


def start_to_end(table: pd.DataFrame, groups: Mapping[str, Filters]) -> Chart:
    """By persona: from the start (hollow) to the end (full), green where it rose, red where it
    fell; the most fallen at the top. `groups` says which conversations each group is."""
    if table.empty:
        return Chart(
            canvas.blank(
                "No conversation has scored turns of the user both at its start and at its end."
            )
        )
    rows = canvas.rows(table.index, table["n"])
    colours = [GOOD if change >= 0 else BAD for change in table["change"]]
    ends = Filters(ranges=(Range("mood_start"), Range("mood_end")))
    found = list(
        zip(table.index, table["start"], table["end"], table["change"], table["n"], strict=True)
    )
    marks = [
        Mark(
            str(name), int(n), groups.get(str(name), EVERYTHING).both(ends),
            (("start", f"{start:+.2f}"), ("end", f"{end:+.2f}")),
        )
        for name, start, end, _, n in found
    ]  # fmt: skip
    about = numbered(marks, *zip(*((canvas.label(x[0]), *x[1:4], int(x[4])) for x in found),
                                 strict=True))  # fmt: skip
    hover = (
        "<b>%{customdata[1]}</b><br>from %{customdata[2]:+.2f} to %{customdata[3]:+.2f} "
        "(%{customdata[4]:+.2f})<br>%{customdata[5]} conversations<extra></extra>"
    )
    lines: list[dict[str, object]] = [
        {"type": "scatter", "mode": "lines", "x": [start, end], "y": [row, row],
         "line": {"color": colour, "width": 3}, "hoverinfo": "skip", "showlegend": False}
        for row, start, end, colour in zip(
            rows, table["start"], table["end"], colours, strict=True)
    ]  # fmt: skip
    dots: dict[str, object] = {
        "type": "scatter", "mode": "markers", "y": rows, "customdata": about,
        "hovertemplate": hover,
    }  # fmt: skip
    points = [
        {**dots, "x": table["start"].tolist(), "name": "start",
         "marker": {"symbol": "circle-open", "size": 11, "color": QUIET, "line": {"width": 2}}},
        {**dots, "x": table["end"].tolist(), "name": "end",
         "marker": {"size": 11, "color": colours}},
    ]  # fmt: skip
    first = table.iloc[0]
    figure = canvas.figure(
        [*lines, *points],
        alt=f"User sentiment from start to end by group, least favourable {table.index[0]} "
        f"({first['change']:+.2f})",
        height=max(canvas.HEIGHT, 74 + 32 * len(rows)),
        showlegend=True,
        xaxis=canvas.axis(tickformat="+.2~f", nticks=6),
        yaxis=canvas.row_axis(rows),
    )
    return Chart(figure, tuple(marks))
