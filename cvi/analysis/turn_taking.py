"""Who spoke over whom, and who held the floor when.

Speaking over somebody is an interruption, a backchannel ("mm-hm") or just a quick change of
turn; counting backchannels as interruptions is the classic error.
"""

from __future__ import annotations

import re
from functools import partial

import numpy as np
import pandas as pd

from cvi.analysis.batch import Batch, ratio
from cvi.analysis.metric import PARTS, metric, row_of, tenths
from cvi.analysis.rows import Lexicon
from cvi.analysis.speech import Bools, Floats, Ints, locate

GRACE_S = 0.5  # a shorter overlap is an ordinary change of turn (call-ai-metrics)
LISTENER_WORDS = 2
WINDOW_S, STEP_S = 150.0, 30.0  # ConvoKit's floor windows
SHORTEST = 4  # a short call still gets at least this many window lengths
MOST_WINDOWS = 2_000  # a broken clock must not cost gigabytes: the step grows instead
DOMINANT = 0.6
_TINY = 1e-6  # differences of running sums over a whole batch are not exact

_TOKENS = (
    "mm|mhm|mmhm|hm|hmm|mm-hm|mm-hmm|uh-huh|uh|huh|um|yeah|yep|yes|yup|ok|okay|right|sure|oh|ah"
    "|aha|wow|cool|nice|great|good|i see|got it|no way|really|true|exactly|interesting"
)
LISTENING = Lexicon(
    name="listening",
    pattern=re.compile(rf"^\W*(?:{_TOKENS})(?:\W+(?:{_TOKENS}))?\W*$"),
    triggers=frozenset(re.split(r"[|\s-]", _TOKENS)),
    reason="Listener tokens: said to show attention, not to take the floor.",
)

_untimed = "one side of the transcript has no speech times, or nobody was heard"
_taking = partial(metric, family="turn_taking", needs="ends", absent=_untimed)
_interrupts = partial(
    _taking,
    unit="times",
    better="lower",
    source="call-ai-metrics; Twilio's split by side",
)


def _overlap(batch: Batch) -> Floats:
    """Seconds each interval overlaps the one of the other side it started in; 0 without."""
    speech, host = batch.speech, batch.host
    if not len(host):
        return np.zeros(0)
    begun = (host >= 0) & (speech.start > speech.start[host])
    return np.where(begun, np.minimum(speech.end, speech.end[host]) - speech.start, 0)


def listening(batch: Batch) -> Bools:
    """Per speech interval: a backchannel. It began while the other side spoke, the other side
    spoke on, and it is at most GRACE_S long or only listener tokens (English)."""
    speech, host, overlap = batch.speech, batch.host, batch.once(_overlap)
    if not len(host):
        return np.zeros(0, np.bool_)
    spoke_on = (overlap > 0) & (speech.end < speech.end[host])
    words = np.append(batch.words, 0)[speech.row]
    tokens = np.append(batch.matches(LISTENING), False)[speech.row] & (words <= LISTENER_WORDS)
    found: Bools = spoke_on & ((overlap <= GRACE_S) | tokens)
    return found


def greeting(batch: Batch) -> Bools:
    """Per speech interval: the assistant's opening words, which nobody can interrupt (Tavus)."""
    speech = batch.speech
    first, _ = batch.bounds
    opening: Bools = ~speech.user & (speech.start == first[speech.code])
    return opening


def breaks(batch: Batch, *, by_user: bool) -> tuple[Ints, Floats]:
    """Positions of speech intervals that the other side broke into, once per break, and when (s).

    A break is an overlap of more than GRACE_S that is no backchannel. An interval that Tavus
    flags as interrupted counts too, at its end, unless a break was seen in it; the greeting never
    counts.
    """
    speech, host = batch.speech, batch.host
    mine = ~batch.once(listening) & (speech.user == by_user)
    broke = np.flatnonzero((batch.once(_overlap) > GRACE_S) & mine)
    flagged = np.flatnonzero(_flags(batch) & (speech.user != by_user))
    alone = flagged[~np.isin(flagged, host[broke])]
    found = np.concatenate([host[broke], alone])
    at = np.concatenate([speech.start[broke], speech.end[alone]])
    order = np.argsort(found, kind="stable")
    kept = order[~greeting(batch)[found[order]]]
    return found[kept], at[kept]


def interrupted(batch: Batch, *, by_user: bool) -> Ints:
    """Positions of speech intervals that the other side broke into: see `breaks`."""
    return breaks(batch, by_user=by_user)[0]


def _flags(batch: Batch) -> Bools:
    """Intervals flagged by themselves or by their transcript row."""
    said = np.append(batch.rows.interrupted, False)[batch.speech.row]
    found: Bools = batch.speech.interrupted | said
    return found


def _per_call(batch: Batch, positions: Ints) -> Floats:
    return np.where(batch.timed, batch.total(batch.speech.code[positions]), np.nan)


@_interrupts("user_interruptions", "Interruptions by the user")
def user_interruptions(batch: Batch) -> Floats:
    """Times the user began while the assistant spoke and both spoke for more than 0.5 s, or the
    assistant's speech is flagged as interrupted; backchannels and the greeting left out."""
    return _per_call(batch, interrupted(batch, by_user=True))


@_interrupts("assistant_interruptions", "Interruptions by the assistant")
def assistant_interruptions(batch: Batch) -> Floats:
    """Times the assistant began while the user spoke and both spoke for more than 0.5 s, or the
    user's speech is flagged as interrupted; backchannels left out."""
    return _per_call(batch, interrupted(batch, by_user=False))


