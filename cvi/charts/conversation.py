"""One conversation over time: who spoke when, overlaps, silences, tools, and the user's mood.

The twin on paper of what the page draws in the browser, from the same `lanes`. It never shows more
than is known: without times it is a strip of turns in their order, not a timeline.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from cvi.charts.axes import LANES, NAMES, last_second, order_axes, time_axes, words
from cvi.charts.lanes import Lanes, lanes
from cvi.charts.palette import ASSISTANT, BAD, QUIET, SENTIMENT, USER
from cvi.charts.spans import Span, clock

UNSURE = 0.5  # below this confidence a sentiment label is drawn hollow
_COLOURS = {"user": USER, "assistant": ASSISTANT}
_SNIPPET = 56


def timeline(
    turns: pd.DataFrame,
    speaking: pd.DataFrame,
    tools: pd.DataFrame,
    signals: pd.DataFrame,
) -> go.Figure:
    """The figure over the full width. `customdata` of what can be clicked is the turn's idx."""
    drawn = lanes(turns, speaking)
    kind = drawn.basis
    moods = _moods(turns, timed=kind != "order")
    if kind == "order":
        return _figure([*_strip(turns), *moods], order_axes(turns, bool(moods)), kind)
    marks = [*_marks(tools, "name", "Tool call", "diamond"), *_signals(signals)]
    if kind == "starts":
        traces = _ticks(turns)
        bands: list[dict[str, Any]] = []
    else:
        traces, bands = _lanes(drawn.spans), _bands(drawn)
    last = last_second(turns, speaking, tools, signals)
    axes = time_axes(last, bool(marks), bool(moods))
    return _figure([*traces, *marks, *moods], axes, kind, bands)


# --- traces --------------------------------------------------------------------------------------


def _lanes(spans: pd.DataFrame) -> list[dict[str, Any]]:
    traces: list[dict[str, Any]] = []
    for role, lane in LANES.items():
        mine = spans[spans["role"] == role]
        length = mine["end"] - mine["start"]
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": NAMES[role],
                "base": (mine["start"] * 1000).round().tolist(),
                "x": (length * 1000).round().clip(lower=1).tolist(),
                "y": [lane] * len(mine),
                "width": 0.72,
                "marker": {"color": _COLOURS[role], "line": {"width": 0}},
                "customdata": mine["idx"].tolist(),
                "hovertext": [
                    _hover(begin, text, seconds)
                    for begin, text, seconds in zip(
                        mine["start"], mine["text"], length, strict=True
                    )
                ],
                "hovertemplate": "%{hovertext}<extra></extra>",
            }
        )
    return traces


def _ticks(turns: pd.DataFrame) -> list[dict[str, Any]]:
    traces: list[dict[str, Any]] = []
    known = turns[turns["offset_s"].notna()]
    for role, lane in LANES.items():
        mine = known[known["role"] == role]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": NAMES[role],
                "x": (mine["offset_s"] * 1000).round().tolist(),
                "y": [lane] * len(mine),
                "marker": {
                    "symbol": "line-ns",
                    "size": 20,
                    "line": {"width": 2, "color": _COLOURS[role]},
                    "color": _COLOURS[role],
                },
                "customdata": mine["idx"].astype("int64").tolist(),
                "hovertext": [
                    _hover(begin, text)
                    for begin, text in zip(mine["offset_s"], mine["text"], strict=True)
                ],
                "hovertemplate": "%{hovertext}<extra></extra>",
            }
        )
    return traces


def _strip(turns: pd.DataFrame) -> list[dict[str, Any]]:
    """Words per turn in the order of turns: the user upwards, the assistant downwards."""
    traces: list[dict[str, Any]] = []
    counts = words(turns)
    for role, sign in (("user", 1), ("assistant", -1)):
        chosen = turns["role"] == role
        mine, count = turns[chosen], counts[chosen]
        idx = mine["idx"].astype("int64").tolist()
        traces.append(
            {
                "type": "bar",
                "name": NAMES[role],
                "x": idx,
                "y": (count * sign).tolist(),
                "marker": {"color": _COLOURS[role], "line": {"width": 0}},
                "customdata": idx,
                "hovertext": [
                    f"#{at}, {number} words<br>{_snippet(text)}"
                    for at, number, text in zip(idx, count.tolist(), mine["text"], strict=True)
                ],
                "hovertemplate": "%{hovertext}<extra></extra>",
            }
        )
    return traces


