"""How a conversation ended, in one word."""

from __future__ import annotations

_FAILED = frozenset(
    {
        "bot_could_not_join_meeting_it_was_probably_ended",
        "exception_encountered_during_conversation_startup",
        "internal_error",
    }
)
OUTCOMES = ("completed", "time_limit", "never_spoke", "nobody_came", "failed", "in_progress")


def outcome_of(*, reason: str | None, ended: bool, silent: bool, live: bool) -> str | None:
    """One of `OUTCOMES`, or None when the data do not say (an imported transcript has no ending).

    "Nobody came" and "never spoke" are kept apart from a bad call: the first is about the room,
    the second about a user who joined and said nothing. `silent` says that somebody would have
    heard the user: before the transcript arrives, a call that nobody relayed is not silent.
    """
    if reason in _FAILED:
        return "failed"
    if reason == "participant_absent_timeout":
        return "nobody_came"
    if ended and silent:
        return "never_spoke"
    if reason == "max_call_duration":
        return "time_limit"
    if ended:
        return "completed"
    return "in_progress" if live else None
