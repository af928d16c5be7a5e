"""Payloads and events for tests: from the files, or from a few words."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from cvi.events import Event, parse_payload

ROOT = Path(__file__).resolve().parents[2]
PAYLOADS = ROOT / "tests" / "payloads"
EPOCH = 1_793_000_000  # 2026-10-26T07:33:20Z


def stored(name: str) -> dict[str, Any]:
    """The payload of a file, named `webhook/joined.guide`."""
    found: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return found


def of(*names: str) -> list[Event]:
    """Events of payload files."""
    return [parse_payload(stored(name)) for name in names]


def event(kind: str, at: float | None = None, **given: Any) -> Event:
    """An event at a second after EPOCH; envelope fields by name, the rest are properties."""
    payload: dict[str, Any] = {"event_type": kind, "conversation_id": given.pop("of", "c1")}
    if at is not None:
        payload["timestamp"] = EPOCH + at
    for name in ("seq", "turn_idx", "inference_id"):
        if name in given:
            payload[name] = given.pop(name)
    return parse_payload({**payload, "properties": given})


def shared() -> Path | None:
    """The folder of reference payloads that lies beside the project in its workshop, if there."""
    folder = Path(os.environ.get("CVI_SHARED_DIR") or ROOT.parent / "shared")
    found = folder / "reference" / "tavus-payloads"
    return found if found.is_dir() else None
