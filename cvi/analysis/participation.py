"""Who took part, and how much: turns, words, shares, monologues, questions, exchange of the floor.

A turn is a stretch holding the floor: rows in a row by one side are one turn, unless the side
itself paused for more than 3 s. Word shares work for every transcript; speech shares need times.
"""

from __future__ import annotations

import re
from functools import partial

import numpy as np

from cvi.analysis.batch import Batch, ratio
from cvi.analysis.metric import metric
from cvi.analysis.rows import Lexicon
from cvi.analysis.speech import Bools, Floats

SHORT_TURN_WORDS = 2  # "yes", "no thanks": answers without content

_WH = (
    r"(?:what|who|whom|whose|which|where|when|how)"
    r"(?:'s|'re)?\s+(?:is|are|was|were|do|does|did|can|could|would|should|will|have|has|had|about"
    r"|much|many|long|often|far|soon|old|big|come|kind|sort|type|time|else|to)\b"
)
_WHS = r"(?:what|who|where|when|how)(?:'s|'re)\b|why\b|how come\b|(?:what|who|where|when|how)\W*$"
_WHICH = (  # "which city are you in", "at what time would that be"; not "what I want is"
    r"(?:(?:at|in|on|for|from|to|and)\s+)?(?:which|what|whose|how)\s+"
    r"(?!(?:i|we|you|he|she|they|it|this|that|a|an|the)\b)(?:[\w'-]+\s+){1,2}?"
    r"(?:is|are|was|were|do|does|did|can|could|would|should|will|have|has)\b"
    r"|at what time\b|any(?:thing)? (?:other|else)\b"
)
_AUX = (
    r"(?:do|does|did|can|could|would|should|will|are|is|was|were|have|has|may|shall|am"
    r"|don't|doesn't|didn't|can't|isn't|aren't|won't|wouldn't|couldn't)"
    r"\s+(?:you|i|we|they|he|she|it|this|that|there|these|those|the|your|my|anyone|anybody)\b"
)
_FILLERS = r"(?:(?:so|and|but|okay|ok|well|um|uh|hey|hi|yeah|yes|no|oh|right|sorry)\b[\s,.]*)*"

QUESTIONS = Lexicon(
    name="question",
    pattern=re.compile(rf"^\W*{_FILLERS}(?:{_WH}|{_WHS}|{_WHICH}|{_AUX})|\?"),
    triggers=frozenset(),
    reason=(
        "Speech recognition often leaves the question mark out, so a turn that opens like a "
        "question counts too; a bare opener ('when I was young') does not."
    ),
)

_always = "it is never missing once there is a transcript"
_words = partial(metric, family="participation", source="Word counts; call-ai-metrics turn rule")
_silent = "one side of the transcript has no speech times, or nobody was heard"
_talk = partial(metric, family="participation", needs="ends", absent=_silent)


def turns_of(batch: Batch, *, user: bool) -> Floats:
    """Turns of one side."""
    floors = batch.floors
    return batch.total(floors.code[floors.user == user])


def words_of(batch: Batch, *, user: bool) -> Floats:
    """Words of one side."""
    floors = batch.floors
    side = floors.user == user
    return batch.total(floors.code[side], floors.words[side])


def rate(batch: Batch, hits: Bools, *, user: bool) -> Floats:
    """Turns of one side with a hit (per row) in any row, per 100 turns of that side."""
    floors = batch.floors
    hit = batch.floors_with(hits) & (floors.user == user)
    return 100 * ratio(batch.total(floors.code[hit]), turns_of(batch, user=user))


def short_share(batch: Batch) -> Floats:
    """Share of the user's turns that have at most SHORT_TURN_WORDS words."""
    floors = batch.floors
    short = floors.words[floors.user] <= SHORT_TURN_WORDS
    return batch.mean(floors.code[floors.user], short)


def _longest(batch: Batch, *, user: bool) -> Floats:
    floors = batch.floors
    side = floors.user == user
    return batch.largest(floors.code[side], floors.words[side])


def _monologue(batch: Batch, *, user: bool) -> Floats:
    holds = batch.holds
    side = holds.user == user
    return batch.largest(holds.code[side], (holds.end - holds.start)[side])


def _switches(batch: Batch) -> Floats:
    floors = batch.floors
    taken = (floors.code[1:] == floors.code[:-1]) & (floors.user[1:] != floors.user[:-1])
    return batch.total(floors.code[1:][taken])


@_words("turns", "Turns", "turns", absent=_always)
def turns(batch: Batch) -> Floats:
    """Turns of both sides; rows in a row by one side, with own pauses up to 3 s, are one turn."""
    return batch.total(batch.floors.code)


@_words("user_turns", "User turns", "turns", absent=_always)
def user_turns(batch: Batch) -> Floats:
    """Turns of the user."""
    return turns_of(batch, user=True)


@_words("assistant_turns", "Assistant turns", "turns", absent=_always)
def assistant_turns(batch: Batch) -> Floats:
    """Turns of the assistant."""
    return turns_of(batch, user=False)


@_words("user_words", "User words", "words", absent=_always)
def user_words(batch: Batch) -> Floats:
    """Words in the user's turns; a Chinese or Japanese character counts as a word."""
    return words_of(batch, user=True)


@_words("assistant_words", "Assistant words", "words", absent=_always)
def assistant_words(batch: Batch) -> Floats:
    """Words in the assistant's turns; a Chinese or Japanese character counts as a word."""
    return words_of(batch, user=False)


