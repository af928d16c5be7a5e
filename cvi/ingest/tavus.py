"""Replies of the Tavus API: `GET /v2/conversations/{id}?verbose=true`, kept as JSON or JSONL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cvi.events.aliases import FIELDS, first
from cvi.ingest.item import READERS, Item, Options, Problem, Reader, Reading
from cvi.ingest.records import Record, first_keys, records
from cvi.ingest.source import Source

_ONLY_REPLIES = frozenset({"conversation_url", "callback_url", "events"})
_TURNS = frozenset({"transcript", "messages", "turns"})
_TRANSCRIPT = "application.transcription_ready"


def payloads_of(reply: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The described event, then the reply's own events unchanged, so that they meet the callbacks.

    An event gets the conversation's id only if it has none. A transcript that stands at the top
    of the reply counts when no event brings one.
    """
    conversation_id = reply.get("conversation_id")
    yield described(reply)
    events = reply.get("events")
    listed = events if isinstance(events, list) else []
    found = [event for event in listed if isinstance(event, dict)]
    for event in found:
        yield (
            event
            if event.get("conversation_id")
            else {
                **event,
                "conversation_id": conversation_id,
            }
        )
    transcript = reply.get("transcript")
    if isinstance(transcript, list) and all(
        event.get("event_type") != _TRANSCRIPT for event in found
    ):
        yield {
            "event_type": _TRANSCRIPT,
            "conversation_id": conversation_id,
            "properties": {"transcript": transcript},
        }


def described(reply: Mapping[str, Any]) -> dict[str, Any]:
    """What the reply says about the conversation itself.

    `updated_at` is left out: it moves whenever the row is touched, so it is not the end. The
    callback address is left out because people keep secrets in it.
    """
    settings = reply.get("properties")
    about = {
        "title": reply.get("conversation_name"),
        "persona": first(reply, FIELDS["persona_id"]),
        "replica": first(reply, FIELDS["replica_id"]),
        "source": "tavus",
        "labels": {},
        "status": reply.get("status"),
        "started_at": reply.get("created_at"),
        "max_duration_s": settings.get("max_call_duration") if isinstance(settings, dict) else None,
    }
    payload: dict[str, Any] = {
        "event_type": "conversation.described",
        "conversation_id": reply.get("conversation_id"),
    }
    if reply.get("created_at") is not None:
        payload["timestamp"] = reply["created_at"]
    payload["properties"] = {key: value for key, value in about.items() if value is not None}
    return payload


def looks(keys: frozenset[str]) -> bool:
    """Whether an object with these keys is an API reply about a conversation."""
    if "conversation_id" not in keys or "event_type" in keys:
        return False
    return bool(keys & _ONLY_REPLIES) or ("conversation_name" in keys and not keys & _TURNS)


def sniff(head: bytes, _name: str) -> bool:
    """Recognise the format by the keys of its first objects."""
    return any(looks(keys) for keys in first_keys(head))


def read(source: Source, options: Options) -> Reading:
    """The payloads of every reply in the file."""
    for record in records(source, options):
        if isinstance(record, Problem):
            yield record
        else:
            yield from _reply(record)


def _reply(record: Record) -> Iterator[Item | Problem]:
    reply = record.value
    if not reply.get("conversation_id"):
        hint = "Expected the reply of GET /v2/conversations/{id}?verbose=true."
        yield Problem(record.where, record.line, "no conversation_id", hint)
        return
    yield from _odd_events(record)
    for payload in payloads_of(reply):
        yield Item(payload, record.where, str(payload["conversation_id"]))


def _odd_events(record: Record) -> Iterator[Problem]:
    events = record.value.get("events")
    if events is not None and not isinstance(events, list):
        what = f"events is a {type(events).__name__}, not a list"
        yield Problem(record.where, record.line, what, "The conversation is kept without them.")
        return
    odd = [index for index, event in enumerate(events or (), 1) if not isinstance(event, dict)]
    if odd:
        what = f"{len(odd)} events are no objects (first: event {odd[0]})"
        yield Problem(record.where, record.line, what, "They were left out.")


READERS.add(
    "tavus",
    Reader(
        name="tavus",
        summary="replies of the Tavus API about conversations (verbose), one, a list or a page",
        extensions=(".json", ".jsonl"),
        sniff=sniff,
        read=read,
    ),
)
