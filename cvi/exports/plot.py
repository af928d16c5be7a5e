"""A Plotly figure (or its dict) read for drawing: its axes, its panels and the marks in them."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from cvi.errors import CviError
from cvi.exports import bars, cells
from cvi.exports.chartfile import undrawable
from cvi.exports.colours import Colour, rgba
from cvi.exports.dots import Dots
from cvi.exports.look import Look
from cvi.exports.panel import Panel
from cvi.exports.pen import Page
from cvi.exports.scales import Extent, Scale, scale


class Mark(Protocol):
    """What a trace becomes."""

    trace: Mapping[str, Any]
    order: float

    def extents(self) -> dict[str, list[Extent]]:
        """What it needs of its x and its y axis."""
        ...

    def draw(self, page: Page, panel: Panel, colour: Colour) -> None:
        """Draw it."""
        ...


@dataclass
class Plot:
    """A figure, ready to be given pixels. `marks` are in the order of the traces."""

    layout: Mapping[str, Any]
    scales: dict[str, Scale] = field(default_factory=dict)
    panels: dict[tuple[str, str], Panel] = field(default_factory=dict)
    marks: list[tuple[Mark, Panel, Colour]] = field(default_factory=list)

    def place(self, left: float, top: float, right: float, bottom: float) -> None:
        """Give every axis its pixels within the plot area."""
        for name, each in self.scales.items():
            start, end = each.given.get("domain") or (0.0, 1.0)
            over = each.given.get("overlaying")
            if over:
                start, end = self.scales[axis_name(over)].given.get("domain") or (start, end)
            if name.startswith("x"):
                each.start, each.end = left + start * (right - left), left + end * (right - left)
            else:
                each.start, each.end = (
                    bottom - start * (bottom - top),
                    bottom - end * (bottom - top),
                )

    def partner(self, name: str) -> Scale:
        """The axis this one stands at: its anchor, or the first of the other direction."""
        other = "yaxis" if name.startswith("x") else "xaxis"
        anchor = self.scales[name].given.get("anchor")
        wanted = axis_name(str(anchor)) if anchor and anchor != "free" else other
        fallback = next(each for key, each in self.scales.items() if key.startswith(other[0]))
        return self.scales.get(wanted, fallback)


def axis_name(ref: str) -> str:
    """`y2` → `yaxis2`."""
    return f"{ref[0]}axis{ref[1:]}"


def plain(figure: Any) -> dict[str, Any]:  # noqa: ANN401 - a go.Figure or its dict
    """The figure as plain lists and dicts: numbers packed as base64 are unpacked."""
    given = figure if isinstance(figure, Mapping) else figure.to_dict()
    found: dict[str, Any] = _unpacked(given)
    return found


def _unpacked(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, Mapping):
        if "bdata" in value:
            kind = np.dtype(f"<{value['dtype']}") if value["dtype"] != "u1c" else np.dtype("u1")
            numbers = np.frombuffer(base64.b64decode(value["bdata"]), kind)
            if shape := value.get("shape"):
                numbers = numbers.reshape([int(each) for each in str(shape).split(",")])
            return numbers.tolist()
        return {key: _unpacked(each) for key, each in value.items() if key != "template"}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [_unpacked(each) for each in value]
    return value


def read(figure: Any, look: Look) -> Plot:  # noqa: ANN401
    """The plot of a figure.

    Raises CviError for a kind of trace or axis that cannot be drawn, naming it.
    """
    given = plain(figure)
    layout = given.get("layout") or {}
    traces = [each for each in given.get("data") or () if each.get("visible", True) is True]
    if kinds := undrawable(traces, layout):
        raise CviError(
            f"A chart with {kinds} cannot be drawn as a picture yet",
            hint="Download it as interactive HTML instead.",
        )
    plot = Plot(layout)
    _scales(plot, traces)
    pairs = [(trace, _panel(plot, trace, look)) for trace in traces]
    plot.marks = _marks(pairs, layout, look)
    _fit(plot)
    return plot


def _refs(trace: Mapping[str, Any]) -> tuple[str, str]:
    return axis_name(trace.get("xaxis") or "x"), axis_name(trace.get("yaxis") or "y")


def _scales(plot: Plot, traces: Sequence[Mapping[str, Any]]) -> None:
    columns: dict[str, list[Sequence[Any]]] = {"xaxis": [], "yaxis": []}
    for trace in traces:
        for name in _refs(trace):
            values = trace.get(name[0])
            columns.setdefault(name, []).append([] if values is None else values)
    for name, found in columns.items():
        plot.scales[name] = scale(name, plot.layout.get(name) or {}, found)


def _panel(plot: Plot, trace: Mapping[str, Any], look: Look) -> Panel:
    refs = _refs(trace)
    if refs not in plot.panels:
        x, y = plot.scales[refs[0]], plot.scales[refs[1]]
        plot.panels[refs] = Panel(x, y, look.text, look.background)
    return plot.panels[refs]


def _marks(
    pairs: Sequence[tuple[Mapping[str, Any], Panel]], layout: Mapping[str, Any], look: Look
) -> list[tuple[Mark, Panel, Colour]]:
    upright = iter(bars.placed([pair for pair in pairs if pair[0].get("type") == "bar"], layout))
    last: dict[int, Dots] = {}
    found: list[tuple[Mark, Panel, Colour]] = []
    for number, (trace, panel) in enumerate(pairs):
        kind = trace.get("type", "scatter")
        mark: Mark
        if kind == "bar":
            mark = next(upright)
        elif kind == "heatmap":
            mark = cells.of(trace, panel)
        else:
            mark = last[id(panel)] = _dots(trace, panel, last.get(id(panel)), number)
        found.append((mark, panel, rgba(look.series[number % len(look.series)])))
    return found


def _dots(trace: Mapping[str, Any], panel: Panel, below: Dots | None, number: int) -> Dots:
    x, y = trace.get("x"), trace.get("y")
    x = range(len(y or ())) if x is None else x
    y = range(len(x)) if y is None else y
    size = min(len(x), len(y))
    return Dots(
        trace, panel.x.numbers(x)[:size], panel.y.numbers(y)[:size], below, order=number / 1000
    )


def _fit(plot: Plot) -> None:
    needs: dict[str, list[Extent]] = {name: [] for name in plot.scales}
    for mark, panel, _ in plot.marks:
        found = mark.extents()
        needs[panel.x.name] += found["x"]
        needs[panel.y.name] += found["y"]
    for name, each in plot.scales.items():
        each.fit(needs[name])