@_words("words_per_user_turn", "Words per user turn", "words", absent="the user has no turn")
def words_per_user_turn(batch: Batch) -> Floats:
    """user_words / user_turns."""
    return ratio(words_of(batch, user=True), turns_of(batch, user=True))


@_words(
    "words_per_assistant_turn",
    "Words per assistant turn",
    "words",
    absent="the assistant has no turn",
)
def words_per_assistant_turn(batch: Batch) -> Floats:
    """assistant_words / assistant_turns."""
    return ratio(words_of(batch, user=False), turns_of(batch, user=False))


@_words(
    "short_user_turn_share",
    "Short user turns",
    "share",
    range=(0, 1),
    better="lower",
    absent="the user has no turn",
)
def short_user_turn_share(batch: Batch) -> Floats:
    """User turns of at most 2 words / user turns."""
    return short_share(batch)


@_words("user_word_share", "User share of words", "share", range=(0, 1), absent="no word was said")
def user_word_share(batch: Batch) -> Floats:
    """user_words / (user_words + assistant_words): the text proxy of the talk share."""
    mine = words_of(batch, user=True)
    return ratio(mine, mine + words_of(batch, user=False))


@_talk(
    "user_talk_share",
    "User share of speech",
    "share",
    range=(0, 1),
    source="Gong talk:listen",
)
def user_talk_share(batch: Batch) -> Floats:
    """Seconds the user spoke / (user + assistant seconds); silence excluded, sides unioned."""
    mine, yours = batch.talk(user=True), batch.talk(user=False)
    return np.where(batch.timed, ratio(mine, mine + yours), np.nan)


@_talk(
    "user_talk_share_of_call",
    "User speech in the call",
    "share",
    range=(0, 1),
    source="Amazon Contact Lens talk time",
    absent="speech times are incomplete, or longer than the conversation, whose length may miss",
)
def user_talk_share_of_call(batch: Batch) -> Floats:
    """Seconds the user spoke / length of the whole conversation, silence included."""
    share = ratio(batch.talk(user=True), batch.number("duration_s"))
    return np.where(batch.timed & (share <= 1), share, np.nan)


@_talk(
    "imbalance",
    "Imbalance",
    "share",
    range=(0.5, 1),
    better="lower",
    source="ConvoKit TalkTimeSharing (no turn dropped)",
)
def imbalance(batch: Batch) -> Floats:
    """Larger of the two shares of speech seconds: 0.5 is even, 1 is a monologue."""
    share = user_talk_share(batch)
    return np.maximum(share, 1 - share)


@_words("turn_entropy", "Turn-taking balance", "share", range=(0, 1), absent="no word was said")
def turn_entropy(batch: Batch) -> Floats:
    """-(p log2 p + q log2 q) of the sides' word shares p and q: 1 is even, 0 is one side only."""
    share = user_word_share(batch)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [np.where(p > 0, -p * np.log2(p), 0 * p) for p in (share, 1 - share)]
    return parts[0] + parts[1]


@_words("longest_user_turn_words", "Longest user turn", "words", absent="the user has no turn")
def longest_user_turn_words(batch: Batch) -> Floats:
    """Largest number of words in one turn of the user."""
    return _longest(batch, user=True)


@_words(
    "longest_assistant_turn_words",
    "Longest assistant turn",
    "words",
    absent="the assistant has no turn",
)
def longest_assistant_turn_words(batch: Batch) -> Floats:
    """Largest number of words in one turn of the assistant."""
    return _longest(batch, user=False)


@_talk("longest_assistant_monologue_s", "Longest assistant monologue", "s", source="Gong")
def longest_assistant_monologue_s(batch: Batch) -> Floats:
    """Longest stretch the assistant held the floor, own pauses up to 3 s included."""
    return np.where(batch.timed, _monologue(batch, user=False), np.nan)


@_talk("longest_user_monologue_s", "Longest user monologue", "s", source="Gong")
def longest_user_monologue_s(batch: Batch) -> Floats:
    """Longest stretch the user held the floor, own pauses up to 3 s included."""
    return np.where(batch.timed, _monologue(batch, user=True), np.nan)


_asks = partial(
    metric,
    unit="per 100 turns",
    family="participation",
    range=(0, 100),
    source="Gong question rate",
    english=True,
)


@_asks("user_question_rate", "User questions", absent="the user has no turn")
def user_question_rate(batch: Batch) -> Floats:
    """User turns with a question mark or an interrogative opening, per 100 user turns."""
    return rate(batch, batch.matches(QUESTIONS), user=True)


@_asks("assistant_question_rate", "Assistant questions", absent="the assistant has no turn")
def assistant_question_rate(batch: Batch) -> Floats:
    """Assistant turns with a question mark or an interrogative opening, per 100 of its turns."""
    return rate(batch, batch.matches(QUESTIONS), user=False)


@_words(
    "interactivity",
    "Interactivity",
    "per min",
    needs="starts",
    absent="the length of the conversation is not known",
)
def interactivity(batch: Batch) -> Floats:
    """Times the floor changed sides between turns / length of the conversation in minutes."""
    return ratio(_switches(batch), batch.number("duration_s") / 60)


@_words("switches_per_100_words", "Floor switches", "per 100 words", absent="no word was said")
def switches_per_100_words(batch: Batch) -> Floats:
    """100 x times the floor changed sides / words of both sides: interactivity without times."""
    return 100 * ratio(_switches(batch), batch.total(batch.floors.code, batch.floors.words))