def _moods(turns: pd.DataFrame, *, timed: bool) -> list[dict[str, Any]]:
    """The user's sentiment turn by turn; labels below UNSURE are hollow."""
    if "sentiment_score" not in turns:
        return []
    mine = turns[(turns["role"] == "user") & turns["sentiment_score"].notna()]
    mine = mine[mine["offset_s"].notna()] if timed else mine
    if mine.empty:
        return []
    idx = mine["idx"].astype("int64").tolist()
    sure = mine["sentiment_confidence"].fillna(0.0)
    labels = mine["sentiment_label"].fillna("neutral").tolist()
    return [
        {
            "type": "scatter",
            "mode": "lines+markers" if len(mine) > 1 else "markers",
            "name": "User sentiment",
            "x": (mine["offset_s"] * 1000).round().tolist() if timed else idx,
            "y": mine["sentiment_score"].round(3).tolist(),
            "yaxis": "y2",
            "line": {"color": QUIET, "width": 1.2},
            "marker": {
                "size": 7 if len(mine) < 150 else 4,
                "color": [SENTIMENT.get(label, QUIET) for label in labels],
                "symbol": ["circle" if value >= UNSURE else "circle-open" for value in sure],
            },
            "customdata": idx,
            "hovertext": [
                f"#{at}: {label} {score:+.2f}"
                f"{'' if value >= UNSURE else ', unsure'}<br>{_snippet(text)}"
                for at, label, score, value, text in zip(
                    idx, labels, mine["sentiment_score"], sure, mine["text"], strict=True
                )
            ],
            "hovertemplate": "%{hovertext}<extra></extra>",
        }
    ]


def _marks(table: pd.DataFrame, name: str, what: str, symbol: str) -> list[dict[str, Any]]:
    known = table[table["offset_s"].notna()] if len(table) else table
    if known.empty:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": what,
            "x": (known["offset_s"] * 1000).round().tolist(),
            "y": [-0.85] * len(known),
            "marker": {"symbol": symbol, "size": 10, "color": "#7478D0"},
            "hovertext": [
                f"{what} at {clock(at)}<br>{_snippet(text)}"
                for at, text in zip(known["offset_s"], known[name], strict=True)
            ],
            "hovertemplate": "%{hovertext}<extra></extra>",
        }
    ]


def _signals(signals: pd.DataFrame) -> list[dict[str, Any]]:
    said = signals["kind"].str.cat(signals["name"].fillna(""), sep=" ") if len(signals) else None
    return _marks(signals.assign(name=said), "name", "Signal", "triangle-up")


def _bands(drawn: Lanes) -> list[dict[str, Any]]:
    """Silences behind both lanes, overlaps between them."""
    bands: list[dict[str, Any]] = []
    if drawn.silences:
        bands.append(_band(drawn.silences, 0.5, 1.9, QUIET, 0.22, "Silence"))
    if drawn.overlaps:
        bands.append(_band(drawn.overlaps, 0.5, 0.24, BAD, 0.95, "Overlap"))
    return bands


def _band(
    spans: Sequence[Span], lane: float, width: float, colour: str, opacity: float, name: str
) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "base": [round(start * 1000) for start, _ in spans],
        "x": [round((end - start) * 1000) for start, end in spans],
        "y": [lane] * len(spans),
        "width": width,
        "opacity": opacity,
        # An overlap is often shorter than a pixel; its outline keeps it visible.
        "marker": {"color": colour, "line": {"width": int(width < 1), "color": colour}},
        "hovertext": [f"{name} at {clock(start)}, {end - start:.1f} s" for start, end in spans],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


# --- words and layout ----------------------------------------------------------------------------


def _snippet(text: object) -> str:
    """The begin of a text, safe in a hover label (which reads a few HTML tags)."""
    said = " ".join(str(text).split()) if isinstance(text, str) else ""
    short = said if len(said) <= _SNIPPET else said[: _SNIPPET - 1] + "…"
    return html.escape(short)


def _hover(begin: float, text: object, seconds: float | None = None) -> str:
    length = "" if seconds is None else f", {seconds:.1f} s"
    said = _snippet(text)
    return f"{clock(begin)}{length}" + (f"<br>{said}" if said else "")


def _figure(
    traces: list[dict[str, Any]],
    axes: Mapping[str, Any],
    kind: str,
    bands: Sequence[Mapping[str, Any]] = (),
) -> go.Figure:
    quiet = {"fixedrange": True, "showgrid": False, "zeroline": False}
    layout = {name: {**(quiet if name != "xaxis" else {}), **axis} for name, axis in axes.items()}
    # A click selects one point; that must not fade the others.
    seen = [{**trace, "unselected": {"marker": {"opacity": 1}}} for trace in [*bands, *traces]]
    return go.Figure(
        {
            "data": seen,
            "layout": {
                **layout,
                "barmode": "overlay" if kind != "order" else "relative",
                "bargap": 0.05,
                "height": 270 if "yaxis2" in axes else 180,
                "margin": {"l": 8, "r": 8, "t": 28, "b": 8},
                "hovermode": "closest",
                "showlegend": True,
                "legend": {
                    "orientation": "h",
                    "x": 1,
                    "xanchor": "right",
                    "y": 1.02,
                    "yanchor": "bottom",
                },
            },
        },
        skip_invalid=False,
    )
