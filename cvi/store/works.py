"""Works: what cost money, chance or a person's time. Kept, and unique by the fact that asked."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from cvi.store.arrow import read_frame
from cvi.store.engine import is_postgres, reader
from cvi.store.tables import generated_documents, llm_tool_executions, topic_models


def request_tool(
    connection: sa.Connection,
    *,
    workspace: str,
    conversation_id: str | None,
    call_key: str,
    tool_name: str,
    arguments: Mapping[str, object],
) -> None:
    """Record that a tool was called; `success` stays NULL until something has run it."""
    insert = postgresql.insert if is_postgres(connection) else sqlite.insert
    connection.execute(
        insert(llm_tool_executions)
        .values(
            execution_id=uuid.uuid4(),
            workspace_id=workspace,
            conversation_id=conversation_id,
            call_key=call_key,
            tool_name=tool_name,
            input_parameters=dict(arguments),
            created_at=datetime.now(UTC),
        )
        .on_conflict_do_nothing(index_elements=["workspace_id", "call_key"])
    )


def keep_topic_model(
    engine: sa.Engine, *, workspace: str, version: str, model: bytes, documents: int
) -> None:
    """Keep a fitted topic model; the newest one is in force."""
    with engine.begin() as connection:
        connection.execute(sa.delete(topic_models).where(topic_models.c.version == version))
        connection.execute(
            sa.insert(topic_models).values(
                version=version,
                workspace_id=workspace,
                model=model,
                documents=documents,
                created_at=datetime.now(UTC),
            )
        )


def topic_model(engine: sa.Engine, *, workspace: str) -> tuple[str, bytes, int] | None:
    """The topic model in force: version, bytes, number of documents it was fitted on."""
    columns = (topic_models.c.version, topic_models.c.model, topic_models.c.documents)
    query = (
        sa.select(*columns)
        .where(topic_models.c.workspace_id == workspace)
        .order_by(topic_models.c.created_at.desc())
        .limit(1)
    )
    with reader(engine).begin() as connection:
        row = connection.execute(query).first()
    return (row[0], row[1], row[2]) if row else None


def documents(engine: sa.Engine, conversation_id: str, *, workspace: str) -> pd.DataFrame:
    """The documents generated from a conversation, newest first: title, document_type, created_at
    (UTC)."""
    columns = generated_documents.c
    query = (
        sa.select(columns.title, columns.document_type, columns.created_at)
        .where(columns.workspace_id == workspace, columns.conversation_id == conversation_id)
        .order_by(columns.created_at.desc(), columns.title)
    )
    return read_frame(engine, query)
