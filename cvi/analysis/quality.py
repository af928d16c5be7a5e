"""The explainable quality score, 0-100: four parts made of items with anchors and shares.

Weights, items and anchors were chosen on seven public sets of human ratings (mean Spearman .34 to
.36). The score measures signs of user satisfaction and effort, not correctness, and must be shown
with its parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from cvi.analysis.batch import Batch, ratio
from cvi.analysis.metric import METRICS, metric, row_of
from cvi.analysis.participation import turns_of
from cvi.analysis.speech import Bools, Floats

WEIGHTS = {"engagement": 0.25, "depth": 0.20, "balance": 0.10, "satisfaction": 0.45}
LEAST_TURNS, LEAST_USER_TURNS = 4, 2  # with fewer there is no score
HEAD = 0.8  # the sentiment head's mean is scaled to the valence the anchors were set for


@dataclass(frozen=True)
class Item:
    """0 points at `lo`, the whole share of the part at `hi`, clipped.

    The value is `factor` x a stored metric; {value} in the sentence is that figure.
    """

    part: str
    name: str
    metric: str
    factor: float
    lo: float
    hi: float
    scale: str  # log or linear
    share: float
    sentence: str

    @property
    def lost(self) -> str:
        """The metric that holds the points this item cost: lost_words_per_user_turn."""
        return "lost_" + self.name.replace("'", "").replace(" ", "_")


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


ITEMS = (
    Item("engagement", "words per user turn", "words_per_user_turn", 1,
         3, 14, "log", 0.35, "The user's turns have {value:.1f} words on average."),
    Item("engagement", "distinct content words of the user", "user_content_words", 1,
         5, 60, "log", 0.35, "The user used {value:.0f} different content words."),
    Item("engagement", "short user turns", "short_user_turn_share", 1,
         0.5, 0, "linear", 0.15, "{value:.0%} of the user's turns have at most two words."),
    Item("engagement", "turns", "turns", 1,
         4, 24, "log", 0.15, "The conversation has {value:.0f} turns."),
    Item("depth", "distinct content words of the assistant", "assistant_content_words", 1,
         10, 120, "log", 0.4, "The assistant used {value:.0f} different content words."),
    Item("depth", "words per assistant turn", "words_per_assistant_turn", 1,
         5, 22, "log", 0.2, "The assistant's turns have {value:.1f} words on average."),
    Item("depth", "variety of the assistant's words", "word_variety", 1,
         0.62, 0.85, "linear", 0.2, "Of 50 words in a row by the assistant {value:.0%} differ."),
    Item("depth", "repeated assistant turns", "assistant_repetition", 1,
         0.2, 0, "linear", 0.2, "{value:.0%} of the assistant's turns nearly repeat another."),
    Item("balance", "word balance", "word_balance", 1,
         0.3, 0.9, "linear", 0.7, "Words are shared unevenly: balance {value:.2f} of 1."),
    Item("balance", "turn balance", "turn_balance", 1,
         0.6, 1, "linear", 0.3, "Turns are shared unevenly: balance {value:.2f} of 1."),
    Item("satisfaction", "user sentiment", "user_sentiment", HEAD,
         -0.1, 0.4, "linear", 0.4, "The user's mood is {value:+.2f} on average."),
    Item("satisfaction", "thanks and praise", "user_thanks_rate", 1 / 100,
         0, 0.25, "linear", 0.15, "{value:.0%} of the user's turns hold thanks or praise."),
    Item("satisfaction", "negative user turns", "negative_user_share", 1,
         0.3, 0, "linear", 0.15, "{value:.0%} of the user's turns are negative."),
    Item("satisfaction", "user repairs", "user_repair_rate", 1 / 100,
         0.15, 0, "linear", 0.15, "In {value:.0%} of the turns the user asked again or corrected."),
    Item("satisfaction", "late apologies", "late_apology_share", 1,
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
    values = np.array([item.factor * METRICS[item.metric].compute(batch) for item in ITEMS])
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


def lost(batch: Batch) -> Floats:
    """Items x conversations: points of the 100 of the score that each item cost.

    They add up to 100 - quality; weights are shared among the measured parts, as in the score. NaN
    where an item or the score is not measurable.
    """
    values, share = batch.once(shares)
    weight = np.array([[WEIGHTS[item.part]] for item in ITEMS])
    cost = weight * (100 * share - batch.once(won)) / batch.once(_measured)
    found: Floats = np.where(np.isnan(values), np.nan, cost)
    return found


def _measured(batch: Batch) -> Floats:
    """Weight of the parts that could be measured; NaN without any."""
    found = batch.once(parts)
    weights = [np.where(np.isnan(found[part]), 0.0, weight) for part, weight in WEIGHTS.items()]
    total = np.sum(weights, axis=0)
    return np.where(total > 0, total, np.nan)


def costliest(batch: Batch) -> pd.DataFrame:
    """The item that cost most points in each part of each scored conversation.

    Columns conversation_id, part, item, points_lost (of the 100 of the whole score), sentence.
    """
    values, _ = batch.once(shares)
    cost = np.where(batch.english, np.nan_to_num(batch.once(lost)), 0)
    of_part = [np.flatnonzero([item.part == part for item in ITEMS]) for part in WEIGHTS]
    worst = np.array([rows[cost[rows].argmax(axis=0)] for rows in of_part]).T.ravel()
    code = np.repeat(np.arange(len(batch)), len(WEIGHTS))
    kept = cost[worst, code] > 0
    worst, code = worst[kept], code[kept]
    items = [ITEMS[at] for at in worst.tolist()]
    cells = values[worst, code].tolist()
    said = [item.sentence.format(value=value) for item, value in zip(items, cells, strict=True)]
    return pd.DataFrame(
        {
            "conversation_id": pd.Series(batch.ids[code], dtype="str"),
            "part": pd.Series([item.part for item in items], dtype="str"),
            "item": pd.Series([item.name for item in items], dtype="str"),
            "points_lost": cost[worst, code],
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
    source="own; items and weights chosen on seven public sets of conversations rated by people",
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
    won_by_part = [weight * np.nan_to_num(found[part]) for part, weight in WEIGHTS.items()]
    score: Floats = np.sum(won_by_part, axis=0) / batch.once(_measured)
    return score


for _at, _each in enumerate(ITEMS):
    _scored(
        _each.lost,
        f"Cost of {_each.name}",
        detail=True,
        better="lower",
        needs="sentiment",
        formula=f"Points of the 100 of `quality` that {_each.name} cost: weight of "
        f"{_each.part} x share of the item x (1 - points won, of 1); `{_each.metric}` gives all of "
        f"them at {_each.hi / _each.factor:g}, none at {_each.lo / _each.factor:g}. The costs of "
        "all items add up to 100 - quality.",
    )(row_of(lost, _at))
