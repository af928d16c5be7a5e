"""Reads for the operations page, the status page and the doctor: log, imports, counts."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from cvi.events.aliases import KNOWN
from cvi.store import tables
from cvi.store.engine import is_postgres, reader

E, J = tables.conversation_events.c, tables.event_jobs.c
C = tables.conversations.c
I = tables.imports.c  # noqa: E741 - the table's letter


def _frame(engine: sa.Engine, query: sa.Select[tuple[object, ...]]) -> pd.DataFrame:
    with reader(engine).begin() as connection:
        rows = connection.execute(query)
        return pd.DataFrame(rows.mappings().all(), columns=list(rows.keys()))


def event_log(
    engine: sa.Engine,
    *,
    workspace: str,
    types: Sequence[str] = (),
    conversation_id: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> tuple[pd.DataFrame, int]:
    """A page of the event log, newest first, with the state of each event's job; and the total."""
    clauses = [E.workspace_id == workspace]
    if types:
        clauses.append(E.event_type.in_(types))
    if conversation_id:
        clauses.append(E.conversation_id == conversation_id)
    state = sa.case(
        (J.state == tables.PENDING, "waiting"),
        (J.state == tables.DONE, "processed"),
        else_="failed",
    )
    query = (
        sa.select(
            E.seq,
            E.received_at,
            E.occurred_at,
            E.event_type,
            E.conversation_id,
            E.source,
            E.live,
            state.label("state"),
            sa.func.length(E.body).label("bytes"),
        )
        .outerjoin(tables.event_jobs, J.seq == E.seq)
        .where(*clauses)
        .order_by(E.seq.desc())
        .limit(limit)
        .offset(offset)
    )
    count = sa.select(sa.func.count()).select_from(tables.conversation_events).where(*clauses)
    with reader(engine).begin() as connection:
        total = connection.scalar(count) or 0
    return _frame(engine, query), total


def event_types(engine: sa.Engine, *, workspace: str) -> pd.DataFrame:
    """How many facts of each type: event_type, n, known (does the fold read it)."""
    query = (
        sa.select(E.event_type, sa.func.count().label("n"))
        .where(E.workspace_id == workspace)
        .group_by(E.event_type)
        .order_by(sa.func.count().desc(), E.event_type)
    )
    frame = _frame(engine, query)
    return frame.assign(known=frame["event_type"].isin(KNOWN))


def import_log(engine: sa.Engine, *, workspace: str) -> pd.DataFrame:
    """Imports, newest first."""
    columns = [column for column in tables.imports.columns if column.name != "owner_id"]
    query = sa.select(*columns).where(I.workspace_id == workspace)
    return _frame(engine, query.order_by(I.created_at.desc()).limit(200))


def row_counts(engine: sa.Engine, *, workspace: str) -> dict[str, int]:
    """Rows per table of the workspace."""
    found = {}
    with reader(engine).begin() as connection:
        for table in (*tables.kept.sorted_tables, *tables.views.sorted_tables):
            if "workspace_id" in table.c:
                query = sa.select(sa.func.count()).select_from(table)
                where = table.c.workspace_id == workspace
                found[table.name] = connection.scalar(query.where(where)) or 0
    return found


def database_bytes(engine: sa.Engine) -> int:
    """Size of the database on disk."""
    if is_postgres(engine):
        query = "select pg_database_size(current_database())"
    else:
        query = "select page_count * page_size from pragma_page_count(), pragma_page_size()"
    with reader(engine).begin() as connection:
        return int(connection.scalar(sa.text(query)) or 0)


def refuses_writes(engine: sa.Engine) -> str | None:
    """Why the database cannot be written; None when it can. Writes nothing."""
    versions = tables.view_versions
    try:
        with engine.connect() as connection:
            connection.execute(
                sa.update(versions).where(versions.c.name.is_(None)).values(version="")
            )
            connection.rollback()
    except sa.exc.DBAPIError as error:
        return str(error.orig).strip().splitlines()[0]
    return None


def stale_versions(engine: sa.Engine, *, workspace: str, version: str) -> list[str]:
    """Conversations whose metrics another version of the analysis made, or that have none."""
    made = tables.conversation_metrics
    on = sa.and_(made.c.workspace_id == C.workspace_id, made.c.conversation_id == C.conversation_id)
    query = (
        sa.select(C.conversation_id)
        .select_from(tables.conversations.outerjoin(made, on))
        .where(
            C.workspace_id == workspace,
            sa.or_(made.c.version.is_(None), made.c.version != version),
        )
        .order_by(C.conversation_id)
    )
    with reader(engine).begin() as connection:
        return list(connection.execute(query).scalars())
