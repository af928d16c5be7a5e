"""Speech as events: speaking marks, utterances and the final transcript, by tier of timing.

Only conversations of the tier "speaking" have live events; what the other tiers know is in their
transcript, which is what their clock is read from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from cvi.demo.asks import Ask
from cvi.demo.payloads import Draft, arguments, epoch, iso
from cvi.demo.plan import Plan
from cvi.demo.timing import Speech, Spoken

_TONES: Mapping[str, tuple[str, ...]] = {
    "positive": ("Upbeat, quick pace.", "Warm, laughing now and then.", "Relaxed and open."),
    "neutral": ("Even pace, calm.", "Matter-of-fact.", "Thoughtful, with short pauses."),
    "mixed": ("Hesitant, then firmer.", "Calm with a tense edge.", "Slow, searching for words."),
    "negative": ("Flat and tired.", "Tense, clipped sentences.", "Audible sigh, lower volume."),
}
_LOOKS: Mapping[str, tuple[str, ...]] = {
    "positive": ("Smiling, looking at the camera.", "Nodding along.", "Leaning in."),
    "neutral": ("Looking at the camera.", "Taking notes.", "Glancing at a second screen."),
    "mixed": ("Frowning slightly.", "Looking away while thinking.", "Half a smile."),
    "negative": ("Rubbing their forehead.", "Looking down.", "Arms crossed, leaning back."),
}
_ANALYSED_SHARE = 0.3
_PROMPT = "You are a mentor for founders on the {persona} track. Be brief, warm and concrete."


@dataclass(frozen=True, slots=True)
class Voice:
    """How one conversation's capture was set up."""

    marks: str  # role, legacy, both: which names the speaking events have
    timed_transcript: bool
    system_prompt: bool
    analysed: bool
    inferences: tuple[str, ...]  # one a turn, the same wherever the turn is spoken of


def voice(plan: Plan, speech: Speech, rng: Random) -> Voice:
    """The set-up of this conversation; the guide knows only the legacy names."""
    marks = rng.choices(("role", "legacy", "both"), (0.62, 0.23, 0.15))[0]
    return Voice(
        marks="legacy" if plan.shape == "guide" else marks,
        timed_transcript=rng.random() < 0.5,
        system_prompt=rng.random() < 0.35,
        analysed=rng.random() < 0.4 and plan.shape == "real",
        inferences=tuple(identifier(rng) for _ in speech.turns),
    )


def live(plan: Plan, speech: Speech, setup: Voice, rng: Random) -> Iterator[Draft]:
    """Speaking marks and utterances of the tier "speaking"; nothing for the others."""
    if plan.timing != "speaking":
        return
    turn_idx = 0
    for each, inference in zip(speech.turns, setup.inferences, strict=True):
        turn_idx += each.said.role == "user"
        yield from _marks(plan, each, setup, turn_idx, inference)
        yield from _utterance(plan, each, setup, turn_idx, inference, rng)
    for start, end in speech.murmurs:
        murmur = _Mark("user", start, end, identifier(rng), None, None)
        yield from murmur.drafts(plan, setup.marks)


def transcript(plan: Plan, speech: Speech, setup: Voice) -> list[dict[str, Any]]:
    """Items of the final transcript, with as much timing as the tier has."""
    items: list[dict[str, Any]] = []
    if setup.system_prompt:
        items.append({"role": "system", "content": _PROMPT.format(persona=plan.persona)})
    for each, inference in zip(speech.turns, setup.inferences, strict=True):
        items.append({"role": each.said.role, "content": each.said.text})
        items[-1].update(_times(plan, each, setup, inference))
        ask = each.said.ask
        if ask is not None and plan.shape == "real" and plan.timing != "starts":
            items.extend(_tool_items(plan, each, ask))
    return items


def moment(plan: Plan, seconds: float) -> datetime:
    """The time of day of an offset from the start of the call."""
    return plan.start + timedelta(seconds=round(seconds, 3))


