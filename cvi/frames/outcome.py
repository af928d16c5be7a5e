"""How a conversation ended, in one word."""

from __future__ import annotations

from collections.abc import Set

_FAILED = frozenset(
    {
        "bot_could_not_join_meeting_it_was_probably_ended",
        "exception_encountered_during_conversation_startup",
        "internal_error",
    }
)
OUTCOMES = ("completed", "time_limit", "never_spoke", "nobody_came", "failed", "in_progress")


def outcome_of(*, reason: str | None, roles: Set[str], ended: bool, live: bool) -> str | None:
    """One of `OUTCOMES`, or None when the data do not say (an imported transcript has no ending).

    "Nobody came" and "never spoke" are kept apart from a bad call: the first is about the room,
    the second about a user who joined and said nothing.
    """
    if reason in _FAILED:
        return "failed"
    if reason == "participant_absent_timeout":
        return "nobody_came"
    if ended and "user" not in roles:
        return "never_spoke"
    if reason == "max_call_duration":
        return "time_limit"
    if ended:
        return "completed"
    return "in_progress" if live else None
