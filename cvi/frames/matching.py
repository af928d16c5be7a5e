"""Three witnesses of one line brought together: the transcript, live utterances, speaking events.

Ids do not agree between them under speculative inference, so the join is by role, words and time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cvi.frames.speech import Interval
from cvi.frames.turn import Turn, either, grows, words

_ROLES = ("user", "assistant")
# An utterance is announced up to this long before its speech starts (seconds).
_NEAR = 2.0
# A user's words may come this long after the speech, when recognising them takes its time.
_LATE = 4.0
# A longer pause ends a turn.
_PAUSE = 3.0
# Short lines such as "Yes." are said often: they only match around the same time.
_SAME_TIME = 30.0
_LONG_LINE = 3


def with_live(turns: list[Turn], live: list[Turn]) -> list[Turn]:
    """Carry what only live events know (tone, look, interruption) onto the transcript's rows."""
    if not live:
        return turns
    pairs: dict[int, Turn] = {}
    free = dict(enumerate(live))
    for exact in (True, False):
        index = _index(free, exact=exact)
        for at, turn in enumerate(turns):
            if at not in pairs and (hit := _pick(turn, free, index, exact=exact)) is not None:
                pairs[at] = free.pop(hit)
    return [_joined(turn, pairs[at]) if at in pairs else turn for at, turn in enumerate(turns)]


_Key = tuple[str, tuple[str, ...]]


def _keys(turn: Turn, *, exact: bool) -> list[_Key]:
    said = words(turn.text)
    if not exact:
        return [(turn.role, said[:1])]
    by_id = [(turn.role, ("#", turn.inference_id))] if turn.inference_id else []
    return [*by_id, (turn.role, said)]


def _index(free: dict[int, Turn], *, exact: bool) -> dict[_Key, list[int]]:
    index: dict[_Key, list[int]] = defaultdict(list)
    for at, turn in free.items():
        for key in _keys(turn, exact=exact):
            index[key].append(at)
    return index


def _pick(
    turn: Turn, free: dict[int, Turn], index: dict[_Key, list[int]], *, exact: bool
) -> int | None:
    """The free live line nearest in time that says the same, or (not exact) begins the same."""
    for key in _keys(turn, exact=exact):
        found = [at for at in index.get(key, ()) if at in free]
        near = [(gap, at) for at in found if (gap := _gap(turn, free[at], exact=exact)) is not None]
        if near:
            return min(near)[1]
    return None


def _gap(turn: Turn, live: Turn, *, exact: bool) -> float | None:
    """Seconds between two that may be one line; None when they are not."""
    one, other = words(turn.text), words(live.text)
    if not exact and not grows(one, other):
        return None
    if turn.at is None or live.at is None:
        return 0.0
    said = turn.at + timedelta(seconds=turn.duration_s or 0.0) if live.announced else turn.at
    gap = abs((live.at - said).total_seconds())
    sure = exact and len(one) >= _LONG_LINE
    return gap if sure or gap <= _SAME_TIME else None


def _joined(turn: Turn, live: Turn) -> Turn:
    timed = turn.at is not None or turn.from_start is not None
    return replace(
        turn,
        at=turn.at if timed else live.at,
        announced=False if timed else live.announced,
        interrupted=either(turn.interrupted, live.interrupted),
        inference_id=turn.inference_id or live.inference_id,
        turn_idx=live.turn_idx if turn.turn_idx is None else turn.turn_idx,
        tone=turn.tone or live.tone,
        look=turn.look or live.look,
    )


def with_speech(turns: list[Turn], intervals: list[Interval]) -> list[Turn]:
    """Give turns without a duration the speaking interval they belong to, and all their flags."""
    if not intervals or not turns:
        return turns
    sides = {role: [each for each in intervals if each.role == role] for role in _ROLES}
    starts = {role: _Side(sides[role], sides[_ROLES[role == "user"]]) for role in _ROLES}
    found: list[Turn] = []
    for turn, after in zip(turns, [*turns[1:], None], strict=True):
        until = after.at if after is not None and not after.announced else None
        spans = starts[turn.role].take(turn, until)
        found.append(_timed_by(turn, spans) if spans else turn)
    moments = [turn.at for turn in found if turn.at is not None]
    if len(moments) < len(found):
        return found
    return [found[at] for _, at in sorted(zip(moments, range(len(found)), strict=True))]


@dataclass(slots=True)
class _Side:
    """The intervals of one role, handed out in order."""

    own: Sequence[Interval]
    other: Sequence[Interval]
    begin: int = 0

    def take(self, turn: Turn, until: datetime | None) -> list[Interval]:
        """The intervals in which a turn was said; none of them is handed out again."""
        hit = self._best(turn, turn.at) if turn.at is not None else None
        if hit is None:
            return []
        first, last = hit, hit
        if turn.announced:
            while first > self.begin and self._runs_on(first - 1):
                first -= 1
        else:
            while last + 1 < len(self.own) and self._more(turn, last, until):
                last += 1
        self.begin = last + 1
        return list(self.own[first : last + 1])

    def _best(self, turn: Turn, at: datetime) -> int | None:
        best: tuple[float, int] | None = None
        for place in range(self.begin, len(self.own)):
            each = self.own[place]
            if (each.start - (_end(turn) or at)).total_seconds() > _NEAR:
                break
            distance = _distance(turn, at, each)
            if distance is not None and (best is None or distance < best[0]):
                best = (distance, place)
        return best[1] if best else None

    def _more(self, turn: Turn, last: int, until: datetime | None) -> bool:
        """Does a turn known by its start go on in the next interval?"""
        following = self.own[last + 1].start
        end = _end(turn)
        if end is not None:
            return following < end
        return self._runs_on(last) and (until is None or following < until)

    def _runs_on(self, at: int) -> bool:
        """Is the next interval the same speech? The other side did not speak around the pause."""
        one, after = self.own[at], self.own[at + 1]
        if (after.start - one.end).total_seconds() > _PAUSE:
            return False
        if one.inference_id is not None and one.inference_id == after.inference_id:
            return True
        return not any(each.start < after.start and each.end > one.start for each in self.other)


def _end(turn: Turn) -> datetime | None:
    if turn.at is None or turn.duration_s is None:
        return None
    return turn.at + timedelta(seconds=turn.duration_s)


def _distance(turn: Turn, at: datetime, each: Interval) -> float | None:
    """How badly a turn fits an interval; None when it does not fit."""
    if turn.announced:
        late = (at - each.end).total_seconds()
        return abs(late) if late <= _LATE and at >= each.start else None
    gap = abs((each.start - at).total_seconds())
    end = _end(turn)
    if end is not None and min(end, each.end) > max(at, each.start):
        return gap
    return gap if gap <= _NEAR or each.start <= at <= each.end else None


def _timed_by(turn: Turn, spans: list[Interval]) -> Turn:
    interrupted = turn.interrupted
    for each in spans:
        interrupted = either(interrupted, each.interrupted)
    if turn.duration_s is not None:
        return replace(turn, interrupted=interrupted)
    length = (spans[-1].end - spans[0].start).total_seconds()
    return replace(
        turn,
        at=spans[0].start,
        announced=False,
        from_start=None,
        duration_s=round(length, 6),
        interrupted=interrupted,
    )
