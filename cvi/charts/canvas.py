"""What every summary figure shares: its frame, what it says when there is nothing, its alt text.

Fonts, grid and background come from Streamlit's theme in the browser, so figures set no colours
but those of the palette. The alt text is kept in `layout.meta["alt"]`.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from cvi.charts.palette import QUIET
from cvi.selection.filters import Filters

HEIGHT = 270
LONGEST = 22  # characters of a label on an axis
_DAY_MS = 86_400_000


def figure(traces: Sequence[dict[str, Any]], *, alt: str, **layout: Any) -> go.Figure:  # noqa: ANN401
    """A figure in the common frame; `layout` adds to it."""
    legend = bool(layout.get("showlegend"))
    frame: dict[str, Any] = {
        "height": HEIGHT,
        "margin": {"l": 8, "r": 12, "t": 34 if legend else 8, "b": 8, "pad": 4},
        "showlegend": False,
        "legend": {
            "orientation": "h", "xref": "container", "yref": "container", "xanchor": "left",
            "yanchor": "top", "x": 0, "y": 1, "title": {"text": ""}, "font": {"size": 11},
            "traceorder": "normal", "itemsizing": "constant",
        },
        "dragmode": False,
        "hovermode": "closest",
        "bargap": 0.25,
        "meta": {"alt": alt},
    }  # fmt: skip
    return go.Figure({"data": list(traces), "layout": {**frame, **layout}})


def blank(reason: str, *, height: int = HEIGHT) -> go.Figure:
    """A figure that says why there is nothing to see."""
    axis = {"visible": False, "range": [0, 1]}
    note = {
        "text": "<br>".join(_wrapped(reason, width=40)), "showarrow": False, "x": 0.5, "y": 0.5,
        "xref": "paper", "yref": "paper", "font": {"color": QUIET, "size": 14},
    }  # fmt: skip
    return figure(
        [{"type": "scatter", "x": [], "y": []}],
        alt=reason, height=height, xaxis=axis, yaxis=axis, annotations=[note], showlegend=False,
    )  # fmt: skip


def alt_of(fig: go.Figure) -> str:
    """The alt text of a figure made here."""
    return str(fig.layout.meta["alt"])


def is_blank(fig: go.Figure) -> bool:
    """Is there nothing in it but a sentence?"""
    return all(not len(trace.x if trace.x is not None else ()) for trace in fig.data)


def label(text: object) -> str:
    """A name as an axis label: not too long, and never read as markup."""
    words = str(text)
    short = words if len(words) <= LONGEST else words[: LONGEST - 1].rstrip() + "…"
    return html.escape(short, quote=False)


def folded(text: str) -> str:
    """A longer name as an axis label of several short lines."""
    return "<br>".join(_wrapped(text, width=LONGEST))


def axis(title: str = "", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """An axis with room for its labels."""
    named = {"title": {"text": title, "standoff": 8}} if title else {}
    return {**named, "automargin": True, "zeroline": False, **more}


def week_axis(weeks: pd.DatetimeIndex) -> dict[str, Any]:
    """A time axis for weekly (or monthly) marks: even with one week it shows several."""
    days = (weeks[1] - weeks[0]).days if len(weeks) > 1 else 7
    half = pd.Timedelta(days=days) / 2
    room = pd.Timedelta(days=max(0, 6 - len(weeks)) * days) / 2
    start, end = weeks[0] - half - room, weeks[-1] + half + room
    every = max(1, -(-len(weeks) // 6))
    return axis(
        type="date",
        range=[_text(start), _text(end)],
        tickvals=[_text(week) for week in weeks[::every]],
        tickformat="%-d %b" if days <= 7 else "%b %Y",
        showgrid=False,
    )


def periods(weeks: pd.DatetimeIndex) -> list[Filters]:
    """The days of each week (or month) of a chart over time, as filters."""
    monthly = len(weeks) > 1 and (weeks[1] - weeks[0]).days > 7
    ends = weeks + (pd.offsets.MonthEnd(1) if monthly else pd.Timedelta(days=6))
    return [
        Filters(since=week.date(), until=end.date()) for week, end in zip(weeks, ends, strict=True)
    ]


def week_label(week: pd.Timestamp) -> str:
    """A mark over time in words."""
    return f"from {week.day} {week:%b %Y}"


def rows(names: Sequence[object] | pd.Index, counts: Sequence[int] | pd.Series) -> list[str]:
    """Names of groups as labels of rows, each with its n."""
    named = zip(names, counts, strict=True)
    return [f"{label(name)} <span style='color:{QUIET}'>{n}</span>" for name, n in named]


def row_axis(labels: Sequence[str]) -> dict[str, Any]:
    """A vertical axis of rows, the first at the top."""
    order = list(labels)[::-1]
    return axis(categoryorder="array", categoryarray=order, showgrid=False, ticklabelstandoff=6)


def bar_width(weeks: pd.DatetimeIndex) -> float:
    """The width of a bar on `week_axis`, in milliseconds."""
    days = (weeks[1] - weeks[0]).days if len(weeks) > 1 else 7
    return 0.72 * days * _DAY_MS


def texts(weeks: pd.DatetimeIndex) -> list[str]:
    """Dates as Plotly takes them."""
    return [_text(week) for week in weeks]


def values(series: pd.Series) -> list[float | None]:
    """Numbers for Plotly; missing ones leave a gap."""
    return [None if pd.isna(value) else float(value) for value in series]


def faded(colour: str, share: float) -> str:
    """A palette colour, partly transparent."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"


def _text(moment: pd.Timestamp) -> str:
    return moment.strftime("%Y-%m-%d %H:%M")


def _wrapped(text: str, *, width: int) -> list[str]:
    lines, line = [], ""
    for word in html.escape(text, quote=False).split():
        if line and len(line) + len(word) >= width:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    return [*lines, line]
