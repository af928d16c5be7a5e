"""Everything in a conversation that is not speech: joining, tools, objectives, files, the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from cvi.demo.asks import Ask
from cvi.demo.heard import call_id, moment
from cvi.demo.payloads import Draft, arguments
from cvi.demo.plan import Plan
from cvi.demo.timing import Speech, Spoken

_ENDINGS = {
    "participant_left_timeout": 0.62,
    "end_conversation_endpoint_hit": 0.32,
    "daily_room_has_been_deleted": 0.06,
}
_FAILURES = (
    "exception_encountered_during_conversation_startup",
    "internal error occurred at step 4",
    "bot_could_not_join_meeting_it_was_probably_ended",
)
_SETTINGS = (
    "One participant, office background with a whiteboard.",
    "One participant at a kitchen table, daylight from the left.",
    "One participant in a small meeting room, headphones on.",
    "One participant in front of a bookshelf, lamp behind them.",
    "One participant on the move, background changes.",
)
_MANNERS = {
    "positive": (
        "Attentive throughout, smiled often and took notes.",
        "Relaxed posture, laughed several times.",
    ),
    "neutral": (
        "Attentive, little movement, looked at a second screen now and then.",
        "Calm, wrote things down, nodded at the longer answers.",
    ),
    "mixed": (
        "Attentive at first, looked away more often in the second half.",
        "Frowned at several answers, then relaxed.",
    ),
    "negative": (
        "Tired, rubbed their eyes, long looks away from the screen.",
        "Tense shoulders, sighed several times, left quickly.",
    ),
}
_OBJECTIVES = {
    "learn_company_stage": {"stage": "paying customers", "team_size": "under ten"},
    "agree_next_step": {"next_step": "agreed", "due": "within two weeks"},
    "collect_topic_of_interest": {"topic": "as discussed"},
}
_GUARDRAILS = {
    "no_legal_advice": ("g51c0be77a2d", "asked for a binding legal answer"),
    "no_investment_promises": ("g8a04f2219c6", "asked to promise a valuation"),
}
_MEDICAL = ("no_medical_advice", ("g2f7c90a1b3d", "asked about a dose"))


def described(plan: Plan, title: str, limit: int) -> Draft:
    """What the workbench itself knows of a conversation from the moment it was created."""
    properties = {
        "title": title,
        "persona": plan.persona,
        "replica": plan.replica,
        "source": "demo",
        "max_duration_s": limit,
    }
    return Draft(moment(plan, -1.4), "conversation.described", properties)


def joined(plan: Plan) -> Iterator[Draft]:
    """The replica is ready; in the PAL era this is said twice, under two names."""
    if plan.pal_era:
        face = {"face_id": plan.replica}
        yield Draft(plan.start, "system.pal_joined", face)
        yield Draft(plan.start, "system.replica_joined", face)
    else:
        yield Draft(plan.start, "system.replica_joined", {"replica_id": plan.replica})


def ended(plan: Plan, at: float, why: str) -> Draft:
    """The room closes."""
    properties = {"replica_id": plan.replica, "shutdown_reason": why}
    return Draft(moment(plan, at), "system.shutdown", properties)


def reason(plan: Plan, rng: Random) -> str:
    """Why the room will close: a documented reason, in one of its two spellings."""
    if plan.kind == "failed":
        return rng.choice(_FAILURES)
    fixed = {"nobody_came": "participant_absent_timeout", "time_limit": "max_call_duration"}
    why = fixed.get(plan.kind)
    if plan.kind == "never_spoke":
        why = rng.choice(("participant_left_timeout", "max_call_duration"))
    if why is None:
        why = rng.choices(tuple(_ENDINGS), tuple(_ENDINGS.values()))[0]
    suffixed = why.endswith(("timeout", "duration")) and plan.shape == "real"
    return f"{why} reached" if suffixed and rng.random() < 0.5 else why


def tools(plan: Plan, speech: Speech, inferences: Sequence[str], rng: Random) -> Iterator[Draft]:
    """A call for each document asked for, and its answer in the shape that has answers."""
    for each, inference in zip(speech.turns, inferences, strict=True):
        ask = each.said.ask
        if ask is None:
            continue
        called: dict[str, Any] = {"name": ask.name, "arguments": arguments(ask.arguments)}
        if plan.shape == "real":
            called["tool_call_id"] = call_id(plan, each)
        turn_idx = _turn_idx(speech, each)
        yield Draft(
            moment(plan, each.start + 0.4),
            "conversation.tool_call",
            called,
            live=True,
            turn_idx=turn_idx,
            inference_id=inference,
        )
        if plan.shape == "real":
            yield _result(plan, each, ask, rng, turn_idx=turn_idx)


def _result(plan: Plan, each: Spoken, ask: Ask, rng: Random, *, turn_idx: int) -> Draft:
    failed = rng.random() < 0.06
    answer = {
        "tool_call_id": call_id(plan, each),
        "output": "the model took too long to answer" if failed else ask.result,
        "status": "error" if failed else "success",
    }
    after = each.start + rng.uniform(4.0, 19.0)
    return Draft(
        moment(plan, after), "conversation.tool_result", answer, live=True, turn_idx=turn_idx
    )


def _turn_idx(speech: Speech, each: Spoken) -> int:
    return sum(other.said.role == "user" and other.start <= each.start for other in speech.turns)


def signals(plan: Plan, speech: Speech, rng: Random) -> Iterator[Draft]:
    """Objectives in some conversations, guardrails in a few."""
    if plan.shape == "guide" or plan.kind not in ("talk", "time_limit"):
        return
    last = speech.turns[-1].end
    if rng.random() < 0.16:
        name, found = rng.choice(tuple(_OBJECTIVES.items()))
        yield _signal(plan, "objective.activated", {"objective_name": name}, last * 0.1)
        if plan.mood != "negative" and rng.random() < 0.8:
            done = {"objective_name": name, "output_variables": found}
            yield _signal(plan, "objective.completed", done, last * rng.uniform(0.5, 0.95))
    if rng.random() < 0.03:
        choice = rng.choice(tuple(_GUARDRAILS.items()))
        name, (key, why) = _MEDICAL if plan.persona == "healthtech" else choice
        given = {"guardrail": name, "guardrail_uuid": key, "reason": why}
        yield _signal(plan, "guardrail.triggered", given, last * rng.uniform(0.2, 0.9))


def _signal(plan: Plan, name: str, properties: dict[str, Any], at: float) -> Draft:
    return Draft(moment(plan, at), f"conversation.{name}", properties, live=True)


def afterwards(plan: Plan, at: float, rng: Random) -> Iterator[Draft]:
    """What arrives a minute or two after the room closed: perception, recording, the unknown."""
    if rng.random() < 0.36 and plan.kind != "never_spoke":
        manner = rng.choice(_MANNERS[plan.mood])
        text = f"**Setting:** {rng.choice(_SETTINGS)}\n**Engagement:** {manner}"
        guide = plan.shape == "guide"
        name = "conversation.perception_analysis" if guide else "application.perception_analysis"
        yield Draft(moment(plan, at + rng.uniform(50, 140)), name, {"analysis": text})
    elif rng.random() < 0.04 and plan.shape == "real":
        missing = {"reason": "no_vision_history"}
        yield Draft(moment(plan, at + 64), "application.perception_unavailable", missing)
    if rng.random() < 0.25 and plan.shape == "real":
        yield Draft(
            moment(plan, at + rng.uniform(120, 260)),
            "application.recording_ready",
            _recording(plan, at, rng),
        )
    if rng.random() < 0.014:
        # No release of this program knows the type; it has to survive all the same.
        report = {"offset_ms": rng.randint(12, 90), "frames": rng.randint(4000, 20000)}
        yield Draft(moment(plan, at + 75), "application.lip_sync_report", report)


def _recording(plan: Plan, at: float, rng: Random) -> dict[str, Any]:
    key = f"tavus/{plan.conversation_id}/{int(plan.start.timestamp() * 1000)}"
    properties: dict[str, Any] = {
        "bucket_name": "cvi-demo-recordings",
        "s3_key": key,
        "duration": round(at),
    }
    if rng.random() < 0.7:
        properties["storage_provider"] = "s3"
        properties["storage_uri"] = f"s3://cvi-demo-recordings/{key}"
    return properties
