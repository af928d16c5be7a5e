"""Bars: stacked, relative, grouped or laid over one another; upright or lying; from any base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from cvi.exports import pen
from cvi.exports.colours import Colour, colours_of, contrasting, mixed
from cvi.exports.markup import lines, plain
from cvi.exports.panel import Panel, text_of
from cvi.exports.pen import Page, Paint
from cvi.exports.scales import Extent, Floats, Scale

_HATCHES = {"/": "////", "\\": "\\\\\\\\", "x": "xxx", "-": "---", "|": "|||", "+": "++", ".": ".."}
_TEXT = 12.0


@dataclass
class Bars:
    """One trace: where its bars stand, how wide they are, and from where to where they reach."""

    trace: Mapping[str, Any]
    lying: bool
    at: Floats
    wide: Floats
    low: Floats
    high: Floats
    order: float = 1.0

    def extents(self) -> dict[str, list[Extent]]:
        """What it needs of its x and its y axis."""
        known = np.isfinite(self.at) & np.isfinite(self.high)
        if not known.any():
            return {"x": [], "y": []}
        at, wide = self.at[known], self.wide[known]
        across = Extent(float((at - wide / 2).min()), float((at + wide / 2).max()), airy=False)
        low, high = self.low[known], self.high[known]
        based = self.trace.get("base") is not None
        ends = np.concatenate([low, high])
        along = Extent(float(ends.min()), float(ends.max()), on_zero=not based)
        return {"x": [along], "y": [across]} if self.lying else {"x": [across], "y": [along]}

    def draw(self, page: Page, panel: Panel, colour: Colour) -> None:
        """The bars, then the words on or beside them."""
        if not len(self.at):
            return
        one, two = panel.y if self.lying else panel.x, panel.x if self.lying else panel.y
        first, last = one.pixels(self.at - self.wide / 2), one.pixels(self.at + self.wide / 2)
        start, end = two.pixels(self.low), two.pixels(self.high)
        across = [first, first, last, last]
        along = [start, end, end, start]
        x, y = (along, across) if self.lying else (across, along)
        corners = np.stack([np.stack(x, axis=1), np.stack(y, axis=1)], axis=2)
        known = np.isfinite(corners).all(axis=(1, 2))
        marker = self.trace.get("marker") or {}
        opacity = float(self.trace.get("opacity", 1)) * float(marker.get("opacity") or 1)
        fills = colours_of(marker, len(self.at), colour, opacity)
        line = marker.get("line") or {}
        edged = np.max(np.asarray(line.get("width") or 0, dtype="float64"))
        edges = colours_of(line, len(self.at), colour, opacity)[known] if edged else "none"
        shape = (marker.get("pattern") or {}).get("shape")
        hatch = _HATCHES.get(shape) if isinstance(shape, str) else None
        if hatch:
            edges = mixed(fills[known], panel.background)
        page.polygons(
            corners[known], paint=Paint(fills[known], edges, float(edged)), hatch=hatch,
            clip=panel.box, order=self.order,
        )  # fmt: skip
        self._words(page, panel, corners, fills)

    def _words(self, page: Page, panel: Panel, corners: Any, fills: Any) -> None:  # noqa: ANN401
        texts = text_of(self.trace)
        wanted = self.trace.get("textposition") or "auto"
        if texts is None or wanted == "none":
            return
        font = self.trace.get("textfont") or {}
        size = float(font.get("size") or _TEXT)
        given = font["color"] if isinstance(font.get("color"), str) else None
        for number, text in enumerate(texts[: len(corners)]):
            x, y = corners[number][:, 0], corners[number][:, 1]
            if not text or not np.isfinite(corners[number]).all():
                continue
            room = float(np.ptp(x)), float(np.ptp(y))
            if wanted == "inside" or (wanted == "auto" and panel.fits(text, size, *room)):
                page.words(
                    lines(text), float(x.mean()), float(y.mean()), size=size, across="center",
                    colour=given or contrasting(fills[number]),
                )  # fmt: skip
            else:
                self._beyond(page, text, (x, y), size, given or panel.text)

    def _beyond(
        self, page: Page, text: str, corners: tuple[Floats, Floats], size: float, colour: str
    ) -> None:
        """Words past the end of a bar."""
        x, y = corners
        if self.lying:
            left = bool(x[1] < x[0])
            page.words(
                lines(_within(text, size, float(x[1]), page.wide, left=left)),
                float(x[1]) + (-6 if left else 6), float(y.mean()), size=size, colour=colour,
                across="right" if left else "left",
            )  # fmt: skip
        else:
            down = bool(y[1] > y[0])
            page.words(
                lines(text), float(x.mean()), float(y[1]) + (5 if down else -5), size=size,
                colour=colour, across="center", along="top" if down else "bottom",
            )  # fmt: skip


def _within(text: str, size: float, end: float, wide: float, *, left: bool) -> str:
    """The words beside a bar's end, shortened where the page ends."""
    room = (end if left else wide - end) - 12
    if max(pen.width(line, size) for line in lines(text)) <= room:
        return text
    return escape(pen.shortened(plain(text), room, size))


