"""The standard demo, made and folded once for all tests of the package."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from cvi.demo import Plan, generate, plan
from cvi.events import Event, parse_payload
from cvi.frames import Frames, fold

END = date(2026, 9, 20)


@dataclass(frozen=True)
class Demo:
    """Plans, what was sent for them, and what the workbench makes of it."""

    plans: list[Plan]
    payloads: list[dict[str, Any]]
    events: list[Event]
    frames: Frames

    def tagged(self, tag: str) -> set[str]:
        return {each.conversation_id for each in self.plans if tag in each.tags}


@pytest.fixture(scope="session")
def demo() -> Demo:
    payloads = list(generate(end=END))
    events = [parse_payload(each) for each in payloads]
    return Demo(plan(end=END), payloads, events, fold(events))
