"""Summaries of many conversations: spread, by week, by group, change, and what stands out.

Every function takes the frame of conversations with one column a metric and returns new frames.
NaN means "not measurable": such conversations are counted in `of` and never in `n`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
import pandas as pd

from cvi.analysis import grouped
from cvi.analysis.metric import METRICS
from cvi.analysis.units import is_flat, shown, shown_change
from cvi.selection.filters import UNKNOWN as UNKNOWN_VALUE
from cvi.selection.filters import Filters, Range

STATS = ("mean", "median", "p25", "p75", "p95")
NOISE = 1.96  # standard errors a change must exceed to be more than chance
_ERROR_OF_MEDIAN = 1.2533 / 1.349  # of a normal distribution, per interquartile range
_SHARES = {"p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}
MOST_WEEKS = 78  # longer spans are drawn by month
MOST_GROUPS = 10
FEWEST = 5  # conversations on each side below which no change is stated
UNKNOWN = "unknown"
_DAY = 86_400_000_000  # microseconds


@dataclass(frozen=True, slots=True)
class Spread:
    """One metric over some conversations: `n` measured of `of`; NaN everywhere when n is 0."""

    n: int
    of: int
    mean: float
    median: float
    p25: float
    p75: float
    p95: float
    sd: float

    def error(self, stat: str) -> float:
        """Approximate standard error of the mean or the median."""
        width = self.sd if stat == "mean" else _ERROR_OF_MEDIAN * (self.p75 - self.p25)
        return width / self.n**0.5 if self.n else float("nan")

    @property
    def coverage(self) -> float:
        """Share of the conversations that could be measured; NaN without any."""
        return self.n / self.of if self.of else float("nan")


def numbers(frame: pd.DataFrame, name: str) -> pd.Series[float]:
    """One metric as float64; all missing when the frame has no such column."""
    if name not in frame.columns:
        return pd.Series(np.nan, index=frame.index, dtype="float64")
    return frame[name].astype("float64")


def figures(frame: pd.DataFrame, name: str) -> grouped.Floats:
    """The same as an array, NaN where it is missing."""
    return np.asarray(numbers(frame, name), np.float64)


def spread(frame: pd.DataFrame, name: str) -> Spread:
    """Mean and percentiles of one metric over all conversations of the frame."""
    values = figures(frame, name)
    known = values[~np.isnan(values)]
    if not len(known):
        return Spread(0, len(frame), *([float("nan")] * (len(STATS) + 1)))
    cuts = np.quantile(known, list(_SHARES.values())).tolist()
    found = dict(zip(_SHARES, cuts, strict=True))
    sd = float(known.std())
    return Spread(len(known), len(frame), mean=float(known.mean()), sd=sd, **found)


def table(frame: pd.DataFrame, name: str, by: pd.Series) -> pd.DataFrame:
    """One row per value of `by` (aligned with the frame): n, of, coverage and STATS of a metric."""
    codes, values = grouped.coded(by)
    return _table(frame, name, codes, values.rename(by.name))


def _table(frame: pd.DataFrame, name: str, codes: grouped.Ints, index: pd.Index) -> pd.DataFrame:
    values, size = figures(frame, name), len(index)
    of = grouped.counts(codes, size)
    n, mean = grouped.means(values, codes, size)
    cuts = grouped.quantiles(values, codes, size, list(_SHARES.values()))
    coverage = np.divide(n, of, out=np.full(size, np.nan), where=of > 0)
    found = {"n": n, "of": of, "coverage": coverage, "mean": mean}
    found |= {stat: cuts[:, at] for at, stat in enumerate(_SHARES)}
    return pd.DataFrame(found, index=index)[["n", "of", "coverage", *STATS]]


# --- time ------------------------------------------------------------------------------------


def step(frame: pd.DataFrame) -> str:
    """`week`, or `month` when the conversations span more than MOST_WEEKS."""
    begun = frame["started_at"]
    return "month" if begun.max() - begun.min() > pd.Timedelta(weeks=MOST_WEEKS) else "week"


def starts(frame: pd.DataFrame) -> pd.Series:
    """The Monday (or first of the month) each conversation began in; NaT without a date.

    Days are those of the zone that `started_at` is in.
    """
    return pd.Series(_begins(frame)[0].astype("datetime64[us]"), frame.index)


def _begins(frame: pd.DataFrame) -> tuple[npt.NDArray[np.datetime64], grouped.Ints, str]:
    """The first day of each conversation's week (or month), the number of that week counted from
    any, and which of both it is."""
    every = step(frame)
    wall = frame["started_at"].dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    days = np.floor_divide(wall.astype(np.int64), _DAY)
    if every == "month":
        month = days.astype("datetime64[D]").astype("datetime64[M]")
        begun, number = month.astype("datetime64[D]"), month.astype(np.int64)
    else:
        number = (days + 3) // 7  # day 0 was a Thursday
        begun = (7 * number - 3).astype("datetime64[D]")
    begun[np.isnat(wall)] = np.datetime64("NaT")
    return begun, number, every


def calendar(frame: pd.DataFrame) -> pd.DatetimeIndex:
    """Every week (or month) from the first to the last that has a conversation."""
    return places(frame)[1]


def places(frame: pd.DataFrame) -> tuple[grouped.Ints, pd.DatetimeIndex]:
    """The week (or month) each conversation began in, as a place in the calendar; -1 without."""
    begun, number, every = _begins(frame)
    known = ~np.isnat(begun)
    if not known.any():
        return np.full(len(frame), -1), pd.DatetimeIndex([], name="week", dtype="datetime64[us]")
    first, last = number[known].min(), number[known].max()
    start = begun[known].min().astype("datetime64[us]")
    freq = "MS" if every == "month" else "7D"
    weeks = pd.date_range(start, periods=int(last - first) + 1, freq=freq, name="week")
    return np.where(known, number - first, -1), weeks


def by_week(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """`table` by week, with a row for weeks without conversations: n and of are 0 there."""
    return _table(frame, name, *places(frame))


def volume(frame: pd.DataFrame) -> pd.DataFrame:
    """Conversations by week (rows) and outcome (columns, most frequent first)."""
    codes, outcomes = grouped.coded(frame["outcome"].fillna(UNKNOWN).replace("", UNKNOWN))
    week, weeks = places(frame)
    counts = grouped.pairs(week, codes, (len(weeks), len(outcomes)))
    found = pd.DataFrame(counts, index=weeks, columns=outcomes.rename("outcome"))
    total = found.sum().sort_values(ascending=False, kind="stable")
    return found[total[total > 0].index]


def undated(frame: pd.DataFrame) -> int:
    """Conversations without a date, which no chart over time can show."""
    return int(frame["started_at"].isna().sum())


# --- groups ----------------------------------------------------------------------------------


def grouping(frame: pd.DataFrame) -> str:
    """What to compare by: the persona, or the source where no persona is known."""
    return "persona" if frame["persona"].notna().any() else "source"


def labels(frame: pd.DataFrame) -> pd.Series:
    """The group of each conversation; beyond MOST_GROUPS the small ones share one label.

    Categorical, its categories in alphabetical order.
    """
    column = grouping(frame)
    codes, values = grouped.coded(frame[column])
    names = np.array([*values, f"no {column}"], dtype=object)
    sizes = np.append(grouped.counts(codes, len(values)), (codes < 0).sum())
    largest = np.argsort(-sizes, kind="stable")
    largest = largest[sizes[largest] > 0]
    if len(largest) > MOST_GROUPS:
        small = largest[MOST_GROUPS - 1 :]
        names[small] = f"{len(small)} others"
    place, kept = pd.factorize(names, sort=True)
    found = pd.Categorical.from_codes(place[codes], pd.Index(kept).astype("str"))
    return pd.Series(found, index=frame.index, name="group").cat.remove_unused_categories()


def groups(frame: pd.DataFrame) -> dict[str, Filters]:
    """Which conversations each label of `labels` stands for, as a filter."""
    column = grouping(frame)
    values = frame[column].astype("object").where(frame[column].notna(), UNKNOWN_VALUE)
    named = pd.DataFrame({"label": labels(frame), "value": values}).drop_duplicates()
    field = f"{column}s"
    members = named.groupby("label", sort=False)["value"].agg(tuple).to_dict()
    return {str(name): Filters(**{field: mine}) for name, mine in members.items()}


def marked(filters: Sequence[Filters], index: pd.Index) -> pd.Series:
    """The filters of the rows of a table, as its column."""
    return pd.Series(list(filters), index=index, dtype="object")


def by_group(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """`table` by persona (or source), highest median first, not measurable ones last."""
    return table(frame, name, labels(frame)).sort_values(
        ["median", "n"], ascending=False, na_position="last", kind="stable"
    )


def by_group_and_week(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """A metric by persona (or source) and week, a row each: group, week, place (of the week in the
    calendar), n, of, median (NaN where nothing is measured), filters."""
    codes, names = grouped.coded(labels(frame))
    week, weeks = places(frame)
    both = np.where((codes >= 0) & (week >= 0), codes * len(weeks) + week, -1)
    size = len(names) * len(weeks)
    values = figures(frame, name)
    found = pd.DataFrame(
        {
            "group": np.repeat(names.astype("str").to_numpy(object), len(weeks)),
            "week": np.tile(weeks.to_numpy(), len(names)),
            "place": np.tile(np.arange(len(weeks)), len(names)),
            "n": grouped.means(values, both, size)[0],
            "of": grouped.counts(both, size),
            "median": grouped.quantiles(values, both, size, [0.5])[:, 0],
        }
    )
    found = found[found["of"] > 0].reset_index(drop=True)
    known, periods = groups(frame), weeks_as_filters(weeks, step(frame))
    measured_here = Filters(ranges=(Range(name),))
    filters = [
        known[group].both(periods[place]).both(measured_here)
        for group, place in zip(found["group"], found["place"], strict=True)
    ]
    return found.assign(filters=marked(filters, found.index))


def weeks_as_filters(weeks: pd.DatetimeIndex, every: str) -> list[Filters]:
    """The days of each week (or month, by `every`) of a calendar."""
    ends = weeks + (pd.offsets.MonthEnd(1) if every == "month" else pd.Timedelta(days=6))
    return [Filters(since=a.date(), until=b.date()) for a, b in zip(weeks, ends, strict=True)]


def histogram(frame: pd.DataFrame, name: str, edges: Sequence[float]) -> pd.DataFrame:
    """Conversations per bin: low, high, n. The last bin holds its upper edge too."""
    counts, _ = np.histogram(numbers(frame, name).dropna(), bins=np.asarray(edges))
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "n": counts})


def within(frame: pd.DataFrame, name: str, low: float, high: float) -> pd.DataFrame:
    """The conversations of one bin of `histogram`: low <= value < high, or the range's top."""
    values = numbers(frame, name)
    top = METRICS[name].range[1] if name in METRICS else None
    inside = (values >= low) & ((values < high) | ((values == high) & (high == top)))
    return frame[inside]


