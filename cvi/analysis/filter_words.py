"""The filter in words: a chip for each thing that is on, and one line for what is printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from cvi.analysis.metric import METRICS, Metric
from cvi.analysis.units import suffix
from cvi.selection.filters import NO_TOPIC, UNKNOWN, Filters, Group, Range
from cvi.selection.periods import PERIODS

_FIELDS: Mapping[str, str] = {
    "personas": "Persona", "replicas": "Replica", "sources": "Source", "outcomes": "Outcome",
    "bands": "Quality", "moods": "Sentiment", "topics": "Topic", "tools": "Tool",
}  # fmt: skip
_KINDS: Mapping[str, str] = {"corpus": "cluster ", "term": "term "}
_SHARES = frozenset({"share", "yes = 1"})


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing the filter demands, in words, and the filter without it."""

    text: str
    rest: Filters


def chips(filters: Filters) -> list[Chip]:
    """What is on, in the order of the filter bar."""
    return list(_chips(filters))


def described(filters: Filters) -> str:
    """The whole filter in one line, for print and manifests."""
    return "; ".join(chip.text for chip in chips(filters)) or "all conversations"


def _chips(filters: Filters) -> Iterator[Chip]:
    if filters.since is not None or filters.until is not None:
        yield Chip(period(filters), replace(filters, since=None, until=None, period=""))
    for field, label in _FIELDS.items():
        for value in getattr(filters, field):
            rest = tuple(other for other in getattr(filters, field) if other != value)
            text = f"{label}: {_value(field, value)}"
            yield Chip(text, replace(filters, **{field: rest}))  # type: ignore[arg-type]
    for each in filters.ranges:
        rest_ranges = tuple(other for other in filters.ranges if other != each)
        yield Chip(condition(each), replace(filters, ranges=rest_ranges))
    if filters.text:
        yield Chip(f"Said: “{filters.text}”", replace(filters, text=""))


def _value(field: str, value: str | Group) -> str:
    if isinstance(value, tuple):
        return " or ".join(topic(each) if field == "topics" else each for each in value)
    return value.replace("_", " ") if value != UNKNOWN else "unknown"


def topic(token: str) -> str:
    """A topic as the filter writes it (`kind:name`), in words."""
    kind, _, name = token.partition(":")
    if name == NO_TOPIC:
        return f"no {_KINDS.get(kind, 'topic')}".strip()
    return _KINDS.get(kind, "") + name


def period(filters: Filters) -> str:
    """The days of a filter in words: `Last 30 days (26 Oct - 24 Nov 2026)`."""
    since, until = filters.since, filters.until
    if since is None or until is None:
        return f"from {day(since)}" if since else f"until {day(until)}" if until else "all time"
    same = since.year == until.year
    begin = f"{since.day} {since:%b}" if same else day(since)
    span = day(until) if since == until else f"{begin} – {day(until)}"
    named = PERIODS.get(filters.period)
    return f"{named[0]} ({span})" if named else span


def day(moment: date | None) -> str:
    """A day as people write it."""
    return "" if moment is None else f"{moment.day} {moment:%b %Y}"


def condition(range_: Range) -> str:
    """A condition on a metric in words: `User talk share from 40 to 60 %`."""
    metric = METRICS.get(range_.metric)
    label = metric.label if metric else range_.metric
    if range_.missing:
        return f"{label} not measurable"
    if metric and metric.unit == "yes = 1" and range_.low == 1:
        return f"{label}: yes"
    low, high = (_figure(metric, end) for end in (range_.low, range_.high))
    unit = _unit(metric)
    if not low and not high:
        return f"{label} measurable"
    if low and high:
        return f"{label} {low} to {high}{unit}"
    below = "at most" if range_.closed else "under"
    return f"{label} from {low}{unit}" if low else f"{label} {below} {high}{unit}"


def _figure(metric: Metric | None, value: float | None) -> str:
    if value is None:
        return ""
    shown = 100 * value if metric and metric.unit in _SHARES else value
    return f"{round(shown, 4):,.10g}"


def _unit(metric: Metric | None) -> str:
    if metric is None or metric.unit in ("score", "points"):
        return ""
    if metric.unit in _SHARES:
        return " %"
    return " s" if metric.unit == "s" else f" {suffix(metric.unit)}"
