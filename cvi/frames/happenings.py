"""Everything in a conversation that is neither speech nor a tool call: perception, signals."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from cvi.events.event import Event
from cvi.frames.turn import clean, text_or_none

Row = tuple[Any, ...]

# Two senders of one guardrail or objective are this close together (seconds).
_DOUBLE = 2.0


class _Seen(NamedTuple):
    """One happening: `control_*` are an operator's doing, the others the conversation's."""

    at: datetime | None
    kind: str
    name: str | None
    detail: str


def perceptions(
    conversation_id: str, kinds: Mapping[str, list[Event]], start: datetime | None
) -> list[Row]:
    """What Raven saw or heard, and when it could not: each text once, at its earliest time."""
    found: dict[tuple[str, str], datetime | None] = {}
    for kind, text, at in _perceived(kinds):
        known = found.get((kind, text))
        found[(kind, text)] = min(filter(None, (known, at)), default=None)
    ordered = sorted(found.items(), key=lambda each: (*_when(each[1]), each[0]))
    return [
        (conversation_id, idx, kind, text, at, _offset(start, at))
        for idx, ((kind, text), at) in enumerate(ordered)
    ]


def _perceived(
    kinds: Mapping[str, list[Event]],
) -> Iterable[tuple[str, str, datetime | None]]:
    for event in kinds.get("application.perception_analysis", ()):
        text = written(event.properties.get("analysis"))
        if text:
            yield "analysis", text, event.at
    for event in kinds.get("application.perception_unavailable", ()):
        yield "unavailable", _detail(event.properties), event.at


def written(value: object) -> str | None:
    """An analysis as text; a structured one as JSON."""
    if value is None or isinstance(value, str):
        return text_or_none(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


_SIGNALS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "conversation.guardrail.triggered": ("guardrail", ("guardrail", "guardrail_uuid")),
    "conversation.objective.activated": ("objective_activated", ("objective_name",)),
    "conversation.objective.pending": ("objective_pending", ("objective_name",)),
    "conversation.objective.completed": ("objective_completed", ("objective_name",)),
    "application.post_call_action_executed": ("post_call_action", ("tool_name", "tool_id")),
    "application.recording_copy_failed": ("recording_failed", ("error_code",)),
    "conversation.echo": ("control_echo", ()),
    "conversation.respond": ("control_respond", ()),
    "conversation.interrupt": ("control_interrupt", ()),
    "conversation.overwrite_llm_context": ("control_overwrite_context", ()),
    "conversation.append_llm_context": ("control_append_context", ()),
    "conversation.sensitivity": ("control_sensitivity", ()),
    "conversation.objective.confirm": ("control_confirm_objective", ("objective_name",)),
    "conversation.set_emotion": ("control_emotion", ("emotion",)),
}


def signals(
    conversation_id: str, kinds: Mapping[str, list[Event]], start: datetime | None
) -> list[Row]:
    """Guardrails, objectives, post-call actions and operator interventions, in order of time.

    A guardrail or objective may arrive as an app message and as a callback of its own without a
    time: the timeless copy is dropped when a timed one says the same.
    """
    found = [
        _Seen(event.at, kind, _name(event, names), _detail(event.properties, without=names))
        for type_, (kind, names) in _SIGNALS.items()
        for event in kinds.get(type_, ())
    ]
    timed = {(each.kind, each.name) for each in found if each.at is not None}
    kept = [each for each in found if each.at is not None or each[1:3] not in timed]
    kept.sort(key=lambda each: (*_when(each.at), each.kind, each.name or "", each.detail))
    return [
        (conversation_id, idx, each.kind, each.name, each.detail, each.at, _offset(start, each.at))
        for idx, each in enumerate(_once(kept))
    ]


def _once(found: Iterable[_Seen]) -> Iterable[_Seen]:
    """Without the second sending of the same; what an operator does twice happened twice."""
    last: dict[tuple[str, str | None, str], datetime] = {}
    for each in found:
        before = last.get(each[1:])
        if each.at is not None:
            last[each[1:]] = each.at
            again = before is not None and (each.at - before).total_seconds() <= _DOUBLE
            if again and not each.kind.startswith("control_"):
                continue
        yield each


def _when(at: datetime | None) -> tuple[bool, float]:
    """Sort key: in order of time, what has none last."""
    return at is None, at.timestamp() if at else 0.0


def _name(event: Event, names: tuple[str, ...]) -> str | None:
    given = (event.properties.get(key) for key in names)
    return next((clean(str(value)) for value in given if value), None)


def _detail(properties: Mapping[str, Any], *, without: tuple[str, ...] = ()) -> str:
    kept = {key: value for key, value in properties.items() if key not in without}
    return json.dumps(kept, sort_keys=True, default=str) if kept else ""


def _offset(start: datetime | None, at: datetime | None) -> float | None:
    return round((at - start).total_seconds(), 6) if start and at else None
