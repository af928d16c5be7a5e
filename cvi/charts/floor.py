"""Who holds the floor along the call: in all conversations, and by group."""

from __future__ import annotations

import pandas as pd

from cvi.charts import canvas
from cvi.charts.chart import Chart, Mark, numbered
from cvi.charts.palette import ASSISTANT, BETWEEN, USER
from cvi.charts.squares import mixed, squares
from cvi.charts.turn_taking import SIDES

_UNKNOWN = "Who speaks when is not known: that needs start and end times of speech."


def floor(table: pd.DataFrame) -> Chart:
    """Who holds the floor along the call: share of the conversations, by tenth and side."""
    if not table["of"].sum():
        return Chart(canvas.blank(_UNKNOWN))
    marks: list[Mark] = []
    traces = []
    for side in ("assistant", "balanced", "user"):
        mine = table[table["side"] == side]
        spans = [f"{10 * part}-{10 * part + 10}" for part in mine["part"]]
        named = side if side == "balanced" else f"{side} dominates"
        own = [
            Mark(f"{named}, {span} % of the way", int(n), filters, (("share", f"{share:.0%}"),))
            for span, n, share, filters in zip(
                spans, mine["n"], mine["share"].fillna(0), mine["filters"], strict=True
            )
        ]
        traces.append(
            {"type": "bar", "name": named, "x": spans, "y": canvas.values(100 * mine["share"]),
             "marker": {"color": SIDES[side], "line": {"width": 0}},
             "customdata": numbered(own, mine["n"].tolist(), mine["of"].tolist(),
                                    first=len(marks)),
             "hovertemplate": f"%{{x}} % of the way<br>{named} in <b>%{{y:.0f}} %</b>: "
             "%{customdata[1]:,} of %{customdata[2]:,}<extra></extra>"}
        )  # fmt: skip
        marks += own
    figure = canvas.figure(
        traces,
        alt="Who holds the floor in each tenth of the call, as a share of the conversations",
        barmode="stack",
        bargap=0.08,
        showlegend=True,
        xaxis=canvas.axis("% of the way", showgrid=False, type="category", tickangle=0),
        yaxis=canvas.axis(range=[0, 100], ticksuffix=" %", nticks=5),
    )
    return Chart(figure, tuple(marks))


def floor_map(table: pd.DataFrame) -> Chart:
    """A square per group and tenth of the call, in the colour of the side that speaks more there.

    `table` has group, part, median (the user's share of speech), n, filters.
    """
    where = [f"{10 * part}-{10 * part + 10} % of the way" for part in table["part"]]
    return squares(
        table.assign(place=table["part"], where=where),
        alt="The user's share of speech by group and tenth of the call",
        blank=_UNKNOWN,
        colour=lambda share: mixed(share, ASSISTANT, BETWEEN, USER),
        said=lambda share: f"users speak {share:.0%}",
        tickvals=[0, 5, 10],
        ticktext=["start", "half", "end"],
    )
