"""The tolerance table of the Tavus fact sheet, row by row: what the guide says, what the real API
says, and that one reading serves both. Rows about creating, sending and proving are elsewhere.
"""

from __future__ import annotations

from typing import Any

import pytest

from cvi.events import Event, parse_payload
from cvi.events.aliases import FIELDS, first, shutdown_reason

Payload = dict[str, Any]


def _parse(kind: str, properties: Payload | None = None, **envelope: Any) -> Event:
    payload = {"event_type": kind, "conversation_id": "c9", **envelope}
    return parse_payload(payload if properties is None else {**payload, "properties": properties})


def _rows(*items: Payload, key: str = "transcript") -> list[Payload]:
    event = _parse("application.transcription_ready", {key: list(items)})
    rows: list[Payload] = event.properties["transcript"]
    return rows


def _call(**properties: Any) -> Payload:
    return dict(_parse("conversation.tool_call", properties).properties)


def _echo(**properties: Any) -> Payload:
    return dict(_parse("conversation.echo", properties).properties)


def _speaking(kind: str, **properties: Any) -> tuple[str, object]:
    event = _parse(kind, properties)
    return event.type.rpartition(".")[2], event.properties.get("role")


def _said(**properties: Any) -> object:
    return _parse("conversation.utterance", {"role": "user", **properties}).properties.get("text")


AT = 1_793_000_020
ISO = "2026-10-26T07:33:40+00:00"
CASES: dict[str, tuple[object, object]] = {
    "1-replica_id": (
        _parse("system.replica_joined", {"replica_id": "r"}).properties,
        {"replica_id": "r"},
    ),
    "1-face_id": (
        _parse("system.replica_joined", {"face_id": "r"}).properties,
        {"replica_id": "r"},
    ),
    "1-persona_id": (first({"persona_id": "p"}, FIELDS["persona_id"]), "p"),
    "1-pal_id": (first({"pal_id": "p"}, FIELDS["persona_id"]), "p"),
    "7-unknown-fields-stay": (
        _parse("system.shutdown", {"reason": "x", "new": [1]}).properties,
        {"reason": "x", "new": [1]},
    ),
    "8-status-guide": (
        _parse("conversation.described", {"status": "completed"}).properties,
        {"status": "completed"},
    ),
    "9-reason": (
        _parse("system.shutdown", {"reason": "max_call_duration"}).properties["reason"],
        "max_call_duration",
    ),
    "9-shutdown_reason-first": (
        _parse(
            "system.shutdown", {"reason": "b", "shutdown_reason": "max_call_duration reached"}
        ).properties,
        {"reason": "max_call_duration", "_unread": {"reason": "b"}},
    ),
    "10-open-enum": (shutdown_reason("Solar Flare"), "solar flare"),
    "10-internal": (shutdown_reason("internal error occurred at step 2"), "internal_error"),
    "10-in-words": (
        shutdown_reason("Participant left timeout reached"),
        "participant_left_timeout",
    ),
    "10-missing": (shutdown_reason(None), "unknown"),
    "11-transcription": (
        _rows({"role": "user", "content": "a"}, key="transcription"),
        _rows({"role": "user", "content": "a"}),
    ),
    "11-messages": (
        _rows({"role": "user", "content": "a"}, key="messages"),
        _rows({"role": "user", "content": "a"}),
    ),
    "12-iso": (_rows({"timestamp": "2026-10-26T07:33:40Z"})[0].get("at"), ISO),
    "12-int": (_rows({"timestamp": AT})[0].get("at"), ISO),
    "12-float": (_rows({"timestamp": AT + 0.5})[0].get("at"), "2026-10-26T07:33:40.500000+00:00"),
    "12-absent": (_rows({"role": "user"})[0], {"role": "user", "text": ""}),
    "12-raw-kept": (_rows({"timestamp": "just now"})[0]["_unread"], {"timestamp": "just now"}),
    "12-offset": (_rows({"timestamp": 4.5})[0].get("seconds_from_start"), 4.5),
    "13-replica": (_rows({"role": "replica"})[0]["role"], "assistant"),
    "13-pal": (_rows({"role": "PAL "})[0]["role"], "assistant"),
    "13-system": (_rows({"role": "system"})[0]["role"], "system"),
    "13-tool": (_rows({"role": "tool"})[0]["role"], "tool"),
    "13-unknown-kept": (_rows({"role": "ghost"})[0]["_unread"], {"role": "ghost"}),
    "14-webhook_url-optional": (
        _parse("system.shutdown", {"reason": "x"}, webhook_url="https://a.test").id,
        _parse("system.shutdown", {"reason": "x"}).id,
    ),
    "15-any-door": (
        _parse("conversation.utterance", {"role": "user", "text": "a"}).type,
        "conversation.utterance",
    ),
    "16-text": (_said(text="a"), "a"),
    "16-speech": (_said(speech="a", text="b"), "a"),
    "16-content": (_said(content="a"), "a"),
    "16-transcript": (_said(transcript="a"), "a"),
    "16-parts": (_said(content=[{"type": "text", "text": "a"}, "b"]), "a b"),
    "16-inference-top": (
        _parse("conversation.utterance", {"inference_id": "low"}, inference_id="top").inference_id,
        "top",
    ),
    "16-inference-below": (
        _parse("conversation.utterance", {"inference_id": "low"}).inference_id,
        "low",
    ),
    "16-seq": (_parse("conversation.utterance", {}, seq=7).seq, 7),
    "16-turn_idx": (_parse("conversation.utterance", {}, turn_idx="2").turn_idx, 2),
    "16-hoisted": (
        _parse("conversation.utterance", role="user", speech="a").properties,
        {"role": "user", "text": "a"},
    ),
    "17-id-below": (
        _parse("conversation.tool_call", {"name": "n", "inference_id": "i"}).inference_id,
        "i",
    ),
    "17-call-id": (_call(name="n", tool_call_id="k")["tool_call_id"], "k"),
    "18-tool-api": (
        parse_payload(
            {"conversation_id": "c9", "tool_call_id": "k", "name": "n", "arguments": '{"a":1}'}
        ).properties,
        _call(name="n", tool_call_id="k", arguments={"a": 1}),
    ),
    "20-no-envelope": (
        parse_payload(
            {
                "event_type": "conversation.perception_tool_call",
                "properties": {"detected_objects": ["x"]},
            }
        ).properties,
        {"detected_objects": ["x"]},
    ),
    "20-frames": (
        _parse("conversation.perception_tool_call", {"frames": [{"data": "x"}] * 3}).properties,
        {"frames": 3},
    ),
    **{
        f"21-{name}": (_parse(name, {"analysis": "a"}).type, "application.perception_analysis")
        for name in (
            "conversation.perception_analysis",
            "conversation.perception-analysis",
            "application.perception_analysis",
        )
    },
    "22-flat": (
        parse_payload({"type": "conversation.respond", "text": "t"}).properties,
        {"text": "t"},
    ),
    "22-real": (_parse("conversation.respond", {"text": "t"}).properties, {"text": "t"}),
    "23-defaults": (_echo(text="t"), {"modality": "text", "text": "t", "done": True}),
    "23-given": (
        _echo(modality="audio", audio="AAAA", done=False),
        {"modality": "audio", "audio": 4, "done": False},
    ),
    "27-new_context": (
        _parse("conversation.overwrite_context", {"new_context": "x"}).properties,
        {"context": "x"},
    ),
    "27-type": (
        _parse("conversation.overwrite_context", {}).type,
        "conversation.overwrite_llm_context",
    ),
    "27-append": (
        _parse("conversation.append_llm_context", {"context": "x"}).properties,
        {"context": "x"},
    ),
    "32-legacy-user": (
        _speaking("conversation.user.started_speaking"),
        ("started_speaking", "user"),
    ),
    "32-legacy-replica": (
        _speaking("conversation.replica.stopped_speaking"),
        ("stopped_speaking", "assistant"),
    ),
    "32-legacy-pal": (
        _speaking("conversation.pal.stopped_speaking"),
        ("stopped_speaking", "assistant"),
    ),
    "32-role": (
        _speaking("conversation.started_speaking", role="pal"),
        ("started_speaking", "assistant"),
    ),
}


