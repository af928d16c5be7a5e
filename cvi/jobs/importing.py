"""Import files: append their facts, quickly and durably; settling is the worker's business."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import orjson

from cvi.bootstrap import Ports
from cvi.ingest import Item, Preview, Problem, Source, detect, likely, preview, read
from cvi.jobs.rebuild import refold
from cvi.store import facts, imports

# Facts appended in one transaction, and the problems kept with an import.
_BATCH = 250
_KEPT_PROBLEMS = 200
_FIRST = 5


@dataclass(slots=True)
class Imported:
    """What an import did. `events_seen` counts events that were already known."""

    import_id: uuid.UUID
    name: str
    reader: str
    conversations: int = 0
    events_new: int = 0
    events_seen: int = 0
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    first: list[str] = field(default_factory=list)  # ids of the first conversations

    @property
    def nothing(self) -> bool:
        """Was there not one event in the file?"""
        return not self.events_new and not self.events_seen


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What an import would do: the preview, and how many of its conversations are all new, known
    but with something new, and known altogether."""

    seen: Preview
    new: int
    grown: int
    known: int


def rehearse(
    ports: Ports,
    given: Source | Path | str,
    *,
    reader: str | None = None,
    mapping: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
    limit: int | None = None,
) -> Rehearsed:
    """Read a file (or its first `limit` conversations) and compare it with the store; keep nothing.

    Raises BadInput when the file as a whole cannot be read.
    """
    keys: dict[str, list[str]] = {}

    def note(item: Item) -> None:
        made = facts.incoming(_bytes(item), source="file", live=False)
        keys.setdefault(made.conversation_id or "", []).append(made.key)

    seen = preview(given, reader=reader, mapping=mapping, roles=roles, limit=limit, tap=note)
    every = [key for mine in keys.values() for key in mine]
    stored = facts.known(ports.engine, every, workspace=ports.workspace)
    there = facts.known_conversations(ports.engine, list(keys), workspace=ports.workspace)
    known = sum(all(key in stored for key in mine) for mine in keys.values())
    new = sum(name not in there for name in keys)
    return Rehearsed(seen, new, len(keys) - new - known, known)


def import_source(
    ports: Ports,
    given: Source | Path | str,
    *,
    reader: str | None = None,
    mapping: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
    progress: Callable[[int], None] = lambda _conversations: None,
) -> Imported:
    """Append everything a file holds as facts that cause no work; bad parts become problems.

    Importing the same file again changes nothing. `progress` is told the conversations so far.
    Raises BadInput when the file as a whole cannot be read; then nothing was appended.
    """
    source = Source.of(given)
    chosen = reader or (likely(source) if mapping else detect(source))
    reading = read(source, reader=chosen, mapping=mapping, roles=roles)
    _, sha256 = source.fingerprint()
    import_id = imports.open_import(
        ports.engine,
        workspace=ports.workspace,
        name=source.name,
        reader_name=chosen,
        sha256=sha256,
    )
    outcome = Imported(import_id, source.name, chosen)
    try:
        _append(ports, _payloads(reading, outcome), outcome, progress)
    finally:
        # Also when reading broke off half-way: what went in is noted, so that it can be undone.
        imports.close_import(
            ports.engine,
            import_id,
            conversations=outcome.conversations,
            events_new=outcome.events_new,
            events_seen=outcome.events_seen,
            problems=[_plain(problem) for problem in outcome.problems],
        )
    return outcome


def _payloads(reading: Iterable[Item | Problem], outcome: Imported) -> Iterator[Item]:
    for found in reading:
        if isinstance(found, Item):
            yield found
            continue
        outcome.problem_count += 1
        if len(outcome.problems) < _KEPT_PROBLEMS:
            outcome.problems.append(found)


def _append(
    ports: Ports, items: Iterator[Item], outcome: Imported, progress: Callable[[int], None]
) -> None:
    known: set[str] = set()
    now = datetime.now(UTC)
    while batch := list(islice(items, _BATCH)):
        made = [
            facts.incoming(_bytes(item), source="file", live=False, received_at=now)
            for item in batch
        ]
        new = facts.append(
            ports.engine, made, workspace=ports.workspace, import_id=outcome.import_id
        )
        names = [each.conversation_id for each in made if each.conversation_id]
        outcome.first = list(dict.fromkeys([*outcome.first, *names]))[:_FIRST]
        known.update(names)
        outcome.events_new += new
        outcome.events_seen += len(made) - new
        outcome.conversations = len(known)
        progress(outcome.conversations)


def _bytes(item: Item) -> bytes:
    if item.body is not None:
        return item.body
    try:
        return orjson.dumps(item.payload, default=str, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:  # lone surrogates; as an escape they are kept as they came
        return json.dumps(item.payload, default=str).encode()


def _plain(problem: Problem) -> dict[str, object]:
    return {
        "where": problem.where,
        "line": problem.line,
        "what": problem.what,
        "hint": problem.hint,
    }


def undo(ports: Ports, import_id: uuid.UUID) -> int:
    """Take an import back; returns how many conversations were folded again or went away.

    Raises NotFound when there is no such import.
    """
    touched = imports.undo_import(ports.engine, import_id, workspace=ports.workspace)
    return refold(ports, touched)
