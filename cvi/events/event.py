"""What happened in a conversation, in one shape whatever door it came through."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Event:
    """One fact. `type` is canonical (see `cvi.events.parse`), `at` is aware UTC or None.

    `raw_type` is what the sender called it. `id` identifies the happening, not the delivery: the
    same event from two doors, or delivered twice, has one id.
    """

    type: str
    conversation_id: str | None
    at: datetime | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    seq: int | None = None
    turn_idx: int | None = None
    inference_id: str | None = None
    raw_type: str = ""
    id: str = ""


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str)


def canonical_json(value: object) -> str:
    """JSON text that does not depend on key order or white space, for hashing.

    ASCII escapes keep lone surrogates and NUL representable.
    """
    return _ENCODER.encode(value)


def canonical_bytes(value: object) -> bytes:
    """The same, many times faster; what orjson refuses (half a surrogate pair) goes slowly."""
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return canonical_json(value).encode()


def identity(
    *,
    type: str,  # noqa: A002 - the field's own name
    conversation_id: str | None,
    at: datetime | None,
    properties: Mapping[str, Any],
    order: tuple[int | None, int | None, str | None] = (None, None, None),
) -> str:
    """SHA-256 over what happened. Delivery details (door, webhook_url, key order) are left out.

    `order` is (seq, turn_idx, inference_id). Tavus sends no event id, so one is derived.
    """
    stamp = at.isoformat() if at else None
    text = canonical_bytes([type, conversation_id, stamp, properties, order])
    return hashlib.sha256(text).hexdigest()