# --- tiles -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure of the top row. `change` is against the period before, None when not stated."""

    name: str
    label: str
    value: str
    n: int
    of: int
    note: str = ""
    change: str | None = None
    direction: str = "neither"  # which way is better
    flat: bool = False
    clear: bool = True  # more than chance makes likely
    before: int | None = None  # measured conversations of the period before, None without one
    spark: tuple[float, ...] = ()


def count_tile(frame: pd.DataFrame, before: pd.DataFrame | None) -> Tile:
    """How many conversations there are."""
    week, weeks = places(frame)
    change = None if before is None else float(len(frame) - len(before))
    return Tile(
        "", "Conversations", f"{len(frame):,}", len(frame), len(frame),
        change=None if change is None else shown_change(change, ""),
        flat=not change,
        before=None if before is None else len(before),
        spark=tuple(grouped.counts(week, len(weeks)).tolist()),
    )  # fmt: skip


def tile(
    frame: pd.DataFrame,
    before: pd.DataFrame | None,
    name: str,
    *,
    label: str | None = None,
    stat: str = "median",
    note: str = "",
) -> Tile:
    """One metric as a tile: value, change, and the same statistic by week."""
    metric, now = METRICS[name], spread(frame, name)
    then = None if before is None else spread(before, name)
    weekly = by_week(frame, name)[stat].dropna()
    stated = then is not None and min(now.n, then.n) >= FEWEST
    change = getattr(now, stat) - getattr(then, stat) if stated else None
    noise = NOISE * float(np.hypot(now.error(stat), then.error(stat))) if then else 0.0
    return Tile(
        name, label or metric.label, shown(getattr(now, stat), metric.unit), now.n, now.of,
        note=note if now.n else "",
        change=None if change is None else shown_change(change, metric.unit),
        direction=metric.better,
        flat=change is not None and is_flat(change, metric.unit),
        clear=change is not None and abs(change) > noise,
        before=None if then is None else then.n,
        spark=tuple(weekly.tolist()),
    )  # fmt: skip


