"""Short ways to read bytes in the tests of the readers."""

from __future__ import annotations

import json
from typing import Any

from cvi import ingest
from cvi.ingest import Item, Problem, Source


def read(
    data: bytes | str | object, name: str, **options: Any
) -> tuple[list[Item], list[Problem]]:
    """Items and problems of a file given as bytes, text or something to write as JSON."""
    if not isinstance(data, bytes | str):
        data = json.dumps(data)
    raw = data.encode() if isinstance(data, str) else data
    found = list(ingest.read(Source.from_bytes(raw, name), **options))
    items = [each for each in found if isinstance(each, Item)]
    return items, [each for each in found if isinstance(each, Problem)]


def rows(items: list[Item], at: int = 0) -> list[dict[str, Any]]:
    """The turns of the n-th transcript."""
    transcripts = [i for i in items if i.payload["event_type"].endswith("transcription_ready")]
    found = transcripts[at].payload["properties"]["transcript"]
    assert isinstance(found, list)
    return found


def about(items: list[Item], at: int = 0) -> dict[str, Any]:
    """The properties of the n-th described event."""
    described = [i for i in items if i.payload["event_type"] == "conversation.described"]
    found = described[at].payload["properties"]
    assert isinstance(found, dict)
    return found
