"""How users feel along a conversation: the path of many conversations, by position and by group.

The path is in the frame: `mood_1` … `mood_10` are the mean scores of the user's turns in each tenth
of a conversation, `mood_start` and `mood_end` those of its first and last three tenths.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cvi.analysis import grouped
from cvi.analysis.metric import PARTS, tenths
from cvi.analysis.summary import figures, labels, marked, numbers, spread
from cvi.analysis.summary_topics import NONE
from cvi.selection.filters import NO_TOPIC, Filters, Range

MOODS = tenths("mood")
FELT = 0.05  # a smaller difference is not put into words


def long_enough(frame: pd.DataFrame) -> pd.DataFrame:
    """The conversations with enough scored user turns for a change of sentiment to be measurable;
    all with a scored turn, if none has.

    Short conversations fill only some of the parts, so they would change who is compared.
    """
    return frame[numbers(frame, among(frame)).notna()]


def among(frame: pd.DataFrame) -> str:
    """The metric that all conversations of `long_enough` have."""
    changes = numbers(frame, "sentiment_change").notna().any()
    return "sentiment_change" if changes else "user_sentiment"


def trajectory(frame: pd.DataFrame) -> pd.DataFrame:
    """By part (0 … 9): metric (its column), n conversations, median, p25 and p75 of their scores.
    Parts without any are NaN."""
    rows = [spread(frame, name) for name in MOODS]
    stats = ("n", "median", "p25", "p75")
    found = {stat: [getattr(row, stat) for row in rows] for stat in stats}
    index = pd.RangeIndex(PARTS, name="part")
    return pd.DataFrame({"metric": list(MOODS), **found}, index=index)


def told(found: pd.DataFrame) -> str:
    """When it changes, in one sentence; empty when nothing can be said."""
    known = found["median"].dropna()
    if len(known) < 2:
        return ""
    values, parts = known.to_numpy(), known.index.to_numpy()
    low, high = values.argmin(), values.argmax()
    if values[high] - values[low] < FELT:
        return f"The mood stays level, at {known.median():+.2f}."
    return (
        f"Lowest {_place(int(parts[low]))} ({values[low]:+.2f}), "
        f"highest {_place(int(parts[high]))} ({values[high]:+.2f})."
    )


def _place(part: int) -> str:
    step = 100 // PARTS
    if part == 0:
        return "at the start"
    if part == PARTS - 1:
        return "at the end"
    return f"{part * step}-{(part + 1) * step} % of the way through"


def start_to_end(frame: pd.DataFrame) -> pd.DataFrame:
    """By persona (or source): median of mood_start and mood_end of its conversations, n with both;
    most fallen first."""
    ends = {name: numbers(frame, f"mood_{name}") for name in ("start", "end")}
    found = pd.DataFrame(ends, frame.index).dropna()
    grouped = found.groupby(labels(frame).reindex(found.index), sort=True)
    table = grouped.median().assign(n=grouped.size())
    table["change"] = table["end"] - table["start"]
    return table.rename_axis("group").sort_values("change", kind="stable")


def drops(frame: pd.DataFrame, *, limit: int = 10) -> pd.DataFrame:
    """The conversations whose mood fell most from the first to the last quarter."""
    change = figures(frame, "sentiment_change")
    return _foremost(frame, np.where(change < 0, change, np.nan), limit)


def rises(frame: pd.DataFrame, *, limit: int = 10) -> pd.DataFrame:
    """The conversations whose mood rose most from the first to the last quarter."""
    change = figures(frame, "sentiment_change")
    return _foremost(frame, np.where(change > 0, -change, np.nan), limit)


def lowest(turns: pd.DataFrame, *, limit: int = 200) -> pd.DataFrame:
    """The user's negative turns with the lowest scores, lowest first, each with all columns.

    Enough are the turns of the `limit` conversations with the lowest `worst_user_turn`: any other
    conversation has only turns that are no lower.
    """
    score = figures(turns, "sentiment_score")
    theirs = (turns["role"] == "user").to_numpy(np.bool_) & (score < 0)
    score = np.where(theirs, score, np.nan)
    found = turns.iloc[grouped.least(score, turns["conversation_id"], limit)]
    return found.reset_index(drop=True)


def _foremost(frame: pd.DataFrame, values: grouped.Floats, limit: int) -> pd.DataFrame:
    return frame.iloc[grouped.least(values, frame["conversation_id"], limit)]


def by_topic(frame: pd.DataFrame, found: pd.DataFrame, kind: str) -> pd.DataFrame:
    """User sentiment by topic (index), most often discussed first: n, of, median, p25, p75,
    filters. `found` is what `summary_topics.of` found of that kind."""
    at = found["at"].to_numpy(np.int64)
    codes, names = grouped.coded(found["topic"])
    values, size = figures(frame, "user_sentiment")[at], len(names)
    cuts = grouped.quantiles(values, codes, size, [0.5, 0.25, 0.75])
    measured = Filters(ranges=(Range("user_sentiment"),))
    topics = [f"{kind}:{NO_TOPIC if name == NONE else name}" for name in names]
    index = pd.Index(names.astype("str"), name="topic")
    filters = [Filters(topics=((topic,),)).both(measured) for topic in topics]
    table = pd.DataFrame(
        {
            "n": grouped.means(values, codes, size)[0],
            "of": grouped.counts(codes, size),
            **{name: cuts[:, place] for place, name in enumerate(("median", "p25", "p75"))},
            "filters": marked(filters, index),
        },
        index=index,
    )
    return table.sort_values("of", ascending=False, kind="stable")


def moods(frame: pd.DataFrame) -> pd.DataFrame:
    """positive, neutral, negative: mean share of the user's turns per conversation, and n."""
    positive, negative = (numbers(frame, f"{name}_user_share") for name in ("positive", "negative"))
    neutral = 1 - positive - negative
    found = {"positive": positive, "neutral": neutral, "negative": negative}
    return pd.DataFrame(
        {
            "share": pd.Series({name: values.mean() for name, values in found.items()}),
            "n": pd.Series({name: values.count() for name, values in found.items()}),
        }
    )


def different(turns: pd.DataFrame) -> pd.DataFrame:
    """The first of the turns that say the same, with `times`, the number of those that do."""
    times = turns.groupby("text")["text"].transform("size").astype("int64")
    return turns.assign(times=times).drop_duplicates("text", ignore_index=True)


def with_context(lowest: pd.DataFrame, turns: pd.DataFrame) -> pd.DataFrame:
    """Add `before`: what the assistant had said just before each turn; missing where it had not."""
    before = turns.loc[turns["role"] == "assistant", ["conversation_id", "idx", "text"]]
    before = before.assign(idx=before["idx"] + 1).rename(columns={"text": "before"})
    return lowest.merge(before, on=["conversation_id", "idx"], how="left")
