"""One normaliser for both payload shapes: the guide's and the real API's.

`parse_payload` never rejects an event for being unknown or incomplete; it raises `BadInput` only
for what is no event at all (not JSON, not an object).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from cvi.errors import BadInput
from cvi.events import aliases
from cvi.events.aliases import FIELDS, UNREAD, role_of, take
from cvi.events.event import Event, identity
from cvi.events.plain import lenient_json, plain
from cvi.events.times import parse_seconds, parse_time
from cvi.events.transcript import canonical_transcript, text_of

Properties = dict[str, Any]

# What the delivery adds to the happening. The tolerant readers take the rest wherever it stands.
DELIVERY = frozenset(("webhook_url", "message_type", "id", "workspace_id"))
_LIFTED = ("conversation_id", "inference_id", "seq", "turn_idx")


def parse_body(body: bytes, *, where: str = "body") -> Event:
    """Parse raw bytes. Raises BadInput with a position when they are not one JSON object."""
    payload = load_object(body, where=where)
    try:
        return parse_payload(payload)
    except BadInput as error:
        raise BadInput(error.message, where=where, hint=error.hint) from None


def load_object(body: bytes, *, where: str = "body") -> Properties:
    """The JSON object in raw bytes, as it was written. Raises BadInput for anything else."""
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
    return payload


def _lenient(body: bytes, where: str) -> object:
    # NaN, lone surrogates and endless integers are refused by orjson, but senders send them.
    try:
        return lenient_json(body)
    except ValueError as error:
        raise BadInput(
            f"not JSON: {error}", where=where, hint="The raw bytes are kept; see Events → Failures."
        ) from error


def parse_payload(payload: Mapping[str, Any]) -> Event:
    """Turn one payload (any documented shape) into an Event with canonical type and properties.

    What could not be read, or was said twice and differently, is kept under `_unread`. Raises
    BadInput for what is nested beyond all sense, and for nothing else.
    """
    fields: Properties = plain(dict(payload))
    raw_type = str(fields.get("event_type") or fields.get("type") or _guess_type(fields))
    kind = canonical_type(raw_type)
    properties, own = _opened(fields)
    unread: Properties = properties.pop(UNREAD, {})
    at = _read(own, "timestamp", parse_time, unread)
    seq = _read(own, "seq", _int, unread)
    turn_idx = _read(own, "turn_idx", _int, unread)
    inference_id, conversation_id = id_text(own["inference_id"]), id_text(own["conversation_id"])
    shaped = _SHAPES.get(kind, _as_is)(properties, raw_type, unread)
    clean = {key: value for key, value in shaped.items() if value is not None}
    full = {**clean, UNREAD: unread} if unread else clean
    return Event(
        type=kind,
        conversation_id=conversation_id,
        at=at,
        properties=_slim(kind, full),
        seq=seq,
        turn_idx=turn_idx,
        inference_id=inference_id,
        raw_type=raw_type,
        id=identity(
            type=kind,
            conversation_id=conversation_id,
            at=at,
            properties=full,
            order=(seq, turn_idx, inference_id),
        ),
    )


def _opened(fields: Properties) -> tuple[Properties, Properties]:
    """The properties, wherever they stand, and the envelope's own values.

    Some senders hoist properties to the top, others push ids down into them.
    """
    given = fields.get("properties")
    inner = _as_object(given)
    unread: Properties = {} if inner or not given else {"properties": given}
    named = {"properties", "timestamp", *_LIFTED, *DELIVERY}
    named.add("event_type" if fields.get("event_type") else "type")
    loose = {key: value for key, value in fields.items() if key not in named}
    unread |= {key: each for key, each in loose.items() if key in inner and inner[key] != each}
    properties = {**loose, **inner}
    own = {"timestamp": fields.get("timestamp")}
    for name in _LIFTED:
        both = {"top": fields.get(name), name: properties.pop(name, None)}
        own[name] = take(both, ("top", name), unread)
    return ({**properties, UNREAD: unread} if unread else properties), own


def _as_object(value: object) -> Properties:
    """An object, also one written as JSON text (a column of a database dump); else nothing."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = plain(lenient_json(value))
        except (ValueError, BadInput):
            return {}
    return dict(value) if isinstance(value, dict) else {}


def _read(own: Properties, name: str, reader: Callable[[object], Any], unread: Properties) -> Any:  # noqa: ANN401 - what the reader returns
    """`own[name]` through a reader; what it refuses is kept."""
    value = own[name]
    found = reader(value)
    if found is None and value is not None:
        unread[name] = value
    return found


def canonical_type(raw_type: str) -> str:
    """One name for one happening. An unknown type keeps its own name."""
    if raw_type in aliases.TYPES:
        return aliases.TYPES[raw_type]
    # The guardrail app message has no published name; the official app matches on the word.
    return "conversation.guardrail.triggered" if "guardrail" in raw_type.lower() else raw_type


def _guess_type(fields: Properties) -> str:
    """Name the callbacks that carry no event_type (guardrail, objective, training, document)."""
    every = {**fields, **_as_object(fields.get("properties"))}
    if "guardrail" in every or "guardrail_uuid" in every:
        return "conversation.guardrail.triggered"
    if "objective_name" in every:
        return "conversation.objective.completed"
    if "tool_call_id" in every and "name" in every:
        return "conversation.tool_call"
    if "status" in every and "conversation_id" not in every:
        if "document_id" in every:
            return "document.status"
        if "replica_id" in every or "face_id" in every:
            return "replica.training"
    return "unknown"


