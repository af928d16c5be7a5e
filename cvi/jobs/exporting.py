"""Export the workspace: conversations with all metrics, turns, or the events as they came."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

from cvi.analysis.analyse import METRICS
from cvi.bootstrap import Ports
from cvi.exports import write
from cvi.registry import Registry
from cvi.selection.filters import Filters
from cvi.store import facts, queries
from cvi.store.engine import reader

Chunks = Callable[[Ports, Filters], Iterator[pd.DataFrame]]
TABLES: Registry[Chunks] = Registry("export table")
_CHUNK = 500  # conversations read at once


def export(
    ports: Ports,
    table: str,
    path: Path,
    *,
    format: str | None = None,  # noqa: A002 - the option's own name
    filters: Filters | None = None,
) -> int:
    """Write one table to a file (csv, jsonl, parquet by suffix); return its rows."""
    return write(TABLES[table](ports, filters or Filters()), path, format=format)


def _ids(ports: Ports, filters: Filters) -> Iterator[list[str]]:
    ids = queries.matching_ids(ports.engine, filters, workspace=ports.workspace)
    # At least one (empty) chunk, so that an empty export still has its header.
    for start in range(0, max(len(ids), 1), _CHUNK):
        yield ids[start : start + _CHUNK]


@TABLES.register("conversations")
def conversations(ports: Ports, filters: Filters) -> Iterator[pd.DataFrame]:
    """One row a conversation: what it is, every metric, and why a metric is missing."""
    for ids in _ids(ports, filters):
        yield queries.metrics_of(ports.engine, ids, workspace=ports.workspace, names=tuple(METRICS))


@TABLES.register("turns")
def turns(ports: Ports, filters: Filters) -> Iterator[pd.DataFrame]:
    """One row a turn, with its sentiment."""
    for ids in _ids(ports, filters):
        yield queries.table_rows(ports.engine, "turns", ids, workspace=ports.workspace)


@TABLES.register("events")
def events(ports: Ports, filters: Filters) -> Iterator[pd.DataFrame]:
    """The facts as they came. A body that is no UTF-8 text is given as base64.

    Without a filter all of them, also those without a conversation or not yet settled.
    """
    for found in _facts(ports, filters):
        yield pd.DataFrame(
            {
                "seq": pd.Series([fact.seq for fact in found], dtype="Int64"),
                "conversation_id": _texts(fact.conversation_id for fact in found),
                "event_type": _texts(fact.event_type for fact in found),
                "occurred_at": _times(fact.occurred_at for fact in found),
                "received_at": _times(fact.received_at for fact in found),
                "source": _texts(fact.source for fact in found),
                "body": _texts(_text(fact.body) for fact in found),
            }
        )


def _facts(ports: Ports, filters: Filters) -> Iterator[list[facts.Fact]]:
    if filters != Filters():
        for ids in _ids(ports, filters):
            with reader(ports.engine).begin() as connection:
                yield facts.facts_of(connection, ids, workspace=ports.workspace)
        return
    after = 0
    while True:
        found = facts.feed(ports.engine, after, workspace=ports.workspace, bodies=True)
        if found or not after:
            yield found
        if not found:
            return
        after = found[-1].seq


def _texts(values: Iterator[str | None]) -> pd.Series:
    return pd.Series(list(values), dtype="str")


def _times(values: Iterator[object]) -> pd.Series:
    return pd.to_datetime(pd.Series(list(values), dtype="datetime64[us, UTC]"), utc=True)


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(body).decode()
