"""The demo's events: conversations as Tavus would have sent them, repeatable by their seed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random
from typing import Any

from cvi.demo import happened, heard
from cvi.demo.compose import compose, title
from cvi.demo.material import load
from cvi.demo.payloads import Draft, render
from cvi.demo.plan import Plan, plan
from cvi.demo.timing import Speech, cut, speak

# Plans of different accounts: short trials, half an hour, an hour.
_LIMITS_S = (1800, 3600)
_SHORT_LIMITS_S = (180, 240, 300)
_ABSENT_TIMEOUT_S = 300


def generate(
    *, end: date, days: int = 90, count: int = 500, seed: int = 7
) -> Iterator[dict[str, Any]]:
    """Event payloads, conversation by conversation in order of start time."""
    for each in plan(end=end, days=days, count=count, seed=seed):
        yield from conversation(each, seed=seed)


def conversation(planned: Plan, *, seed: int = 7) -> Iterator[dict[str, Any]]:
    """All payloads of one planned conversation, in order of time."""
    rng = Random(f"{seed} {planned.conversation_id}")  # noqa: S311 - meant to repeat
    material = load()
    speech = speak(planned, compose(planned, material, rng), rng)
    reason = happened.reason(planned, rng)
    limit = _limit(speech, rng, reached=reason.startswith("max_call_duration"))
    speech = cut(speech, limit)
    closed = _closed(speech, limit, reason, rng)
    drafts = [happened.described(planned, title(planned, material, rng), limit)]
    if planned.kind != "failed":
        drafts.extend(happened.joined(planned))
    if speech.turns:
        drafts.extend(_spoken(planned, speech, closed, rng))
    drafts.append(happened.ended(planned, closed, reason))
    yield from render(planned, drafts)


def malformed() -> list[bytes]:
    """Bodies that are no event, for the page of failures: cut short, not an object, not JSON."""
    cut_short = (
        b'{"event_type": "application.transcription_ready", "conversation_id": "c5d1e0a97b42", '
        b'"properties": {"transcript": [{"role": "user", "content": "So what I wan'
    )
    return [
        cut_short,
        b'["system.shutdown", "c5d1e0a97b42"]',
        b"event_type=system.replica_joined&conversation_id=c5d1e0a97b42",
    ]


def _spoken(planned: Plan, speech: Speech, closed: float, rng: Random) -> Iterator[Draft]:
    """Everything that only a conversation with words in it has."""
    setup = heard.voice(planned, speech, rng)
    yield from heard.live(planned, speech, setup, rng)
    yield from happened.tools(planned, speech, setup.inferences, rng)
    yield from happened.signals(planned, speech, rng)
    ready = {
        "replica_id": planned.replica,
        "transcript": heard.transcript(planned, speech, setup),
    }
    at = heard.moment(planned, closed + rng.uniform(2.0, 9.0))
    yield Draft(at, "application.transcription_ready", ready)
    yield from happened.afterwards(planned, closed, rng)


def _limit(speech: Speech, rng: Random, *, reached: bool) -> int:
    """The call's time limit; a short one that the dialogue runs into when it was `reached`."""
    if not reached:
        return rng.choice(_LIMITS_S)
    end = speech.turns[-1].end
    # Nobody interrupts a silent room: there the limit is the next whole minute.
    shorter = [each for each in _SHORT_LIMITS_S if each < end]
    return max(shorter) if shorter else 60 * int(end / 60 + 1)


def _closed(speech: Speech, limit: int, reason: str, rng: Random) -> float:
    """Seconds from the start to the closing of the room."""
    if reason.startswith("max_call_duration"):
        return limit + rng.uniform(0.1, 0.9)
    if reason.startswith("participant_absent_timeout"):
        return _ABSENT_TIMEOUT_S + rng.uniform(0.1, 1.5)
    if not speech.turns:
        return rng.uniform(1.0, 14.0)
    return speech.turns[-1].end + rng.uniform(2.0, 20.0)
