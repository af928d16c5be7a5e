"""Figures of the turn-taking page: how long users wait, who talks, who cuts in.

The tables come from `summary_waits` and `summary_turn_taking`: each row has its `filters` and `n`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from cvi.charts import canvas
from cvi.charts.chart import Chart, Mark, numbered
from cvi.charts.palette import ASSISTANT, BAD, BETWEEN, GOOD, QUIET, SERIES, USER
from cvi.selection.filters import Filters, Range

SIDES = {"user": USER, "assistant": ASSISTANT, "balanced": BETWEEN}
_MOST_CURVES = 5
# Waits of up to an hour are drawn along the logarithm of the time.
_WIDE = 60
_TIMES = {1: "1 s", 10: "10 s", 60: "1 min", 600: "10 min", 3600: "1 h"}
_NO_WAITS = "No answer could be timed: that needs the times of turns or speaking events."


# --- waits ------------------------------------------------------------------------------------


def ecdf(
    every: pd.DataFrame,
    by_group: pd.DataFrame,
    *,
    what: str,
    human: tuple[float, float] | None = None,
) -> Chart:
    """Share of all answers that came within a time: all together, and the largest groups.

    `human` is the band of gaps between people, in seconds, where it is comparable.
    """
    if not every["of_answers"].sum():
        return Chart(canvas.blank(_NO_WAITS))
    marks: list[Mark] = []
    traces: list[dict[str, Any]] = []
    sizes = by_group.groupby("group")["of_answers"].first().sort_values(ascending=False)
    shown = sizes[sizes > 0].index[:_MOST_CURVES] if len(sizes) > 1 else sizes.index[:0]
    for at, name in enumerate(shown):
        mine = by_group[by_group["group"] == name]
        colour = SERIES[(at + 2) % len(SERIES)]
        traces.append(_curve(mine, marks, name=canvas.label(name), colour=colour, width=1.4))
    traces.append(_curve(every, marks, name="all answers", colour=ASSISTANT, width=3))
    half = every.loc[every["share"] >= 0.5, "limit"]
    told = f"half of them within {half.iloc[0]:g} s" if len(half) else "more than half take longer"
    figure = canvas.figure(
        traces,
        alt=f"{what}: share of {int(every['of_answers'].iloc[0]):,} answers that came within a "
        f"time, {told}",
        height=canvas.HEIGHT + 40,
        showlegend=True,
        xaxis=_time_axis(every["limit"]),
        yaxis=canvas.axis(range=[0, 102], ticksuffix=" %", nticks=6),
        shapes=[_band(human)] if human else [],
    )
    return Chart(figure, tuple(marks))


def _time_axis(limits: pd.Series) -> dict[str, Any]:
    low, high = float(limits.min()), float(limits.max())
    if high <= _WIDE:
        return canvas.axis("seconds until the answer", range=[0, high], ticksuffix=" s", nticks=7)
    ends = [math.log10(low) - 0.05, math.log10(high) + 0.05]
    return canvas.axis(
        "time until the answer", type="log", range=ends,
        tickvals=[*_TIMES], ticktext=[*_TIMES.values()],
    )  # fmt: skip


def _band(human: tuple[float, float]) -> dict[str, Any]:
    low, high = human
    return {"type": "rect", "xref": "x", "yref": "paper", "x0": low, "x1": high, "y0": 0, "y1": 1,
            "fillcolor": canvas.faded(QUIET, 0.25), "line": {"width": 0},
            "layer": "below"}  # fmt: skip


def _curve(
    table: pd.DataFrame, marks: list[Mark], *, name: str, colour: str, width: float
) -> dict[str, Any]:
    """One curve; its marks (the conversations with a slower answer) are added to `marks`."""
    mine = [
        Mark(
            f"{name}: an answer after {limit:g} s or more", int(n), filters,
            (("answers sooner", f"{share:.0%}"),),
        )
        for limit, n, share, filters in zip(
            table["limit"], table["n"], table["share"].fillna(0), table["filters"], strict=True
        )
    ]  # fmt: skip
    trace = {
        "type": "scatter", "mode": "lines+markers", "name": name,
        "x": table["limit"].tolist(), "y": canvas.values(100 * table["share"]),
        "line": {"color": colour, "width": width},
        "marker": {"color": colour, "size": 2 + 2 * width},
        "customdata": numbered(mine, table["answers"].tolist(), table["of_answers"].tolist(),
                               table["n"].tolist()),
        "hovertemplate": f"{name}<br><b>%{{y:.1~f}} %</b> of the answers within %{{x:~g}} s"
        "<br>%{customdata[1]:,} of %{customdata[2]:,}<br>%{customdata[3]:,} conversations have a "
        "slower one<extra></extra>",
    }  # fmt: skip
    marks += mine
    return trace


def by_week(table: pd.DataFrame, metric: str, *, what: str) -> Chart:
    """Pooled waits by week: median, p90 and p95 over all answers of the week."""
    if table.empty or not table["answers"].sum():
        return Chart(canvas.blank(_NO_WAITS))
    weeks = pd.DatetimeIndex(table.index)
    measured = Filters(ranges=(Range(metric),))
    marks: list[Mark] = []
    traces = []
    for name, dash, width in (("p50", "solid", 2.5), ("p90", "dash", 1.5), ("p95", "dot", 1.5)):
        mine = [
            Mark(
                f"{canvas.week_label(week)}, {name}", int(n), period.both(measured),
                () if pd.isna(value) else ((name, f"{value:.2f} s"),),
            )
            for week, period, n, value in zip(
                weeks, canvas.periods(weeks), table["n"], table[name], strict=True
            )
        ]  # fmt: skip
        traces.append(
            {"type": "scatter", "mode": "lines+markers", "x": canvas.texts(weeks),
             "y": canvas.values(table[name]), "name": name, "connectgaps": True,
             "line": {"color": ASSISTANT, "width": width, "dash": dash},
             "marker": {"color": ASSISTANT, "size": 6 if name == "p50" else 4},
             "customdata": numbered(mine, table["answers"].tolist(), first=len(marks)),
             "hovertemplate": f"Week of %{{x|%-d %b %Y}}<br>{name} <b>%{{y:.2f}} s</b>"
             "<br>%{customdata[1]:,} answers<extra></extra>"}
        )  # fmt: skip
        marks += mine
    known = table["p95"].dropna()
    figure = canvas.figure(
        traces,
        alt=f"{what} by week over all answers: p95 {known.iloc[0]:.2f} s at first, "
        f"{known.iloc[-1]:.2f} s at last",
        height=canvas.HEIGHT + 40,
        showlegend=True,
        xaxis=canvas.week_axis(weeks),
        yaxis=canvas.axis(ticksuffix=" s", rangemode="tozero", nticks=5),
    )
    return Chart(figure, tuple(marks))


def longest(table: pd.DataFrame, *, what: str, most: int = 12) -> Chart:
    """Where users wait longest: by group (index), from the median to the p95 of its answers."""
    known = table[table["n"] > 0].dropna(subset=["p50"]).head(most)
    if known.empty:
        return Chart(canvas.blank(_NO_WAITS))
    rows = canvas.rows(known.index, known["n"])
    marks = [
        Mark(str(name), int(n), filters, (("median", f"{half:.2f} s"), ("p95", f"{slow:.2f} s")))
        for name, n, half, slow, filters in zip(
            known.index, known["n"], known["p50"], known["p95"], known["filters"], strict=True
        )
    ]
    span_x: list[float | None] = []
    span_y: list[str] = []
    for row, half, slow in zip(rows, known["p50"], known["p95"], strict=True):
        span_x += [float(half), float(slow), None]
        span_y += [row, row, row]
    dot: dict[str, Any] = {
        "type": "scatter", "mode": "markers", "y": rows,
        "customdata": numbered(marks, [canvas.label(name) for name in known.index],
                               canvas.values(known["p50"]), canvas.values(known["p95"])),
        "hovertemplate": "<b>%{customdata[1]}</b><br>median <b>%{customdata[2]:.2f} s</b>"
        "<br>p95 %{customdata[3]:.2f} s<extra></extra>",
    }  # fmt: skip
    traces: list[dict[str, Any]] = [
        {"type": "scatter", "mode": "lines", "x": span_x, "y": span_y, "hoverinfo": "skip",
         "line": {"color": canvas.faded(ASSISTANT, 0.35), "width": 8}, "showlegend": False},
        {**dot, "x": canvas.values(known["p50"]), "name": "median",
         "marker": {"color": ASSISTANT, "size": 11}},
        {**dot, "x": canvas.values(known["p95"]), "name": "p95",
         "marker": {"color": ASSISTANT, "size": 11, "symbol": "line-ns",
                    "line": {"color": ASSISTANT, "width": 3}}},
    ]  # fmt: skip
    first = known.iloc[0]
    figure = canvas.figure(
        traces,
        alt=f"{what} by group, longest p95 {first.name} ({first['p95']:.2f} s)",
        height=max(canvas.HEIGHT, 80 + 30 * len(rows)),
        showlegend=True,
        xaxis=canvas.axis(ticksuffix=" s", rangemode="tozero", nticks=6),
        yaxis=canvas.row_axis(rows),
    )
    return Chart(figure, tuple(marks))


# --- who talks --------------------------------------------------------------------------------


def talk(bins: pd.DataFrame, *, what: str) -> Chart:
    """Conversations by the user's share; the reference band, in which both have a say, behind."""
    if not bins["n"].sum():
        return Chart(canvas.blank(f"{what} could not be measured in any of these conversations."))
    low, high = 100 * bins["low"], 100 * bins["high"]
    marks = [
        Mark(f"{what} {begin:.0f} to {end:.0f} %", int(n), filters)
        for begin, end, n, filters in zip(low, high, bins["n"], bins["filters"], strict=True)
    ]
    bars = {
        "type": "bar", "x": ((low + high) / 2).tolist(), "y": bins["n"].tolist(),
        "width": (0.92 * (high - low)).tolist(), "marker": {"color": USER, "line": {"width": 0}},
        "customdata": numbered(marks, low.tolist(), high.tolist()),
        "hovertemplate": f"{what} %{{customdata[1]:.0f}} to %{{customdata[2]:.0f}} %"
        "<br><b>%{y}</b> conversations<extra></extra>",
    }  # fmt: skip
    inside = bins[bins["balanced"]]
    band = {"type": "rect", "xref": "x", "yref": "paper", "y0": 0, "y1": 1, "layer": "below",
            "x0": 100 * float(inside["low"].min()), "x1": 100 * float(inside["high"].max()),
            "fillcolor": canvas.faded(GOOD, 0.12), "line": {"width": 0}}  # fmt: skip
    at = int(bins["n"].to_numpy().argmax())
    figure = canvas.figure(
        [bars],
        alt=f"{what} of {int(bins['n'].sum())} conversations, most often {low.iloc[at]:.0f} to "
        f"{high.iloc[at]:.0f} %",
        xaxis=canvas.axis(what.lower(), range=[0, 100], ticksuffix=" %", nticks=6, showgrid=False),
        yaxis=canvas.axis("conversations", rangemode="tozero", nticks=5),
        shapes=[band],
    )
    return Chart(figure, tuple(marks))


