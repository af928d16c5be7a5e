"""Event payloads in the two shapes on the wire: the real API's, and the guide's.

A `Draft` says what happened; `render` puts the drafts of one conversation in order and writes each
as the sender would have.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cvi.demo.plan import Plan

Payload = dict[str, Any]
_WEBHOOK_URL = "https://demo.example.test/tavus/webhook"


@dataclass(frozen=True, slots=True)
class Draft:
    """One happening. `live` events travel on the data channel, the others are callbacks."""

    at: datetime
    type: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    live: bool = False
    turn_idx: int | None = None
    inference_id: str | None = None


def render(plan: Plan, drafts: Iterable[Draft]) -> Iterator[Payload]:
    """Payloads in order of time; live events of the real shape carry a growing `seq`."""
    seq = 0
    for draft in sorted(drafts, key=lambda each: each.at):
        if draft.type.startswith("conversation.described"):
            yield _own(plan, draft)
        elif plan.shape == "guide":
            yield _guide(plan, draft)
        elif draft.live:
            seq += 1
            yield _live(plan, draft, seq)
        else:
            yield _callback(plan, draft)


def _own(plan: Plan, draft: Draft) -> Payload:
    return {
        "event_type": draft.type,
        "conversation_id": plan.conversation_id,
        "timestamp": iso(draft.at),
        "properties": dict(draft.properties),
    }


def _callback(plan: Plan, draft: Draft) -> Payload:
    return {
        "properties": dict(draft.properties),
        "conversation_id": plan.conversation_id,
        "webhook_url": _WEBHOOK_URL,
        "event_type": draft.type,
        "message_type": draft.type.partition(".")[0],
        "timestamp": iso(draft.at),
    }


def _live(plan: Plan, draft: Draft, seq: int) -> Payload:
    payload: Payload = {
        "message_type": "conversation",
        "event_type": draft.type,
        "conversation_id": plan.conversation_id,
        "timestamp": epoch(draft.at),
        "seq": seq,
    }
    if draft.inference_id is not None:
        payload["inference_id"] = draft.inference_id
    if draft.turn_idx is not None:
        payload["turn_idx"] = draft.turn_idx
    if draft.properties:
        payload["properties"] = dict(draft.properties)
    return payload


def _guide(plan: Plan, draft: Draft) -> Payload:
    """The guide keeps ids inside `properties`, and has no seq and no turn index."""
    properties = {_GUIDE_KEYS.get(key, key): value for key, value in draft.properties.items()}
    if draft.inference_id is not None:
        properties["inference_id"] = f"inf_{draft.inference_id[:8]}"
    return {
        "event_type": draft.type,
        "message_type": draft.type.partition(".")[0],
        "conversation_id": plan.conversation_id,
        "properties": properties,
        "timestamp": iso(draft.at),
    }


_GUIDE_KEYS = {"speech": "text", "transcript": "transcription", "shutdown_reason": "reason"}


def iso(moment: datetime) -> str:
    """ISO 8601 with microseconds and Z, as the callbacks have it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def epoch(moment: datetime) -> float:
    """Seconds since 1970 with milliseconds, as live events have it."""
    return round(moment.timestamp(), 3)


def arguments(values: Mapping[str, str]) -> str:
    """Tool arguments are a JSON string on the wire."""
    return json.dumps(values, ensure_ascii=False)
