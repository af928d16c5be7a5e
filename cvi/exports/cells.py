"""Heat maps: a cell a pair of categories or numbers, coloured by its value, with its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cvi.exports.colours import Colour, Scaled, contrasting
from cvi.exports.markup import lines
from cvi.exports.panel import Panel
from cvi.exports.pen import Page, Paint
from cvi.exports.scales import Extent, Floats
from cvi.exports.ticks import number

_TEXT = 12.0


@dataclass
class Cells:
    """One heat map; z has a row for each y and a column for each x."""

    trace: Mapping[str, Any]
    x: Floats
    y: Floats
    z: Floats
    order: float = 0.5

    def extents(self) -> dict[str, list[Extent]]:
        """What it needs of its x and its y axis."""
        return {
            "x": [_span(self.x)] if len(self.x) else [],
            "y": [_span(self.y)] if len(self.y) else [],
        }

    def scaled(self) -> Scaled:
        """Its colour scale."""
        return Scaled.of(self.trace, self.z.ravel(), low="zmin", high="zmax", middle="zmid")

    def draw(self, page: Page, panel: Panel, colour: Colour) -> None:  # noqa: ARG002 - it has a scale
        """The cells that have a value, and the words in them."""
        left, right = (panel.x.pixels(self.x + side * _step(self.x) / 2) for side in (-1, 1))
        upper, lower = (panel.y.pixels(self.y + side * _step(self.y) / 2) for side in (1, -1))
        dx = float(self.trace.get("xgap") or 0) / 2
        dy = float(self.trace.get("ygap") or 0) / 2
        fills = self.scaled().of_numbers(self.z)
        rows, columns = np.nonzero(np.isfinite(self.z))
        corners = np.stack(
            [
                np.stack([left[columns] + dx, left[columns] + dx, right[columns] - dx,
                          right[columns] - dx], axis=1),
                np.stack([upper[rows] + dy, lower[rows] - dy, lower[rows] - dy, upper[rows] + dy],
                         axis=1),
            ],
            axis=2,
        )  # fmt: skip
        page.polygons(corners, paint=Paint(fills[rows, columns]), clip=panel.box, order=self.order)
        for at, (row, column) in enumerate(zip(rows.tolist(), columns.tolist(), strict=True)):
            text = self._text(row, column)
            if text:
                middle = corners[at].mean(axis=0)
                page.words(
                    lines(text), float(middle[0]), float(middle[1]), size=_TEXT, across="center",
                    colour=contrasting(fills[row, column]),
                )  # fmt: skip

    def _text(self, row: int, column: int) -> str:
        template, text = self.trace.get("texttemplate"), self.trace.get("text")
        if not template:
            return ""
        own = "" if text is None else str(text[row][column])
        found = str(template).replace("%{text}", own)
        if "%{z" in found:
            head, _, rest = found.partition("%{z")
            form, _, tail = rest.partition("}")
            found = head + number(float(self.z[row, column]), form.lstrip(":")) + tail
        return found


def _step(values: Floats) -> float:
    different = np.unique(values[np.isfinite(values)])
    return float(np.diff(different).min()) if len(different) > 1 else 1.0


def _span(values: Floats) -> Extent:
    half = _step(values) / 2
    return Extent(float(values.min()) - half, float(values.max()) + half, airy=False)


def of(trace: Mapping[str, Any], panel: Panel) -> Cells:
    """The cells of a heat map trace."""
    rows = [[np.nan if each is None else each for each in row] for row in trace.get("z") or ()]
    z = np.array(rows, dtype="float64")
    z = z.reshape(len(z), -1)
    x = trace.get("x")
    y = trace.get("y")
    return Cells(
        trace,
        panel.x.numbers(range(z.shape[1]) if x is None else x),
        panel.y.numbers(range(len(z)) if y is None else y),
        z,
    )
