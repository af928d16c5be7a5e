"""Who holds the floor along the call: in all conversations, and by group."""

from __future__ import annotations

import pandas as pd

from cvi.charts import canvas
from cvi.charts.chart import Chart, Mark, numbered
from cvi.charts.palette import ASSISTANT, BETWEEN, USER
from cvi.charts.turn_taking import SIDES

_UNKNOWN = "Who speaks when is not known: that needs start and end times of speech."
_PARTS = 10


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

    `table` has group, part, median (the user's share of speech), n, filters. The squares are bars,
    because those can be selected.
    """
    if not table["n"].sum():
        return Chart(canvas.blank(_UNKNOWN))
    known = table[table["n"] > 0]
    sizes = known.groupby("group")["n"].max().sort_values(ascending=False)
    labels = dict(zip(sizes.index, canvas.rows(sizes.index, sizes), strict=True))
    marks = [
        Mark(
            f"{group}, {10 * part}-{10 * part + 10} % of the way", int(n), filters,
            (("user's share", f"{share:.0%}"),),
        )
        for group, part, n, share, filters in zip(
            known["group"], known["part"], known["n"], known["median"], known["filters"],
            strict=True,
        )
    ]  # fmt: skip
    squares = {
        "type": "bar", "orientation": "h", "base": known["part"].tolist(), "x": [1] * len(known),
        "y": [labels[name] for name in known["group"]], "width": 0.94,
        "marker": {"color": [mixed(share) for share in known["median"]], "line": {"width": 0}},
        "customdata": numbered(marks, [canvas.label(mark.label) for mark in marks],
                               canvas.values(100 * known["median"]), known["n"].tolist()),
        "hovertemplate": "%{customdata[1]}<br>users speak <b>%{customdata[2]:.0f} %</b> of the "
        "time<br>%{customdata[3]} conversations<extra></extra>",
    }  # fmt: skip
    figure = canvas.figure(
        [squares],
        alt="The user's share of speech by group and tenth of the call",
        height=max(canvas.HEIGHT, 60 + 34 * len(labels)),
        barmode="overlay",
        xaxis=canvas.axis(
            range=[0, _PARTS],
            showgrid=False,
            tickvals=[0, 5, 10],
            ticktext=["start", "half", "end"],
        ),
        yaxis=canvas.row_axis(list(labels.values())),
    )
    return Chart(figure, tuple(marks))


def mixed(share: float) -> str:
    """The assistant's colour at 0, the user's at 1, grey between."""
    ends = (ASSISTANT, BETWEEN) if share < 0.5 else (BETWEEN, USER)
    part = 2 * share if share < 0.5 else 2 * share - 1
    low, high = ([int(end[at : at + 2], 16) for at in (1, 3, 5)] for end in ends)
    return "#" + "".join(f"{round(a + part * (b - a)):02X}" for a, b in zip(low, high, strict=True))
