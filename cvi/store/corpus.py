"""The corpus as the topic model sees it: who spoke, who lacks topics, which were found."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from cvi.store import changes, tables, views
from cvi.store.engine import reader

S, T = tables.conversation_transcripts.c, tables.conversation_topics.c
KIND = "corpus"


def spoken(engine: sa.Engine, *, workspace: str) -> int:
    """How many conversations have a transcript."""
    query = sa.select(sa.func.count()).where(S.workspace_id == workspace)
    with reader(engine).begin() as connection:
        return connection.scalar(query) or 0


def spoken_ids(engine: sa.Engine, *, workspace: str) -> list[str]:
    """The conversations that have a transcript, by id."""
    query = sa.select(S.conversation_id).where(S.workspace_id == workspace)
    with reader(engine).begin() as connection:
        return list(connection.execute(query.order_by(S.conversation_id)).scalars())


def without_topics(engine: sa.Engine, *, workspace: str, limit: int) -> list[str]:
    """Conversations that have a transcript and no corpus topics yet."""
    assigned = sa.select(sa.literal(1)).where(
        T.workspace_id == S.workspace_id,
        T.conversation_id == S.conversation_id,
        T.kind == KIND,
    )
    query = (
        sa.select(S.conversation_id)
        .where(S.workspace_id == workspace, ~assigned.exists())
        .order_by(S.conversation_id)
        .limit(limit)
    )
    with reader(engine).begin() as connection:
        return list(connection.execute(query).scalars())


def forget(engine: sa.Engine, *, workspace: str) -> None:
    """Drop all corpus topics: a new model gives new ones."""
    with engine.begin() as connection:
        connection.execute(
            sa.delete(tables.conversation_topics).where(T.workspace_id == workspace, T.kind == KIND)
        )
        changes.touch(connection, workspace=workspace)


def put(
    engine: sa.Engine, rows: pd.DataFrame, conversation_ids: Sequence[str], *, workspace: str
) -> None:
    """Give these conversations their corpus topics; those that have gone meanwhile get none."""
    mine = (T.workspace_id == workspace, T.kind == KIND, T.conversation_id.in_(conversation_ids))
    here = (S.workspace_id == workspace, S.conversation_id.in_(conversation_ids))
    with engine.begin() as connection:
        views.lock(connection, conversation_ids, workspace=workspace)
        connection.execute(sa.delete(tables.conversation_topics).where(*mine))
        left = set(connection.execute(sa.select(S.conversation_id).where(*here)).scalars())
        known = rows[rows["conversation_id"].isin(left)]
        views.add(connection, "conversation_topics", known, workspace=workspace)
        changes.touch(connection, conversation_ids, workspace=workspace)
