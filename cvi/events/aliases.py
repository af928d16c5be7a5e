"""Alias tables: every spelling seen for one thing, in the guide, the real API and old captures.

Sources: the Tavus documentation of June 2026, its changelog, and the guide this product implements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

# Spelling on the wire → canonical type. A type that is missing here keeps its own name.
TYPES: Mapping[str, str] = {
    "system.pal_joined": "system.replica_joined",
    "system.pal_present": "system.replica_present",
    "conversation.perception_analysis": "application.perception_analysis",
    "conversation.perception-analysis": "application.perception_analysis",
    "application.perception-analysis": "application.perception_analysis",
    "conversation.user.started_speaking": "conversation.started_speaking",
    "conversation.replica.started_speaking": "conversation.started_speaking",
    "conversation.pal.started_speaking": "conversation.started_speaking",
    "conversation.user.stopped_speaking": "conversation.stopped_speaking",
    "conversation.replica.stopped_speaking": "conversation.stopped_speaking",
    "conversation.pal.stopped_speaking": "conversation.stopped_speaking",
    "conversation.overwrite_context": "conversation.overwrite_llm_context",
    "conversation.append_context": "conversation.append_llm_context",
}

# The types the fold understands. Everything else is kept as a fact and counted as unknown.
KNOWN: frozenset[str] = frozenset(
    {
        "system.replica_joined",
        "system.replica_present",
        "system.shutdown",
        "application.transcription_ready",
        "application.recording_ready",
        "application.recording_copy_failed",
        "application.perception_analysis",
        "application.perception_unavailable",
        "application.post_call_action_executed",
        "application.memory_consolidation",
        "application.raven_memory_evidence",
        "conversation.utterance",
        "conversation.utterance.streaming",
        "conversation.tool_call",
        "conversation.tool_result",
        "conversation.perception_tool_call",
        "conversation.started_speaking",
        "conversation.stopped_speaking",
        "conversation.replica_interrupted",
        "conversation.objective.activated",
        "conversation.objective.pending",
        "conversation.objective.completed",
        "conversation.objective.confirm",
        "conversation.guardrail.triggered",
        "conversation.echo",
        "conversation.respond",
        "conversation.interrupt",
        "conversation.overwrite_llm_context",
        "conversation.append_llm_context",
        "conversation.sensitivity",
        "conversation.set_emotion",
        "conversation.described",
        "replica.training",
        "document.status",
    }
)

ROLES: Mapping[str, str] = {
    "user": "user",
    "human": "user",
    "participant": "user",
    "customer": "user",
    "assistant": "assistant",
    "replica": "assistant",
    "pal": "assistant",
    "agent": "assistant",
    "bot": "assistant",
    "ai": "assistant",
    "system": "system",
    "developer": "system",
    "tool": "tool",
    "function": "tool",
}

# Where the normaliser keeps what it could not read, or what a second spelling said differently.
UNREAD = "_unread"

# Canonical field → spellings, first one present wins.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "text": ("speech", "text", "content", "transcript", "message"),
    "replica_id": ("replica_id", "face_id"),
    "persona_id": ("persona_id", "pal_id"),
    "reason": ("shutdown_reason", "reason"),
    "transcript": ("transcript", "transcription", "messages"),
    "interrupted": ("interrupted", "is_interrupted"),
    "duration_s": ("duration", "duration_s"),
    "context": ("context", "new_context"),
    "analysis": ("analysis", "visual_context"),
}

SHUTDOWN_REASONS: tuple[str, ...] = (
    "max_call_duration",
    "participant_left_timeout",
    "participant_absent_timeout",
    "bot_could_not_join_meeting_it_was_probably_ended",
    "daily_room_has_been_deleted",
    "exception_encountered_during_conversation_startup",
    "end_conversation_endpoint_hit",
    "internal_error",
)


def role_of(value: object) -> str | None:
    """`user`, `assistant`, `system` or `tool`; None for a role nobody has described."""
    return ROLES.get(value.strip().lower()) if isinstance(value, str) else None


def first(mapping: Mapping[str, Any], spellings: Iterable[str]) -> Any:  # noqa: ANN401
    """The first value that is present and not None."""
    for name in spellings:
        if (value := mapping.get(name)) is not None:
            return value
    return None


def take(mapping: dict[str, Any], spellings: Iterable[str], unread: dict[str, Any]) -> Any:  # noqa: ANN401
    """`first`, and every spelling leaves the mapping; one that says something else goes to
    `unread`, so that nothing is lost."""
    value = first(mapping, spellings)
    for name in spellings:
        other = mapping.pop(name, None)
        if other is not None and other != value:
            unread[name] = other
    return value


def shutdown_reason(value: object) -> str:
    """Normalise both spellings of a reason; an unknown reason keeps its (lower-case) text."""
    text = str(value or "").strip().lower().removesuffix(" reached").strip()
    if text.startswith(("internal error", "internal_error")):
        return "internal_error"
    spelled = text.replace(" ", "_")
    return spelled if spelled in SHUTDOWN_REASONS else text or "unknown"