def interruptions(
    user: pd.DataFrame, assistant: pd.DataFrame, order: Sequence[str] | pd.Index
) -> Chart:
    """Interruptions a minute by group and side; a bar leads to the conversations with any."""
    if not (user["of"].sum() or assistant["of"].sum()):
        return Chart(
            canvas.blank("Interruptions could not be measured: that needs the times of speech.")
        )
    marks: list[Mark] = []
    traces = []
    labels = [canvas.label(name) for name in order]
    for side, given in (("user", user), ("assistant", assistant)):
        table = given.loc[list(order)]
        own = [
            Mark(
                f"by the {side}, {name}", int(n), filters,
                () if pd.isna(rate) else (("per minute", f"{rate:.2f}"),),
            )
            for name, n, rate, filters in zip(
                table.index, table["n"], table["per_min"], table["filters"], strict=True
            )
        ]  # fmt: skip
        traces.append(
            {"type": "bar", "orientation": "h", "name": f"by the {side}", "y": labels,
             "x": canvas.values(table["per_min"]),
             "marker": {"color": SIDES[side], "line": {"width": 0}},
             "customdata": numbered(own, table["n"].tolist(), table["of"].tolist(),
                                    first=len(marks)),
             "hovertemplate": f"<b>%{{y}}</b><br>by the {side}: <b>%{{x:.2f}}</b> a minute"
             "<br>any in %{customdata[1]:,} of %{customdata[2]:,} conversations<extra></extra>"}
        )  # fmt: skip
        marks += own
    figure = canvas.figure(
        traces,
        alt="Interruptions a minute by group and by the side that interrupts",
        height=max(canvas.HEIGHT, 80 + 34 * len(labels)),
        barmode="group",
        showlegend=True,
        xaxis=canvas.axis("a minute", rangemode="tozero", nticks=6),
        yaxis=canvas.row_axis(labels),
    )
    return Chart(figure, tuple(marks))


