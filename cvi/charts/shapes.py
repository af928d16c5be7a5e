"""Shapes several pages draw: a band over weeks, dots with their spread by group, a histogram."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cvi.charts import canvas
from cvi.charts.chart import Chart, Mark, numbered
from cvi.charts.palette import QUIET
from cvi.selection.filters import Filters, Range

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
    metric: str,
    *,
    what: str,
    colour: str,
    unit: str = "",
    form: str = ".0f",
    upper: tuple[str, pd.DataFrame] | None = None,
    **yaxis: Any,  # noqa: ANN401
) -> Chart:
    """Median by week as a line over the middle half as a band; `upper` names another metric (p95)
    and its table, whose median becomes a dotted line. Index of the tables: week."""
    if table.empty:
        return Chart(canvas.blank(_NO_DATE))
    if not table["n"].sum():
        return Chart(canvas.blank(_NONE.format(what=what)))
    weeks = pd.DatetimeIndex(table.index)
    x = canvas.texts(weeks)
    middle, low, high = (canvas.values(table[name]) for name in ("median", "p25", "p75"))
    hover = [f"{n} of {of} measurable" for n, of in zip(table["n"], table["of"], strict=True)]
    step = "Week of %{x|%-d %b %Y}"
    edge = {"type": "scatter", "mode": "lines", "x": x, "hoverinfo": "skip", "connectgaps": True}
    marks = weekly_marks(table, metric, form=form, unit=unit)
    main: dict[str, Any] = {
        "type": "scatter", "mode": "lines+markers", "x": x, "y": middle, "name": "median",
        "line": {"color": colour, "width": 2.5}, "marker": {"color": colour, "size": 7,
                   "symbol": ["circle-open" if n < FEW else "circle" for n in table["n"]]},
        "connectgaps": True, "customdata": numbered(marks, low, high, hover),
        "hovertemplate": f"{step}<br>median <b>%{{y:{form}}}{unit}</b><br>half of them "
        f"%{{customdata[1]:{form}}} to %{{customdata[2]:{form}}}{unit}"
        "<br>%{customdata[3]}<extra></extra>",
    }  # fmt: skip
    traces: list[dict[str, Any]] = [
        {**edge, "y": low, "line": {"width": 0}, "showlegend": False},
        {**edge, "y": high, "line": {"width": 0}, "fill": "tonexty", "name": "middle half",
         "fillcolor": canvas.faded(colour, 0.18)},
        main,
    ]  # fmt: skip
    if upper is not None and upper[1]["n"].sum():
        more = weekly_marks(upper[1], upper[0], form=form, unit=unit, told="p95, median")
        traces.append(
            {**edge, "y": canvas.values(upper[1]["median"]), "name": "p95", "hoverinfo": None,
             "mode": "lines+markers", "marker": {"color": colour, "size": 4},
             "line": {"color": colour, "width": 1.5, "dash": "dot"},
             "customdata": numbered(more, first=len(marks)),
             "hovertemplate": f"{step}<br>p95 <b>%{{y:{form}}}{unit}</b><extra></extra>"}
        )  # fmt: skip
        marks += more
    figure = canvas.figure(
        traces,
        alt=_told(table, what, form, unit),
        showlegend=upper is not None,
        xaxis=canvas.week_axis(weeks),
        yaxis=canvas.axis(ticksuffix=unit, **yaxis),
    )
    return Chart(figure, tuple(marks))


def weekly_marks(
    table: pd.DataFrame, metric: str, *, form: str, unit: str, told: str = "median"
) -> list[Mark]:
    """A mark per week: its conversations in which the metric could be measured."""
    weeks = pd.DatetimeIndex(table.index)
    periods = canvas.periods(weeks)
    found = zip(
        weeks, periods, table["n"], table["median"], table["p25"], table["p75"], strict=True
    )
    return [
        Mark(
            canvas.week_label(week), int(n), period.both(Filters(ranges=(Range(metric),))),
            spread_words(median, low, high, form=form, unit=unit, told=told),
        )
        for week, period, n, median, low, high in found
    ]  # fmt: skip


def spread_words(
    median: float, low: float, high: float, *, form: str, unit: str, told: str = "median"
) -> tuple[tuple[str, str], ...]:
    """Median and middle half of a mark, in words; nothing where there is no value."""
    if pd.isna(median):
        return ()
    half = f"{low:{form}} to {high:{form}}{unit}"
    return ((told, f"{median:{form}}{unit}"), ("middle half", half))


def dots(
    table: pd.DataFrame,
    metric: str | None,
    *,
    what: str,
    colour: str,
    groups: Mapping[str, Filters] | None = None,
    unit: str = "",
    form: str = ".0f",
    zero: bool = False,
    **xaxis: Any,  # noqa: ANN401
) -> Chart:
    """By group (the index), sorted as given from the top: median as a dot, the middle half as a
    bar, n beside the name. Groups without a value are named, with an n of 0.

    `groups` says which conversations a group is, and a dot leads to those of them in which the
    metric was measured; without a metric, to the whole group.
    """
    if table.empty or not table["n"].sum():
        return Chart(canvas.blank(_NONE.format(what=what)))
    rows = canvas.rows(table.index, table["n"])
    span_x: list[float | None] = []
    span_y: list[str] = []
    for row, low, high in zip(rows, table["p25"], table["p75"], strict=True):
        span_x += [*canvas.values(pd.Series([low, high])), None]
        span_y += [row, row, row]
    marks = _group_marks(table, metric, groups or {}, form=form, unit=unit)
    traces: list[dict[str, Any]] = [
        {"type": "scatter", "mode": "lines", "x": span_x, "y": span_y, "hoverinfo": "skip",
         "line": {"color": canvas.faded(colour, 0.35), "width": 8}, "name": "middle half"},
        {"type": "scatter", "mode": "markers", "x": canvas.values(table["median"]), "y": rows,
         "name": "median", "marker": {"color": colour, "size": 11},
         "customdata": numbered(
             marks, [canvas.label(name) for name in table.index], canvas.values(table["p25"]),
             canvas.values(table["p75"]),
             [f"{n} of {of} measurable" for n, of in zip(table["n"], table["of"], strict=True)]),
         "hovertemplate": f"<b>%{{customdata[1]}}</b><br>median <b>%{{x:{form}}}{unit}</b><br>half "
         f"of them %{{customdata[2]:{form}}} to %{{customdata[3]:{form}}}{unit}"
         "<br>%{customdata[4]}<extra></extra>"},
    ]  # fmt: skip
    first = table["median"].dropna()
    figure = canvas.figure(
        traces,
        alt=f"{what} by group, highest {first.index[0]} ({first.iloc[0]:{form}}{unit})",
        height=max(canvas.HEIGHT, 50 + 30 * len(rows)),
        xaxis=canvas.axis(ticksuffix=unit, **xaxis),
        yaxis=canvas.row_axis(rows),
        shapes=[_line_at_zero()] if zero else [],
    )
    return Chart(figure, tuple(marks))


def _group_marks(
    table: pd.DataFrame, metric: str | None, groups: Mapping[str, Filters], *, form: str, unit: str
) -> list[Mark]:
    measured = Filters(ranges=(Range(metric),) if metric else ())
    found = zip(table.index, table["n"], table["median"], table["p25"], table["p75"], strict=True)
    return [
        Mark(
            str(name), int(n),
            groups.get(str(name), Filters()).both(measured),
            spread_words(median, low, high, form=form, unit=unit),
        )
        for name, n, median, low, high in found
    ]  # fmt: skip


def _line_at_zero() -> dict[str, Any]:
    return {
        "type": "line", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1, "layer": "below",
        "line": {"color": QUIET, "width": 1, "dash": "dot"},
    }  # fmt: skip


def histogram(
    bins: pd.DataFrame,
    metric: str,
    colours: list[str],
    *,
    what: str,
    title: str,
    form: str = ".0f",
    unit: str = "",
    scale: float = 1.0,
) -> Chart:
    """Conversations per bin (low, high, n), each bar with its colour; the last bin holds its upper
    edge. `scale` turns the metric's values into what the axis shows (100 for a share)."""
    total = int(bins["n"].sum())
    if not total:
        return Chart(canvas.blank(_NONE.format(what=what)))
    low, high = scale * bins["low"], scale * bins["high"]
    marks = [
        Mark(
            f"{what} {scale * begin:{form}} to {scale * end:{form}}{unit}", int(n),
            Filters(ranges=(Range(metric, float(begin), float(end), closed=at == len(bins) - 1),)),
        )
        for at, (begin, end, n) in enumerate(
            zip(bins["low"], bins["high"], bins["n"], strict=True)
        )
    ]  # fmt: skip
    bars = {
        "type": "bar", "x": ((low + high) / 2).tolist(), "y": bins["n"].tolist(),
        "width": (0.92 * (high - low)).tolist(),
        "marker": {"color": colours, "line": {"width": 0}},
        "customdata": numbered(marks, low.tolist(), high.tolist()),
        "hovertemplate": f"{what} %{{customdata[1]:{form}}} to %{{customdata[2]:{form}}}{unit}"
        f"<br><b>%{{y}}</b> of {total} conversations<extra></extra>",
    }  # fmt: skip
    at = int(bins["n"].to_numpy().argmax())
    alt = (
        f"Distribution of {what.lower()} over {total} conversations, most often "
        f"{low.iloc[at]:{form}} to {high.iloc[at]:{form}}{unit}"
    )
    figure = canvas.figure(
        [bars],
        alt=alt,
        xaxis=canvas.axis(title, showgrid=False, tickformat=form, ticksuffix=unit),
        yaxis=canvas.axis("conversations", rangemode="tozero", nticks=5),
    )
    return Chart(figure, tuple(marks))
