"""Dialogue placed in time: how fast people speak, how long they wait, when they talk over another.

All times are seconds from the moment the replica joined. Rates are words per second as measured in
telephone speech (about 150 words a minute); response times are log-normal, as they are everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from cvi.demo.compose import Said
from cvi.demo.plan import SLOW_PERSONA, Plan

_RESPONSE_S = 0.9
_SLOW_RESPONSE_S = 2.8
_RESPONSE_SPREAD = 0.32
_THINK_S = 1.1
_THINK_SPREAD = 0.6
_SENTENCE_PAUSE_S = 0.28
_INTERRUPTIONS = {"positive": 0.05, "neutral": 0.04, "mixed": 0.06, "negative": 0.11}
# A user murmurs along with about every fourth long turn, more often under a lecture.
_BACKCHANNEL = 0.25
_LONG_TURN_S = 7.0
# Once in a while somebody looks for a document, or a delivery rings at the door.
_PAUSE_SHARE = 0.3
_PAUSE_S = (12.0, 75.0)
_GAP_S = 0.12
# In a call with little to say the user also arrived late.
_SHORTEST_S = 182.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How the two sides of one conversation speak."""

    user_wps: float
    assistant_wps: float
    response_s: float
    think_s: float
    interruptions: float
    pauses: frozenset[int]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A turn with its interval. `interrupted` means that the user cut it short."""

    said: Said
    start: float
    end: float
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Speech:
    """All that is heard of a conversation: turns, and murmurs that are no turns."""

    turns: tuple[Spoken, ...]
    murmurs: tuple[tuple[float, float], ...]


def pace(plan: Plan, said: Sequence[Said], rng: Random) -> Pace:
    """The tempo of this call; only the slow persona is slow to answer."""
    slow = plan.persona == SLOW_PERSONA
    base = _SLOW_RESPONSE_S if slow else _RESPONSE_S
    users = [index for index, each in enumerate(said) if each.role == "user"][1:]
    pauses = rng.sample(users, min(len(users), rng.randint(1, 3)))
    return Pace(
        user_wps=_around(rng, 2.45, 0.1),
        assistant_wps=_around(rng, 2.7, 0.05),
        response_s=_around(rng, base, 0.12),
        think_s=_around(rng, _THINK_S, 0.25),
        interruptions=_INTERRUPTIONS[plan.mood],
        pauses=frozenset(pauses) if rng.random() < _PAUSE_SHARE else frozenset(),
    )


def speak(plan: Plan, said: Sequence[Said], rng: Random) -> Speech:
    """Give every turn its interval, and add what is heard beside the turns."""
    if plan.kind == "never_spoke":
        return Speech(_alone(said, rng), ())
    tempo = pace(plan, said, rng)
    spoken: list[Spoken] = []
    for index, each in enumerate(said):
        start, last = _begin(index, each, spoken, tempo, rng)
        if last is not None:
            spoken[-1] = last
        spoken.append(Spoken(each, round(start, 3), round(start + _length(each, tempo, rng), 3)))
    late = max(0.0, _SHORTEST_S - spoken[-1].end) if spoken else 0.0
    moved = [replace(each, start=each.start + late, end=each.end + late) for each in spoken]
    return Speech(tuple(moved), _murmurs(moved, rng))


def cut(speech: Speech, limit: float) -> Speech:
    """What is heard before a time limit closes the room."""
    kept = [each for each in speech.turns if each.start < limit - 1.5]
    if kept and kept[-1].end > limit:
        kept[-1] = replace(kept[-1], end=limit)
    return Speech(tuple(kept), tuple(each for each in speech.murmurs if each[1] < limit))


def _begin(
    index: int, each: Said, spoken: Sequence[Spoken], tempo: Pace, rng: Random
) -> tuple[float, Spoken | None]:
    """Start of the next turn, and the turn before it if it was cut short."""
    if not spoken:
        return rng.uniform(3.0, 24.0), None
    last = spoken[-1]
    if each.role == last.said.role:
        return last.end + _around(rng, tempo.think_s, 0.3), None
    if each.role == "assistant":
        return last.end + _lognormal(rng, tempo.response_s, _RESPONSE_SPREAD), None
    if last.end - last.start > 3.5 and rng.random() < tempo.interruptions:
        start = last.end - min(rng.uniform(0.5, 2.2), (last.end - last.start) / 3)
        end = min(last.end, start + rng.uniform(0.25, 0.8))
        return start, replace(last, end=round(end, 3), interrupted=True)
    pause = rng.uniform(*_PAUSE_S) if index in tempo.pauses else 0.0
    return last.end + pause + _lognormal(rng, tempo.think_s, _THINK_SPREAD), None


def _length(each: Said, tempo: Pace, rng: Random) -> float:
    words = len(each.text.split())
    rate = tempo.user_wps if each.role == "user" else tempo.assistant_wps
    sentences = sum(each.text.count(mark) for mark in ".?!")
    return max(0.35, words / _around(rng, rate, 0.07) + _SENTENCE_PAUSE_S * max(0, sentences - 1))


def _murmurs(spoken: Sequence[Spoken], rng: Random) -> tuple[tuple[float, float], ...]:
    """Murmurs inside a long turn of the assistant, clear of the user's own turns."""
    found = []
    for each in spoken:
        room = each.end - each.start
        if each.said.role != "assistant" or each.interrupted or room < _LONG_TURN_S:
            continue
        for part in range(max(1, int(room // 18))):
            if rng.random() < _BACKCHANNEL:
                at = each.start + 2.2 + part * 18 + rng.random() * (min(room, 18.0) - 6.5)
                found.append((round(at, 3), round(at + rng.uniform(0.3, 0.75), 3)))
    return tuple(found)


def _alone(said: Sequence[Said], rng: Random) -> tuple[Spoken, ...]:
    """The assistant speaking into a silent room, with long waits."""
    at = rng.uniform(2.0, 9.0)
    spoken = []
    for each in said:
        length = len(each.text.split()) / _around(rng, 2.7, 0.05)
        spoken.append(Spoken(each, round(at, 3), round(at + max(length, 0.4), 3)))
        at += length + rng.uniform(14.0, 42.0)
    return tuple(spoken)


def _around(rng: Random, middle: float, spread: float) -> float:
    return middle * min(max(rng.gauss(1.0, spread), 0.6), 1.6)


def _lognormal(rng: Random, median: float, spread: float) -> float:
    return max(_GAP_S, rng.lognormvariate(math.log(median), spread))
