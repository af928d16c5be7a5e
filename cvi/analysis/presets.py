"""Problems worth reading first, each a filter: its thresholds and the reasons for them stand here.

A preset says what to look at, not what went wrong: a slow call may have been a good one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import pandas as pd

from cvi.selection.filters import Filters, Group, Range
from cvi.selection.mask import mask


@dataclass(frozen=True, slots=True)
class Preset:
    """A problem by name. `filters` holds ranges, outcomes and bands: what columns can answer."""

    name: str
    label: str
    reason: str
    filters: Filters

    def on(self, filters: Filters) -> bool:
        """Does the filter already demand it?"""
        ranges = all(each in filters.ranges for each in self.filters.ranges)
        return ranges and all(getattr(filters, field) == each for field, each in self._values())

    def toggled(self, filters: Filters) -> Filters:
        """The filter with it, or without it if it is on."""
        if not self.on(filters):
            return filters.both(self.filters)
        ranges = tuple(each for each in filters.ranges if each not in self.filters.ranges)
        return replace(filters, ranges=ranges, **dict.fromkeys(dict(self._values()), ()))  # type: ignore[arg-type]

    def _values(self) -> Iterator[tuple[str, Group]]:
        for field in ("outcomes", "bands"):
            if values := getattr(self.filters, field):
                yield field, values


def _range(metric: str, low: float | None = None, high: float | None = None) -> Filters:
    return Filters(ranges=(Range(metric, low, high),))


SLOW_S = 2.0
INTERRUPTED = 3.0
# One side with more than 80 % of the words: -(0.8 log2 0.8 + 0.2 log2 0.2). From 0.01, because a
# call in which one side is silent altogether is another problem.
ONE_SIDED = (0.01, 0.722)
REPAIRS = 5.0
MOOD_FELL = -0.3

PRESETS: tuple[Preset, ...] = (
    Preset(
        "slow", "Slow",
        "Half of the answers take 2 s or more. Between people the gap is 0.2 s; from about 2 s on "
        "callers wonder whether they were heard.",
        _range("response_time_p50", SLOW_S),
    ),
    Preset(
        "interrupted", "Interrupted",
        "The user took the floor from the assistant three times or more. Once or twice is "
        "ordinary talk.",
        _range("user_interruptions", INTERRUPTED),
    ),
    Preset(
        "one-sided", "One-sided",
        "One side has more than 80 % of the words: a lecture, or an assistant that hardly answers. "
        "Calls in which one side never spoke are not counted here.",
        _range("turn_entropy", *ONE_SIDED),
    ),
    Preset(
        "repair-heavy", "Repair-heavy",
        "The user asked again or corrected the assistant in one of twenty turns or more.",
        _range("user_repair_rate", REPAIRS),
    ),
    Preset(
        "mood-fell", "Mood fell",
        "The user's sentiment in the last quarter is at least 0.3 below that of the first, on a "
        "scale from -1 to +1. Measured from 8 scored turns on.",
        _range("sentiment_change", high=MOOD_FELL),
    ),
    Preset(
        "low-quality", "Low quality",
        "Under 40 of 100 points: what the Quality page calls low.",
        Filters(bands=("low",)),
    ),
    Preset(
        "never-spoke", "Never spoke",
        "The user joined and said nothing.",
        Filters(outcomes=("never_spoke",)),
    ),
    Preset(
        "failed", "Failed",
        "The service broke off the call or could not start it.",
        Filters(outcomes=("failed",)),
    ),
)  # fmt: skip


def counts(frame: pd.DataFrame, presets: Iterable[Preset] = PRESETS) -> dict[str, int]:
    """How many of the conversations of a frame each preset selects."""
    return {each.name: int(mask(each.filters, frame).sum()) for each in presets}
