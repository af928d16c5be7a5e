"""The user's sentiment over a conversation. Only the user's: replica text is always upbeat.

Scores are P(positive) - P(negative) of single transcript rows, from `cvi.analysis.sentiment`.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from cvi.analysis.batch import Batch, ratio
from cvi.analysis.metric import metric
from cvi.analysis.speech import Floats, Ints

ENOUGH = 8  # scored user turns; with fewer, quarters are single turns and the change is noise
ENOUGH_SLOPE = 3

_mood = partial(
    metric,
    unit="score",
    family="sentiment",
    needs="sentiment",
    range=(-1, 1),
    better="higher",
    english=True,
    source="nlp.md §4; Contact Lens; product.md §3",
    absent="no user turn has words to score",
)


def scored(batch: Batch) -> Ints:
    """Positions of the user's rows that have a score."""
    return np.flatnonzero(batch.rows.user & ~np.isnan(batch.rows.score))


def label_share(batch: Batch, label: str) -> Floats:
    """Share of the scored user rows with this label."""
    rows = scored(batch)
    return batch.mean(batch.rows.code[rows], batch.rows.label[rows] == label)


def quarters(batch: Batch) -> tuple[Floats, Floats]:
    """Mean score of the first and of the last quarter (rounded down) of the scored user rows.

    NaN with fewer than ENOUGH of them.
    """
    rows = scored(batch)
    code, score = batch.rows.code[rows], batch.rows.score[rows]
    number = batch.total(code)
    quarter = np.where(number >= ENOUGH, number // 4, np.nan)
    place = batch.place(code)
    early, late = place < quarter[code], place >= (number - quarter)[code]
    return (
        ratio(batch.total(code[early], score[early]), quarter),
        ratio(batch.total(code[late], score[late]), quarter),
    )


@_mood("user_sentiment", "User sentiment")
def user_sentiment(batch: Batch) -> Floats:
    """Mean of P(positive) - P(negative) over the user's rows of the transcript."""
    rows = scored(batch)
    return batch.mean(batch.rows.code[rows], batch.rows.score[rows])


@_mood("worst_user_turn", "Lowest user turn")
def worst_user_turn(batch: Batch) -> Floats:
    """Lowest P(positive) - P(negative) of the user's rows."""
    rows = scored(batch)
    return -batch.largest(batch.rows.code[rows], -batch.rows.score[rows])


@_mood("positive_user_share", "Positive user turns", unit="share", range=(0, 1))
def positive_user_share(batch: Batch) -> Floats:
    """User rows labelled positive / user rows with a score."""
    return label_share(batch, "positive")


@_mood("negative_user_share", "Negative user turns", unit="share", range=(0, 1), better="lower")
def negative_user_share(batch: Batch) -> Floats:
    """User rows labelled negative / user rows with a score."""
    return label_share(batch, "negative")


@_mood(
    "sentiment_change",
    "Sentiment change",
    range=(-2, 2),
    absent="fewer than 8 user turns have a score",
)
def sentiment_change(batch: Batch) -> Floats:
    """Mean score of the last quarter of the user's rows - mean of the first quarter."""
    first, last = quarters(batch)
    return last - first


@_mood(
    "sentiment_slope",
    "Sentiment slope",
    range=(-3, 3),
    absent="fewer than 3 user turns have a score",
)
def sentiment_slope(batch: Batch) -> Floats:
    """Least-squares slope of the score over the user's rows, placed evenly from 0 to 1: the fitted
    change from the first row to the last."""
    rows = scored(batch)
    code = batch.rows.code[rows]
    number = batch.total(code)
    place = ratio(batch.place(code).astype(np.float64), number[code] - 1)
    enough = number >= ENOUGH_SLOPE
    kept = enough[code]
    found = batch.slope(code[kept], place[kept], batch.rows.score[rows][kept])
    return np.where(enough, found, np.nan)
