"""The explainable quality score, 0-100: four parts made of items with anchors and shares.

Weights, items and anchors are those of reference nlp.md §4, chosen on seven sets of human
ratings (mean Spearman .34-.36). The score measures signs of user satisfaction and effort, not
correctness, and must be shown with its parts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from cvi.analysis.batch import Batch, ratio
from cvi.analysis.metric import metric
from cvi.analysis.participation import rate, short_share, turns_of, words_of
from cvi.analysis.repair import APOLOGY, FAILURE, REPAIR, THANKS, repeats
from cvi.analysis.sentiment_metrics import label_share, scored
from cvi.analysis.speech import Bools, Floats, Ints, changes

WEIGHTS = {"engagement": 0.25, "depth": 0.20, "balance": 0.10, "satisfaction": 0.45}
LEAST_TURNS, LEAST_USER_TURNS = 4, 2  # with fewer there is no score
WINDOW = 50  # words, of the moving-average type-token ratio
HEAD = 0.8  # the sentiment head's mean is scaled to the valence the anchors were set for

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


@dataclass(frozen=True)
class Item:
    """0 points at `lo`, the whole share of the part at `hi`, clipped. {value} is the figure."""

    part: str
    name: str
    value: Callable[[Batch], Floats]
    lo: float
    hi: float
    scale: str  # log or linear
    share: float
    sentence: str


def points(item: Item, value: Floats) -> Floats:
    """0..1 of the item's share, NaN where the value is missing."""
    if item.scale == "log":
        with np.errstate(divide="ignore"):
            value = np.log(value)
        lo, hi = np.log(item.lo), np.log(item.hi)
    else:
        lo, hi = item.lo, item.hi
    share: Floats = (value - lo) / (hi - lo)
    return share.clip(0.0, 1.0)


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


def _length(batch: Batch, *, user: bool) -> Floats:
    return ratio(words_of(batch, user=user), turns_of(batch, user=user))


def _even(batch: Batch, amount: Callable[..., Floats]) -> Floats:
    one, other = amount(batch, user=True), amount(batch, user=False)
    return ratio(2 * np.minimum(one, other), one + other)


def _valence(batch: Batch) -> Floats:
    rows = scored(batch)
    return HEAD * batch.mean(batch.rows.code[rows], batch.rows.score[rows])


ITEMS = (
    Item("engagement", "words per user turn", lambda b: _length(b, user=True),
         3, 14, "log", 0.35, "The user's turns have {value:.1f} words on average."),
    Item("engagement", "distinct content words of the user", lambda b: b.once(content_words)[0],
         5, 60, "log", 0.35, "The user used {value:.0f} different content words."),
    Item("engagement", "short user turns", short_share,
         0.5, 0, "linear", 0.15, "{value:.0%} of the user's turns have at most two words."),
    Item("engagement", "turns", lambda b: b.total(b.floors.code),
         4, 24, "log", 0.15, "The conversation has {value:.0f} turns."),
    Item("depth", "distinct content words of the assistant", lambda b: b.once(content_words)[1],
         10, 120, "log", 0.4, "The assistant used {value:.0f} different content words."),
    Item("depth", "words per assistant turn", lambda b: _length(b, user=False),
         5, 22, "log", 0.2, "The assistant's turns have {value:.1f} words on average."),
    Item("depth", "variety of the assistant's words", variety,
         0.62, 0.85, "linear", 0.2, "Of 50 words in a row by the assistant {value:.0%} differ."),
    Item("depth", "repeated assistant turns", lambda b: b.mean(*b.once(repeats)),
         0.2, 0, "linear", 0.2, "{value:.0%} of the assistant's turns nearly repeat another."),
    Item("balance", "word balance", lambda b: _even(b, words_of),
         0.3, 0.9, "linear", 0.7, "Words are shared unevenly: balance {value:.2f} of 1."),
    Item("balance", "turn balance", lambda b: _even(b, turns_of),
         0.6, 1, "linear", 0.3, "Turns are shared unevenly: balance {value:.2f} of 1."),
    Item("satisfaction", "user sentiment", _valence,
         -0.1, 0.4, "linear", 0.4, "The user's mood is {value:+.2f} on average."),
    Item("satisfaction", "thanks and praise", lambda b: rate(b, b.matches(THANKS), user=True) / 100,
         0, 0.25, "linear", 0.15, "{value:.0%} of the user's turns hold thanks or praise."),
    Item("satisfaction", "negative user turns", lambda b: label_share(b, "negative"),
         0.3, 0, "linear", 0.15, "{value:.0%} of the user's turns are negative."),
    Item("satisfaction", "user repairs", lambda b: rate(b, b.matches(REPAIR), user=True) / 100,
         0.15, 0, "linear", 0.15, "In {value:.0%} of the turns the user asked again or corrected."),
    Item("satisfaction", "late apologies", late_failures,
         0.67, 0, "linear", 0.15, "{value:.0%} of the assistant's last turns apologise or fail."),
)  # fmt: skip


def enough(batch: Batch) -> Bools:
    """Conversations with enough turns for a score."""
    talked = turns_of(batch, user=True)
    found: Bools = (batch.total(batch.floors.code) >= LEAST_TURNS) & (talked >= LEAST_USER_TURNS)
    return found


