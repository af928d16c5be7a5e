"""Who says what: opening, segments and closing of each conversation, used evenly over all of them.

Nothing that contradicts itself is cast together: one trade a company, one gender a co-founder, one
state of the bank account, no "welcome back" at a first meeting.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from cvi.demo.asks import ASKS
from cvi.demo.material import Material, Scene, Segment

CONFUSING = "usage_billing"
# Both say how much money is left, so a conversation has only one of the two.
_ONE_PURSE = frozenset({"fundraising", "runway_and_burn"})
# What a conversation of this mood is made of, as relative weights.
_BLENDS = {
    "positive": {"positive": 0.7, "neutral": 0.3},
    "neutral": {"neutral": 0.6, "positive": 0.25, "mixed": 0.15},
    "mixed": {"mixed": 0.5, "neutral": 0.35, "negative": 0.15},
    "negative": {"negative": 0.8, "mixed": 0.2},
}
_CLOSINGS = {
    "positive": ("positive",),
    "neutral": ("neutral", "neutral", "positive"),
    "mixed": ("neutral",),
    "negative": ("negative",),
}
_HOME_WORLD = {"healthtech": "health", "fintech": "money"}
# Two segments of one topic in a row, once in a while.
_SAME_TOPIC = 0.16
# A draw of topics may hold nothing that agrees with what was chosen before: draw again.
_ATTEMPTS = 12


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of a conversation before it is cast."""

    persona: str
    mood: str
    start: datetime
    length: int
    confusing: bool = False


@dataclass(frozen=True, slots=True)
class Cast:
    """Positions of opening and closing in the material, and segment ids in order."""

    opening: int
    segments: tuple[str, ...]
    closing: int


class Casting:
    """Hands out pieces so that none is used much more often than the others of its kind."""

    def __init__(self, material: Material, rng: Random) -> None:
        self._material = material
        self._rng = rng
        self._uses: Counter[str] = Counter()

    def cast(self, call: Call) -> Cast:
        """Pick every piece of one conversation and count it as used."""
        segments = self._segments(call)
        if call.confusing:
            # The unrelated subject comes first or last, never between two halves of one trouble.
            segments.sort(
                key=lambda each: each.topic == CONFUSING, reverse=self._rng.random() < 0.5
            )
        return Cast(
            opening=self.opening(call, segments),
            segments=tuple(each.id for each in segments),
            closing=self.closing(call),
        )

    def opening(self, call: Call, segments: Sequence[Segment] = ()) -> int:
        """An opening for this hour, mood and company."""
        back = any(each.returning for each in segments)
        foreign = any(each.names_customers for each in segments)
        fitting = [
            index
            for index, scene in enumerate(self._material.openings)
            if suits(scene, call.start)
            and not (back and scene.first_meeting)
            and not (foreign and scene.names_product)
            and _greets(scene, call.mood)
        ]
        return self._least_used("opening", fitting)

    def closing(self, call: Call) -> int:
        """A closing of the conversation's mood."""
        mood = self._rng.choice(_CLOSINGS[call.mood])
        closings = enumerate(self._material.closings)
        fitting = [i for i, each in closings if each.mood == mood and suits(each, call.start)]
        return self._least_used("closing", fitting)

    def monologues(self, length: int) -> tuple[int, ...]:
        """Positions in the lecture, in its order; the last one says that it is the last."""
        everything = range(len(self._material.lecture))
        shuffled = sorted(everything, key=lambda i: (self._weight(f"lecture {i}"), i))
        chosen = sorted(shuffled[:length])
        self._uses.update(f"lecture {index}" for index in chosen)
        return tuple(chosen)

    def unanswered(self, start: datetime) -> int:
        """A call in which nobody answers, with the right greeting for the hour."""
        scenes = enumerate(self._material.unanswered)
        return self._least_used("unanswered", [i for i, each in scenes if suits(each, start)])

    def _segments(self, call: Call) -> list[Segment]:
        chosen: list[Segment] = []
        for _ in range(_ATTEMPTS):
            candidates = self._candidates(call, chosen)
            if not candidates or len(chosen) == call.length:
                continue
            key = min(sorted(candidates), key=self._weight)
            self._uses[key] += 1
            chosen.append(self._material.segments[key])
        return chosen

    def _candidates(self, call: Call, chosen: Sequence[Segment]) -> list[str]:
        wanted = self._topics(call, chosen)
        pool = [
            each
            for each in self._material.segments.values()
            if each.topic in wanted
            and call.persona in each.personas
            and _agrees(each, chosen)
            and _belongs(each, call.persona)
        ]
        if wanted == {CONFUSING}:
            return [each.id for each in pool]
        blend = _BLENDS[call.mood]
        for mood in [*self._rng.choices(tuple(blend), tuple(blend.values())), *blend]:
            fitting = [each.id for each in pool if each.mood == mood]
            if fitting:
                return fitting
        return []

    def _topics(self, call: Call, chosen: Sequence[Segment]) -> set[str]:
        """A few topics to choose from, so that balance and variety both have a say."""
        told = {each.topic for each in chosen}
        if call.confusing and len(chosen) < 2:
            return {CONFUSING}
        last = chosen[-1].topic if chosen else ""
        if last not in ("", CONFUSING, "cofounder_conflict") and self._rng.random() < _SAME_TOPIC:
            return {last}
        purse = _ONE_PURSE if told & _ONE_PURSE else frozenset()
        open_topics = [
            each
            for each in self._material.topics_of(call.persona)
            if each not in told and each not in purse and each != CONFUSING
        ]
        return set(self._rng.sample(open_topics, min(5, len(open_topics))))

    def _weight(self, key: str) -> float:
        return self._uses[key] + self._rng.random() * 1.5

    def _least_used(self, kind: str, positions: Iterable[int]) -> int:
        best = min(positions, key=lambda index: self._weight(f"{kind} {index}"))
        self._uses[f"{kind} {best}"] += 1
        return best


def suits(scene: Scene, start: datetime) -> bool:
    """True when the greeting fits the hour and the weekday."""
    first, until = scene.hours
    return first <= start.hour < until and start.weekday() in scene.weekdays


def _greets(scene: Scene, mood: str) -> bool:
    """Good news does not open a bad call, nor a bad day a good one."""
    text = scene.lines[0].texts[0]
    if mood == "negative":
        return "so much to tell you" not in text
    return mood == "mixed" or "not had a great day" not in text


def _worlds(segments: Iterable[Segment]) -> frozenset[str]:
    return frozenset().union(*(each.worlds for each in segments))


def _agrees(each: Segment, chosen: Sequence[Segment]) -> bool:
    if any(each.id == other.id for other in chosen):
        return False
    if len(_worlds([*chosen, each])) > 1:
        return False
    together = [*chosen, each]
    if any(one.names_product for one in together) and any(one.names_customers for one in together):
        return False
    documents = [ASKS[one.id].name for one in together if one.id in ASKS]
    if len(documents) > len(set(documents)):
        return False
    genders = {other.cofounder for other in together} - {None}
    return len(genders) < 2


def _belongs(each: Segment, persona: str) -> bool:
    """A health company talks to the health persona; other trades may talk to any but these two."""
    home = _HOME_WORLD.get(persona)
    return not each.worlds or home is None or home in each.worlds
