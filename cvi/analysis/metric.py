"""What a metric is, and the registry of all metrics. A leaf: it knows no family and no frame."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cvi.registry import Registry

if TYPE_CHECKING:
    from cvi.analysis.batch import Batch

Compute = Callable[["Batch"], npt.NDArray[np.float64]]

NEEDS = ("text", "starts", "ends", "speaking", "outcome", "sentiment", "tools")
BETTER = ("higher", "lower", "neither")
PARTS = 10  # a conversation is followed in tenths


@dataclass(frozen=True)
class Metric:
    """One figure about a conversation. `compute` gives one float64 per conversation of a batch.

    NaN means "not measurable", which is never the same as 0. `needs` names the input without
    which nothing is computed; `absent` says why a value can be missing although the input is
    there. `english` marks formulas that rest on an English lexicon. A `detail` is a figure behind
    another figure: stored, exported and filterable, but not offered in pickers, not in the default
    tables, and not counted in the coverage.
    """

    name: str
    label: str
    unit: str  # share, s, turns, words, per 100 turns, per min, score, points, …
    range: tuple[float, float | None]
    better: str
    family: str
    needs: str
    formula: str
    source: str
    absent: str
    version: int
    english: bool
    detail: bool
    compute: Compute


METRICS: Registry[Metric] = Registry("metric")


def metric(  # noqa: PLR0913 - a definition has this many facts, each named where it is given
    name: str,
    label: str,
    unit: str,
    *,
    family: str,
    source: str,
    absent: str,
    needs: str = "text",
    range: tuple[float, float | None] = (0.0, None),  # noqa: A002 - the word for it
    better: str = "neither",
    english: bool = False,
    version: int = 1,
    detail: bool = False,
    formula: str = "",
) -> Callable[[Compute], Compute]:
    """Register a metric; the docstring of the function is its formula, unless one is given (for
    series of metrics made in a loop). Returns the function unchanged.

    Raises ValueError for a taken name, an unknown need or direction, or a missing docstring.
    """
    if needs not in NEEDS or better not in BETTER:
        raise ValueError(f"metric {name!r}: unknown need {needs!r} or direction {better!r}")

    def register(compute: Compute) -> Compute:
        said = " ".join((formula or inspect.getdoc(compute) or "").split())
        if not said:
            raise ValueError(f"metric {name!r} has no formula: write it as the docstring")
        item = Metric(
            name, label, unit, range, better, family, needs, said, source, absent,
            version, english, detail, compute,
        )  # fmt: skip
        METRICS.add(name, item)
        return compute

    return register


def row_of(table: Compute, at: int) -> Compute:
    """A series of metrics is a table, figures x conversations, made once for a batch: this is one
    row of it."""

    def compute(batch: Batch) -> npt.NDArray[np.float64]:
        found: npt.NDArray[np.float64] = batch.once(table)[at]
        return found

    return compute


def offered() -> tuple[str, ...]:
    """The metrics that readers choose from: all but the details, in the order of the registry."""
    return tuple(name for name, each in METRICS.items() if not each.detail)


def tenths(name: str) -> tuple[str, ...]:
    """The ten metrics of a series that follows a conversation from its start to its end."""
    return tuple(f"{name}_{part}" for part in range(1, PARTS + 1))
