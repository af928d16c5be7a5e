"""Reads for the pages and exports. Everything that asks the views a question is here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from cvi.selection.filters import Filters
from cvi.store import tables
from cvi.store.arrow import read_frame
from cvi.store.engine import reader
from cvi.store.filters import clauses, related

C, T = tables.conversations.c, tables.turns.c
S, L = tables.conversation_topics.c, tables.tool_calls.c
_META = ("language", "coverage", "reasons", "version")


def metrics_table(names: Sequence[str]) -> sa.TableClause:
    """`conversation_metrics` with its metric columns, which only the registry knows."""
    return sa.table(
        "conversation_metrics",
        sa.column("workspace_id", sa.Text),
        sa.column("conversation_id", sa.Text),
        sa.column("language", sa.Text),
        sa.column("coverage", sa.Double),
        sa.column("reasons", sa.Text),
        sa.column("version", sa.Text),
        *(sa.column(name, sa.Double) for name in names),
    )


def _joined(names: Sequence[str]) -> tuple[sa.Select[Any], sa.TableClause]:
    metrics = metrics_table(names)
    # A metric of the same name (duration_s, say) is the one that knows when it is not measurable.
    hidden = _OWNERS.union(names)
    base = [column for column in tables.conversations.columns if column.name not in hidden]
    more = [metrics.c[name] for name in (*_META, *names)]
    both = tables.conversations.outerjoin(metrics, _same(metrics))
    return sa.select(*base, *more).select_from(both), metrics


def _same(metrics: sa.TableClause) -> sa.ColumnElement[bool]:
    return sa.and_(
        metrics.c.workspace_id == C.workspace_id, metrics.c.conversation_id == C.conversation_id
    )


_OWNERS = frozenset({"workspace_id", "owner_id"})


# Long texts that no dashboard computes on: read where one conversation is shown, or exported.
LONG = frozenset({"recording_uri", "perception", "labels", "reasons"})
_BIG = 20_000  # conversations


def load_metrics(
    engine: sa.Engine,
    conversation_ids: Sequence[str] | None = None,
    *,
    workspace: str,
    names: Sequence[str],
) -> pd.DataFrame:
    """One row a conversation, of some or of all (None): what it is, and every metric, without the
    LONG texts. The frame all dashboards compute on; earliest first, those without a date before.
    """
    big = conversation_ids is None and _count(engine, workspace) >= _BIG
    metrics = metrics_table(names)
    hidden = LONG | _OWNERS | set(names)
    about = [column for column in tables.conversations.columns if column.name not in hidden]
    more = [metrics.c[name] for name in ("conversation_id", *_META, *names) if name not in LONG]
    # Two plain reads and a join of ours: joining so many columns costs SQLite half as much again.
    found = [
        read_frame(engine, _of(source, columns, conversation_ids, workspace), big=big)
        for source, columns in ((tables.conversations, about), (metrics, more))
    ]
    place = pd.Index(found[1]["conversation_id"]).get_indexer(pd.Index(found[0]["conversation_id"]))
    measured = found[1].drop(columns="conversation_id").reindex(place)
    whole = pd.concat([found[0], measured.set_axis(found[0].index)], axis=1)
    order = whole.sort_values("started_at", kind="stable", na_position="first", ignore_index=True)
    return order.copy()  # one block of numbers instead of one a column


def _of(
    source: sa.FromClause,
    columns: Sequence[sa.ColumnElement[Any]],
    conversation_ids: Sequence[str] | None,
    workspace: str,
) -> sa.Select[Any]:
    query = sa.select(*columns).where(source.c.workspace_id == workspace)
    if conversation_ids is None:
        return query
    return query.where(source.c.conversation_id.in_(conversation_ids))


def _count(engine: sa.Engine, workspace: str) -> int:
    query = sa.select(sa.func.count().label("n")).where(C.workspace_id == workspace)
    return int(read_frame(engine, query)["n"].iloc[0])


def metrics_of(
    engine: sa.Engine, conversation_ids: Sequence[str], *, workspace: str, names: Sequence[str]
) -> pd.DataFrame:
    """The same rows for some conversations, by id."""
    query, _ = _joined(names)
    clause = (C.workspace_id == workspace, C.conversation_id.in_(conversation_ids))
    return read_frame(engine, query.where(*clause).order_by(C.conversation_id))


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the conversation table, and how many rows there are in all."""

    rows: pd.DataFrame
    total: int


def conversation_page(
    engine: sa.Engine,
    chosen: Filters | Sequence[str],
    *,
    workspace: str,
    names: Sequence[str],
    sort: str = "started_at",
    descending: bool = True,
    limit: int = 50,
    offset: int = 0,
) -> Page:
    """A page of conversations, sorted and cut in SQL. Missing values come last either way.

    `chosen` is a filter, or the ids it is known to select: then its text is not searched again.
    """
    conditions = _chosen(chosen, workspace)
    counted = sa.select(sa.func.count()).select_from(tables.conversations).where(*conditions)
    # Sorted without their many columns, which are read of this page only: late pages are ten
    # times faster.
    found = _sorted(conditions, names, sort, descending=descending)
    query, _ = _joined(names)
    with reader(engine).begin() as connection:
        total = connection.scalar(counted) or 0
        ids = list(connection.execute(found.limit(limit).offset(offset)).scalars())
        mine = (C.workspace_id == workspace, C.conversation_id.in_(ids))
        rows = connection.execute(query.where(*mine))
        frame = pd.DataFrame(rows.mappings().all(), columns=list(rows.keys()))
    place = pd.Index(frame["conversation_id"]).get_indexer(pd.Index(ids))
    return Page(frame.iloc[place].reset_index(drop=True), total)


