"""Tool calls, however often and in whatever form they were announced, and their results."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cvi.events.aliases import UNREAD
from cvi.events.event import Event, canonical_json
from cvi.events.parse import read_arguments
from cvi.events.times import parse_time
from cvi.frames.turn import clean, seconds, text_or_none

Row = tuple[Any, ...]

_UNNAMED = "unknown"
_NO_ARGUMENTS = frozenset(
    ("name", "modality", "arguments", "arguments_problem", "frames", "tool_call_id", UNREAD)
)


@dataclass(frozen=True, slots=True)
class _Call:
    """One call. `live`: announced in the room; otherwise the `nth` such call of the transcript."""

    tool_call_id: str | None
    name: str
    modality: str
    arguments: str | None
    problem: str | None
    at: datetime | None
    from_start: float | None = None
    turn_idx: int | None = None
    inference_id: str | None = None
    live: bool = True
    nth: int = 0


@dataclass(frozen=True, slots=True)
class _Result:
    """What a tool answered, and how much weight the answer has: a later form outweighs."""

    weight: int
    text: str | None
    status: str


def tool_calls(
    conversation_id: str, kinds: Mapping[str, list[Event]], start: datetime | None
) -> list[Row]:
    """Rows of the `tool_calls` table, by time; calls without a time come last, as announced."""
    results = _results(kinds)
    calls = sorted((_placed(call, start) for call in _distinct(_announced(kinds))), key=_by_time)
    rows: list[Row] = []
    for idx, call in enumerate(calls):
        result = results.get(call.tool_call_id or "")
        rows.append(
            (
                conversation_id,
                idx,
                call.tool_call_id,
                call.name,
                call.modality,
                call.arguments,
                call.problem,
                call.at,
                call.from_start,
                call.turn_idx,
                result.text if result else None,
                result.status if result else None,
            )
        )
    return rows


def _placed(call: _Call, start: datetime | None) -> _Call:
    if start is None:
        return call
    if call.at is not None:
        return replace(call, from_start=round((call.at - start).total_seconds(), 6))
    if call.from_start is not None:
        return replace(call, at=start + timedelta(seconds=call.from_start))
    return call


def _by_time(call: _Call) -> tuple[bool, float, bool, float]:
    at, offset = call.at, call.from_start
    return (at is None, at.timestamp() if at else 0.0, offset is None, offset or 0.0)


def _announced(kinds: Mapping[str, list[Event]]) -> Iterator[_Call]:
    for event in kinds.get("conversation.tool_call", ()):
        yield _call(event, "llm")
    for event in kinds.get("conversation.perception_tool_call", ()):
        yield _call(event, text_or_none(event.properties.get("modality")) or "vision")
    for event in kinds.get("application.transcription_ready", ()):
        told: Counter[tuple[str, str | None]] = Counter()
        for item in event.properties.get("transcript") or ():
            for call in _in_transcript(item):
                told[call.name, call.arguments] += 1
                yield replace(call, nth=told[call.name, call.arguments])


def _distinct(announced: Iterable[_Call]) -> list[_Call]:
    """One call for all its announcements.

    The same id is the same call. A call that has no id in one of its two places (the room, the
    transcript) is the one of the same name and arguments in the other place.
    """
    calls: dict[object, _Call] = {}
    for call in announced:
        # Without an id, a call in the room is repeated when its inference is; the same transcript
        # may arrive twice, but two calls in one transcript are two.
        place = call.inference_id if call.live else call.nth
        key = call.tool_call_id or (call.live, call.name, call.arguments, place)
        calls[key] = _merged(calls[key], call) if key in calls else call
    heard = [call for call in calls.values() if call.live]
    written = [call for call in calls.values() if not call.live]
    for each in written:
        at = next((at for at, call in enumerate(heard) if _same_call(call, each)), None)
        if at is None:
            heard.append(each)
        else:
            heard[at] = _merged(heard[at], each)
    return heard


def _same_call(heard: _Call, written: _Call) -> bool:
    """`heard` must not be taken by another call of the transcript already (then it is not live)."""
    both = heard.tool_call_id is not None and written.tool_call_id is not None
    if not heard.live or both or heard.modality != "llm" or heard.name != written.name:
        return False
    return (heard.arguments or "{}") == (written.arguments or "{}")


def _merged(known: _Call, again: _Call) -> _Call:
    """The first announcement, with what only the other one says. It counts as live if both are."""
    spelled = again if known.arguments is None or known.problem else known
    return replace(
        known,
        tool_call_id=known.tool_call_id or again.tool_call_id,
        name=again.name if known.name == _UNNAMED else known.name,
        arguments=spelled.arguments or known.arguments,
        problem=spelled.problem,
        at=known.at or again.at,
        from_start=again.from_start if known.from_start is None else known.from_start,
        turn_idx=again.turn_idx if known.turn_idx is None else known.turn_idx,
        inference_id=known.inference_id or again.inference_id,
        live=known.live and again.live,
    )


def _call(event: Event, modality: str) -> _Call:
    given = event.properties
    arguments = given.get("arguments")
    if arguments is None and modality != "llm":
        arguments = {key: each for key, each in given.items() if key not in _NO_ARGUMENTS} or None
    return _Call(
        tool_call_id=_id(given.get("tool_call_id")),
        name=_name(given.get("name"), "perception" if modality != "llm" else _UNNAMED),
        modality=modality,
        arguments=canonical_json(arguments) if arguments is not None else None,
        problem=given.get("arguments_problem"),
        at=event.at,
        turn_idx=event.turn_idx,
        inference_id=event.inference_id,
    )


def _in_transcript(item: Mapping[str, Any]) -> Iterator[_Call]:
    """Calls inside the transcript: `{id, function: {name, arguments}}` or the flat form."""
    calls = item.get("tool_calls")
    for raw in calls if isinstance(calls, list) else ():
        if not isinstance(raw, dict):
            continue
        inner = raw.get("function")
        inner = inner if isinstance(inner, dict) else raw
        arguments, problem = read_arguments(inner.get("arguments"))
        yield _Call(
            tool_call_id=_id(raw.get("id") or raw.get("tool_call_id")),
            name=_name(inner.get("name"), _UNNAMED),
            modality="llm",
            arguments=canonical_json(arguments) if arguments is not None else None,
            problem=problem,
            at=parse_time(item.get("at")),
            from_start=seconds(item.get("seconds_from_start")),
            inference_id=text_or_none(item.get("inference_id")),
            live=False,
        )


def _results(kinds: Mapping[str, list[Event]]) -> dict[str, _Result]:
    found: dict[str, _Result] = {}
    for key, result in _answers(kinds):
        known = found.get(key)
        if known is None or result.weight >= known.weight:
            found[key] = result
    return found


def _answers(kinds: Mapping[str, list[Event]]) -> Iterator[tuple[str, _Result]]:
    for event in kinds.get("application.transcription_ready", ()):
        for item in event.properties.get("transcript") or ():
            key = _id(item.get("tool_call_id"))
            if item.get("role") == "tool" and key:
                text = text_or_none(item.get("text"))
                yield key, _Result(int(text is not None), text, "success")
                if key.endswith("_result"):
                    # Asynchronous tools answer a second time under `<id>_result`.
                    yield key.removesuffix("_result"), _Result(2, text, "success")
    for event in kinds.get("conversation.tool_result", ()):
        key = _id(event.properties.get("tool_call_id"))
        output = event.properties.get("output")
        if output is not None and not isinstance(output, str):
            output = json.dumps(output, ensure_ascii=False, sort_keys=True, default=str)
        if key:
            status = text_or_none(event.properties.get("status")) or "success"
            yield key, _Result(3, text_or_none(output), status)


def _name(value: object, otherwise: str) -> str:
    return clean(str(value))[:200] or otherwise if value is not None else otherwise


def _id(value: object) -> str | None:
    return clean(str(value))[:200] or None if value is not None else None
