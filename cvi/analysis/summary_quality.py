"""What the quality score of many conversations consists of, and what costs them points.

The score is a weighted sum of items, and most items are metrics themselves. So the points each
item cost can be had from the stored columns, for any number of conversations at once; what a part
lost beyond its stored items is put down to the items that are not stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict

import numpy as np
import pandas as pd

from cvi.analysis.quality import HEAD, ITEMS, WEIGHTS, points
from cvi.analysis.summary import numbers, spread

BANDS: Mapping[str, tuple[float, float]] = {"high": (70, 101), "medium": (40, 70), "low": (-1, 40)}

Read = Callable[[pd.DataFrame], "pd.Series[float]"]


def _even(one: pd.Series[float], other: pd.Series[float]) -> pd.Series[float]:
    low = pd.concat([one, other], axis=1).min(axis=1, skipna=False)
    return 2 * low / (one + other).where(one + other > 0)


# Item → its value, from the columns the metrics table has.
STORED: Mapping[str, Read] = {
    "words per user turn": lambda f: numbers(f, "words_per_user_turn"),
    "short user turns": lambda f: numbers(f, "short_user_turn_share"),
    "turns": lambda f: numbers(f, "turns"),
    "words per assistant turn": lambda f: numbers(f, "words_per_assistant_turn"),
    "repeated assistant turns": lambda f: numbers(f, "assistant_repetition"),
    "word balance": lambda f: _even(numbers(f, "user_words"), numbers(f, "assistant_words")),
    "turn balance": lambda f: _even(numbers(f, "user_turns"), numbers(f, "assistant_turns")),
    "user sentiment": lambda f: HEAD * numbers(f, "user_sentiment"),
    "thanks and praise": lambda f: numbers(f, "user_thanks_rate") / 100,
    "negative user turns": lambda f: numbers(f, "negative_user_share"),
    "user repairs": lambda f: numbers(f, "user_repair_rate") / 100,
}
# Items without a column, and what is said when they are what cost most.
REST: Mapping[str, tuple[str, str]] = {
    "engagement": (
        "distinct content words of the user",
        "The user used few different content words.",
    ),
    "depth": (
        "content words of the assistant",
        "The assistant's words are few or repeat themselves.",
    ),
    "balance": ("", ""),
    "satisfaction": (
        "late apologies",
        "The assistant apologised or failed in its last turns.",
    ),
}


def lost_by_part(frame: pd.DataFrame) -> pd.DataFrame:
    """Points of the 100 each part cost each conversation; the row sums to 100 - quality.

    Weights are re-normalised over the parts that were measured, as in the score. All missing
    where there is no score.
    """
    parts = pd.DataFrame({part: numbers(frame, f"quality_{part}") for part in WEIGHTS})
    weight = parts.notna() * np.array(list(WEIGHTS.values()))
    share = weight.div(weight.sum(axis=1).where(lambda total: total > 0), axis=0)
    lost = share * (100 - parts)
    return lost.where(numbers(frame, "quality").notna(), np.nan)


def lost_by_item(frame: pd.DataFrame) -> pd.DataFrame:
    """Points of the 100 each item cost each conversation: columns (part, item)."""
    by_part = lost_by_part(frame)
    found: dict[tuple[str, str], pd.Series[float]] = {}
    for part, weight in WEIGHTS.items():
        left = by_part[part]
        for item in (each for each in ITEMS if each.part == part and each.name in STORED):
            won = points(item, np.asarray(STORED[item.name](frame), dtype=np.float64))
            cost = pd.Series(100 * weight * item.share * (1 - won), index=frame.index)
            cost = pd.concat([cost, left], axis=1).min(axis=1, skipna=False)
            found[part, item.name] = cost
            left = left - cost.fillna(0)
        if REST[part][0]:
            found[part, REST[part][0]] = left.where(left > 0.05, 0).where(by_part[part].notna())
    return pd.DataFrame(found, columns=pd.MultiIndex.from_tuples(found))


def reasons(frame: pd.DataFrame, among: pd.DataFrame, *, best: bool = False) -> pd.Series:
    """Why each conversation's score is low (or high), in one sentence; missing without a score.

    Named is the item that cost most (or least) compared with the median of `among`: what costs
    all of them alike says nothing about this one.
    """
    lost, usual = lost_by_item(frame), lost_by_item(among).median().fillna(0)
    scored = lost.notna().any(axis=1)
    found = pd.Series(None, index=frame.index, dtype="str")
    if not scored.any():
        return found
    kept = lost[scored]
    unusual = ((kept - usual) * (-1 if best else 1)).fillna(-np.inf)
    at = unusual.to_numpy().argmax(axis=1)
    said = [
        _sentence(kept.columns[item], row, kept.loc[row].iloc[item], usual.iloc[item], frame)
        for row, item in zip(kept.index, at.tolist(), strict=True)
    ]
    found.loc[scored] = said
    return found


def _sentence(
    column: tuple[str, str], row: object, lost: float, usual: float, frame: pd.DataFrame
) -> str:
    part, name = column
    if abs(lost - usual) < 0.5:
        return "Close to the typical conversation in every item."
    item = next((each for each in ITEMS if each.part == part and each.name == name), None)
    if item and name in STORED:
        value = float(STORED[name](frame.loc[[row]]).iloc[0])
        said = item.sentence.format(value=value)
    else:
        said = REST[part][1] if lost > usual else f"{name.capitalize()} cost next to nothing."
    return f"{said} Cost {lost:.0f} points, typically {usual:.0f}."


def costs(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per item, costliest first: part, item, n, mean and p90 (points lost over the scored
    conversations), decisive (share of them in which this item is furthest above its median)."""
    lost = lost_by_item(frame)
    known = lost[lost.notna().any(axis=1)].fillna(0)
    above = (known - known.median()).round(6)
    top = above.eq(above.max(axis=1), axis=0) & (above >= 0.5)
    found = pd.DataFrame(
        {
            "part": lost.columns.get_level_values(0),
            "item": lost.columns.get_level_values(1),
            "n": len(known),
            "mean": known.mean().to_numpy(),
            "p90": known.quantile(0.9).to_numpy() if len(known) else np.nan,
            "decisive": (top.sum() / max(len(known), 1)).to_numpy(),
        }
    )
    if known.empty:
        return found.iloc[:0]
    return found.sort_values("mean", ascending=False, kind="stable", ignore_index=True)


