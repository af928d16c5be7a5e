"""Figures of the topics page: how often a topic comes up, how it goes, and with which others."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cvi.charts import canvas
from cvi.charts.chart import Chart, Mark, numbered
from cvi.charts.palette import BAD, BETWEEN, GOOD, QUIET, SERIES
from cvi.charts.squares import mixed, squares
from cvi.selection.filters import Filters, Range

TOPIC = SERIES[7]
MOST = 15  # topics in one figure
SURE = 0.05  # above it a difference may be chance, and is drawn grey


def shares(ranked: pd.DataFrame, tokens: Sequence[str]) -> Chart:
    """How many conversations are about each topic, in the order given; `tokens` are the topics as
    the filter writes them. The rows at the end that are no topic are grey."""
    if ranked.empty:
        return Chart(canvas.blank("No topic was found in these conversations."))
    marks = [
        Mark(str(name), int(n), Filters(topics=((token,),)), (("share", f"{share:.0%}"),))
        for name, n, share, token in zip(
            ranked["topic"], ranked["n"], ranked["share"], tokens, strict=True
        )
    ]
    labels = [canvas.label(name) for name in ranked["topic"]]
    bars = {
        "type": "bar", "orientation": "h", "y": labels, "x": canvas.values(100 * ranked["share"]),
        "width": 0.7, "text": [f"{n:,}" for n in ranked["n"]], "textposition": "outside",
        "cliponaxis": False,
        "marker": {"color": [QUIET if no else TOPIC for no in ranked["rest"]],
                   "line": {"width": 0}},
        "customdata": numbered(marks, ranked["n"].tolist()),
        "hovertemplate": "<b>%{y}</b><br>%{customdata[1]:,} conversations, %{x:.0f} %"
        "<extra></extra>",
    }  # fmt: skip
    figure = canvas.figure(
        [bars],
        alt=f"Share of the conversations by topic, most often {ranked['topic'].iloc[0]}",
        height=max(canvas.HEIGHT, 60 + 26 * len(labels)),
        xaxis=canvas.axis(ticksuffix=" %", nticks=5, range=[0, 115 * float(ranked["share"].max())]),
        yaxis=canvas.row_axis(labels),
    )
    return Chart(figure, tuple(marks))


def against_the_rest(
    ranked: pd.DataFrame,
    tokens: Sequence[str],
    metric: str,
    *,
    column: str,
    what: str,
    form: str,
) -> Chart:
    """Difference of each topic's median from that of all other conversations: green or red where it
    is more than chance makes likely, else grey. `column` begins the columns of the ranked table."""
    table = ranked.assign(token=list(tokens), versus=ranked[f"{column}_vs_rest"])
    table = table.dropna(subset=["versus"]).sort_values("versus", ascending=False, kind="stable")
    if table.empty:
        return Chart(
            canvas.blank(f"{what} could not be compared: it takes 5 conversations on each side.")
        )
    sure = table[f"{column}_q"] <= SURE
    colours = [
        QUIET if not certain else GOOD if versus > 0 else BAD
        for certain, versus in zip(sure, table["versus"], strict=True)
    ]
    marks = [
        Mark(
            str(name), int(n), Filters(topics=((token,),), ranges=(Range(metric),)),
            (("median", f"{middle:{form.replace('+', '')}}"), ("against the rest", f"{by:{form}}")),
        )
        for name, n, token, middle, by in zip(
            table["topic"], table[f"{column}_n"], table["token"], table[column], table["versus"],
            strict=True,
        )
    ]  # fmt: skip
    labels = canvas.rows(table["topic"].tolist(), table[f"{column}_n"])
    bars = {
        "type": "bar", "orientation": "h", "y": labels, "x": canvas.values(table["versus"]),
        "width": 0.7, "marker": {"color": colours, "line": {"width": 0}},
        "customdata": numbered(marks, [canvas.label(name) for name in table["topic"]],
                               canvas.values(table[column]),
                               ["more than chance" if x else "may be chance" for x in sure]),
        "hovertemplate": f"<b>%{{customdata[1]}}</b><br>median {what.lower()} "
        f"%{{customdata[2]:{form.replace('+', '')}}}<br><b>%{{x:{form}}}</b> against the rest "
        "(%{customdata[3]})<extra></extra>",
    }  # fmt: skip
    worst = table.iloc[-1]
    figure = canvas.figure(
        [bars],
        alt=f"{what} of each topic against all other conversations, lowest {worst['topic']} "
        f"({worst['versus']:{form}})",
        height=max(canvas.HEIGHT, 60 + 26 * len(labels)),
        xaxis=canvas.axis(tickformat="+.2~f", nticks=6, zeroline=True),
        yaxis=canvas.row_axis(labels),
    )
    return Chart(figure, tuple(marks))


def together(table: pd.DataFrame) -> Chart:
    """Which topics share conversations: a square per pair, the darker the more its number exceeds
    what chance would bring; pairs too rare to tell are left out."""
    order = list(dict.fromkeys(table["topic"]))
    known = table[table["lift"].notna() & (table["n"] > 0)]
    places = {name: at for at, name in enumerate(order)}
    return squares(
        known.assign(
            group=known["topic"],
            place=[places[name] for name in known["other"]],
            where="with " + known["other"].astype("str"),
        ),
        alt="Topics that come up in the same conversations, and how many times as often as by "
        "chance",
        blank="Too few conversations have two topics to say which go together.",
        colour=lambda lift: mixed(lift / 2, BAD, BETWEEN, TOPIC),
        said=lambda lift: f"{lift:.1f} × chance",
        value="lift",
        tickvals=[places[name] + 0.5 for name in order],
        ticktext=[canvas.label(name) for name in order],
        tickangle=-40,
    )


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
