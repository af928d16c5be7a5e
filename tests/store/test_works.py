"""Documents in the store, as the page about one conversation lists them; the same on both."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pandas as pd
import sqlalchemy as sa

from cvi.store import tables, works
from tests.store.story import WORKSPACE


def test_documents_of_one_conversation_newest_first(engine: sa.Engine) -> None:
    """Others' are left out; none at all keeps the columns."""
    none = works.documents(engine, "c", workspace=WORKSPACE)
    assert none.columns.tolist() == ["title", "document_type", "created_at"]
    assert none.empty
    rows = [
        {
            "document_id": uuid.uuid4(), "workspace_id": WORKSPACE, "conversation_id": name,
            "document_type": "pitch_deck", "title": title, "content": {"slides": []},
            "created_at": datetime(2026, 3, day, tzinfo=UTC),
        }
        for name, title, day in (("c", "old", 1), ("c", "new", 2), ("other", "x", 3))
    ]  # fmt: skip
    with engine.begin() as connection:
        connection.execute(sa.insert(tables.generated_documents), rows)
    found = works.documents(engine, "c", workspace=WORKSPACE)
    assert found["title"].tolist() == ["new", "old"]
    assert found["created_at"].iloc[0] == pd.Timestamp("2026-03-02", tz="UTC")
    assert works.documents(engine, "c", workspace="elsewhere").empty
