"""Appending facts, reading them back, and the feed that tells readers what is new."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import chain

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from cvi.errors import BadInput
from cvi.events.glance import Glance, glance
from cvi.store import queue
from cvi.store.engine import is_postgres, reader
from cvi.store.tables import (
    PENDING,
    conversation_events,
    import_events,
)
from cvi.store.types import sqlite_time

E = conversation_events.c
UNREADABLE = "unreadable"
_ASKED_AT_ONCE = 5000
_DEADLOCK = "40P01"  # PostgreSQL's code


@dataclass(frozen=True, slots=True)
class Incoming:
    """One delivery at a door: the bytes as they came, and what identifies the happening in them.

    `live` says whether the fact may cause work; imports and backfill may not.
    """

    body: bytes
    key: str
    event_type: str
    conversation_id: str | None
    occurred_at: datetime | None
    source: str
    live: bool
    received_at: datetime
    owner_id: str = "default"


def incoming(
    body: bytes, *, source: str, live: bool, received_at: datetime | None = None
) -> Incoming:
    """Read the identity of one delivery. Unreadable bytes are kept too, under their own hash."""
    try:
        seen = glance(body)
    except BadInput:
        seen = Glance(UNREADABLE, None, None, hashlib.sha256(body).hexdigest())
    return Incoming(
        body=body,
        key=seen.key,
        event_type=seen.type,
        conversation_id=seen.conversation_id,
        occurred_at=seen.at,
        source=source,
        live=live,
        received_at=received_at or datetime.now(UTC),
    )


def append(
    engine: sa.Engine,
    batch: Sequence[Incoming],
    *,
    workspace: str,
    import_id: uuid.UUID | None = None,
) -> int:
    """Append deliveries and their jobs in one transaction; return how many were new.

    A happening that is already known is not appended again. When it was known from an import only
    and now arrives live, the fact becomes live: an undo of the import leaves it, and what it may
    cause is caused. If the database refuses the batch, the rows go in one by one, so that a poison
    row fails alone; the error is raised when all others are in.
    """
    if not batch:
        return 0
    unique = list({item.key: item for item in batch}.values())
    try:
        with engine.begin() as connection:
            return _append(connection, unique, workspace, import_id)
    except (sa.exc.DataError, sa.exc.IntegrityError):
        if len(unique) == 1:
            raise
    except sa.exc.OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _DEADLOCK:
            raise
        # Another door brought the same happenings in another order, and has gone through by now.
        return append(engine, unique, workspace=workspace, import_id=import_id)
    return _one_by_one(engine, unique, workspace, import_id)


def _one_by_one(
    engine: sa.Engine, batch: list[Incoming], workspace: str, import_id: uuid.UUID | None
) -> int:
    """Append every row that can be; then raise for the first that cannot."""
    made, refused = 0, None
    for item in batch:
        try:
            made += append(engine, [item], workspace=workspace, import_id=import_id)
        except (sa.exc.DataError, sa.exc.IntegrityError) as error:
            refused = refused or error
    if refused is not None:
        raise refused
    return made


def _append(
    connection: sa.Connection,
    batch: list[Incoming],
    workspace: str,
    import_id: uuid.UUID | None,
) -> int:
    put = _put_postgres if is_postgres(connection) else _put_sqlite
    made = put(connection, batch, workspace)
    if made < len(batch):
        _grew_live(connection, batch, workspace)
    if import_id is not None:
        _link(connection, batch, workspace, import_id)
    return made


# Facts and their jobs go in by one or two statements of the driver, whatever the number of rows:
# building them row by row cost the receiver more than the database did, and a thread that gives up
# the interpreter once a row waits for it once a row.
_FACT_COLUMNS = (
    E.workspace_id, E.owner_id, E.key, E.conversation_id, E.event_type, E.occurred_at,
    E.received_at, E.source, E.live, E.body,
)  # fmt: skip
_INTO_FACTS = f"INSERT INTO conversation_events ({', '.join(c.name for c in _FACT_COLUMNS)}) "
_UNLESS_KNOWN = " ON CONFLICT (workspace_id, key) DO NOTHING"
_INTO_JOBS = (
    "INSERT INTO event_jobs "
    "(seq, workspace_id, owner_id, conversation_id, state, claims, failures, due) "
    f"SELECT seq, workspace_id, owner_id, conversation_id, {PENDING}, 0, 0, "
)
_ROWS_AT_ONCE = 200  # SQLite takes 32,766 values a statement; larger groups gain nothing
_POSTGRES_PUT = (
    f"WITH made AS ({_INTO_FACTS} SELECT * FROM unnest("
    "%b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::timestamptz[], "
    "%b::timestamptz[], %b::text[], %b::boolean[], %b::bytea[])"
    f"{_UNLESS_KNOWN} RETURNING seq, workspace_id, owner_id, conversation_id) "
    f"{_INTO_JOBS} %b::timestamptz FROM made"
)
_Stored = Callable[[datetime], object]


def _fact(item: Incoming, workspace: str, stored: _Stored) -> tuple[object, ...]:
    """Values in the order of `_FACT_COLUMNS`."""
    return (
        workspace,
        item.owner_id,
        item.key,
        item.conversation_id,
        item.event_type,
        None if item.occurred_at is None else stored(item.occurred_at),
        stored(item.received_at),
        item.source,
        item.live,
        item.body,
    )


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("naive datetime: every time in the store is aware UTC")
    return moment


def _put_postgres(connection: sa.Connection, batch: list[Incoming], workspace: str) -> int:
    rows = [_fact(item, workspace, _aware) for item in batch]
    columns = [list(column) for column in zip(*rows, strict=True)]
    return connection.exec_driver_sql(_POSTGRES_PUT, (*columns, datetime.now(UTC))).rowcount


def _put_sqlite(connection: sa.Connection, batch: list[Incoming], workspace: str) -> int:
    """New rows have a seq above all before them: this transaction holds the only write lock."""
    last = connection.exec_driver_sql("SELECT max(seq) FROM conversation_events").scalar() or 0
    made = 0
    for start in range(0, len(batch), _ROWS_AT_ONCE):
        part = batch[start : start + _ROWS_AT_ONCE]
        values = chain.from_iterable(_fact(item, workspace, sqlite_time) for item in part)
        made += connection.exec_driver_sql(_sqlite_insert(len(part)), tuple(values)).rowcount
    if made:
        jobs = f"{_INTO_JOBS} ? FROM conversation_events WHERE seq > ?"
        connection.exec_driver_sql(jobs, (sqlite_time(datetime.now(UTC)), last))
    return made


@cache
def _sqlite_insert(rows: int) -> str:
    row = f"({', '.join('?' * len(_FACT_COLUMNS))})"
    return f"{_INTO_FACTS} VALUES {', '.join([row] * rows)}{_UNLESS_KNOWN}"


def _grew_live(connection: sa.Connection, batch: list[Incoming], workspace: str) -> None:
    keys = [item.key for item in batch if item.live]
    history = (E.workspace_id == workspace, E.key.in_(keys), E.live.is_(False))
    if keys and (seqs := list(connection.execute(sa.select(E.seq).where(*history)).scalars())):
        connection.execute(sa.update(conversation_events).where(E.seq.in_(seqs)).values(live=True))
        queue.wake(connection, seqs)


def _link(
    connection: sa.Connection, batch: list[Incoming], workspace: str, import_id: uuid.UUID
) -> None:
    insert = postgresql.insert if is_postgres(connection) else sqlite.insert
    keys = [item.key for item in batch]
    found = connection.execute(
        sa.select(E.seq).where(E.workspace_id == workspace, E.key.in_(keys))
    ).scalars()
    rows = [{"import_id": import_id, "seq": seq, "workspace_id": workspace} for seq in found]
    if rows:
        connection.execute(insert(import_events).on_conflict_do_nothing(), rows)


@dataclass(frozen=True, slots=True)
class Fact:
    """One stored fact."""

    seq: int
    conversation_id: str | None
    event_type: str
    occurred_at: datetime | None
    received_at: datetime
    source: str
    live: bool
    body: bytes


_FACT = (E.seq, E.conversation_id, E.event_type, E.occurred_at, E.received_at, E.source, E.live)


def facts_of(
    connection: sa.Connection, conversation_ids: Sequence[str], *, workspace: str
) -> list[Fact]:
    """All facts of these conversations, by seq."""
    rows = connection.execute(
        sa.select(*_FACT, E.body)
        .where(E.workspace_id == workspace, E.conversation_id.in_(conversation_ids))
        .order_by(E.seq)
    )
    return [Fact(*row) for row in rows]


def sizes(
    connection: sa.Connection, conversation_ids: Sequence[str], *, workspace: str
) -> dict[str, tuple[int, int, int]]:
    """Per conversation: number of facts, highest seq, bytes."""
    weight = sa.func.sum(sa.func.length(E.body))
    rows = connection.execute(
        sa.select(E.conversation_id, sa.func.count(), sa.func.max(E.seq), weight)
        .where(E.workspace_id == workspace, E.conversation_id.in_(conversation_ids))
        .group_by(E.conversation_id)
    )
    return {row[0]: (row[1], row[2], int(row[3])) for row in rows}


def fact(engine: sa.Engine, seq: int, *, workspace: str) -> Fact | None:
    """One fact by its seq."""
    with reader(engine).begin() as connection:
        row = connection.execute(
            sa.select(*_FACT, E.body).where(E.workspace_id == workspace, E.seq == seq)
        ).first()
    return Fact(*row) if row else None


def known(engine: sa.Engine, keys: Sequence[str], *, workspace: str) -> set[str]:
    """Which of these happenings are stored already."""
    return _there(engine, E.key, keys, workspace)


def known_conversations(
    engine: sa.Engine, conversation_ids: Sequence[str], *, workspace: str
) -> set[str]:
    """Which of these conversations have a fact."""
    return _there(engine, E.conversation_id, conversation_ids, workspace)


def _there(
    engine: sa.Engine, column: sa.ColumnElement[str], values: Sequence[str], workspace: str
) -> set[str]:
    found: set[str] = set()
    with reader(engine).begin() as connection:
        for start in range(0, len(values), _ASKED_AT_ONCE):
            part = values[start : start + _ASKED_AT_ONCE]
            query = sa.select(column).where(E.workspace_id == workspace, column.in_(part))
            found.update(connection.execute(query.distinct()).scalars())
    return found


def feed(
    engine: sa.Engine, after: int, *, workspace: str, limit: int = 500, bodies: bool = False
) -> list[Fact]:
    """Facts with seq > `after`, oldest first, without their bodies unless `bodies`.

    On PostgreSQL a seq is drawn before its transaction commits, so rows of transactions that are
    not yet older than every open one are held back: a cursor over this feed misses nothing.
    """
    body = E.body if bodies else sa.literal(b"")
    query = sa.select(*_FACT, body).where(E.workspace_id == workspace, E.seq > after)
    if is_postgres(engine):
        query = query.where(sa.text("xid < pg_snapshot_xmin(pg_current_snapshot())"))
    with reader(engine).begin() as connection:
        return [Fact(*row) for row in connection.execute(query.order_by(E.seq).limit(limit))]


def last_seq(engine: sa.Engine, *, workspace: str) -> int:
    """The newest seq, 0 when there are no facts: changes whenever anything arrives."""
    with reader(engine).begin() as connection:
        query = sa.select(sa.func.max(E.seq)).where(E.workspace_id == workspace)
        return connection.scalar(query) or 0


def conversation_ids(engine: sa.Engine, *, workspace: str, chunk: int = 500) -> Iterator[list[str]]:
    """Every conversation that has a fact, in chunks, by id."""
    after = ""
    while True:
        query = (
            sa.select(E.conversation_id)
            .where(E.workspace_id == workspace, E.conversation_id > after)
            .distinct()
            .order_by(E.conversation_id)
            .limit(chunk)
        )
        with reader(engine).begin() as connection:
            found = list(connection.execute(query).scalars())
        if not found:
            return
        yield found
        after = found[-1]