@pytest.mark.parametrize("row", CASES)
def test_row(row: str) -> None:
    """Each case is (what was read, what the table says)."""
    found, wanted = CASES[row]
    assert found == wanted


ARGUMENTS = {
    "object": ({"a": 2}, {"a": 2}, None),
    "JSON text": ('{"a": 2.0}', {"a": 2}, None),
    "empty text, as models send for no parameters": ("", {}, None),
    "absent": (None, None, None),
    "null as text": ("null", None, None),
    "a list": ("[1]", {"raw": "[1]"}, "arguments are a list, not an object"),
    "a number": (3, {"raw": 3}, "arguments are a int, not an object"),
    "broken": ('{"a":', {"raw": '{"a":'}, "arguments are not JSON"),
    "NaN": ('{"a": NaN}', {"a": None}, None),
    "bottomless": ("[" * 100_000, {"raw": "[" * 100_000}, "arguments are not JSON"),
    "too deep": (
        '{"a":' * 300 + "1" + "}" * 300,
        None,
        "arguments are nested deeper than 200 levels",
    ),
}


@pytest.mark.parametrize("form", ARGUMENTS)
def test_arguments_come_as_an_object_as_text_or_not_at_all(form: str) -> None:
    given, wanted, problem = ARGUMENTS[form]
    found = _call(name="n", arguments=given)
    assert found.get("arguments_problem") == problem
    assert found.get("arguments") == (wanted if form != "too deep" else {"raw": given})