def measured(frame: pd.DataFrame, names: Sequence[str]) -> str:
    """The first of several metrics of the same thing that any conversation has, else the first."""
    return next((name for name in names if spread(frame, name).n), names[0])


def previous(since: date, until: date | None, today: date) -> tuple[date, date]:
    """The equally long period (both days inclusive) that ends the day before `since`."""
    days = max(((until or today) - since).days + 1, 1)
    room = (since - date.min).days  # the calendar has a beginning, and a link may say any day
    return since - timedelta(days=min(days, room)), since - timedelta(days=min(1, room))


# --- what stands out --------------------------------------------------------------------------


def standouts(frame: pd.DataFrame, name: str, *, lowest: bool, limit: int = 5) -> pd.DataFrame:
    """The conversations with the lowest or highest value, ties by id; unmeasured ones never."""
    values = figures(frame, name) * (1 if lowest else -1)
    return frame.iloc[grouped.least(values, frame["conversation_id"], limit)]


def listing(frame: pd.DataFrame, names: Sequence[str], *, limit: int = 200) -> pd.DataFrame:
    """Rows for a table: what the conversation is called, who, when, and some metrics; newest first.

    A conversation without a title is called by its id.
    """
    begun = frame["started_at"]
    age = -begun.astype("int64").to_numpy().astype(np.float64)
    age[begun.isna().to_numpy()] = np.inf  # the undated come last
    return entries(frame.iloc[grouped.least(age, frame["conversation_id"], limit)], names)


def extremes(
    frame: pd.DataFrame, name: str, *, limit: int = 5
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The lowest and the highest conversations; none is in both, however few there are."""
    n = int(numbers(frame, name).notna().sum())
    low = standouts(frame, name, lowest=True, limit=min(limit, n - n // 2))
    return low, standouts(frame, name, lowest=False, limit=min(limit, n // 2))


def entries(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The frame's rows in their order, as `listing` describes them; shares are in percent."""
    called = frame["title"].where(frame["title"].notna(), frame["conversation_id"])
    found = pd.DataFrame(
        {
            "conversation_id": frame["conversation_id"],
            "link": "conversation?id=" + frame["conversation_id"].map(_quoted).astype("str"),
            "conversation": called,
            "persona": frame["persona"].where(frame["persona"].notna(), frame["source"]),
            "started": frame["started_at"],
        }
    )
    metrics = {name: numbers(frame, name) * _factor(name) for name in names}
    return found.assign(**metrics).reset_index(drop=True)


def _factor(name: str) -> float:
    return 100.0 if name in METRICS and METRICS[name].unit == "share" else 1.0


def _quoted(name: str) -> str:
    return quote(name, safe="")
