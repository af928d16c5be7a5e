"""Corpus topics: fit when the corpus has grown, and name the topics of what has none yet."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from cvi.analysis.topics import MIN_DOCUMENTS, SAMPLE, TopicModel, assign, fit
from cvi.bootstrap import Ports
from cvi.store import queries, tables, views, works
from cvi.store.engine import reader

# A corpus this much larger (or smaller) than the one the model was fitted on deserves a new fit.
_GROWTH = 0.2
_CHUNK = 2_000
_FEWEST = max(MIN_DOCUMENTS, 20)

C, T = tables.conversations.c, tables.conversation_topics.c


def is_stale(ports: Ports) -> bool:
    """Is there a topic model to fit, or a conversation that has not met the present one?"""
    n = _spoken(ports)
    if n < _FEWEST:
        return False
    known = works.topic_model(ports.engine, workspace=ports.workspace)
    return known is None or _outgrown(n, known[2]) or bool(_without(ports, limit=1))


def refresh(ports: Ports) -> TopicModel | None:
    """Fit if needed, then assign topics to every conversation that lacks them.

    Returns the model in force, or None while there are too few conversations for one.
    """
    n = _spoken(ports)
    if n < _FEWEST:
        return None
    known = works.topic_model(ports.engine, workspace=ports.workspace)
    model = TopicModel.from_bytes(known[1]) if known else None
    if model is None or known is None or _outgrown(n, known[2]):
        model = _fit(ports, n, previous=model)
        _forget(ports)
    while missing := _without(ports, limit=_CHUNK):
        _assign(ports, model, missing)
    return model


def _outgrown(n: int, fitted_on: int) -> bool:
    return abs(n - fitted_on) > _GROWTH * fitted_on


def _spoken(ports: Ports) -> int:
    """Conversations in which something was said."""
    query = (
        sa.select(sa.func.count())
        .select_from(tables.conversation_transcripts)
        .where(tables.conversation_transcripts.c.workspace_id == ports.workspace)
    )
    with reader(ports.engine).begin() as connection:
        return connection.scalar(query) or 0


def _fit(ports: Ports, n: int, *, previous: TopicModel | None) -> TopicModel:
    ids = _ids(ports)
    step = max(1, -(-len(ids) // SAMPLE))  # every step-th conversation, spread over all ids
    model = fit(_documents(ports, ids[::step]), previous=previous)
    works.keep_topic_model(
        ports.engine,
        workspace=ports.workspace,
        version=f"{ports.workspace}:{model.version}",
        model=model.to_bytes(),
        documents=n,
    )
    return model


def _ids(ports: Ports) -> list[str]:
    S = tables.conversation_transcripts.c
    query = sa.select(S.conversation_id).where(S.workspace_id == ports.workspace)
    with reader(ports.engine).begin() as connection:
        return list(connection.execute(query.order_by(S.conversation_id)).scalars())


def _without(ports: Ports, *, limit: int) -> list[str]:
    S = tables.conversation_transcripts.c
    assigned = (
        sa.select(sa.literal(1))
        .where(
            T.workspace_id == S.workspace_id,
            T.conversation_id == S.conversation_id,
            T.kind == "corpus",
        )
        .exists()
    )
    query = (
        sa.select(S.conversation_id)
        .where(S.workspace_id == ports.workspace, ~assigned)
        .order_by(S.conversation_id)
        .limit(limit)
    )
    with reader(ports.engine).begin() as connection:
        return list(connection.execute(query).scalars())


def _documents(ports: Ports, ids: list[str]) -> pd.Series:
    """What was said, one text a conversation."""
    parts = [
        queries.table_rows(
            ports.engine, "turns", ids[start : start + _CHUNK], workspace=ports.workspace
        )
        .groupby("conversation_id", sort=True)["text"]
        .agg(" ".join)
        for start in range(0, len(ids), _CHUNK)
    ]
    return pd.concat(parts) if parts else pd.Series(dtype="str")


def _forget(ports: Ports) -> None:
    with ports.engine.begin() as connection:
        connection.execute(
            sa.delete(tables.conversation_topics).where(
                T.workspace_id == ports.workspace, T.kind == "corpus"
            )
        )


def _assign(ports: Ports, model: TopicModel, ids: list[str]) -> None:
    found = assign(model, _documents(ports, ids))
    rank = found.groupby("conversation_id").cumcount() + 1
    rows = found[["conversation_id", "topic", "weight"]].assign(kind="corpus", rank=rank)
    with ports.engine.begin() as connection:
        views.lock(connection, ids, workspace=ports.workspace)
        views.add(connection, "conversation_topics", rows, workspace=ports.workspace)
        views.touch(connection, workspace=ports.workspace)