def costing(frame: pd.DataFrame, item: str) -> pd.DataFrame:
    """The conversations in which this item cost at least a point, costliest first."""
    lost = lost_by_item(frame)
    cost = lost.loc[:, lost.columns.get_level_values(1) == item].sum(axis=1)
    return frame.loc[cost[cost >= 1].sort_values(ascending=False, kind="stable").index]


def band_of(frame: pd.DataFrame) -> pd.Series:
    """high, medium, low per conversation; missing without a score."""
    values = numbers(frame, "quality")
    found = pd.Series(None, index=frame.index, dtype="str")
    for name, (low, high) in BANDS.items():
        found = found.mask((values >= low) & (values < high), name)
    return found


def bands(frame: pd.DataFrame) -> pd.DataFrame:
    """high, medium, low: n and share of the scored conversations."""
    counts = band_of(frame).value_counts().reindex(list(BANDS), fill_value=0)
    return pd.DataFrame({"n": counts, "share": counts / max(counts.sum(), 1)})


def sample(frame: pd.DataFrame, names: tuple[str, str], *, most: int = 2000) -> pd.DataFrame:
    """At most `most` conversations that have both metrics, evenly spread, the same every time."""
    x, y = (numbers(frame, name) for name in names)
    both = frame[x.notna() & y.notna()].sort_values("conversation_id", kind="stable")
    every = -(-len(both) // most) or 1
    return both.iloc[::every]


def part_table(frame: pd.DataFrame) -> pd.DataFrame:
    """`summary.table` with one row a part, in the order of the score, and its `weight`."""
    rows = [asdict(spread(frame, f"quality_{part}")) for part in WEIGHTS]
    return pd.DataFrame(rows, index=pd.Index(list(WEIGHTS))).assign(weight=list(WEIGHTS.values()))


def told(table: pd.DataFrame) -> str:
    """What costs points, in one sentence; empty when nothing does."""
    if table.empty or table["mean"].iloc[0] < 0.05:
        return ""
    first = table.iloc[0]
    decisive = table.sort_values("decisive", ascending=False, kind="stable").iloc[0]
    said = f"{str(first['item']).capitalize()} costs most, {first['mean']:.1f} points on average."
    if decisive["decisive"] < 0.05:
        return said
    what = "It also" if decisive["item"] == first["item"] else str(decisive["item"]).capitalize()
    often = f"most often sets a score apart ({decisive['decisive']:.0%} of conversations)."
    return f"{said} {what} {often}"
