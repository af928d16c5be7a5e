"""Who spoke when, without the words: what a thumbnail of a conversation is drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from cvi.store import tables
from cvi.store.arrow import read_frame

T, P = tables.turns.c, tables.speaking.c


def talk_of(
    engine: sa.Engine, conversation_ids: Sequence[str], *, workspace: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Who spoke when in some conversations, without the words.

    Turns (conversation_id, role, offset_s, duration_s, length of the text) in order, and speech
    (conversation_id, role, start_s, end_s).
    """
    length = sa.cast(sa.func.length(T.text), sa.BigInteger).label("length")
    said = sa.select(T.conversation_id, T.role, T.offset_s, T.duration_s, length)
    heard = sa.select(P.conversation_id, P.role, P.start_s, P.end_s)
    return (
        read_frame(engine, _of(said, T, conversation_ids, workspace)),
        read_frame(engine, _of(heard, P, conversation_ids, workspace)),
    )


def _of(query: sa.Select[Any], table: Any, ids: Sequence[str], workspace: str) -> sa.Select[Any]:  # noqa: ANN401
    mine = query.where(table.workspace_id == workspace, table.conversation_id.in_(ids))
    return mine.order_by(table.conversation_id, table.idx)
