"""Names and colours of the traces, in rows above a plot; and the bar of a heat map's colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from cvi.exports import pen
from cvi.exports.bars import Bars
from cvi.exports.cells import Cells
from cvi.exports.colours import Colour, colours_of, rgba
from cvi.exports.dots import Dots, dashes, stamp
from cvi.exports.frame import TICK
from cvi.exports.look import Look
from cvi.exports.markup import Line, Run, lines, plain
from cvi.exports.pen import Page
from cvi.exports.plot import Mark, Plot
from cvi.exports.ticks import number, steps

_SIZE = 12.5
_ROW = 20.0
_KEY, _SPACE, _APART = 16.0, 6.0, 18.0
_LONGEST = 260.0
BAR_ROOM = 64.0


@dataclass(frozen=True)
class Entry:
    """One name in the legend."""

    name: Line
    mark: Mark
    colour: Colour

    @property
    def wide(self) -> float:
        """Pixels with its key and the space after it."""
        return _KEY + _SPACE + pen.width(self.name, _SIZE) + _APART


def entries(plot: Plot) -> list[Entry]:
    """The traces that a legend names, once each; none when the figure shows no legend."""
    if not plot.layout.get("showlegend", len(plot.marks) > 1):
        return []
    found: dict[str, Entry] = {}
    for mark, _, colour in plot.marks:
        name = str(mark.trace.get("name") or "")
        if not name or mark.trace.get("showlegend") is False or isinstance(mark, Cells):
            continue
        line = lines(name)[0]
        if pen.width(line, _SIZE) > _LONGEST:
            line = (Run(pen.shortened(plain(name), _LONGEST, _SIZE)),)
        found.setdefault(name, Entry(line, mark, colour))
    return list(found.values())


def rows(found: list[Entry], room: float) -> list[list[Entry]]:
    """Entries in rows that fit."""
    rows: list[list[Entry]] = []
    used = 0.0
    for entry in found:
        if not rows or used + entry.wide > room:
            rows.append([])
            used = 0.0
        rows[-1].append(entry)
        used += entry.wide
    return rows


def height(found: list[list[Entry]]) -> float:
    """Pixels of the rows with the space beneath."""
    return _ROW * len(found) + 4 if found else 0.0


def draw(found: list[list[Entry]], page: Page, left: float, top: float, look: Look) -> None:
    """The rows, from (left, top)."""
    for number_of, row in enumerate(found):
        x, y = left, top + _ROW * number_of + _ROW / 2
        for entry in row:
            _key(entry, page, x, y)
            page.words([entry.name], x + _KEY + _SPACE, y, size=_SIZE, colour=look.text)
            x += entry.wide


def _key(entry: Entry, page: Page, x: float, y: float) -> None:
    """A small picture of the trace."""
    mark = entry.mark
    trace: Mapping[str, Any] = mark.trace
    marker = trace.get("marker") or {}
    opacity = float(trace.get("opacity", 1))
    if isinstance(mark, Bars):
        first = colours_of(marker, 1, entry.colour, opacity)[:1]
        fill = tuple(first[0]) if len(first) else entry.colour
        page.box((x + 2, y - 5.5, x + 13, y + 5.5), fill=fill, round_by=2)
        return
    if not isinstance(mark, Dots):
        return
    line = trace.get("line") or {}
    if trace.get("fill") not in (None, "none"):
        given = trace.get("fillcolor")
        fill = rgba(given, opacity) if given else (*entry.colour[:3], 0.4)
        page.box((x, y - 5.5, x + _KEY, y + 5.5), fill=fill, round_by=2)
    if "lines" in mark.mode and line.get("width") != 0:
        shade = line.get("color") or marker.get("color")
        colour = rgba(shade, opacity) if isinstance(shade, str) else entry.colour
        wide = min(float(line.get("width") or 2), 8.0)
        page.line([x, x + _KEY], [y, y], colour=colour, wide=wide, dash=dashes(line.get("dash")))
    if "markers" in mark.mode:
        _dot(entry, page, x + _KEY / 2, y)


def _dot(entry: Entry, page: Page, x: float, y: float) -> None:
    """The first of the trace's markers; of markers in many colours on a line, the line's."""
    marker = entry.mark.trace.get("marker") or {}
    shade = (entry.mark.trace.get("line") or {}).get("color")
    if isinstance(shade, str) and isinstance(marker.get("color"), list):
        marker = {"size": marker.get("size"), "color": shade}
    line = marker.get("line") or {}
    symbol = marker.get("symbol") or "circle"
    name = symbol if isinstance(symbol, str) else str(symbol[0]) if len(symbol) else "circle"
    fill = colours_of(marker, 1, entry.colour, 1.0)
    edge = colours_of(line if line.get("color") is not None else marker, 1, entry.colour, 1.0)
    if len(fill) and len(edge):
        across = min(float(np.max(marker.get("size") or 6)), 11.0)
        wide = np.array([float(np.max(line.get("width") or 0))])
        place = (np.array([x]), np.array([y]))
        stamp(page, name, place, sizes=np.array([across]), paint=pen.Paint(fill, edge, wide))


def draw_colour_bar(plot: Plot, page: Page, left: float, box: pen.Box, look: Look) -> None:
    """The colours of the first heat map that shows its scale, with their values."""
    mark = coloured(plot)
    if mark is None:
        return
    scaled = mark.scaled()
    _, top, _, bottom = box
    edges = np.linspace(bottom, top, 65)
    corners = [
        [(left, a), (left + 12, a), (left + 12, b), (left, b)] for a, b in pairwise(edges.tolist())
    ]
    values = np.linspace(scaled.low, scaled.high, 64)
    page.polygons(corners, paint=pen.Paint(scaled.of_numbers(values)))
    bar = mark.trace.get("colorbar") or {}
    for at in steps(scaled.low, scaled.high, 5):
        y = bottom + (at - scaled.low) / (scaled.high - scaled.low) * (top - bottom)
        text = number(at, str(bar.get("tickformat") or "")) + str(bar.get("ticksuffix") or "")
        page.words(lines(text), left + 18, y, size=TICK, colour=look.quiet)


def coloured(plot: Plot) -> Cells | None:
    """The heat map whose colours are explained beside the plot, if any."""
    found = (mark for mark, _, _ in plot.marks if isinstance(mark, Cells))
    return next((each for each in found if each.trace.get("showscale") is not False), None)
