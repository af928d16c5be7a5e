"""How many events came in and were settled, by hour or day, without reading the log.

Seqs rise with the time of arrival, so the first event of an hour is found by halving, and the
rows between two such seqs are counted in the narrow table of jobs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pandas as pd
import sqlalchemy as sa

from cvi.store.engine import is_postgres, reader
from cvi.store.queue import LEASE
from cvi.store.tables import DONE, conversation_events, event_jobs

E, J = conversation_events.c, event_jobs.c


def traffic(engine: sa.Engine, edges: Sequence[datetime], *, workspace: str) -> pd.DataFrame:
    """Between each edge and the next (aware, rising): start, received, settled.

    A settled job keeps the end of the lease under which it was done, so it was settled within
    moments of `due - LEASE`.
    """
    with reader(engine).begin() as connection:
        seqs = [_first_seq(connection, edge) for edge in edges]
        received = [_count(connection, workspace, low, high) for low, high in pairwise(seqs)]
        settled = _settled(connection, workspace, seqs[0])
    at = pd.DatetimeIndex([edge.astimezone(edges[0].tzinfo) for edge in edges])
    minutes = pd.DatetimeIndex([minute for minute, _ in settled], tz="UTC") - LEASE
    place = np.searchsorted(at.tz_convert("UTC"), minutes, side="right") - 1
    inside = (place >= 0) & (place < len(received))
    counts = np.array([count for _, count in settled], dtype=np.int64)
    done = np.bincount(place[inside], counts[inside], minlength=len(received)).astype(np.int64)
    return pd.DataFrame({"start": at[:-1], "received": received, "settled": done})


def _first_seq(connection: sa.Connection, moment: datetime) -> int:
    """The lowest seq received at or after a moment; one past the last when there is none."""
    low, high = connection.execute(sa.select(sa.func.min(E.seq), sa.func.max(E.seq))).one()
    if low is None:
        return 0
    low, end = int(low), int(high) + 1
    while low < end:
        middle = (low + end) // 2
        # Undone imports leave gaps: the next event that is there stands for them.
        query = sa.select(E.seq, E.received_at).where(E.seq >= middle).order_by(E.seq).limit(1)
        seq, received = connection.execute(query).one()
        low, end = (low, middle) if received >= moment else (int(seq) + 1, end)
    return low


def _count(connection: sa.Connection, workspace: str, low: int, high: int) -> int:
    if high <= low:
        return 0
    mine = (J.workspace_id == workspace, J.seq >= low, J.seq < high)
    return connection.scalar(sa.select(sa.func.count()).where(*mine)) or 0


def _settled(connection: sa.Connection, workspace: str, since: int) -> list[tuple[datetime, int]]:
    """Ends of leases by minute (aware UTC), and how many jobs ended theirs then."""
    if is_postgres(connection):
        minute: sa.ColumnElement[object] = sa.func.date_trunc(sa.literal_column("'minute'"), J.due)
    else:
        minute = sa.func.substr(sa.cast(J.due, sa.Text), 1, 16)
    query = (
        sa.select(minute, sa.func.count())
        .where(J.workspace_id == workspace, J.state == DONE, J.seq >= since)
        .group_by(minute)
    )
    return [(_aware(at), count) for at, count in connection.execute(query)]


def _aware(minute: object) -> datetime:
    found = minute if isinstance(minute, datetime) else datetime.fromisoformat(str(minute))
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
