"""Spans of time: united, overlapping, the gaps between them, and how an offset is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

SILENCE_S = 3.0
DAY_S = 86_400.0

Span = tuple[float, float]


def united(spans: Iterable[Span]) -> list[Span]:
    """Spans of one side without their own overlaps."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def overlaps(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """Where both sides speak. Both lists are united and in order."""
    found: list[Span] = []
    at = there = 0
    while at < len(one) and there < len(other):
        start = max(one[at][0], other[there][0])
        end = min(one[at][1], other[there][1])
        if start < end:
            found.append((start, end))
        if one[at][1] < other[there][1]:
            at += 1
        else:
            there += 1
    return found


def silences(spans: Iterable[Span], longer_than: float = SILENCE_S) -> list[Span]:
    """Gaps in which nobody speaks."""
    whole = united(spans)
    gaps = [(one[1], other[0]) for one, other in pairwise(whole)]
    return [gap for gap in gaps if gap[1] - gap[0] > longer_than]


def clock(seconds: float) -> str:
    """An offset as people read it: 1:05, 1:02:05, 3 d 04:00."""
    whole = round(seconds)
    if abs(whole) >= DAY_S:
        days, rest = divmod(whole, int(DAY_S))
        return f"{days} d {rest // 3600:02d}:{rest % 3600 // 60:02d}"
    sign, whole = ("-", -whole) if whole < 0 else ("", whole)
    if whole >= 3600:
        return f"{sign}{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{sign}{whole // 60}:{whole % 60:02d}"
