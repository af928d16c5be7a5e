"""The filter in a link: to query parameters and back, without loss.

Several values of a parameter are several parameters of one name, as links have them. What a link
says and nobody understands is reported, and the rest of it still holds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date

from cvi.selection.filters import BANDS, MOODS, Filters, Range, zone_of
from cvi.selection.periods import PERIODS

Query = dict[str, list[str]]

_PLAIN = {
    "persona": "personas", "replica": "replicas", "source": "sources", "outcome": "outcomes",
    "band": "bands", "mood": "moods",
}  # fmt: skip
_GROUPS = {"topic": "topics", "tool": "tools"}
_NAMED: Mapping[str, Collection[str]] = {"band": BANDS, "mood": MOODS}
KEYS = ("period", "from", "to", "tz", *_PLAIN, *_GROUPS, "m", "q")
MOST_VALUES = 200  # of one parameter; a longer list is no filter a person made
_BETWEEN = "|"  # alternatives within a topic or tool
_PARTS = re.compile(r"(?:\\.|[^\\|])+", re.DOTALL)


def to_query(filters: Filters) -> Query:
    """The parameters that say this filter; what does not filter is left out."""
    found: Query = {}
    if filters.period:
        found["period"] = [filters.period]
    else:
        found["from"] = [] if filters.since is None else [filters.since.isoformat()]
        found["to"] = [] if filters.until is None else [filters.until.isoformat()]
    dated = filters.since is not None or filters.until is not None
    found["tz"] = [filters.zone] if dated else []
    for key, field in _PLAIN.items():
        found[key] = list(getattr(filters, field))
    for key, field in _GROUPS.items():
        found[key] = [_BETWEEN.join(map(_escaped, group)) for group in getattr(filters, field)]
    found["m"] = [_range_text(each) for each in filters.ranges]
    found["q"] = [filters.text] if filters.text else []
    return {key: values for key, values in found.items() if values}


def from_query(
    query: Mapping[str, Sequence[str]], *, today: date, zone: str, metrics: Collection[str]
) -> tuple[Filters, list[str]]:
    """The filter a link says, and what could not be understood, in sentences.

    `zone` is the viewer's: it holds where the link names none. `metrics` are those that exist.
    """
    problems: list[str] = []
    given = {key: list(query[key])[:MOST_VALUES] for key in KEYS if query.get(key)}
    where = _zone(_first(given, "tz"), zone, problems)
    found = replace(_period(given, today, problems), zone=where)
    for key, field in _PLAIN.items():
        values = tuple(dict.fromkeys(given.get(key, [])))
        if key in _NAMED:
            values = tuple(_known(values, key, _NAMED[key], problems))
        found = replace(found, **{field: values})  # type: ignore[arg-type]
    for key, field in _GROUPS.items():
        groups = (tuple(map(_unescaped, _PARTS.findall(text))) for text in given.get(key, []))
        kept = tuple(dict.fromkeys(group for group in groups if group))
        found = replace(found, **{field: kept})  # type: ignore[arg-type]
    ranges = (_range(text, metrics, problems) for text in given.get("m", []))
    kept_ranges = tuple(dict.fromkeys(each for each in ranges if each))
    return replace(found, ranges=kept_ranges, text=_first(given, "q") or ""), problems


def _first(given: Query, key: str) -> str | None:
    return given[key][0] if key in given else None


def _zone(name: str | None, viewers: str, problems: list[str]) -> str:
    if name is None or zone_of(name).key == name:
        return name or viewers
    problems.append(f"There is no time zone {name!r}; write it as Europe/Berlin or UTC.")
    return viewers


def _known(
    values: Sequence[str], key: str, names: Collection[str], problems: list[str]
) -> list[str]:
    problems += [
        f"There is no {key} {value!r}; there are {', '.join(names)}."
        for value in values
        if value not in names
    ]
    return [value for value in values if value in names]


# --- period ----------------------------------------------------------------------------------


def _period(given: Query, today: date, problems: list[str]) -> Filters:
    name = _first(given, "period")
    if name is not None and name in PERIODS:
        since, until = PERIODS[name][1](today)
        return Filters(since=since, until=until, period=name)
    if name:
        problems.append(f"There is no period {name!r}; there are {', '.join(PERIODS)}.")
    return Filters(
        since=_day(_first(given, "from"), "from", problems),
        until=_day(_first(given, "to"), "to", problems),
    )


def _day(text: str | None, key: str, problems: list[str]) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        problems.append(f"{key}={text!r} is no day; write it as 2026-03-31.")
        return None


# --- ranges ----------------------------------------------------------------------------------


def _range_text(condition: Range) -> str:
    if condition.missing:
        return f"{condition.metric}:none"
    end = "=" if condition.closed else ""
    return f"{condition.metric}:{_number_text(condition.low)}..{end}{_number_text(condition.high)}"


def _number_text(value: float | None) -> str:
    return "" if value is None else repr(float(value)).removesuffix(".0")


def _range(text: str, metrics: Collection[str], problems: list[str]) -> Range | None:
    metric, colon, rest = text.partition(":")
    if not colon or metric not in metrics:
        problems.append(f"m={text!r} names no metric; write it as quality:40..70.")
        return None
    if rest == "none":
        return Range(metric, missing=True)
    low, dots, high = rest.partition("..")
    closed = high.startswith("=")
    if dots:
        with suppress(ValueError):
            return Range(metric, _number(low), _number(high.removeprefix("=")), closed=closed)
    problems.append(f"m={text!r} is no range; write it as {metric}:40..70 or {metric}:none.")
    return None


def _number(text: str) -> float | None:
    if not text:
        return None
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(_BETWEEN, f"\\{_BETWEEN}")


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