def matching_ids(
    engine: sa.Engine,
    chosen: Filters | Sequence[str],
    *,
    workspace: str,
    names: Sequence[str] = (),
    sort: str = "started_at",
    descending: bool = True,
) -> list[str]:
    """Ids of the conversations a filter selects, in the order of `conversation_page`."""
    conditions = _chosen(chosen, workspace)
    query = _sorted(conditions, names, sort, descending=descending)
    with reader(engine).begin() as connection:
        return list(connection.execute(query).scalars())


def _chosen(chosen: Filters | Sequence[str], workspace: str) -> list[sa.ColumnElement[bool]]:
    if isinstance(chosen, Filters):
        return clauses(chosen, workspace)
    return [C.workspace_id == workspace, C.conversation_id.in_(chosen)]


def _sorted(
    conditions: Sequence[sa.ColumnElement[bool]],
    names: Sequence[str],
    sort: str,
    *,
    descending: bool,
) -> sa.Select[Any]:
    """The ids by one column, missing last either way; equals by id, so that pages never overlap."""
    query = sa.select(C.conversation_id).where(*conditions)
    metrics = metrics_table([sort] if sort in names else [])
    if sort in metrics.c:
        query = query.select_from(tables.conversations.outerjoin(metrics, _same(metrics)))
    column = metrics.c[sort] if sort in metrics.c else C[sort]
    first = column.desc() if descending else column.asc()
    return query.order_by(first.nulls_last(), C.conversation_id)


def related_ids(
    engine: sa.Engine, filters: Filters, among: Sequence[str] | None = None, *, workspace: str
) -> list[str]:
    """Ids of the conversations that meet the filter's topics, tools and text, whatever the rest;
    with `among`, of these only."""
    query = sa.select(C.conversation_id).where(C.workspace_id == workspace)
    asked = query.where(*related(filters, workspace, among))
    return read_frame(engine, asked)["conversation_id"].tolist()


def one_conversation(
    engine: sa.Engine, conversation_id: str, *, workspace: str, names: Sequence[str]
) -> dict[str, Any] | None:
    """One conversation with its metrics as a mapping; None when there is no such one."""
    query, _ = _joined(names)
    clause = (C.workspace_id == workspace, C.conversation_id == conversation_id)
    with reader(engine).begin() as connection:
        row = connection.execute(query.where(*clause)).mappings().first()
    return dict(row) if row else None


def rows_of(engine: sa.Engine, table: str, conversation_id: str, *, workspace: str) -> pd.DataFrame:
    """The rows of one view table for one conversation, in order (turns, speaking, insights …)."""
    return table_rows(engine, table, [conversation_id], workspace=workspace)


def table_rows(
    engine: sa.Engine, table: str, conversation_ids: Sequence[str] | None, *, workspace: str
) -> pd.DataFrame:
    """Rows of a view table for some conversations, or for all (None), sorted by its key."""
    source = tables.views.tables[table]
    columns = [column for column in source.columns if column.name not in _OWNERS]
    query = sa.select(*columns).where(source.c.workspace_id == workspace)
    if conversation_ids is not None:
        query = query.where(source.c.conversation_id.in_(conversation_ids))
    return read_frame(engine, query.order_by(*source.primary_key.columns))


def topic_rows(
    engine: sa.Engine, conversation_ids: Sequence[str] | None = None, *, workspace: str
) -> pd.DataFrame:
    """The topics of some conversations or of all (None): conversation_id, kind, topic (all three
    categorical) and weight."""
    columns = [S.conversation_id, S.kind, S.topic, S.weight]
    query = _of(tables.conversation_topics, columns, conversation_ids, workspace)
    big = conversation_ids is None and _count(engine, workspace) >= _BIG
    named: Any = dict.fromkeys(("conversation_id", "kind", "topic"), "category")
    return read_frame(engine, query, big=big).astype(named)


def tools_used(engine: sa.Engine, *, workspace: str) -> pd.DataFrame:
    """Which tools each conversation called, each once: conversation_id, name."""
    query = sa.select(L.conversation_id, L.name).where(L.workspace_id == workspace)
    return read_frame(engine, query.distinct().order_by(L.conversation_id, L.name))


def views_version(engine: sa.Engine, *, workspace: str) -> str:
    """Changes whenever a view row of the workspace changed: the key of every cache."""
    versions = tables.view_versions.c
    query = sa.select(versions.version).where(versions.name == f"puts:{workspace}")
    with reader(engine).begin() as connection:
        return str(connection.scalar(query) or "0")
