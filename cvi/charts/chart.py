"""A figure whose marks know which conversations they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from cvi.selection.filters import EVERYTHING, Filters


@dataclass(frozen=True, slots=True)
class Mark:
    """A bar, point or square: `n` conversations, those of the page's filter `both` this one's.

    `values` are its figures as they are read out: ("median", "0.91 s"). A mark of one conversation
    names it, and leads straight to it.
    """

    label: str
    n: int
    filters: Filters = EVERYTHING
    values: tuple[tuple[str, str], ...] = ()
    conversation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure and its marks. A point of the figure that can be selected carries the number of its
    mark first in its customdata."""

    figure: go.Figure
    marks: tuple[Mark, ...] = ()

    @property
    def alt(self) -> str:
        """The figure in words."""
        return str(self.figure.layout.meta["alt"])


def numbered(marks: Sequence[Mark], *more: Sequence[object], first: int = 0) -> list[list[object]]:
    """customdata for the marks of one trace: the number of each mark, then what its hover shows."""
    rows = zip(*more, strict=True) if more else ((),) * len(marks)
    return [[first + at, *row] for at, row in zip(range(len(marks)), rows, strict=True)]
