"""How long things took: the call, answers, thinking, silence, speaking rates.

Answers are measured between speech intervals where ends of speech are known; message starts
alone only give reply gaps, which contain the speaking or typing itself.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from cvi.analysis.batch import CLOCKS, PAUSE_S, Batch, ratio
from cvi.analysis.metric import metric
from cvi.analysis.speech import Floats, Ints

LONGEST_ANSWER_S = 30.0  # longer waits were stalls or clock errors (livekit/agents#6093: > 200 s)

_PRODUCT = "plain definition"
_RETELL = "Retell (user stops to agent begins), LiveKit e2e latency"
_unanswered = "no user turn was followed by an assistant turn within 30 s"
_answers = partial(metric, family="timing", needs="ends", better="lower", source=_RETELL)
_timed = partial(metric, family="timing", source=_PRODUCT)


def answers(batch: Batch) -> tuple[Ints, Floats]:
    """Positions in `batch.holds` where the assistant took over, and the wait in seconds.

    Negative when it began before the user had stopped.
    """
    holds = batch.holds
    taken = holds.handovers(to_user=False)
    return taken, holds.start[taken] - holds.end[taken - 1]


def plausible(wait: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Waits that count: neither negative nor longer than LONGEST_ANSWER_S."""
    return (wait >= 0) & (wait <= LONGEST_ANSWER_S)


def silences(batch: Batch) -> tuple[Ints, Floats, Floats]:
    """Conversation, start and length of each gap of more than PAUSE_S in which nobody spoke."""
    pieces = batch.segments
    gap = ~pieces.user & ~pieces.assistant & (pieces.length > PAUSE_S)
    return pieces.code[gap], pieces.start[gap], pieces.length[gap]


def _answer_percentile(batch: Batch, share: float) -> Floats:
    taken, wait = batch.once(answers)
    kept = plausible(wait)
    return batch.percentile(batch.holds.code[taken][kept], wait[kept], share)


def reply_gaps(batch: Batch) -> tuple[Ints, Floats]:
    """Positions in `batch.floors` where the assistant answered, and the seconds from the user's
    last row to the first row of the answer; negative gaps are left out."""
    floors, start = batch.floors, batch.rows.start
    answer = np.arange(1, len(floors.code))
    same = floors.code[answer] == floors.code[answer - 1]
    answer = answer[same & floors.user[answer - 1] & ~floors.user[answer]]
    gap = start[floors.first[answer]] - start[floors.last[answer - 1]]
    return answer[gap >= 0], gap[gap >= 0]


def _gap_percentile(batch: Batch, share: float) -> Floats:
    answer, gap = batch.once(reply_gaps)
    return batch.percentile(batch.floors.code[answer], gap, share)


def _speaking_rate(batch: Batch, *, user: bool) -> Floats:
    """Words per minute of own speech; where only turns have ends, of the turns that have one."""
    rows = batch.rows
    heard = (batch.clock[rows.code] == CLOCKS["speaking"]) | (rows.length > 0)
    side = heard & (rows.user == user)
    minutes = np.where(batch.timed, batch.talk(user=user) / 60, np.nan)
    return ratio(batch.total(rows.code[side], batch.words[side]), minutes)


@_timed("duration_s", "Duration", "s", needs="outcome", absent="the start or end is not known")
def duration_s(batch: Batch) -> Floats:
    """Length of the conversation in seconds, from its start to its end."""
    return batch.number("duration_s")


@_answers("response_time_p50", "Response time, median", "s", absent=_unanswered)
def response_time_p50(batch: Batch) -> Floats:
    """Median of (assistant start - user stop) over the turns where the assistant took over;
    negative and > 30 s waits are left out."""
    return _answer_percentile(batch, 0.5)


@_answers("response_time_p90", "Response time, p90", "s", absent=_unanswered)
def response_time_p90(batch: Batch) -> Floats:
    """90th percentile (linear) of the waits of response_time_p50."""
    return _answer_percentile(batch, 0.9)


@_answers("response_time_p95", "Response time, p95", "s", absent=_unanswered)
def response_time_p95(batch: Batch) -> Floats:
    """95th percentile (linear) of the waits of response_time_p50."""
    return _answer_percentile(batch, 0.95)


@_answers("response_time_max", "Response time, longest", "s", absent=_unanswered)
def response_time_max(batch: Batch) -> Floats:
    """Longest of the waits of response_time_p50."""
    return _answer_percentile(batch, 1.0)


_nothing = "no side has speech times"


@_timed("response_time_n", "Answers timed", "turns", needs="ends", absent=_nothing)
def response_time_n(batch: Batch) -> Floats:
    """Number of waits behind response_time_p50."""
    taken, wait = batch.once(answers)
    found = batch.total(batch.holds.code[taken][plausible(wait)])
    return np.where(batch.timed, found, np.nan)


