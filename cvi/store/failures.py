"""Events that could not be processed: grouped by what went wrong, then one by one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from cvi.store.engine import reader
from cvi.store.tables import webhook_failures

F = webhook_failures.c
_MESSAGES = 2000  # different messages read; positions and ids make many of one error
_EVENT = re.compile(r"^event \d+: ")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Failed:
    """One failure with what came in."""

    failure_id: int
    event_type: str
    error: str
    payload: bytes


def groups(engine: sa.Engine, *, workspace: str) -> pd.DataFrame:
    """Open failures by type and error, the most frequent first: error, event_type, n,
    conversations, first, last, messages. Numbers in a message (a line, a column) make no new group.
    """
    query = (
        sa.select(
            F.event_type,
            F.error_message,
            sa.func.count().label("n"),
            sa.func.count(F.conversation_id.distinct()).label("conversations"),
            sa.func.min(F.created_at).label("first"),
            sa.func.max(F.created_at).label("last"),
        )
        .where(F.workspace_id == workspace, F.state == "open")
        .group_by(F.event_type, F.error_message)
        .order_by(sa.func.max(F.failure_id).desc())
        .limit(_MESSAGES)
    )
    with reader(engine).begin() as connection:
        rows = connection.execute(query)
        frame = pd.DataFrame(rows.mappings().all(), columns=list(rows.keys()))
    frame["error"] = [_NUMBER.sub("…", _EVENT.sub("", text)) for text in frame["error_message"]]
    found = frame.groupby(["event_type", "error"], as_index=False).agg(
        n=("n", "sum"), conversations=("conversations", "sum"), first=("first", "min"),
        last=("last", "max"), messages=("error_message", list),
    )  # fmt: skip
    return found.sort_values(["n", "error"], ascending=[False, True], ignore_index=True)


def members(
    engine: sa.Engine, *, workspace: str, event_type: str, errors: Sequence[str], limit: int = 100
) -> pd.DataFrame:
    """The newest failures of a group, without their payload: failure_id, created_at,
    conversation_id, error_message, retry_count, bytes."""
    size = sa.func.length(F.payload).label("bytes")
    query = (
        sa.select(
            F.failure_id, F.created_at, F.conversation_id, F.error_message, F.retry_count, size
        )
        .where(F.workspace_id == workspace, F.state == "open", F.event_type == event_type)
        .where(F.error_message.in_(errors))
        .order_by(F.failure_id.desc())
        .limit(limit)
    )
    with reader(engine).begin() as connection:
        rows = connection.execute(query)
        return pd.DataFrame(rows.mappings().all(), columns=list(rows.keys()))


def one(engine: sa.Engine, failure_id: int, *, workspace: str) -> Failed | None:
    """A failure with its payload; None when there is no such one."""
    query: sa.Select[Any] = sa.select(F.failure_id, F.event_type, F.error_message, F.payload)
    mine = query.where(F.workspace_id == workspace, F.failure_id == failure_id)
    with reader(engine).begin() as connection:
        row = connection.execute(mine).first()
    return Failed(*row) if row else None
