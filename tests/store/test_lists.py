"""The list in any order: pages, and the ids to walk, are one and the same on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from cvi.frames import SCHEMA
from cvi.selection.filters import Filters
from cvi.store import queries, talk, views
from tests.store.story import WORKSPACE

NAMES = ("quality", "duration_s")
SORTS = ("started_at", "title", "persona", "outcome", "language", *NAMES)
DAY = datetime(2026, 3, 1, tzinfo=UTC)


def _put(engine: sa.Engine, table: str, rows: list[dict[str, Any]]) -> None:
    frame = pd.DataFrame(rows)
    for name in frame:
        kind = SCHEMA.get(table, {}).get(str(name))
        frame[name] = frame[name].astype(kind) if kind else frame[name]
    with engine.begin() as connection:
        views.add(connection, table, frame, workspace=WORKSPACE)


@pytest.fixture
def filled(engine: sa.Engine) -> sa.Engine:
    """23 conversations with equals and gaps in everything."""
    _put(engine, "conversations", [
        {
            "conversation_id": f"c{k:02}",
            "title": None if k % 5 == 0 else ("Ärger", "apple", "Zoo", "ÄB", "a-b")[k % 5],
            "persona": None if k % 7 == 0 else f"p{k % 3}",
            "outcome": "completed",
            "started_at": None if k % 6 == 0 else DAY + timedelta(hours=k % 4),
            "duration_s": float(k),
        }
        for k in range(23)
    ])  # fmt: skip
    _put(engine, "conversation_metrics", [
        {
            "conversation_id": f"c{k:02}",
            "language": "en",
            "version": "1",
            "quality": None if k % 4 == 0 else float(k % 3),
            "duration_s": None if k % 3 == 0 else float(-k),
        }
        for k in range(20)
    ])  # fmt: skip
    return engine


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("sort", SORTS)
def test_the_ids_are_the_pages_one_after_another(
    filled: sa.Engine, sort: str, descending: bool
) -> None:
    """Each once, in the order of the table, with what is missing at the end."""
    order: dict[str, Any] = {
        "workspace": WORKSPACE, "names": NAMES, "sort": sort, "descending": descending,
    }  # fmt: skip
    pages = [
        queries.conversation_page(filled, Filters(), limit=5, offset=at, **order).rows
        for at in range(0, 23, 5)
    ]
    walked = pd.concat(pages, ignore_index=True)
    assert queries.matching_ids(filled, Filters(), **order) == walked["conversation_id"].tolist()
    assert walked["conversation_id"].nunique() == 23
    missing = walked[sort].isna().tolist()
    assert missing == sorted(missing)


def test_who_spoke_when_is_read_without_the_words(filled: sa.Engine) -> None:
    """In order, of the conversations asked for only."""
    _put(filled, "turns", [
        {"conversation_id": name, "idx": at, "role": "user", "text": "x" * (at + 1),
         "offset_s": None, "duration_s": 1.0}
        for name in ("c01", "c02", "c03") for at in (1, 0)
    ])  # fmt: skip
    _put(filled, "speaking", [
        {"conversation_id": "c01", "idx": 0, "role": "assistant", "start_s": 0.5, "end_s": 2.0}
    ])  # fmt: skip
    said, heard = talk.talk_of(filled, ["c01", "c03"], workspace=WORKSPACE)
    assert said["conversation_id"].tolist() == ["c01", "c01", "c03", "c03"]
    assert said["length"].tolist() == [1, 2, 1, 2]
    assert heard[["role", "start_s", "end_s"]].values.tolist() == [["assistant", 0.5, 2.0]]
