"""Dumps of webhook bodies: JSONL or a list, bare or inside the wrapper of whatever caught them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from cvi.events import parse_payload
from cvi.ingest.item import READERS, Item, Options, Problem, Reader, Reading
from cvi.ingest.records import Record, first_keys, loads, records
from cvi.ingest.source import Source

# `event_data` is the column of the guide's own event log; a log row repeats event_type outside.
_WRAPPERS = ("body", "payload", "event", "event_data", "data")
_LEVELS = 4
# Columns of our own export of events, and the mark before a body that is no UTF-8 text.
_KEPT = frozenset({"seq", "received_at", "body"})
_CODED = "base64:"
# Callbacks that Tavus sends without an event_type.
_UNTYPED = (
    frozenset({"conversation_id", "objective_name"}),
    frozenset({"conversation_id", "properties"}),
    frozenset({"document_id", "status"}),
    frozenset({"replica_id", "status"}),
    frozenset({"face_id", "status"}),
)
# Keys of API replies and transcripts, which share others with the forms above.
_NO_CALLBACK = frozenset(
    {"transcript", "messages", "turns", "conversation_url", "conversation_name", "created_at"}
)


def unwrap(value: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The callback inside a record: itself, or what a wrapper holds as an object or as text."""
    found: Any = value
    for _ in range(_LEVELS):
        if isinstance(found, str):
            found = _parsed(found)
        if not isinstance(found, dict):
            return None
        wrapped = (found[key] for key in _WRAPPERS if _holds(found.get(key)))
        inner = None if "properties" in found else next(wrapped, None)
        if "event_type" in found and inner is None:
            return found
        if inner is None:
            return found if parse_payload(found).type != "unknown" else None
        found = inner
    return None


def _holds(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, str) and value.lstrip().startswith("{"))


def _parsed(text: str | bytes) -> object:
    try:
        return loads(text)
    except ValueError:
        return None


def looks(keys: frozenset[str], *, typed_inside: bool = False) -> bool:
    """Whether an object with these keys is a callback, or a wrapper around one."""
    if "event_type" in keys:
        return True
    if keys & _NO_CALLBACK:
        return False
    if typed_inside and keys & set(_WRAPPERS):
        return True
    return any(wanted <= keys for wanted in _UNTYPED)


def sniff(head: bytes, _name: str) -> bool:
    """Recognise the format by the keys of its first objects."""
    typed = b"event_type" in head
    return any(looks(keys, typed_inside=typed) for keys in first_keys(head))


def read(source: Source, options: Options) -> Reading:
    """Every callback of the file, unchanged."""
    for record in records(source, options):
        yield record if isinstance(record, Problem) else _item(record)


def _item(record: Record) -> Item | Problem:
    if record.value.keys() >= _KEPT:
        return _kept(record)
    payload = unwrap(record.value)
    if payload is None:
        keys = ", ".join(list(record.value)[:8]) or "none"
        what = f"no callback: neither event_type nor a known form (keys: {keys})"
        hint = "A wrapper may hold the callback under body, payload, event, event_data or data."
        return Problem(record.where, record.line, what, hint)
    return Item(dict(payload), record.where, parse_payload(payload).conversation_id)


def _kept(record: Record) -> Item | Problem:
    """A row of our own export of events: the bytes as they came, readable or not."""
    try:
        body = _bytes(record.value["body"])
    except (TypeError, ValueError):
        what = "the body of this exported event is damaged"
        return Problem(record.where, record.line, what, "The line was left out.")
    payload = _parsed(body)
    if not isinstance(payload, dict):
        return Item({}, record.where, None, body)  # kept unread, as it was where it came from
    return Item(payload, record.where, parse_payload(payload).conversation_id, body)


def _bytes(text: str) -> bytes:
    coded = text.removeprefix(_CODED)
    return base64.b64decode(coded, validate=True) if coded != text else text.encode()


READERS.add(
    "events",
    Reader(
        name="events",
        summary="webhook bodies as they arrived, JSONL or a list, also inside {body: …}",
        extensions=(".jsonl", ".ndjson", ".json"),
        sniff=sniff,
        read=read,
    ),
)
