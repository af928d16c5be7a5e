"""Conversations that something is wrong with: no transcript, a stalled replica, odd times."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import sqlalchemy as sa

from cvi.analysis.stalls import GRACE_S, LONGEST_CALL_S, STALL_S
from cvi.events.aliases import KNOWN
from cvi.store import tables
from cvi.store.engine import reader
from cvi.store.queries import metrics_table

E, C = tables.conversation_events.c, tables.conversations.c
T, S = tables.turns.c, tables.speaking.c
_METRICS = metrics_table(("longest_stall_s", "assistant_turns"))
M = _METRICS.c
_JOINED = "system.replica_joined"
Chosen = sa.Select[Any]


def _read(engine: sa.Engine, query: Chosen) -> pd.DataFrame:
    with reader(engine).begin() as connection:
        rows = connection.execute(query)
        return pd.DataFrame(rows.mappings().all(), columns=list(rows.keys()))


def counts(engine: sa.Engine, *, workspace: str, now: datetime) -> dict[str, int]:
    """How many there are of each: quiet (no transcript), stalled, odd, unknown (types of events),
    unknown_events."""
    known = sa.select(
        sa.func.count(E.event_type.distinct()).label("types"), sa.func.count().label("n")
    ).where(E.workspace_id == workspace, E.event_type.not_in(KNOWN))
    with reader(engine).begin() as connection:
        number = {
            name: connection.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
            for name, query in (
                ("quiet", _without_transcript(workspace)),
                ("stalled", sa.union(*map(_id_only, _stalled(workspace, now)))),
                ("odd", _odd(workspace)),
            )
        }
        types, events = connection.execute(known).one()
    return {**number, "unknown": types, "unknown_events": events}


def _id_only(query: Chosen) -> Chosen:
    return query.with_only_columns(C.conversation_id)


# --- no transcript --------------------------------------------------------------------------------


def _without_transcript(workspace: str) -> Chosen:
    return sa.select(
        C.conversation_id, C.persona, C.started_at, C.ended_at, C.duration_s, C.outcome
    ).where(C.workspace_id == workspace, C.status == "ended", C.has_transcript.is_(False))


def without_transcript(engine: sa.Engine, *, workspace: str, limit: int = 200) -> pd.DataFrame:
    """Ended conversations whose transcript never came, newest first: conversation_id, persona,
    started_at, ended_at, duration_s, outcome."""
    newest = _without_transcript(workspace).order_by(C.started_at.desc().nulls_last())
    return _read(engine, newest.limit(limit))


# --- stalled replicas -----------------------------------------------------------------------------


def _with_metrics(workspace: str, kind: str, seconds: sa.ColumnElement[Any]) -> Chosen:
    on = sa.and_(M.workspace_id == C.workspace_id, M.conversation_id == C.conversation_id)
    return (
        sa.select(
            C.conversation_id, C.persona, C.replica, C.started_at, C.outcome,
            sa.literal(kind).label("kind"), seconds.label("seconds"),
        )
        .select_from(tables.conversations.join(_METRICS, on))
        .where(C.workspace_id == workspace)
    )  # fmt: skip


def _of(column: sa.ColumnElement[Any], name: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(column == C.workspace_id, name == C.conversation_id)


def _silent(workspace: str) -> Chosen:
    found = _with_metrics(workspace, "silent", M.longest_stall_s)
    return found.where(M.longest_stall_s > STALL_S)


def _mute(workspace: str) -> Chosen:
    """Words of the replica would have been seen: there is a transcript, or some speech was."""
    joined = sa.exists().where(_of(E.workspace_id, E.conversation_id), E.event_type == _JOINED)
    spoke = sa.exists().where(_of(S.workspace_id, S.conversation_id), S.role == "assistant")
    heard = sa.exists().where(_of(S.workspace_id, S.conversation_id))
    said = sa.exists().where(_of(T.workspace_id, T.conversation_id), T.role == "assistant")
    words = sa.exists().where(_of(T.workspace_id, T.conversation_id))
    nobody = C.outcome.is_distinct_from("nobody_came")
    mute = sa.or_(M.assistant_turns == 0, M.assistant_turns.is_(None))
    found = _with_metrics(workspace, "mute", C.duration_s)
    listened = sa.or_(C.has_transcript, words, heard)
    return found.where(mute, nobody, listened, joined, ~said, ~spoke)


def _quiet(workspace: str, now: datetime) -> Chosen:
    """Nothing for longer than a call lasts, plus what a late callback may take; a day where a
    longer call was agreed on."""
    last = (
        sa.select(E.received_at)
        .where(_of(E.workspace_id, E.conversation_id))
        .order_by(E.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    usual = sa.func.coalesce(C.max_duration_s, 0) <= LONGEST_CALL_S
    over = sa.or_(
        sa.and_(usual, last < now - timedelta(seconds=LONGEST_CALL_S + GRACE_S)),
        last < now - timedelta(days=1),
    )
    return _with_metrics(workspace, "quiet", C.duration_s).where(C.status == "active", over)


def _stalled(workspace: str, now: datetime) -> Iterable[Chosen]:
    return _silent(workspace), _mute(workspace), _quiet(workspace, now)


def stalled(engine: sa.Engine, *, workspace: str, now: datetime, limit: int = 200) -> pd.DataFrame:
    """Conversations in which the replica stalled, newest first, a row for each kind (see
    `cvi.analysis.stalls.KINDS`): conversation_id, persona, replica, started_at, outcome, kind,
    seconds (of the stall; of the call where it never spoke)."""
    newest = C.started_at.desc().nulls_last()
    parts = [
        _read(engine, query.order_by(newest).limit(limit)) for query in _stalled(workspace, now)
    ]
    filled = [part for part in parts if len(part)] or parts[:1]
    found = pd.concat(filled, ignore_index=True)
    found["started_at"] = pd.to_datetime(found["started_at"], utc=True)
    found["seconds"] = found["seconds"].astype("float64")
    return found.sort_values("started_at", ascending=False, ignore_index=True).head(limit)


# --- odd times and rows ---------------------------------------------------------------------------


def _odd(workspace: str) -> Chosen:
    return sa.select(
        C.conversation_id, C.persona, C.started_at, C.source, C.clock_anomalies, C.skipped_rows,
        C.unknown_events,
    ).where(
        C.workspace_id == workspace,
        sa.or_(C.clock_anomalies > 0, C.skipped_rows > 0, C.unknown_events > 0),
    )  # fmt: skip


def odd(engine: sa.Engine, *, workspace: str, limit: int = 200) -> pd.DataFrame:
    """Conversations with times that contradict each other, rows that are no speech, or unknown
    events, the most of them first."""
    most = (C.clock_anomalies + C.skipped_rows).desc(), C.unknown_events.desc()
    return _read(engine, _odd(workspace).order_by(*most, C.conversation_id).limit(limit))
