"""Figures of the overview: how many conversations, how quickly answered, how good, how felt."""

from __future__ import annotations

import pandas as pd

from cvi.charts import canvas, shapes
from cvi.charts.chart import Chart, Mark, numbered
from cvi.charts.palette import ASSISTANT, OUTCOMES, QUIET, SERIES
from cvi.selection.filters import UNKNOWN, Filters

QUALITY = SERIES[2]
_MOST = 6  # outcomes with a colour of their own


def volume(table: pd.DataFrame) -> Chart:
    """Stacked bars: conversations by week (index) and outcome (columns, in stacking order)."""
    if table.empty:
        return Chart(
            canvas.blank(
                "None of these conversations has a date, so there is nothing to show over time."
            )
        )
    weeks = pd.DatetimeIndex(table.index)
    shown = table.iloc[:, :_MOST]
    of: dict[str, tuple[str, ...]] = {str(name): (str(name),) for name in shown}
    if table.shape[1] > _MOST:
        shown = shown.assign(other=table.iloc[:, _MOST:].sum(axis=1))
        of["other"] = tuple(str(name) for name in table.columns[_MOST:])
    marks: list[Mark] = []
    bars = []
    for name in map(str, shown):
        mine = _outcome_marks(shown[name], weeks, name, of[name])
        bars.append(
            {
                "type": "bar", "x": canvas.texts(weeks), "y": shown[name].tolist(),
                "name": name.replace("_", " "), "width": canvas.bar_width(weeks),
                "marker": {"color": OUTCOMES.get(name, QUIET), "line": {"width": 0}},
                "customdata": numbered(mine, first=len(marks)),
                "hovertemplate": "Week of %{x|%-d %b %Y}<br>%{fullData.name}: <b>%{y}</b>"
                "<extra></extra>",
            }
        )  # fmt: skip
        marks += mine
    total = int(table.to_numpy().sum())
    most = str(shown.columns[0])
    alt = f"{total} conversations in {len(weeks)} weeks by outcome, most of them {most}"
    figure = canvas.figure(
        bars,
        alt=alt.replace("_", " "),
        barmode="stack",
        showlegend=True,
        xaxis=canvas.week_axis(weeks),
        yaxis=canvas.axis(rangemode="tozero", nticks=5),
    )
    return Chart(figure, tuple(marks))


def _outcome_marks(
    counts: pd.Series, weeks: pd.DatetimeIndex, name: str, values: tuple[str, ...]
) -> list[Mark]:
    outcomes = Filters(outcomes=tuple(UNKNOWN if each == "unknown" else each for each in values))
    return [
        Mark(f"{name.replace('_', ' ')}, {canvas.week_label(week)}", int(n), period.both(outcomes))
        for week, period, n in zip(weeks, canvas.periods(weeks), counts, strict=True)
    ]


def response_time(
    median: tuple[str, pd.DataFrame], p95: tuple[str, pd.DataFrame], *, what: str = "Response time"
) -> Chart:
    """The conversations' median wait by week, and their p95 above it, each with its metric;
    `what` names the wait."""
    return shapes.weekly_band(
        median[1], median[0], what=what, colour=ASSISTANT, unit=" s", form=".1f", upper=p95,
        rangemode="tozero", nticks=5,
    )  # fmt: skip


def quality(table: pd.DataFrame) -> Chart:
    """Quality by week: median and middle half."""
    return shapes.weekly_band(table, "quality", what="Quality", colour=QUALITY, nticks=5)
