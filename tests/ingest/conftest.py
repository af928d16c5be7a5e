"""A short way to read bytes in the tests of the readers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cvi import ingest
from cvi.ingest import Item, Problem, Source


@dataclass
class Found:
    """Everything a file gave."""

    items: list[Item]
    problems: list[Problem]

    @property
    def ids(self) -> list[str | None]:
        """Conversations in order, once each."""
        return list(dict.fromkeys(item.conversation_id for item in self.items))

    @property
    def lines(self) -> list[int | None]:
        """Where the problems are."""
        return [problem.line for problem in self.problems]

    def rows(self, at: int = 0) -> list[dict[str, Any]]:
        """The turns of the n-th transcript."""
        kind = "application.transcription_ready"
        found = [i.payload for i in self.items if i.payload["event_type"] == kind]
        return list(found[at]["properties"]["transcript"])

    def about(self, at: int = 0) -> dict[str, Any]:
        """The properties of the n-th described event."""
        kind = "conversation.described"
        found = [i.payload for i in self.items if i.payload["event_type"] == kind]
        return dict(found[at]["properties"])


Read = Callable[..., Found]


@pytest.fixture
def read() -> Read:
    """Read bytes, text, or something to be written as JSON."""

    def reading(data: object, name: str, **options: Any) -> Found:
        text = data if isinstance(data, bytes | str) else json.dumps(data)
        raw = text.encode() if isinstance(text, str) else text
        found = list(ingest.read(Source.from_bytes(raw, name), **options))
        items = [each for each in found if isinstance(each, Item)]
        return Found(items, [each for each in found if isinstance(each, Problem)])

    return reading


@pytest.fixture
def samples() -> Path:
    """The small files that ship with the project."""
    return Path(__file__).resolve().parents[2] / "data" / "samples"
