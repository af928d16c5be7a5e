"""How users feel along a conversation: the path of many conversations, by position and by group.

`path` is one row per conversation and part (0 … PARTS-1) with the mean score of the user's turns
in it and their number `n`.
"""

from __future__ import annotations

import pandas as pd

from cvi.analysis.sentiment_metrics import ENOUGH
from cvi.analysis.summary import labels, numbers

PARTS = 10
EDGE = 3  # parts that make the start and the end
FELT = 0.05  # a smaller difference is not put into words


def of(path: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """The path of the frame's conversations only."""
    return path[path["conversation_id"].isin(frame["conversation_id"])]


def long_enough(path: pd.DataFrame) -> pd.DataFrame:
    """The path of the conversations with at least ENOUGH scored user turns; all, if none has.

    Short conversations fill only some of the parts, so they would change who is compared.
    """
    turns = path.groupby("conversation_id")["n"].transform("sum")
    kept = path[turns >= ENOUGH]
    return kept if len(kept) else path


def trajectory(path: pd.DataFrame) -> pd.DataFrame:
    """By part: n conversations, median, p25 and p75 of their scores. Parts without any are NaN."""
    grouped = path.groupby("part")["score"]
    found = pd.DataFrame(
        {
            "n": grouped.count(),
            "median": grouped.median(),
            "p25": grouped.quantile(0.25),
            "p75": grouped.quantile(0.75),
        }
    ).reindex(pd.RangeIndex(PARTS, name="part"))
    return found.assign(n=found["n"].fillna(0).astype("int64"))


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


def ends(path: pd.DataFrame) -> pd.DataFrame:
    """Per conversation: mean score of the first and of the last EDGE parts, weighted by turns."""
    weighted = path.assign(sum=path["score"] * path["n"])
    found = {}
    for name, side in (
        ("start", weighted["part"] < EDGE),
        ("end", weighted["part"] >= PARTS - EDGE),
    ):
        grouped = weighted[side].groupby("conversation_id")[["sum", "n"]].sum()
        found[name] = grouped["sum"] / grouped["n"]
    return pd.DataFrame(found, columns=["start", "end"], dtype="float64")


def start_to_end(path: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """By persona (or source): median start and end of its conversations, n with both; most
    fallen first."""
    found = ends(path).dropna()
    group = labels(frame).set_axis(frame["conversation_id"])
    grouped = found.groupby(group.reindex(found.index), sort=True)
    table = grouped.median().assign(n=grouped.size())
    table["change"] = table["end"] - table["start"]
    return table.rename_axis("group").sort_values("change", kind="stable")


def drops(frame: pd.DataFrame, *, limit: int = 10) -> pd.DataFrame:
    """The conversations whose mood fell most from the first to the last quarter."""
    fallen = frame[numbers(frame, "sentiment_change") < 0]
    return fallen.sort_values(["sentiment_change", "conversation_id"], kind="stable").head(limit)


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
