"""Every payload file, ours and the reference's, becomes the event that it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cvi.events import parse_body, parse_payload
from cvi.events.aliases import KNOWN, SHUTDOWN_REASONS
from cvi.events.parse import canonical_type
from cvi.frames import fold
from cvi.frames.schema import SCHEMA
from tests.events.build import PAYLOADS, shared, stored

JOINED, SHUTDOWN = "system.replica_joined", "system.shutdown"
TRANSCRIPT = "application.transcription_ready"
SEEN = "application.perception_analysis"
STARTED, STOPPED = "conversation.started_speaking", "conversation.stopped_speaking"
SAID, CALL = "conversation.utterance", "conversation.tool_call"
ASKED = "Which of the two pilots should we drop?"
TOLD = "Drop the one without a budget owner."
BOOK = {"name": "book_review", "arguments": {"week": 44}}
PILOT = {"objective_name": "pick_pilot", "output_variables": {"pilot": "north"}}

EXPECTED: dict[str, tuple[str, dict[str, Any]]] = {
    "webhook/joined.guide": (JOINED, {"replica_id": "rq40"}),
    "webhook/joined.real": (JOINED, {"replica_id": "rq40"}),
    "webhook/joined.pal-era": (JOINED, {"replica_id": "rq40"}),
    "webhook/pal_joined.real": (JOINED, {"replica_id": "rq40"}),
    "webhook/shutdown.guide": (SHUTDOWN, {"reason": "max_call_duration"}),
    "webhook/shutdown.real": (SHUTDOWN, {"reason": "max_call_duration", "replica_id": "rq40"}),
    "webhook/shutdown.internal": (
        SHUTDOWN,
        {"reason": "internal_error", "detail": "internal error occurred at step 7"},
    ),
    "webhook/transcript.guide": (TRANSCRIPT, {"replica_id": "rq40"}),
    "webhook/transcript.real": (TRANSCRIPT, {"replica_id": "rq40"}),
    "webhook/transcript.legacy": (TRANSCRIPT, {"replica_id": "rq40"}),
    "webhook/transcript.iso": (TRANSCRIPT, {"replica_id": "rq40"}),
    "webhook/transcript.tools": (TRANSCRIPT, {}),
    "webhook/recording.legacy": (
        "application.recording_ready",
        {"storage_uri": "s3://odile-rec/k8/1.mp4", "storage_provider": "s3", "duration_s": 598.0},
    ),
    "webhook/recording.real": (
        "application.recording_ready",
        {"storage_uri": "s3://odile-rec/k8/1.mp4", "storage_provider": "s3", "duration_s": 598.0},
    ),
    "webhook/recording_failed.real": (
        "application.recording_copy_failed",
        {"error_code": "NO_SUCH_CONTAINER", "storage_provider": "azure_blob"},
    ),
    "webhook/perception.real": (SEEN, {"analysis": "One person, whiteboard behind them."}),
    "webhook/perception.guide": (SEEN, {"analysis": "One person, whiteboard behind them."}),
    "webhook/perception_unavailable.real": (
        "application.perception_unavailable",
        {"reason": "no_vision_history"},
    ),
    "webhook/post_call.real": (
        "application.post_call_action_executed",
        {"tool_name": "mail_notes", "request": {"body": {"to": "odile"}}},
    ),
    "webhook/memory.real": ("application.memory_consolidation", {}),
    "webhook/raven_memory.real": (
        "application.raven_memory_evidence",
        {"analysis": "whiteboard"},
    ),
    "webhook/utterance.guide": (SAID, {"role": "user", "text": ASKED}),
    "webhook/tool_call.guide": (CALL, BOOK),
    "webhook/user_started.guide": (STARTED, {"role": "user"}),
    "webhook/perception_tool_call.guide": (
        "conversation.perception_tool_call",
        {"visual_context": "A hand-drawn chart is held up", "detected_objects": ["chart"]},
    ),
    "webhook/guardrail_callback.real": (
        "conversation.guardrail.triggered",
        {"guardrail": "no_tax_advice", "guardrail_uuid": "gq11"},
    ),
    "webhook/objective_callback.real": ("conversation.objective.completed", PILOT),
    "webhook/training.ready": ("replica.training", {"replica_id": "rq40", "status": "ready"}),
    "webhook/training.error": ("replica.training", {"replica_id": "rq40", "status": "error"}),
    "webhook/document.flat": ("document.status", {"document_id": "dq5", "status": "processing"}),
    "webhook/document.nested": ("document.status", {"document_id": "dq5", "status": "ready"}),
    "room/utterance.user": (
        SAID,
        {"role": "user", "text": ASKED, "user_audio_analysis": "Brisk."},
    ),
    "room/utterance.replica": (SAID, {"role": "assistant", "text": TOLD}),
    "room/utterance.pal": (SAID, {"role": "assistant", "text": TOLD}),
    "room/utterance.legacy": (SAID, {"role": "user", "text": ASKED, "visual_context": "at a desk"}),
    "room/streaming.real": (
        "conversation.utterance.streaming",
        {"role": "assistant", "text": "Drop the", "final": False, "content_index": 2},
    ),
    "room/streaming.interrupted": (
        "conversation.utterance.streaming",
        {"role": "assistant", "text": "Drop the one", "final": True, "interrupted": True},
    ),
    "room/tool_call.real": (CALL, BOOK),
    "room/tool_call.registry": (CALL, {**BOOK, "tool_call_id": "call_m3"}),
    "room/tool_call.object": (CALL, {**BOOK, "tool_call_id": "call_m3"}),
    "room/perception_tool_call.vision": (
        "conversation.perception_tool_call",
        {"name": "chart_shown", "modality": "vision", "arguments": {"kind": "bar"}, "frames": 2},
    ),
    "room/perception_tool_call.audio": (
        "conversation.perception_tool_call",
        {"name": "sigh_heard", "modality": "audio", "arguments": {"strength": 2}},
    ),
    "room/perception.real": (SEEN, {"analysis": "One person, whiteboard behind them."}),
    "room/perception.hyphen": (SEEN, {"analysis": "One person, whiteboard behind them."}),
    "room/user_started.real": (STARTED, {"role": "user"}),
    "room/user_stopped.real": (STOPPED, {"role": "user", "duration_s": 3.5}),
    "room/replica_started.real": (STARTED, {"role": "assistant"}),
    "room/replica_stopped.real": (
        STOPPED,
        {"role": "assistant", "duration_s": 2.75, "interrupted": True},
    ),
    "room/started.user": (STARTED, {"role": "user"}),
    "room/stopped.user": (STOPPED, {"role": "user", "duration_s": 3.5, "interrupted": False}),
    "room/started.replica": (STARTED, {"role": "assistant"}),
    "room/stopped.replica": (
        STOPPED,
        {"role": "assistant", "duration_s": 2.75, "interrupted": True},
    ),
    "room/stopped.no-duration": (STOPPED, {"role": "assistant", "interrupted": False}),
    "room/interrupted.removed": (
        "conversation.replica_interrupted",
        {"role": "assistant", "interrupted": True},
    ),
    "room/objective_activated.real": (
        "conversation.objective.activated",
        {"objective_name": "pick_pilot"},
    ),
    "room/objective_pending.real": ("conversation.objective.pending", PILOT),
    "room/objective_completed.real": ("conversation.objective.completed", PILOT),
    "room/guardrail.real": (
        "conversation.guardrail.triggered",
        {"guardrail": "no_tax_advice", "reason": "asked for a filing"},
    ),
    "room/joined.real": (JOINED, {"replica_id": "rq40"}),
    "room/present.real": ("system.replica_present", {"attempt": 3}),
    "room/present.pal": ("system.replica_present", {"attempt": 4}),
    "room/shutdown.real": (SHUTDOWN, {"reason": "unknown"}),
    "control/echo.guide": (
        "conversation.echo",
        {"modality": "text", "text": "You said: north", "done": True},
    ),
    "control/echo.text": (
        "conversation.echo",
        {"modality": "text", "text": "You said: north", "done": True},
    ),
    "control/echo.audio": (
        "conversation.echo",
        {"modality": "audio", "audio": 12, "sample_rate": 16000, "done": False},
    ),
    "control/respond.guide": ("conversation.respond", {"text": "What about the south?"}),
    "control/respond.real": ("conversation.respond", {"text": "What about the south?"}),
    "control/interrupt.guide": ("conversation.interrupt", {"reason": "off_topic"}),
    "control/interrupt.real": ("conversation.interrupt", {}),
    "control/sensitivity.guide": (
        "conversation.sensitivity",
        {"action": "block", "reason": "off_topic"},
    ),
    "control/sensitivity.real": (
        "conversation.sensitivity",
        {"participant_pause_sensitivity": "high", "participant_interrupt_sensitivity": "low"},
    ),
    "control/overwrite.guide": (
        "conversation.overwrite_llm_context",
        {"context": "The pilot is chosen."},
    ),
    "control/overwrite.real": (
        "conversation.overwrite_llm_context",
        {"context": "The pilot is chosen."},
    ),
    "control/append.real": ("conversation.append_llm_context", {"context": "Slide 9 is up."}),
    "control/tool_result.real": (
        "conversation.tool_result",
        {"tool_call_id": "call_m3", "output": {"booked": True}, "status": "success"},
    ),
    "control/confirm.real": ("conversation.objective.confirm", {"objective_name": "pick_pilot"}),
    "control/emotion.real": ("conversation.set_emotion", {"emotion": "calm"}),
    "tool_api/call.real": (CALL, {**BOOK, "tool_call_id": "call_m3"}),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_payload_has_its_canonical_type_and_properties(name: str) -> None:
    kind, wanted = EXPECTED[name]
    event = parse_payload(stored(name))
    assert event.type == kind
    assert event.type in KNOWN
    assert {key: event.properties.get(key) for key in wanted} == wanted
    assert "_unread" not in event.properties


def test_every_payload_file_has_its_row_in_the_table() -> None:
    files = {f"{path.parent.name}/{path.stem}" for path in PAYLOADS.rglob("*.json")}
    assert files == set(EXPECTED)


ROWS = {
    "guide": ("2026-10-26T07:33:40+00:00", None, None),
    "real": ("2026-10-26T07:33:40+00:00", 18.0, 3.5),
    "legacy": (None, None, None),
    "iso": ("2026-10-26T07:33:40.000001+00:00", None, None),
}


@pytest.mark.parametrize("shape", ROWS)
def test_transcript_rows_have_one_form_in_every_shape(shape: str) -> None:
    rows = parse_payload(stored(f"webhook/transcript.{shape}")).properties["transcript"]
    user = next(row for row in rows if row["role"] == "user")
    assert user["text"] == ASKED
    found = (user.get("at"), user.get("seconds_from_start"), user.get("duration_s"))
    assert found == ROWS[shape]


FOLDER = shared()
SHARED = sorted(FOLDER.glob("*/*.json")) if FOLDER else []
KINDS = ("webhook", "app_in", "app_out", "tool_api")
_none = "the folder of reference payloads is not here (CVI_SHARED_DIR)"


def _body(path: Path) -> bytes:
    given = json.loads(path.read_text())
    return given["raw_body"].encode() if path.parent.name == "tool_api" else path.read_bytes()


@pytest.mark.skipif(FOLDER is None, reason=_none)
def test_every_reference_payload_is_understood() -> None:
    files = [path for path in SHARED if path.parent.name in KINDS]
    assert len(files) > 60
    for path in files:
        event = parse_body(_body(path))
        assert event.type in KNOWN, path.name
        assert "_unread" not in event.properties, path.name
        assert event.properties or "interrupt" in path.name or "memory" in path.name, path.name
        if event.type == SHUTDOWN:
            assert event.properties["reason"] in SHUTDOWN_REASONS, path.name


@pytest.mark.skipif(FOLDER is None, reason=_none)
def test_the_reference_index_names_the_types_that_parsing_finds() -> None:
    assert FOLDER is not None
    for entry in json.loads((FOLDER / "INDEX.json").read_text()):
        path = FOLDER / entry["file"]
        if path.parent.name not in ("webhook", "app_in", "app_out"):
            continue
        raw = json.loads(path.read_text())
        if "event_type" in raw and "(" not in entry["event_type"]:
            assert parse_payload(raw).type == canonical_type(entry["event_type"]), path.name


@pytest.mark.skipif(FOLDER is None, reason=_none)
def test_all_reference_payloads_fold_together() -> None:
    files = [path for path in SHARED if path.parent.name in KINDS]
    frames = fold(parse_body(_body(path)) for path in files)
    assert len(frames.conversations) == 1
    assert frames.conversations.loc[0, "unknown_events"] == 0
    assert set(frames.signals["kind"]) >= {"guardrail", "objective_completed", "control_echo"}
    assert {name: len(getattr(frames, name)) for name in SCHEMA}["turns"] == 2
