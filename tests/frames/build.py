"""Views as plain rows, and short ways to tell a call."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from cvi.events import Event
from cvi.frames import fold
from tests.events.build import EPOCH, event


def second(at: object) -> float | None:
    """Seconds after EPOCH of a time in a frame."""
    if not isinstance(at, datetime) or pd.isna(at):
        return None
    return round((at - datetime.fromtimestamp(EPOCH, UTC)).total_seconds(), 6)


def _plain(value: Any) -> Any:
    if value is pd.NaT or (not isinstance(value, str) and pd.isna(value)):
        return None
    return second(value) if isinstance(value, datetime) else value


def rows(events: Iterable[Event], table: str, *columns: str) -> list[Any]:
    """Rows of a view as tuples (or values, for one column); times are seconds after EPOCH."""
    frame = getattr(fold(events), table)
    found = [
        tuple(_plain(value) for value in row)
        for row in frame[list(columns)].astype(object).itertuples(index=False)
    ]
    return [row[0] for row in found] if len(columns) == 1 else found


def about(events: Iterable[Event]) -> dict[str, Any]:
    """The one row of `conversations`."""
    frame = fold(events).conversations
    assert len(frame) == 1
    return {name: _plain(value) for name, value in frame.astype(object).iloc[0].items()}


def said(role: str, text: str, at: float | None = None, **given: Any) -> Event:
    """A live utterance."""
    return event("conversation.utterance", at, role=role, speech=text, **given)


def started(role: str, at: float, **given: Any) -> Event:
    """Somebody began to speak."""
    return event("conversation.started_speaking", at, role=role, **given)


def stopped(role: str, at: float, **given: Any) -> Event:
    """Somebody stopped."""
    return event("conversation.stopped_speaking", at, role=role, **given)


def transcript(*items: dict[str, Any] | tuple[str, str], at: float | None = 900.0) -> Event:
    """A final transcript; an item is a dict, or (role, text)."""
    listed = [
        {"role": item[0], "content": item[1]} if isinstance(item, tuple) else item for item in items
    ]
    return event("application.transcription_ready", at, transcript=listed)


def shutdown(at: float | None, reason: str = "participant_left_timeout") -> Event:
    """The room closes."""
    return event("system.shutdown", at, shutdown_reason=reason)


def joined(at: float | None = 0.0) -> Event:
    """The replica is there."""
    return event("system.replica_joined", at, replica_id="r1")
