"""The filter: an immutable record that every page, link, mark of a chart and export shares.

A mark of a chart is itself a filter, so that what is behind it can always be listed: the filter of
the page `both` the filter of the mark.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

UNKNOWN = ""  # the value of a column that is not known
NO_TOPIC = "none"  # in place of a topic's name: conversations without one of that kind

Span = tuple[float | None, float | None]  # from, and below; None is open

# Names of stretches of a metric. The score and the mood are spoken of in these words everywhere.
BANDS: Mapping[str, Span] = {"high": (70.0, None), "medium": (40.0, 70.0), "low": (None, 40.0)}
MOODS: Mapping[str, Span] = {
    "positive": (0.1, None), "neutral": (-0.1, 0.1), "negative": (None, -0.1)
}  # fmt: skip

Group = tuple[str, ...]  # any of these


@dataclass(frozen=True, slots=True)
class Range:
    """A condition on one metric: low <= value < high.

    Without both ends it says "measurable"; with `missing` it says "not measurable". `closed` lets
    `high` itself belong to it, as in the last bar of a histogram.
    """

    metric: str
    low: float | None = None
    high: float | None = None
    closed: bool = False
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Filters:
    """An empty field does not filter. Fields are joined by "and", values within one by "or".

    Days are whole days in `zone`, `until` included. `topics` and `tools` are groups joined by
    "and", because a conversation has several: a topic is written `kind:name`. `text` is searched
    in what was said and in titles, without regard to (ASCII) case. `period` is the name of the
    preset the days were taken from, if any: links keep it instead of the days.
    """

    since: date | None = None
    until: date | None = None
    zone: str = "UTC"
    period: str = ""
    personas: Group = ()
    replicas: Group = ()
    sources: Group = ()
    outcomes: Group = ()
    bands: Group = ()
    moods: Group = ()
    topics: tuple[Group, ...] = ()
    tools: tuple[Group, ...] = ()
    ranges: tuple[Range, ...] = ()
    text: str = ""

    def both(self, other: Filters) -> Filters:
        """The conversations in this filter and in the other. `zone` is this one's."""
        since = max(filter(None, (self.since, other.since)), default=None)
        until = min(filter(None, (self.until, other.until)), default=None)
        kept = (since, until) == (self.since, self.until)
        found = replace(self, since=since, until=until, period=self.period if kept else "")
        changes: dict[str, object] = {
            name: _joined(getattr(self, name), getattr(other, name)) for name in _VALUES
        }
        for name in ("topics", "tools", "ranges"):
            mine = getattr(self, name)
            changes[name] = mine + tuple(x for x in getattr(other, name) if x not in mine)
        changes["text"] = self.text or other.text
        return replace(found, **changes)  # type: ignore[arg-type]

    @property
    def active(self) -> bool:
        """Does it select less than everything?"""
        return any(
            getattr(self, each.name) for each in fields(self) if each.name not in ("zone", "period")
        )

    def instants(self) -> tuple[datetime | None, datetime | None]:
        """The first instant of the period, and the first after it; None where it is open."""
        since = None if self.since is None else _midnight(self.since, self.zone)
        if self.until is None:
            return since, None
        if self.until == date.max:
            return since, datetime.max.replace(tzinfo=UTC)
        return since, _midnight(self.until + timedelta(days=1), self.zone)


EVERYTHING = Filters()

# Columns with one value each: two demands meet in what both allow.
_VALUES = ("personas", "replicas", "sources", "outcomes", "bands", "moods")
_NEVER = "\x00"  # no column holds it: what is left when two demands exclude each other


def _joined(mine: Group, theirs: Group) -> Group:
    if not (mine and theirs):
        return mine or theirs
    return tuple(value for value in mine if value in theirs) or (_NEVER,)


def _midnight(day: date, zone: str) -> datetime:
    begin = datetime.combine(day, time(), zone_of(zone))
    try:
        return begin.astimezone(UTC)
    except OverflowError:  # at the edges of the calendar
        return begin.replace(tzinfo=UTC)


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name; UTC when there is no such one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
