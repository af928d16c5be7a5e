"""What stands around the marks: grid, ticks, titles of axes, lines and words laid over a plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, radians, sin
from typing import Any

from cvi.exports import pen
from cvi.exports.colours import rgba
from cvi.exports.dots import dashes
from cvi.exports.look import Look
from cvi.exports.markup import Line, Run, lines, plain
from cvi.exports.pen import Page
from cvi.exports.plot import Plot, axis_name
from cvi.exports.scales import Scale

TICK = 12.5
_TITLE = 12.5
_GAP = 8.0
FOLD = 0.38  # of the width: longer names are folded
_LONGEST = 170.0  # pixels of a name that is turned
_STEEP = 35.0  # degrees that names turn when they have no room beside one another


@dataclass(frozen=True, slots=True)
class Margins:
    """Pixels between the plot area and what may be drawn on."""

    left: float
    top: float
    right: float
    bottom: float


def title_of(scale: Scale) -> str:
    """The words beside an axis."""
    title = scale.given.get("title") or {}
    return str((title.get("text") if isinstance(title, Mapping) else title) or "")


def _on_right(scale: Scale) -> bool:
    return scale.given.get("side") == "right"


def labels(scale: Scale, room: float) -> list[tuple[float, list[Line]]]:
    """The ticks of an axis with their lines; a name wider than `room` is folded."""
    found = []
    for at, text in scale.ticks():
        told = lines(text)
        if _widest(told) > room:
            told = pen.wrapped(plain(text), room, TICK)
        found.append((at, told))
    return found


def _widest(told: Sequence[Line]) -> float:
    return max((pen.width(line, TICK) for line in told), default=0.0)


def margins(plot: Plot, wide: float) -> Margins:
    """What labels and titles need around the plot area, within `wide` pixels."""
    left, right, bottom = 2.0, 2.0, 4.0
    seen = [each for each in plot.scales.values() if each.given.get("visible") is not False]
    for scale in (each for each in seen if each.name.startswith("y")):
        told = [line for _, text in labels(scale, FOLD * wide) for line in text]
        titled = (_TITLE + _GAP) if title_of(scale) else 0.0
        need = (_widest(told) + _GAP if told else 0.0) + titled
        left, right = (left, max(right, need)) if _on_right(scale) else (max(left, need), right)
    for scale in (each for each in seen if each.name.startswith("x")):
        texts, steep = _across(scale, wide - left - right)
        titled = (_TITLE + _GAP) if title_of(scale) else 0.0
        need = _deep(texts, steep)
        bottom = max(bottom, need + (_GAP if need else 0.0) + titled)
        if texts and steep:
            reach = _widest(texts[0][1]) * cos(radians(_STEEP))
            left = max(left, reach - 0.5 * (wide - left - right) / len(texts))
        elif texts:
            share = (texts[-1][0] - scale.low) / ((scale.high - scale.low) or 1)
            right = max(right, _widest(texts[-1][1]) / 2 - (1 - share) * (wide - left))
    return Margins(left, 6.0, right, bottom)


def _across(scale: Scale, room: float) -> tuple[list[tuple[float, list[Line]]], bool]:
    """The labels under an axis `room` pixels long, and whether they must stand steeply: names
    that touch one another are folded at their spaces, and turned when that does not help."""
    texts = labels(scale, FOLD * room)
    if scale.kind != "category" or len(texts) < 2:
        return texts, False
    slot = room / len(scale.categories) - 8
    if all(_widest(text) <= slot for _, text in texts):
        return texts, False
    names = [
        (at, " ".join("".join(run.text for run in line) for line in text)) for at, text in texts
    ]
    words = [word for _, name in names for word in name.split()]
    if all(pen.width((Run(word),), TICK) <= slot for word in words):
        folded = [(at, pen.wrapped(name, slot, TICK)) for at, name in names]
        if max(len(text) for _, text in folded) <= 3:
            return folded, False
    cut: list[tuple[float, list[Line]]] = [
        (at, [(Run(pen.shortened(name, _LONGEST, TICK)),)]) for at, name in names
    ]
    return cut, True


def _deep(texts: Sequence[tuple[float, list[Line]]], steep: bool) -> float:
    """Pixels the labels reach down."""
    if steep:
        return max(_widest(text) for _, text in texts) * sin(radians(_STEEP)) + TICK
    return max((pen.height(len(text), TICK) for _, text in texts), default=0.0)


def draw_axes(plot: Plot, page: Page, wide: float, look: Look) -> None:
    """Grid, zero lines, tick labels and titles of all axes; `wide` as for `margins`."""
    for panel in plot.panels.values():
        left, top, right, bottom = panel.box
        for scale in (panel.x, panel.y):
            if scale.given.get("visible") is False:
                continue
            upright = scale.name.startswith("x")
            seen = [] if scale.given.get("showgrid") is False else [at for at, _ in scale.ticks()]
            zero = [0.0] if scale.given.get("zeroline") is True else []
            for at in [*seen, *zero]:
                where = scale.pixels(at)
                x, y = ([where] * 2, [top, bottom]) if upright else ([left, right], [where] * 2)
                strong = at == 0 and bool(zero)
                page.line(x, y, colour=rgba(look.quiet, 0.55) if strong else look.grid, wide=1,
                          order=0.3 if strong else 0.2)  # fmt: skip
    for name, scale in plot.scales.items():
        if scale.given.get("visible") is False:
            continue
        if name.startswith("x"):
            _under(plot, scale, page, look)
        else:
            _beside(plot, scale, page, wide, look)


def _under(plot: Plot, scale: Scale, page: Page, look: Look) -> None:
    partner = plot.partner(scale.name)
    base = max(partner.start, partner.end)
    texts, steep = _across(scale, abs(scale.end - scale.start))
    for at, text in texts if steep else _apart(scale, texts):
        if steep:
            page.turned(text[0][0].text, scale.pixels(at) + 4, base + _GAP + 2, size=TICK,
                        colour=look.quiet, angle=_STEEP, across="right")  # fmt: skip
        else:
            page.words(text, scale.pixels(at), base + _GAP, size=TICK, colour=look.quiet,
                       across="center", along="top")  # fmt: skip
    if words := title_of(scale):
        middle = (scale.start + scale.end) / 2
        page.words(lines(words), middle, base + _deep(texts, steep) + 2 * _GAP, size=_TITLE,
                   colour=look.quiet, across="center", along="top")  # fmt: skip


def _apart(
    scale: Scale, texts: Sequence[tuple[float, list[Line]]]
) -> Sequence[tuple[float, list[Line]]]:
    """Every tick, or every second, third …, so that labels do not touch."""
    spans = [
        (scale.pixels(at), max((pen.width(line, TICK) for line in text), default=0.0))
        for at, text in texts
    ]
    for step in range(1, len(texts) + 1):
        kept = spans[::step]
        if all(abs(b[0] - a[0]) >= (a[1] + b[1]) / 2 + 6 for a, b in pairwise(kept)):
            return texts[::step]
    return texts[:1]


def _beside(plot: Plot, scale: Scale, page: Page, wide: float, look: Look) -> None:
    partner = plot.partner(scale.name)
    right = _on_right(scale)
    base = max(partner.start, partner.end) if right else min(partner.start, partner.end)
    texts = labels(scale, FOLD * wide)
    room = scale.per_unit() * abs(texts[1][0] - texts[0][0]) if len(texts) > 1 else page.high
    step = max(1, -(-int(TICK * 1.05) // max(int(room), 1)))
    side = 1 if right else -1
    need = 0.0
    for at, text in texts if scale.kind == "category" else texts[::step]:
        page.words(text, base + side * _GAP, scale.pixels(at), size=TICK, colour=look.quiet,
                   across="left" if right else "right")  # fmt: skip
        need = max([need, *(pen.width(line, TICK) for line in text)])
    if words := title_of(scale):
        page.turned(plain(words), base + side * (need + 2 * _GAP + _TITLE / 2),
                    (scale.start + scale.end) / 2, size=_TITLE, colour=look.quiet)  # fmt: skip


# --- shapes and annotations --------------------------------------------------------------------


def _where(plot: Plot, axis: str, ref: Any, value: Any, area: pen.Box) -> float:  # noqa: ANN401
    """Pixels of a shape's or annotation's coordinate, by what it refers to."""
    left, top, right, bottom = area
    name, _, inside = str(ref or axis).partition(" ")
    if name in ("paper", "container"):
        share = float(value)
        return left + share * (right - left) if axis == "x" else bottom - share * (bottom - top)
    scale = plot.scales.get(axis_name(name)) or plot.scales[f"{axis}axis"]
    if inside == "domain":
        return scale.start + float(value) * (scale.end - scale.start)
    if scale.kind == "category" and isinstance(value, int | float):
        return float(scale.pixels(float(value)))
    return float(scale.pixels(scale.numbers([value])[0]))


def draw_shapes(plot: Plot, page: Page, area: pen.Box, *, below: bool) -> None:
    """Lines and rectangles of the layout, under or over the marks."""
    for shape in plot.layout.get("shapes") or ():
        if (shape.get("layer") in ("below", "between")) != below:
            continue
        x = [_where(plot, "x", shape.get("xref"), shape.get(key), area) for key in ("x0", "x1")]
        y = [_where(plot, "y", shape.get("yref"), shape.get(key), area) for key in ("y0", "y1")]
        opacity = float(shape.get("opacity", 1))
        line = shape.get("line") or {}
        wide = float(line.get("width", 2 if shape.get("type") == "line" else 0))
        colour = rgba(line.get("color") or "#444444", opacity)
        order = 0.8 if below else 4.0
        if shape.get("type") == "line":
            page.line(x, y, colour=colour, wide=wide, dash=dashes(line.get("dash")), order=order)
        else:
            corners = [[(x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1])]]
            fill = rgba(shape.get("fillcolor") or "#444444", opacity)
            if not shape.get("fillcolor"):
                fill = (0.0, 0.0, 0.0, 0.0)
            page.polygons(corners, paint=pen.Paint(fill, colour if wide else "none", wide),
                          order=order)  # fmt: skip


def draw_annotations(plot: Plot, page: Page, area: pen.Box, look: Look) -> None:
    """Words at places of the plot, with a line to what they point at."""
    for note in plot.layout.get("annotations") or ():
        text = str(note.get("text") or "")
        if not text or note.get("visible") is False:
            continue
        x = _where(plot, "x", note.get("xref"), note.get("x", 0), area)
        y = _where(plot, "y", note.get("yref"), note.get("y", 0), area)
        if note.get("showarrow", True):
            dx, dy = float(note.get("ax", -10)), float(note.get("ay", -30))
            page.line([x, x + dx], [y, y + dy], colour=look.quiet, wide=1, order=4)
            x, y = x + dx, y + dy
        font = note.get("font") or {}
        page.words(
            lines(text), x + float(note.get("xshift", 0)), y - float(note.get("yshift", 0)),
            size=float(font.get("size") or 12), colour=_colour(font, look),
            across={"left": "left", "right": "right"}.get(str(note.get("xanchor")), "center"),
            along={"top": "top", "bottom": "bottom"}.get(str(note.get("yanchor")), "middle"),
        )  # fmt: skip


def _colour(font: Mapping[str, Any], look: Look) -> Any:  # noqa: ANN401 - a colour of Matplotlib's
    return rgba(font["color"]) if font.get("color") else look.text
