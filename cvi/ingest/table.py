"""Tables with a row per turn, CSV and its relatives or JSON objects, read in two passes.

The first pass counts the rows of each conversation, so the second can hand a conversation on as
soon as its last row has come. Memory is bounded by the conversations that are open at one time,
however the rows interleave.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cvi.errors import TooLarge
from cvi.ingest import cells, dropped, events, objects, tavus, transcripts
from cvi.ingest.cells import ALIASES, DELIMITERS, Layout, Row, guess_mapping, is_readable
from cvi.ingest.conversation import clean_id, events_of, label_value, lower_keys, shape_row
from cvi.ingest.item import READERS, Header, Item, Options, Problem, Reader, Reading
from cvi.ingest.records import first_keys
from cvi.ingest.source import Source
from cvi.ingest.strangers import Strangers

# Turn fields and the key each has in a transcript row.
_TURN = {
    "role": "role",
    "text": "content",
    "timestamp": "timestamp",
    "end": "end",
    "duration": "duration",
    "seconds_from_start": "seconds_from_start",
    "speaker": "speaker",
}
# What a turn weighs in memory beside its letters.
_ROW_BYTES = 500
_ABOUT = ("title", "persona", "replica", "source")


@dataclass(slots=True)
class _Open:
    """A conversation whose last row has not come yet."""

    where: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, Any] = field(default_factory=dict)
    size: int = 0


@dataclass(frozen=True, slots=True)
class _Table:
    """A file with its rows, whatever they are written in; `rows` reads them afresh."""

    name: str
    layout: Layout
    rows: Callable[[], Iterator[Row | Problem]]


def _cells(source: Source, options: Options) -> _Table:
    layout = cells.layout_of(source, options)
    return _Table(source.name, layout, lambda: cells.rows_of(source, layout, options))


def _objects(source: Source, options: Options) -> _Table:
    layout = objects.layout_of(source, options)
    return _Table(source.name, layout, lambda: objects.rows_of(source, layout, options))


def header(source: Source, options: Options) -> Header:
    """Columns and mapping. Raises BadInput for a mapping to a column there is not."""
    layout = cells.layout_of(source, options, required=False)
    return Header(layout.columns, layout.mapping, dict.fromkeys(ALIASES, layout.columns))


def header_of_objects(source: Source, options: Options) -> Header:
    """The same for JSON."""
    layout = objects.layout_of(source, options, required=False)
    return Header(layout.columns, layout.mapping, dict.fromkeys(ALIASES, layout.columns))


def sniff(head: bytes, name: str) -> bool:
    """A table is text whose first row names a column for the role and one for the text."""
    if head.lstrip().startswith((b"{", b"[", b"WEBVTT")) or b"\x00" in head:
        return False
    first = head.split(b"\n", 1)[0].decode("utf-8", "replace")
    if not any(mark in first for mark in DELIMITERS):
        return False
    return cells.layout_of(Source.from_bytes(head, name), Options(), required=False).readable


def sniff_objects(head: bytes, _name: str) -> bool:
    """JSON whose objects have a role and a text, and are nothing larger."""
    found = first_keys(head)
    larger = (transcripts.looks, events.looks, tavus.looks)
    if any(looks(keys) for keys in found for looks in larger):
        return False
    return any(is_readable(guess_mapping(sorted(keys))) for keys in found)


def read(source: Source, options: Options) -> Reading:
    """Two payloads for each conversation of a table, as soon as it is complete."""
    yield from _read(_cells(source, options), options)


def read_objects(source: Source, options: Options) -> Reading:
    """The same for JSON with an object a turn."""
    yield from _read(_objects(source, options), options)


def _read(table: _Table, options: Options) -> Reading:
    left, whole = _survey(table)
    if whole is not None:
        what = "no column names the conversation, so the table is read as a single one"
        hint = "Map conversation_id to a column if there are several."
        yield Problem(table.name, table.layout.line, what, hint)
    yield from _grouped(table, options, _Counts(left, whole))


@dataclass(slots=True)
class _Counts:
    """Rows still to come for each conversation; `whole` is the id when the table has no ids."""

    left: Counter[str]
    whole: str | None


def _survey(table: _Table) -> tuple[Counter[str], str | None]:
    """How many rows each conversation has; an id from the content where no column has one."""
    layout = table.layout
    name = _namer(layout, None)
    digest = hashlib.sha256()
    left: Counter[str] = Counter()
    for row in table.rows():
        if isinstance(row, Problem):
            continue
        left[name(row)] += 1
        if "conversation_id" not in layout.mapping:
            digest.update("\x1f".join([*row.cells, "\x1e"]).encode("utf-8", "replace"))
    if "conversation_id" in layout.mapping:
        return left, None
    whole = f"file-{digest.hexdigest()[:16]}"
    return Counter({whole: left.total()}), whole


def _namer(layout: Layout, whole: str | None) -> Callable[[Row], str]:
    index = layout.index("conversation_id")
    return (lambda _: whole or "") if index is None else lambda row: clean_id(row.cells[index])


def _grouped(table: _Table, options: Options, counts: _Counts) -> Reading:
    name, roles = _namer(table.layout, counts.whole), lower_keys(options.roles)
    waiting: dict[str, _Open] = {}
    strangers, told, held = Strangers(table.name), set[str](), 0
    for row in table.rows():
        if isinstance(row, Problem):
            yield row
            continue
        key = name(row)
        if not key:
            yield Problem(row.where, row.line, "no conversation id", "The row was left out.")
            continue
        conversation = waiting.setdefault(key, _Open(row.where))
        before = conversation.size
        yield from _take(conversation, row, table.layout, roles, told)
        held += conversation.size - before
        if not conversation.rows[-1].get("role"):
            yield Problem(row.where, row.line, "no role", "The turn is kept and counts as skipped.")
        yield from strangers.meet(conversation.rows[-1], row.where, row.line)
        if held > options.document_bytes:
            raise _too_much(table.name, options.document_bytes)
        counts.left[key] -= 1
        if not counts.left[key]:
            held -= conversation.size
            yield from _close(key, waiting.pop(key))
    yield from strangers.rest()


def _too_much(name: str, limit: int) -> TooLarge:
    return TooLarge(
        f"{name}: too many conversations are open at once to be held in memory",
        limit=limit,
        hint="Sort the table by its conversation column.",
    )


def _take(
    conversation: _Open,
    row: Row,
    layout: Layout,
    roles: Mapping[str, str],
    told: set[str],
) -> Iterator[Problem]:
    """Add one row to its conversation; tells what of it could not be kept. Labels count once.

    `told` holds the columns that differ within a conversation: each is told once a file.
    """
    given = {name: row.cells[at].strip() for name, at in layout.indexes.items()}
    turn = {key: given[name] for name, key in _TURN.items() if given.get(name)}
    turn.setdefault("content", "")
    conversation.rows.append(shape_row(turn, roles))
    conversation.size += sum(map(len, row.cells)) + _ROW_BYTES
    if (value := dropped.unread_time(turn, conversation.rows[-1])) is not None:
        what = f"the time {dropped.shown(value)} cannot be read"
        yield Problem(row.where, row.line, what, "The turn is kept without it.")
    said = {name: given[name] for name in _ABOUT if given.get(name)}
    labels = {label: row.cells[at].strip() for label, at in layout.labels}
    known = {label: label_value(text) for label, text in labels.items() if text}
    for kept, new in ((conversation.about, said), (conversation.labels, known)):
        for name in _keep(kept, new):
            if name not in told:
                told.add(name)
                yield dropped.differs(name, kept[name], new[name], row.where, row.line)


def _keep(kept: dict[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Keep what is said first; returns the names that an earlier row said otherwise."""
    return [name for name, value in new.items() if kept.setdefault(name, value) != value]


def _close(conversation_id: str, conversation: _Open) -> Iterator[Item]:
    yield from events_of(
        conversation_id,
        about={**conversation.about, "labels": conversation.labels},
        rows=conversation.rows,
        where=conversation.where,
    )


READERS.add(
    "csv",
    Reader(
        name="csv",
        summary="CSV, TSV or another table with a row per turn",
        extensions=(".csv", ".tsv"),
        sniff=sniff,
        read=read,
        header=header,
    ),
)

READERS.add(
    "rows",
    Reader(
        name="rows",
        summary="JSON or JSONL with an object per turn",
        extensions=(".jsonl", ".ndjson", ".json"),
        sniff=sniff_objects,
        read=read_objects,
        header=header_of_objects,
    ),
)
