"""Figures of the quality page: distribution, parts, what costs points, and what goes with it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from cvi.charts import canvas, shapes
from cvi.charts.chart import Chart, Mark, numbered
from cvi.charts.palette import BAD, BANDS, BETWEEN, GOOD, SERIES
from cvi.charts.squares import mixed, squares
from cvi.selection.filters import Filters, Range

QUALITY = SERIES[2]
COSTLY = 1.0  # points from which an item is said to cost a conversation something
_RED, _GREEN = 40.0, 90.0  # scores at which the colours of the map end
PARTS = {
    "satisfaction": SERIES[2],
    "engagement": SERIES[7],
    "depth": SERIES[3],
    "balance": SERIES[4],
}


def distribution(bins: pd.DataFrame) -> Chart:
    """Conversations by score, coloured by band."""
    bands = ["high" if low >= 70 else "medium" if low >= 40 else "low" for low in bins["low"]]
    colours = [BANDS[band] for band in bands]
    return shapes.histogram(
        bins, "quality", colours, what="Quality", title="quality, points of 100"
    )


def parts(table: pd.DataFrame) -> Chart:
    """The four parts (index, with their weight in `weight`): median and middle half."""
    pairs = list(zip(table.index, table["weight"], strict=True))
    named = table.set_axis([f"{name} ({weight:.0%})" for name, weight in pairs])
    groups = {
        f"{name} ({weight:.0%})": Filters(ranges=(Range(f"quality_{name}"),))
        for name, weight in pairs
    }
    return shapes.dots(
        named, None, what="Part of the score", colour=QUALITY, groups=groups,
        range=[-2, 102], nticks=6,
    )  # fmt: skip


def costs(table: pd.DataFrame, *, most: int = 10) -> Chart:
    """Points lost by item, costliest at the top. A bar leads to those that lost a point to it."""
    if table.empty:
        return Chart(canvas.blank("Without a score there is nothing that costs points."))
    shown = table[table["mean"] >= 0.05].head(most)
    if shown.empty:
        return Chart(canvas.blank("No item cost any points: these scores are full."))
    order = [canvas.folded(item) for item in shown["item"]]
    marks: list[Mark] = []
    bars = []
    for part, colour in PARTS.items():
        mine = (shown["part"] == part).to_numpy()
        if not mine.any():
            continue
        rows = shown[mine]
        own = [
            Mark(
                f"{item}: a point or more", int(costly), Filters(ranges=(Range(metric, COSTLY),)),
                (("on average", f"{mean:.1f} points"), ("sets apart", f"{decisive:.0%}")),
            )
            for item, costly, metric, mean, decisive in zip(
                rows["item"], rows["costly"], rows["metric"], rows["mean"], rows["decisive"],
                strict=True,
            )
        ]  # fmt: skip
        bars.append(
            {
                "type": "bar", "orientation": "h", "name": part, "x": rows["mean"].tolist(),
                "y": [name for name, keep in zip(order, mine, strict=True) if keep],
                "marker": {"color": colour, "line": {"width": 0}}, "width": 0.68,
                "customdata": numbered(
                    own, rows["item"].tolist(), rows["p90"].tolist(), rows["decisive"].tolist(),
                    rows["n"].tolist(), rows["costly"].tolist(), first=len(marks),
                ),
                "text": [f"{value:.1f}" for value in rows["mean"]], "textposition": "outside",
                "cliponaxis": False,
                "hovertemplate": "<b>%{customdata[1]}</b><br>costs %{x:.1f} points on average"
                "<br>%{customdata[2]:.1f} or more in the worst tenth<br>a point or more in "
                "%{customdata[5]} of %{customdata[4]} conversations<br>what sets the score apart "
                "in %{customdata[3]:.0%} of them<extra></extra>",
            }
        )  # fmt: skip
        marks += own
    first = shown.iloc[0]
    figure = canvas.figure(
        bars,
        alt=f"What costs points: most {first['item']}, {first['mean']:.1f} points on average",
        height=max(canvas.HEIGHT, 74 + 32 * len(shown)),
        showlegend=True,
        barmode="overlay",
        xaxis=canvas.axis(
            "points lost on average", range=[0, 1.15 * float(shown["mean"].max())], nticks=6
        ),
        yaxis=canvas.row_axis(order),
    )
    return Chart(figure, tuple(marks))


def by_group(table: pd.DataFrame, groups: Mapping[str, Filters]) -> Chart:
    """Quality by persona."""
    return shapes.dots(table, "quality", what="Quality", colour=QUALITY, groups=groups, nticks=6)


def by_week(table: pd.DataFrame) -> Chart:
    """Quality by week."""
    return shapes.weekly_band(table, "quality", what="Quality", colour=QUALITY, nticks=5)


def by_group_and_week(table: pd.DataFrame, step: str) -> Chart:
    """A square per persona and week, red to green with its median score."""
    dated = [canvas.week_label(week) for week in table["week"]]
    weeks = table.drop_duplicates("place").sort_values("place")
    every = max(1, -(-int(table["place"].max() + 1) // 6)) if len(table) else 1
    shown = weeks[weeks["place"] % every == 0]
    return squares(
        table.assign(where=dated),
        alt=f"Median quality by group and {step}",
        blank="None of these conversations has both a date and a score.",
        colour=lambda score: mixed((score - _RED) / (_GREEN - _RED), BAD, BETWEEN, GOOD),
        said=lambda score: f"quality {score:.0f}",
        tickvals=[place + 0.5 for place in shown["place"]],
        ticktext=[f"{week.day} {week:%b}" for week in shown["week"]],
    )


def against(
    rows: pd.DataFrame, column: str, *, title: str, unit: str = "", scale: float = 1.0
) -> Chart:
    """Quality over another metric, a dot a conversation, which it leads to."""
    if rows.empty:
        return Chart(
            canvas.blank(f"{title} and quality were not both measurable in any conversation.")
        )
    called = rows["title"].where(rows["title"].notna(), rows["conversation_id"])
    x = (scale * rows[column].astype("float64")).tolist()
    y = rows["quality"].astype("float64").tolist()
    marks = [
        Mark(
            str(text), 1, values=((title, f"{across:.2f}{unit}"), ("quality", f"{up:.0f}")),
            conversation_id=name,
        )
        for name, text, across, up in zip(rows["conversation_id"], called, x, y, strict=True)
    ]  # fmt: skip
    dots = {
        "type": "scattergl" if len(rows) > 800 else "scatter", "mode": "markers", "x": x, "y": y,
        "marker": {"color": canvas.faded(SERIES[7], 0.6), "size": 7, "line": {"width": 0}},
        "customdata": numbered(marks, [canvas.label(text) for text in called]),
        "hovertemplate": f"%{{customdata[1]}}<br>{title} %{{x:.2~f}}{unit}"
        "<br>quality <b>%{y:.0f}</b><extra></extra>",
    }  # fmt: skip
    figure = canvas.figure(
        [dots],
        alt=f"Quality against {title.lower()} of {len(rows)} conversations",
        height=canvas.HEIGHT + 110,
        xaxis=canvas.axis(title, ticksuffix=unit, nticks=7),
        yaxis=canvas.axis("quality", nticks=6),
    )
    return Chart(figure, tuple(marks))
