"""Axes of a Plotly figure: what kind they are, their range, their ticks, and pixels of a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cvi.errors import CviError
from cvi.exports import ticks

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Extent:
    """What a mark needs of an axis: its numbers' ends, whether it wants room around them, and
    whether it stands on zero."""

    low: float
    high: float
    airy: bool = True
    on_zero: bool = False


@dataclass
class Scale:
    """One axis. `low` and `high` are the ends in numbers (dates as ms), start and end in pixels."""

    name: str
    kind: str  # linear, log, date, category
    given: Mapping[str, Any]
    categories: list[str] = field(default_factory=list)
    low: float = 0.0
    high: float = 1.0
    start: float = 0.0
    end: float = 1.0

    def numbers(self, values: Iterable[Any]) -> Floats:
        """Values of a trace as numbers on this axis; NaN for what is missing."""
        if self.kind == "category":
            known = {name: at for at, name in enumerate(self.categories)}
            return np.array([known.get(str(each), np.nan) for each in values], dtype="float64")
        if self.kind == "date":
            return as_moments(values)
        found = pd.to_numeric(pd.Series(list(values), dtype="object"), errors="coerce")
        numbers: Floats = found.to_numpy(np.float64, na_value=np.nan)
        if self.kind == "log":
            with np.errstate(divide="ignore", invalid="ignore"):
                numbers = np.where(numbers > 0, np.log10(numbers), np.nan)
        return numbers

    def pixels(self, numbers: Any) -> Any:  # noqa: ANN401 - a number or an array of them
        """Where numbers of this axis stand on the page."""
        share = (numbers - self.low) / ((self.high - self.low) or 1.0)
        return self.start + share * (self.end - self.start)

    def per_unit(self) -> float:
        """Pixels of one unit."""
        return abs(self.end - self.start) / (abs(self.high - self.low) or 1.0)

    def fit(self, extents: Sequence[Extent]) -> None:
        """Choose the range: the one that is given, or one around what is drawn."""
        given = self.given.get("range")
        if given is not None and None not in given:
            ends = self.numbers(given) if self.kind == "date" else np.array(given, dtype="float64")
            self.low, self.high = float(ends[0]), float(ends[1])
            return
        if self.kind == "category":
            self.low, self.high = -0.5, max(len(self.categories), 1) - 0.5
        elif extents:
            self.low, self.high = self._around(extents)
        if self.given.get("autorange") == "reversed":
            self.low, self.high = self.high, self.low

    def _around(self, extents: Sequence[Extent]) -> tuple[float, float]:
        low, high = min(each.low for each in extents), max(each.high for each in extents)
        to_zero = self.given.get("rangemode") in ("tozero", "nonnegative")
        if to_zero or any(each.on_zero for each in extents):
            low, high = min(low, 0.0), max(high, 0.0)
        if high == low:
            low, high = (low - 1, high + 1) if low <= 0 or not to_zero else (0.0, high * 2)
        airy = any(each.airy for each in extents)
        air = (high - low) * (0.055 if airy else 0.0)
        stands = to_zero or all(each.on_zero for each in extents)
        return low - (0 if stands and low == 0 else air), high + (
            0 if stands and high == 0 else air
        )

    # --- ticks -------------------------------------------------------------------------------

    def ticks(self) -> list[tuple[float, str]]:
        """Positions in numbers and their labels (Plotly markup), within the range."""
        if self.given.get("showticklabels") is False or self.given.get("visible") is False:
            return []
        low, high = sorted((self.low, self.high))
        near = 1e-6 * (high - low)
        return [each for each in self._ticks(low, high) if low - near <= each[0] <= high + near]

    def _ticks(self, low: float, high: float) -> list[tuple[float, str]]:
        given = self.given
        values = given.get("tickvals")
        if values is not None:
            at = self.numbers(values)
            texts = given.get("ticktext")
            if texts is not None:
                return list(zip(at.tolist(), map(str, texts), strict=False))
            return [(each, self.written(each)) for each in at.tolist()]
        if self.kind == "category":
            return [(float(at), name) for at, name in enumerate(self.categories)]
        most = int(given.get("nticks") or 0) or (9 if self.name.startswith("x") else 6)
        if self.kind == "date":
            found, form = ticks.time_steps(low, high, most)
            return [(each, self.written(each, form)) for each in found]
        step = given.get("dtick")
        if self.kind == "log":
            whole = [float(at) for at in range(int(np.ceil(low)), int(np.floor(high)) + 1)]
            return [(each, self.written(each)) for each in whole]
        if isinstance(step, int | float):
            found = ticks.every(low, high, float(step), float(given.get("tick0") or 0))
        else:
            whole_only = str(given.get("tickformat", "")).endswith("d")
            found = ticks.steps(low, high, most, whole=whole_only)
        return [(each, self.written(each)) for each in found]

    def written(self, value: float, form: str = "") -> str:
        """A number of this axis as its ticks are written."""
        wanted = str(self.given.get("tickformat") or form)
        if self.kind == "date":
            return ticks.moment(value, wanted or "%-d %b %Y")
        number = ticks.number(10.0**value if self.kind == "log" else value, wanted)
        return f"{self.given.get('tickprefix') or ''}{number}{self.given.get('ticksuffix') or ''}"


def as_moments(values: Iterable[Any]) -> Floats:
    """Dates as milliseconds since 1970, as they read (a zone is dropped, not converted)."""
    found = []
    for each in values:
        if each is None or (isinstance(each, float) and np.isnan(each)):
            found.append(np.nan)
        elif isinstance(each, int | float | np.integer | np.floating):
            found.append(float(each))
        else:
            stamp = pd.Timestamp(each)
            naive = stamp.tz_localize(None) if stamp.tzinfo else stamp
            found.append((naive - pd.Timestamp(0)) / pd.Timedelta(milliseconds=1))
    return np.array(found, dtype="float64")


def scale(name: str, given: Mapping[str, Any], columns: Sequence[Sequence[Any]]) -> Scale:
    """The axis `name` (xaxis, yaxis2 …) as the layout gives it, for the values its traces have.

    Raises CviError for a kind of axis that cannot be drawn.
    """
    kind = given.get("type") or "-"
    if kind == "-":
        kind = _guessed(columns)
    if kind not in ("linear", "log", "date", "category"):
        raise CviError(
            f"A chart with a {kind} axis cannot be drawn as a picture",
            hint="Download it as HTML instead.",
        )
    made = Scale(name, kind, given)
    if kind == "category":
        made.categories = _categories(given, columns)
    return made


def _guessed(columns: Sequence[Sequence[Any]]) -> str:
    values = [each for column in columns for each in column if each is not None]
    words = [each for each in values if isinstance(each, str)]
    if not words:
        dated = any(isinstance(each, pd.Timestamp | np.datetime64) or hasattr(each, "isoformat")
                    for each in values)  # fmt: skip
        return "date" if dated else "linear"
    return "date" if all(_is_date(each) for each in words[:50]) else "category"


def _is_date(text: str) -> bool:
    if not (len(text) >= 7 and text[:4].isdecimal() and text[4] == "-"):
        return False
    try:
        pd.Timestamp(text)
    except ValueError:
        return False
    return True


def _categories(given: Mapping[str, Any], columns: Sequence[Sequence[Any]]) -> list[str]:
    seen = dict.fromkeys(str(each) for column in columns for each in column if each is not None)
    order = str(given.get("categoryorder") or "")
    first = [str(each) for each in (given.get("categoryarray") or ())]
    if order.startswith("category "):
        return sorted(seen, reverse=order.endswith("descending"))
    return list(dict.fromkeys([*first, *seen]))
