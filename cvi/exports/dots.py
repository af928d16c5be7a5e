"""Scatter traces: lines, markers, filled bands, words at points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cvi.exports.colours import Colour, colours_of, rgba
from cvi.exports.markup import lines
from cvi.exports.panel import Panel, text_of
from cvi.exports.pen import Box, Page, Paint
from cvi.exports.scales import Extent, Floats

_DASHES = {
    "dot": (1.6, 3.2), "dash": (7, 5), "longdash": (12, 6), "dashdot": (7, 3, 1.6, 3),
    "longdashdot": (12, 4, 1.6, 4),
}  # fmt: skip
_SYMBOLS = {
    "circle": "o", "square": "s", "diamond": "D", "diamond-tall": "d", "cross": "P", "x": "X",
    "triangle-up": "^", "triangle-down": "v", "triangle-left": "<", "triangle-right": ">",
    "star": "*", "hexagon": "H", "pentagon": "p", "hourglass": "X", "line-ns": "|",
    "line-ew": "_", "cross-thin": "+", "x-thin": "x",
}  # fmt: skip
_STROKES = ("|", "_", "+", "x")
_LINES, _MARKERS = 2.0, 2.5


def dashes(name: Any) -> Sequence[float]:  # noqa: ANN401 - a name, or lengths as text
    """The pattern of a dash, in pixels."""
    return _DASHES.get(str(name or "solid"), ())


@dataclass
class Dots:
    """One trace: its points as numbers; `below` is the trace a band is filled down to."""

    trace: Mapping[str, Any]
    x: Floats
    y: Floats
    below: Dots | None = None
    order: float = 0.0

    @property
    def mode(self) -> str:
        """Plotly's own default: lines, and markers where there are few points."""
        return str(self.trace.get("mode") or ("lines+markers" if len(self.x) < 20 else "lines"))

    def extents(self) -> dict[str, list[Extent]]:
        """What it needs of its x and its y axis."""
        known = np.isfinite(self.x) & np.isfinite(self.y)
        if not known.any():
            return {"x": [], "y": []}
        x, y, airy = self.x[known], self.y[known], "markers" in self.mode
        filled = self.trace.get("fill") == "tozeroy"
        return {
            "x": [Extent(float(x.min()), float(x.max()), airy=airy)],
            "y": [Extent(float(y.min()), float(y.max()), on_zero=filled)],
        }

    def draw(self, page: Page, panel: Panel, colour: Colour) -> None:
        """The band, the line over it, the markers over both, then words."""
        x, y = panel.x.pixels(self.x), panel.y.pixels(self.y)
        opacity = float(self.trace.get("opacity", 1))
        if self.trace.get("fill") not in (None, "none"):
            self._band(page, panel, colour, opacity)
        if "lines" in self.mode:
            self._line(page, panel, (x, y), colour, opacity)
        if "markers" in self.mode:
            self._markers(page, panel, (x, y), colour, opacity)
        if "text" in self.mode:
            self._words(page, panel, x, y)

    def _path(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """The points a line goes through: gaps bridged or kept, steps drawn out."""
        if self.trace.get("connectgaps"):
            known = np.isfinite(x) & np.isfinite(y)
            x, y = x[known], y[known]
        shape = (self.trace.get("line") or {}).get("shape")
        if shape in ("hv", "vh") and len(x) > 1:
            x2, y2 = np.repeat(x, 2), np.repeat(y, 2)
            return (x2[1:], y2[:-1]) if shape == "hv" else (x2[:-1], y2[1:])
        return x, y

    def _line(
        self, page: Page, panel: Panel, at: tuple[Floats, Floats], colour: Colour, opacity: float
    ) -> None:
        line = self.trace.get("line") or {}
        wide = line.get("width")
        wide = 2.0 if wide is None else float(wide)
        if wide <= 0:
            return
        x, y = self._path(*at)
        drawn = line.get("color") or (self.trace.get("marker") or {}).get("color")
        shade = rgba(drawn, opacity) if isinstance(drawn, str) else (*colour[:3], opacity)
        page.line(
            x, y, colour=shade, wide=wide, dash=dashes(line.get("dash")), clip=panel.box,
            order=_LINES + self.order,
        )  # fmt: skip

    def _band(self, page: Page, panel: Panel, colour: Colour, opacity: float) -> None:
        given = self.trace.get("fillcolor")
        fill = rgba(given, opacity) if given else (*colour[:3], 0.4 * opacity)
        x, y = self._path(panel.x.pixels(self.x), panel.y.pixels(self.y))
        if self.trace["fill"] == "tonexty" and self.below is not None:
            low = self.below._path(panel.x.pixels(self.below.x), panel.y.pixels(self.below.y))  # noqa: SLF001 - its own kind
        elif self.trace["fill"] == "toself":
            known = np.isfinite(x) & np.isfinite(y)
            page.area(x[known], y[known], fill=fill, clip=panel.box, order=1.5 + self.order)
            return
        else:
            low = (x, np.full(len(x), float(panel.y.pixels(0.0))))
        for one, other in _stretches((x, y), low):
            outline = [np.concatenate([a, b[::-1]]) for a, b in zip(one, other, strict=True)]
            page.area(*outline, fill=fill, clip=panel.box, order=1.5 + self.order)

    def _markers(
        self, page: Page, panel: Panel, at: tuple[Floats, Floats], colour: Colour, opacity: float
    ) -> None:
        x, y = at
        marker = self.trace.get("marker") or {}
        count = len(x)
        shade = marker.get("opacity")
        if not isinstance(shade, list | tuple):
            opacity *= 1.0 if shade is None else float(shade)
        fills = colours_of(marker, count, colour, opacity)
        line = marker.get("line") or {}
        edge_of = {"color": line.get("color")} if line.get("color") is not None else marker
        edges = colours_of(edge_of, count, colour, opacity)
        sizes = np.broadcast_to(np.asarray(marker.get("size") or 6, dtype="float64"), count)
        wides = np.broadcast_to(np.asarray(line.get("width") or 0, dtype="float64"), count)
        symbol = marker.get("symbol") or "circle"
        symbols = [symbol] * count if isinstance(symbol, str | int) else list(symbol)
        known = np.isfinite(x) & np.isfinite(y)
        left, top, right, bottom = panel.box  # a mark at the edge of it stays whole
        for name in dict.fromkeys(symbols):
            mine = known & np.array([each == name for each in symbols], dtype=bool)
            if mine.any():
                stamp(
                    page, str(name), (x[mine], y[mine]), sizes=sizes[mine],
                    order=_MARKERS + self.order,
                    clip=(left - 8, top - 8, right + 8, bottom + 8),
                    paint=Paint(fills[mine], edges[mine], wides[mine]),
                )  # fmt: skip

    def _words(self, page: Page, panel: Panel, x: Floats, y: Floats) -> None:
        texts = text_of(self.trace) or []
        font = self.trace.get("textfont") or {}
        size, colour = float(font.get("size") or 12), font.get("color")
        where = str(self.trace.get("textposition") or "middle center").split()
        along, across = [*where, "center"][:2]
        right, left = across == "right", across == "left"
        shift = 8.0 if right else -8.0 if left else 0.0
        rise = {"top": -8.0, "bottom": 8.0}.get(along, 0.0)
        for number, text in enumerate(texts[: len(x)]):
            if text and np.isfinite([x[number], y[number]]).all():
                page.words(
                    lines(text), float(x[number]) + shift, float(y[number]) + rise, size=size,
                    across="left" if right else "right" if left else "center",
                    along={"top": "bottom", "bottom": "top"}.get(along, "middle"),
                    colour=colour if isinstance(colour, str) else panel.text,
                )  # fmt: skip


def stamp(
    page: Page,
    name: str,
    at: tuple[Floats, Floats],
    *,
    sizes: Floats,
    paint: Paint,
    clip: Box | None = None,
    order: float = 3.0,
) -> None:
    """Markers of one of Plotly's symbols; `-open` ones are hollow."""
    shape = _SYMBOLS.get(name.removesuffix("-open").removesuffix("-dot"), "o")
    if shape in _STROKES:
        paint = replace(paint, wide=np.maximum(paint.wide, 1.2))
    elif name.endswith("-open"):
        paint = Paint("none", paint.fill, np.maximum(paint.wide, 1.6))
    drawn = sizes * (0.8 if shape in "Dd" else 1.0)
    page.marks(*at, symbol=shape, size=drawn, paint=paint, clip=clip, order=order)


def _stretches(
    one: tuple[Floats, Floats], other: tuple[Floats, Floats]
) -> list[tuple[tuple[Floats, Floats], tuple[Floats, Floats]]]:
    """The parts of a band between its gaps, where both of its edges are known."""
    if len(one[0]) != len(other[0]):
        clean = [np.isfinite(x) & np.isfinite(y) for x, y in (one, other)]
        return [((one[0][clean[0]], one[1][clean[0]]), (other[0][clean[1]], other[1][clean[1]]))]
    known = np.isfinite(np.stack([*one, *other])).all(axis=0)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], known.astype(int), [0]])))
    return [
        ((one[0][a:b], one[1][a:b]), (other[0][a:b], other[1][a:b]))
        for a, b in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
        if b - a > 1
    ]
