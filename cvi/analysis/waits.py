"""Counts behind the waits, so that many conversations can be taken together honestly.

A percentile of all answers cannot be had from the percentiles of conversations (averages of
averages lie). Counts under fixed limits add up: over any choice of conversations their sums,
divided by the sum of the numbers, are points of the true distribution over answers. The longest
wait of each tenth says where in a conversation users wait.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from cvi.analysis.batch import Batch
from cvi.analysis.metric import PARTS, metric, row_of, tenths
from cvi.analysis.speech import Floats, Ints
from cvi.analysis.timing import answers, plausible, reply_gaps

# Seconds. Answers: around the human gap of 0.2 s and what voice products report. Reply gaps
# contain speaking or typing, so their limits reach further.
RESPONSE_LIMITS = (0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
REPLY_LIMITS = (
    1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0, 900.0, 3600.0,
)  # fmt: skip

_behind = partial(
    metric, family="timing", detail=True, source="counts add up, averages of averages do not"
)
_response = partial(_behind, needs="ends", absent="no side has speech times")
_reply = partial(_behind, needs="starts", absent="the turns have no times")
_longest = partial(_behind, unit="s", better="lower")


def within(what: str, limit: float) -> str:
    """The metric that counts the waits under a limit (s), as responses_within_0_5."""
    return f"{what}_within_{limit:g}".replace(".", "_")


def _answered(batch: Batch) -> tuple[Ints, Ints, Floats]:
    """Conversation, tenth (of its turns) and seconds of every wait behind response_time_p50."""
    taken, wait = batch.once(answers)
    kept = plausible(wait)
    return *_placed(batch, batch.holds.code, taken[kept]), wait[kept]


def _replied(batch: Batch) -> tuple[Ints, Ints, Floats]:
    """Conversation, tenth (of its turns) and seconds of every gap behind reply_gap_p50."""
    answer, gap = batch.once(reply_gaps)
    return *_placed(batch, batch.floors.code, answer), gap


def _placed(batch: Batch, code: Ints, chosen: Ints) -> tuple[Ints, Ints]:
    number = np.bincount(code, minlength=len(batch))
    return code[chosen], batch.place(code)[chosen] * PARTS // number[code[chosen]]


def _answered_by_tenth(batch: Batch) -> Floats:
    code, part, wait = batch.once(_answered)
    return batch.largest_by_part(part, code, wait)


def _replied_by_tenth(batch: Batch) -> Floats:
    code, part, gap = batch.once(_replied)
    return batch.largest_by_part(part, code, gap)


def _answered_within(batch: Batch) -> Floats:
    code, _, wait = batch.once(_answered)
    counts = np.array([batch.total(code[wait < limit]) for limit in RESPONSE_LIMITS])
    return np.where(batch.timed, counts, np.nan)


def _replied_within(batch: Batch) -> Floats:
    code, _, gap = batch.once(_replied)
    return np.array([batch.total(code[gap < limit]) for limit in REPLY_LIMITS])


for _at, _limit in enumerate(RESPONSE_LIMITS):
    _response(
        within("responses", _limit),
        f"Answers under {_limit:g} s",
        "turns",
        formula=f"Number of the waits of response_time_p50 shorter than {_limit:g} s; there are "
        "response_time_n of them.",
    )(row_of(_answered_within, _at))


@_reply("reply_gap_n", "Replies timed", "turns")
def reply_gap_n(batch: Batch) -> Floats:
    """Number of gaps behind reply_gap_p50."""
    return batch.total(batch.once(_replied)[0])


@_reply("reply_gap_max", "Reply gap, longest", "s", absent="no reply has times")
def reply_gap_max(batch: Batch) -> Floats:
    """Longest of the gaps of reply_gap_p50; includes speaking or typing time."""
    code, _, gap = batch.once(_replied)
    return batch.largest(code, gap)


for _at, _limit in enumerate(REPLY_LIMITS):
    _reply(
        within("replies", _limit),
        f"Replies under {_limit:g} s",
        "turns",
        formula=f"Number of the gaps of reply_gap_p50 shorter than {_limit:g} s; there are "
        "reply_gap_n of them.",
    )(row_of(_replied_within, _at))

for _at, _name in enumerate(tenths("response_time_max")):
    _longest(
        _name,
        f"Response time, longest in tenth {_at + 1}",
        needs="ends",
        absent="the assistant took over nowhere in this tenth",
        formula=f"Longest wait of response_time_p50 in tenth {_at + 1} of the turns of the call.",
    )(row_of(_answered_by_tenth, _at))

for _at, _name in enumerate(tenths("reply_gap_max")):
    _longest(
        _name,
        f"Reply gap, longest in tenth {_at + 1}",
        needs="starts",
        absent="the assistant replied nowhere in this tenth",
        formula=f"Longest gap of reply_gap_p50 in tenth {_at + 1} of the turns.",
    )(row_of(_replied_by_tenth, _at))
