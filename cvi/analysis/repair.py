"""Trouble and its mending in the words: repairs, apologies, failures, repetition, thanks. English.

Every lexicon is data: its pattern reads lower-case text with straight apostrophes, its triggers
are the words without which the pattern cannot match, its reason says what it is for.
"""

from __future__ import annotations

import re
from functools import partial

import numpy as np

from cvi.analysis.batch import Batch, ratio
from cvi.analysis.metric import metric
from cvi.analysis.participation import rate
from cvi.analysis.rows import Lexicon
from cvi.analysis.speech import Bools, Floats, Ints, changes

LOOK_BACK = 20  # turns of one side; long calls would cost minutes without a limit
SAME_WORDS = 0.9  # Jaccard of word sets


def _lexicon(name: str, pattern: str, triggers: str, reason: str) -> Lexicon:
    return Lexicon(name, re.compile(pattern), frozenset(triggers.split()), reason)


REPAIR = _lexicon(
    "repair",
    r"^\W*(?:um|uh|oh|ok|okay|wait)?\W*(?:(?:i'm )?sorry|what|what now|huh|hm|hmm|pardon(?: me)?"
    r"|excuse me|come again|say what|you what|who|which one)\W*$"
    r"|^\W*(?:i'm )?(?:sorry|pardon)\W+(?:what|who|when|where|which|can you|could you|did you"
    r"|pardon|huh|i (?:didn't|couldn't|don't))\b"
    r"|\b(?:do|did|does|what do|what did|what does) (?:you|that|it|this) mean\b"
    r"|\b(?:repeat that|repeat the|repeat it|please repeat|you repeat|say that again|say it again"
    r"|one more time|come again|rephrase|clarify)\b"
    r"|\b(?:didn't|did not|couldn't|could not|can't|cannot|don't|do not) (?:quite |really )?"
    r"(?:catch|hear|get|understand|follow)\b(?: (?:you|that|it|what|your)\b|\W*$)"
    r"|\bnot what i (?:meant|said|asked|mean|wanted)\b|\b(?:i meant|i said|i mean to say) "
    r"|\bmisunderst(?:ood|and)|\bwhat was that\b|\byou mean\b.*\?",
    "sorry what huh hm hmm pardon excuse again who which mean repeat say more rephrase clarify "
    "catch hear get understand follow meant said misunderstood misunderstand",
    "Other-initiated repair (Dingemanse et al.): the listener stops the talk because it was not "
    "heard or not understood. A lone 'sorry' or 'what' is one; 'sorry I am late' is not.",
)

APOLOGY = _lexicon(
    "apology",
    r"\b(?:sorry|apologies)\b(?! to hear| for your| about your| you)|\bapologi[sz]e\b"
    r"|\bmy (?:mistake|bad|fault)\b|\bpardon me\b|\bunfortunately\b|\bforgive me\b",
    "sorry apologies apologize apologise mistake bad fault pardon unfortunately forgive",
    "An assistant that apologises has failed at something; sympathy ('sorry to hear that') is "
    "left out.",
)

FAILURE = _lexicon(
    "failure",
    r"\b(?:can't|cannot|couldn't|could not|can not|unable to|not able to|don't have access"
    r"|do not have access|went wrong|not possible|failed to|isn't working|doesn't work"
    r"|don't know|do not know|no longer available)\b(?! wait| thank| agree| imagine)",
    "can't cannot couldn't could can unable able access wrong possible failed working work know "
    "available",
    'The assistant says that it cannot do what is asked; "can\'t wait" and the like are left out.',
)

THANKS = _lexicon(
    "thanks",
    r"\b(?:thanks|thank you|thank u|thx|appreciate|grateful|cheers)\b"
    r"|(?<!not )(?<!n't )(?<!not very )(?<!not so )\b(?:great|awesome|perfect|wonderful|excellent"
    r"|amazing|fantastic|brilliant|helpful|lovely)\b"
    r"|\b(?:love (?:it|that|this)|good job|well done|nice work|sounds good)\b",
    "thanks thank thx appreciate grateful cheers great awesome perfect wonderful excellent amazing "
    "fantastic brilliant helpful lovely love job done nice sounds",
    "Thanks or praise by the user: the third best single sign of human-rated quality, with the "
    "same sign on 7 of 7 data sets. Negated praise is left out.",
)

LEXICONS = (REPAIR, APOLOGY, FAILURE, THANKS)

_OWN = "own; chosen on seven public sets of conversations rated by people"
_SOURCE = "Dingemanse et al.; Kendrick 2015"
_user = partial(metric, family="repair", english=True, absent="the user has no turn")
_assistant = partial(metric, family="repair", english=True, absent="the assistant has no turn")


@_user("user_repair_rate", "Repairs by the user", "per 100 turns",
       range=(0, 100), better="lower", source=_SOURCE)  # fmt: skip
def user_repair_rate(batch: Batch) -> Floats:
    """User turns that ask for a repair ("what?", "did you mean", "say that again") per 100 user
    turns."""
    return rate(batch, batch.matches(REPAIR), user=True)