def shares(batch: Batch) -> tuple[Floats, Floats]:
    """Items x conversations: the measured value, and the share of its part each item gives.

    Shares are re-normalised over the measured items of a part (missing items are NaN). A part
    with less than half of its share measured has none at all.
    """
    values = np.array([item.value(batch) for item in ITEMS])
    values[:, ~enough(batch)] = np.nan
    weight = np.where(np.isnan(values), 0, np.array([[item.share] for item in ITEMS]))
    same = np.array([[one.part == other.part for one in ITEMS] for other in ITEMS])
    measured = same @ weight
    return values, ratio(weight, np.where(measured < 0.5, 0, measured))


def won(batch: Batch) -> Floats:
    """Items x conversations: points of the 100 of its part that each item gives."""
    values, share = batch.once(shares)
    gained: Floats = np.array([points(*pair) for pair in zip(ITEMS, values, strict=True)])
    return 100 * share * gained


def parts(batch: Batch) -> dict[str, Floats]:
    """Part -> 0..100 per conversation, NaN where not measurable."""
    values, share = batch.once(shares)
    gained = np.where(np.isnan(values), 0 * share, batch.once(won))
    rows = {part: [item.part == part for item in ITEMS] for part in WEIGHTS}
    return {part: gained[chosen].sum(axis=0) for part, chosen in rows.items()}


def costliest(batch: Batch) -> pd.DataFrame:
    """The item that cost most points in each part of each scored conversation.

    Columns conversation_id, part, item, points_lost (of the 100 of the whole score), sentence.
    """
    values, share = batch.once(shares)
    weight = np.array([[WEIGHTS[item.part]] for item in ITEMS])
    lost = np.nan_to_num(weight * (100 * share - batch.once(won)))
    lost[:, ~batch.english] = 0
    of_part = [np.flatnonzero([item.part == part for item in ITEMS]) for part in WEIGHTS]
    worst = np.array([rows[lost[rows].argmax(axis=0)] for rows in of_part]).T.ravel()
    code = np.repeat(np.arange(len(batch)), len(WEIGHTS))
    kept = lost[worst, code] > 0
    worst, code = worst[kept], code[kept]
    items = [ITEMS[at] for at in worst.tolist()]
    cells = values[worst, code].tolist()
    said = [item.sentence.format(value=value) for item, value in zip(items, cells, strict=True)]
    return pd.DataFrame(
        {
            "conversation_id": pd.Series(batch.ids[code], dtype="str"),
            "part": pd.Series([item.part for item in items], dtype="str"),
            "item": pd.Series([item.name for item in items], dtype="str"),
            "points_lost": lost[worst, code],
            "sentence": pd.Series(said, dtype="str"),
        }
    )


def label(score: float) -> str | None:
    """high from 70, medium from 40, else low; None for NaN."""
    return _named(score, ((70, "high"), (40, "medium")), "low")


def balance_label(score: float) -> str | None:
    """excellent from 85, good from 65, fair from 45, else poor; None for NaN."""
    return _named(score, ((85, "excellent"), (65, "good"), (45, "fair")), "poor")


def _named(score: float, steps: tuple[tuple[int, str], ...], rest: str) -> str | None:
    found = next((name for least, name in steps if score >= least), rest)
    return None if np.isnan(score) else found


_scored = partial(
    metric,
    unit="points",
    family="quality",
    range=(0, 100),
    better="higher",
    english=True,
    source="nlp.md §4, proposed score",
    absent="fewer than 4 turns, or fewer than 2 by the user",
)


@_scored("quality_engagement", "Engagement")
def quality_engagement(batch: Batch) -> Floats:
    """Words per user turn 3-14 log .35, user's content words 5-60 log .35, short user turns .5-0
    .15, turns 4-24 log .15."""
    return batch.once(parts)["engagement"]


@_scored("quality_depth", "Depth")
def quality_depth(batch: Batch) -> Floats:
    """Assistant's content words 10-120 log .4, words per assistant turn 5-22 log .2, MATTR-50
    .62-.85 .2, repeated assistant turns .2-0 .2."""
    return batch.once(parts)["depth"]


@_scored("quality_balance", "Balance")
def quality_balance(batch: Batch) -> Floats:
    """Word balance .3-.9 .7, turn balance .6-1 .3; balance = 2 min / sum of the sides."""
    return batch.once(parts)["balance"]


@_scored("quality_satisfaction", "Satisfaction", needs="sentiment")
def quality_satisfaction(batch: Batch) -> Floats:
    """.8 x user sentiment -.1-.4 .4, thanks 0-.25 .15, negative user turns .3-0 .15, user repairs
    .15-0 .15, apology or failure in the assistant's last 3 turns .67-0 .15."""
    return batch.once(parts)["satisfaction"]


@_scored("quality", "Quality", needs="sentiment")
def quality(batch: Batch) -> Floats:
    """.25 engagement + .20 depth + .10 balance + .45 satisfaction, over the measured parts."""
    found = batch.once(parts)
    weight = np.array([[WEIGHTS[part]] for part in found])
    table = np.array(list(found.values()))
    measured = np.where(np.isnan(table), 0, weight).sum(axis=0)
    return ratio((weight * np.nan_to_num(table)).sum(axis=0), measured)
