"""Colours as Plotly writes them, as Matplotlib wants them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.colors import LinearSegmentedColormap, Normalize, to_rgba

Colour = tuple[float, float, float, float]
Colours = npt.NDArray[np.float64]
_RGB = re.compile(r"rgba?\(([^)]*)\)")


def rgba(text: Any, opacity: float = 1.0) -> Colour:  # noqa: ANN401 - whatever a figure holds
    """#RRGGBB, rgb(), rgba() or a CSS name; what is none of them is grey."""
    found = _RGB.match(str(text).strip())
    try:
        if found is None:
            red, green, blue, alpha = to_rgba(str(text))
        else:
            parts = [float(each.strip().rstrip("%")) for each in found[1].split(",")]
            red, green, blue = (each / 255 for each in parts[:3])
            alpha = parts[3] if len(parts) > 3 else 1.0
            to_rgba((red, green, blue, alpha))
    except ValueError:
        red, green, blue, alpha = 0.5, 0.5, 0.5, 1.0
    return red, green, blue, alpha * opacity


def colours_of(given: Mapping[str, Any], count: int, own: Colour, opacity: float) -> Colours:
    """One colour a mark: the one of all, each its own, or numbers on a colour scale."""
    colour = given.get("color")
    if colour is None:
        found: Sequence[Colour] = [(*own[:3], own[3] * opacity)] * count
    elif isinstance(colour, str):
        found = [rgba(colour, opacity)] * count
    elif len(colour) and not isinstance(colour[0], str):
        numbers = np.asarray(colour, dtype="float64")
        scaled = Scaled.of(given, numbers, low="cmin", high="cmax", middle="cmid")
        found = [(*each[:3], each[3] * opacity) for each in scaled.of_numbers(numbers)]
    else:
        found = [rgba(each, opacity) for each in colour]
    return np.asarray(found, dtype="float64").reshape(-1, 4)[:count]


class Scaled:
    """A colour scale over a span of numbers."""

    def __init__(self, scale: Sequence[Any], low: float, high: float) -> None:
        stops = [(float(at), rgba(colour)) for at, colour in scale]
        self.map = LinearSegmentedColormap.from_list("given", stops)
        self.low, self.high = low, high

    @classmethod
    def of(
        cls, given: Mapping[str, Any], numbers: Colours, *, low: str, high: str, middle: str
    ) -> Scaled:
        """From a trace's or marker's own keys, else from what its numbers span."""
        known = numbers[np.isfinite(numbers)]
        least = given.get(low)
        most = given.get(high)
        least = float(known.min() if len(known) else 0) if least is None else float(least)
        most = float(known.max() if len(known) else 1) if most is None else float(most)
        if given.get(middle) is not None:
            half = max(abs(most - given[middle]), abs(given[middle] - least)) or 1.0
            least, most = given[middle] - half, given[middle] + half
        scale = given.get("colorscale")
        if scale is None or isinstance(scale, str):
            scale = ((0.0, "#EAF3FA"), (1.0, "#0A4777"))
        if scale and isinstance(scale[0], str):
            scale = [(at / max(len(scale) - 1, 1), each) for at, each in enumerate(scale)]
        if given.get("reversescale"):
            scale = [(1 - at, colour) for at, colour in reversed(list(scale))]
        return cls(scale, least, most if most > least else least + 1)

    def of_numbers(self, numbers: Any) -> Any:  # noqa: ANN401 - an array in, an array of RGBA out
        """The colours of numbers; outside the span, those of its ends."""
        return self.map(Normalize(self.low, self.high, clip=True)(numbers))


def contrasting(colour: Any) -> str:  # noqa: ANN401 - RGBA of any sequence
    """Black or white, whichever reads better on it."""
    red, green, blue = (float(each) for each in colour[:3])
    return "#1B2733" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.58 else "#FFFFFF"


def mixed(colours: Colours, background: str) -> Colours:
    """Half way to the background."""
    return np.column_stack([(colours[:, :3] + np.array(rgba(background)[:3])) / 2, colours[:, 3]])
