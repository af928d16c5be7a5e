"""One normaliser for both payload shapes: the guide's and the real API's.

`parse_payload` never rejects an event for being unknown or incomplete; it raises `BadInput` only
for what is no event at all (not JSON, not an object).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from cvi.errors import BadInput
from cvi.events import aliases
from cvi.events.aliases import FIELDS, first, role_of
from cvi.events.event import Event, identity
from cvi.events.times import parse_seconds, parse_time
from cvi.events.transcript import canonical_transcript

Properties = dict[str, Any]

_ENVELOPE = frozenset(
    "properties conversation_id webhook_url event_type message_type timestamp seq turn_idx "
    "inference_id type id workspace_id".split()
)
# Keys that another spelling has already been read into, per canonical field.
_SPELLINGS = {name: frozenset(names) for name, names in FIELDS.items()}


def parse_body(body: bytes, *, where: str = "body") -> Event:
    """Parse raw bytes. Raises BadInput with a position when they are not one JSON object."""
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        payload = _lenient(body, where)
    if not isinstance(payload, dict):
        raise BadInput(
            f"expected a JSON object, found {type(payload).__name__}",
            where=where,
            hint="A callback is one object with event_type and properties.",
        )
    try:
        return parse_payload(payload)
    except RecursionError as error:  # orjson reads deeper nesting than hashing can follow
        raise BadInput("nested too deeply", where=where) from error


def _lenient(body: bytes, where: str) -> object:
    # The standard parser takes NaN and lone surrogates, which orjson refuses but senders send.
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadInput(
            f"not JSON: {error}", where=where, hint="The raw bytes are kept; see Events → Failures."
        ) from error


def parse_payload(payload: Mapping[str, Any]) -> Event:
    """Turn one payload (any documented shape) into an Event with canonical type and properties."""
    raw_type = str(first(payload, ("event_type", "type")) or _guess_type(payload))
    kind = canonical_type(raw_type)
    loose = {key: value for key, value in payload.items() if key not in _ENVELOPE}
    given = payload.get("properties")
    properties = {**loose, **given} if isinstance(given, dict) else loose
    at = parse_time(payload.get("timestamp"))
    inference = first(payload, ("inference_id",)) or properties.pop("inference_id", None)
    properties.pop("inference_id", None)
    conversation = first(payload, ("conversation_id",)) or properties.pop("conversation_id", None)
    order = (_int(payload.get("seq")), _int(payload.get("turn_idx")), _text(inference))
    shaped = _SHAPES.get(kind, _as_is)(properties, raw_type)
    clean = {key: value for key, value in shaped.items() if value is not None}
    conversation_id = _text(conversation)
    return Event(
        type=kind,
        conversation_id=conversation_id,
        at=at,
        properties=clean,
        seq=order[0],
        turn_idx=order[1],
        inference_id=order[2],
        raw_type=raw_type,
        id=identity(
            type=kind, conversation_id=conversation_id, at=at, properties=clean, order=order
        ),
    )


def canonical_type(raw_type: str) -> str:
    """One name for one happening. An unknown type keeps its own name."""
    if raw_type in aliases.TYPES:
        return aliases.TYPES[raw_type]
    # The guardrail app message has no published name; the official app matches on the word.
    return "conversation.guardrail.triggered" if "guardrail" in raw_type else raw_type


def _guess_type(payload: Mapping[str, Any]) -> str:
    """Name the callbacks that carry no event_type (guardrail, objective, training, document)."""
    given = payload.get("properties")
    inner = given if isinstance(given, dict) else {}
    if "guardrail" in inner or "guardrail" in payload or "guardrail_uuid" in inner:
        return "conversation.guardrail.triggered"
    if "objective_name" in payload or "objective_name" in inner:
        return "conversation.objective.completed"
    if "document_id" in payload or "document_id" in inner:
        return "document.status"
    if "status" in payload and ("replica_id" in payload or "face_id" in payload):
        return "replica.training"
    if "tool_call_id" in payload and "name" in payload:
        return "conversation.tool_call"
    return "unknown"


def _take(properties: Mapping[str, Any], *names: str) -> Properties:
    """Read canonical fields by all their spellings; keep every other key as it came."""
    used = frozenset().union(*(_SPELLINGS[name] for name in names))
    kept = {key: value for key, value in properties.items() if key not in used}
    return {**kept, **{name: first(properties, FIELDS[name]) for name in names}}


def _as_is(properties: Properties, _raw: str) -> Properties:
    return dict(properties)


def _joined(properties: Properties, _raw: str) -> Properties:
    return _take(properties, "replica_id")


def _shutdown(properties: Properties, _raw: str) -> Properties:
    found = _take(properties, "reason", "replica_id")
    return {**found, "reason": aliases.shutdown_reason(found["reason"])}


def _transcription(properties: Properties, _raw: str) -> Properties:
    found = _take(properties, "transcript", "replica_id")
    return {**found, "transcript": canonical_transcript(found["transcript"])}


def _utterance(properties: Properties, _raw: str) -> Properties:
    found = _take(properties, "text", "interrupted")
    text = found["text"]
    return {
        **found,
        "role": role_of(properties.get("role")),
        "text": text if isinstance(text, str) else None,
    }


def _speaking(properties: Properties, raw: str) -> Properties:
    found = _take(properties, "duration_s", "interrupted")
    part = raw.split(".")[1] if raw.count(".") == 2 else ""
    return {
        **found,
        "role": role_of(properties.get("role")) or role_of(part),
        "duration_s": parse_seconds(found["duration_s"]),
    }


def _interrupted(properties: Properties, _raw: str) -> Properties:
    return {**properties, "role": "assistant", "interrupted": True}


def _tool_call(properties: Properties, _raw: str) -> Properties:
    arguments, problem = read_arguments(properties.get("arguments"))
    return {**_without_frames(properties), "arguments": arguments, "arguments_problem": problem}


def _perception(properties: Properties, _raw: str) -> Properties:
    return _take(properties, "analysis")


def _recording(properties: Properties, _raw: str) -> Properties:
    found = _take(properties, "duration_s")
    uri = properties.get("storage_uri")
    if uri is None and properties.get("bucket_name") and properties.get("s3_key"):
        uri = f"s3://{properties['bucket_name']}/{properties['s3_key']}"
    provider = properties.get("storage_provider") or ("s3" if uri else None)
    return {
        **found,
        "duration_s": parse_seconds(found["duration_s"]),
        "storage_uri": uri,
        "storage_provider": provider,
    }


def _control(properties: Properties, raw: str) -> Properties:
    if raw == "conversation.overwrite_context" or "context" in properties:
        return _take(properties, "context")
    if raw == "conversation.echo":
        return {"modality": "text", "done": True, **properties}
    return dict(properties)


def _without_frames(properties: Properties) -> Properties:
    """Perception calls carry camera frames; their count is a fact, their pixels stay raw."""
    frames = properties.get("frames")
    kept = {key: value for key, value in properties.items() if key != "frames"}
    return {**kept, "frames": len(frames)} if isinstance(frames, list) else kept


def read_arguments(value: object) -> tuple[Properties | None, str | None]:
    """Arguments as an object, from an object or a JSON string; the problem when they are neither.

    Unreadable arguments are kept under `raw`, so nothing is lost.
    """
    if value is None:
        return None, None
    if isinstance(value, dict):
        return dict(value), None
    try:
        parsed = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return {"raw": value}, "arguments are not JSON"
    if isinstance(parsed, dict):
        return parsed, None
    return {"raw": value}, f"arguments are a {type(parsed).__name__}, not an object"


_SHAPES: Mapping[str, Callable[[Properties, str], Properties]] = {
    "system.replica_joined": _joined,
    "system.shutdown": _shutdown,
    "application.transcription_ready": _transcription,
    "application.recording_ready": _recording,
    "application.recording_copy_failed": _recording,
    "application.perception_analysis": _perception,
    "conversation.utterance": _utterance,
    "conversation.utterance.streaming": _utterance,
    "conversation.started_speaking": _speaking,
    "conversation.stopped_speaking": _speaking,
    "conversation.replica_interrupted": _interrupted,
    "conversation.tool_call": _tool_call,
    "conversation.perception_tool_call": _tool_call,
    "conversation.echo": _control,
    "conversation.overwrite_llm_context": _control,
    "conversation.append_llm_context": _control,
    "replica.training": _joined,
}


def _text(value: object) -> str | None:
    """Identity columns: text without NUL and lone surrogates, which PostgreSQL cannot store."""
    if value is None:
        return None
    clean = str(value).replace("\x00", "").encode("utf-8", "replace").decode()
    return clean[:200] or None


def _int(value: object) -> int | None:
    number = parse_seconds(value)
    return int(number) if number is not None and abs(number) < 2**31 else None