@metric("user_repair_per_min", "Repairs by the user", "per min",
        family="repair", needs="starts", english=True, better="lower", source=_SOURCE,
        absent="the user has no turn, or the length of the conversation is not known")  # fmt: skip
def user_repair_per_min(batch: Batch) -> Floats:
    """User turns that ask for a repair / length of the conversation in minutes."""
    floors = batch.floors
    hit = batch.floors_with(batch.matches(REPAIR)) & floors.user
    spoke = batch.total(floors.code, floors.user) > 0
    found = ratio(batch.total(floors.code[hit]), batch.number("duration_s") / 60)
    return np.where(spoke, found, np.nan)


@_assistant("assistant_repair_rate", "Repairs by the assistant", "per 100 turns",
            range=(0, 100), better="lower", source=_SOURCE)  # fmt: skip
def assistant_repair_rate(batch: Batch) -> Floats:
    """Assistant turns that ask for a repair per 100 assistant turns."""
    return rate(batch, batch.matches(REPAIR), user=False)


@_assistant("assistant_apology_rate", "Apologies by the assistant", "per 100 turns",
            range=(0, 100), better="lower", source=_OWN)  # fmt: skip
def assistant_apology_rate(batch: Batch) -> Floats:
    """Assistant turns with an apology (sympathy left out) per 100 assistant turns."""
    return rate(batch, batch.matches(APOLOGY), user=False)


@metric("assistant_repetition", "Repeated assistant turns", "share",
        family="repair", range=(0, 1), better="lower", source="Opik heuristics",
        absent="the assistant has no turn")  # fmt: skip
def assistant_repetition(batch: Batch) -> Floats:
    """Assistant turns whose set of words has a Jaccard similarity of at least 0.9 with one of its
    20 turns before / assistant turns."""
    code, repeated = batch.once(repeats)
    return batch.mean(code, repeated)


@_user("user_thanks_rate", "Thanks and praise by the user", "per 100 turns",
       range=(0, 100), better="higher", source=_OWN)  # fmt: skip
def user_thanks_rate(batch: Batch) -> Floats:
    """User turns with thanks or praise per 100 user turns."""
    return rate(batch, batch.matches(THANKS), user=True)


def repeats(batch: Batch) -> tuple[Ints, Bools]:
    """Per assistant turn: its conversation, and does it nearly repeat one of the LOOK_BACK before?

    Pairs are first compared by a 64-bit signature of their words, so that only likely ones are
    compared word by word.
    """
    keys, width, code = _word_sets(batch)
    sizes = np.bincount(keys // width, minlength=len(code))
    signature = _signatures(keys, width, len(code))
    repeated = np.zeros(len(code), np.bool_)
    for back in range(1, min(LOOK_BACK, len(code) - 1) + 1):
        later = np.flatnonzero((code[back:] == code[:-back]) & ~repeated[back:]) + back
        both = sizes[later] + sizes[later - back]
        # |A xor B| <= (1 - s) / (1 + s) * (|A| + |B|) is the same as Jaccard >= s.
        allowed = (1 - SAME_WORDS) / (1 + SAME_WORDS) * both + 1e-9
        differ = np.bitwise_count(signature[later] ^ signature[later - back])
        later = later[(differ <= allowed) & (sizes[later] > 0) & (sizes[later - back] > 0)]
        if len(later):
            alike = _jaccard(keys, width, sizes, later, back)
            repeated[later] = alike >= SAME_WORDS - 1e-9
    return code, repeated


def _word_sets(batch: Batch) -> tuple[Ints, int, Ints]:
    """Sorted distinct keys (assistant turn * width + word), the width, and each turn's
    conversation."""
    floors = batch.floors
    flat, row, vocabulary = batch.tokens
    number = np.cumsum(~floors.user) - 1
    floor = floors.of_row[row]
    mine = ~floors.user[floor]
    width = max(len(vocabulary), 1)
    keys = np.sort(number[floor[mine]] * width + flat[mine])
    return keys[changes(keys)], width, floors.code[~floors.user]


def _signatures(keys: Ints, width: int, turns: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """64 bits per turn, one set by each of its words."""
    found = np.zeros(turns, np.uint64)
    if len(keys):
        turn, word = np.divmod(keys, width)
        mixed = word.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(58)
        first = np.flatnonzero(changes(turn))
        found[turn[first]] = np.bitwise_or.reduceat(np.uint64(1) << mixed, first)
    return found


def _jaccard(keys: Ints, width: int, sizes: Ints, one: Ints, back: int) -> Floats:
    """Similarity of the word sets of turns with those `back` turns before, all sets not empty."""
    other = one - back
    count = sizes[one]
    pair = np.repeat(np.arange(len(one)), count)
    within = np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count)
    place = (np.cumsum(sizes) - sizes)[one][pair] + within
    asked = keys[place] - back * width
    at = np.searchsorted(keys, asked)  # never past the end: earlier turns have smaller keys
    common = np.bincount(pair[keys[at] == asked], minlength=len(one))
    return ratio(common.astype(np.float64), (count + sizes[other] - common).astype(np.float64))
