"""Corpus topics: fit when the corpus has grown, and name the topics of what has none yet."""

from __future__ import annotations

import pandas as pd

from cvi.analysis.topics import MIN_DOCUMENTS, SAMPLE, TopicModel, assign, fit
from cvi.bootstrap import Ports
from cvi.errors import BadInput
from cvi.store import corpus, queries, works

# A corpus this much larger (or smaller) than the one the model was fitted on deserves a new fit.
_GROWTH = 0.2
_CHUNK = 2_000
_FEWEST = max(MIN_DOCUMENTS, 20)


def is_stale(ports: Ports) -> bool:
    """Is there a topic model to fit, or a conversation that has not met the present one?"""
    n = corpus.spoken(ports.engine, workspace=ports.workspace)
    if n < _FEWEST:
        return False
    known = works.topic_model(ports.engine, workspace=ports.workspace)
    if known is None or _outgrown(n, known[2]):
        return True
    return bool(corpus.without_topics(ports.engine, workspace=ports.workspace, limit=1))


def refresh(ports: Ports) -> TopicModel | None:
    """Fit if needed, then assign topics to every conversation that lacks them.

    Returns the model in force, or None while there are too few conversations for one, or too few
    words that some of them have in common.
    """
    n = corpus.spoken(ports.engine, workspace=ports.workspace)
    if n < _FEWEST:
        return None
    known = works.topic_model(ports.engine, workspace=ports.workspace)
    model = TopicModel.from_bytes(known[1]) if known else None
    if model is None or known is None or _outgrown(n, known[2]):
        try:
            model = _fit(ports, n, previous=model)
        except BadInput:
            return None
        corpus.forget(ports.engine, workspace=ports.workspace)
    while missing := corpus.without_topics(ports.engine, workspace=ports.workspace, limit=_CHUNK):
        _assign(ports, model, missing)
    return model


def _outgrown(n: int, fitted_on: int) -> bool:
    return abs(n - fitted_on) > _GROWTH * fitted_on


def _fit(ports: Ports, n: int, *, previous: TopicModel | None) -> TopicModel:
    ids = corpus.spoken_ids(ports.engine, workspace=ports.workspace)
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


def _assign(ports: Ports, model: TopicModel, ids: list[str]) -> None:
    found = assign(model, _documents(ports, ids))
    rank = found.groupby("conversation_id").cumcount() + 1
    rows = found[["conversation_id", "topic", "weight"]].assign(kind="corpus", rank=rank)
    corpus.put(ports.engine, rows, ids, workspace=ports.workspace)
