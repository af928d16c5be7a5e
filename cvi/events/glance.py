"""The least a door must know of a delivery before it may acknowledge it.

A full reading costs several times this; it is the worker's business. Two deliveries with one key
are one happening. One happening that another door wrote down differently (2.0 as 2, say) may have
two keys: both are kept, and the fold, which goes by `Event.id`, takes them for one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from cvi.errors import BadInput
from cvi.events.event import canonical_bytes
from cvi.events.parse import DELIVERY, canonical_type, id_text, load_object, parse_payload
from cvi.events.plain import storable
from cvi.events.times import parse_time

_EXPECTED = ("event_type", "conversation_id")


@dataclass(frozen=True, slots=True)
class Glance:
    """Canonical type, conversation, time, and the key that redeliveries share."""

    type: str
    conversation_id: str | None
    at: datetime | None
    key: str


def glance(body: bytes) -> Glance:
    """Read one delivery. Raises BadInput when it is not one JSON object."""
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        payload = load_object(body)
    if not isinstance(payload, dict):
        payload = load_object(body)  # says what it is instead
    kind, conversation_id = (payload.get(name) for name in _EXPECTED)
    if not (isinstance(kind, str) and kind and isinstance(conversation_id, str)):
        event = parse_payload(payload)  # callbacks without a type, ids in other places
        kind, conversation_id = event.raw_type, event.conversation_id
    at = parse_time(payload.get("timestamp"))
    name = None if conversation_id is None else id_text(storable(conversation_id))
    return Glance(canonical_type(storable(kind)[:200]), name, at, delivery_key(payload, at))


def delivery_key(payload: dict[str, Any], at: datetime | None) -> str:
    """64 hex digits over all that was said, whatever the order of keys; see the module.

    The first eight are the second it happened in: keys of one hour stand together in the index,
    and a commit of live events writes a few of its pages instead of one page an event.
    """
    said = {name: value for name, value in payload.items() if name not in DELIVERY}
    try:
        digest = hashlib.sha256(canonical_bytes(said)).hexdigest()
    except RecursionError:
        raise BadInput("nested too deeply") from None
    second = max(int(at.timestamp()), 0) if at else 0
    return f"{second:08x}"[-8:] + digest[:56]
