"""Imports as a person sees them: noted when they begin, counted when they end, taken back whole."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from cvi.errors import NotFound
from cvi.store import changes, queue, views
from cvi.store.tables import (
    conversation_events,
    event_jobs,
    import_events,
    imports,
    webhook_failures,
)
from cvi.store.types import storable

E, J, I, L = conversation_events.c, event_jobs.c, imports.c, import_events.c  # noqa: E741
_PART = 500


def open_import(
    engine: sa.Engine, *, workspace: str, name: str, reader_name: str, sha256: str | None
) -> uuid.UUID:
    """Note that an import began."""
    import_id = uuid.uuid4()
    with engine.begin() as connection:
        connection.execute(
            sa.insert(imports).values(
                import_id=import_id,
                workspace_id=workspace,
                name=storable(name),  # a file's name may hold bytes that are no text
                reader=reader_name,
                sha256=sha256,
                state="running",
                created_at=datetime.now(UTC),
            )
        )
    return import_id


def close_import(engine: sa.Engine, import_id: uuid.UUID, **counts: object) -> None:
    """Note how an import went: conversations, events_new, events_seen, problems."""
    with engine.begin() as connection:
        connection.execute(
            sa.update(imports).where(I.import_id == import_id).values(state="done", **counts)
        )


def undo_import(engine: sa.Engine, import_id: uuid.UUID, *, workspace: str) -> list[str]:
    """Take back the facts only this import brought; return the conversations to fold again.

    Facts that another import or a live door also brought stay. The views of the conversations go
    in the same transaction, and what is left of a conversation waits to be folded, so that a crash
    leaves no view of facts that are gone. Raises NotFound when there is no such import.
    """
    mine = (I.import_id == import_id, I.workspace_id == workspace)
    with engine.begin() as connection:
        if connection.execute(sa.select(I.state).where(*mine)).first() is None:
            raise NotFound(f"There is no import {import_id}.", hint="The data page lists them.")
        doomed = connection.execute(_only_from(import_id, workspace)).all()
        connection.execute(sa.delete(import_events).where(L.import_id == import_id))
        _forget(connection, [seq for seq, _ in doomed])
        touched = sorted({name for _, name in doomed if name is not None})
        for start in range(0, len(touched), _PART):
            part = touched[start : start + _PART]
            views.lock(connection, part, workspace=workspace)
            views.drop(connection, part, workspace=workspace)
            queue.reopen(connection, part, workspace=workspace)
        gone = {"state": "undone", "undone_at": datetime.now(UTC)}
        connection.execute(sa.update(imports).where(*mine, I.state != "undone").values(**gone))
        changes.touch(connection, touched, workspace=workspace)
    return touched


def _only_from(import_id: uuid.UUID, workspace: str) -> sa.Select[Any]:
    other = import_events.alias()
    also = sa.select(sa.literal(1)).where(other.c.seq == E.seq, other.c.import_id != import_id)
    return (
        sa.select(E.seq, E.conversation_id)
        .join(import_events, L.seq == E.seq)
        .where(L.import_id == import_id, E.workspace_id == workspace, E.live.is_(False))
        .where(~also.exists())
        .order_by(E.seq)
    )


def _forget(connection: sa.Connection, seqs: list[int]) -> None:
    for start in range(0, len(seqs), _PART):
        part = seqs[start : start + _PART]
        connection.execute(sa.delete(event_jobs).where(J.seq.in_(part)))
        connection.execute(sa.delete(webhook_failures).where(webhook_failures.c.seq.in_(part)))
        connection.execute(sa.delete(conversation_events).where(E.seq.in_(part)))