def placed(
    traces: Sequence[tuple[Mapping[str, Any], Panel]], layout: Mapping[str, Any]
) -> list[Bars]:
    """The bars of all bar traces, stacked or set beside one another as the layout says."""
    mode = layout.get("barmode") or "group"
    gap = float(layout.get("bargap", 0.2))
    piles: dict[tuple[int, int, float], float] = {}
    groups = [trace.get("offsetgroup") or at for at, (trace, _) in enumerate(traces)]
    names = list(dict.fromkeys(groups))
    measured = [_measured(trace, panel) for trace, panel in traces]
    slots = _slots([(one.name, at) for one, _, at, _ in measured])
    found = []
    for number, (trace, panel) in enumerate(traces):
        one, two, at, size = measured[number]
        lying = trace.get("orientation") == "h"
        given = trace.get("width")
        slot = slots[one.name] * (1 - gap)
        beside = len(names) if mode == "group" and given is None else 1
        wide = np.broadcast_to(np.asarray(given if given is not None else slot / beside, "float64"),
                               len(at)).copy()  # fmt: skip
        if beside > 1:
            at = at + (names.index(groups[number]) - (beside - 1) / 2) * slot / beside
        low = np.zeros(len(at))
        if trace.get("base") is not None:
            base = trace["base"]
            values = base if isinstance(base, list | tuple) else [base] * len(at)
            low = two.numbers(values)[: len(at)]
        elif mode in ("stack", "relative"):
            low = _piled(piles, panel, at, size)
        found.append(Bars(trace, lying, at, wide, low, low + size, order=1 + number / 1000))
    return found


def _column(trace: Mapping[str, Any], name: str, other: str) -> Sequence[Any]:
    values = trace.get(name)
    return list(range(len(trace.get(other) or ()))) if values is None else values


def _measured(trace: Mapping[str, Any], panel: Panel) -> tuple[Scale, Scale, Floats, Floats]:
    """The axis bars stand on, the one they grow along, and their places and sizes on these."""
    lying = trace.get("orientation") == "h"
    one, two = (panel.y, panel.x) if lying else (panel.x, panel.y)
    at = one.numbers(_column(trace, "y" if lying else "x", "x" if lying else "y"))
    size = two.numbers(trace.get("x" if lying else "y") or ())
    return one, two, at[: len(size)], size[: len(at)]


def _slots(places: Sequence[tuple[str, Floats]]) -> dict[str, float]:
    """Axis → the least distance of two places on it, over all traces."""
    found = {}
    for name in {name for name, _ in places}:
        mine = np.concatenate([at for axis, at in places if axis == name])
        different = np.unique(mine[np.isfinite(mine)])
        found[name] = float(np.diff(different).min()) if len(different) > 1 else 1.0
    return found


def _piled(
    piles: dict[tuple[int, int, float], float], panel: Panel, at: Floats, size: Floats
) -> Floats:
    """Where each bar begins on the pile below it; negative ones pile downwards."""
    low = np.zeros(len(at))
    for number, (where, much) in enumerate(zip(at.tolist(), size.tolist(), strict=True)):
        key = (id(panel), int(much < 0), where)
        low[number] = piles.get(key, 0.0)
        if np.isfinite(much):
            piles[key] = low[number] + much
    return low