# --- stretches --------------------------------------------------------------------------------


def stretches(
    bins: pd.DataFrame, *, what: str, unit: str, side: str | None = None, flag: float | None = None
) -> Chart:
    """Conversations by the longest stretch of something: silence, or one side's monologue.

    Stretches of `flag` or more are drawn in the colour of what is bad.
    """
    if not bins["n"].sum():
        return Chart(canvas.blank(f"{what} could not be measured in any of these conversations."))
    spans = [_span(low, high, unit) for low, high in zip(bins["low"], bins["high"], strict=True)]
    plain = SIDES[side] if side else QUIET
    colours = [BAD if flag is not None and low >= flag else plain for low in bins["low"]]
    marks = [
        Mark(f"{what} {span}", int(n), filters)
        for span, n, filters in zip(spans, bins["n"], bins["filters"], strict=True)
    ]
    bars = {
        "type": "bar", "x": spans, "y": bins["n"].tolist(),
        "marker": {"color": colours, "line": {"width": 0}}, "customdata": numbered(marks),
        "hovertemplate": f"{what} %{{x}}<br><b>%{{y}}</b> of {int(bins['of'].iloc[0]):,} "
        "conversations<extra></extra>",
    }  # fmt: skip
    at = int(bins["n"].to_numpy().argmax())
    figure = canvas.figure(
        [bars],
        alt=f"{what} in {int(bins['n'].sum())} conversations, most often {spans[at]}",
        xaxis=canvas.axis(
            "" if unit == "s" else unit, showgrid=False, type="category", tickfont={"size": 11}
        ),
        yaxis=canvas.axis("conversations", rangemode="tozero", nticks=5),
    )
    return Chart(figure, tuple(marks))


def _span(low: float, high: float, unit: str) -> str:
    short = "s" if unit == "s" else ""
    return f"{low:g}{short}+" if high == float("inf") else f"{low:g}-{high:g}{short}"