def identifier(rng: Random) -> str:
    """An inference id in the form of a UUID."""
    text = f"{rng.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def call_id(plan: Plan, each: Spoken) -> str:
    """The id of the tool call made with this turn, the same wherever it is announced."""
    return f"call_{plan.conversation_id[1:7]}{int(each.start * 10):x}"


@dataclass(frozen=True, slots=True)
class _Mark:
    role: str
    start: float
    end: float
    inference_id: str
    turn_idx: int | None
    interrupted: bool | None

    def drafts(self, plan: Plan, names: str) -> Iterator[Draft]:
        side = "user" if self.role == "user" else "replica"
        if names in ("role", "both"):
            yield self._draft(plan, "conversation.started_speaking", {"role": side}, 0.0)
            stop = {"role": side, "interrupted": bool(self.interrupted), **self._length()}
            yield self._draft(plan, "conversation.stopped_speaking", stop, 0.0)
        if names in ("legacy", "both"):
            # The old names follow a moment after the new ones.
            lag = 0.015 if names == "both" else 0.0
            flag = {} if self.interrupted is None else {"interrupted": self.interrupted}
            length = {} if plan.shape == "guide" else {**self._length(), **flag}
            yield self._draft(plan, f"conversation.{side}.started_speaking", {}, lag)
            yield self._draft(plan, f"conversation.{side}.stopped_speaking", length, lag)

    def _length(self) -> dict[str, float]:
        return {"duration": round(self.end - self.start, 2)}

    def _draft(self, plan: Plan, name: str, properties: Mapping[str, Any], lag: float) -> Draft:
        at = self.start if name.endswith("started_speaking") else self.end
        return Draft(
            moment(plan, at + lag),
            name,
            properties,
            live=True,
            turn_idx=self.turn_idx,
            inference_id=self.inference_id,
        )


def _marks(
    plan: Plan, each: Spoken, setup: Voice, turn_idx: int, inference: str
) -> Iterator[Draft]:
    cut = each.interrupted if each.said.role == "assistant" else None
    mark = _Mark(each.said.role, each.start, each.end, inference, turn_idx, cut)
    yield from mark.drafts(plan, setup.marks)


def _utterance(
    plan: Plan, each: Spoken, setup: Voice, turn_idx: int, inference: str, rng: Random
) -> Iterator[Draft]:
    """The user's words once they are said; the replica's words when it begins to say them."""
    user = each.said.role == "user"
    at = moment(plan, each.end + 0.06 if user else each.start + 0.02)
    said: dict[str, Any] = {"role": "user" if user else "replica", "speech": each.said.text}
    if user and setup.analysed and rng.random() < _ANALYSED_SHARE:
        said["user_audio_analysis"] = rng.choice(_TONES[plan.mood])
        said["user_visual_analysis"] = rng.choice(_LOOKS[plan.mood])
    draft = Draft(
        at, "conversation.utterance", said, live=True, turn_idx=turn_idx, inference_id=inference
    )
    if not user and plan.pal_era:
        yield replace(draft, properties={**said, "role": "pal"})
    yield draft


def _times(plan: Plan, each: Spoken, setup: Voice, inference: str) -> dict[str, Any]:
    at = moment(plan, each.start)
    if plan.timing == "starts" or (plan.timing == "speaking" and plan.shape == "guide"):
        return {"timestamp": iso(at)}
    full = plan.timing == "ends" or (plan.timing == "speaking" and setup.timed_transcript)
    if not full:
        return {}
    times: dict[str, Any] = {
        "timestamp": epoch(at),
        "seconds_from_start": round(each.start, 3),
        "duration": round(each.end - each.start, 3),
    }
    if each.said.role == "assistant":
        times["inference_id"] = inference
    return times


def _tool_items(plan: Plan, each: Spoken, ask: Ask) -> list[dict[str, Any]]:
    key = call_id(plan, each)
    function = {"name": ask.name, "arguments": arguments(ask.arguments)}
    return [
        {"role": "assistant", "content": "", "tool_calls": [{"id": key, "function": function}]},
        {"role": "tool", "tool_call_id": key, "content": ask.result},
    ]
