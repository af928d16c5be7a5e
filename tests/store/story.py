"""Stories for tests of the store: payloads as Tavus sends them, ways to deliver them, dumps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from cvi.bootstrap import Ports
from cvi.settings import Settings
from cvi.store import facts, tables

Payload = dict[str, Any]
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WORKSPACE = "default"
_SAID = (
    ("assistant", "Hello, how can I help you today?"),
    ("user", "My invoice is wrong and I am rather annoyed."),
    ("assistant", "I am sorry to hear that. Let me look at the invoice."),
    ("user", "Thank you, that is very kind."),
)


def ports_of(engine: sa.Engine, workspace: str = WORKSPACE) -> Ports:
    """Ports on a store that is open already."""
    return Ports(Settings(), engine, workspace)


def event(conversation: str | None, kind: str, at: float = 0.0, /, **properties: Any) -> Payload:
    """One callback, `at` seconds after the start of the story."""
    payload: Payload = {
        "event_type": kind,
        "timestamp": (START + timedelta(seconds=at)).isoformat(),
        "properties": properties,
    }
    return payload if conversation is None else {**payload, "conversation_id": conversation}


def story(name: str, *, said: Sequence[tuple[str, str]] = _SAID) -> list[Payload]:
    """A whole conversation: joined, spoken, a tool call, its end, its transcript."""
    rows = [
        {"role": role, "content": text, "seconds_from_start": 2.0 + 5 * idx, "duration": 3.0,
         "timestamp": START.timestamp() + 2 + 5 * idx}
        for idx, (role, text) in enumerate(said)
    ]  # fmt: skip
    spoken = [
        event(name, "conversation.utterance", 2 + 5 * idx, role=role, speech=text)
        for idx, (role, text) in enumerate(said)
    ]
    return [
        event(name, "system.replica_joined", 0.0, replica_id="r1"),
        *spoken,
        event(name, "conversation.tool_call", 9.0, name="find_invoice",
              tool_call_id=f"call-{name}", arguments='{"number": 7}'),
        event(name, "system.shutdown", 30.0, shutdown_reason="participant_left_timeout"),
        event(name, "application.transcription_ready", 31.0, replica_id="r1", transcript=rows),
    ]  # fmt: skip


def incoming(payload: Payload | bytes, *, live: bool = True, source: str = "webhook") -> Any:
    """One delivery."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return facts.incoming(body, source=source, live=live, received_at=START)


def deliver(
    engine: sa.Engine, payloads: Iterable[Payload | bytes], *, live: bool = True, **more: Any
) -> int:
    """Append in one batch; returns how many were new."""
    batch = [incoming(payload, live=live) for payload in payloads]
    return facts.append(engine, batch, workspace=WORKSPACE, **more)


def count(engine: sa.Engine, table: str, where: str = "1 = 1") -> int:
    """Rows of a table."""
    with engine.begin() as connection:
        return int(connection.scalar(sa.text(f"select count(*) from {table} where {where}")) or 0)


def rows(engine: sa.Engine, query: str, **values: Any) -> list[tuple[Any, ...]]:
    """The answer to a query, as plain tuples."""
    with engine.begin() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query), values)]


def dump(engine: sa.Engine, *, without: Sequence[str] = ()) -> dict[str, list[dict[str, Any]]]:
    """Every row of every view, by key: two stores with equal dumps show the same."""
    found = {}
    with engine.begin() as connection:
        for table in tables.views.sorted_tables:
            keys = ", ".join(column.name for column in table.primary_key.columns)
            answer = connection.execute(sa.text(f"select * from {table.name} order by {keys}"))
            found[table.name] = [
                {key: value for key, value in row.items() if key not in without}
                for row in answer.mappings()
            ]
    return found


def sql_dump(engine: sa.Engine, names: Iterable[str]) -> dict[str, list[str]]:
    """Every row of these tables as text, sorted."""
    with engine.begin() as connection:
        return {
            name: sorted(map(repr, connection.execute(sa.text(f"select * from {name}")).all()))
            for name in names
        }
