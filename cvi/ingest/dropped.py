"""What a file says and the reader cannot use: each is told, so that nothing is lost in silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cvi.events.aliases import first
from cvi.events.times import parse_time
from cvi.ingest.conversation import END_KEYS, TIME_KEYS
from cvi.ingest.item import Problem

_SHOWN = 40  # characters of a value, and
_NAMED = 8  # names, in one line
_OFFSET = "seconds_from_start"


def unread_time(given: Mapping[str, Any], shaped: Mapping[str, Any]) -> object | None:
    """The time of a turn that could not be read; None when there is none such.

    `shaped` is the turn as `shape_row` made it of `given`.
    """
    stamp: object = shaped.get("timestamp")
    offset: object = given.get(_OFFSET)
    if stamp not in (None, "") and parse_time(stamp) is None:
        return stamp
    if offset not in (None, "") and shaped.get(_OFFSET) is None:
        return offset
    end = first(given, END_KEYS)
    untold = shaped.get("duration") is None and shaped.get("duration_s") is None
    # An end alone is no duration; an end that does not fit its start is none either.
    return end if end is not None and untold and first(given, TIME_KEYS) is not None else None


def unread_times(
    given: Sequence[Any], shaped: Sequence[Any], where: str, line: int | None
) -> Iterator[Problem]:
    """One Problem for all turns of a conversation whose time could not be read."""
    found = [
        (number, value)
        for number, (before, after) in enumerate(zip(given, shaped, strict=True), 1)
        if isinstance(before, dict) and (value := unread_time(before, after)) is not None
    ]
    if found:
        number, value = found[0]
        what = f"{len(found)} of {len(given)} turns have a time that cannot be read"
        told = f"{what} (first: turn {number}, {shown(value)})"
        yield Problem(where, line, told, "They are kept without it.")


def left_out(names: Sequence[str], where: str, line: int | None) -> Iterator[Problem]:
    """One Problem for the values of a conversation that found no place."""
    if names:
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        what = f"not read: {', '.join(map(shown, names[:_NAMED]))}{more}"
        yield Problem(where, line, what, "Labels are texts and numbers; durations are seconds.")


def differs(name: str, kept: object, other: object, where: str, line: int | None) -> Problem:
    """A conversation's rows disagree about what can be said once only."""
    what = f"{name} is {shown(other)} here and {shown(kept)} in an earlier row of the conversation"
    return Problem(where, line, what, "The first of each conversation is kept.")


def shown(value: object) -> str:
    """A value as it stands in a sentence."""
    text = str(value)
    return repr(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…")
