"""Corpus topics in the store: assigned once, dropped with their conversation."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from cvi.jobs.settle import settle_all
from cvi.store import corpus, works
from tests.store.story import WORKSPACE, deliver, ports_of, rows, story

HERE = {"workspace": WORKSPACE}


def _rows(*names: str) -> pd.DataFrame:
    same = {"topic": "t", "weight": 0.5, "kind": "corpus", "rank": 1}
    return pd.DataFrame([{"conversation_id": name, **same} for name in names])


def _spoken(engine: sa.Engine) -> None:
    deliver(engine, [each for name in ("a", "b") for each in story(name)])
    settle_all(ports_of(engine))


def test_who_lacks_topics(engine: sa.Engine) -> None:
    """Everyone who spoke, until they are assigned; again after forgetting."""
    _spoken(engine)
    assert corpus.spoken(engine, **HERE) == 2
    assert corpus.spoken_ids(engine, **HERE) == ["a", "b"]
    assert corpus.without_topics(engine, limit=1, **HERE) == ["a"]
    corpus.put(engine, _rows("a"), ["a"], **HERE)
    assert corpus.without_topics(engine, limit=9, **HERE) == ["b"]
    corpus.forget(engine, **HERE)
    assert corpus.without_topics(engine, limit=9, **HERE) == ["a", "b"]


def test_two_workers_may_assign_the_same(engine: sa.Engine) -> None:
    """The second replaces what the first put; what has gone meanwhile gets none."""
    _spoken(engine)
    for _ in range(2):
        corpus.put(engine, _rows("a", "gone"), ["a", "gone"], **HERE)
    found = "select conversation_id from conversation_topics where kind = 'corpus'"
    assert rows(engine, found) == [("a",)]


def test_the_newest_model_is_in_force(engine: sa.Engine) -> None:
    """And keeping one twice is keeping it once."""
    assert works.topic_model(engine, **HERE) is None
    for version, model in (("1", b"one"), ("2", b"two"), ("2", b"two")):
        works.keep_topic_model(engine, version=version, model=model, documents=3, **HERE)
    assert works.topic_model(engine, **HERE) == ("2", b"two", 3)
