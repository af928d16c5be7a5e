"""Figures that only the quality score asks for: richness of words, evenness, late apologies.

They are metrics of their own (details), so that every item of the score is a stored column.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from cvi.analysis.batch import Batch, ratio
from cvi.analysis.metric import metric
from cvi.analysis.participation import turns_of, words_of
from cvi.analysis.repair import APOLOGY, FAILURE
from cvi.analysis.speech import Floats, Ints, changes

WINDOW = 50  # words, of the moving-average type-token ratio

# Words that carry no content: function words and the fillers of speech.
_FUNCTION_WORDS = """
a about after again all also am an and any anything are as ask at away back be because been
before being both but by can can't come could couldn't did didn't do does doesn't doing don't
down each else even ever every few for from get gets getting give go goes going gonna gotta got
had has have haven't having he her here hers him his how i i'd i'll i'm i've if in into is isn't
it it's its just kind know let let's like made make many may me mean might more most much must
my need no not nothing now of off oh ok okay on one only onto or other our out over own please
quite rather really right said same say see she should shouldn't so some something sort still
such sure take than that that's the their them then there there's these they they're thing
things think this those though through to too uh um under until up us use very wanna want was
wasn't way we we'll we're we've well were what what's when where which while who why will with
won't would wouldn't yeah yep yes yet you you'd you'll you're you've your yours hello hey hi bye
goodbye thanks thank lot bit
"""
STOP = frozenset(_FUNCTION_WORDS.split())


def content_words(batch: Batch) -> tuple[Floats, Floats]:
    """Distinct content words of the user and of the assistant, per conversation.

    Content words have more than two characters and are not in STOP.
    """
    flat, row, vocabulary = batch.tokens
    content = np.fromiter(
        (len(word) > 2 and word not in STOP for word in vocabulary), np.bool_, len(vocabulary)
    )[flat]
    rows, width = row[content], max(len(vocabulary), 1)
    side = batch.rows.code[rows] * 2 + batch.rows.user[rows]
    keys = np.sort(side * width + flat[content])
    distinct = np.bincount(keys[changes(keys)] // width, minlength=2 * len(batch))
    found = distinct.reshape(-1, 2).astype(np.float64)
    return found[:, 1], found[:, 0]


def variety(batch: Batch) -> Floats:
    """MATTR: mean share of distinct words over all windows of WINDOW words by the assistant.

    NaN with fewer words. A word is the first of its kind in the windows that begin after its
    previous occurrence; counting those windows for each word gives the sum without a loop.
    """
    flat, row, vocabulary = batch.tokens
    mine = ~batch.rows.user[row]
    word, code = flat[mine], batch.rows.code[row[mine]]
    place = np.arange(len(word))
    length = np.bincount(code, minlength=len(batch))
    start = (np.cumsum(length) - length)[code]
    final = start + length[code] - WINDOW  # where the conversation's last window begins
    earliest = np.maximum(_previous(code * max(len(vocabulary), 1) + word), place - WINDOW)
    windows = np.minimum(place, final) - np.maximum(earliest, start - 1)
    number = np.maximum(length - WINDOW + 1, 0) * float(WINDOW)
    return ratio(batch.total(code, np.maximum(windows, 0)), number)


def _previous(keys: Ints) -> Ints:
    """Position of the element before with the same key, or -1."""
    order = np.argsort(keys, kind="stable")
    found = np.full(len(keys), -1)
    same = ~changes(keys[order])[1:]
    found[order[1:][same]] = order[:-1][same]
    return found


def late_failures(batch: Batch) -> Floats:
    """Share of the assistant's last three turns with an apology or a failure."""
    floors = batch.floors
    hit = batch.floors_with(batch.matches(APOLOGY) | batch.matches(FAILURE))
    code, hit = floors.code[~floors.user], hit[~floors.user]
    late = batch.total(code)[code] - batch.place(code) <= 3
    return batch.mean(code[late], hit[late])


def _even(batch: Batch, amount: Callable[..., Floats]) -> Floats:
    one, other = amount(batch, user=True), amount(batch, user=False)
    return ratio(2 * np.minimum(one, other), one + other)


_item = partial(
    metric,
    family="quality",
    detail=True,
    source="own; chosen on seven public sets of conversations rated by people",
)
_words = partial(
    _item, unit="words", english=True, better="higher", absent="there is no transcript"
)
_balance = partial(_item, unit="share", range=(0, 1), better="higher")


@_words("user_content_words", "User content words")
def user_content_words(batch: Batch) -> Floats:
    """Distinct words of the user with more than two characters that are no function words."""
    return batch.once(content_words)[0]


@_words("assistant_content_words", "Assistant content words")
def assistant_content_words(batch: Batch) -> Floats:
    """Distinct words of the assistant with more than two characters that are no function words."""
    return batch.once(content_words)[1]


_balance(
    "word_variety",
    "Variety of the assistant's words",
    absent="the assistant said fewer than 50 words",
    formula="MATTR-50: mean share of distinct words over all windows of 50 words by the assistant.",
)(variety)

_balance(
    "late_apology_share",
    "Late apologies",
    english=True,
    better="lower",
    absent="the assistant has no turn",
    formula="Share of the assistant's last three turns with an apology or a failure.",
)(late_failures)


@_balance("word_balance", "Word balance", absent="no word was said")
def word_balance(batch: Batch) -> Floats:
    """2 x words of the side with fewer / words of both: 1 is even, 0 is one side only."""
    return _even(batch, words_of)


@_balance("turn_balance", "Turn balance", absent="there is no turn")
def turn_balance(batch: Batch) -> Floats:
    """2 x turns of the side with fewer / turns of both: 1 is even, 0 is one side only."""
    return _even(batch, turns_of)
