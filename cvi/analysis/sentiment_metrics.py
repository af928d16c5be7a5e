"""The user's sentiment over a conversation. Only the user's: replica text is always upbeat.

Scores are P(positive) - P(negative) of single transcript rows, from `cvi.analysis.sentiment`.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from cvi.analysis.batch import Batch, ratio
from cvi.analysis.metric import PARTS, metric, row_of, tenths
from cvi.analysis.speech import Floats, Ints

ENOUGH = 8  # scored user turns; with fewer, quarters are single turns and the change is noise
ENOUGH_SLOPE = 3
EDGE = 3  # tenths that make the start and the end

_mood = partial(
    metric,
    unit="score",
    family="sentiment",
    needs="sentiment",
    range=(-1, 1),
    better="higher",
    english=True,
    source="Amazon Contact Lens; own model of the words",
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


# --- the path of the mood ---------------------------------------------------------------------

_path = partial(_mood, detail=True, absent="the user said nothing that could be scored there")


def _sums(batch: Batch) -> tuple[Floats, Floats]:
    """Tenths x conversations: sum of the user's scores, and how many there are."""
    rows = scored(batch)
    code, idx = batch.rows.code[rows], batch.rows.idx[rows]
    last = np.nan_to_num(batch.largest(batch.rows.code, batch.rows.idx)).astype(np.int64)
    part = idx * PARTS // (last[code] + 1)
    return batch.by_part(part, code, batch.rows.score[rows]), batch.by_part(part, code)


def _path_of(batch: Batch) -> Floats:
    return ratio(*batch.once(_sums))


def _edge(batch: Batch, side: slice) -> Floats:
    total, number = batch.once(_sums)
    return ratio(total[side].sum(axis=0), number[side].sum(axis=0))


for _at, _name in enumerate(tenths("mood")):
    _path(
        _name,
        f"User sentiment, tenth {_at + 1}",
        formula=f"Mean P(positive) - P(negative) of the user's rows in tenth {_at + 1} of the "
        "transcript: row idx (from 0) is in tenth 1 + floor(10 idx / number of rows).",
    )(row_of(_path_of, _at))


@_path("mood_start", "User sentiment at the start")
def mood_start(batch: Batch) -> Floats:
    """Mean P(positive) - P(negative) of the user's rows in the first three tenths of the
    transcript."""
    return _edge(batch, slice(None, EDGE))


@_path("mood_end", "User sentiment at the end")
def mood_end(batch: Batch) -> Floats:
    """Mean P(positive) - P(negative) of the user's rows in the last three tenths of the
    transcript."""
    return _edge(batch, slice(-EDGE, None))
