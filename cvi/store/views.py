"""Writing the views: what was there for a conversation is replaced, in the caller's transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from cvi.store import changes, tables
from cvi.store.engine import is_postgres
from cvi.store.types import sqlite_time

E = tables.conversation_events.c
_PART = 500
_NOTHING = np.array(None, dtype=object)


def lock(connection: sa.Connection, conversation_ids: Sequence[str], *, workspace: str) -> None:
    """Keep other writers off these conversations until the transaction ends.

    SQLite's writer already holds the whole database. Sorted, so that two workers cannot deadlock.
    """
    if not is_postgres(connection):
        return
    for name in sorted(conversation_ids):
        digest = hashlib.sha256(f"{workspace}\x00{name}".encode()).digest()[:8]
        number = int.from_bytes(digest, "big", signed=True)
        connection.execute(sa.text("select pg_advisory_xact_lock(:n)"), {"n": number})


def put(
    connection: sa.Connection,
    frames: Mapping[str, pd.DataFrame],
    conversation_ids: Sequence[str],
    *,
    workspace: str,
) -> None:
    """Replace every view row of these conversations by the rows of `frames` (table → frame)."""
    drop(connection, conversation_ids, workspace=workspace)
    for name, frame in frames.items():
        if len(frame):
            _insert(connection, tables.views.tables[name], frame, workspace)


def add(connection: sa.Connection, table: str, rows: pd.DataFrame, *, workspace: str) -> None:
    """Add rows to one view table, beside what is there."""
    if len(rows):
        _insert(connection, tables.views.tables[table], rows, workspace)


def drop(connection: sa.Connection, conversation_ids: Sequence[str], *, workspace: str) -> None:
    """Remove every view row of these conversations."""
    for table in tables.views.sorted_tables:
        for start in range(0, len(conversation_ids), _PART):
            part = conversation_ids[start : start + _PART]
            connection.execute(
                sa.delete(table).where(
                    table.c.workspace_id == workspace, table.c.conversation_id.in_(part)
                )
            )


def drop_orphans(engine: sa.Engine, *, workspace: str) -> None:
    """Remove view rows of conversations that no fact speaks of."""
    with engine.begin() as connection:
        for table in tables.views.sorted_tables:
            known = sa.select(sa.literal(1)).where(
                E.workspace_id == table.c.workspace_id,
                E.conversation_id == table.c.conversation_id,
            )
            connection.execute(
                sa.delete(table).where(table.c.workspace_id == workspace, ~known.exists())
            )
        changes.touch(connection, workspace=workspace)


def _insert(
    connection: sa.Connection, table: sa.Table, frame: pd.DataFrame, workspace: str
) -> None:
    """Insert through the driver: one statement text, plain values, no per-row type processing."""
    names = ["workspace_id", *frame.columns]
    quote = connection.dialect.identifier_preparer.quote
    mark = "%s" if is_postgres(connection) else "?"
    statement = (
        f"INSERT INTO {table.name} ({', '.join(quote(name) for name in names)}) "
        f"VALUES ({', '.join([mark] * len(names))})"
    )
    columns = [[workspace] * len(frame), *_columns(frame, text_times=not is_postgres(connection))]
    connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))


def _columns(frame: pd.DataFrame, *, text_times: bool) -> list[list[Any]]:
    """All columns as plain Python values, missing as None, times as each driver wants them.

    Floats go through one array: there are some 150 metrics, and a live event pays the fixed cost of
    each pandas call.
    """
    floats = frame.select_dtypes("float64")
    values = floats.to_numpy()
    plain = np.where(np.isnan(values), _NOTHING, values.astype(object))
    numbers = dict(zip(floats.columns, plain.T.tolist(), strict=True))
    return [
        numbers[name] if name in numbers else _values(frame[name], text_times=text_times)
        for name in frame.columns
    ]


def _itself(moment: datetime) -> datetime:
    return moment


def _values(series: pd.Series[Any], *, text_times: bool) -> list[Any]:
    if series.dtype == "str":
        # Missing text is NaN, which alone differs from itself.
        return [None if value != value else value for value in series.tolist()]  # noqa: PLR0124
    missing = series.isna().to_numpy()
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        stamps = series.dt.to_pydatetime()
        shown = sqlite_time if text_times else _itself
        return [None if gone else shown(stamp) for gone, stamp in zip(missing, stamps, strict=True)]
    values = series.tolist()
    if not missing.any():
        return values
    return [None if gone else value for gone, value in zip(missing, values, strict=True)]