@_taking("backchannels", "Backchannels", "times", source="call-ai-metrics; LiveKit")
def backchannels(batch: Batch) -> Floats:
    """Times one side spoke inside the other's speech without taking the floor, for at most 0.5 s
    or with at most 2 words that are all listener tokens."""
    return _per_call(batch, np.flatnonzero(batch.once(listening)))


@_taking(
    "overlap_share", "Overlap", "share", range=(0, 1), better="lower", source="call-ai-metrics"
)
def overlap_share(batch: Batch) -> Floats:
    """Seconds in which both sides spoke / seconds from the first to the last speech."""
    pieces = batch.segments
    both = pieces.user & pieces.assistant
    first, last = batch.bounds
    share = ratio(batch.total(pieces.code, pieces.length * both), last - first)
    return np.where(batch.timed, share, np.nan)


@_taking(
    "floor_dominance",
    "Windows dominated",
    "share",
    range=(0, 1),
    better="lower",
    source="ConvoKit TalkTimeSharing defaults",
)
def floor_dominance(batch: Batch) -> Floats:
    """Share of the windows with speech in which one side has more than 0.6 of it. Windows are
    2.5 min every 30 s; in calls under 10 min a quarter of the speech span every 1/20 of it."""
    code, _, share = _windows(batch)
    heard = ~np.isnan(share)
    found = batch.mean(code[heard], np.abs(share[heard] - 0.5) > DOMINANT - 0.5 + _TINY)
    return np.where(batch.timed, found, np.nan)


def floor_map(batch: Batch) -> pd.DataFrame:
    """Who held the floor in each window of `floor_dominance`, for plots.

    Columns conversation_id, start_s (s, of the window) and side (str): user, assistant, balanced,
    or missing when nobody spoke.
    """
    code, start, share = _windows(batch)
    kept = batch.timed[code]
    side = (share > DOMINANT + _TINY) * 1 + (share < 1 - DOMINANT - _TINY) * 2
    codes = np.where(np.isnan(share), -1, side)[kept]
    names = np.array(["balanced", "user", "assistant", None], np.object_)
    return pd.DataFrame(
        {
            "conversation_id": pd.Series(batch.ids[code[kept]], dtype="str"),
            "start_s": start[kept],
            "side": pd.Series(names[codes], dtype="str"),
        }
    )


def _windows(batch: Batch) -> tuple[Ints, Floats, Floats]:
    """Conversation, start and the user's share of speech (NaN: silence) of every window."""
    first, last = (np.nan_to_num(bound) for bound in batch.bounds)
    span = last - first
    width = np.minimum(WINDOW_S, span / SHORTEST)
    step = np.maximum(width * (STEP_S / WINDOW_S), (span - width) / MOST_WINDOWS)
    free = np.divide(span - width, step, out=np.full(len(batch), -1.0), where=step > 0)
    number = np.floor(free + _TINY).astype(np.int64) + 1
    code = np.repeat(np.arange(len(batch)), number)
    start = first[code] + batch.place(code) * step[code]
    spoken = [
        _spoken_until(batch, code, start + width[code], user=user)
        - _spoken_until(batch, code, start, user=user)
        for user in (True, False)
    ]
    both = spoken[0] + spoken[1]
    return code, start, ratio(spoken[0], np.where(both > _TINY, both, 0))


def _spoken_until(batch: Batch, code: Ints, at: Floats, *, user: bool) -> Floats:
    """Seconds one side had spoken by each moment."""
    mine = batch.speech.take(batch.speech.user == user)
    if not len(mine.code):
        return np.zeros(len(code))
    done = np.concatenate([[0.0], np.cumsum(mine.length)])
    place = locate(mine.code, mine.start, code, at)
    before = done[np.searchsorted(mine.code, code)]
    partly = np.minimum(at, mine.end[place]) - mine.start[place]
    return np.where(place >= 0, done[place] - before + partly, 0)


# --- figures behind the page about turn-taking --------------------------------------------------

_behind = partial(_taking, detail=True)


def _floor_by_tenth(batch: Batch) -> Floats:
    """Tenths x conversations: the user's share of the speech; NaN where nobody spoke."""
    first, last = (np.nan_to_num(bound) for bound in batch.bounds)
    code = np.repeat(np.arange(len(batch)), PARTS + 1)
    cut = np.tile(np.arange(PARTS + 1) / PARTS, len(batch))
    at = first[code] + cut * (last - first)[code]
    mine, yours = (
        np.diff(_spoken_until(batch, code, at, user=user).reshape(-1, PARTS + 1)).T
        for user in (True, False)
    )
    share = ratio(mine, np.where(mine + yours > _TINY, mine + yours, 0)).clip(0, 1)
    return np.where(batch.timed, share, np.nan)


for _at, _name in enumerate(tenths("floor")):
    _behind(
        _name,
        f"User share of speech, tenth {_at + 1}",
        "share",
        range=(0, 1),
        source="ConvoKit TalkTimeSharing, windows of a tenth",
        absent="nobody spoke in this tenth, or one side has no speech times",
        formula="Seconds the user spoke / seconds both sides spoke (overlaps count for both), in "
        f"tenth {_at + 1} of the time from the first to the last speech.",
    )(row_of(_floor_by_tenth, _at))


@_behind("user_speech_s", "User speech", "s", source="plain definition")
def user_speech_s(batch: Batch) -> Floats:
    """Seconds the user spoke."""
    return np.where(batch.timed, batch.talk(user=True), np.nan)


@_behind("assistant_speech_s", "Assistant speech", "s", source="plain definition")
def assistant_speech_s(batch: Batch) -> Floats:
    """Seconds the assistant spoke."""
    return np.where(batch.timed, batch.talk(user=False), np.nan)
