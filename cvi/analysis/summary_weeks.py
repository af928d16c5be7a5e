"""Weeks against one another: the last full one, which was worst, and why.

Weeks run from Monday to Sunday in the zone of `started_at`.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from cvi.analysis import grouped, ranktest
from cvi.analysis.comparison import LARGE, LEAST
from cvi.analysis.grouped import Ints
from cvi.analysis.quality import ITEMS
from cvi.analysis.summary import figures, marked
from cvi.selection.filters import Filters, Range

BASELINE = 4  # weeks before that the last one is compared with
SURE = 0.05
COSTLIER = 0.5  # points more than in other weeks, from which an item is a reason
_DAY = 86_400_000_000  # microseconds
_MONDAY = 3  # day 0 was a Thursday


def _weeks(frame: pd.DataFrame) -> tuple[Ints, Ints]:
    """The week of each conversation as a place among the weeks that have any (-1: no date), and the
    first day of those weeks, counted from 1 Jan 1970."""
    wall = frame["started_at"].dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    days = np.floor_divide(wall.astype(np.int64), _DAY)
    number = (days + _MONDAY) // 7
    known = ~np.isnat(wall)
    found, place = np.unique(number[known], return_inverse=True)
    codes = np.full(len(frame), -1)
    codes[known] = place
    return codes, 7 * found - _MONDAY


def _zone(frame: pd.DataFrame) -> str:
    return str(frame["started_at"].dt.tz or "UTC")


def _day(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=int(number))


def _period(first: date, last: date, zone: str) -> Filters:
    return Filters(since=first, until=last, zone=zone)


def last_full(frame: pd.DataFrame, today: date) -> tuple[Filters, Filters] | None:
    """The last week that is over by `today` and has conversations, and the BASELINE weeks before
    it, as filters; None when there is no such week."""
    _, mondays = _weeks(frame)
    over = [day for day in map(_day, mondays.tolist()) if day + timedelta(days=6) < today]
    if not over:
        return None
    first, zone = over[-1], _zone(frame)
    before = first - timedelta(weeks=BASELINE)
    return (
        _period(first, first + timedelta(days=6), zone),
        _period(before, first - timedelta(days=1), zone),
    )


def ranked(frame: pd.DataFrame) -> pd.DataFrame:
    """Weeks (index: their Monday), worst quality first: median quality of the week and of all other
    weeks (`rest`), effect (Cliff's delta) and q (corrected) of the difference, because (a sentence:
    which items cost more than in other weeks), n scored conversations, of, filters.

    Weeks with fewer than LEAST scored conversations are left out.
    """
    codes, mondays = _weeks(frame)
    quality, size = figures(frame, "quality"), len(mondays)
    found = pd.DataFrame(
        {
            "n": grouped.means(quality, codes, size)[0],
            "of": grouped.counts(codes, size),
            "quality": grouped.quantiles(quality, codes, size, [0.5])[:, 0],
            "rest": _medians_of_the_others(quality, codes, size),
        },
        index=pd.DatetimeIndex(
            mondays.astype("datetime64[D]").astype("datetime64[us]"), name="week"
        ),
    )
    tested = ranktest.against_rest(quality, np.arange(len(frame)), codes, size)
    enough = np.minimum(tested.n, tested.others) >= LEAST
    found["effect"] = tested.effect
    found["q"] = ranktest.corrected(np.where(enough, tested.p, np.nan))
    found["because"] = _because(frame, codes, size)
    scored = Filters(ranges=(Range("quality"),))
    days = [_day(each) for each in mondays.tolist()]
    periods = [_period(day, day + timedelta(days=6), _zone(frame)) for day in days]
    found["filters"] = marked([each.both(scored) for each in periods], found.index)
    return found[enough].sort_values(["quality", "effect"], kind="stable")


def worst(table: pd.DataFrame) -> str:
    """Which week was worst and why, from `ranked`; says so when none stands out."""
    if len(table) < 2:
        return ""
    first = table.iloc[0]
    week = pd.Timestamp(table.index[0])
    told = (
        f"quality {first['quality']:.0f}, in other weeks {first['rest']:.0f} "
        f"({first['n']:,} conversations)"
    )
    if not (first["q"] <= SURE and first["effect"] <= -LARGE):
        return (
            f"No week stands out. The week of {week.day} {week:%b %Y} was lowest, by no more than "
            f"chance or too little to matter: {told}. {first['because']}".rstrip()
        )
    said = f"The week of {week.day} {week:%b %Y} was worst: {told}."
    return f"{said} {first['because']}".rstrip()


def _medians_of_the_others(values: grouped.Floats, codes: Ints, size: int) -> list[float]:
    known = (codes >= 0) & ~np.isnan(values)
    mine, group = values[known], codes[known]
    return [
        float(np.median(others)) if len(others := mine[group != at]) else float("nan")
        for at in range(size)
    ]


def _because(frame: pd.DataFrame, codes: Ints, size: int) -> list[str]:
    """The three items that cost most more than in other weeks."""
    more = []
    for item in ITEMS:
        # What was not measured cost nothing: so the costs add up to what the score lacks.
        cost = np.where(np.isnan(figures(frame, "quality")), np.nan,
                        np.nan_to_num(figures(frame, item.lost)))  # fmt: skip
        n, total = grouped.means(cost, codes, size)[0], grouped.sums(cost, codes, size)
        with np.errstate(divide="ignore", invalid="ignore"):
            more.append(total / n - (total.sum() - total) / (n.sum() - n))
    table = np.array(more).T
    return [_told(row) for row in table]


def _told(more: grouped.Floats) -> str:
    largest = [at for at in np.argsort(-np.nan_to_num(more))[:3].tolist() if more[at] >= COSTLIER]
    said = [f"{ITEMS[at].name} ({more[at]:.1f})" for at in largest]
    if not said:
        return ""
    listed = said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
    return f"More points than in other weeks were lost to {listed}."
