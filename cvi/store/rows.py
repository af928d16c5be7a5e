"""Reads for exports: how much there is, and the facts in bounded helpings."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from cvi.selection.filters import Filters
from cvi.store import tables
from cvi.store.engine import reader
from cvi.store.facts import Fact
from cvi.store.filters import clauses

C, T, E = tables.conversations.c, tables.turns.c, tables.conversation_events.c
_MANY = 2_000  # facts looked at, at once
_HEAVY = 8_000_000  # bytes of facts read at once
_PART = 500


def weighed(engine: sa.Engine, filters: Filters, *, workspace: str) -> list[tuple[str, int]]:
    """The conversations a filter selects, newest first, each with its number of turns."""
    turns = (
        sa.select(sa.func.count())
        .where(T.workspace_id == C.workspace_id, T.conversation_id == C.conversation_id)
        .scalar_subquery()
    )
    query = sa.select(C.conversation_id, turns).where(*clauses(filters, workspace))
    order = (C.started_at.desc().nulls_last(), C.conversation_id)
    with reader(engine).begin() as connection:
        return [(row[0], row[1]) for row in connection.execute(query.order_by(*order))]


def counted(
    engine: sa.Engine, filters: Filters, ids: Sequence[str] | None = None, *, workspace: str
) -> tuple[int, int]:
    """How many conversations, and how many turns, a filter (or a list of ids) selects."""
    if ids is None:
        chosen = sa.select(C.conversation_id).where(*clauses(filters, workspace))
    else:
        mine = (C.workspace_id == workspace, C.conversation_id.in_(ids))
        chosen = sa.select(C.conversation_id).where(*mine)
    turns = sa.select(sa.func.count()).where(
        T.workspace_id == workspace, T.conversation_id.in_(chosen)
    )
    with reader(engine).begin() as connection:
        n = connection.scalar(sa.select(sa.func.count()).select_from(chosen.subquery())) or 0
        return n, connection.scalar(turns) or 0


def helping(
    engine: sa.Engine, after: int, until: int, *, workspace: str
) -> tuple[list[Fact], int | None]:
    """Facts with after < seq <= until, oldest first, few enough to hold; and the seq to go on from.

    None when there are no more. One fact is always given, however heavy it is.
    """
    mine = (E.workspace_id == workspace, E.seq > after, E.seq <= until)
    look = sa.select(E.seq, sa.func.length(E.body)).where(*mine).order_by(E.seq).limit(_MANY)
    with reader(engine).begin() as connection:
        last, weight = None, 0
        for seq, size in connection.execute(look):
            weight += size
            if last is not None and weight > _HEAVY:
                break
            last = seq
        if last is None:
            return [], None
        facts = connection.execute(_facts.where(*mine, E.seq <= last).order_by(E.seq))
        return [Fact(*row) for row in facts], last


_facts = sa.select(
    E.seq, E.conversation_id, E.event_type, E.occurred_at, E.received_at, E.source, E.live, E.body
)


def helpings_of(
    engine: sa.Engine, conversation_ids: Sequence[str], *, workspace: str
) -> list[list[int]]:
    """The seqs of all facts of these conversations, in groups few enough to hold."""
    groups: list[list[int]] = []
    weight = _HEAVY + 1
    query = sa.select(E.seq, sa.func.length(E.body)).where(E.workspace_id == workspace)
    with reader(engine).begin() as connection:
        for start in range(0, len(conversation_ids), _PART):
            part = conversation_ids[start : start + _PART]
            rows = connection.execute(query.where(E.conversation_id.in_(part)).order_by(E.seq))
            for seq, size in rows:
                weight += size
                if weight > _HEAVY or len(groups[-1]) == _MANY:
                    groups.append([])
                    weight = size
                groups[-1].append(seq)
    return groups


def facts_at(engine: sa.Engine, seqs: Sequence[int], *, workspace: str) -> list[Fact]:
    """The facts with these seqs, in order."""
    query = _facts.where(E.workspace_id == workspace, E.seq.in_(seqs)).order_by(E.seq)
    with reader(engine).begin() as connection:
        return [Fact(*row) for row in connection.execute(query)]
