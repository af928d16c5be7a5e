"""What the keys of a conversation written as JSON mean: by their names, or as a person says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from cvi.errors import BadInput
from cvi.events.aliases import FIELDS, first
from cvi.ingest.conversation import END_KEYS, ROLE_KEYS, TEXT_KEYS, TIME_KEYS
from cvi.ingest.item import Header, Options
from cvi.ingest.records import Record, records
from cvi.ingest.source import Source

ROW_KEYS = (*FIELDS["transcript"], "turns", "dialogue", "utterances")
ID_KEYS = ("conversation_id", "id", "call_id", "session_id", "dialogue_id", "dialog_id", "uuid")

# Property of `conversation.described` → spellings at the top of a record.
ABOUT: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "conversation_name", "name"),
    "persona": ("persona", *FIELDS["persona_id"]),
    "replica": ("replica", *FIELDS["replica_id"]),
    "source": ("source",),
    "started_at": ("started_at", "start_time", "created_at", "start"),
    "ended_at": ("ended_at", "end_time", "end"),
    "duration_s": ("duration_s", "duration"),
    "max_duration_s": ("max_duration_s", "max_call_duration"),
}
TURNS = "turns"
# Field → spellings, best first: at the top of a conversation, and in each of its turns.
_TOP = {"conversation_id": ID_KEYS, TURNS: ROW_KEYS, **ABOUT}
_TURN: Mapping[str, tuple[str, ...]] = {
    "role": ROLE_KEYS,
    "text": TEXT_KEYS,
    "timestamp": TIME_KEYS,
    "end": END_KEYS,
    "duration": FIELDS["duration_s"],
    "seconds_from_start": ("seconds_from_start",),
    "speaker": ("speaker",),
}
_LOOK = 20


def header(source: Source, options: Options) -> Header:
    """The keys found and what each field is read from. Raises BadInput for a mapping to a field or
    key there is not."""
    found = [each.value for each in _first(source, options)]
    top = tuple(dict.fromkeys(key for value in found for key in value))
    listed = options.mapping.get(TURNS) or _turns_key(found)
    rows = [row for value in found for row in islice(_rows(value, listed), _LOOK)]
    inner = tuple(dict.fromkeys(key for row in rows for key in row))
    fields = {**dict.fromkeys(_TURN, inner), **dict.fromkeys(_TOP, top)}
    _check(options.mapping, fields, source.name)
    guess = {
        **_guessed(_TURN, inner),
        **_guessed(_TOP, top),
        **({TURNS: listed} if listed else {}),
    }
    said = {name: key for name, key in options.mapping.items() if key}
    kept = {name: key for name, key in guess.items() if name not in options.mapping}
    return Header(tuple(dict.fromkeys((*inner, *top))), {**kept, **said}, fields)


def _first(source: Source, options: Options) -> Iterator[Record]:
    found = (each for each in records(source, options) if isinstance(each, Record))
    return islice(found, _LOOK)


def _turns_key(found: list[dict[str, Any]]) -> str | None:
    """A key known for it, else the first that holds a list of objects."""
    for value in found:
        known = next((key for key in ROW_KEYS if isinstance(value.get(key), list)), None)
        if known is not None:
            return known
    lists = (key for value in found for key in value if any(_rows(value, key)))
    return next(lists, None)


def _rows(value: Mapping[str, Any], key: str | None) -> Iterator[dict[str, Any]]:
    rows = value.get(key) if key else None
    return (row for row in rows if isinstance(row, dict)) if isinstance(rows, list) else iter(())


def _guessed(fields: Mapping[str, tuple[str, ...]], there: tuple[str, ...]) -> dict[str, str]:
    found = {name: next((key for key in keys if key in there), "") for name, keys in fields.items()}
    return {name: key for name, key in found.items() if key}


def _check(mapping: Mapping[str, str], fields: Mapping[str, tuple[str, ...]], name: str) -> None:
    for field, key in mapping.items():
        if field not in fields:
            hint = f"Choose from: {', '.join(fields)}."
            raise BadInput(f"no field {field!r}", where=name, hint=hint)
        if key and key not in fields[field]:
            hint = f"Choose from: {', '.join(fields[field]) or 'nothing: there are none'}."
            raise BadInput(f"no key {key!r}", where=name, hint=hint)


def renamed(value: dict[str, Any], mapping: Mapping[str, str]) -> dict[str, Any]:
    """The conversation under the names that reading knows; a field mapped to nothing goes."""
    top = _renamed(value, {name: key for name, key in mapping.items() if name in _TOP}, _TOP)
    inner = {name: key for name, key in mapping.items() if name in _TURN}
    rows = first(top, ROW_KEYS)
    if not inner or not isinstance(rows, list):
        return top
    changed = [_renamed(row, inner, _TURN) if isinstance(row, dict) else row for row in rows]
    return {**top, next(key for key in ROW_KEYS if top.get(key) is rows): changed}


def _renamed(
    value: dict[str, Any], mapping: Mapping[str, str], fields: Mapping[str, tuple[str, ...]]
) -> dict[str, Any]:
    """Each mapped value stands under the best spelling of its field, which wins over all others."""
    meant = {fields[name][0]: value.get(key) for name, key in mapping.items() if key}
    gone = {key for name, key in mapping.items() if key}
    gone |= {key for name, chosen in mapping.items() if not chosen for key in fields[name]}
    return {**{key: each for key, each in value.items() if key not in gone}, **meant}
