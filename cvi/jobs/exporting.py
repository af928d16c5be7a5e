"""What can be exported, in chunks: conversations with all metrics, their tables, the raw events."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cvi import __version__
from cvi.analysis.analyse import METRICS, VERSION
from cvi.analysis.filter_words import chips
from cvi.analysis.metric import Metric
from cvi.bootstrap import Ports
from cvi.errors import BadInput
from cvi.exports import Column, Manifest, Table, bundle, described, write
from cvi.registry import Registry
from cvi.selection.address import from_query, to_query
from cvi.selection.filters import Filters
from cvi.store import facts, queries, rows

ROWS = 15_000  # turns read at once
_IDS = 400  # conversations read at once
_NAMES = tuple(METRICS)
ZIPPED = ("csv", "jsonl", "parquet")  # a workbook explains itself; the others need a manifest

Read = Callable[[Ports, Sequence[str]], pd.DataFrame]
# Table → its rows of some conversations.
TABLES: Registry[Read] = Registry("export table")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which conversations: those of a filter, or these ids in their order."""

    filters: Filters = field(default_factory=Filters)
    ids: tuple[str, ...] | None = None

    @property
    def whole(self) -> bool:
        """Is it everything in the workspace?"""
        return self.ids is None and not self.filters.active

    def words(self) -> tuple[str, ...]:
        """The choice as people say it."""
        if self.ids is not None:
            return (f"{len(self.ids):,} conversations, chosen one by one",)
        return tuple(chip.text for chip in chips(replace(self.filters, period="")))

    def data(self) -> dict[str, Any]:
        """The choice as it is kept: ids, or the parameters of a link.

        The days of "last 30 days" are settled by it: the file says what it holds, whenever it is
        made and read.
        """
        if self.ids is not None:
            return {"ids": list(self.ids)}
        return dict(to_query(replace(self.filters, period="")))

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Chosen:
        """The choice that `data` kept. Raises BadInput when a part of it is not understood."""
        if "ids" in data:
            return cls(ids=tuple(data["ids"]))
        today = datetime.now(UTC).date()
        filters, problems = from_query(data, today=today, zone="UTC", metrics=METRICS)
        if problems:
            # Leaving the part out would give more than was asked for.
            raise BadInput(problems[0], where="filter")
        return cls(filters)


# --- what the columns are ----------------------------------------------------------------------


def described_table(name: str, names: Iterable[str], count: int | None = None) -> Table:
    """A table with its columns in words."""
    metrics: Mapping[str, Metric] = METRICS if name == "conversations" else {}
    columns = tuple(
        _metric(metrics[each]) if each in metrics else described(name, each) for each in names
    )
    return Table(name, columns, count)


def _metric(metric: Metric) -> Column:
    low, high = metric.range
    return Column(
        metric.name,
        metric.label,
        metric.unit,
        metric.formula,
        f"{low:g} … {'' if high is None else f'{high:g}'}".rstrip(),
        metric.source,
        metric.needs,
    )


def manifest_of(chosen: Chosen, tables: Sequence[Table], *, made_at: datetime) -> Manifest:
    """What the export is, in words and as data."""
    return Manifest(
        made_at=made_at,
        program=__version__,
        analysis=VERSION,
        tables=tuple(tables),
        filters=chosen.data(),
        words=chosen.words(),
    )


# --- what is read ------------------------------------------------------------------------------


@TABLES.register("conversations")
def conversations(ports: Ports, ids: Sequence[str]) -> pd.DataFrame:
    """One row a conversation: what it is, every metric, and why a metric is missing."""
    found = queries.metrics_of(ports.engine, ids, workspace=ports.workspace, names=_NAMES)
    return _arranged(found, ids)


def _view(table: str) -> Read:
    def read(ports: Ports, ids: Sequence[str]) -> pd.DataFrame:
        found = queries.table_rows(ports.engine, table, ids, workspace=ports.workspace)
        return _arranged(found, ids)

    return read


# The name in an export → the table of the store. One row each, in the order of the conversation.
for _name, _stored in {
    "turns": "turns", "speaking": "speaking", "tool_calls": "tool_calls",
    "perceptions": "perceptions", "signals": "signals", "topics": "conversation_topics",
    "insights": "insights",
}.items():  # fmt: skip
    TABLES.add(_name, _view(_stored))
EVENTS = "events"
NAMES = (*TABLES, EVENTS)


def _arranged(frame: pd.DataFrame, ids: Sequence[str]) -> pd.DataFrame:
    """Conversations in the order of `ids`, the rows of each as they stand."""
    at = pd.Index(ids).get_indexer(pd.Index(frame["conversation_id"]))
    return frame.iloc[np.argsort(at, kind="stable")].reset_index(drop=True)