def _take(properties: Properties, unread: Properties, *names: str) -> Properties:
    """Read canonical fields by all their spellings; keep every other key as it came."""
    kept = dict(properties)
    found = {name: take(kept, FIELDS[name], unread) for name in names}
    return {**kept, **found}


def _as_is(properties: Properties, _raw: str, _unread: Properties) -> Properties:
    return dict(properties)


def _joined(properties: Properties, _raw: str, unread: Properties) -> Properties:
    return _take(properties, unread, "replica_id")


def _shutdown(properties: Properties, _raw: str, unread: Properties) -> Properties:
    found = _take(properties, unread, "reason", "replica_id")
    reason = aliases.shutdown_reason(found["reason"])
    if reason == "internal_error":
        found["detail"] = found.get("detail") or found["reason"]  # it names the step
    return {**found, "reason": reason}


def _transcription(properties: Properties, _raw: str, unread: Properties) -> Properties:
    found = _take(properties, unread, "transcript", "replica_id")
    given = found["transcript"]
    found["transcript"] = canonical_transcript(given)
    if found["transcript"] is None and given is not None:
        unread["transcript"] = given
    return found


def _role(properties: Properties, unread: Properties, *, by_type: str = "") -> str | None:
    given = properties.get("role")
    role = role_of(given) or role_of(by_type)
    if role is None and given is not None:
        unread["role"] = given
    return role


def _utterance(properties: Properties, _raw: str, unread: Properties) -> Properties:
    found = _take(properties, unread, "text", "interrupted")
    text = found["text"]
    return {
        **found,
        "role": _role(properties, unread),
        "text": None if text is None else text_of(text),
    }


def _speaking(properties: Properties, raw: str, unread: Properties) -> Properties:
    found = _take(properties, unread, "duration_s", "interrupted")
    part = raw.split(".")[1] if raw.count(".") == 2 else ""
    return {
        **found,
        "role": _role(properties, unread, by_type=part),
        "duration_s": _read(found, "duration_s", parse_seconds, unread),
    }


def _interrupted(properties: Properties, _raw: str, _unread: Properties) -> Properties:
    return {**properties, "role": "assistant", "interrupted": True}


def _tool_call(properties: Properties, _raw: str, _unread: Properties) -> Properties:
    arguments, problem = read_arguments(properties.get("arguments"))
    return {**properties, "arguments": arguments, "arguments_problem": problem}


def _perception(properties: Properties, _raw: str, unread: Properties) -> Properties:
    return _take(properties, unread, "analysis")


def _recording(properties: Properties, _raw: str, unread: Properties) -> Properties:
    found = _take(properties, unread, "duration_s")
    uri = properties.get("storage_uri")
    if uri is None and properties.get("bucket_name") and properties.get("s3_key"):
        uri = f"s3://{properties['bucket_name']}/{properties['s3_key']}"
    provider = properties.get("storage_provider") or ("s3" if uri else None)
    return {
        **found,
        "duration_s": _read(found, "duration_s", parse_seconds, unread),
        "storage_uri": uri,
        "storage_provider": provider,
    }


def _context(properties: Properties, _raw: str, unread: Properties) -> Properties:
    return _take(properties, unread, "context")


def _echo(properties: Properties, _raw: str, _unread: Properties) -> Properties:
    return {"modality": "text", "done": True, **properties}


def _slim(kind: str, properties: Properties) -> Properties:
    """Camera frames and audio leave their number and length behind; they stay in the raw bytes.

    They count for the identity, so two chunks of audio are two happenings.
    """
    heavy = _HEAVY.get(kind, "")
    given = properties.get(heavy)
    return {**properties, heavy: len(given)} if isinstance(given, str | list) else properties


_HEAVY: Mapping[str, str] = {
    "conversation.perception_tool_call": "frames",
    "conversation.tool_call": "frames",
    "conversation.echo": "audio",
}


def read_arguments(value: object) -> tuple[Properties | None, str | None]:
    """Arguments as an object, from an object or a JSON string; the problem when they are neither.

    Unreadable arguments are kept under `raw`, so nothing is lost. An empty string is what models
    send for a tool without parameters.
    """
    problem = None
    try:
        parsed = _from_text(value) if isinstance(value, str) else value
    except ValueError:
        problem = "arguments are not JSON"
    except BadInput as error:
        problem = f"arguments are {error.message}"
    else:
        if parsed is None or isinstance(parsed, dict):
            return parsed, None
        problem = f"arguments are a {type(parsed).__name__}, not an object"
    return {"raw": value}, problem


def _from_text(text: str) -> object:
    return plain(lenient_json(text)) if text.strip() else {}


_SHAPES: Mapping[str, Callable[[Properties, str, Properties], Properties]] = {
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
    "conversation.echo": _echo,
    "conversation.overwrite_llm_context": _context,
    "conversation.append_llm_context": _context,
    "replica.training": _joined,
}


def id_text(value: object) -> str | None:
    """Identity columns: short text."""
    return None if value is None else str(value)[:200] or None


def _int(value: object) -> int | None:
    number = parse_seconds(value)
    whole = number is not None and number.is_integer() and abs(number) < 2**31
    return int(number) if whole and number is not None else None
