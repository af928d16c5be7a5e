"""Which conversations changed: noted by whoever writes views, asked by whoever keeps some."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from cvi.store import tables
from cvi.store.engine import is_postgres, reader

EVERYTHING = ""  # in place of an id: all conversations


def touch(
    connection: sa.Connection, conversation_ids: Sequence[str] | None = None, *, workspace: str
) -> None:
    """Note that the views of these conversations changed, or those of all (None).

    Last in a transaction: it serialises concurrent writers.
    """
    versions, changes = tables.view_versions, tables.view_changes
    insert = postgresql.insert if is_postgres(connection) else sqlite.insert
    next_one = sa.cast(sa.cast(versions.c.version, sa.BigInteger) + 1, sa.Text)
    version = connection.scalar(
        insert(versions)
        .values(name=f"puts:{workspace}", version="1")
        .on_conflict_do_update(index_elements=["name"], set_={"version": next_one})
        .returning(versions.c.version)
    )
    names = [EVERYTHING] if conversation_ids is None else sorted(set(conversation_ids))
    rows = [
        {"workspace_id": workspace, "conversation_id": name, "version": int(version or 0)}
        for name in names
    ]
    statement = insert(changes)
    newer = statement.on_conflict_do_update(
        index_elements=["workspace_id", "conversation_id"],
        set_={"version": statement.excluded.version},
    )
    if rows:
        connection.execute(newer, rows)


def changed_since(
    engine: sa.Engine, version: int, *, workspace: str, limit: int
) -> list[str] | None:
    """The conversations whose views changed after that version; None when all did, or more than
    `limit`."""
    changes = tables.view_changes.c
    query = sa.select(changes.conversation_id).where(
        changes.workspace_id == workspace, changes.version > version
    )
    with reader(engine).begin() as connection:
        found = list(connection.execute(query.limit(limit + 1)).scalars())
    return None if len(found) > limit or EVERYTHING in found else found
