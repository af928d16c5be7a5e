"""One row of speech, and what it takes to compare two of them. A leaf."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cvi.events.plain import storable
from cvi.events.times import parse_seconds

# A call longer than a week is a broken clock (seconds).
LONGEST_S = 7 * 86_400.0

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Turn:
    """One row of speech. `from_start` is the sender's own offset in seconds, when it gave one.

    `announced` says that `at` is when the words arrived, which for a user is after the speech.
    """

    role: str
    text: str
    at: datetime | None = None
    from_start: float | None = None
    duration_s: float | None = None
    interrupted: bool | None = None
    inference_id: str | None = None
    turn_idx: int | None = None
    speaker: str | None = None
    tone: str | None = None
    look: str | None = None
    announced: bool = False


def clean(value: object) -> str:
    """Text without outer white space; nothing for what is no text."""
    return storable(value).strip() if isinstance(value, str) else ""


def text_or_none(value: object) -> str | None:
    """`clean`, with None for nothing."""
    return clean(value) or None


def flag(value: object) -> bool | None:
    """True or False; None for anything else."""
    return value if isinstance(value, bool) else None


def either(one: bool | None, other: bool | None) -> bool | None:
    """What two witnesses say together: one that saw it outweighs one that did not."""
    return other if one is None else one or bool(other)


def seconds(value: object, *, least: float = 0.0) -> float | None:
    """A length or offset that a call can have; None for everything else."""
    found = parse_seconds(value)
    return found if found is not None and least <= found <= LONGEST_S else None


@lru_cache(maxsize=4096)
def words(text: str) -> tuple[str, ...]:
    """The words of a text without case and punctuation; a text without words is its own word."""
    folded = text.casefold()
    return tuple(_WORD.findall(folded)) or (folded,)


def grows(one: tuple[str, ...], other: tuple[str, ...], *, revised: bool = False) -> bool:
    """Is one the beginning of the other? `revised` lets the last word heard so far change."""
    shorter, longer = sorted((one, other), key=len)
    sure = len(shorter) - 1 if revised and len(shorter) > 2 else len(shorter)
    return shorter[:sure] == longer[:sure]
