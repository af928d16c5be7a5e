"""Replicas that stall: how long one kept silent while it was its turn, and what counts as too long.

A call may hang in three ways: the replica falls silent while the user goes on, it joins and never
says a word, or events stop coming while the conversation still counts as running.
"""

from __future__ import annotations

import numpy as np

from cvi.analysis.batch import Batch
from cvi.analysis.metric import metric
from cvi.analysis.speech import Floats, changes

STALL_S = 30.0  # as for answers: a longer wait is no thinking time (livekit/agents#2826, #6093)
# Tavus closes a room after an hour unless told otherwise, and a call nobody relays is silent
# between its joining and its end; only after that is a quiet conversation a lost one.
LONGEST_CALL_S = 3600.0
GRACE_S = 300.0

KINDS = {
    "silent": f"The replica kept silent for more than {STALL_S:.0f} s after the user had stopped",
    "mute": "The replica joined and never said anything, although somebody listened",
    "quiet": "Still counted as running, but nothing has arrived since it must have ended",
}


@metric(
    "longest_stall_s",
    "Longest stall",
    "s",
    family="timing",
    needs="ends",
    better="lower",
    source="own definition: the replica is silent while events flow",
    absent="no side has speech times",
)
def longest_stall_s(batch: Batch) -> Floats:
    """Longest time in which the user had stopped and the assistant did not begin: the pauses after
    the user's stretches of speech, added up until the assistant speaks. What follows the last
    speech of the conversation is left out: the user may have gone."""
    holds = batch.holds
    if not len(holds.code):
        return np.where(batch.timed, 0.0, np.nan)
    run = np.cumsum(changes(holds.code, holds.user)) - 1
    follows = ~changes(holds.code)[1:]
    pause = np.zeros(len(holds.code))
    pause[:-1] = np.where(follows, np.maximum(holds.start[1:] - holds.end[:-1], 0.0), 0.0)
    waited = np.bincount(run, np.where(holds.user, pause, 0.0))
    first = np.flatnonzero(np.diff(run, prepend=-1))
    longest = batch.largest(holds.code[first], waited)
    return np.where(batch.timed, np.nan_to_num(longest), np.nan)
