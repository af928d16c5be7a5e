"""Everything in a conversation that is not speech: tool calls, perception, signals."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cvi.events.event import Event, canonical_json
from cvi.events.parse import read_arguments
from cvi.events.times import parse_time
from cvi.frames.turns import clean

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Call:
    key: str
    tool_call_id: str | None
    name: str
    modality: str
    arguments: str | None
    problem: str | None
    at: datetime | None
    turn_idx: int | None
    result: str | None = None
    status: str | None = None


def tool_calls(
    conversation_id: str, kinds: Mapping[str, list[Event]], start: datetime | None
) -> list[Row]:
    """One row a call, however often and in whatever form it was announced."""
    results = {str(key): value for key, value in _results(kinds)}
    calls: dict[str, _Call] = {}
    for call in _announced(kinds):
        if call.key in calls:
            known = calls[call.key]
            calls[call.key] = replace(known, at=known.at or call.at)
        else:
            calls[call.key] = call
    finished = [_with_result(call, results.get(call.tool_call_id or "")) for call in calls.values()]
    ordered = sorted(finished, key=lambda call: (call.at is None, call.at or start, call.key))
    return [
        (
            conversation_id,
            idx,
            call.tool_call_id,
            call.name,
            call.modality,
            call.arguments,
            call.problem,
            call.at,
            _offset(start, call.at),
            call.turn_idx,
            call.result,
            call.status,
        )
        for idx, call in enumerate(ordered)
    ]


def perceptions(
    conversation_id: str, kinds: Mapping[str, list[Event]], start: datetime | None
) -> list[Row]:
    """What Raven saw or heard, and when it could not."""
    found: dict[tuple[str, str], datetime | None] = {}
    for event in kinds.get("application.perception_analysis", ()):
        text = clean(event.properties.get("analysis"))
        if text:
            found.setdefault(("analysis", text), event.at)
    for event in kinds.get("application.perception_unavailable", ()):
        found.setdefault(("unavailable", _detail(event.properties)), event.at)
    return [
        (conversation_id, idx, kind, text, at, _offset(start, at))
        for idx, ((kind, text), at) in enumerate(found.items())
    ]


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
}


def signals(
    conversation_id: str, kinds: Mapping[str, list[Event]], start: datetime | None
) -> list[Row]:
    """Guardrails, objectives, post-call actions and operator interventions, in order of time.

    A guardrail or objective may arrive as an app message and as a callback of its own without a
    time: the timeless copy is dropped when a timed one says the same.
    """
    found = [
        (event.at, kind, _name(event, names), _detail(event.properties, without=names))
        for type_, (kind, names) in _SIGNALS.items()
        for event in kinds.get(type_, ())
    ]
    timed = {(kind, name) for at, kind, name, _ in found if at is not None}
    kept = [each for each in found if each[0] is not None or (each[1], each[2]) not in timed]
    kept.sort(key=lambda each: (each[0] is None, each[0] or start, each[1], each[2] or "", each[3]))
    return [
        (conversation_id, idx, kind, name, detail, at, _offset(start, at))
        for idx, (at, kind, name, detail) in enumerate(kept)
    ]


def _announced(kinds: Mapping[str, list[Event]]) -> Iterator[_Call]:
    for event in kinds.get("conversation.tool_call", ()):
        yield _call(event, "llm")
    for event in kinds.get("conversation.perception_tool_call", ()):
        yield _call(event, str(event.properties.get("modality") or "vision"))
    for event in kinds.get("application.transcription_ready", ()):
        for item in event.properties.get("transcript") or ():
            yield from _in_transcript(item)


def _call(event: Event, modality: str) -> _Call:
    given = event.properties
    arguments = given.get("arguments")
    if arguments is None and modality != "llm":
        kept = {"name", "modality", "arguments", "frames"}
        arguments = {key: value for key, value in given.items() if key not in kept} or None
    name = str(given.get("name") or ("perception" if modality != "llm" else "unknown"))
    call_id = _id(given.get("tool_call_id"))
    body = canonical_json(arguments) if arguments is not None else None
    return _Call(
        key=call_id or canonical_json([event.inference_id, name, body]),
        tool_call_id=call_id,
        name=name,
        modality=modality,
        arguments=body,
        problem=given.get("arguments_problem"),
        at=event.at,
        turn_idx=event.turn_idx,
    )


def _in_transcript(item: Mapping[str, Any]) -> Iterator[_Call]:
    """Calls inside the transcript: `{id, function: {name, arguments}}` or the flat form."""
    calls = item.get("tool_calls")
    for raw in calls if isinstance(calls, list) else ():
        if not isinstance(raw, dict):
            continue
        inner = raw.get("function")
        inner = inner if isinstance(inner, dict) else raw
        arguments, problem = read_arguments(inner.get("arguments"))
        body = canonical_json(arguments) if arguments is not None else None
        call_id = _id(raw.get("id") or raw.get("tool_call_id"))
        name = str(inner.get("name") or "unknown")
        yield _Call(
            key=call_id or canonical_json([item.get("inference_id"), name, body]),
            tool_call_id=call_id,
            name=name,
            modality="llm",
            arguments=body,
            problem=problem,
            at=_moment(item),
            turn_idx=None,
        )


def _results(kinds: Mapping[str, list[Event]]) -> Iterator[tuple[str, tuple[str | None, str]]]:
    for event in kinds.get("application.transcription_ready", ()):
        for item in event.properties.get("transcript") or ():
            if item.get("role") == "tool" and item.get("tool_call_id"):
                # Asynchronous tools answer a second time under `<id>_result`.
                key = str(item["tool_call_id"]).removesuffix("_result")
                yield key, (clean(item.get("text")) or None, "success")
    for event in kinds.get("conversation.tool_result", ()):
        output = event.properties.get("output")
        text = output if isinstance(output, str) else json.dumps(output, default=str)
        status = str(event.properties.get("status") or "success")
        if event.properties.get("tool_call_id"):
            yield str(event.properties["tool_call_id"]), (clean(text) or None, status)


def _with_result(call: _Call, result: tuple[str | None, str] | None) -> _Call:
    return replace(call, result=result[0], status=result[1]) if result else call


def _moment(item: Mapping[str, Any]) -> datetime | None:
    return parse_time(item.get("at"))


def _id(value: object) -> str | None:
    return clean(str(value))[:200] or None if value is not None else None


def _name(event: Event, names: tuple[str, ...]) -> str | None:
    return next((str(event.properties[key]) for key in names if event.properties.get(key)), None)


def _detail(properties: Mapping[str, Any], *, without: tuple[str, ...] = ()) -> str:
    kept = {key: value for key, value in properties.items() if key not in without}
    return clean(json.dumps(kept, sort_keys=True, default=str)) if kept else ""


def _offset(start: datetime | None, at: datetime | None) -> float | None:
    return round((at - start).total_seconds(), 6) if start and at else None