@_timed(
    "response_time_dropped",
    "Answers left out",
    "turns",
    needs="ends",
    better="lower",
    absent=_nothing,
)
def response_time_dropped(batch: Batch) -> Floats:
    """Waits left out of response_time_p50 because they are negative or longer than 30 s."""
    taken, wait = batch.once(answers)
    found = batch.total(batch.holds.code[taken][~plausible(wait)])
    return np.where(batch.timed, found, np.nan)


_gaps = partial(
    _timed, unit="s", needs="starts", absent="no user turn was followed by an assistant turn"
)


@_gaps("reply_gap_p50", "Reply gap, median")
def reply_gap_p50(batch: Batch) -> Floats:
    """Median of (start of the assistant's turn - start of the user's last row before it); this
    includes the time the user spoke or typed, so it is not a latency."""
    return _gap_percentile(batch, 0.5)


@_gaps("reply_gap_p95", "Reply gap, p95")
def reply_gap_p95(batch: Batch) -> Floats:
    """95th percentile (linear) of the gaps of reply_gap_p50; includes speaking or typing time."""
    return _gap_percentile(batch, 0.95)


@_timed(
    "user_think_time_p50",
    "User think time, median",
    "s",
    needs="ends",
    source="Inverse of Gong's patience",
    absent="the user never took over after the assistant had stopped",
)
def user_think_time_p50(batch: Batch) -> Floats:
    """Median of (user start - assistant stop) where the user took over; negative ones left out."""
    holds = batch.holds
    taken = holds.handovers(to_user=True)
    wait = holds.start[taken] - holds.end[taken - 1]
    return batch.percentile(holds.code[taken][wait >= 0], wait[wait >= 0], 0.5)


_quiet = partial(
    _timed, needs="ends", source="Amazon Contact Lens non-talk time (> 3 s)", absent=_nothing
)


@_quiet("silence_s", "Silence", "s", better="lower")
def silence_s(batch: Batch) -> Floats:
    """Sum of the gaps of more than 3 s between the first and the last speech."""
    code, _, length = silences(batch)
    return np.where(batch.timed, batch.total(code, length), np.nan)


@_quiet("silence_share", "Silence share", "share", range=(0, 1), better="lower")
def silence_share(batch: Batch) -> Floats:
    """silence_s / seconds from the first to the last speech."""
    first, last = batch.bounds
    return ratio(silence_s(batch), last - first)


@_quiet("silences", "Silences", "times", better="lower")
def silence_count(batch: Batch) -> Floats:
    """Number of gaps of more than 3 s between the first and the last speech."""
    code, _, _ = silences(batch)
    return np.where(batch.timed, batch.total(code), np.nan)


@_quiet("longest_silence_s", "Longest silence", "s", better="lower")
def longest_silence_s(batch: Batch) -> Floats:
    """Longest gap of more than 3 s between the first and the last speech; 0 without one."""
    code, _, length = silences(batch)
    longest = np.nan_to_num(batch.largest(code, length))
    return np.where(batch.timed, longest, np.nan)


_rates = partial(_timed, unit="words per min", needs="ends", source="call-ai-metrics")


@_rates("user_speaking_rate", "User speaking rate", absent="the user has no speech times")
def user_speaking_rate(batch: Batch) -> Floats:
    """User words / minutes of user speech; Chinese and Japanese characters count as words."""
    return _speaking_rate(batch, user=True)


@_rates("assistant_speaking_rate", "Assistant speaking rate", absent="it has no speech times")
def assistant_speaking_rate(batch: Batch) -> Floats:
    """Assistant words / minutes of its speech; Chinese and Japanese characters count as words."""
    return _speaking_rate(batch, user=False)


@_timed(
    "time_to_first_user_word",
    "Time to first user word",
    "s",
    needs="starts",
    absent="the user said nothing, or before the conversation's start",
)
def time_to_first_user_word(batch: Batch) -> Floats:
    """Seconds from the start of the conversation to the user's first row or speech."""
    rows, speech = batch.rows, batch.speech
    known = rows.user & ~np.isnan(rows.start)
    code = np.concatenate([rows.code[known], speech.code[speech.user]])
    start = np.concatenate([rows.start[known], speech.start[speech.user]])
    first = -batch.largest(code, -start)
    return np.where(first >= 0, first, np.nan)


@_timed(
    "clock_anomalies",
    "Clock anomalies",
    "rows",
    needs="outcome",
    better="lower",
    absent="the import did not check the clock",
)
def clock_anomalies(batch: Batch) -> Floats:
    """Rows or events whose times contradict each other, as counted while folding."""
    return batch.number("clock_anomalies")
