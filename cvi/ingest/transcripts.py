"""Transcripts as JSON or JSONL: `{id, source, labels, transcript: [{role, content, …}]}`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cvi.events.aliases import first
from cvi.events.times import parse_seconds
from cvi.ingest import dropped, keys, tavus
from cvi.ingest.conversation import (
    Seen,
    clean_id,
    events_of,
    id_from,
    lower_keys,
    missing_roles,
    shape_row,
)
from cvi.ingest.item import READERS, Item, Options, Problem, Reader, Reading
from cvi.ingest.keys import ABOUT, ID_KEYS, ROW_KEYS
from cvi.ingest.records import Record, first_keys, records
from cvi.ingest.source import Source
from cvi.ingest.strangers import Strangers

_READ = frozenset(
    name for names in (*ABOUT.values(), ROW_KEYS, ID_KEYS, ("labels", "status")) for name in names
)


def looks(found: frozenset[str]) -> bool:
    """Whether an object with these keys is a transcript (and no event and no API reply)."""
    return bool(found & set(ROW_KEYS)) and "event_type" not in found and not tavus.looks(found)


def sniff(head: bytes, _name: str) -> bool:
    """Recognise the format by the keys of its first objects."""
    return any(looks(found) for found in first_keys(head))


def read(source: Source, options: Options) -> Reading:
    """Two payloads for each conversation of the file."""
    seen, roles, strangers = Seen(), lower_keys(options.roles), Strangers(source.name)
    if options.mapping:
        keys.header(source, options)  # refuses what is not there before anything is read
    for record in records(source, options):
        if isinstance(record, Problem):
            yield record
            continue
        if options.mapping:
            record = record._replace(value=keys.renamed(record.value, options.mapping))  # noqa: PLW2901
        yield from _conversation(record, roles, seen, strangers)
    yield from strangers.rest()


def _conversation(
    record: Record, roles: Mapping[str, str], seen: Seen, strangers: Strangers
) -> Iterator[Item | Problem]:
    given = first(record.value, ROW_KEYS)
    if not isinstance(given, list):
        what = "no transcript" if given is None else f"the transcript is a {type(given).__name__}"
        hint = f"A conversation needs a list under {', '.join(ROW_KEYS[:3])} or turns."
        yield Problem(record.where, record.line, what, hint)
        return
    rows = [shape_row(row, roles) if isinstance(row, dict) else row for row in given]
    about = about_of(record.value)
    wanted = clean_id(first(record.value, ID_KEYS)) or id_from(record.value)
    name = seen.place(wanted, [about, rows])
    if name is None:
        return  # an exact repeat says nothing new
    if name != wanted:
        what = f"the id {wanted!r} was used before with other content; read as {name!r}"
        yield Problem(record.where, record.line, what, "Give every conversation its own id.")
    yield from missing_role_problem(record, rows)
    yield from dropped.unread_times(given, rows, record.where, record.line)
    yield from dropped.left_out(_unplaced(record.value, about), record.where, record.line)
    for row in rows:
        if isinstance(row, dict):
            yield from strangers.meet(row, record.where, record.line)
    yield from events_of(name, about=about, rows=rows, where=record.where)


def _unplaced(record: Mapping[str, Any], about: Mapping[str, Any]) -> list[str]:
    """Names of what the record says and `about` has not: nested values, durations in words."""
    nested = [
        key
        for key, value in record.items()
        if key not in _READ and isinstance(value, dict | list) and value
    ]
    unread = [
        next(spelling for spelling in ABOUT[name] if record.get(spelling) not in (None, ""))
        for name in ("duration_s", "max_duration_s")
        if first(record, ABOUT[name]) not in (None, "") and name not in about
    ]
    return [*nested, *unread]


def missing_role_problem(record: Record, rows: list[Any]) -> Iterator[Problem]:
    """One Problem for all turns of a conversation that do not say who spoke."""
    lost = missing_roles(rows)
    if lost:
        what = f"{len(lost)} of {len(rows)} turns say not who spoke (first: turn {lost[0]})"
        yield Problem(record.where, record.line, what, "They are kept and count as skipped.")


def about_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """The described properties; whatever else stands at the top of a record is a label."""
    about = {name: first(record, spellings) for name, spellings in ABOUT.items()}
    for name in ("duration_s", "max_duration_s"):
        about[name] = parse_seconds(about[name])
    loose = {
        key: value
        for key, value in record.items()
        if key not in _READ and value is not None and not isinstance(value, dict | list)
    }
    given = record.get("labels")
    if given is not None and not isinstance(given, dict):
        given = {"labels": given}
    return {
        **{name: value for name, value in about.items() if value is not None},
        "labels": {**loose, **(given or {})},
    }


READERS.add(
    "transcripts",
    Reader(
        name="transcripts",
        summary="JSON or JSONL, a conversation an object with its turns in `transcript`",
        extensions=(".jsonl", ".ndjson", ".json"),
        sniff=sniff,
        read=read,
        header=keys.header,
    ),
)