def pieces(ports: Ports, chosen: Chosen) -> list[list[str]]:
    """The chosen conversations in their order, cut so that a piece's turns can be held."""
    if chosen.ids is not None:
        at_once = 50  # their turns have not been counted
        return [list(chosen.ids[at : at + at_once]) for at in range(0, len(chosen.ids), at_once)]
    found: list[list[str]] = []
    weight = ROWS + 1
    for name, turns in rows.weighed(ports.engine, chosen.filters, workspace=ports.workspace):
        weight += turns
        if weight > ROWS or len(found[-1]) == _IDS:
            found.append([])
            weight = turns
        found[-1].append(name)
    return found


def chunks(ports: Ports, table: str, chosen: Chosen) -> Iterator[pd.DataFrame]:
    """The rows of one table, piece by piece; at least one (empty) chunk, so that it has columns.

    Raises BadInput for a table that cannot be exported.
    """
    if table == EVENTS:
        yield from _events(ports, chosen)
        return
    if table not in TABLES:
        raise BadInput(f"no export table {table!r}", hint=f"Use one of {', '.join(NAMES)}.")
    for piece in pieces(ports, chosen) or [[]]:
        yield TABLES[table](ports, piece)


# --- the facts ---------------------------------------------------------------------------------


def _events(ports: Ports, chosen: Chosen) -> Iterator[pd.DataFrame]:
    """The facts as they came. Without a filter all, also those without a conversation."""
    yield event_rows([])
    if chosen.whole:
        last = facts.last_seq(ports.engine, workspace=ports.workspace)
        yield from (frame for frame, _ in event_helpings(ports, 0, last))
        return
    for piece in pieces(ports, chosen):
        yield from event_pieces(ports, piece)


def event_helpings(ports: Ports, after: int, last: int) -> Iterator[tuple[pd.DataFrame, int]]:
    """All facts with after < seq <= last, in bounded chunks, each with its highest seq."""
    while True:
        found, at = rows.helping(ports.engine, after, last, workspace=ports.workspace)
        if at is None:
            return
        yield event_rows(found), at
        after = at


def event_pieces(ports: Ports, ids: Sequence[str]) -> Iterator[pd.DataFrame]:
    """All facts of these conversations, in bounded chunks."""
    for seqs in rows.helpings_of(ports.engine, ids, workspace=ports.workspace):
        yield event_rows(rows.facts_at(ports.engine, seqs, workspace=ports.workspace))


def event_rows(found: Sequence[facts.Fact]) -> pd.DataFrame:
    """Facts as a table. A body that is no UTF-8 text is given as base64."""
    return pd.DataFrame(
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


def _texts(values: Iterator[str | None]) -> pd.Series:
    return pd.Series(list(values), dtype="str")


def _times(values: Iterator[object]) -> pd.Series:
    return pd.to_datetime(pd.Series(list(values), dtype="datetime64[us, UTC]"), utc=True)


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(body).decode()


# --- files -------------------------------------------------------------------------------------


def export(
    ports: Ports,
    table: str,
    path: Path,
    *,
    format: str | None = None,  # noqa: A002 - the option's own name
    filters: Filters | None = None,
    ids: Sequence[str] | None = None,
) -> Manifest:
    """Write one table to a file (csv, jsonl, parquet, xlsx by suffix); return what it is."""
    chosen = Chosen(filters or Filters(), None if ids is None else tuple(ids))
    found = chunks(ports, table, chosen)
    first = next(found)
    about = described_table(table, first.columns)
    made_at = datetime.now(UTC).replace(microsecond=0)
    manifest = manifest_of(chosen, [about], made_at=made_at)
    count = write(_with(first, found), path, format=format, table=about, manifest=manifest)
    whole = Table(about.name, about.columns, count, path.name)
    return manifest_of(chosen, [whole], made_at=made_at)


def _with(first: pd.DataFrame, rest: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    yield first
    yield from rest


def packed(
    ports: Ports,
    table: str,
    path: Path,
    *,
    format: str,  # noqa: A002
    filters: Filters | None = None,
    ids: Sequence[str] | None = None,
) -> Manifest:
    """One table as a person takes it away: a workbook, or a zip of the file and its manifest."""
    if format not in ZIPPED:
        return export(ports, table, path, format=format, filters=filters, ids=ids)
    with tempfile.TemporaryDirectory(prefix="cvi-export-") as folder:
        file = Path(folder) / f"{table}.{format}"
        manifest = export(ports, table, file, filters=filters, ids=ids)
        bundle(path, manifest, [file])
    return manifest
