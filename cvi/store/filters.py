"""The filter as SQL conditions over the `conversations` table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from cvi.selection.filters import NO_TOPIC, UNKNOWN, Filters, Group, Range, Span
from cvi.selection.mask import COLUMNS, STRETCHES
from cvi.store.tables import conversation_topics, conversations, tool_calls, turns
from cvi.store.types import storable

C, T = conversations.c, turns.c
S, L = conversation_topics.c, tool_calls.c
Condition = sa.ColumnElement[bool]


def clauses(filters: Filters, workspace: str) -> list[Condition]:
    """Conditions that together select the conversations of the filter.

    Metrics named in `ranges` must exist as columns; a link's are checked when it is read.
    """
    found = [C.workspace_id == workspace, *_period(filters)]
    for field, column in COLUMNS.items():
        if values := getattr(filters, field):
            found.append(_among(C[column], values))
    if conditions := _measured(filters):
        found.append(_with_metrics(conditions, workspace))
    found += [_unmeasured(each.metric, workspace) for each in filters.ranges if each.missing]
    return [*found, *related(filters, workspace)]


def related(
    filters: Filters, workspace: str, among: Sequence[str] | None = None
) -> list[Condition]:
    """The conditions that no column of a conversation answers: topics, tools and text.

    `among` are the conversations that are asked about; None means all.
    """
    found = [_about(group, workspace) for group in filters.topics]
    found += [_has(tool_calls, workspace, L.name.in_(_storable(group))) for group in filters.tools]
    if text := storable(filters.text).strip():
        found.append(_says(text, workspace, among))
    if among is not None:
        found.append(C.conversation_id.in_(among))
    return found


def _period(filters: Filters) -> list[Condition]:
    since, until = filters.instants()
    found: list[Condition] = [] if since is None else [C.started_at >= since]
    return found if until is None else [*found, C.started_at < until]


def _among(column: sa.ColumnElement[Any], values: Sequence[str]) -> Condition:
    found = column.in_(_storable(values))
    return sa.or_(found, column.is_(None)) if UNKNOWN in values else found


def _storable(values: Sequence[str]) -> list[str]:
    """Those that a column can hold at all; PostgreSQL refuses to look for the others."""
    return [value for value in values if value == storable(value)]


# --- metrics ---------------------------------------------------------------------------------


def _measured(filters: Filters) -> list[Condition]:
    found: list[Condition] = []
    for field, (metric, named) in STRETCHES.items():
        if names := getattr(filters, field):
            spans = [named[name] for name in names if name in named]
            found.append(sa.or_(sa.false(), *(_within(metric, span) for span in spans)))
    return found + [_in_range(each) for each in filters.ranges if not each.missing]


def _within(metric: str, span: Span) -> Condition:
    return _in_range(Range(metric, *span))


def _in_range(condition: Range) -> Condition:
    column: sa.ColumnClause[float] = sa.column(condition.metric, sa.Double)
    found: list[Condition] = [column.is_not(None)]
    if condition.low is not None:
        found.append(column >= condition.low)
    if condition.high is not None:
        found.append(column <= condition.high if condition.closed else column < condition.high)
    return sa.and_(*found)


def _with_metrics(conditions: Sequence[Condition], workspace: str) -> Condition:
    names = (sa.column("workspace_id", sa.Text), sa.column("conversation_id", sa.Text))
    table = sa.table("conversation_metrics", *names)
    mine = table.c.workspace_id == workspace
    chosen = sa.select(table.c.conversation_id).where(mine, *conditions)
    return C.conversation_id.in_(chosen)


def _unmeasured(metric: str, workspace: str) -> Condition:
    return sa.not_(_with_metrics([_in_range(Range(metric))], workspace))


# --- rows of a conversation -------------------------------------------------------------------


def _has(table: sa.Table, workspace: str, *conditions: Condition) -> Condition:
    """Some row of the table belongs to the conversation and meets the conditions.

    Asked once for all conversations, not for each of them anew, and apart from whatever else the
    statement reads from the same table.
    """
    mine = sa.select(table.c.conversation_id).where(table.c.workspace_id == workspace)
    return C.conversation_id.in_(mine.where(*conditions).correlate(None))


def _about(group: Group, workspace: str) -> Condition:
    found: list[Condition] = []
    for token in _storable(group):
        kind, _, name = token.partition(":")
        if name == NO_TOPIC:
            found.append(sa.not_(_has(conversation_topics, workspace, S.kind == kind)))
        else:
            found.append(_has(conversation_topics, workspace, S.kind == kind, S.topic == name))
    return sa.or_(sa.false(), *found)


def _says(text: str, workspace: str, among: Sequence[str] | None) -> Condition:
    here = () if among is None else (T.conversation_id.in_(among),)
    said = _has(turns, workspace, *here, T.text.icontains(text, autoescape=True))
    return sa.or_(said, C.title.icontains(text, autoescape=True), C.conversation_id == text)
